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
package io.viommu.tlb;

import static io.viommu.tlb.TranslationSlotLayout.BUSY;
import static io.viommu.tlb.TranslationSlotLayout.DEVICE;
import static io.viommu.tlb.TranslationSlotLayout.DEVICE_KEY;
import static io.viommu.tlb.TranslationSlotLayout.DOMAIN;
import static io.viommu.tlb.TranslationSlotLayout.GLOBAL;
import static io.viommu.tlb.TranslationSlotLayout.GROUP;
import static io.viommu.tlb.TranslationSlotLayout.GROUP_SHIFT;
import static io.viommu.tlb.TranslationSlotLayout.INPUT;
import static io.viommu.tlb.TranslationSlotLayout.INPUT_KEY;
import static io.viommu.tlb.TranslationSlotLayout.KIND;
import static io.viommu.tlb.TranslationSlotLayout.KIND_SHIFT;
import static io.viommu.tlb.TranslationSlotLayout.LENGTH;
import static io.viommu.tlb.TranslationSlotLayout.LENGTH_SHIFT;
import static io.viommu.tlb.TranslationSlotLayout.MATCH_SHIFT_SHIFT;
import static io.viommu.tlb.TranslationSlotLayout.OUTPUT;
import static io.viommu.tlb.TranslationSlotLayout.OUTPUT_UP;
import static io.viommu.tlb.TranslationSlotLayout.RIGHTS;
import static io.viommu.tlb.TranslationSlotLayout.SHIFT;
import static io.viommu.tlb.TranslationSlotLayout.STAMP;
import static io.viommu.tlb.TranslationSlotLayout.STAMP_SHIFT;
import static io.viommu.tlb.TranslationSlotLayout.TAGS;
import static io.viommu.tlb.TranslationSlotLayout.VERSION;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;

import org.agrona.BufferUtil;
import org.agrona.UnsafeApi;
import org.agrona.concurrent.UnsafeBuffer;

import io.viommu.lifecycle.JvmFlag;

/**
 * Translations that were walked, in one off-heap table that any number of threads read and fill without locks.
 *
 * <p>A translation is found by device, PASID and address in its home slot or three neighbours that share two cache
 * lines with it; the whole key is compared. It is kept in the size that the tables gave it, and a look-up tries the
 * sizes that are in use, that of the last hit first. Filling is lossy: of two threads that want one slot, one gives up.
 *
 * <p>An {@link #invalidate invalidation} takes effect at once for look-ups that begin later. To keep translations out
 * that were walked before it, a walker takes a {@link #ticket} before it reads the first descriptor. That no device
 * uses a dropped translation any more is known after {@link DmaEpochs#quiesce}.
 */
public final class TranslationCache {

    static {
        JvmFlag.require(UnsafeBuffer.class, JvmFlag.INTERNAL_MEMORY);
    }

    /** Entries of a vIOMMU's cache unless said otherwise: 4 MiB, in which 65,536 translations find room. */
    public static final int DEFAULT_ENTRIES = 131_072;

    private static final int WINDOW = 4;
    /** A stamp of 28 bits means one epoch only as long as none is older than this. */
    private static final long OLDEST = 1L << 26;
    private static final long SWEEP = (1L << 26) - 1;
    private static final VarHandle SIZES;

    static {
        try {
            SIZES = MethodHandles.lookup().findVarHandle(TranslationCache.class, "sizes", long.class);
        } catch (final ReflectiveOperationException impossible) {
            throw new ExceptionInInitializerError(impossible);
        }
    }

    /** Keeps the slots reachable. */
    private final ByteBuffer memory;
    private final long slots;
    private final int mask;
    private final InvalidationLog log = new InvalidationLog();
    private volatile long sizes;

    /**
     * Makes an empty cache.
     *
     * @param entries number of slots; the next power of two is taken. It works best at four times the translations in
     *                use.
     * @throws IllegalArgumentException if it is not 4 to 16777216.
     */
    public TranslationCache(final int entries) {
        if (entries < WINDOW || entries > 1 << 24) {
            throw new IllegalArgumentException("translation cache entries must be 4..16777216, not " + entries);
        }
        final int capacity = Integer.highestOneBit(entries - 1) << 1;
        mask = capacity - 1;
        memory = BufferUtil.allocateDirectAligned(capacity * LENGTH, WINDOW * LENGTH);
        slots = BufferUtil.address(memory);
    }

