#include <ctype.h>
#include <stdlib.h>

/* Sums and products of whole numbers with brackets, such as 2*(3+4). */

static long sum(const char **at);

static void skip(const char **at)
{
    while (isspace((unsigned char)**at)) {
        (*at)++;
    }
}

static long number(const char **at)
{
    skip(at);
    if (**at == '(') {
        (*at)++;
        long inner = sum(at);
        skip(at);
        if (**at == ')') {
            (*at)++;
        }
        return inner;
    }
    char *end;
    long value = strtol(*at, &end, 10);
    *at = end;
    return value;
}

static long product(const char **at)
{
    long value = number(at);
    for (skip(at); **at == '*' || **at == '/'; skip(at)) {
        char sign = *(*at)++;
        long other = number(at);
        value = sign == '*' ? value * other : value / other;
    }
    return value;
}

static long sum(const char **at)
{
    long value = product(at);
    for (skip(at); **at == '+' || **at == '-'; skip(at)) {
        char sign = *(*at)++;
        long other = sum(at);
        value = sign == '+' ? value + other : value - other;
    }
    return value;
}

long calculate(const char *text)
{
    return sum(&text);
}
