/*
 * The classic design in C: what the Java road is measured against.
 *
 * A producer fills the ring of a DMA-fault region (the layout of the 2021 VFIO series) and signals an eventfd; a
 * consumer polls the eventfd, drains the ring, writes 32-byte SMMUv3 events into the guest's queue, publishes PROD and
 * signals the guest's interrupt eventfd. The benchmark calls these functions from threads that it has pinned; every
 * function runs until its work is done. C11 and POSIX, no library but libc.
 */
#ifndef VIOMMU_ROAD_H
#define VIOMMU_ROAD_H

#include <stdint.h>

/* What both ends of one road share. The benchmark fills it in; all fields have 8 bytes, so that there is no padding. */
struct road {
    uint8_t *region;         /* header page, then the ring */
    uint8_t *queue;          /* the guest's event queue */
    uint64_t queue_entries;  /* a power of two */
    int64_t fault_fd;        /* eventfd, producer to consumer */
    int64_t irq_fd;          /* eventfd, consumer to guest */
    uint64_t guest_device;   /* StreamID written into the events */
    uint64_t faults;         /* how many this round */
    uint64_t first;          /* number of the round's first fault; its address is a function of it */
    uint64_t coalesced;      /* signal only a consumer that had emptied the ring */
    uint64_t pace_nanos;     /* one fault each so many; 0 = as fast as the ring takes them */
    uint64_t irq_per_fault;  /* an interrupt for each fault instead of one for each drained batch */
    uint64_t batch;          /* faults taken before the interrupt goes, at most */
    int64_t *sent;           /* CLOCK_MONOTONIC before each fault was written, when paced */
    int64_t *done;           /* ... and after its interrupt */
    /* results */
    int64_t begun;           /* CLOCK_MONOTONIC before the first fault */
    int64_t ended;           /* ... and after the last interrupt */
    uint64_t signals;        /* writes of fault_fd */
    uint64_t wakes;          /* returns of the consumer's poll */
    uint64_t irqs;           /* writes of irq_fd */
    uint64_t prod;           /* the guest's EVENTQ_PROD and EVENTQ_CONS: index and wrap bit */
    uint64_t cons;
};

/* The producer: road->faults faults into the ring. */
void road_produce(struct road *road);

/* The consumer: one thread does everything. */
void road_consume(struct road *road);

/* The same with a hop between threads: one polls, drains and hands over; the other, waiting on a futex, injects. */
void road_consume_and_pass(struct road *road, void *hop);
void road_inject_passed(struct road *road, void *hop);

/* Bytes of a hop, zeroed by the caller, aligned to 64. */
uint64_t road_hop_size(void);

/* The bare memory traffic: n times copy a 64-byte record, build a 32-byte event, release-store the index. */
uint64_t road_traffic(const uint8_t *records, uint8_t *events, uint64_t *index, uint64_t n);

#endif
