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

package io.viommu.vmm.vfiouser;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Consumer;

import org.agrona.concurrent.UnsafeBuffer;

import io.viommu.fault.FaultDisposition;
import io.viommu.fault.FaultPort;
import io.viommu.fault.FaultRecord;
import io.viommu.iommu.VirtualIommu;
import io.viommu.memory.GuestMemory;

/**
 * A model whose guest is written down: each access to a register, and each command when it is posted. All numbers are
 * hexadecimal.
 *
 * <pre>
 *  read OFFSET SIZE VALUE
 *  write OFFSET SIZE VALUE
 *  command WORD0 WORD1...
 *  reset
 * </pre>
 */
final class TracedIommu implements VirtualIommu, AutoCloseable {

    private final VirtualIommu model;
    private final PostedCommands posted;
    private final PrintWriter lines;
    private final Path file;
    private final Consumer<String> news;
    private boolean failed;

    TracedIommu(final VirtualIommu model, final boolean smmu, final GuestMemory memory, final Path file,
            final Consumer<String> news) {
        this.model = model;
        this.file = file;
        this.news = news;
        final UnsafeBuffer word = new UnsafeBuffer(new byte[Long.BYTES]);
        posted = new PostedCommands(smmu, address -> {
            word.putLong(0, 0); // what isn't memory reads as nothing
            memory.read(address, word, 0, Long.BYTES);
            return word.getLong(0);
        });
        try {
            lines = new PrintWriter(Files.newBufferedWriter(file, StandardCharsets.US_ASCII));
        } catch (final IOException refused) {
            throw new UncheckedIOException("--trace must name a file that can be written, not '" + file + "'", refused);
        }
    }

    @Override
    public long mmioSize() {
        return model.mmioSize();
    }

    @Override
    public long read(final long offset, final int size) {
        final long value = model.read(offset, size);
        line("read %x %x %x".formatted(offset, size, value));
        return value;
    }

    @Override
    public void write(final long offset, final int size, final long value) {
        synchronized (this) {
            line("write %x %x %x".formatted(offset, size, value));
            posted.written(offset, size, value).forEach(words -> line(PostedCommands.line(words)));
        }
        model.write(offset, size, value);
    }

    @Override
    public void reset() {
        synchronized (this) {
            line("reset");
            posted.reset();
        }
        model.reset();
    }

    private synchronized void line(final String text) {
        if (failed) {
            return;
        }
        lines.println(text);
        failed = lines.checkError(); // flushes
        if (failed) {
            news.accept("--trace: '" + file + "' can't be written any more; the guest goes on untraced.");
        }
    }

    @Override
    public void connect(final FaultPort port) {
        model.connect(port);
    }

    @Override
    public FaultDisposition inject(final FaultRecord record) {
        return model.inject(record);
    }

    @Override
    public void endOfBatch() {
        model.endOfBatch();
    }

    @Override
    public synchronized void close() {
        lines.close();
    }
}
