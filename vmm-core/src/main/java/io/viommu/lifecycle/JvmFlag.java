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
package io.viommu.lifecycle;

/**
 * The flags that a JVM has to be started with, as config/jvm.flags lists them. What needs one asks for it first, and
 * fails by one sentence instead of a library's stack trace.
 */
public enum JvmFlag {
    /** Agrona's buffers reach memory by it. */
    INTERNAL_MEMORY("--add-exports=java.base/jdk.internal.misc=") {
        @Override
        boolean isGivenTo(final Module user) {
            return BASE.isExported("jdk.internal.misc", user);
        }
    },
    /** Chronicle maps files by it. */
    FILE_CHANNELS("--add-opens=java.base/sun.nio.ch=") {
        @Override
        boolean isGivenTo(final Module user) {
            return BASE.isOpen("sun.nio.ch", user);
        }
    },
    /** Chronicle finds the methods that map by it. */
    REFLECTION("--add-opens=java.base/java.lang.reflect=") {
        @Override
        boolean isGivenTo(final Module user) {
            return BASE.isOpen("java.lang.reflect", user);
        }
    },
    /** Chronicle frees buffers by it. */
    CLEANERS("--add-opens=java.base/jdk.internal.ref=") {
        @Override
        boolean isGivenTo(final Module user) {
            return BASE.isOpen("jdk.internal.ref", user);
        }
    },
    /** System calls through {@code java.lang.foreign}. */
    SYSTEM_CALLS("--enable-native-access=") {
        @Override
        boolean isGivenTo(final Module user) {
            return user.isNativeAccessEnabled();
        }
    },
    /** Chronicle uses {@code sun.misc.Unsafe}, which later JVMs deny to who doesn't ask for it. */
    UNSAFE_MEMORY("--sun-misc-unsafe-memory-access=") {
        @Override
        boolean isGivenTo(final Module user) {
            return System.getProperty("sun.misc.unsafe.memory.access") != null;
        }

        @Override
        String text(final Module user) {
            return text + "allow";
        }
    };

    private static final Module BASE = Object.class.getModule();

    final String text;

    JvmFlag(final String text) {
        this.text = text;
    }

    abstract boolean isGivenTo(Module user);

    /** The flag as it is written on a command line. */
    String text(final Module user) {
        return text + (user.isNamed() ? user.getName() : "ALL-UNNAMED");
    }

    /** The JVM was started without a flag that is needed. */
    public static final class Missing extends LinkageError {
        private static final long serialVersionUID = 1L;

        Missing(final String sentence) {
            super(sentence);
        }
    }

    /**
     * Asks for flags.
     *
     * @param user  who needs them: a class of ours, or of a library.
     * @param flags which.
     * @throws Missing in one sentence with the flags to be added, if some were not given.
     */
    public static void require(final Class<?> user, final JvmFlag... flags) {
        final Module module = user.getModule();
        final StringBuilder missing = new StringBuilder();
        for (final JvmFlag flag : flags) {
            if (!flag.isGivenTo(module)) {
                missing.append(' ').append(flag.text(module));
            }
        }
        if (!missing.isEmpty()) {
            throw new Missing("The JVM was started without what viommu needs; add to its command line:" + missing);
        }
    }
}
