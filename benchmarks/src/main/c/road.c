#define _GNU_SOURCE
#include "road.h"

#include <linux/futex.h>
#include <poll.h>
#include <sched.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/* The region's header, struct vfio_region_dma_fault; fields have 4 bytes. */
enum { TAIL = 0, ENTRY_SIZE = 4, NB_ENTRIES = 8, RING_OFFSET = 12, HEAD = 16 };

/* struct iommu_fault, type 1, as the kernel of 2021 writes it. */
struct fault {
    uint32_t type, padding, reason, flags, pasid, perm;
    uint64_t addr, fetch_addr;
    uint64_t unused[3];
};
_Static_assert(sizeof(struct fault) == 64, "an entry has 64 bytes");

enum { DMA_UNRECOV = 1, ADDR_VALID = 2, PERM_READ = 1, PERM_WRITE = 2, PERM_EXEC = 4, PERM_PRIV = 8 };

/* SMMUv3 events (IHI 0070, 7.3), by the generic reason. */
static const uint8_t EVENT_OF_REASON[9] = { 0, 0x09, 0x0a, 0x08, 0x0b, 0x10, 0x13, 0x12, 0x11 };
enum { PTE_FETCH = 5, PERMISSION = 6, ACCESS = 7, OOR_ADDRESS = 8 };

#define CLASS_IN (2ull << 40)
#define RNW (1ull << 35)
#define IND (1ull << 34)
#define PNU (1ull << 33)

struct event {
    uint64_t word[4];
};

struct ring {
    uint8_t *entries;
    uint32_t size, mask;
    _Atomic uint32_t *head, *tail;
};

static struct ring ring_of(const struct road *road)
{
    uint32_t header[5];
    memcpy(header, road->region, sizeof header);
    return (struct ring){
        .entries = road->region + header[RING_OFFSET / 4],
        .size = header[ENTRY_SIZE / 4],
        .mask = header[NB_ENTRIES / 4] - 1,
        .head = (_Atomic uint32_t *)(road->region + HEAD),
        .tail = (_Atomic uint32_t *)(road->region + TAIL),
    };
}

static int64_t now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000000ll + t.tv_nsec;
}

static void pause_a_little(uint32_t *spins)
{
    if (++*spins % 256 == 0)
        sched_yield();
#if defined(__x86_64__)
    __builtin_ia32_pause();
#endif
}

static void signal_fd(int64_t fd)
{
    const uint64_t one = 1;
    ssize_t ignored = write((int)fd, &one, sizeof one);
    (void)ignored;
}

/* ---- producer ---- */

static void wait_for_pace(const struct road *road, uint64_t i)
{
    const int64_t due = road->begun + (int64_t)(i * road->pace_nanos);
    const struct timespec until = { due / 1000000000, due % 1000000000 };
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, 0) != 0)
        ;
}

void road_produce(struct road *road)
{
    const struct ring ring = ring_of(road);
    uint32_t head = atomic_load_explicit(ring.head, memory_order_relaxed);
    struct fault fault = {
        .type = DMA_UNRECOV, .reason = PTE_FETCH, .flags = ADDR_VALID, .perm = PERM_WRITE,
    };
    uint64_t signals = 0;
    road->begun = now();
    for (uint64_t i = 0; i < road->faults; i++) {
        if (road->pace_nanos) {
            wait_for_pace(road, i);
            road->sent[i] = now();
        }
        uint32_t spins = 0;
        uint32_t tail = atomic_load_explicit(ring.tail, memory_order_acquire);
        while (((tail - head - 1) & ring.mask) == 0) { /* closed loop: wait where the kernel would drop */
            pause_a_little(&spins);
            tail = atomic_load_explicit(ring.tail, memory_order_acquire);
        }
        fault.addr = (road->first + i) << 12;
        memcpy(ring.entries + (size_t)head * ring.size, &fault, sizeof fault);
        const uint32_t next = (head + 1) & ring.mask;
        if (road->coalesced) {
            /* Store head, then look at tail; the consumer stores tail, then looks at head: one of them sees. */
            atomic_store_explicit(ring.head, next, memory_order_seq_cst);
            tail = atomic_load_explicit(ring.tail, memory_order_seq_cst);
        } else {
            atomic_store_explicit(ring.head, next, memory_order_release);
        }
        if (!road->coalesced || tail == head) {
            signal_fd(road->fault_fd);
            signals++;
        }
        head = next;
    }
    road->signals = signals;
}

