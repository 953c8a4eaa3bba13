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

package io.viommu.vmm.board;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

import io.viommu.vmm.virtio.VirtioBlock;

/** A file as a disk; bytes after its last whole sector are not shown. A file that may not be written is read-only. */
final class FileDisk implements VirtioBlock.Disk, AutoCloseable {

    private final FileChannel file;
    private final boolean readOnly;
    private final long size;

    /** Refuses what is no file, in one sentence. */
    FileDisk(final Path path) {
        if (Files.isDirectory(path)) {
            throw new IllegalArgumentException("--drive must be a file with the disk's contents; " + path
                    + " is a directory");
        }
        readOnly = !Files.isWritable(path);
        try {
            file = readOnly
                    ? FileChannel.open(path, StandardOpenOption.READ)
                    : FileChannel.open(path, StandardOpenOption.READ, StandardOpenOption.WRITE);
            size = file.size() / VirtioBlock.SECTOR * VirtioBlock.SECTOR;
        } catch (final IOException failure) {
            throw new IllegalArgumentException("--drive " + reason(path, failure), failure);
        }
        if (size == 0) {
            close();
            throw new IllegalArgumentException("--drive must be at least " + VirtioBlock.SECTOR + " bytes; " + path
                    + " is shorter");
        }
    }

    /** Why a file can't be read, for a sentence. */
    static String reason(final Path path, final IOException failure) {
        return switch (failure) {
            case final NoSuchFileException missing -> path + " does not exist";
            case final AccessDeniedException denied -> path + " may not be read by this user";
            case final FileSystemException other when other.getReason() != null -> path + " can't be read: "
                    + other.getReason();
            default -> path + " can't be read: " + failure.getMessage();
        };
    }

    @Override
    public long size() {
        return size;
    }

    @Override
    public boolean readOnly() {
        return readOnly;
    }

    @Override
    public boolean read(final ByteBuffer into, final long offset) {
        try {
            long at = offset;
            while (into.hasRemaining()) {
                final int read = file.read(into, at);
                if (read < 0) {
                    return false; // somebody cut the file
                }
                at += read;
            }
            return true;
        } catch (final IOException failure) {
            return false;
        }
    }

    @Override
    public boolean write(final ByteBuffer from, final long offset) {
        try {
            long at = offset;
            while (from.hasRemaining()) {
                at += file.write(from, at);
            }
            return true;
        } catch (final IOException failure) {
            return false;
        }
    }

    @Override
    public boolean flush() {
        try {
            file.force(false);
            return true;
        } catch (final IOException failure) {
            return false;
        }
    }

    @Override
    public void close() {
        try {
            file.close();
        } catch (final IOException ignored) {
            // what was written and not flushed was promised to nobody
        }
    }
}
