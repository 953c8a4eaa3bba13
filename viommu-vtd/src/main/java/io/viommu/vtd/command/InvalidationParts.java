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

package io.viommu.vtd.command;

import io.viommu.device.RegisterFile;
import io.viommu.memory.GuestMemory;
import io.viommu.vtd.register.Drain;
import io.viommu.vtd.register.RemappingState;
import io.viommu.vtd.register.VtdCapabilities;

/**
 * What both ways of invalidation work with.
 *
 * @param registers    of the unit.
 * @param capabilities of the unit.
 * @param state        what is in force.
 * @param memory       holds the queue.
 * @param sink         forgets.
 * @param drain        waits for what is under way.
 * @param likeQemu     whether legacy mode takes the descriptors of scalable mode, scalable mode those of 128 bits, and
 *                     a wait that asks for nothing is an error.
 */
public record InvalidationParts(RegisterFile registers, VtdCapabilities capabilities, RemappingState state,
        GuestMemory memory, InvalidationSink sink, Drain drain, boolean likeQemu) {
}
