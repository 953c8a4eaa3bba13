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
package io.viommu.bridge;

import java.util.Arrays;
import java.util.function.Consumer;

import io.viommu.fault.FaultSource;

/**
 * The sources of one reader in numbered slots, and which of them are hot: may hold faults, so are polled in the next
 * sweep. Belongs to the reader's thread; grows only when a source is added.
 */
final class SourceSet {

    private FaultSource[] slots = new FaultSource[16];
    private boolean[] isHot = new boolean[16];
    private int[] hot = new int[16];
    private int[] unready = new int[16];
    private int used;
    private int hotCount;
    private int unreadyCount;

    int add(final FaultSource source) {
        final boolean polledOnly = source.readyFd() == FaultSource.NO_FD; // first: what throws here has no slot
        int slot = 0;
        while (slot < used && slots[slot] != null) {
            slot++;
        }
        if (slot == slots.length) {
            slots = Arrays.copyOf(slots, slot * 2);
            isHot = Arrays.copyOf(isHot, slot * 2);
            hot = Arrays.copyOf(hot, slot * 2);
            unready = Arrays.copyOf(unready, slot * 2);
        }
        slots[slot] = source;
        used = Math.max(used, slot + 1);
        if (polledOnly) {
            unready[unreadyCount++] = slot;
        }
        return slot;
    }

    /** The slot's place in the hot list, if it has one, is passed over by the sweep. */
    void remove(final int slot) {
        slots[slot] = null;
        for (int i = 0; i < unreadyCount; i++) {
            if (unready[i] == slot) {
                unready[i] = unready[--unreadyCount];
            }
        }
    }

    int find(final FaultSource source) {
        for (int slot = 0; slot < used; slot++) {
            if (slots[slot] == source) {
                return slot;
            }
        }
        return -1;
    }

    void forEach(final Consumer<FaultSource> each) {
        for (int slot = 0; slot < used; slot++) {
            if (slots[slot] != null) {
                each.accept(slots[slot]);
            }
        }
    }

    FaultSource get(final int slot) {
        return slot < used ? slots[slot] : null;
    }

    void mark(final int slot) {
        if (!isHot[slot]) {
            isHot[slot] = true;
            hot[hotCount++] = slot;
        }
    }

    void markAll() {
        for (int slot = 0; slot < used; slot++) {
            if (slots[slot] != null) {
                mark(slot);
            }
        }
    }

    void markUnready() {
        for (int i = 0; i < unreadyCount; i++) {
            mark(unready[i]);
        }
    }

    boolean hasUnready() {
        return unreadyCount > 0;
    }

    int hotCount() {
        return hotCount;
    }

    int hot(final int index) {
        return hot[index];
    }

    void cool(final int slot) {
        isHot[slot] = false;
    }

    /** Called in order of the sweep, so it overwrites only what the sweep has passed. */
    void keepHot(final int index, final int slot) {
        hot[index] = slot;
    }

    void endSweep(final int kept) {
        hotCount = kept;
    }
}
