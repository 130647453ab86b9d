#include <assert.h>
#include "table.h"

int main(void)
{
    struct table table = {{0}};
    const char *keys[] = {"a", "b", "c", "d", "e", "f", "g", "h", "i"};
    for (int i = 0; i < 9; i++) {
        assert(table_put(&table, keys[i], i));
    }
    assert(table_put(&table, "a", 10));
    for (int i = 1; i < 9; i++) {
        assert(table_get(&table, keys[i], -1) == i);
    }
    assert(table_get(&table, "a", -1) == 10);
    assert(table_get(&table, "z", -1) == -1);
    table_free(&table);
    return 0;
}
