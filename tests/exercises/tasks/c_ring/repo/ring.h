#ifndef RING_H
#define RING_H

#include <stddef.h>

struct ring {
    int *room;
    size_t size, start, count;
};

void ring_init(struct ring *ring, int *room, size_t size);
void ring_push(struct ring *ring, int value);
int ring_pop(struct ring *ring, int *value);

#endif
