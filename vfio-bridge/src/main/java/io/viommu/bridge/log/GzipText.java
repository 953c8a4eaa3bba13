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

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.zip.GZIPInputStream;

/**
 * What gzip has compressed, all members of it. Text compresses to a tenth, a storm of equal lines to a fiftieth; what
 * unpacks to far more than that was made to burst, and is not read to its end.
 */
final class GzipText extends InputStream {
    /** So much may come out of anything. */
    private static final long HARMLESS = 64L << 20;
    /** Beyond that, so many bytes may come out for each that went in. */
    private static final long MOST_TIMES = 200;

    private final Compressed compressed;
    private final GZIPInputStream unpacked;
    private long length;

    GzipText(final InputStream input) throws IOException {
        compressed = new Compressed(input);
        unpacked = new GZIPInputStream(compressed, 1 << 16);
    }

    /** Counts what is taken; always has more to offer, so that only the end of the input ends the last member. */
    private static final class Compressed extends FilterInputStream {
        private long taken;
        private boolean ended;

        Compressed(final InputStream input) {
            super(input);
        }

        @Override
        public int read() throws IOException {
            final int next = super.read();
            count(next < 0 ? -1 : 1);
            return next;
        }

        @Override
        public int read(final byte[] bytes, final int offset, final int count) throws IOException {
            final int read = super.read(bytes, offset, count);
            count(read);
            return read;
        }

        private void count(final int read) {
            ended |= read < 0;
            taken += Math.max(read, 0);
        }

        @Override
        public int available() {
            return ended ? 0 : 1;
        }
    }

    @Override
    public int read() throws IOException {
        final byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(final byte[] bytes, final int offset, final int count) throws IOException {
        final int read = unpacked.read(bytes, offset, count);
        length += Math.max(read, 0);
        if (length > HARMLESS && length > MOST_TIMES * compressed.taken) {
            throw new BinaryLogException("The input unpacks to more than " + MOST_TIMES
                    + " times its length, which no log does; it was read no further.");
        }
        return read;
    }

    @Override
    public int available() throws IOException {
        return unpacked.available();
    }

    @Override
    public void close() throws IOException {
        unpacked.close();
    }
}
