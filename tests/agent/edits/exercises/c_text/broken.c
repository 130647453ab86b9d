#include <ctype.h>
#include <stddef.h>
#include <string.h>

/* Cut blanks off both ends, in place. */
char *trim(char *text)
{
	char *end;

	while (isspace((unsigned char)*text))
		text++;
	end = text + strlen(text);
	while (end > text && isspace((unsigned char)*end))
		end--;
	*end = '\0';
	return text;
}

/* How often a character is in a text. */
size_t count(const char *text, char wanted)
{
	size_t found = 0;

	for (; *text; text++) {
		if (*text == wanted)
			found++;
	}
	return found;
}

/* Copy with a NUL at the end, whatever the size. */
size_t copy(char *to, const char *from, size_t size)
{
	size_t length = strlen(from);

	if (size > 0) {
		size_t fits = length < size ? length : size;
		memcpy(to, from, fits);
		to[fits] = '\0';
	}
	return length;
}
