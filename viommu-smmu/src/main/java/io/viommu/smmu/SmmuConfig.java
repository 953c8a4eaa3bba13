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

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import java.util.stream.Stream;

import io.viommu.fault.LostEventPolicy;
import io.viommu.iommu.ModelConfig;
import io.viommu.iommu.ModelProperty;
import io.viommu.iommu.NestedStreams;
import io.viommu.smmu.register.SmmuCapabilities;
import io.viommu.smmu.spec.IdentificationFields;

/**
 * How one device is configured: its properties as data, and what they add up to.
 *
 * @param capabilities what the guest finds in the identification registers.
 * @param lostEvents what the guest learns when the host lost events.
 * @param accelerated whether the hardware walks the guest's tables for passed-through devices.
 */
public record SmmuConfig(SmmuCapabilities capabilities, LostEventPolicy lostEvents, boolean accelerated) {

    private static final String AUTO = "auto";
    private static final List<String> SWITCH = List.of(AUTO, "on", "off");

    /** What QEMU's model offers, where it differs from the defaults of this one. */
    private static final Map<String, String> QEMU = Map.ofEntries(Map.entry("oas", "44"), Map.entry("ssidsize", "0"),
            Map.entry("ats", "off"), Map.entry("pri", "off"), Map.entry("msi", "off"), Map.entry("stall", "off"),
            Map.entry("httu", "none"), Map.entry("term-model", "abort"), Map.entry("ril", "on"),
            Map.entry("attr-perms-ovr", "off"));

    /** Refuses half a configuration. */
    public SmmuConfig {
        Objects.requireNonNull(capabilities, "capabilities");
        Objects.requireNonNull(lostEvents, "lostEvents");
    }

    /**
     * The properties that a device takes; {@code auto} means the default.
     *
     * @return each with its meaning, default and allowed values.
     */
    public static List<ModelProperty> properties() {
        final List<ModelProperty> properties = new ArrayList<>();
        properties.add(ModelProperty.choice("stage", List.of("1", "2", "nested"), "nested",
                "stages of translation that the guest is offered"));
        properties.add(ModelProperty.choice("oas", List.of(AUTO, "32", "36", "40", "42", "44", "48", "52"), AUTO,
                "bits of an output address; auto is 48"));
        properties.add(ModelProperty.choice("ssidsize", numbers(20), AUTO, "bits of a SubstreamID; auto is 20"));
        properties.add(ModelProperty.choice("ril", SWITCH, AUTO, "TLB invalidation by range; auto is on"));
        properties.add(ModelProperty.choice("ats", SWITCH, AUTO, "PCIe address translation services; auto is on"));
        properties.add(ModelProperty.flag("accel", false,
                "the hardware walks stage 1 of passed-through devices; needs a host IOMMU that does so, and stage=1"));
        properties.add(ModelProperty.choice("compat", List.of("none", "qemu"), "none",
                "qemu: what is not given is as in QEMU's model, with its identification registers and leniency"));
        properties.add(ModelProperty.flag("pri", true, "the page request queue; needs ats"));
        properties.add(ModelProperty.flag("msi", true, "message-signalled interrupts beside the wires"));
        properties.add(ModelProperty.choice("stall", List.of("on", "off", "forced"), "on",
                "whether translation faults may stall transactions until the guest answers"));
        properties.add(ModelProperty.choice("httu", List.of("none", "access", "dirty"), "dirty",
                "flags that the SMMU updates in translation tables"));
        properties.add(ModelProperty.choice("term-model", List.of("both", "abort"), "both",
                "how a terminated transaction may end: abort or RAZ/WI as the guest says, or abort only"));
        properties.add(ModelProperty.choice("attr-perms-ovr", SWITCH, AUTO,
                "whether a stream table entry may override what transactions say of privilege and instruction fetches; "
                        + "auto is on"));
        properties.add(ModelProperty.number("sidsize", 1, 32, 16, "bits of a StreamID"));
        properties.add(queueSize("cmdq", "Command"));
        properties.add(queueSize("eventq", "Event"));
        properties.add(queueSize("priq", "PRI"));
        properties.add(ModelProperty.choice("lost-events", List.of("log", "overflow"), "log",
                "when the host lost events: count and log it, or also set the guest's overflow flag"));
        properties.replaceAll(property -> property.inQemu(QEMU.getOrDefault(property.name(), property.defaultValue())));
        return List.copyOf(properties);
    }

    private static List<String> numbers(final int last) {
        return Stream.concat(Stream.of(AUTO), IntStream.rangeClosed(0, last).mapToObj(Integer::toString)).toList();
    }

    private static ModelProperty queueSize(final String queue, final String name) {
        return ModelProperty.number(queue + "-log2max", 0, 19, 19,
                "log2 of the greatest number of entries of the " + name + " queue");
    }

    /**
     * Adds up checked properties.
     *
     * @param config values of {@link #properties}.
     * @param host   hardware that walks the guest's tables with {@code accel=on}.
     * @return the configuration.
     * @throws IllegalArgumentException in one sentence, if properties contradict each other or the hardware.
     */
    static SmmuConfig of(final ModelConfig config, final NestedStreams host) {
        final boolean accelerated = config.flag("accel");
        final SmmuCapabilities limits = accelerated
                ? AcceleratedConfig.limits(config, host)
                : AcceleratedConfig.NO_LIMITS;
        final Map<String, String> defaults = new HashMap<>(isQemu(config) ? QEMU : Map.of());
        if (accelerated) {
            defaults.putAll(AcceleratedConfig.defaults(limits));
        }
        final UnaryOperator<String> values = name -> !config.given(name) && defaults.containsKey(name)
                ? defaults.get(name)
                : config.choice(name);
        return new SmmuConfig(capabilities(config, values, limits),
                "overflow".equals(config.choice("lost-events"))
                        ? LostEventPolicy.GUEST_OVERFLOW
                        : LostEventPolicy.LOG,
                accelerated);
    }

