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

package io.viommu.vmm.realguest;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.LongStream;

import io.viommu.bridge.log.LogFault;
import io.viommu.bridge.log.RawWords;
import io.viommu.smmu.SmmuEventText;
import io.viommu.vtd.fault.VtdFaultText;

/** Boots a guest, replays the faults of logs into it, and looks for each on the guest's console. */
public final class GuestReplay {

    private static final String DELIVERED = "OK delivered=1";
    private static final String SMMU = Integer.toHexString(Firmware.SMMU_BASE) + ".iommu";
    /** Linux prints ten messages in five seconds; a DMAR fault takes three of them. */
    private static final int SMMU_EVENTS_AT_ONCE = 10;
    private static final int DMAR_FAULTS_AT_ONCE = 3;

    /**
     * A fault and where it comes from.
     *
     * @param place file and line, for people.
     * @param fault a whole one.
     */
    public record Found(String place, LogFault fault) {
    }

    private final GuestFiles files = GuestFiles.inCache();
    private final GuestKind kind;
    private final String series;
    private final Consumer<String> screen;
    private final Consumer<String> news;

    /**
     * Prepares for a guest; nothing runs yet.
     *
     * @param architecture the faults' one: an arm64 guest takes those of an SMMUv3, an x86_64 guest those of VT-d.
     * @param screen       is shown each line of the guest's console; any thread.
     * @param news         takes a sentence for whatever else happens.
     */
    public GuestReplay(final LogFault.Architecture architecture, final Consumer<String> screen,
            final Consumer<String> news) {
        final boolean arm = architecture == LogFault.Architecture.SMMUV3;
        this.kind = arm ? GuestKind.ARM64_MSI : GuestKind.X86_LEGACY;
        this.series = arm ? "7" : "";
        this.screen = screen;
        this.news = news;
    }

    /**
     * What has to be fetched before.
     *
     * @return the missing files, none if all is there.
     */
    public List<Path> missing() {
        return files.missing(kind, series);
    }

    /**
     * Has what is missing fetched, which takes minutes.
     *
     * @param program {@code config/real-guest/set-up}.
     * @return whether all is there now; if not, the program has said why.
     * @throws IOException if it can't be run.
     */
    public boolean fetch(final Path program) throws IOException {
        news.accept("fetching QEMU and a kernel for " + kind.architecture() + " into " + files.folder()
                + ", once; that takes minutes");
        final Process process = new ProcessBuilder(program.toString(), kind.architecture()).inheritIO().start();
        Runtime.getRuntime().addShutdownHook(new Thread(process::destroy));
        try {
            process.waitFor();
        } catch (final InterruptedException stop) {
            Thread.currentThread().interrupt();
        }
        return missing().isEmpty();
    }

    /**
     * Boots the guest, replays, and ends the guest.
     *
     * @param faults whole ones of the right architecture.
     * @return whether at least one was for the guest, and the guest printed all that were.
     * @throws IOException           if QEMU or its sockets fail.
     * @throws IllegalStateException if the guest doesn't boot.
     */
    public boolean play(final List<Found> faults) throws IOException {
        news.accept("booting " + files.kernel(kind, series) + " with " + kind.model() + " as its IOMMU");
        final Map<String, String> properties = kind.arm() ? Map.of() : Map.of("intremap", "off");
        try (RealGuest guest = new RealGuest(new GuestBoot(files, kind, series), properties, screen)) {
            int delivered = 0;
            int printed = 0;
            for (final Found found : faults) {
                final int mark = guest.console().mark();
                final String answer = guest.door(line(found.fault()));
                if (!answer.equals(DELIVERED)) {
                    news.accept(found.place() + ": not for a guest: " + answer);
                    continue;
                }
                printed += printed(guest.console(), mark, found) ? 1 : 0;
                if (++delivered % (kind.arm() ? SMMU_EVENTS_AT_ONCE : DMAR_FAULTS_AT_ONCE) == 0) {
                    guest.console().letLimitPass();
                }
            }
            news.accept("the guest printed " + printed + " of " + delivered + " faults");
            return delivered > 0 && printed == delivered;
        }
    }

    /** The line for the door that injects a fault as it was reported. */
    private static String line(final LogFault fault) {
        final RawWords words = fault.words();
        final long device = fault.architecture() == LogFault.Architecture.SMMUV3
                ? words.get(0) >>> Integer.SIZE
                : words.get(1) & 0xFFFF;
        return "fault sid=" + device + " as-reported=1 words="
                + LongStream.range(0, words.count()).map(i -> words.get((int) i)).mapToObj("0x%x"::formatted)
                        .collect(Collectors.joining(","));
    }

    private boolean printed(final GuestConsole console, final int mark, final Found found) {
        try {
            console.awaitKernel(mark, expected(found.fault()));
            return true;
        } catch (final IllegalStateException silent) {
            news.accept(found.place() + ": " + silent.getMessage());
            return false;
        }
    }

    /** What the guest's kernel has to print. */
    private List<String> expected(final LogFault fault) {
        final RawWords words = fault.words();
        if (!kind.arm()) {
            return List.of(VtdFaultText.linuxLine(words.get(0), words.get(1)));
        }
        final boolean endpoint = words.get(0) >>> Integer.SIZE == kind.requester();
        return new SmmuEventText(words.get(0), words.get(1), words.get(2), words.get(3)).linux(SMMU,
                endpoint ? "0000:00:" + kind.endpointSlot() : null);
    }
}
