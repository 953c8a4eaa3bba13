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

package io.viommu.vmm.qtest;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import io.viommu.fault.FaultKind;
import io.viommu.fault.FaultSink;
import io.viommu.fault.GenericFault;
import io.viommu.vmm.machine.FaultDraft;

/**
 * A physical fault as a client writes it down in fields, made into the words that the host would report.
 *
 * <pre>
 *  SMMUv3 event (IHI 0070, 7.3)                      VT-d fault recording register (11.4.14)
 *  w0  [7:0] type [11] SSV [31:12] SSID [63:32] SID  low   [63:12] address
 *  w1  [15:0] STAG [31] Stall [33] PnU [34] InD      high  [15:0] SID [29] PRIV [30] EXE [31] PP
 *      [35] RnW [39] S2 [41:40] CLASS                      [39:32] reason [59:40] PASID [62] T1, 1 = read [63] F
 *  w2  input address   w3  IPA or fetch address
 * </pre>
 */
final class PhysicalFault {

    private static final int WORDS = 4;
    private static final int VTD_WORDS = 2;
    private static final int LAST_REASON = 0xFF;
    private static final int LAST_TAG = 0xFFFF;
    private static final int FIRST_STALLING = 0x10;
    private static final int LAST_STALLING = 0x13;
    private static final int CLASS_IN = 2;
    private static final List<String> CLASSES = List.of("cd", "tt", "in", "reserved");
    private static final List<String> REASONS = List.of("unknown", "pasid-fetch", "bad-pasid-entry", "pasid-invalid",
            "walk-eabt", "pte-fetch", "permission", "access", "oor-address");
    private static final List<String> FIELDS = List.of("event", "reason", "sid", "ssid", "iova", "perm", "stall",
            "stag", "s2", "class", "fetch", "ipa", "grpid", "last", "words", "as-reported");

    private final Words words;
    private final Map<String, String> fields = new LinkedHashMap<>();
    private final boolean smmu;

    /** Takes the rest of a line; {@code smmu} says which architecture numbers and words belong to. */
    PhysicalFault(final Words words, final boolean smmu) {
        this.words = words;
        this.smmu = smmu;
        while (words.more()) {
            final String field = words.word("FIELD=VALUE");
            final int equals = field.indexOf('=');
            final String name = equals < 0 ? field : field.substring(0, equals);
            if (equals < 0 || !FIELDS.contains(name)) {
                throw new Refusal(words.command() + ": a field must be NAME=VALUE with a name of "
                        + String.join(", ", FIELDS) + ", not '" + Words.shown(field) + "'");
            }
            fields.put(name, field.substring(equals + 1));
        }
    }

    /** The fault as it enters the pipeline. */
    FaultDraft draft() {
        final int device = (int) number("sid", 0, EndpointCommands.LAST_DEVICE);
        final int pasid = fields.containsKey("ssid")
                ? (int) number("ssid", 0, EndpointCommands.LAST_PASID)
                : FaultSink.NO_PASID;
        final boolean asReported = flag("as-reported");
        if (fields.containsKey("grpid")) {
            return pageRequest(device, pasid, number("iova"), (int) number("grpid", 0, LAST_TAG), flag("last"),
                    permissions());
        }
        if (fields.containsKey("words")) {
            return new FaultDraft(smmu ? FaultKind.SMMU_EVENT : FaultKind.VTD_FAULT, device, pasid, rawWords(),
                    group(), asReported);
        }
        if (fields.containsKey("event")) {
            return new FaultDraft(FaultKind.SMMU_EVENT, device, pasid, smmuWords(device, pasid), group(), asReported);
        }
        if (!fields.containsKey("reason")) {
            throw new Refusal(words.command() + ": one of event, reason, grpid or words must say what the fault is");
        }
        final int named = REASONS.indexOf(fields.get("reason"));
        if (named < 0 && !smmu) {
            return new FaultDraft(FaultKind.VTD_FAULT, device, pasid, vtdWords(device, pasid), group(), asReported);
        }
        final int reason = named >= 0 ? named : (int) number("reason", 0, REASONS.size() - 1);
        return new FaultDraft(FaultKind.GENERIC, device, pasid, genericWords(reason, pasid), group(), asReported);
    }

