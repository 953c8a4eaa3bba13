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

package io.viommu.vmm.kvm;

/** Ends with status 0 where KVM runs 64-bit guests; what config/kvm/run decides by. */
public final class ProbeMain {

    private ProbeMain() {
    }

    public static void main(final String[] arguments) {
        try (Kvm kvm = Kvm.open(Kvm.DEVICE)) {
            if ("amd64".equals(System.getProperty("os.arch"))) {
                X86Probe.require(kvm);
            }
        } catch (final KvmRefusal refused) {
            System.err.println(refused.getMessage());
            System.exit(1);
        }
    }
}