    /**
     * The words that the guest finds. Always offered: AArch64 tables in little-endian order with granules of 4, 16 and
     * 64 KiB, coherent accesses, 16-bit ASIDs and VMIDs, two-level stream tables, BBML 2, HAD where there is a stage 1,
     * XNX where there is a stage 2, EL2 streams where there are both, and FWB, whose attributes mean nothing to
     * ordinary memory.
     */
    private static SmmuCapabilities capabilities(final ModelConfig config, final UnaryOperator<String> values,
            final SmmuCapabilities limits) {
        final boolean ats = isOn(values.apply("ats"));
        if (!ats && config.given("pri") && config.flag("pri")) {
            throw new IllegalArgumentException(SmmuV3Model.NAME + ": pri=on needs ats=on");
        }
        final String stage = values.apply("stage");
        final boolean stage1 = !"2".equals(stage);
        final boolean stage2 = !"1".equals(stage);
        final boolean pri = ats && isOn(values.apply("pri"));
        final boolean ril = isOn(values.apply("ril"));
        final boolean qemu = isQemu(config);
        final int ssidSize = number(values.apply("ssidsize"), 20);
        final int stallModel = List.of("on", "off", "forced").indexOf(values.apply("stall"));
        // SMMUv3.2 is the latest version all of whose mandatory features are there; QEMU is 3.1.
        final boolean version2 = ril && limits.breakBeforeMakeLevel() > 0 && !qemu;
        final int idr0 = bits(stage2, IdentificationFields.S2P) | bits(stage1, IdentificationFields.S1P)
                | IdentificationFields.TTF_AARCH64 << IdentificationFields.TTF | IdentificationFields.COHACC
                | List.of("none", "access", "dirty").indexOf(values.apply("httu")) << IdentificationFields.HTTU
                | bits(version2 && stage1 && stage2, IdentificationFields.HYP) | bits(ats, IdentificationFields.ATS)
                | bits(limits.wideAsids(), IdentificationFields.ASID16)
                | bits(isOn(values.apply("msi")), IdentificationFields.MSI) | bits(pri, IdentificationFields.PRI)
                | IdentificationFields.VMID16
                | bits(ssidSize > 0 && limits.twoLevelContextTable(), IdentificationFields.CD2L)
                | IdentificationFields.TTENDIAN_LITTLE << IdentificationFields.TTENDIAN
                // ATSRECERR is of SMMUv3.3, and 2.9 permits it from 3.2 on; as in QEMU it comes with ATS all the same.
                | bits(ats && (version2 || qemu), IdentificationFields.ATSRECERR)
                | stallModel << IdentificationFields.STALL_MODEL
                | bits("abort".equals(values.apply("term-model")), IdentificationFields.TERM_MODEL)
                | IdentificationFields.ST_LEVEL_TWO << IdentificationFields.ST_LEVEL;
        // ATTR_TYPES_OVR is 0: a guest's RAM is ordinary memory whatever the attributes say.
        final int idr1 = number(values.apply("sidsize"), 16) << IdentificationFields.SIDSIZE
                | ssidSize << IdentificationFields.SSIDSIZE
                | (pri ? config.number("priq-log2max") : 0) << IdentificationFields.PRIQS
                | config.number("eventq-log2max") << IdentificationFields.EVENTQS
                | config.number("cmdq-log2max") << IdentificationFields.CMDQS
                | bits(isOn(values.apply("attr-perms-ovr")), IdentificationFields.ATTR_PERMS_OVR);
        // PPS is set with substreams, so that an automatic page response needs no look at an STE. HAD is a matter of
        // stage 1; QEMU sets it in any case.
        final int idr3 = bits(stage1 || qemu, IdentificationFields.HAD) | bits(stage2, IdentificationFields.XNX)
                | bits(pri && ssidSize > 0, IdentificationFields.PPS)
                | bits(version2, IdentificationFields.FWB) | bits(ril, IdentificationFields.RIL)
                | limits.breakBeforeMakeLevel() << IdentificationFields.BBML;
        final int idr5 = SmmuCapabilities.addressSize(number(values.apply("oas"), 48)) << IdentificationFields.OAS
                | limits.granules() << IdentificationFields.GRANULES
                | (stallModel == IdentificationFields.STALL_MODEL_TERMINATE
                        ? 0
                        : SmmuCapabilities.STALL_MAX) << IdentificationFields.STALL_MAX;
        return new SmmuCapabilities(idr0, idr1, idr3, idr5,
                version2 ? SmmuCapabilities.VERSION_2 : SmmuCapabilities.VERSION_1, qemu);
    }

    private static int bits(final boolean offered, final int mask) {
        return offered ? mask : 0;
    }

    private static boolean isQemu(final ModelConfig config) {
        return "qemu".equals(config.choice("compat"));
    }

    /** Every switch that has an {@code auto} is on by default. */
    private static boolean isOn(final String value) {
        return !"off".equals(value);
    }

    private static int number(final String value, final int auto) {
        return AUTO.equals(value) ? auto : Integer.parseInt(value);
    }
}
