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
package io.viommu.bridge.log;

import java.util.OptionalInt;
import java.util.OptionalLong;

/**
 * The fields of an SMMUv3 event record that the kernel's decoded lines print (IHI 0070 section 7.3).
 *
 * <pre>
 *          63                    32 31         12 11  10  8 7      0
 *  word 0 |       StreamID         | SubstreamID |SSV| rsvd |  id   |
 *
 *          63     45  44   43 42 41 40 39 38  36 35  34  33 32  31   30 16 15   0
 *  word 1 |         |TTRnW|     |CLASS|S2|      |RnW|InD|PnU|  |Stall|    | STAG  |
 *
 *  word 2 | input address                                                  |
 *  word 3 | IPA 55:12, or the address of the failed fetch 55:3             |
 * </pre>
 */
final class SmmuEventWords {
    static final int COUNT = 4;
    static final long MAX_STREAM_ID = 0xffff_ffffL;
    static final long MAX_SUBSTREAM_ID = 0xf_ffffL;
    static final long MAX_STAG = 0xffffL;

    static final long STALL = 1L << 31;
    static final long PNU = 1L << 33;
    static final long IND = 1L << 34;
    static final long RNW = 1L << 35;
    static final long S2 = 1L << 39;
    static final int CLASS_SHIFT = 40;
    static final long TTRNW = 1L << 44;

    private static final int ID_MASK = 0xff;
    private static final long SSV = 1L << 11;
    private static final int SUBSTREAM_ID_SHIFT = 12;
    private static final long SUBSTREAM_ID = MAX_SUBSTREAM_ID << SUBSTREAM_ID_SHIFT;
    private static final int STREAM_ID_SHIFT = 32;

    private SmmuEventWords() {
    }

    /**
     * SSV follows from the SubstreamID: the kernel prints 0 both for "not valid" and for SubstreamID 0. What a type
     * doesn't have stays 0: F_STREAM_DISABLED and F_TRANSL_FORBIDDEN have neither, C_BAD_SUBSTREAMID has no SSV.
     */
    static long word0(final int id, final long streamId, final long substreamId) {
        final long substream = substreamId != 0 ? SSV | substreamId << SUBSTREAM_ID_SHIFT : 0;
        return streamId << STREAM_ID_SHIFT | substream & substreamFields(id) | id;
    }

    private static long substreamFields(final int id) {
        return switch (SmmuEventName.byId(id)) {
            case F_STREAM_DISABLED, F_TRANSL_FORBIDDEN -> 0;
            case C_BAD_SUBSTREAMID -> SUBSTREAM_ID;
            case null, default -> SSV | SUBSTREAM_ID;
        };
    }

    static int id(final long word0) {
        return (int) word0 & ID_MASK;
    }

    static long streamId(final long word0) {
        return word0 >>> STREAM_ID_SHIFT;
    }

    /** C_BAD_SUBSTREAMID has no SSV: its SubstreamID is always valid. */
    static OptionalInt substreamId(final long word0) {
        final long fields = substreamFields(id(word0));
        final boolean valid = (word0 & SSV) != 0 || (fields & SSV) == 0;
        return fields != 0 && valid
                ? OptionalInt.of((int) (word0 >>> SUBSTREAM_ID_SHIFT & MAX_SUBSTREAM_ID))
                : OptionalInt.empty();
    }

    static LogAccess access(final long word0, final long word1) {
        final SmmuEventName name = SmmuEventName.byId(id(word0));
        if (name == null || !name.hasAccess()) {
            return LogAccess.UNKNOWN;
        }
        if ((word1 & RNW) == 0) {
            return LogAccess.WRITE;
        }
        return (word1 & IND) != 0 ? LogAccess.EXECUTE : LogAccess.READ;
    }

    /** What the words tell, as far as they were read. */
    static SmmuLogEvent event(final long line, final String device, final int headerId, final RawWords words,
            final boolean rebuilt, final String rejection) {
        final long word0 = words.count() > 0 ? words.get(0) : 0;
        return new SmmuLogEvent(line, device, OptionalInt.of(headerId), words, rebuilt,
                words.count() > 0 ? OptionalLong.of(streamId(word0)) : OptionalLong.empty(),
                words.count() > 0 ? substreamId(word0) : OptionalInt.empty(),
                words.count() > 2 ? OptionalLong.of(words.get(2)) : OptionalLong.empty(),
                words.count() > 1 ? access(word0, words.get(1)) : LogAccess.UNKNOWN, rejection);
    }
}
