#include <assert.h>

long calculate(const char *text);

int main(void)
{
    assert(calculate("10 - 2 - 3") == 5);
    assert(calculate("2*(3+4)*2") == 28);
    assert(calculate("20/2/5") == 2);
    assert(calculate("-3+5") == 2);
    return 0;
}
