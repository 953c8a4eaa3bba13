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

package io.viommu.vtd;

import java.util.List;
import java.util.Map;

import io.viommu.fault.LostEventPolicy;
import io.viommu.iommu.ModelConfig;
import io.viommu.iommu.ModelProperty;
import io.viommu.vtd.config.VtdContext;
import io.viommu.vtd.register.VtdCapabilities;
import io.viommu.vtd.spec.CapabilityFields;

/**
 * The properties of the model and what they make of it. The names are those of QEMU 11, with its older spellings; a
 * property that isn't given takes this model's default, or with {@code compat=qemu} that of QEMU 11.1.
 *
 * @param unit             the unit after reset: what it announces and does, how wide its addresses are, and whether it
 *                         does as QEMU's where the two differ: no error record of the invalidation queue, PECTL
 *                         unmasked at reset, descriptors of scalable mode taken in legacy mode, PASID table entries
 *                         read for each walk, narrow writes.
 * @param faultCompression whether a requester with a pending fault gets no second record.
 * @param lostEvents       what the guest learns of losses of the host.
 * @param uncheckedSource  requester id whose interrupts are not checked against SID, or -1: QEMU checks none of an
 *                         IOAPIC's, and there is guest software that relies on it.
 * @param accelerated      whether the host's hardware walks the guest's tables for passed-through devices.
 */
