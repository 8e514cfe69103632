/* aliases.c -- finds kernels by their names in other programs. */
#include "kernel_description.h"
#include "spelling.h"

#include <string.h>

static const char *call_of(const struct tri_kernel *kernel, const char *word)
{
    for (const struct tri_alias *alias = kernel->aliases; alias->names != NULL; alias++)
        if (tri_word_index(alias->names, word, strlen(word)) >= 0)
            return alias->call;
    return NULL;
}

const char *tri_kernel_call(const char *name)
{
    char word[32];
    const char *call = NULL;
    size_t length = 0;

    for (; *name != '\0' && length < sizeof word - 1; name++)
        if (*name != '-' && *name != '_')
            word[length++] = *name >= 'A' && *name <= 'Z' ? (char)(*name - 'A' + 'a') : *name;
    word[length] = '\0';
    for (int i = 0; length > 0 && call == NULL && i < tri_kernel_count(); i++)
        call = call_of(tri_kernel_at(i), word);
    return call;
}
