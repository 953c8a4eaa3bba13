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
 * One thread's way through a vIOMMU. Addresses that {@link #translate} gives are good until {@link #end}: a guest's
 * invalidation completes only when every session that was in progress when it came has ended, so a VMM brackets each
 * transaction, copy included:
 *
 * <pre>{@code
 * session.begin();
 * try {
 *     if (session.translate(device, DmaSession.NO_PASID, iova, DmaSession.WRITE) == DmaSession.OK) {
 *         memory.write(session.address(), bytes, 0, (int) Math.min(length, session.span()));
 *     }
 * } finally {
 *     session.end();
 * }
 * }</pre>
 *
 * <p>Used by one thread at a time. Nothing here blocks, allocates or throws on what a guest or a device did. A fault is
 * recorded for the guest through the vIOMMU's own pipeline before {@link #translate} returns.
 */
public interface DmaSession extends AutoCloseable {

    /** Stands for a transaction without PASID (SubstreamID). */
    int NO_PASID = -1;

    /** Access flag: none, a data read by an unprivileged master. */
    int READ = 0;
    /** Access flag: a write. */
    int WRITE = 1;
    /** Access flag: an instruction fetch; with {@link #WRITE} it has no meaning and is ignored. */
    int EXECUTE = 2;
    /** Access flag: made by a privileged master. */
    int PRIVILEGED = 4;
    /** Access flag: the address was already translated through ATS (PCIe AT = 10b). */
    int TRANSLATED = 8;

    /** The access may be done at {@link #address}. */
    int OK = 0;
    /** The access is aborted; the device sees an error. */
    int ABORTED = 1;
    /** The access is ended without effect: reads give zeros, writes vanish (SMMUv3 terminate RAZ/WI). */
    int IGNORED = 2;
    /** The access waits for the guest's answer (SMMUv3 stall). */
    int STALLED = 3;

    /** Begins a transaction. */
    void begin();

    /** Ends it: what was translated since {@link #begin} is no longer used. */
    void end();

    /**
     * Translates the first byte of an access.
     *
     * @param device StreamID or requester id.
     * @param pasid  20 bits, or {@link #NO_PASID}.
     * @param iova   the input address.
     * @param access flags of this interface.
     * @return {@link #OK}, {@link #ABORTED}, {@link #IGNORED} or {@link #STALLED}.
     */
    int translate(int device, int pasid, long iova, int access);

    /**
     * Where the last access goes.
     *
     * @return a guest physical address, after {@link #OK}.
     */
    long address();

    /**
     * How far the last translation reaches: that many bytes from {@link #address} on belong to the same mapping.
     *
     * @return at least 1.
     */
    long span();

    /**
     * Which of its stalled transactions the last access is: the vIOMMU's answer names it by this tag.
     *
     * @return the tag after {@link #STALLED}; a model that never stalls has none and gives -1.
     */
    default int stallTag() {
        return -1;
    }

    @Override
    void close();
}
