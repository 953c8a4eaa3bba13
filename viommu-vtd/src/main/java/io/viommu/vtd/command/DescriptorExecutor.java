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

package io.viommu.vtd.command;

import io.viommu.vtd.register.VtdCapabilities;
import io.viommu.vtd.spec.CapabilityFields;
import io.viommu.vtd.spec.InvalidationLayout;

/**
 * Checks and executes single descriptors, all but the wait, which concerns the queue. Nothing is done by a descriptor
 * that has an error.
 */
final class DescriptorExecutor {

    /** The descriptor was executed; any other result is the IQEI code of its error. */
    static final int DONE = -1;
    /** The device did not complete in time; {@link #device} tells which. */
    static final int DEVICE_TIMED_OUT = -2;
    /** The device completed wrongly; {@link #device} tells which. */
    static final int DEVICE_WRONG = -3;

    /** Takes the guest's answers to page requests. */
    @FunctionalInterface
    interface PageAnswers {
        void respond(int requesterId, int pasid, int group, int code);
    }

    private static final int[] IGNORED_FUNCTION_BITS = { 0, 4, 6, 7 };

    private final VtdCapabilities capabilities;
    private final InvalidationSink sink;
    private final PageAnswers answers;
    private int device;

    DescriptorExecutor(final VtdCapabilities capabilities, final InvalidationSink sink,
            final PageAnswers answers) {
        this.capabilities = capabilities;
        this.sink = sink;
        this.answers = answers;
    }

    /** The requester id of the last descriptor that a device did not complete. */
    int device() {
        return device;
    }

    /**
     * Checks what all descriptors have in common: a type that this unit has and reserved fields of 0.
     *
     * @return DONE if nothing is wrong.
     */
    int check(final int type, final long word0, final long word1) {
        if (type < InvalidationLayout.CONTEXT || type > InvalidationLayout.PAGE_RESPONSE || !available(type)) {
            return InvalidationLayout.ERROR_TYPE;
        }
        if (InvalidationLayout.reserved(type, word0, word1)) {
            return InvalidationLayout.ERROR_RESERVED;
        }
        if (deviceTlb(type) && !capabilities.hasExtended(CapabilityFields.DIT)
                && (word0 & InvalidationLayout.PHYSICAL_FUNCTION) != 0) {
            return InvalidationLayout.ERROR_RESERVED;
        }
        return DONE;
    }

    private boolean available(final int type) {
        return switch (type) {
            case InvalidationLayout.DEVICE_TLB, InvalidationLayout.PASID_DEVICE_TLB ->
                capabilities.hasExtended(CapabilityFields.DT);
            case InvalidationLayout.INTERRUPT -> capabilities.hasExtended(CapabilityFields.IR);
            case InvalidationLayout.PAGE_RESPONSE -> capabilities.hasExtended(CapabilityFields.PRS);
            case InvalidationLayout.PASID_IOTLB, InvalidationLayout.PASID_CACHE ->
                capabilities.hasExtended(CapabilityFields.SMTS);
            default -> true;
        };
    }

    private static boolean deviceTlb(final int type) {
        return type == InvalidationLayout.DEVICE_TLB || type == InvalidationLayout.PASID_DEVICE_TLB;
    }

    /** Executes a descriptor that {@link #check} found in order. */
    int execute(final int type, final long word0, final long word1) {
        return switch (type) {
            case InvalidationLayout.CONTEXT -> context(word0);
            case InvalidationLayout.IOTLB -> iotlb(word0, word1);
            case InvalidationLayout.DEVICE_TLB -> deviceTlb(InvalidationLayout.high16(word0),
                    InvalidationSink.NO_PASID, word1, (word1 & 1) != 0);
            case InvalidationLayout.INTERRUPT -> interrupts(word0);
            case InvalidationLayout.PASID_IOTLB -> pasidIotlb(word0, word1);
            case InvalidationLayout.PASID_CACHE -> pasidCache(word0);
            case InvalidationLayout.PASID_DEVICE_TLB -> deviceTlb(InvalidationLayout.low16(word0),
                    (word1 & 1) != 0 ? InvalidationSink.ANY_PASID : InvalidationLayout.pasid(word0), word1,
                    (word1 & 1L << 11) != 0);
            default -> pageResponse(word0, word1);
        };
    }

    private int context(final long word0) {
        switch (InvalidationLayout.granularity(word0)) {
            // Contexts are few and cheap to read again, so a domain's go with all others, as 6.5.2.1 allows.
            case InvalidationLayout.GLOBAL, InvalidationLayout.DOMAIN -> sink.forgetAllContexts();
            case InvalidationLayout.SELECTIVE -> sink.forgetContexts(InvalidationLayout.high16(word0),
                    ignoredBits((int) (word0 >>> 48)));
            default -> {
                return InvalidationLayout.ERROR_RESERVED;
            }
        }
        return DONE;
    }

