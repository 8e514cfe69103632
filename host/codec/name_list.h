/* name_list.h -- names in a text, separated by ", ": what notes list. */
#ifndef TRI_NAME_LIST_H
#define TRI_NAME_LIST_H

#include <stdio.h>
#include <string.h>

/* The first name at or behind `from` that begins with `start`; NULL: none. */
static inline char *tri_name_list_find(const char *list, char *from, const char *start)
{
    char *at = strstr(from, start);
    while (at != NULL && at != list && (at - list < 2 || memcmp(at - 2, ", ", 2) != 0))
        at = strstr(at + 1, start);
    return at;
}

/* Adds a name that is not in the list; cut off where it does not fit into `size` bytes. A name may
 * be part of another: "tags" is not in "stream tags". */
static inline void tri_name_list_add(char *list, size_t size, const char *name)
{
    const size_t used = strlen(list), length = strlen(name);
    char *at = tri_name_list_find(list, list, name);
    while (at != NULL && at[length] != '\0' && at[length] != ',')
        at = tri_name_list_find(list, at + length, name);
    if (at == NULL)
        snprintf(list + used, size - used, "%s%s", used > 0 ? ", " : "", name);
}

#endif
