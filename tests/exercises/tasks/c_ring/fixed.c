#include "ring.h"

void ring_init(struct ring *ring, int *room, size_t size)
{
    ring->room = room;
    ring->size = size;
    ring->start = 0;
    ring->count = 0;
}

/* The oldest value makes room for the new one. */
void ring_push(struct ring *ring, int value)
{
    size_t at = (ring->start + ring->count) % ring->size;
    ring->room[at] = value;
    if (ring->count < ring->size) {
        ring->count++;
    } else {
        ring->start = (ring->start + 1) % ring->size;
    }
}

int ring_pop(struct ring *ring, int *value)
{
    if (ring->count == 0) {
        return 0;
    }
    *value = ring->room[ring->start];
    ring->start = (ring->start + 1) % ring->size;
    ring->count--;
    return 1;
}
