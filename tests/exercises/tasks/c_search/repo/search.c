#include <stddef.h>

/* The first place whose value is not less than the wanted one; count where there is none. */
size_t lower_bound(const int *values, size_t count, int wanted)
{
    size_t low = 0;
    size_t high = count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (values[middle] < wanted) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

/* The first place whose value is greater than the wanted one; count where there is none. */
size_t upper_bound(const int *values, size_t count, int wanted)
{
    size_t low = 0;
    size_t high = count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (values[middle] <= wanted) {
            low = middle;
        } else {
            high = middle;
        }
    }
    return low;
}

size_t count_equal(const int *values, size_t count, int wanted)
{
    return upper_bound(values, count, wanted) - lower_bound(values, count, wanted);
}
