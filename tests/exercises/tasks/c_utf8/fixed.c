#include <stddef.h>

#include "utf8.h"

/* Bytes of the character that begins with this byte, 0 where none does. */
static size_t width(unsigned char first)
{
    if (first < 0x80) {
        return 1;
    }
    if (first >= 0xC2 && first < 0xE0) {
        return 2;
    }
    if (first >= 0xE0 && first < 0xF0) {
        return 3;
    }
    if (first >= 0xF0 && first < 0xF5) {
        return 4;
    }
    return 0;
}

static int continues(unsigned char byte)
{
    return (byte & 0xC0) == 0x80;
}

/* Characters of the text, -1 where it is no UTF-8. */
int utf8_length(const char *text)
{
    int length = 0;
    while (*text != '\0') {
        size_t bytes = width((unsigned char)*text);
        if (bytes == 0) {
            return -1;
        }
        for (size_t i = 1; i < bytes; i++) {
            if (!continues((unsigned char)text[i])) {
                return -1;
            }
        }
        text += bytes;
        length++;
    }
    return length;
}