    /**
     * Looks a translation up.
     *
     * @param device  StreamID or requester id.
     * @param pasid   20 bits, or a negative number for none.
     * @param address the input address.
     * @param needed  rights that it must have, all of them.
     * @param into    filled with output, shift and rights if found.
     * @return true if found.
     */
    public boolean lookup(final int device, final int pasid, final long address, final int needed,
            final CachedTranslation into) {
        final long sequence = log.sequence();
        final long deviceKey = TranslationSlotLayout.deviceKey(device, pasid);
        long remaining = sizes;
        int shift = into.shift;
        if ((remaining >>> shift & 1) == 0) {
            if (remaining == 0) {
                return false;
            }
            shift = Long.numberOfTrailingZeros(remaining);
        }
        while (!probe(sequence, deviceKey, address, shift, needed, into)) {
            remaining &= ~(1L << shift);
            if (remaining == 0) {
                return false;
            }
            shift = Long.numberOfTrailingZeros(remaining);
        }
        return true;
    }

    private boolean probe(final long sequence, final long deviceKey, final long address, final int shift,
            final int needed, final CachedTranslation into) {
        final long page = address & -1L << shift;
        final long inputKey = page | shift;
        final int home = home(deviceKey, inputKey);
        for (int i = 0; i < WINDOW; i++) {
            final long at = address(home ^ i);
            // Only a glance, as most slots are others': the version decides whether what is read then is of one piece.
            if ((UnsafeApi.getLong(null, at + INPUT) & INPUT_KEY) == inputKey
                    && take(at, sequence, deviceKey, inputKey, address, needed, into)) {
                return true;
            }
        }
        return false;
    }

    private boolean take(final long at, final long sequence, final long deviceKey, final long inputKey,
            final long address, final int needed, final CachedTranslation into) {
        final long outputWord = UnsafeApi.getLongVolatile(null, at + OUTPUT);
        final long inputWord = UnsafeApi.getLong(null, at + INPUT);
        final long deviceWord = UnsafeApi.getLong(null, at + DEVICE);
        final long tagWord = UnsafeApi.getLong(null, at + TAGS);
        VarHandle.loadLoadFence();
        if ((inputWord & INPUT_KEY) != inputKey || (deviceWord & DEVICE_KEY) != deviceKey
                || (deviceWord & needed) != needed || (outputWord & BUSY) != 0
                || UnsafeApi.getLong(null, at + OUTPUT) != outputWord) {
            return false;
        }
        final boolean fresh = tagWord >>> STAMP_SHIFT == (sequence >>> 1 & STAMP) && (sequence & 1) == 0;
        if (!fresh && !revalidate(at, sequence, inputWord, deviceWord, outputWord, tagWord)) {
            return false;
        }
        final int shift = (int) (inputKey & SHIFT);
        into.output = outputWord >>> OUTPUT_UP & ~0xFFFL & -1L << shift | address & (1L << shift) - 1;
        into.shift = shift;
        into.rights = (int) (deviceWord & RIGHTS);
        return true;
    }

    /** Where a slot lies. The mask keeps it among the slots, so the accesses to it need no checks of their own. */
    private long address(final int slot) {
        return slots + ((long) (slot & mask) << LENGTH_SHIFT);
    }

    private int home(final long deviceKey, final long inputKey) {
        final long mixed = (inputKey >>> 12 ^ inputKey << 20 ^ deviceKey * 0x9E37_79B9_7F4A_7C15L)
                * 0xD6E8_FEB8_6659_FD93L;
        return (int) (mixed >>> 32) & mask;
    }

    /** Checks a translation against the invalidations since its stamp, and stamps it anew if it is still good. */
    private boolean revalidate(final long at, final long sequence, final long inputWord, final long deviceWord,
            final long outputWord, final long tagWord) {
        final long epoch = sequence >>> 1;
        final long stamped = epoch - (epoch - (tagWord >>> STAMP_SHIFT) & STAMP);
        if (!log.admits(sequence, stamped, inputWord, deviceWord, tagWord)) {
            return false;
        }
        if (UnsafeApi.compareAndSetLong(null, at + OUTPUT, outputWord, outputWord | BUSY)) {
            VarHandle.storeStoreFence();
            UnsafeApi.putLong(null, at + TAGS, tagWord & ~(STAMP << STAMP_SHIFT) | (epoch & STAMP) << STAMP_SHIFT);
            UnsafeApi.putLongRelease(null, at + OUTPUT, next(outputWord));
        }
        return true;
    }