record VtdConfig(VtdContext unit, boolean faultCompression, LostEventPolicy lostEvents, int uncheckedSource,
        boolean accelerated) {

    private static final String COMPAT = "compat";
    private static final String QEMU = "qemu";
    private static final String ACCEL = "accel";
    private static final String CACHING_MODE = "caching-mode";
    private static final String UNCHECKED_SOURCE = "unchecked-source";
    private static final int NO_SOURCE = -1;

    /** Where fault records go: behind the IOTLB and memory-type registers, or on a page of their own if many. */
    private static final int NEAR_RECORDS = 0x220;
    private static final int NEAR_RECORDS_END = 0x300;
    private static final int FAR_RECORDS = 0x1000;
    private static final int IOTLB_REGISTERS = 0xF0;

    /** Bits of a physical address; QEMU takes those of a guest address. */
    private static final int WIDEST = 52;

    /** All properties. */
    static final List<ModelProperty> PROPERTIES = List.of(
            ModelProperty.flag(ACCEL, false,
                    "the host's hardware walks first-stage tables of passed-through devices; sets caching-mode"),
            ModelProperty.flag("adms", true, "abort-DMA mode of the root table address (ECAP.ADMS)"),
            ModelProperty.choice("aw-bits", List.of("39", "48", "57"), "48",
                    "width of guest addresses: 3-level tables, also 4-level, also 5-level"),
            ModelProperty.flag(CACHING_MODE, false, "the guest invalidates also what it makes present (CAP.CM)"),
            ModelProperty.choice(COMPAT, List.of("viommu", QEMU), "viommu",
                    "whose defaults and capability bits to take"),
            ModelProperty.flag("device-iotlb", true, "device-TLBs, PCIe ATS (ECAP.DT)"),
            ModelProperty.flag("dma-drain", true, "invalidations drain DMA (CAP.DRD, DWD)"),
            ModelProperty.flag("dma-translation", true, "DMA remapping; without it interrupts only").alias(
                    "x-dma-translation"),
            ModelProperty.flag("eafs", true, "extended accessed flags of first-stage entries (ECAP.EAFS)"),
            ModelProperty.choice("eim", List.of("on", "off", "auto"), "auto",
                    "32-bit APIC ids (ECAP.EIM); auto follows intremap"),
            ModelProperty.flag("ers", false, "requests to execute (ECAP.ERS)"),
            ModelProperty.flag("fault-compression", false, "a device with a pending fault gets no second record"),
            ModelProperty.number("fault-records", 1, 256, 8, "number of fault recording registers"),
            ModelProperty.flag("fs1gp", true, "1 GiB first-stage pages (CAP.FS1GP)"),
            ModelProperty.flag("fs5lp", false, "5-level first-stage tables (CAP.FS5LP), for CPUs with LA57"),
            ModelProperty.flag("fsts", true, "first-stage translation (ECAP.FSTS)").alias("x-flts", "flts"),
            ModelProperty.choice("intremap", List.of("on", "off", "auto"), "auto",
                    "interrupt remapping (ECAP.IR); auto is on"),
            ModelProperty.choice("lost-events", List.of("log", "overflow"), "log",
                    "when the host lost faults: count and log it, or also set the guest's overflow flag"),
            ModelProperty.flag("nest", true, "nested translation (ECAP.NEST)"),
            ModelProperty.number("pasid-bits", 0, 20, 20, "width of PASIDs, 0 for none"),
            ModelProperty.flag("pi", true, "posted interrupts (CAP.PI)"),
            ModelProperty.flag("protected-memory", false, "protected memory regions (CAP.PLMR, PHMR)"),
            ModelProperty.flag("scalable-mode", true, "scalable-mode tables (ECAP.SMTS)").alias("x-scalable-mode"),
            ModelProperty.flag("snoop-control", true, "snoop control (ECAP.SC)"),
            ModelProperty.flag("srs", false, "supervisor requests (ECAP.SRS, RPRIVS)"),
            ModelProperty.flag("ssads", true, "accessed and dirty flags of second-stage entries (ECAP.SSADS)"),
            ModelProperty.flag("ssts", true, "second-stage translation in scalable mode (ECAP.SSTS)"),
            ModelProperty.flag("stale-tm", false, "ignore bit 62 of second-stage entries, as old hardware does"),
            ModelProperty.flag("svm", true, "shared virtual memory: page requests (ECAP.PRS, PDS, NWFS)"),
            ModelProperty.number(UNCHECKED_SOURCE, NO_SOURCE, 0xFFFF, NO_SOURCE,
                    "requester id, such as an IOAPIC's, whose interrupts may use any entry; -1 for none"));

    private static final String WITHOUT_FIRST_STAGE = "on without fsts";

    /** What QEMU has by default where this model has something else. */
    private static final Map<String, String> QEMU_DEFAULTS = Map.ofEntries(Map.entry("adms", "off"),
            Map.entry("device-iotlb", "off"), Map.entry("eafs", "off"), Map.entry("eim", "off"),
            Map.entry("fault-compression", "on"), Map.entry("fault-records", "1"), Map.entry("fsts", "off"),
            Map.entry("nest", "off"), Map.entry("pasid-bits", "0"), Map.entry("pi", "off"),
            Map.entry("scalable-mode", "off"), Map.entry("snoop-control", "off"), Map.entry("ssads", "off"),
            Map.entry("ssts", WITHOUT_FIRST_STAGE), Map.entry("srs", WITHOUT_FIRST_STAGE), Map.entry("svm", "off"));

    /**
     * The properties that a unit takes.
     *
     * @return each with its meaning, defaults and allowed values.
     */
    static List<ModelProperty> properties() {
        return PROPERTIES.stream()
                .map(property -> property.inQemu(QEMU_DEFAULTS.getOrDefault(property.name(), property.defaultValue())))
                .toList();
    }

    /**
     * Works the properties out.
     *
     * @param config checked values.
     * @return the configuration.
     * @throws IllegalArgumentException in one sentence, if two given properties contradict each other.
     */
    static VtdConfig of(final ModelConfig config) {
        final boolean qemu = QEMU.equals(config.choice(COMPAT));
        final boolean scalable = flag(config, "scalable-mode");
        final boolean firstStage = dependent(config, "fsts", scalable, "scalable-mode=on");
        final boolean deviceTlb = flag(config, "device-iotlb");
        final boolean pageRequests = dependent(config, "svm", scalable && deviceTlb,
                "scalable-mode=on and device-iotlb=on");
        final boolean remapping = !"off".equals(config.choice("intremap"));
        final boolean wide = dependent(config, "eim", remapping && !(qemu && "auto".equals(config.choice("eim"))),
                "intremap=on");
        final int pasidBits = number(config, "pasid-bits", scalable ? 20 : 0);
        if (pasidBits > 0 && !scalable) {
            throw new IllegalArgumentException("intel-iommu: pasid-bits=" + pasidBits + " needs scalable-mode=on");
        }
        long ecap = CapabilityFields.QI | CapabilityFields.PT | (long) (IOTLB_REGISTERS / 16) << CapabilityFields.IRO
                | (remapping ? 0xFL << CapabilityFields.MHMV : 0);
        ecap |= bit(remapping, CapabilityFields.IR) | bit(wide, CapabilityFields.EIM)
                | bit(deviceTlb, CapabilityFields.DT) | bit(flag(config, "snoop-control"), CapabilityFields.SC);
        ecap |= bit(scalable, CapabilityFields.SMTS) | bit(firstStage, CapabilityFields.FSTS)
                | bit(pageRequests, CapabilityFields.PRS | CapabilityFields.PDS | CapabilityFields.NWFS);
        ecap |= scalableFeatures(config, scalable, firstStage);
        if (!qemu) {
            ecap |= CapabilityFields.C | bit(scalable, CapabilityFields.SMPWCS | CapabilityFields.RPS)
                    | bit(pageRequests, CapabilityFields.SMS);
        }
        if (pasidBits > 0) {
            ecap |= CapabilityFields.PASID | (long) (pasidBits - 1) << CapabilityFields.PSS;
        }
        final VtdCapabilities capabilities = new VtdCapabilities(cap(config, qemu, firstStage, remapping), ecap);
        return new VtdConfig(
                VtdContext.reset(capabilities, qemu ? width(config) : WIDEST, config.flag("stale-tm"), qemu),
                flag(config, "fault-compression"), "overflow".equals(config.choice("lost-events"))
                        ? LostEventPolicy.GUEST_OVERFLOW
                        : LostEventPolicy.LOG,
                config.number(UNCHECKED_SOURCE),
                dependent(config, ACCEL, firstStage && (config.flag(CACHING_MODE) || !config.given(CACHING_MODE)),
                        "fsts=on, and caching-mode not off"));
    }

    /** QEMU offers one stage or the other, and supervisor requests with the second. */
    private static long scalableFeatures(final ModelConfig config, final boolean scalable, final boolean firstStage) {
        final boolean qemu = QEMU.equals(config.choice(COMPAT));
        final boolean onlySecond = qemu && scalable && !firstStage;
        final boolean secondStage = qemu && !config.given("ssts")
                ? onlySecond
                : dependent(config, "ssts", scalable, "scalable-mode=on");
        final boolean supervisor = dependent(config, "srs", scalable, "scalable-mode=on");
        return bit(secondStage, CapabilityFields.SSTS) | bit(onlySecond && !config.given("srs"), CapabilityFields.SRS)
                | bit(supervisor, CapabilityFields.SRS | CapabilityFields.RPRIVS)
                | bit(dependent(config, "ers", scalable, "scalable-mode=on"), CapabilityFields.ERS)
                | bit(dependent(config, "nest", firstStage && secondStage, "fsts=on and ssts=on"),
                        CapabilityFields.NEST)
                | bit(dependent(config, "ssads", secondStage, "ssts=on"), CapabilityFields.SSADS)
                | bit(dependent(config, "eafs", firstStage, "fsts=on"), CapabilityFields.EAFS)
                | bit(flag(config, "adms"), CapabilityFields.ADMS);
    }

    private static int width(final ModelConfig config) {
        return Integer.parseInt(config.choice("aw-bits"));
    }

    private static long cap(final ModelConfig config, final boolean qemu, final boolean firstStage,
            final boolean remapping) {
        final int width = width(config);
        if (qemu && width == 57) {
            throw new IllegalArgumentException("intel-iommu: aw-bits must be 39 or 48 with compat=qemu, not 57");
        }
        final int records = number(config, "fault-records", config.number("fault-records"));
        final int offset = NEAR_RECORDS + records * 16 <= NEAR_RECORDS_END ? NEAR_RECORDS : FAR_RECORDS;
        // Widths 39, 48 and 57 are SAGAW bits 1 to 3, each with all narrower ones.
        final long widths = config.flag("dma-translation") ? (1L << (width - 30) / 9 + 1) - 2 : 0;
        return 6L << CapabilityFields.ND | widths << CapabilityFields.SAGAW | width - 1L << CapabilityFields.MGAW
                | (long) (offset / 16) << CapabilityFields.FRO | 3L << CapabilityFields.SSLPS | CapabilityFields.PSI
                | records - 1L << CapabilityFields.NFR | 18L << CapabilityFields.MAMV | CapabilityFields.ESRTPS
                | bit(config.flag("dma-drain"), CapabilityFields.DRD | CapabilityFields.DWD)
                | bit(config.flag(CACHING_MODE) || config.flag(ACCEL), CapabilityFields.CM)
                | bit(firstStage && config.flag("fs1gp"), CapabilityFields.FS1GP)
                | bit(dependent(config, "fs5lp", firstStage, "fsts=on"), CapabilityFields.FS5LP)
                | bit(dependent(config, "pi", remapping, "intremap=on"), CapabilityFields.PI)
                | bit(config.flag("protected-memory"), CapabilityFields.PLMR | CapabilityFields.PHMR)
                | bit(!qemu, CapabilityFields.ZLR | CapabilityFields.ESIRTPS);
    }

    private static boolean flag(final ModelConfig config, final String name) {
        final boolean replaced = QEMU.equals(config.choice(COMPAT)) && QEMU_DEFAULTS.containsKey(name);
        return replaced && !config.given(name) ? "on".equals(QEMU_DEFAULTS.get(name)) : config.flag(name);
    }

    /** A switch that needs others: without them its default gives way, but a given "on" is a mistake. */
    private static boolean dependent(final ModelConfig config, final String name, final boolean possible,
            final String needed) {
        final boolean wanted = "auto".equals(config.choice(name)) || flag(config, name);
        if (wanted && !possible && config.given(name) && config.flag(name)) {
            throw new IllegalArgumentException("intel-iommu: " + name + "=on needs " + needed);
        }
        return wanted && possible;
    }

    private static int number(final ModelConfig config, final String name, final int otherwise) {
        if (config.given(name)) {
            return config.number(name);
        }
        return QEMU.equals(config.choice(COMPAT)) ? Integer.parseInt(QEMU_DEFAULTS.get(name)) : otherwise;
    }

    private static long bit(final boolean set, final long bits) {
        return set ? bits : 0;
    }
}
