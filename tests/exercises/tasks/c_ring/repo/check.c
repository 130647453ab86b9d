#include <assert.h>
#include "ring.h"

int main(void)
{
    int room[5] = {0}, value;
    struct ring ring;
    ring_init(&ring, room, 4);
    for (int i = 1; i <= 4; i++) {
        ring_push(&ring, i);
    }
    assert(ring_pop(&ring, &value) && value == 1);
    ring_push(&ring, 5);
    assert(room[4] == 0);
    for (int i = 2; i <= 5; i++) {
        assert(ring_pop(&ring, &value) && value == i);
    }
    assert(!ring_pop(&ring, &value));
    return 0;
}
