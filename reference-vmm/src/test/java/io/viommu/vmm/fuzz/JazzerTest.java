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
package io.viommu.vmm.fuzz;

import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import java.io.IOException;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

import com.code_intelligence.jazzer.junit.FuzzTest;

/**
 * Something that takes any bytes. Every build replays the inputs in the folder {@code <class>Inputs/takesAnyBytes} of
 * the test resources; the profile {@code jazzer} looks for others that reach more code, and puts one that fails there.
 */
public abstract class JazzerTest {

    private static final String FOLDER = "Inputs/takesAnyBytes";

    /**
     * Takes an input; throws if something went wrong.
     *
     * @param input up to 4096 bytes.
     * @throws Exception if something went wrong.
     */
    protected abstract void take(byte[] input) throws Exception;

    @FuzzTest
    void takesAnyBytes(final byte[] input) throws Exception {
        take(input);
    }

    @TestFactory
    Stream<DynamicTest> takesEveryInputOfItsCorpus() throws IOException, URISyntaxException {
        final URL folder = getClass().getResource(getClass().getSimpleName() + FOLDER);
        if (folder == null) {
            throw new AssertionError("there is no folder " + getClass().getSimpleName() + FOLDER);
        }
        try (Stream<Path> files = Files.list(Path.of(folder.toURI()))) {
            return files.sorted().toList().stream()
                    .map(file -> dynamicTest(file.getFileName().toString(), () -> take(Files.readAllBytes(file))));
        }
    }
}
