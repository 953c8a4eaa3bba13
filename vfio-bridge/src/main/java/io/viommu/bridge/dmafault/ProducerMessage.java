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

/**
 * The messages between a producer process and the one that started it: 64 bytes each, host byte order.
 *
 * <pre>
 *   0  u32 magic "VIOP"   4  u32 type   8  u64 arguments 0 to 6
 *
 *  to the producer                                            descriptors
 *   RUN       repeat, rate, flags, number of regions           the script
 *   REGIONS   index of the first, how many                     memory and eventfd of each
 *   START
 *  from the producer
 *   READY     how many regions are mapped; answers RUN and each REGIONS
 *   PROGRESS  produced, dropped
 *   REPORT    region, produced, dropped; one for each region after the run
 *   FINISHED  produced, dropped
 *   FAILED    length of a sentence in UTF-8, which follows the message
 * </pre>
 */
final class ProducerMessage {

    static final int LENGTH = 64;
    static final int MAGIC = 0x504F_4956;
    static final int TYPE = 4;
    static final int ARGUMENTS = 8;
    static final int ARGUMENT_COUNT = 7;

    static final int RUN = 1;
    static final int REGIONS = 2;
    static final int START = 3;
    static final int READY = 16;
    static final int PROGRESS = 17;
    static final int REPORT = 18;
    static final int FINISHED = 19;
    static final int FAILED = 20;

    static final int FLAG_WAIT_FOR_SPACE = 1;
    static final int FLAG_COALESCE = 2;

    /** Two descriptors for each region, within the 253 of one message. */
    static final int REGIONS_PER_MESSAGE = 126;
    /** The longest sentence of a failure. */
    static final int MAX_SENTENCE = 4096;

    private ProducerMessage() {
    }
}
