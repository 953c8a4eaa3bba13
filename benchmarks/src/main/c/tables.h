/*
 * What a translation costs without a vIOMMU around it: a look-up in a hash table, a walk of the very tables that the
 * guest made, a command copied and counted, a fault written down. C11, no library but libc.
 *
 * Tables have 4 KiB pages, 512 entries of 8 bytes and 4 levels; an entry is there if its bit 0 is set, and bits 47:12
 * are an address. That much the tables of SMMUv3 and VT-d have in common.
 */
#ifndef VIOMMU_TABLES_H
#define VIOMMU_TABLES_H

#include <stdint.h>

struct access {
    uint64_t device;
    uint64_t address;
};

/* A slot of the hash table; the key is device and page, the whole of both. */
struct slot {
    uint64_t device;
    uint64_t page;
    uint64_t output;
    uint64_t used;
};

/* The hash table, filled with n translations of pages to pages; mask + 1 slots, zeroed by the caller. */
void tables_fill(struct slot *slots, uint64_t mask, const struct access *list, uint64_t n);

/* Looks n accesses up; the sum of the addresses. */
uint64_t tables_lookup(const struct slot *slots, uint64_t mask, const struct access *list, uint64_t n);

/*
 * The same with all that a device model checks while others fill and invalidate: a version before and after, whether
 * the stamp is that of the present sequence (of 2), rights, the size of the page as a number.
 */
uint64_t tables_lookup_checked(const struct slot *slots, uint64_t mask, const uint64_t *sequence, uint64_t shift,
    uint64_t needed, const struct access *list, uint64_t n);

/*
 * As tables_lookup, each for itself: after the one before has ended, and with a full fence, as every access has that an
 * invalidation must be able to wait for.
 */
uint64_t tables_lookup_alone(const struct slot *slots, uint64_t mask, const struct access *list, uint64_t n);

/* Walks n times from a root. ram is where guest physical address 0 would lie. */
uint64_t tables_walk(const uint8_t *ram, uint64_t root, const struct access *list, uint64_t n);

/* The same through two stages: the tables of the first, and what it gives out, are addresses for the second. */
uint64_t tables_walk_nested(const uint8_t *ram, uint64_t first, uint64_t second, const struct access *list, uint64_t n);

/* Each for itself likewise; second is 0 for one stage. */
uint64_t tables_walk_alone(const uint8_t *ram, uint64_t first, uint64_t second, const struct access *list, uint64_t n);

/* Likewise, and with a cache of mask + 1 slots: looked into first, in a window of 4, and filled after the walk. */
uint64_t tables_walk_cached(const uint8_t *ram, uint64_t first, uint64_t second, struct slot *slots, uint64_t mask,
    const struct access *list, uint64_t n);

/* Takes n commands of 16 bytes out of a ring: copy, tell apart, note in a ring of 32 records, publish the index. */
uint64_t tables_commands(const uint8_t *ring, uint64_t mask, uint64_t *notes, uint64_t *index, uint64_t n);

/*
 * n accesses that end at an entry that isn't there: walk, make a 64-byte record, copy it, make a record of size bytes
 * in the guest's queue (of 256), publish the index; the guest takes it.
 */
uint64_t tables_faults(const uint8_t *ram, uint64_t root, const struct access *list, uint8_t *queue, uint64_t size,
    uint64_t *indices, uint64_t n);

#endif
