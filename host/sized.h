/* sized.h -- structs of the public interface that begin with their size, so that callers compiled
 * with an earlier or a later header can use this library.
 *
 * Such a struct grows at its end only, and never into padding: its last member ends where the
 * struct ends (SIZED_CHECK). */
#ifndef TRI_SIZED_H
#define TRI_SIZED_H

#include "triptych.h"

#define SIZED_CHECK(type, last) \
    _Static_assert(offsetof(struct type, size) == 0, "the size comes first"); \
    _Static_assert(offsetof(struct type, last) + sizeof(((struct type *)0)->last) == \
                       sizeof(struct type), \
                   "a member added here would not change the size")

struct tri_sized {
    const char *name; /* of the struct, for messages */
    size_t first;     /* its size in the first release */
    size_t size;      /* its size now */
};

/* Copies the caller's struct into `own`, which has today's members: those that the caller does not
 * know become zero, and so do all where `given` is NULL. TRI_USAGE: the struct never had that size,
 * or sets members that this library does not know. */
enum tri_status tri_sized_take(const struct tri_sized *sized, const void *given, void *own,
                               struct tri_error *error);

/* For structs that the library fills in. Checks the caller's size. */
enum tri_status tri_sized_check(const struct tri_sized *sized, const void *given,
                                struct tri_error *error);
/* Copies the members of `own` that the caller knows; those that this library does not know become
 * zero. */
void tri_sized_give(const struct tri_sized *sized, const void *own, void *given);

#endif
