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

/**
 * How a guest's run ended.
 *
 * @param kind what happened.
 * @param text a sentence about it.
 */
public record Ending(Kind kind, String text) {

    /** What happened. */
    public enum Kind {
        /** The guest switched itself off. */
        POWER_OFF,
        /** The guest asked to be started anew. */
        RESET,
        /** The VMM ended it. */
        STOPPED,
        /** It can't go on. */
        FAILED
    }

    static final Ending POWERED_OFF = new Ending(Kind.POWER_OFF, "the guest switched itself off");
    static final Ending RESET = new Ending(Kind.RESET, "the guest asked for a reset");
    static final Ending STOPPED = new Ending(Kind.STOPPED, "the guest was stopped");

    static Ending failed(final String text) {
        return new Ending(Kind.FAILED, text);
    }
}