    /** The same output with the next even version. */
    private static long next(final long outputWord) {
        return outputWord & ~VERSION | (outputWord & ~BUSY) + 2 & VERSION;
    }

    /**
     * Begins a walk.
     *
     * @return to be given to {@link #fill} with what it finds.
     */
    public long ticket() {
        return log.sequence() >>> 1;
    }

    /**
     * Keeps a translation. If an invalidation that concerns it came after the ticket, it will not be found.
     *
     * @param translation what the walk found.
     * @param ticket      taken before the walk.
     */
    public void fill(final CachedTranslation translation, final long ticket) {
        if (expired(ticket)) {
            return;
        }
        final int shift = translation.shift;
        final long bit = 1L << shift;
        if ((sizes & bit) == 0) {
            SIZES.getAndBitwiseOr(this, bit);
        }
        final long deviceKey = TranslationSlotLayout.deviceKey(translation.device, translation.pasid);
        final long inputKey = translation.input & -bit | shift;
        final long at = choose(deviceKey, inputKey, translation.turn++);
        final long before = UnsafeApi.getLongVolatile(null, at + OUTPUT);
        if ((before & BUSY) != 0 || !UnsafeApi.compareAndSetLong(null, at + OUTPUT, before, before | BUSY)) {
            return;
        }
        VarHandle.storeStoreFence();
        UnsafeApi.putLong(null, at + INPUT, inputKey | (long) translation.matchShift << MATCH_SHIFT_SHIFT);
        UnsafeApi.putLong(null, at + DEVICE, deviceKey | (long) translation.kind << KIND_SHIFT & KIND
                | (translation.global ? GLOBAL : 0) | translation.rights & RIGHTS);
        UnsafeApi.putLong(null, at + TAGS, (ticket & STAMP) << STAMP_SHIFT
                | (long) translation.group << GROUP_SHIFT & GROUP | translation.domain & DOMAIN);
        UnsafeApi.putLongRelease(null, at + OUTPUT,
                (translation.output & -bit & ~0xFFFL) << OUTPUT_UP | next(before) & VERSION);
        if (expired(ticket)) {
            drop(at);
        }
    }

    private boolean expired(final long ticket) {
        return ticket() - ticket > OLDEST;
    }

    /** The slot that has the key already, else one that is out of date, else one in turn. */
    private long choose(final long deviceKey, final long inputKey, final int turn) {
        final int home = home(deviceKey, inputKey);
        final long epoch = ticket();
        long oldest = address(home ^ turn & WINDOW - 1);
        long greatestAge = InvalidationLog.CAPACITY;
        for (int i = 0; i < WINDOW; i++) {
            final long at = address(home ^ i);
            final long inputWord = UnsafeApi.getLong(null, at + INPUT);
            if (inputWord == 0 || (inputWord & INPUT_KEY) == inputKey
                    && (UnsafeApi.getLong(null, at + DEVICE) & DEVICE_KEY) == deviceKey) {
                return at;
            }
            final long age = epoch - (UnsafeApi.getLong(null, at + TAGS) >>> STAMP_SHIFT) & STAMP;
            if (age > greatestAge) {
                greatestAge = age;
                oldest = at;
            }
        }
        return oldest;
    }

    /**
     * Drops translations. Look-ups that begin when this has returned don't find them.
     *
     * @param scope which.
     */
    public void invalidate(final InvalidationScope scope) {
        if ((log.append(scope) & SWEEP) == 0) {
            for (int slot = 0; slot <= mask; slot++) {
                drop(address(slot));
            }
        }
    }

    /** Empties a slot; one that is being filled just now holds nothing old. */
    private void drop(final long at) {
        final long before = UnsafeApi.getLongVolatile(null, at + OUTPUT);
        if ((before & BUSY) == 0 && UnsafeApi.compareAndSetLong(null, at + OUTPUT, before, before | BUSY)) {
            VarHandle.storeStoreFence();
            UnsafeApi.putLong(null, at + INPUT, 0);
            UnsafeApi.putLong(null, at + DEVICE, 0);
            UnsafeApi.putLongRelease(null, at + OUTPUT, next(before));
        }
    }
}