/* ---- consumer ---- */

/* Formats one event. Unlike the classic consumer's it fills RnW, InD, PnU and CLASS, since ours does. */
static struct event event_of(const struct fault *fault, uint64_t device)
{
    struct event event = { { EVENT_OF_REASON[fault->reason] | device << 32, 0, 0, 0 } };
    if (fault->reason >= PTE_FETCH) {
        event.word[1] = CLASS_IN | (fault->perm & PERM_WRITE ? 0 : RNW) | (fault->perm & PERM_EXEC ? IND : 0)
            | (fault->perm & PERM_PRIV ? PNU : 0);
        event.word[2] = fault->addr;
    }
    return event;
}

/* Copies once, checks the copy, writes the event, publishes PROD. Returns 0 if nothing could be delivered. */
static int inject(struct road *road, const uint8_t *entry)
{
    struct fault fault;
    memcpy(&fault, entry, sizeof fault);
    if (fault.type != DMA_UNRECOV || fault.reason == 0 || fault.reason > OOR_ADDRESS)
        return 0;
    const uint64_t prod = road->prod;
    const uint64_t cons = __atomic_load_n(&road->cons, __ATOMIC_ACQUIRE);
    if ((prod ^ cons) == road->queue_entries) /* full: same index, other wrap */
        return 0;
    const struct event event = event_of(&fault, road->guest_device);
    memcpy(road->queue + (prod & (road->queue_entries - 1)) * sizeof event, &event, sizeof event);
    __atomic_store_n(&road->prod, (prod + 1) & (2 * road->queue_entries - 1), __ATOMIC_RELEASE);
    return 1;
}

/* The guest's part is the same on both sides: take the interrupt, take all events there are. */
static void interrupt(struct road *road)
{
    signal_fd(road->irq_fd);
    road->irqs++;
    __atomic_store_n(&road->cons, road->prod, __ATOMIC_RELEASE);
}

static void stamp(const struct road *road, uint64_t from, uint64_t to)
{
    const int64_t time = now();
    for (uint64_t i = from; i < to; i++)
        road->done[i] = time;
}

static void wait_for_faults(struct road *road)
{
    struct pollfd fds = { .fd = (int)road->fault_fd, .events = POLLIN };
    uint64_t count;
    while (poll(&fds, 1, -1) != 1)
        ;
    ssize_t ignored = read((int)road->fault_fd, &count, sizeof count);
    (void)ignored;
    road->wakes++;
}

void road_consume(struct road *road)
{
    const struct ring ring = ring_of(road);
    const uint32_t free_every = (ring.mask + 1) / 4;
    uint32_t tail = atomic_load_explicit(ring.tail, memory_order_relaxed);
    uint64_t taken = 0;
    while (taken < road->faults) {
        wait_for_faults(road);
        uint32_t head;
        while ((head = atomic_load_explicit(ring.head, memory_order_seq_cst)) != tail) {
            uint64_t batch = 0;
            const uint64_t before = taken;
            while (tail != head && batch < road->batch) {
                const int delivered = inject(road, ring.entries + (size_t)tail * ring.size);
                tail = (tail + 1) & ring.mask;
                if (++batch % free_every == 0)
                    atomic_store_explicit(ring.tail, tail, memory_order_release);
                if (delivered && road->irq_per_fault)
                    interrupt(road);
            }
            atomic_store_explicit(ring.tail, tail, memory_order_seq_cst);
            taken += batch;
            if (!road->irq_per_fault)
                interrupt(road);
            if (road->pace_nanos)
                stamp(road, before, taken);
        }
    }
    road->ended = now();
}

/* ---- consumer with a hop between two threads ---- */

enum { HOP_SLOTS = 4096 };

