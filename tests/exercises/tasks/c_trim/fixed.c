#include <ctype.h>
#include <string.h>

/* Moves the text so that it begins with what is no space. */
void trim_left(char *text)
{
    size_t at = 0;
    while (isspace((unsigned char)text[at])) {
        at++;
    }
    memmove(text, text + at, strlen(text + at) + 1);
}

void trim_right(char *text)
{
    size_t length = strlen(text);
    while (length > 0 && isspace((unsigned char)text[length - 1])) {
        length--;
    }
    text[length] = '\0';
}

void trim(char *text)
{
    trim_right(text);
    trim_left(text);
}

/* The number of words, which are parted by spaces. */
int count_words(const char *text)
{
    int words = 0;
    int inside = 0;
    for (; *text != '\0'; text++) {
        int space = isspace((unsigned char)*text);
        if (!space && !inside) {
            words++;
        }
        inside = !space;
    }
    return words;
}
