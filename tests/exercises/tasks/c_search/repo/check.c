#include <assert.h>
#include <stddef.h>

size_t lower_bound(const int *values, size_t count, int wanted);
size_t upper_bound(const int *values, size_t count, int wanted);
size_t count_equal(const int *values, size_t count, int wanted);

int main(void)
{
    int values[] = {1, 3, 3, 3, 8};
    assert(lower_bound(values, 5, 3) == 1);
    assert(upper_bound(values, 5, 3) == 4);
    assert(upper_bound(values, 5, 9) == 5);
    assert(count_equal(values, 5, 3) == 3);
    assert(count_equal(values, 5, 4) == 0);
    return 0;
}
