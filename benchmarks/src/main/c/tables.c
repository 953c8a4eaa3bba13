#include "tables.h"

#include <string.h>

#define PAGE_SHIFT 12
#define OFFSET 0xfffull
#define ADDRESS 0x0000fffffffff000ull
#define LEVELS 4
#define RIGHTS 0x3full
#define STAMP_SHIFT 8

/* ---- look-up ---- */

static uint64_t home(uint64_t device, uint64_t page, uint64_t mask)
{
    return (page ^ device * 0x9e3779b97f4a7c15ull) * 0xd6e8feb86659fd93ull >> 32 & mask;
}

void tables_fill(struct slot *slots, uint64_t mask, const struct access *list, uint64_t n)
{
    for (uint64_t i = 0; i < n; i++) {
        const uint64_t page = list[i].address >> PAGE_SHIFT;
        uint64_t at = home(list[i].device, page, mask);
        while (slots[at].used && (slots[at].page != page || slots[at].device != list[i].device))
            at = (at + 1) & mask;
        slots[at] = (struct slot){ list[i].device, page, page << PAGE_SHIFT, 1 << STAMP_SHIFT | RIGHTS };
    }
}

static inline uint64_t lookup(const struct slot *slots, uint64_t mask, const struct access *access)
{
    const uint64_t page = access->address >> PAGE_SHIFT;
    uint64_t at = home(access->device, page, mask);
    while (slots[at].used) {
        if (slots[at].page == page && slots[at].device == access->device)
            return slots[at].output | (access->address & OFFSET);
        at = (at + 1) & mask;
    }
    return 0;
}

uint64_t tables_lookup(const struct slot *slots, uint64_t mask, const struct access *list, uint64_t n)
{
    uint64_t sum = 0;
    for (uint64_t i = 0; i < n; i++)
        sum += lookup(slots, mask, list + i);
    return sum;
}

static inline uint64_t lookup_checked(const struct slot *slots, uint64_t mask, const uint64_t *sequence,
    uint64_t shift, uint64_t needed, const struct access *access)
{
    const uint64_t now = __atomic_load_n(sequence, __ATOMIC_ACQUIRE);
    const uint64_t page = access->address >> shift;
    uint64_t at = home(access->device, page, mask);
    while (1) {
        const struct slot *slot = slots + at;
        const uint64_t output = __atomic_load_n(&slot->output, __ATOMIC_ACQUIRE);
        const uint64_t found = __atomic_load_n(&slot->page, __ATOMIC_RELAXED);
        const uint64_t device = __atomic_load_n(&slot->device, __ATOMIC_RELAXED);
        const uint64_t used = __atomic_load_n(&slot->used, __ATOMIC_RELAXED);
        if (!used)
            return 0;
        __atomic_thread_fence(__ATOMIC_ACQUIRE);
        if (found == page && device == access->device && (used & needed) == needed && !(output & 1)
            && __atomic_load_n(&slot->output, __ATOMIC_RELAXED) == output && used >> STAMP_SHIFT == now >> 1
            && !(now & 1))
            return (output & ~OFFSET) | (access->address & ((1ull << shift) - 1));
        at = (at + 1) & mask;
    }
}

uint64_t tables_lookup_checked(const struct slot *slots, uint64_t mask, const uint64_t *sequence, uint64_t shift,
    uint64_t needed, const struct access *list, uint64_t n)
{
    uint64_t sum = 0;
    for (uint64_t i = 0; i < n; i++)
        sum += lookup_checked(slots, mask, sequence, shift, needed, list + i);
    return sum;
}

/*
 * What comes after what: the sum never has bit 63, but that the processor knows only when the last access has ended. A
 * fence alone does not keep it from beginning the next accesses meanwhile.
 */
static inline const struct access *next(const struct access *list, uint64_t i, uint64_t sum)
{
    return list + i + (sum >> 63);
}

uint64_t tables_lookup_alone(const struct slot *slots, uint64_t mask, const struct access *list, uint64_t n)
{
    uint64_t sum = 0;
    for (uint64_t i = 0; i < n; i++) {
        __atomic_thread_fence(__ATOMIC_SEQ_CST);
        sum += lookup(slots, mask, next(list, i, sum));
    }
    return sum;
}

/* ---- walks ---- */

static uint64_t entry(const uint8_t *ram, uint64_t table, uint64_t address, int level)
{
    const uint64_t index = address >> (PAGE_SHIFT + 9 * level) & 511;
    return __atomic_load_n((const uint64_t *)(ram + table) + index, __ATOMIC_RELAXED);
}

/* 0 if an entry isn't there. */
static inline uint64_t walk(const uint8_t *ram, uint64_t root, uint64_t address)
{
    uint64_t table = root;
    for (int level = LEVELS - 1; level >= 0; level--) {
        const uint64_t found = entry(ram, table, address, level);
        if (!(found & 1))
            return 0;
        table = found & ADDRESS;
    }
    return table | (address & OFFSET);
}

uint64_t tables_walk(const uint8_t *ram, uint64_t root, const struct access *list, uint64_t n)
{
    uint64_t sum = 0;
    for (uint64_t i = 0; i < n; i++)
        sum += walk(ram, root, list[i].address);
    return sum;
}

