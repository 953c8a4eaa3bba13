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

package io.viommu.fault;

/**
 * The way back to where a recoverable fault came from. Called from the injector (automatic answers) and from vCPU
 * threads (the guest's answers), possibly at once.
 */
public interface PageResponder {

    /** The page is there now; the device may retry. */
    int SUCCESS = 0;
    /** The request was not valid; the device must not retry. */
    int INVALID = 1;
    /** A catastrophic failure; a host that has no such answer takes it as {@link #INVALID}. */
    int FAILURE = 2;

    /**
     * Answers a group. An answer that comes too late, after the source answered by itself, is not an error.
     *
     * @param source number of the source that the fault came from.
     * @param cookie the fault's cookie.
     * @param code   {@link #SUCCESS}, {@link #INVALID} or {@link #FAILURE}.
     */
    void respond(int source, long cookie, int code);
}
