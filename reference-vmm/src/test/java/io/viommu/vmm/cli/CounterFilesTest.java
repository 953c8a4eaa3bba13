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

package io.viommu.vmm.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.stream.Stream;

import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import io.viommu.counters.CounterFile;

class CounterFilesTest {

    private static final String PID = Long.toString(ProcessHandle.current().pid());
    /** No process ever has it: the kernel's limit is 4194304. */
    private static final String NOBODY = "999999999.counters";

    @TempDir
    private Path temporary;

    private CounterFiles files() {
        return new CounterFiles(temporary, "viommu-user");
    }

    private Path usual() {
        return temporary.resolve("viommu-user");
    }

    private List<String> names() throws IOException {
        try (Stream<Path> all = Files.walk(temporary)) {
            return all.filter(path -> !path.equals(temporary)).map(path -> temporary.relativize(path).toString())
                    .sorted().toList();
        }
    }

    @Test
    void theFolderIsForItsUserAlone() throws IOException {
        try (CounterFiles.Lease lease = files().forThisProcess(); CounterFile made = lease.open(System.err)) {
            made.publish();
            assertThat(lease.path()).isEqualTo(usual().resolve(PID + ".counters"));
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(usual()))).isEqualTo("rwx------");
            assertThat(files().newest()).contains(lease.path());
        }
        assertThat(names()).containsExactly("viommu-user");
    }

    @Test
    void aLinkOfThatNameIsNotFollowedAndNothingBehindItIsTouched() throws IOException {
        final Path victim = Files.createDirectory(temporary.resolve("victim"));
        Files.writeString(victim.resolve(PID + ".counters"), "precious");
        Files.writeString(victim.resolve(NOBODY), "precious");
        Files.createSymbolicLink(usual(), victim);
        aPrivateFolderIsUsed();
        assertThat(Files.readString(victim.resolve(PID + ".counters"))).isEqualTo("precious");
        assertThat(Files.readString(victim.resolve(NOBODY))).isEqualTo("precious");
        assertThat(Files.isSymbolicLink(usual())).isTrue();
    }

    @Test
    void aFileOfThatNameOrAFolderOpenToOthersIsNotUsed() throws IOException {
        Files.writeString(usual(), "a file");
        aPrivateFolderIsUsed();
        Files.delete(usual());
        Files.createDirectory(usual());
        Files.writeString(usual().resolve(NOBODY), "another's");
        for (final String open : List.of("rwxrwxrwx", "rwxr-x---", "rwx----w-")) {
            Files.setPosixFilePermissions(usual(), PosixFilePermissions.fromString(open));
            aPrivateFolderIsUsed();
        }
        assertThat(usual().resolve(NOBODY)).exists();
    }

    @Test
    void aFolderOfAnotherUserIsNotUsed() throws IOException {
        Files.createDirectory(usual(),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        try {
            Files.setAttribute(usual(), "unix:uid", 12345, LinkOption.NOFOLLOW_LINKS);
        } catch (final IOException notRoot) {
            Assumptions.abort("only root can give a folder away");
        }
        aPrivateFolderIsUsed();
    }

    private void aPrivateFolderIsUsed() throws IOException {
        final List<String> before = names();
        try (CounterFiles.Lease lease = files().forThisProcess(); CounterFile made = lease.open(System.err)) {
            made.publish();
            assertThat(lease.path().getParent().getParent()).isEqualTo(temporary);
            assertThat(lease.path().getParent().getFileName().toString()).startsWith("viommu-user.private-");
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(lease.path().getParent())))
                    .isEqualTo("rwx------");
            assertThat(files().newest()).as("stat finds it").contains(lease.path());
        }
        assertThat(names()).isEqualTo(before);
    }

    @Test
    void whatKilledProcessesLeftGoesWhenTheNextOneStarts() throws IOException {
        files().forThisProcess().close();
        Files.writeString(usual().resolve(NOBODY), "old");
        Files.writeString(usual().resolve("notes"), "not ours to delete");
        files().forThisProcess().close();
        assertThat(names()).containsExactly("viommu-user", "viommu-user/notes");
    }

    @Test
    void withoutATemporaryFolderTheCountersAreKeptToTheProcess() {
        final CounterFiles nowhere = new CounterFiles(temporary.resolve("none"), "viommu-user");
        final ByteArrayOutputStream said = new ByteArrayOutputStream();
        try (CounterFiles.Lease lease = nowhere.forThisProcess();
                CounterFile made = lease.open(new PrintStream(said, true, StandardCharsets.UTF_8))) {
            made.add("faults").set(1);
            assertThat(lease.path()).isNull();
            assertThat(nowhere.newest()).isEmpty();
        }
        assertThat(said.toString(StandardCharsets.UTF_8)).isEmpty();
    }
}
