/* utf8.h -- characters of UTF-8. */
#ifndef TRI_UTF8_H
#define TRI_UTF8_H

#include <stddef.h>

/* Returns the size of the character at the start of `size` bytes, 1 or more; 0 if it is invalid. */
size_t tri_utf8_character(const char *text, size_t size);

#endif