struct hop {
    _Alignas(64) _Atomic uint64_t published;
    _Alignas(64) _Atomic uint64_t taken;
    _Alignas(64) _Atomic uint32_t sleeping; /* the injector waits on this word */
    _Alignas(64) uint8_t slots[HOP_SLOTS][64];
};

uint64_t road_hop_size(void)
{
    return sizeof(struct hop);
}

static void futex_wait(_Atomic uint32_t *word, uint32_t value)
{
    syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, value, 0, 0, 0);
}

static void wake_injector(struct hop *hop)
{
    if (atomic_load_explicit(&hop->sleeping, memory_order_seq_cst)
        && atomic_exchange_explicit(&hop->sleeping, 0, memory_order_seq_cst))
        syscall(SYS_futex, &hop->sleeping, FUTEX_WAKE_PRIVATE, 1, 0, 0, 0);
}

void road_consume_and_pass(struct road *road, void *memory)
{
    struct hop *hop = memory;
    const struct ring ring = ring_of(road);
    uint32_t tail = atomic_load_explicit(ring.tail, memory_order_relaxed);
    uint64_t published = atomic_load_explicit(&hop->published, memory_order_relaxed);
    const uint64_t end = published + road->faults;
    while (published < end) {
        wait_for_faults(road);
        uint32_t head;
        while ((head = atomic_load_explicit(ring.head, memory_order_seq_cst)) != tail) {
            uint32_t spins = 0;
            while (tail != head) {
                while (published - atomic_load_explicit(&hop->taken, memory_order_acquire) == HOP_SLOTS)
                    pause_a_little(&spins);
                memcpy(hop->slots[published % HOP_SLOTS], ring.entries + (size_t)tail * ring.size, 64);
                atomic_store_explicit(&hop->published, ++published, memory_order_seq_cst);
                wake_injector(hop);
                tail = (tail + 1) & ring.mask;
            }
            atomic_store_explicit(ring.tail, tail, memory_order_seq_cst);
        }
    }
}

static uint64_t wait_for_published(struct hop *hop, uint64_t taken)
{
    uint64_t published = atomic_load_explicit(&hop->published, memory_order_acquire);
    while (published == taken) {
        atomic_store_explicit(&hop->sleeping, 1, memory_order_seq_cst);
        published = atomic_load_explicit(&hop->published, memory_order_seq_cst);
        if (published == taken) {
            futex_wait(&hop->sleeping, 1);
            published = atomic_load_explicit(&hop->published, memory_order_acquire);
        }
        atomic_store_explicit(&hop->sleeping, 0, memory_order_seq_cst);
    }
    return published;
}

void road_inject_passed(struct road *road, void *memory)
{
    struct hop *hop = memory;
    uint64_t taken = atomic_load_explicit(&hop->taken, memory_order_relaxed);
    const uint64_t start = taken;
    const uint64_t end = taken + road->faults;
    while (taken < end) {
        const uint64_t published = wait_for_published(hop, taken);
        const uint64_t before = taken;
        while (taken < published && taken - before < road->batch) {
            const int delivered = inject(road, hop->slots[taken % HOP_SLOTS]);
            taken++;
            if (delivered && road->irq_per_fault)
                interrupt(road);
        }
        atomic_store_explicit(&hop->taken, taken, memory_order_release);
        if (!road->irq_per_fault)
            interrupt(road);
        if (road->pace_nanos)
            stamp(road, before - start, taken - start);
    }
    road->ended = now();
}

/* ---- bare traffic ---- */

uint64_t road_traffic(const uint8_t *records, uint8_t *events, uint64_t *index, uint64_t n)
{
    uint64_t prod = *index;
    for (uint64_t i = 0; i < n; i++, prod++) {
        struct fault copy;
        memcpy(&copy, records + (prod & 255) * 64, 64);
        __asm__ volatile("" : : "r"(&copy) : "memory"); /* the copy really happens: it is the security measure */
        const struct event event = event_of(&copy, 7);
        memcpy(events + (prod & 255) * 32, &event, 32);
        __atomic_store_n(index, prod + 1, __ATOMIC_RELEASE);
    }
    return prod;
}
