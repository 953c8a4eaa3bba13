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
package io.viommu.vmm.fuzz;

/** {@link GuestInputs} on the VT-d unit. */
class VtdJazzerTest extends JazzerTest {

    private static final GuestInputs INPUTS = new GuestInputs(VtdAttack::new,
            "lost-events=overflow,protected-memory=on",
            "compat=qemu,scalable-mode=on,device-iotlb=on,svm=on,pasid-bits=20", "", "compat=qemu");

    @Override
    protected void take(final byte[] input) {
        INPUTS.play(input);
    }
}
