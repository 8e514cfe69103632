#!/bin/sh
# memstream-closes-without-its-text.sh -- fclose of a memory stream succeeds although its text is lost for lack of memory.
#
# Versions  glibc 2.36 (Debian 12), the C library of the machine; the script prints which.
# Guess     If after open_memstream fputs succeeds, ferror is 0 and fclose returns 0, the text exists: lack of memory makes
#           one of these calls fail, as a full disk does.
# Behaviour fclose shortens the buffer with realloc. If that fails, it sets the caller's pointer to NULL, frees the text, and
#           still returns 0. A caller that takes NULL for "nothing was written" silently loses the text.
# Seen      fputs 1, ferror 0, fclose 0, text (nil)
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cat > "$folder/close.c" <<'END'
#define _GNU_SOURCE
#include <errno.h>
#include <gnu/libc-version.h>
#include <stdio.h>
#include <stdlib.h>

void *__libc_realloc(void *memory, size_t size);
static int refuse;

void *realloc(void *memory, size_t size)
{
    if (!refuse)
        return __libc_realloc(memory, size);
    errno = ENOMEM;
    return NULL;
}

int main(void)
{
    char *text = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&text, &size);
    if (stream == NULL)
        return 1;
    const int put = fputs("a line of text\n", stream) >= 0;
    const int error = ferror(stream);
    refuse = 1;
    const int closed = fclose(stream);
    refuse = 0;
    printf("glibc %s: fputs %d, ferror %d, fclose %d, text %p\n", gnu_get_libc_version(), put, error, closed, (void *)text);
    return put && error == 0 && closed == 0 && text == NULL ? 0 : 1;
}
END
gcc -fno-builtin -o "$folder/close" "$folder/close.c"
"$folder/close" || { echo "it is not as it was"; exit 1; }
