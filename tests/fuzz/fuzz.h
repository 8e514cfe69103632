/* fuzz.h -- what the parts of the fuzzer of PNG files share. */
#ifndef FUZZ_H
#define FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A file in memory that may grow. */
struct file {
    unsigned char *data;
    size_t size, room;
};
void file_put(struct file *file, const void *data, size_t size);
void file_put_32(struct file *file, uint32_t value);
void file_put_chunk(struct file *file, const char *type, const void *data, size_t size);
void file_copy(struct file *to, const struct file *from);
void file_free(struct file *file);

struct chunk {
    size_t at, size; /* all of it; the data are 12 bytes less */
};
/* The whole chunks of a file, at most `most`. */
int file_chunks(const struct file *file, struct chunk *chunks, int most);
uint32_t get_32(const unsigned char *data);
void set_32(unsigned char *data, uint32_t value);

/* Random numbers, the same of the same state. */
uint64_t draw(uint64_t *state);
unsigned below(uint64_t *state, unsigned limit); /* 0 to limit - 1 */

struct seed {
    struct file file;
    char kind[40];
};
/* A picture of any kind, made by libpng. */
void seed_make(struct seed *seed, uint64_t *state, bool large);

/* Ways to change a file; `other` is one to take parts of. */
#define MUTATIONS 13
int mutation_draw(uint64_t *state);
const char *mutation_name(int mutation);
void mutate_by(int mutation, struct file *file, const struct file *other, uint64_t *state);

#endif
