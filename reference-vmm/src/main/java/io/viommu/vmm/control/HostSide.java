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

package io.viommu.vmm.control;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;

import io.viommu.fault.PageResponder;
import io.viommu.iommu.HostIommu;

/** Stands for the hardware below the model: keeps the answers that the guest gives to recoverable faults. */
final class HostSide implements HostIommu {

    private static final int MOST = 4096;
    private static final int GROUP_BITS = 16;
    /** Sets cookies apart from 0, which means that nobody waits for an answer. */
    private static final long MARK = 1L << 62;

    private final ArrayDeque<String> answers = new ArrayDeque<>();

    static long cookie(final int device, final int group) {
        return MARK | (device & 0xFFFF_FFFFL) << GROUP_BITS | group & 0xFFFF;
    }

    @Override
    public synchronized void respond(final int source, final long cookie, final int code) {
        if (answers.size() == MOST) {
            answers.removeFirst(); // a guest may answer for ever, and nobody need ask
        }
        final long device = (cookie & ~MARK) >>> GROUP_BITS;
        answers.add("0x%x/0x%x=%s".formatted(device, cookie & 0xFFFF, word(code)));
    }

    private static String word(final int code) {
        return switch (code) {
            case PageResponder.SUCCESS -> "success";
            case PageResponder.INVALID -> "invalid";
            default -> "failure";
        };
    }

    /** The answers since the last call: device, group or stall tag, and the word. */
    synchronized List<String> take() {
        final List<String> taken = new ArrayList<>(answers);
        answers.clear();
        return taken;
    }
}
