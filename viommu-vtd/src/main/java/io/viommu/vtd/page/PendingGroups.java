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

package io.viommu.vtd.page;

import java.util.concurrent.atomic.AtomicLongArray;

import io.viommu.fault.PageResponder;

/**
 * The page groups that the guest has to answer, and to whom the answer goes: (requester, PASID or none, group) to
 * (source, cookie). One injector adds, vCPU threads take out; whoever takes a group out answers it, so none is answered
 * twice.
 *
 * <p>Each group may stand in one of a few places behind its hash, so nothing is ever moved and nothing locks. If all of
 * them are taken, the guest has too many groups open and the next one is turned away as by a full queue.
 */
final class PendingGroups {

    private static final int PLACES = 8192;
    private static final int WINDOW = 16;
    private static final int WORDS = 3;
    private static final long USED = 1L << 63;
    private static final long GROUP = 0x1FF;
    private static final PageResponder NOBODY = (_, _, _) -> {
    };
    /** Stands at a place that somebody is just taking out. */
    private static final long CLAIMED = 1;

    /** Per place: key (0 if free), cookie, source. The key is written last and taken first. */
    private final AtomicLongArray table = new AtomicLongArray(PLACES * WORDS);

    /** Adds a group; false if there is no place. Injector only. */
    boolean add(final long key, final int source, final long cookie) {
        final int home = home(key);
        for (int i = 0; i < WINDOW; i++) {
            final int at = place(home + i);
            if (table.get(at) == 0) {
                table.setPlain(at + 1, cookie);
                table.setPlain(at + 2, source);
                table.setRelease(at, key);
                return true;
            }
        }
        return false;
    }

    /** Takes a group out and answers it; false if it is not there. */
    boolean answer(final long key, final PageResponder responder, final int code) {
        final int home = home(key);
        for (int i = 0; i < WINDOW; i++) {
            final int at = place(home + i);
            if (table.get(at) == key && answerAt(at, key, responder, code)) {
                return true;
            }
        }
        return false;
    }

    /** Takes all groups out and answers them. */
    void answerAll(final PageResponder responder, final int code) {
        for (int at = 0; at < PLACES * WORDS; at += WORDS) {
            final long key = table.get(at);
            if (key < 0) {
                answerAt(at, key, responder, code);
            }
        }
    }

    /** Takes all groups of a PASID out without an answer. */
    void forget(final int requesterId, final int pasid) {
        final long space = key(requesterId, pasid, 0);
        for (int at = 0; at < PLACES * WORDS; at += WORDS) {
            final long key = table.get(at);
            if ((key & ~GROUP) == space) {
                answerAt(at, key, NOBODY, PageResponder.INVALID);
            }
        }
    }

    private boolean answerAt(final int at, final long key, final PageResponder responder, final int code) {
        if (!table.compareAndSet(at, key, CLAIMED)) {
            return false;
        }
        final long cookie = table.get(at + 1);
        final int source = (int) table.get(at + 2);
        table.setRelease(at, 0);
        responder.respond(source, cookie, code);
        return true;
    }

    /** One word for (requester, PASID or none, group); never 0. */
    static long key(final int requesterId, final int pasid, final int group) {
        final long space = pasid < 0 ? 0 : 1L << 20 | pasid & 0xF_FFFF;
        return USED | space << 25 | (long) (requesterId & 0xFFFF) << 9 | group & 0x1FF;
    }

    private static int home(final long key) {
        return (int) (key * 0x9E37_79B9_7F4A_7C15L >>> 32);
    }

    private static int place(final int index) {
        return (index & PLACES - 1) * WORDS;
    }
}