static inline uint64_t walk_nested(const uint8_t *ram, uint64_t first, uint64_t second, uint64_t address)
{
    uint64_t table = first;
    for (int level = LEVELS - 1; level >= 0; level--) {
        const uint64_t found = entry(ram, walk(ram, second, table), address, level);
        if (!(found & 1))
            return 0;
        table = found & ADDRESS;
    }
    return walk(ram, second, table | (address & OFFSET));
}

uint64_t tables_walk_nested(const uint8_t *ram, uint64_t first, uint64_t second, const struct access *list, uint64_t n)
{
    uint64_t sum = 0;
    for (uint64_t i = 0; i < n; i++)
        sum += walk_nested(ram, first, second, list[i].address);
    return sum;
}

uint64_t tables_walk_alone(const uint8_t *ram, uint64_t first, uint64_t second, const struct access *list, uint64_t n)
{
    uint64_t sum = 0;
    for (uint64_t i = 0; i < n; i++) {
        __atomic_thread_fence(__ATOMIC_SEQ_CST);
        const uint64_t address = next(list, i, sum)->address;
        sum += second ? walk_nested(ram, first, second, address) : walk(ram, first, address);
    }
    return sum;
}

static struct slot *find(struct slot *slots, uint64_t mask, uint64_t at, uint64_t device, uint64_t page)
{
    for (int i = 0; i < 4; i++) {
        struct slot *slot = slots + ((at + i) & mask);
        if (__atomic_load_n(&slot->used, __ATOMIC_ACQUIRE) && slot->page == page && slot->device == device)
            return slot;
    }
    return 0;
}

static void keep(struct slot *slot, uint64_t device, uint64_t page, uint64_t output)
{
    uint64_t before = __atomic_load_n(&slot->used, __ATOMIC_ACQUIRE);
    if (!__atomic_compare_exchange_n(&slot->used, &before, 0, 0, __ATOMIC_SEQ_CST, __ATOMIC_RELAXED))
        return;
    slot->device = device;
    slot->page = page;
    slot->output = output;
    __atomic_store_n(&slot->used, before + 1, __ATOMIC_RELEASE);
}

uint64_t tables_walk_cached(const uint8_t *ram, uint64_t first, uint64_t second, struct slot *slots, uint64_t mask,
    const struct access *list, uint64_t n)
{
    uint64_t sum = 0;
    for (uint64_t i = 0; i < n; i++) {
        __atomic_thread_fence(__ATOMIC_SEQ_CST);
        const struct access *access = next(list, i, sum);
        const uint64_t device = access->device;
        const uint64_t address = access->address;
        const uint64_t page = address >> PAGE_SHIFT;
        const uint64_t at = home(device, page, mask);
        const struct slot *found = find(slots, mask, at, device, page);
        if (found) {
            sum += found->output | (address & OFFSET);
            continue;
        }
        const uint64_t output = second ? walk_nested(ram, first, second, address) : walk(ram, first, address);
        keep(slots + ((at + (i & 3)) & mask), device, page, output & ADDRESS);
        sum += output;
    }
    return sum;
}

/* ---- commands ---- */

uint64_t tables_commands(const uint8_t *ring, uint64_t mask, uint64_t *notes, uint64_t *index, uint64_t n)
{
    uint64_t taken = *index;
    for (uint64_t i = 0; i < n; i++, taken++) {
        uint64_t command[2];
        memcpy(command, ring + (taken & mask) * sizeof command, sizeof command);
        __asm__ volatile("" : : "r"(command) : "memory"); /* the copy really happens */
        uint64_t *note = notes + (taken & 31) * 4;
        switch (command[0] & 0xff) {
        case 0x46: /* CMD_SYNC */
        case 0x05:
            __atomic_thread_fence(__ATOMIC_SEQ_CST);
            break;
        default:
            note[0] = command[0] >> 32;
            note[1] = command[1];
            note[2] = command[1] | OFFSET;
            __atomic_store_n(&note[3], taken, __ATOMIC_RELEASE);
        }
        __atomic_store_n(index, taken + 1, __ATOMIC_RELEASE);
    }
    return taken;
}

/* ---- faults ---- */

uint64_t tables_faults(const uint8_t *ram, uint64_t root, const struct access *list, uint8_t *queue, uint64_t size,
    uint64_t *indices, uint64_t n)
{
    uint64_t prod = indices[0];
    for (uint64_t i = 0; i < n; i++) {
        if (walk(ram, root, list[i].address))
            return 0;
        const uint64_t slot[8] = { 1, list[i].device, 0, i, 0x10 | list[i].device << 32, 2ull << 40, list[i].address };
        uint64_t copy[8];
        memcpy(copy, slot, sizeof copy);
        __asm__ volatile("" : : "r"(copy) : "memory");
        memcpy(queue + (prod & 255) * size, copy + 4, size);
        __atomic_store_n(&indices[0], ++prod, __ATOMIC_SEQ_CST); /* the guest may be about to sleep */
        if (prod - __atomic_load_n(&indices[8], __ATOMIC_ACQUIRE) == 1)
            __atomic_store_n(&indices[8], prod, __ATOMIC_RELEASE); /* its interrupt, and it takes all there is */
    }
    return prod;
}
