/*
 * Copyright 2026 the viommu authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License");
 * you may not use this file except in compliance with the License.
 * You may obtain a copy of the License at
 *
 *     https://www.apache.org/licenses/LICENSE-2.0
 *
 * Unless required by applicable law or agreed to in writing, software
 * distributed under the License is distributed on an "AS IS" BASIS,
 * WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
 * See the License for the specific language governing permissions and
 * limitations under the License.
 */

package io.viommu.vmm.replay;

import io.viommu.bridge.log.LogFault;

/**
 * A fault of the input and its place in the run.
 *
 * @param file      the log as the user named it.
 * @param log       what was found there.
 * @param region    index of the region it is written to, or {@link #NO_REGION}.
 * @param rejection why it can't be played, or null.
 */
record ReplayFault(String file, LogFault log, int region, String rejection) {

    static final int NO_REGION = -1;

    String source() {
        return file + ":" + log.line();
    }
}
