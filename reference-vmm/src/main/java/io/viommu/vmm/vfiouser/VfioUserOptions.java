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

package io.viommu.vmm.vfiouser;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * What the door is asked for.
 *
 * @param model      {@code smmuv3} or {@code intel-iommu}.
 * @param properties of the model.
 * @param socket     where the model's function is presented.
 * @param endpoints  devices of ours behind the model, at most one of a kind.
 * @param faults     logs and journals to inject when the guest is ready.
 * @param pace       milliseconds from fault to fault.
 * @param devices    the guest's names of devices, by the log's.
 * @param control    the control socket, or null.
 * @param memory     the file that holds the guest's RAM, or null; see
 *                   {@link io.viommu.bridge.vfiouser.VfioUserServer}.
 * @param trace      the file to write the guest's register accesses and commands to, or null.
 * @param visible    whether the function stays visible to the guest.
 */
public record VfioUserOptions(String model, Map<String, String> properties, Path socket,
        List<VfioUserEndpoint> endpoints, List<String> faults, long pace, Map<Integer, Integer> devices, Path control,
        Path memory, Path trace, boolean visible) {
}
