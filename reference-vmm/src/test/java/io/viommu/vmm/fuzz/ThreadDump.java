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
package io.viommu.vmm.fuzz;

import java.lang.management.LockInfo;
import java.lang.management.ManagementFactory;
import java.lang.management.MonitorInfo;
import java.lang.management.ThreadInfo;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Who waits for whom: the stacks of all threads with the locks that they hold and wait for, and chains of waiting. */
final class ThreadDump {

    private final ThreadInfo[] threads = ManagementFactory.getThreadMXBean().dumpAllThreads(true, true);
    private final Map<Long, ThreadInfo> byId = new HashMap<>();

    private ThreadDump() {
        Arrays.stream(threads).forEach(thread -> byId.put(thread.getThreadId(), thread));
    }

    static String take() {
        final ThreadDump dump = new ThreadDump();
        final StringBuilder text = new StringBuilder();
        for (final ThreadInfo thread : dump.threads) {
            dump.print(thread, text);
        }
        return text.toString();
    }

    private void print(final ThreadInfo thread, final StringBuilder text) {
        text.append('\n').append('"').append(thread.getThreadName()).append("\" ").append(thread.getThreadState());
        text.append(chain(thread)).append('\n');
        final StackTraceElement[] stack = thread.getStackTrace();
        for (int depth = 0; depth < stack.length; depth++) {
            text.append("    at ").append(stack[depth]).append('\n');
            for (final MonitorInfo monitor : thread.getLockedMonitors()) {
                if (monitor.getLockedStackDepth() == depth) {
                    text.append("      holds ").append(monitor).append('\n');
                }
            }
        }
        for (final LockInfo lock : thread.getLockedSynchronizers()) {
            text.append("  holds ").append(lock).append('\n');
        }
    }

    private String chain(final ThreadInfo first) {
        final List<Long> seen = new ArrayList<>();
        final StringBuilder text = new StringBuilder();
        ThreadInfo thread = first;
        while (thread != null && thread.getLockInfo() != null && !seen.contains(thread.getThreadId())) {
            seen.add(thread.getThreadId());
            text.append(" waits for ").append(thread.getLockInfo());
            thread = byId.get(thread.getLockOwnerId());
            if (thread != null) {
                text.append(" of \"").append(thread.getThreadName()).append('"');
                text.append(seen.contains(thread.getThreadId()) ? " -- DEADLOCK" : ", which");
            }
        }
        return text.toString();
    }
}