    /** Which bits of a function number a function mask hides (VT-d 11.4.6.1, FM). */
    static int ignoredBits(final int functionMask) {
        return IGNORED_FUNCTION_BITS[functionMask & 3];
    }

    private int iotlb(final long word0, final long word1) {
        final int domain = InvalidationLayout.low16(word0);
        switch (InvalidationLayout.granularity(word0)) {
            case InvalidationLayout.GLOBAL -> sink.forgetAllTranslations();
            case InvalidationLayout.DOMAIN -> sink.forgetDomain(domain);
            case InvalidationLayout.SELECTIVE -> {
                final int mask = (int) word1 & InvalidationLayout.ADDRESS_MASK;
                if (mask > capabilities.maxAddressMask()) {
                    return InvalidationLayout.ERROR_RESERVED;
                }
                sink.forgetPages(domain, word1 & InvalidationLayout.ADDRESS, mask,
                        (word1 & InvalidationLayout.HINT) != 0);
            }
            default -> {
                return InvalidationLayout.ERROR_RESERVED;
            }
        }
        return DONE;
    }

    private int pasidIotlb(final long word0, final long word1) {
        final int domain = InvalidationLayout.low16(word0);
        final int pasid = InvalidationLayout.pasid(word0);
        switch (InvalidationLayout.granularity(word0)) {
            case InvalidationLayout.PASID_ALL -> sink.forgetPasidTranslations(domain, pasid);
            case InvalidationLayout.PASID_PAGES -> {
                final int mask = (int) word1 & InvalidationLayout.ADDRESS_MASK;
                if (mask > capabilities.maxAddressMask()) {
                    return InvalidationLayout.ERROR_RESERVED;
                }
                sink.forgetPasidPages(domain, pasid, word1 & InvalidationLayout.ADDRESS, mask,
                        (word1 & InvalidationLayout.HINT) != 0);
            }
            default -> {
                return InvalidationLayout.ERROR_RESERVED;
            }
        }
        return DONE;
    }

    private int pasidCache(final long word0) {
        final int domain = InvalidationLayout.low16(word0);
        switch (InvalidationLayout.granularity(word0)) {
            case InvalidationLayout.PASID_DOMAIN -> sink.forgetPasids(domain);
            case InvalidationLayout.PASID_ONE -> sink.forgetPasid(domain, InvalidationLayout.pasid(word0));
            case InvalidationLayout.PASID_GLOBAL -> sink.forgetAllPasids();
            default -> {
                return InvalidationLayout.ERROR_RESERVED;
            }
        }
        return DONE;
    }

    private int interrupts(final long word0) {
        if ((word0 & InvalidationLayout.INDEX_SELECTIVE) == 0) {
            sink.forgetAllInterrupts();
            return DONE;
        }
        final int mask = (int) (word0 >>> 27) & 0x1F;
        if (mask > capabilities.maxHandleMask()) {
            return InvalidationLayout.ERROR_RESERVED;
        }
        sink.forgetInterrupts(InvalidationLayout.high16(word0), mask);
        return DONE;
    }

    /** With S set the size stands in the address: n ones from bit 12 up, then a zero, are 2^(n+1) pages (PCIe ATS). */
    private int deviceTlb(final int sourceId, final int pasid, final long word1, final boolean sized) {
        final long page = word1 >>> 12;
        final int pagesLog2 = sized ? Math.min(Long.numberOfTrailingZeros(~page) + 1, 52) : 0;
        final long address = page >>> pagesLog2 << pagesLog2 << 12;
        return switch (sink.invalidateDevice(sourceId, pasid, address, pagesLog2)) {
            case InvalidationSink.TIMED_OUT -> {
                device = sourceId;
                yield DEVICE_TIMED_OUT;
            }
            case InvalidationSink.WRONG_COMPLETION -> {
                device = sourceId;
                yield DEVICE_WRONG;
            }
            default -> DONE;
        };
    }

    private int pageResponse(final long word0, final long word1) {
        final int pasid = (word0 & InvalidationLayout.RESPONSE_PASID) == 0
                ? InvalidationSink.NO_PASID
                : InvalidationLayout.pasid(word0);
        answers.respond(InvalidationLayout.low16(word0), pasid, (int) (word1 >>> 3) & 0x1FF,
                (int) (word0 >>> 12) & 0xF);
        return DONE;
    }
}
