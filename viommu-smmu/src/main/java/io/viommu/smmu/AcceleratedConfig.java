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
package io.viommu.smmu;

import java.util.HashMap;
import java.util.Map;

import io.viommu.iommu.ModelConfig;
import io.viommu.iommu.NestedStreams;
import io.viommu.smmu.register.SmmuCapabilities;
import io.viommu.smmu.spec.IdentificationFields;

/**
 * What accelerated mode leaves of the properties: stage 1 alone, since the host keeps stage 2, and no more than the
 * hardware can. What isn't given follows the hardware; what is given and can't be had is refused in one sentence.
 */
final class AcceleratedConfig {

    /** No hardware limits anything. */
    static final SmmuCapabilities NO_LIMITS = new SmmuCapabilities(
            IdentificationFields.ASID16 | IdentificationFields.CD2L
                    | IdentificationFields.TTF_AARCH64 << IdentificationFields.TTF,
            32 << IdentificationFields.SIDSIZE | 20 << IdentificationFields.SSIDSIZE,
            IdentificationFields.RIL | 2 << IdentificationFields.BBML, 7 << IdentificationFields.GRANULES, 0, false);

    private AcceleratedConfig() {
    }

    static SmmuCapabilities limits(final ModelConfig config, final NestedStreams host) {
        if (host == NestedStreams.NONE) {
            throw refusal("needs a host IOMMU that translates stage 1, and there is none");
        }
        final SmmuCapabilities limits = of(host);
        if (!limits.aarch64Tables() || limits.tableEndianness() == IdentificationFields.TTENDIAN_BIG
                || limits.granules() == 0) {
            throw refusal("needs a host SMMU that walks little-endian AArch64 tables, and this one doesn't");
        }
        forbid(config, "stage", "1".equals(config.choice("stage")), "needs stage=1, since the host keeps stage 2");
        forbid(config, "httu", "none".equals(config.choice("httu")),
                "needs httu=none: the host doesn't say whether its SMMU updates flags");
        forbid(config, "attr-perms-ovr", !"on".equals(config.choice("attr-perms-ovr")),
                "needs attr-perms-ovr=off: the host doesn't pass PRIVCFG and INSTCFG on");
        forbid(config, "stall", "off".equals(config.choice("stall")) || limits.stalls(),
                "needs stall=off, since the host's SMMU can't stall");
        forbid(config, "term-model", "abort".equals(config.choice("term-model")) || !limits.abortsOnly(),
                "needs term-model=abort, since the host's SMMU can't end a transaction RAZ/WI");
        forbid(config, "ril", !"on".equals(config.choice("ril")) || limits.rangeInvalidation(),
                "needs ril=off, since the host's SMMU doesn't invalidate by range");
        forbid(config, "oas", !"52".equals(config.choice("oas")) || limits.granule(16),
                "needs oas below 52, since the host's SMMU has no granule of 64 KiB");
        forbid(config, "ssidsize", fits(config, "ssidsize", limits.substreamIdBits()),
                "needs ssidsize from 0 to " + limits.substreamIdBits() + ", as the host's SMMU has");
        forbid(config, "sidsize", fits(config, "sidsize", limits.streamIdBits()),
                "needs sidsize from 1 to " + limits.streamIdBits() + ", as the host's SMMU has");
        return limits;
    }

    static Map<String, String> defaults(final SmmuCapabilities limits) {
        final Map<String, String> defaults = new HashMap<>(Map.of("stage", "1", "httu", "none"));
        defaults.put("ssidsize", Integer.toString(Math.min(20, limits.substreamIdBits())));
        defaults.put("sidsize", Integer.toString(Math.min(16, limits.streamIdBits())));
        defaults.put("attr-perms-ovr", "off");
        defaults.put("ats", "off"); // whether a device may, only its host knows
        defaults.put("ril", limits.rangeInvalidation() ? "on" : "off");
        defaults.put("stall", limits.stalls() ? "on" : "off");
        defaults.put("term-model", limits.abortsOnly() ? "abort" : "both");
        return defaults;
    }

    /**
     * What the hardware can do that walks the guest's tables. Only fields that linux/iommufd.h lets user space
     * interpret are looked at; a register that isn't known limits nothing.
     */
    private static SmmuCapabilities of(final NestedStreams host) {
        final int[] words = new int[6];
        for (final int index : new int[]{ 0, 1, 3, 5 }) {
            words[index] = host.identification(index);
            if (words[index] == NestedStreams.UNKNOWN) {
                return NO_LIMITS;
            }
        }
        return new SmmuCapabilities(words[0], words[1], words[3], words[5], 0, false);
    }

    private static boolean fits(final ModelConfig config, final String name, final int most) {
        final String value = config.choice(name);
        return "auto".equals(value) || Integer.parseInt(value) <= most;
    }

    private static void forbid(final ModelConfig config, final String name, final boolean possible,
            final String sentence) {
        if (config.given(name) && !possible) {
            throw refusal(sentence);
        }
    }

    private static IllegalArgumentException refusal(final String what) {
        return new IllegalArgumentException(SmmuV3Model.NAME + ": accel=on " + what);
    }
}
