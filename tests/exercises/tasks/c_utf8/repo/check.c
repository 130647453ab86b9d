#include <assert.h>
#include "utf8.h"

int main(void)
{
    assert(utf8_length("abc") == 3);
    assert(utf8_length("\xC3\xA9\xE2\x82\xAC") == 2);
    assert(utf8_length("\xC3\xC3") == -1);
    assert(utf8_length("\xE2\x82") == -1);
    assert(utf8_length("\x80") == -1);
    return 0;
}
