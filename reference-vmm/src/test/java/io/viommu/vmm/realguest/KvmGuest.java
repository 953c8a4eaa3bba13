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

import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A Linux that {@code viommu run} has booted, in a process of its own, with a shell on its console. */
final class KvmGuest implements AutoCloseable {

    private static final Path CACHE = Path.of(System.getProperty("viommu.cache", "/nonexistent"), "real-guest");
    private static final long PATIENCE_SECONDS = 60L * Integer.getInteger("viommu.patience", 1);

    private final Path folder;
    private final Process process;
    private final GuestConsole console;

    /** Starts it with two vCPUs and a disk; {@code append} and {@code more} are for this guest alone. */
    KvmGuest(final GuestKind kind, final String series, final String append, final String... more) throws IOException {
        final GuestFiles files = new GuestFiles(CACHE);
        folder = Files.createTempDirectory("kvm-guest");
        final Path ramdisk = Files.write(folder.resolve("initrd"), files.ramdisk(kind, series));
        final List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--add-exports=java.base/jdk.internal.misc=ALL-UNNAMED",
                "--add-opens=java.base/sun.nio.ch=ALL-UNNAMED", "--add-opens=java.base/java.lang.reflect=ALL-UNNAMED",
                "--add-opens=java.base/jdk.internal.ref=ALL-UNNAMED", "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xshare:auto",
                "-XX:-UsePerfData", "-Xmx256m", "-Djava.io.tmpdir=" + System.getProperty("java.io.tmpdir"), "-cp",
                System.getProperty("java.class.path"), "io.viommu.vmm.cli.Viommu", "run", "--kernel",
                files.kernel(kind, series).toString(), "--initrd", ramdisk.toString(), "--cpus", "2", "--append",
                "console=" + kind.terminal() + " panic=-1 quiet iommu.strict=1 " + append, "--control",
                folder.resolve("control").toString()));
        command.addAll(Arrays.asList(more));
        process = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
        console = new GuestConsole(process.getInputStream(), process.getOutputStream(), line -> {
            if (Boolean.getBoolean("viommu.loud")) {
                System.out.println("L2: " + line);
            }
        });
    }

    GuestConsole console() {
        return console;
    }

    Process process() {
        return process;
    }

    String ask(final String command) {
        return String.join("\n", console.run(command));
    }

    /** Carries out a line at the control socket; the answer without OK. */
    String control(final String line) {
        final String answer;
        try (SocketChannel channel = SocketChannel.open(UnixDomainSocketAddress.of(folder.resolve("control")))) {
            channel.write(ByteBuffer.wrap((line + "\n").getBytes(StandardCharsets.UTF_8)));
            answer = new BufferedReader(Channels.newReader(channel, StandardCharsets.UTF_8)).readLine();
        } catch (final IOException gone) {
            throw new UncheckedIOException(gone);
        }
        if (!answer.startsWith("OK ")) {
            throw new IllegalStateException(line + ": " + answer);
        }
        return answer.substring(3);
    }

    /** What the kernel said while it booted, which was not on the console. */
    String booted(final String words) {
        return ask("dmesg | grep -F '" + words + "' | sed 's/^[^]]*] //'");
    }

    /** A kernel's line that contains words, without its time. */
    String await(final int mark, final String words) {
        return console.await(mark, line -> line.contains(words), words).replaceFirst("\\[ *\\d+\\.\\d+\\] ", "");
    }

    /** The interrupts of a line of /proc/interrupts, for each CPU. */
    long[] interrupts(final String name) {
        final String line = ask("grep '" + name + "' /proc/interrupts").strip();
        return Arrays.stream(line.split("\\s+")).skip(1).limit(2).mapToLong(Long::parseLong).toArray();
    }

    /** The number of an interrupt. */
    int number(final String name) {
        final Matcher number = Pattern.compile("^\\s*(\\d+):").matcher(ask("grep '" + name + "' /proc/interrupts"));
        assertThat(number.find()).as(name + " in /proc/interrupts").isTrue();
        return Integer.parseInt(number.group(1));
    }

    /** Waits for the process's end; its exit status. */
    int status() throws InterruptedException {
        assertThat(process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)).as("viommu run has ended").isTrue();
        return process.exitValue();
    }

    @Override
    public void close() {
        process.destroyForcibly();
        try {
            process.waitFor();
            try (var files = Files.list(folder)) {
                for (final Path file : files.toList()) {
                    Files.deleteIfExists(file);
                }
            }
            Files.deleteIfExists(folder);
        } catch (final IOException left) {
            // a machine's temporary folder goes with it
        } catch (final InterruptedException ending) {
            Thread.currentThread().interrupt();
        }
    }
}
