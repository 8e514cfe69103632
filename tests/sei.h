/* sei.h -- messages beside the pictures of H.264 and HEVC, for files that no encoder here makes. */
#ifndef TESTS_SEI_H
#define TESTS_SEI_H

#include <stdbool.h>

struct sei {
    int type;
    unsigned char data[255];
    int bits;
};
void sei_put(struct sei *sei, unsigned value, int bits);
void sei_put_text(struct sei *sei, const char *text);
/* Copies a stream with the message before each of its pictures. False: it cannot be written, or has
 * none. */
bool sei_add(const char *from, const char *to, bool hevc, const struct sei *sei);

#endif
