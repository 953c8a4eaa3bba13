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

package io.viommu.vmm.replay;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Supplier;

import io.viommu.vmm.guest.FetchedRecord;
import io.viommu.vmm.guest.KernelLog;

/**
 * What a guest's kernel prints: its driver's own lines and those of each fault, in the order in which they would stand
 * in that guest's log. Every fault is printed, without the rate limit that a kernel has; unless all lines are wanted,
 * those of the first faults are kept and the others counted.
 *
 * <p>Belongs to the driver's thread; the lines may be taken when the guest is idle. What is kept is put in words only
 * then, so that the guest's handler isn't kept busy with it.
 */
final class GuestConsole implements KernelLog, FetchedRecord {

    private static final int KEPT_FAULTS = 3;
    private static final int KEPT_OTHER_LINES = 20;

    private final KernelText text;
    private final Consumer<String> output;
    private final List<Supplier<List<String>>> kept = new ArrayList<>();
    private FetchedRecord next;
    private long faults;
    private long otherLines;

    /**
     * Makes a console.
     *
     * @param text   how that kernel prints.
     * @param output takes every line at once; or null, to keep the first ones.
     */
    GuestConsole(final KernelText text, final Consumer<String> output) {
        this.text = text;
        this.output = output;
    }

    /** Prints nothing. */
    static GuestConsole silent() {
        return new GuestConsole(new KernelText() {
            @Override
            public String line(final String text) {
                return text;
            }

            @Override
            public List<String> fault(final long word0, final long word1, final long word2, final long word3) {
                return List.of();
            }
        }, line -> {
        });
    }

    void sendTo(final FetchedRecord listener) {
        this.next = listener;
    }

    @Override
    public void print(final String line) {
        otherLines++;
        if (output != null) {
            output.accept(text.line(line));
        } else if (otherLines <= KEPT_OTHER_LINES && faults <= KEPT_FAULTS) {
            kept.add(() -> List.of(text.line(line)));
        }
    }

    @Override
    public void fetched(final long word0, final long word1, final long word2, final long word3, final long time) {
        faults++;
        if (output != null) {
            text.fault(word0, word1, word2, word3).forEach(output);
        } else if (faults <= KEPT_FAULTS) {
            kept.add(() -> text.fault(word0, word1, word2, word3));
        }
        next.fetched(word0, word1, word2, word3, time);
    }

    /** The lines kept, and a sentence about those that were not. */
    List<String> lines() {
        final List<String> all = new ArrayList<>();
        kept.forEach(each -> all.addAll(each.get()));
        if (output == null && faults > KEPT_FAULTS) {
            all.add("... and %,d more faults; --dmesg prints them all".formatted(faults - KEPT_FAULTS));
        }
        return all;
    }
}
