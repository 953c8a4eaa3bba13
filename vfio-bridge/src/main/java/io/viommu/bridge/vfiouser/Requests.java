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

package io.viommu.bridge.vfiouser;

import org.agrona.concurrent.UnsafeBuffer;

import io.viommu.bridge.linux.Errno;

/** Carries out a client's requests, one after the other, and answers them. */
final class Requests {

    private static final int MAJOR = 0;
    private static final int MINOR = 0;

    private final VfioUserFunction function;
    private final RegionWrites writes;
    private final DmaMessages messages;
    private final DeviceRequests device;
    private final MemoryRequests memory;
    private final UnsafeBuffer answer = new UnsafeBuffer(new byte[Message.MAX_LENGTH - HeaderLayout.LENGTH]);
    private boolean agreed;

    Requests(final VfioUserFunction function, final RegionWrites writes, final DmaMessages messages,
            final ClientMemory memory, final InterruptInputs interrupts) {
        this.function = function;
        this.writes = writes;
        this.messages = messages;
        this.device = new DeviceRequests(function, interrupts);
        this.memory = new MemoryRequests(memory);
    }

    /** Forgets what was agreed on with the last client. */
    void begin() {
        agreed = false;
    }

    /** False if there is nothing to agree on with this client. */
    boolean handle(final Message request, final Connection connection) {
        final boolean first = !agreed;
        final int result = first ? version(request, connection) : dispatch(request);
        if (request.wantsReply()) {
            if (result < 0) {
                connection.refuse(request.id(), request.command(), -result);
            } else {
                connection.reply(request.id(), request.command(), answer, result);
            }
        }
        return agreed;
    }

    /** The first message. Versions of one major number understand each other at the smaller minor one. */
    private int version(final Message request, final Connection connection) {
        final UnsafeBuffer body = request.body();
        final int length = request.bodyLength();
        if (request.command() != Command.VERSION || request.descriptorCount() > 0
                || length < VersionLayout.CAPABILITIES) {
            return -Errno.EINVAL;
        }
        if (body.getShort(VersionLayout.MAJOR) != MAJOR) {
            return -Errno.ENOTSUP;
        }
        final String text = body.getStringWithoutLengthUtf8(VersionLayout.CAPABILITIES,
                length - VersionLayout.CAPABILITIES);
        final int end = text.indexOf('\0');
        final Capabilities theirs = end < 0 && !text.isEmpty()
                ? null
                : Capabilities.of(text.substring(0, Math.max(end, 0)));
        if (theirs == null) {
            return -Errno.EINVAL;
        }
        messages.attach(connection, theirs.maxTransfer());
        agreed = true;
        final byte[] offer = Capabilities.offer();
        answer.putShort(VersionLayout.MAJOR, (short) MAJOR);
        answer.putShort(VersionLayout.MINOR, (short) MINOR);
        answer.putBytes(VersionLayout.CAPABILITIES, offer);
        return VersionLayout.CAPABILITIES + offer.length;
    }

    private int dispatch(final Message request) {
        final int command = request.command();
        if (request.descriptorCount() > 0 && command != Command.DMA_MAP && command != Command.DEVICE_SET_IRQS) {
            return -Errno.EINVAL;
        }
        if (command == Command.REGION_WRITE) {
            return write(request);
        }
        if (command == Command.REGION_WRITE_MULTI) {
            return writeMultiple(request);
        }
        writes.settle();
        return switch (command) {
            case Command.DMA_MAP -> memory.map(request);
            case Command.DMA_UNMAP -> memory.unmap(request, answer);
            case Command.DEVICE_GET_INFO -> device.deviceInfo(request, answer);
            case Command.DEVICE_GET_REGION_INFO -> device.regionInfo(request, answer);
            case Command.DEVICE_GET_IRQ_INFO -> device.interruptInfo(request, answer);
            case Command.DEVICE_SET_IRQS -> device.setInterrupts(request);
            case Command.REGION_READ -> read(request);
            case Command.DEVICE_RESET -> {
                function.reset();
                yield 0;
            }
            case Command.VERSION -> -Errno.EINVAL;
            default -> -Errno.ENOSYS;
        };
    }

    /** The byte count of an access that lies in its region, or {@code -errno}. */
    private int check(final UnsafeBuffer body, final int at) {
        final int region = body.getInt(at + RegionAccessLayout.REGION);
        final long offset = body.getLong(at + RegionAccessLayout.OFFSET);
        final int count = body.getInt(at + RegionAccessLayout.COUNT);
        if (count < 0 || count > Capabilities.MAX_TRANSFER) {
            return -Errno.E2BIG;
        }
        if (region < 0 || region >= VfioUserFunction.REGIONS || offset < 0
                || offset > function.regionSize(region) - count) {
            return -Errno.EINVAL;
        }
        return count;
    }

    private int read(final Message request) {
        if (request.bodyLength() < RegionAccessLayout.LENGTH) {
            return -Errno.EINVAL;
        }
        final UnsafeBuffer body = request.body();
        final int count = check(body, 0);
        if (count < 0) {
            return count;
        }
        answer.putBytes(0, body, 0, RegionAccessLayout.LENGTH);
        Pieces.read(function, body.getInt(RegionAccessLayout.REGION), body.getLong(RegionAccessLayout.OFFSET), answer,
                RegionAccessLayout.DATA, count);
        return RegionAccessLayout.LENGTH + count;
    }

    /** Answered as soon as it is in line: what comes after it waits for it all the same. */
    private int write(final Message request) {
        if (request.bodyLength() < RegionAccessLayout.LENGTH) {
            return -Errno.EINVAL;
        }
        final UnsafeBuffer body = request.body();
        final int count = check(body, 0);
        if (count < 0 || request.bodyLength() < RegionAccessLayout.LENGTH + count) {
            return count < 0 ? count : -Errno.EINVAL;
        }
        submit(body, 0, count);
        answer.putBytes(0, body, 0, RegionAccessLayout.LENGTH);
        return RegionAccessLayout.LENGTH;
    }

    private int writeMultiple(final Message request) {
        final UnsafeBuffer body = request.body();
        final int space = request.bodyLength() - RegionAccessLayout.MULTI_FIRST;
        final long number = space < 0 ? -1 : body.getLong(RegionAccessLayout.MULTI_COUNT);
        if (number < 0 || number > space / RegionAccessLayout.MULTI_STRIDE) {
            return -Errno.EINVAL;
        }
        for (int i = 0; i < number; i++) {
            final int at = RegionAccessLayout.MULTI_FIRST + i * RegionAccessLayout.MULTI_STRIDE;
            final int count = check(body, at);
            if (count < 0 || count > RegionAccessLayout.MULTI_DATA) {
                return -Errno.EINVAL;
            }
            submit(body, at, count);
        }
        answer.putLong(RegionAccessLayout.MULTI_COUNT, number);
        return RegionAccessLayout.MULTI_FIRST;
    }

    private void submit(final UnsafeBuffer body, final int at, final int count) {
        if (count > 0) {
            writes.submit(body.getInt(at + RegionAccessLayout.REGION), body.getLong(at + RegionAccessLayout.OFFSET),
                    body, at + RegionAccessLayout.DATA, count);
        }
    }
}
