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

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import io.viommu.vmm.vfiouser.VfioUserEndpoint;

/** A booted guest with what the scenarios ask of it. */
final class Booted implements AutoCloseable {

    private final RealGuest guest;

    Booted(final GuestKind kind, final String series, final Map<String, String> properties) throws Exception {
        this(new GuestBoot(GuestFiles.inCache(), kind, series), properties);
    }

    Booted(final GuestBoot boot, final Map<String, String> properties) throws Exception {
        assertThat(boot.files().missing(boot.kind(), boot.series()))
                .as("what config/real-guest/set-up has not fetched").isEmpty();
        guest = new RealGuest(boot, properties,
                List.of(VfioUserEndpoint.Kind.values()), null, line -> {
                });
    }

    GuestConsole console() {
        return guest.console();
    }

    /** Reboots it; the place on its console where it began anew. */
    int reboot() throws Exception {
        final int mark = guest.console().mark();
        guest.reboot();
        return mark;
    }

    /** Runs a line in the guest. */
    List<String> run(final String command) {
        return guest.console().run(command);
    }

    /** Runs a line in the guest that prints one line. */
    String ask(final String command) {
        return String.join("\n", run(command));
    }

    /** Carries out a line at the door; the answer without OK. */
    String door(final String line) {
        final String answer = guest.door(line);
        if (!answer.startsWith("OK ")) {
            throw new IllegalStateException(line + ": " + answer);
        }
        return answer.substring(3);
    }

    /** All that the guest's kernel has printed from a place on, times left out. */
    List<String> kernel(final int mark) {
        return console().kernel(mark);
    }

    String await(final int mark, final String words) {
        return await(mark, line -> line.contains(words), words);
    }

    String await(final int mark, final Predicate<String> wanted, final String what) {
        return console().await(mark, wanted, what).replaceFirst("\\[ *\\d+\\.\\d+\\] ", "");
    }

    /** Lets the kernel's limit of ten messages in five seconds pass. */
    void letLimitPass() {
        console().letLimitPass();
    }

    /** An interrupt handler that has printed may find the next fault too; the shell comes after it. */
    void letHandlerEnd() {
        run("true");
    }

    /** Has a device share no group of the guest's IOMMU with others; its group's type. */
    String groupOf(final String device) {
        final String group = ask("readlink -f /sys/bus/pci/devices/" + device + "/iommu_group");
        assertThat(group).startsWith("/sys/kernel/iommu_groups/");
        assertThat(ask("ls " + group + "/devices")).isEqualTo(device);
        return ask("cat " + group + "/type");
    }

    /**
     * Has the console write to a page that its driver mapped for it to read, which the model must abort.
     *
     * @return the address.
     */
    long trespass() {
        run("echo good morning > /dev/hvc0");
        assertThat(door("heard")).as("read through the driver's mapping").endsWith(" good morning");
        door("trespass");
        run("echo hands off > /dev/hvc0");
        final String heard = door("heard");
        assertThat(heard).matches("0x[0-9a-f]+ write-aborted hands off");
        run("echo good night > /dev/hvc0");
        assertThat(door("heard")).as("it goes on").endsWith(" good night");
        return address(heard);
    }

    /** Has the entropy device write where nobody mapped anything, which the model must abort. */
    long writeToUnmapped(final long address) {
        assertThat(door("dma write 0x%x".formatted(address))).isEqualTo("aborted 0x%x".formatted(address));
        return address;
    }

    /** Has the guest take its entropy driver away and the device go on writing; the address. */
    long useAfterUnmap() {
        run("rmmod virtio_rng");
        final String moved = door("dma write last");
        assertThat(moved).startsWith("aborted 0x");
        return address(moved.substring("aborted ".length()));
    }

    private static long address(final String text) {
        return Long.parseUnsignedLong(text.split(" ")[0].substring(2), 16);
    }

    /** Has the guest read bytes that the entropy device must have written, and gives them. */
    String bytesOfTheEndpoint() {
        final String bytes = ask("dd if=/dev/hwrng bs=16 count=1 2>/dev/null | xxd -p");
        final SplittableRandom stream = new SplittableRandom(0x5EED);
        final byte[] all = new byte[4096];
        for (int i = 0; i < all.length; i++) {
            all[i] = (byte) stream.nextInt();
        }
        assertThat(bytes).hasSize(32);
        assertThat(HexFormat.of().formatHex(all)).as("what the endpoint wrote").contains(bytes);
        return bytes;
    }

    /** How injected faults ended, by the names of the answer. */
    static Map<String, Long> counts(final String answer) {
        final Map<String, Long> counts = new HashMap<>();
        for (final String part : answer.split(" ")) {
            counts.put(part.substring(0, part.indexOf('=')), Long.parseLong(part.substring(part.indexOf('=') + 1)));
        }
        return counts;
    }

    /** The messages that the guest's limit left out since a place, in how many turns. */
    List<Long> suppressed(final int mark, final String function) {
        final Pattern words = Pattern.compile(function + ": (\\d+) callbacks suppressed");
        return kernel(mark).stream().map(words::matcher).filter(Matcher::find)
                .map(found -> Long.parseLong(found.group(1))).toList();
    }

    /** The count of an interrupt on the guest's only CPU. */
    long interrupts(final String name) {
        final String line = ask("grep '" + name + "$' /proc/interrupts").strip();
        return Long.parseLong(line.split("\\s+")[1]);
    }

    @Override
    public void close() {
        guest.close();
    }
}
