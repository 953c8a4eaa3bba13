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
package io.viommu.smmu.command;

/**
 * Where the command executor sends invalidations (IHI 0070, 4.3 and 4.4). Every operation takes constant time whatever
 * range it names, is safe on any thread, and may drop more than it was asked to. Nothing of it is complete for the
 * transactions under way until {@link #quiesce} returned, which is what CMD_SYNC calls.
 *
 * <p>Arguments are the command's fields as they stand; VMIDs and ASIDs are matched as the SMMU's features say. Range
 * fields are only meant with {@code tg} not 0.
 */
public interface InvalidationSink {

    /** CMD_CFGI_ALL. */
    void configurationAll();

    /**
     * CMD_CFGI_STE and CMD_CFGI_STE_RANGE.
     *
     * @param streamId any of the range.
     * @param range    the range holds 2^(range + 1) StreamIDs; -1 is this one only.
     */
    void configurationStreams(int streamId, int range);

    /**
     * CMD_CFGI_CD.
     *
     * @param streamId    the stream.
     * @param substreamId index of the context descriptor.
     */
    void configurationContext(int streamId, int substreamId);

    /**
     * CMD_CFGI_CD_ALL.
     *
     * @param streamId the stream.
     */
    void configurationContexts(int streamId);

    /** CMD_TLBI_NSNH_ALL: everything of the EL1 world. */
    void translationsAll();

    /**
     * CMD_TLBI_NH_ALL: stage 1, alone or combined with stage 2.
     *
     * @param vmid the virtual machine.
     */
    void stage1TranslationsOfVmid(int vmid);

    /**
     * CMD_TLBI_S12_VMALL: both stages.
     *
     * @param vmid the virtual machine.
     */
    void translationsOfVmid(int vmid);

    /**
     * CMD_TLBI_NH_ASID.
     *
     * @param vmid the virtual machine.
     * @param asid the address space.
     */
    void translationsOfAsid(int vmid, int asid);

    /**
     * CMD_TLBI_NH_VA.
     *
     * @param vmid    the virtual machine.
     * @param asid    the address space.
     * @param address the command's address, bits 11 to 0 clear.
     * @param tg      0 for one entry of any granule; 1, 2, 3 for a range of 4, 16, 64 KiB granules.
     * @param num     NUM, 5 bits.
     * @param scale   SCALE, 5 bits.
     */
    void translationsAt(int vmid, int asid, long address, int tg, int num, int scale);

    /**
     * CMD_TLBI_NH_VAA: as {@link #translationsAt} for every ASID.
     *
     * @param vmid    the virtual machine.
     * @param address the command's address.
     * @param tg      granule of a range, or 0.
     * @param num     NUM.
     * @param scale   SCALE.
     */
    void translationsAtAnyAsid(int vmid, long address, int tg, int num, int scale);

    /**
     * CMD_TLBI_S2_IPA.
     *
     * @param vmid    the virtual machine.
     * @param address the command's address, an IPA.
     * @param tg      granule of a range, or 0.
     * @param num     NUM.
     * @param scale   SCALE.
     */
    void translationsAtIpa(int vmid, long address, int tg, int num, int scale);

    /** CMD_TLBI_EL2_ALL. */
    void el2TranslationsAll();

    /**
     * CMD_TLBI_EL2_ASID.
     *
     * @param asid the address space.
     */
    void el2TranslationsOfAsid(int asid);

    /**
     * CMD_TLBI_EL2_VA.
     *
     * @param asid    the address space.
     * @param address the command's address.
     * @param tg      granule of a range, or 0.
     * @param num     NUM.
     * @param scale   SCALE.
     */
    void el2TranslationsAt(int asid, long address, int tg, int num, int scale);

    /**
     * CMD_TLBI_EL2_VAA.
     *
     * @param address the command's address.
     * @param tg      granule of a range, or 0.
     * @param num     NUM.
     * @param scale   SCALE.
     */
    void el2TranslationsAtAnyAsid(long address, int tg, int num, int scale);

    /**
     * As {@link #quiesce}, for a thread that others wait for: it doesn't wait itself.
     *
     * @return false if a transaction of another thread is under way, which may not have ended.
     */
    boolean tryQuiesce();

    /**
     * Waits until every transaction that was under way has ended, so that nothing dropped before is still in use
     * (3.21.1, 4.7.3). Transactions of the calling thread itself are not waited for.
     */
    void quiesce();
}
