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
package io.viommu.bridge.dmafault;

import org.agrona.ExpandableDirectByteBuffer;
import org.agrona.concurrent.UnsafeBuffer;

import io.viommu.bridge.linux.SharedMemory;

/**
 * A list of faults for a producer to run through, in shared memory so that another process can be given it whatever its
 * length. Host byte order.
 *
 * <pre>
 *    0  u64  magic "VIOSCRPT"
 *    8  u64  number of steps
 *   16  step 0, 1, ... of 136 bytes each:
 *         0  entry, 128 bytes, see ExtendedFaultEntry; the producer sets tag and time
 *       128  u32 index of the region it goes to
 *       132  u32 reserved, 0
 * </pre>
 */
public final class FaultScript implements AutoCloseable {

    private static final long MAGIC = 0x5450_5243_534F_4956L;
    private static final int COUNT = 8;
    private static final int HEADER_LENGTH = 16;
    private static final int STEP_LENGTH = 136;
    private static final int REGION = 128;

    private final SharedMemory memory;
    private final UnsafeBuffer steps;
    private final int length;

    private FaultScript(final SharedMemory memory) {
        this.memory = memory;
        this.steps = new UnsafeBuffer(memory.address(), (int) memory.size());
        this.length = (int) steps.getLong(COUNT);
    }

    /** Collects steps. Not thread-safe. */
    public static final class Writer {
        private final ExpandableDirectByteBuffer steps = new ExpandableDirectByteBuffer(64 * 1024);
        private final FaultEntry entry = new FaultEntry();
        private int length;

        private Writer() {
        }

        /**
         * Adds a step.
         *
         * @param region index of the region it goes to, 0 or more.
         * @return its entry, all 0, to fill before the next step is added.
         */
        public FaultEntry add(final int region) {
            final int at = Math.toIntExact(HEADER_LENGTH + (long) length * STEP_LENGTH);
            steps.putInt(at + REGION, region);
            steps.putInt(at + REGION + 4, 0);
            length++;
            return entry.wrap(steps, at);
        }

        /**
         * Makes the script of what was added.
         *
         * @return the script, to be closed.
         * @throws io.viommu.bridge.linux.LinuxException if the kernel refuses the memory.
         */
        public FaultScript build() {
            final int size = Math.toIntExact(HEADER_LENGTH + (long) length * STEP_LENGTH);
            final SharedMemory memory = SharedMemory.create("viommu-script", size);
            final UnsafeBuffer target = new UnsafeBuffer(memory.address(), size);
            target.putBytes(0, steps, 0, size);
            target.putLong(0, MAGIC);
            target.putLong(COUNT, length);
            return new FaultScript(memory);
        }
    }

    /**
     * Starts a script.
     *
     * @return no steps yet.
     */
    public static Writer writer() {
        return new Writer();
    }

    /**
     * Maps a script that another process made.
     *
     * @param fd a descriptor that nobody else closes; closed here also when it is not a script.
     * @param regions how many regions there are; no step may go to another.
     * @return the script.
     * @throws IllegalArgumentException in one sentence, if the memory does not hold a sound script.
     */
    static FaultScript map(final int fd, final int regions) {
        final SharedMemory memory = SharedMemory.map(fd);
        try {
            return checked(memory, regions);
        } catch (final IllegalArgumentException unsound) {
            memory.close();
            throw unsound;
        }
    }

    private static FaultScript checked(final SharedMemory memory, final int regions) {
        if (memory.size() < HEADER_LENGTH || memory.size() > Integer.MAX_VALUE) {
            throw new IllegalArgumentException("A fault script has 16 bytes to 2 GiB, not " + memory.size() + ".");
        }
        final UnsafeBuffer header = new UnsafeBuffer(memory.address(), HEADER_LENGTH);
        final long count = header.getLong(COUNT);
        if (header.getLong(0) != MAGIC || count < 0 || count > (memory.size() - HEADER_LENGTH) / STEP_LENGTH) {
            throw new IllegalArgumentException("The memory received is not a fault script.");
        }
        final FaultScript script = new FaultScript(memory);
        for (int i = 0; i < script.length; i++) {
            final int region = script.region(i);
            if (region < 0 || region >= regions) {
                throw new IllegalArgumentException("Step " + i + " of the fault script goes to region " + region
                        + "; there are " + regions + ".");
            }
        }
        return script;
    }

    /**
     * How many steps there are.
     *
     * @return 0 or more.
     */
    public int length() {
        return length;
    }

    int fd() {
        return memory.fd();
    }

    UnsafeBuffer buffer() {
        return steps;
    }

    int entryAt(final int step) {
        return HEADER_LENGTH + step * STEP_LENGTH;
    }

    int region(final int step) {
        return steps.getInt(entryAt(step) + REGION);
    }

    @Override
    public void close() {
        memory.close();
    }
}
