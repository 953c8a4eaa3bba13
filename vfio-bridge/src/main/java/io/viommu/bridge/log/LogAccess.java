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

/** What the device was doing when the fault hit it, as far as the log tells. */
public enum LogAccess {
    /** A data read. */
    READ,
    /** A data write. */
    WRITE,
    /** An instruction fetch (SMMUv3 InD = 1, VT-d EXE = 1). */
    EXECUTE,
    /** The log does not say, or the kind of fault has no access. */
    UNKNOWN
}
