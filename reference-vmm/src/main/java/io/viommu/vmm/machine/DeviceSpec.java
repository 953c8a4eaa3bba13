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

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/**
 * A device to be put into a machine, as {@code -device NAME,PROPERTY=VALUE…} says it.
 *
 * @param driver     QEMU's name of the kind of device.
 * @param properties what was given, in order.
 */
public record DeviceSpec(String driver, Map<String, String> properties) {

    /** Keeps a copy. */
    public DeviceSpec {
        properties = new LinkedHashMap<>(properties);
    }

    /** The properties that are not about where the device sits: those of the model itself. */
    Map<String, String> without(final Set<String> placement) {
        final Map<String, String> rest = new LinkedHashMap<>(properties);
        rest.keySet().removeAll(placement);
        return rest;
    }

    /** Refuses properties that nobody would look at: a misspelt one must not pass silently. */
    void allowOnly(final Set<String> known) {
        for (final String name : properties.keySet()) {
            if (!known.contains(name)) {
                throw new IllegalArgumentException(driver + " has no property '" + name + "'; it takes: "
                        + String.join(", ", known.stream().sorted().toList()));
            }
        }
    }
}
