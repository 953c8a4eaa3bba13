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

package io.viommu.iommu;

/**
 * A session that also answers PCIe ATS translation requests, for endpoints with a translation cache of their own (PCI
 * Express Base, chapter 10). What it grants, the endpoint uses later by transactions marked
 * {@link DmaSession#TRANSLATED}.
 */
public interface AtsSession extends DmaSession {

    /** The request was answered; {@link #atsRights} says what is allowed, possibly nothing. */
    int ATS_SUCCESS = 0;
    /** Completion status Unsupported Request: the endpoint may not ask. */
    int ATS_UNSUPPORTED = 1;
    /** Completion status Completer Abort: the request could not be followed. */
    int ATS_ABORT = 2;

    /** Right: the endpoint may read. */
    int ATS_READ = 1;
    /** Right: the endpoint may write. */
    int ATS_WRITE = 2;
    /** Right: the endpoint may execute. */
    int ATS_EXECUTE = 4;

    /**
     * Answers a translation request. With {@link #ATS_SUCCESS} and a right, {@link #address} and {@link #span} say
     * where the address leads and how far.
     *
     * @param device StreamID or requester id.
     * @param pasid  20 bits, or {@link DmaSession#NO_PASID}.
     * @param iova   the untranslated address.
     * @param access {@link DmaSession#WRITE} unless the request has No Write set, {@link DmaSession#EXECUTE} and
     *               {@link DmaSession#PRIVILEGED} as its PASID prefix says.
     * @return {@link #ATS_SUCCESS}, {@link #ATS_UNSUPPORTED} or {@link #ATS_ABORT}.
     */
    int requestTranslation(int device, int pasid, long iova, int access);

    /**
     * What the last request allows.
     *
     * @return {@link #ATS_READ}, {@link #ATS_WRITE} and {@link #ATS_EXECUTE}, or 0.
     */
    int atsRights();
}
