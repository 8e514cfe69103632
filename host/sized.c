/* sized.c -- structs of the public interface that begin with their size. */
#include "sized.h"

#include <string.h>

#define SIZE_MOST \
    4096 /* no version of any struct is larger: what is there instead is a size that was never set \
          */

static size_t size_of(const void *given)
{
    size_t size;
    memcpy(&size, given, sizeof size);
    return size;
}

enum tri_status tri_sized_check(const struct tri_sized *sized, const void *given,
                                struct tri_error *error)
{
    const size_t size = size_of(given);
    if (size >= sized->first && size <= SIZE_MOST)
        return TRI_OK;
    return tri_fail(error, TRI_USAGE,
                    "struct %s has size %zu, expected %zu; initialize it with %s_default()",
                    sized->name, size, sized->size, sized->name);
}

/* A caller compiled with a later header may set members that would be ignored here. */
static enum tri_status check_unknown(const struct tri_sized *sized, const unsigned char *given,
                                     struct tri_error *error)
{
    for (size_t i = sized->size; i < size_of(given); i++) {
        if (given[i] != 0)
            return tri_fail(
                error, TRI_USAGE,
                "struct %s sets a member that triptych %s does not know; install the version that "
                "the program was compiled for",
                sized->name, TRI_VERSION);
    }
    return TRI_OK;
}

enum tri_status tri_sized_take(const struct tri_sized *sized, const void *given, void *own,
                               struct tri_error *error)
{
    memset(own, 0, sized->size);
    if (given != NULL) {
        enum tri_status status = tri_sized_check(sized, given, error);
        if (status == TRI_OK)
            status = check_unknown(sized, given, error);
        if (status != TRI_OK)
            return status;
        memcpy(own, given, size_of(given) < sized->size ? size_of(given) : sized->size);
    }
    memcpy(own, &sized->size, sizeof sized->size);
    return TRI_OK;
}

void tri_sized_give(const struct tri_sized *sized, const void *own, void *given)
{
    const size_t size = size_of(given), known = size < sized->size ? size : sized->size;
    memcpy((unsigned char *)given + sizeof size, (const unsigned char *)own + sizeof size,
           known - sizeof size);
    memset((unsigned char *)given + known, 0, size - known);
}
