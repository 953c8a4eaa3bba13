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

package io.viommu.vmm.machine;

/** The function at 00:00.0 that stands for the host bridge itself. */
final class HostBridge extends PciFunction {

    private static final int CLASS_HOST_BRIDGE = 0x0600;

    HostBridge(final int vendor, final int device) {
        super(vendor, device, CLASS_HOST_BRIDGE);
    }
}
