#ifndef UTF8_H
#define UTF8_H

int utf8_length(const char *text);

#endif
