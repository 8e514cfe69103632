/* file.c -- PNG files in memory, chunk by chunk. */
#include "fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

void file_put(struct file *file, const void *data, size_t size)
{
    if (file->size + size > file->room) {
        file->room = (file->size + size) * 2;
        file->data = realloc(file->data, file->room);
        if (file->data == NULL) {
            fputs("no memory\n", stderr);
            exit(2);
        }
    }
    if (size > 0)
        memcpy(file->data + file->size, data, size);
    file->size += size;
}

void set_32(unsigned char *data, uint32_t value)
{
    for (int i = 0; i < 4; i++)
        data[i] = (unsigned char)(value >> (24 - 8 * i));
}

uint32_t get_32(const unsigned char *data)
{
    return (uint32_t)data[0] << 24 | (uint32_t)data[1] << 16 | (uint32_t)data[2] << 8 | data[3];
}

void file_put_32(struct file *file, uint32_t value)
{
    unsigned char data[4];
    set_32(data, value);
    file_put(file, data, 4);
}

void file_put_chunk(struct file *file, const char *type, const void *data, size_t size)
{
    file_put_32(file, (uint32_t)size);
    file_put(file, type, 4);
    file_put(file, data, size);
    file_put_32(file, (uint32_t)crc32(0, file->data + file->size - size - 4, (uInt)size + 4));
}

void file_copy(struct file *to, const struct file *from)
{
    to->size = 0;
    file_put(to, from->data, from->size);
}

void file_free(struct file *file)
{
    free(file->data);
    *file = (struct file){0};
}

int file_chunks(const struct file *file, struct chunk *chunks, int most)
{
    int count = 0;
    for (size_t at = 8; count < most && at + 12 <= file->size;) {
        const size_t size = (size_t)get_32(file->data + at) + 12;
        if (size > file->size - at)
            break;
        chunks[count++] = (struct chunk){at, size};
        at += size;
    }
    return count;
}

/* xorshift64* of Vigna */
uint64_t draw(uint64_t *state)
{
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return *state * UINT64_C(0x2545f4914f6cdd1d);
}

unsigned below(uint64_t *state, unsigned limit)
{
    return (unsigned)((draw(state) >> 32) * limit >> 32);
}
