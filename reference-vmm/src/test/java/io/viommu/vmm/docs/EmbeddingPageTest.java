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

package io.viommu.vmm.docs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.StringWriter;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import javax.tools.JavaCompiler;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import io.viommu.iommu.IommuModels;
import io.viommu.iommu.IommuPlatform;
import io.viommu.interrupt.InterruptSink;
import io.viommu.memory.GuestRam;

/** The program in docs/embedding.md is compiled and run as it stands there, and prints what the page says. */
class EmbeddingPageTest {

    private static final Path PAGE = Path.of("..", "docs", "embedding.md");
    private static final Pattern JAVA = Pattern.compile("```java\n(.*?)```", Pattern.DOTALL);
    private static final Pattern OUTPUT = Pattern.compile("It prints\n\n```\n(.*?)```", Pattern.DOTALL);

    @TempDir
    private Path folder;

    private static String block(final Pattern pattern) throws IOException {
        final Matcher matcher = pattern.matcher(Files.readString(PAGE));
        assertThat(matcher.find()).isTrue();
        return matcher.group(1);
    }

    private void compile(final Path source) throws IOException {
        final JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        final StringWriter messages = new StringWriter();
        try (StandardJavaFileManager files = compiler.getStandardFileManager(null, null, null)) {
            final boolean compiled = compiler.getTask(messages, files, null,
                    List.of("-d", folder.toString(), "-cp", System.getProperty("java.class.path"), "-proc:none"), null,
                    files.getJavaFileObjects(source)).call();
            assertThat(compiled).as(messages.toString()).isTrue();
        }
    }

    @Test
    @Timeout(60)
    void theProgramOfThePageRunsAndPrintsWhatThePageSays() throws Exception {
        compile(Files.writeString(folder.resolve("TinyVmm.java"), block(JAVA)));
        final ByteArrayOutputStream printed = new ByteArrayOutputStream();
        final PrintStream console = System.out;
        try (URLClassLoader loader = new URLClassLoader(new URL[]{ folder.toUri().toURL() })) {
            System.setOut(new PrintStream(printed, true, StandardCharsets.UTF_8));
            loader.loadClass("TinyVmm").getMethod("main", String[].class).invoke(null, (Object) new String[0]);
        } finally {
            System.setOut(console);
        }
        assertThat(printed.toString(StandardCharsets.UTF_8)).isEqualTo(block(OUTPUT));
    }

    @Test
    void theProgramIsAboutSixtyLines() throws IOException {
        final long lines = block(JAVA).lines().filter(line -> !line.isBlank() && !line.startsWith("import")).count();
        assertThat(lines).isLessThanOrEqualTo(60);
    }

    @Test
    void wrongNamesAreAnsweredWithTheListOfRightOnes() {
        final IommuPlatform platform = new IommuPlatform(new GuestRam(), new InterruptSink() {
            @Override
            public boolean message(final long address, final int data) {
                return true;
            }

            @Override
            public void line(final int line, final boolean level) {
                // nobody listens
            }
        });
        assertThatThrownBy(() -> IommuModels.create("smmuv4", Map.of(), platform))
                .hasMessage("there is no vIOMMU model 'smmuv4'; there are: intel-iommu, smmuv3");
        assertThatThrownBy(() -> IommuModels.create("smmuv3", Map.of("stages", "1"), platform))
                .hasMessageStartingWith("smmuv3 has no property 'stages'; it takes: ").hasMessageContaining("stage");
        assertThatThrownBy(() -> IommuModels.create("intel-iommu", Map.of("aw-bits", "40"), platform))
                .hasMessageContaining("aw-bits must be");
    }
}
