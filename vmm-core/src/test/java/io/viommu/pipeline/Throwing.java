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
package io.viommu.pipeline;

import java.io.IOException;
import java.util.function.Supplier;

/** What code that isn't ours may throw. */
enum Throwing {
    RUNTIME_EXCEPTION(() -> new IllegalStateException("thrown")), ASSERTION(
            () -> new AssertionError("thrown")), OUT_OF_MEMORY(() -> new OutOfMemoryError("thrown")), STACK_OVERFLOW(
                    StackOverflowError::new), LINKAGE(() -> new NoClassDefFoundError("thrown")), INTERNAL(
                            () -> new InternalError("thrown")), SNEAKY_CHECKED(
                                    () -> new IOException("thrown")), SNEAKY_INTERRUPT(
                                            () -> new InterruptedException("thrown"));

    private final Supplier<Throwable> maker;

    Throwing(final Supplier<Throwable> maker) {
        this.maker = maker;
    }

    void now() {
        sneak(maker.get());
    }

    @SuppressWarnings("unchecked")
    private static <T extends Throwable> void sneak(final Throwable thrown) throws T {
        throw (T) thrown;
    }
}
