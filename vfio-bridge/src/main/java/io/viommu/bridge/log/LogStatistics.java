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
package io.viommu.bridge.log;

import java.util.Map;

/**
 * What a {@link KernelLogParser} has seen so far.
 *
 * @param lines
 *            lines fed
 * @param faults
 *            faults reported, rejected ones included
 * @param rejected
 *            faults reported with a rejection
 * @param notices
 *            how many notices of each kind; kinds that did not occur are missing
 * @param others
 *            how many lines tell of faults of each other kind; kinds that did not occur are missing
 * @param echoes
 *            how many lines a second console had printed once more; they are not counted in any other figure but lines
 */
public record LogStatistics(long lines, long faults, long rejected, Map<LogNotice.Kind, Long> notices,
        Map<OtherFault, Long> others, long echoes) {
}
