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

import java.util.List;
import java.util.Map;
import java.util.function.Predicate;

/** A booted guest with what the scenarios ask of it. */
final class Booted implements AutoCloseable {

    private static final long LINUX_PRINTS_TEN_IN_MILLIS = 5_500;

    private final RealGuest guest;

    Booted(final GuestKind kind, final String series, final Map<String, String> properties) throws Exception {
        final GuestFiles files = GuestFiles.inCache();
        assertThat(files.missing(kind, series)).as("what config/real-guest/set-up has not fetched").isEmpty();
        guest = new RealGuest(files, kind, series, properties, line -> {
        });
    }

    GuestConsole console() {
        return guest.console();
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
        return console().since(mark).stream().filter(line -> line.matches("\\[ *\\d+\\.\\d+\\].*"))
                .map(line -> line.replaceFirst("\\[ *\\d+\\.\\d+\\] ", "")).toList();
    }

    String await(final int mark, final String words) {
        return await(mark, line -> line.contains(words), words);
    }

    String await(final int mark, final Predicate<String> wanted, final String what) {
        return console().await(mark, wanted, what).replaceFirst("\\[ *\\d+\\.\\d+\\] ", "");
    }

    /** Lets the kernel's limit of ten messages in five seconds pass. */
    static void letLimitPass() throws InterruptedException {
        Thread.sleep(LINUX_PRINTS_TEN_IN_MILLIS);
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