    /** A page request; {@code permissions} are those of {@link GenericFault}. */
    static FaultDraft pageRequest(final int device, final int pasid, final long iova, final int group,
            final boolean last, final int permissions) {
        final int flags = (pasid == FaultSink.NO_PASID ? 0 : GenericFault.REQUEST_PASID_VALID)
                | (last ? GenericFault.REQUEST_LAST_PAGE : 0);
        final long[] request = { flags | (long) group << 32, permissions, iova, 0 };
        return new FaultDraft(FaultKind.PAGE_REQUEST, device, pasid, request, group, false);
    }

    private long[] rawWords() {
        final String[] parts = fields.get("words").split(",", -1);
        final int expected = smmu ? WORDS : VTD_WORDS;
        if (parts.length != expected) {
            throw new Refusal(words.command() + ": words must be " + expected + " numbers with commas between, not "
                    + parts.length);
        }
        final long[] raw = new long[WORDS];
        for (int i = 0; i < parts.length; i++) {
            raw[i] = words.number("words", parts[i]);
        }
        return raw;
    }

    private long[] smmuWords(final int device, final int pasid) {
        final int type = (int) number("event", 0, LAST_REASON);
        final boolean translation = type >= FIRST_STALLING && type <= LAST_STALLING;
        final int permissions = permissions();
        final long[] event = new long[WORDS];
        event[0] = type | (long) device << 32;
        if (pasid != FaultSink.NO_PASID) {
            event[0] |= 1L << 11 | (long) pasid << 12;
        }
        event[1] = fields.containsKey("stag") ? number("stag", 0, LAST_TAG) : 0;
        event[1] |= flag("stall") ? 1L << 31 : 0;
        event[1] |= (permissions & GenericFault.PERM_PRIV) != 0 ? 1L << 33 : 0;
        event[1] |= (permissions & GenericFault.PERM_EXEC) != 0 ? 1L << 34 : 0;
        event[1] |= fields.containsKey("perm") && (permissions & GenericFault.PERM_WRITE) == 0 ? 1L << 35 : 0;
        event[1] |= flag("s2") ? 1L << 39 : 0;
        event[1] |= (long) faultClass(translation ? CLASS_IN : 0) << 40;
        event[2] = number("iova");
        event[3] = fields.containsKey("ipa") ? number("ipa") : number("fetch");
        return event;
    }

    private int faultClass(final int otherwise) {
        final String text = fields.get("class");
        if (text == null) {
            return otherwise;
        }
        final int named = CLASSES.indexOf(text);
        return named >= 0 ? named : (int) number("class", 0, CLASSES.size() - 1);
    }

    private long[] vtdWords(final int device, final int pasid) {
        final int permissions = permissions();
        long high = 1L << 63 | number("reason", 0, LAST_REASON) << 32 | device & 0xFFFF;
        high |= (permissions & GenericFault.PERM_WRITE) == 0 ? 1L << 62 : 0;
        high |= (permissions & GenericFault.PERM_EXEC) != 0 ? 1L << 30 : 0;
        high |= (permissions & GenericFault.PERM_PRIV) != 0 ? 1L << 29 : 0;
        if (pasid != FaultSink.NO_PASID) {
            high |= 1L << 31 | (long) pasid << 40;
        }
        return new long[]{ number("iova") & ~0xFFFL, high, 0, 0 };
    }

    private long[] genericWords(final int reason, final int pasid) {
        int flags = pasid == FaultSink.NO_PASID ? 0 : GenericFault.FLAG_PASID_VALID;
        flags |= fields.containsKey("iova") ? GenericFault.FLAG_ADDR_VALID : 0;
        flags |= fields.containsKey("fetch") ? GenericFault.FLAG_FETCH_ADDR_VALID : 0;
        return new long[]{ reason | (long) flags << 32, permissions(), number("iova"), number("fetch") };
    }

    /** What the answer will name: a stalled transaction is answered by its tag. */
    private int group() {
        return flag("stall") ? (int) number("stag", 0, LAST_TAG) : FaultDraft.NO_ANSWER;
    }

    private int permissions() {
        return EndpointCommands.permissions(words.command(), fields.getOrDefault("perm", ""));
    }

    private boolean flag(final String name) {
        return switch (fields.getOrDefault(name, "0")) {
            case "1", "on", "true", "yes" -> true;
            case "0", "off", "false", "no" -> false;
            default -> throw new Refusal(words.command() + ": " + name + " must be 0 or 1, not '"
                    + Words.shown(fields.get(name)) + "'");
        };
    }

    private long number(final String name) {
        return fields.containsKey(name) ? words.number(name, fields.get(name)) : 0;
    }

    private long number(final String name, final long min, final long max) {
        return words.bounded(name, number(name), min, max);
    }
}
