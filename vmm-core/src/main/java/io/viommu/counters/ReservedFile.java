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

package io.viommu.counters;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;

/**
 * A file of a fixed size that is there in full before anything relies on it: its blocks are taken when it is made, so a
 * full disk is told then and not while it is used. It is written, never mapped: whoever cuts or deletes it hurts the
 * file and not the process. Used by one thread at a time.
 */
final class ReservedFile implements AutoCloseable {

    private static final int CHUNK = 1 << 16;

    private final Path path;
    private final RandomAccessFile file;
    private final long size;
    private volatile String failure;

    private ReservedFile(final Path path, final RandomAccessFile file, final long size) {
        this.path = path;
        this.file = file;
        this.size = size;
    }

    /** Makes a file of zeros; an older regular file of that name is replaced, and nothing else is. */
    static ReservedFile create(final Path path, final long size) {
        RandomAccessFile file = null;
        try {
            if (Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
                if (!Files.isRegularFile(path, LinkOption.NOFOLLOW_LINKS)) {
                    throw new IOException("something is there that is not a regular file");
                }
                Files.delete(path);
            }
            Files.createFile(path); // fails if somebody was faster
            file = new RandomAccessFile(path.toFile(), "rw");
            final byte[] zeros = new byte[CHUNK];
            for (long at = 0; at < size; at += CHUNK) {
                file.write(zeros, 0, (int) Math.min(CHUNK, size - at));
            }
            return new ReservedFile(path, file, size);
        } catch (final IOException refused) {
            if (file != null) {
                discard(path, file);
            }
            throw new UncheckedIOException("The file " + path + " can't be made: " + reason(refused) + ".", refused);
        }
    }

    private static void discard(final Path path, final RandomAccessFile file) {
        try (file) {
            Files.deleteIfExists(path);
        } catch (final IOException left) {
            // the first failure is what is told
        }
    }

    /** Without the path, which the sentence has already. */
    private static String reason(final IOException refused) {
        if (refused instanceof FileAlreadyExistsException) {
            return "somebody else made it meanwhile";
        }
        if (refused instanceof FileSystemException failed) {
            final String reason = failed.getReason();
            return reason == null ? failed.getClass().getSimpleName().replaceFirst("Exception$", "") : reason;
        }
        return refused.getMessage();
    }

    /**
     * Writes a part. The first failure is the last attempt: a file with holes is worth less than one that ends.
     *
     * @return false if it isn't written, now or since an earlier failure.
     */
    boolean write(final long at, final byte[] bytes, final int length) {
        if (failure != null) {
            return false;
        }
        try {
            if (file.length() < size) {
                failure = "The file " + path + " was cut by somebody; it is written no more.";
                return false;
            }
            file.seek(at);
            file.write(bytes, 0, length);
            return true;
        } catch (final IOException refused) {
            failure = "The file " + path + " can't be written any more: " + refused.getMessage() + ".";
            return false;
        }
    }

    /** Why it isn't written any more, in one sentence, or null. */
    String failure() {
        return failure;
    }

    @Override
    public void close() {
        try {
            file.close();
        } catch (final IOException refused) {
            failure = failure == null
                    ? "The file " + path + " can't be written: " + refused.getMessage() + "."
                    : failure;
        }
    }

    /**
     * Reads what a file has now, whoever writes or cuts it meanwhile.
     *
     * @throws IOException with a reason that completes "FILE ...", if it has more than {@code most} bytes or can't be
     *                     read.
     */
    static byte[] read(final Path path, final int most) throws IOException {
        if (!Files.isRegularFile(path) || !Files.isReadable(path)) {
            throw new IOException("can't be read");
        }
        try (RandomAccessFile file = new RandomAccessFile(path.toFile(), "r")) {
            final long size = file.length();
            if (size > most) {
                throw new IOException("has " + size + " bytes");
            }
            final byte[] bytes = new byte[(int) size];
            int have = 0;
            while (have < bytes.length) {
                final int read = file.read(bytes, have, bytes.length - have);
                if (read < 0) {
                    throw new IOException("was cut while it was read");
                }
                have += read;
            }
            return bytes;
        }
    }
}
