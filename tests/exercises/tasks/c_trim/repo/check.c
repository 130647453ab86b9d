#include <assert.h>
#include <string.h>

void trim(char *text);
int count_words(const char *text);

int main(void)
{
    char text[] = "  one  two\t\n", blank[] = " \n ";
    trim(text);
    assert(strcmp(text, "one  two") == 0);
    trim(blank);
    assert(strcmp(blank, "") == 0);
    assert(count_words(" one  two\tthree") == 3);
    assert(count_words("") == 0);
    return 0;
}
