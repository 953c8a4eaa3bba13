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

package io.viommu.vmm.output;

import java.io.BufferedOutputStream;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.BooleanSupplier;

/**
 * Standard output, which remembers whether it took all that it was given: a {@link PrintStream} keeps it to itself that
 * a disk is full. Written by one thread at a time.
 */
public final class StandardOutput {

    private static final int FAILED = 1;
    private static final int BUFFER = 1 << 16;

    private final Watched stream;
    private final PrintStream text;
    private final BooleanSupplier readByAProcess;

    /**
     * Watches a stream.
     *
     * @param stream         takes the bytes.
     * @param readByAProcess whether a failure means that who reads it has gone, which is nobody's fault.
     */
    StandardOutput(final OutputStream stream, final BooleanSupplier readByAProcess) {
        this.stream = new Watched(stream);
        this.text = new PrintStream(new BufferedOutputStream(this.stream, BUFFER), false, StandardCharsets.UTF_8);
        this.readByAProcess = readByAProcess;
    }

    /**
     * This process's.
     *
     * @return watched from now on.
     */
    public static StandardOutput open() {
        return new StandardOutput(new FileOutputStream(FileDescriptor.out), StandardOutput::isPipe);
    }

    /** Only a pipe's or a socket's other end can go; what else fails is a file that takes no more, or none at all. */
    private static boolean isPipe() {
        try {
            final String target = Files.readSymbolicLink(Path.of("/proc/self/fd/1")).toString();
            return target.startsWith("pipe:") || target.startsWith("socket:");
        } catch (final IOException unknown) {
            return false;
        }
    }

    /**
     * For text in UTF-8.
     *
     * @return buffered.
     */
    public PrintStream text() {
        return text;
    }

    /**
     * For bytes.
     *
     * @return not buffered; it throws what it can't write.
     */
    public OutputStream bytes() {
        return stream;
    }

    /**
     * Writes what is left and says in one sentence if something of the output was lost; not if who read it has gone, as
     * {@code head} does.
     *
     * @param who    begins the sentence.
     * @param status the exit status if all was written.
     * @param err    takes the sentence.
     * @return the exit status: 1 if output was lost.
     */
    public int finish(final String who, final int status, final PrintStream err) {
        text.flush();
        if (stream.failure == null || readByAProcess.getAsBoolean()) {
            return status;
        }
        err.println(who + ": Standard output can't be written: " + stream.failure.getMessage() + ".");
        return FAILED;
    }

    private static final class Watched extends OutputStream {
        private final OutputStream target;
        private volatile IOException failure;

        Watched(final OutputStream target) {
            this.target = target;
        }

        @Override
        public void write(final int value) throws IOException {
            write(new byte[]{ (byte) value }, 0, 1);
        }

        @Override
        public void write(final byte[] bytes, final int offset, final int length) throws IOException {
            if (failure != null) {
                throw new IOException(failure.getMessage(), failure); // no more attempts: a gap would be worse
            }
            try {
                target.write(bytes, offset, length);
            } catch (final IOException lost) {
                failure = lost;
                throw lost;
            }
        }
    }
}
