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

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.LongFunction;

import org.junit.jupiter.api.Test;

/** A log of any length takes the same memory. */
class LogMemoryTest {
    private static final long LENGTH = 100L << 20;

    /** Lines without end, up to a length. */
    private static final class Generated extends InputStream {
        private final LongFunction<String> lines;
        private byte[] line = new byte[0];
        private int position;
        private long number;
        private long length;

        Generated(final LongFunction<String> lines) {
            this.lines = lines;
        }

        @Override
        public int read() {
            throw new UnsupportedOperationException();
        }

        @Override
        public int read(final byte[] bytes, final int offset, final int count) {
            if (length >= LENGTH) {
                return -1;
            }
            if (position == line.length) {
                line = (lines.apply(number++) + "\n").getBytes(StandardCharsets.ISO_8859_1);
                position = 0;
            }
            final int part = Math.min(count, line.length - position);
            System.arraycopy(line, position, bytes, offset, part);
            position += part;
            length += part;
            return part;
        }

        @Override
        public int available() {
            return 1;
        }
    }

    /** Run in a virtual machine of its own. */
    static final class Child {
        private Child() {
        }

        public static void main(final String[] arguments) throws IOException {
            final long[] faults = new long[1];
            final LongFunction<String> lines = switch (arguments[0]) {
                case "whole" -> LogMemoryTest::whole;
                case "open" -> LogMemoryTest::open;
                default -> throw new IllegalArgumentException(arguments[0]);
            };
            final LogStatistics seen = KernelLogParser.parse(new Generated(lines), fault -> faults[0]++);
            System.out.println(seen.lines() + " " + faults[0] + " " + seen.rejected());
        }
    }

    private static String whole(final long number) {
        final String stamp = String.valueOf(number + 1_000_000_000_000L);
        final String prefix = "[" + stamp.substring(1, 7) + "." + stamp.substring(7) + "] arm-smmu-v3 a.auto: ";
        return prefix + (number % 5 == 0
                ? "event 0x10 received:"
                : number % 5 == 1 ? "\t0x0000310200000010" : "\t0x0000000000000000");
    }

    /** Records that are begun and never ended, of as many hosts and SMMUs as there are lines. */
    private static String open(final long number) {
        return "Nov 01 10:00:00 node" + number + " kernel: arm-smmu-v3 smmu" + number + ".auto: event 0x10 received:";
    }

    private static String run(final String what) throws Exception {
        final Process process = new ProcessBuilder(
                List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-Xmx24m",
                        "-XX:+UseSerialGC",
                        "-cp", System.getProperty("java.class.path"), Child.class.getName(), what))
                .redirectErrorStream(true).start();
        final String printed = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
        assertThat(process.waitFor(5, TimeUnit.MINUTES)).isTrue();
        assertThat(process.exitValue()).as(printed).isZero();
        return printed;
    }

    @Test
    void hundredMegabytesOfEventsAreReadInTwentyFour() throws Exception {
        final String[] counts = run("whole").split(" ");
        final long lines = Long.parseLong(counts[0]);
        assertThat(lines).isGreaterThan(1_500_000);
        assertThat(Long.parseLong(counts[1])).isBetween(lines / 5, lines / 5 + 1);
        assertThat(Long.parseLong(counts[2])).isBetween(0L, 1L);
    }

    @Test
    void hundredMegabytesOfBeginningsAreReadInTwentyFour() throws Exception {
        final String[] counts = run("open").split(" ");
        assertThat(counts[1]).as("every beginning is reported").isEqualTo(counts[0]).isEqualTo(counts[2]);
    }
}
