/* sei.c -- messages beside the pictures of H.264 and HEVC (SEI), which no encoder here writes. */
#include "sei.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void sei_put(struct sei *sei, unsigned value, int bits)
{
    for (int i = bits - 1; i >= 0; i--, sei->bits++)
        sei->data[sei->bits / 8] |= (unsigned char)((value >> i & 1) << (7 - sei->bits % 8));
}

void sei_put_text(struct sei *sei, const char *text)
{
    for (; *text != '\0'; text++)
        sei_put(sei, (unsigned char)*text, 8);
}

/* The message as a unit of the stream: no three bytes of it look like the start of another one. */
static void put_unit(const struct sei *sei, bool hevc, FILE *to)
{
    unsigned char unit[400] = {0};
    size_t size = 0, zeros = 0;
    const size_t bytes = (size_t)(sei->bits + 7) / 8;
    unit[size++] = hevc ? 39 << 1 : 6;
    if (hevc)
        unit[size++] = 1;
    unit[size++] = (unsigned char)sei->type;
    unit[size++] = (unsigned char)bytes;
    memcpy(unit + size, sei->data, bytes);
    size += bytes;
    unit[size++] = 0x80;
    fwrite("\0\0\0\1", 1, 4, to);
    for (size_t i = 0; i < size; i++) {
        if (zeros >= 2 && unit[i] <= 3) {
            fputc(3, to);
            zeros = 0;
        }
        zeros = unit[i] == 0 ? zeros + 1 : 0;
        fputc(unit[i], to);
    }
}

/* Whether a unit, behind its start code, begins a picture. */
static bool begins_picture(const unsigned char *unit, bool hevc)
{
    return hevc ? (unit[0] >> 1 & 63) < 32 && (unit[2] & 0x80)
                : ((unit[0] & 31) == 1 || (unit[0] & 31) == 5) && (unit[1] & 0x80);
}

bool sei_add(const char *from, const char *to, bool hevc, const struct sei *sei)
{
    FILE *in = fopen(from, "rb"), *out = fopen(to, "wb");
    unsigned char *data = malloc(1 << 20);
    size_t size = in != NULL && data != NULL ? fread(data, 1, 1 << 20, in) : 0, at = 0;
    for (size_t i = 0; out != NULL && i + 6 < size; i++) {
        if (memcmp(data + i, "\0\0\1", 3) != 0 || !begins_picture(data + i + 3, hevc))
            continue;
        const size_t start = i > 0 && data[i - 1] == 0 ? i - 1 : i;
        fwrite(data + at, 1, start - at, out);
        put_unit(sei, hevc, out);
        at = start;
    }
    if (out != NULL)
        fwrite(data + at, 1, size - at, out);
    const bool done = at > 0;
    free(data);
    if (in != NULL)
        fclose(in);
    return out != NULL && fclose(out) == 0 && done;
}
