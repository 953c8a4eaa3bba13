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

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import org.junit.jupiter.api.Test;

/** The pages that say what is there name tests: each of them exists. */
class ConformancePageTest {

    private static final Path ROOT = Path.of("..");
    private static final Pattern NAMED = Pattern.compile("`(\\w+(?:Test|Fuzz|Stress|IT))(?:\\.(\\w+))?`");

    private static List<Path> files(final Path folder, final String ending) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            return files.filter(file -> file.toString().endsWith(ending)).sorted().toList();
        }
    }

    /** The source of every test class, by its name; of those of one name in two modules, both. */
    private static Map<String, String> tests() throws IOException {
        final Map<String, String> sources = new TreeMap<>();
        try (Stream<Path> modules = Files.list(ROOT)) {
            for (final Path module : modules.filter(folder -> Files.isDirectory(folder.resolve("src/test/java")))
                    .toList()) {
                for (final Path file : files(module.resolve("src/test/java"), ".java")) {
                    sources.merge(file.getFileName().toString().replace(".java", ""), Files.readString(file),
                            String::concat);
                }
            }
        }
        return sources;
    }

    @Test
    void everyTestThatAPageNamesExists() throws IOException {
        final Map<String, String> tests = tests();
        int named = 0;
        for (final Path page : files(ROOT.resolve("docs"), ".md")) {
            if (!page.getFileName().toString().startsWith("conformance-")) {
                continue;
            }
            final Matcher matcher = NAMED.matcher(Files.readString(page));
            while (matcher.find()) {
                named++;
                assertThat(tests).as(page.toString()).containsKey(matcher.group(1));
                if (matcher.group(2) != null) {
                    assertThat(tests.get(matcher.group(1)).contains("void " + matcher.group(2) + "("))
                            .as(matcher.group()).isTrue();
                }
            }
        }
        assertThat(named).isGreaterThan(100);
    }

    @Test
    void everyRowOfATableHasItsColumnsAndATest() throws IOException {
        for (final String line : Files.readAllLines(ROOT.resolve("docs/conformance-smmuv3.md"))) {
            if (line.startsWith("| ") && !line.startsWith("| ---") && !line.startsWith("| feature")) {
                assertThat(line.split("\\|")).as(line).hasSize(5);
                assertThat(NAMED.matcher(line).find()).as(line).isTrue();
            }
        }
    }
}
