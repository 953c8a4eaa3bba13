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

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.BiConsumer;
import java.util.function.Consumer;

import io.viommu.bridge.journal.JournalReader;
import io.viommu.bridge.log.BinaryLogException;
import io.viommu.bridge.log.KernelLogParser;
import io.viommu.bridge.log.LogFault;
import io.viommu.bridge.log.LogFaultHandler;
import io.viommu.bridge.log.LogStatistics;
import io.viommu.bridge.log.OtherFault;

/**
 * Reads the logs and journals that a user named, one after the other. What can't be read is complained of in one
 * sentence, and the others are read all the same. Nothing is kept of what was read.
 */
public final class LogReader {

    /** Stands for standard input. */
    public static final String STANDARD_INPUT = "-";

    private final InputStream standardInput;
    private final Consumer<String> complaints;
    private final Runnable pauses;
    private int files;
    private int badFiles;
    private long lines;

    /**
     * Makes a reader that has read nothing yet.
     *
     * @param standardInput what {@link #STANDARD_INPUT} stands for.
     * @param complaints    takes a sentence for each file that is of no use, and for whatever else has to be said.
     */
    public LogReader(final InputStream standardInput, final Consumer<String> complaints) {
        this(standardInput, complaints, () -> {
        });
    }

    /**
     * Makes a reader that has read nothing yet, for somebody who shows faults while a log grows.
     *
     * @param standardInput what {@link #STANDARD_INPUT} stands for.
     * @param complaints    takes a sentence for each file that is of no use, and for whatever else has to be said.
     * @param pauses        is called when a log has nothing more for the moment.
     */
    public LogReader(final InputStream standardInput, final Consumer<String> complaints, final Runnable pauses) {
        this.standardInput = standardInput;
        this.complaints = complaints;
        this.pauses = pauses;
    }

    /**
     * Reads a log.
     *
     * @param name  path of the file, or {@link #STANDARD_INPUT}.
     * @param found takes the name and each fault as soon as it is read, in the order of the lines.
     */
    public void read(final String name, final BiConsumer<String, LogFault> found) {
        files++;
        final String complaint = parse(name, new LogFaultHandler() {
            @Override
            public void fault(final LogFault fault) {
                found.accept(name, fault);
            }

            @Override
            public void pause() {
                pauses.run();
            }
        });
        if (complaint != null) {
            badFiles++;
            complaints.accept(complaint);
        }
    }

    /** Gives the sentence to complain with, or null. */
    private String parse(final String name, final LogFaultHandler handler) {
        final boolean isStandardInput = STANDARD_INPUT.equals(name);
        final String who = isStandardInput ? "standard input" : name;
        try {
            final LogStatistics seen;
            if (isStandardInput) {
                seen = KernelLogParser.parse(standardInput, handler);
            } else {
                final Path path = Path.of(name);
                if (Files.isDirectory(path)) {
                    return who + ": this is a directory; name the log files in it.";
                }
                if (JournalReader.isJournal(path)) {
                    final JournalLog journal = JournalLog.read(path, handler);
                    lines += journal.records();
                    return journal.complaint() == null ? null : who + ": " + journal.complaint();
                }
                try (InputStream input = Files.newInputStream(path)) {
                    seen = KernelLogParser.parse(input, handler);
                }
            }
            lines += seen.lines();
            return judge(who, seen);
        } catch (final NoSuchFileException missing) {
            return who + ": there is no such file.";
        } catch (final AccessDeniedException denied) {
            return who + ": permission to read it is denied.";
        } catch (final BinaryLogException binary) {
            return who + ": " + binary.getMessage();
        } catch (final IOException broken) {
            return who + ": reading it failed: " + broken.getMessage() + ".";
        } catch (final InvalidPathException invalid) {
            return who + ": this can't be the name of a file.";
        }
    }

    /** What is to be said of the lines that hold no fault which can be read. */
    private String judge(final String who, final LogStatistics seen) {
        if (seen.lines() == 0) {
            return who + ": the input is empty.";
        }
        final Map<OtherFault, Long> others = new TreeMap<>(seen.others());
        if (seen.faults() > 0) {
            others.forEach((what, count) -> complaints.accept(who + ": " + sentence(what, count) + "."));
            return null;
        }
        if (others.isEmpty()) {
            return who + ": no IOMMU fault was found in its " + seen.lines()
                    + " lines; looked for SMMUv3 event dumps and DMAR fault lines.";
        }
        final StringBuilder text = new StringBuilder(who)
                .append(": no record of SMMUv3 or VT-d that can be read is in its ")
                .append(seen.lines()).append(" lines, but ");
        String and = "";
        for (final Map.Entry<OtherFault, Long> other : others.entrySet()) {
            text.append(and).append(sentence(other.getKey(), other.getValue()));
            and = "; ";
        }
        return text.append('.').toString();
    }

    private static String sentence(final OtherFault what, final long count) {
        return (count == 1 ? "1 line tells of " : count + " lines tell of ") + what.what() + ", " + what.why();
    }

    /**
     * How many files were tried.
     *
     * @return good and bad ones.
     */
    public int files() {
        return files;
    }

    /**
     * How many files were complained of.
     *
     * @return 0 if all was well.
     */
    public int badFiles() {
        return badFiles;
    }

    /**
     * How many lines were read.
     *
     * @return over all files.
     */
    public long lines() {
        return lines;
    }
}
