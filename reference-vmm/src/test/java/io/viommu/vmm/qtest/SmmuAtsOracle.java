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

import java.util.Map;

/**
 * How an SMMUv3 answers an ATS translation request without PASID, written down a second time like {@link SmmuOracle}:
 * IHI 0070, 3.9.1.2, 13.6.3 to 13.6.5, 13.7.1.
 */
final class SmmuAtsOracle extends SmmuOracle {

    private final boolean checked;
    private final int reads;

    /** {@code checked}: CR0.ATSCHK. */
    SmmuAtsOracle(final boolean checked, final Map<Long, Long> memory, final Structure entry) {
        super(true, memory, entry);
        this.checked = checked;
        this.reads = override(114, false) ? EXECUTE : READ;
    }

    /** Answers as {@link SmmuBoard#ats} does, without the address where nothing is granted. */
    String request(final long address, final boolean forWriting) {
        final int config = (int) ste(1, 3);
        privileged = override(112, false);
        if (ste(0, 1) == 0 || config >= 4 && illegalEntry(config)) {
            return "fault abort";
        }
        final long ats = config < 4 || (config & 3) == 0 ? 0 : ste(92, 2);
        if (ats == 0 || ats == 3 || ats == 2 && !checked) {
            event = config < 4
                    ? null
                    : SmmuBoard.event(5, 1 | 1L << 31 | (forWriting ? 1L << 30 : 0), address & ~0xFFFL, 0);
            return "fault unsupported";
        }
        try {
            return grant(config, address, forWriting);
        } catch (final Fault fault) {
            return fault.type < 0x10 ? "fault abort" : "none";
        }
    }

    private String grant(final int config, final long address, final boolean forWriting) throws Fault {
        long[] found = ask(config, address, forWriting);
        if (forWriting && (rights & WRITE) == 0) {
            found = writeInstead(config, address, found);
        }
        final boolean nothingTranslates = (config & 2) == 0 && found[2] == address && ste(64, 2) == 1
                && ste(59, 5) != 0;
        final boolean readable = (rights & reads) != 0;
        final boolean writable = (rights & WRITE) != 0 && (forWriting || nothingTranslates);
        if (!readable && !writable) {
            return "none";
        }
        final long to = ste(92, 2) == 2 ? found[2] : found[1];
        final long left = (1L << found[0]) - (address & (1L << found[0]) - 1);
        long size = 0x1000; // the door shows the smallest region that ends where the translation does
        while ((address & size - 1) + left != size) {
            size <<= 1;
        }
        return "0x" + Long.toHexString(to & -size) + " 0x" + Long.toHexString(size) + ' ' + (readable ? "r" : "")
                + (writable ? "w" : "");
    }

    /** Span, output and intermediate address; what is allowed is left in {@link #rights}. */
    private long[] ask(final int config, final long address, final boolean forWriting) throws Fault {
        asking = true;
        write = false;
        final long intermediate = intermediate(config, address);
        final boolean goesOn = (rights & (forWriting ? reads | WRITE : reads)) != 0;
        final long output = goesOn ? output(config, intermediate) : 0;
        return new long[]{ span, output, intermediate };
    }

    /** A write is coming: what is clean becomes dirty now, where a write is allowed at all. */
    private long[] writeInstead(final int config, final long address, final long[] found) throws Fault {
        final int before = rights;
        try {
            asking = false;
            write = true;
            output(config, intermediate(config, address));
        } catch (final Fault fault) {
            rights = before;
            return found;
        }
        return ask(config, address, true);
    }
}
