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

/** Takes what a {@link KernelLogParser} finds. Called on the thread that feeds the parser. */
@FunctionalInterface
public interface LogFaultHandler {
    /**
     * Called once for each fault, as soon as no fault can come any more that begins on a line before it.
     *
     * @param fault the fault
     */
    void fault(LogFault fault);

    /**
     * Called once for each line that tells of faults without being one.
     *
     * @param notice the notice
     */
    default void notice(final LogNotice notice) {
        // Most callers only want the faults; notices are counted in the statistics in any case.
    }

    /**
     * Called once for each line that tells of a fault which can't be read into a record of SMMUv3 or VT-d.
     *
     * @param line number of the line, from 1
     * @param what what it tells of
     */
    default void other(final long line, final OtherFault what) {
        // They are counted in the statistics in any case.
    }

    /** Called when the input has nothing more for the moment, as a pipe whose writer sleeps. */
    default void pause() {
        // Those who show faults while a log grows show them now.
    }
}
