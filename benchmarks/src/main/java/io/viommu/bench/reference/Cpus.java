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

package io.viommu.bench.reference;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.util.Arrays;

/**
 * The processors that this process may use. A thread that is created by a pinned thread is pinned to the same one: so
 * the threads of a pipeline follow whoever builds it.
 */
@SuppressWarnings("restricted") // sched_setaffinity has no counterpart in the JDK
public final class Cpus {

    private static final int MASK_BYTES = 128;
    private static final MethodHandle GET = function("sched_getaffinity");
    private static final MethodHandle SET = function("sched_setaffinity");

    private Cpus() {
    }

    private static MethodHandle function(final String name) {
        final Linker linker = Linker.nativeLinker();
        return linker.downcallHandle(linker.defaultLookup().findOrThrow(name),
                FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_LONG, ADDRESS));
    }

    /**
     * The processors that the calling thread may run on.
     *
     * @return their numbers, ascending.
     */
    public static int[] allowed() {
        try (Arena arena = Arena.ofConfined()) {
            final MemorySegment mask = arena.allocate(MASK_BYTES, Long.BYTES);
            final int result = (int) GET.invokeExact(0, (long) MASK_BYTES, mask);
            if (result < 0) {
                throw new IllegalStateException("sched_getaffinity failed");
            }
            final int[] numbers = new int[MASK_BYTES * Byte.SIZE];
            int count = 0;
            for (int cpu = 0; cpu < numbers.length; cpu++) {
                if ((mask.getAtIndex(JAVA_LONG, cpu / Long.SIZE) >>> cpu % Long.SIZE & 1) != 0) {
                    numbers[count++] = cpu;
                }
            }
            return Arrays.copyOf(numbers, count);
        } catch (final Throwable thrown) {
            throw new IllegalStateException("the allowed processors can't be read", thrown);
        }
    }

    /**
     * Lets the calling thread run on these processors only.
     *
     * @param cpus their numbers.
     */
    public static void pin(final int... cpus) {
        try (Arena arena = Arena.ofConfined()) {
            final MemorySegment mask = arena.allocate(MASK_BYTES, Long.BYTES);
            for (final int cpu : cpus) {
                final long word = mask.getAtIndex(JAVA_LONG, cpu / Long.SIZE);
                mask.setAtIndex(JAVA_LONG, cpu / Long.SIZE, word | 1L << cpu % Long.SIZE);
            }
            final int result = (int) SET.invokeExact(0, (long) MASK_BYTES, mask);
            if (result < 0) {
                throw new IllegalStateException("sched_setaffinity refused " + Arrays.toString(cpus));
            }
        } catch (final RuntimeException refused) {
            throw refused;
        } catch (final Throwable thrown) {
            throw new IllegalStateException("the thread can't be pinned", thrown);
        }
    }
}
