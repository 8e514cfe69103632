/* png.c -- damages PNG files in a great many ways, and compares what users get with what libpng
 * makes of them: both the same pixels, or both refuse.
 *
 * usage: png INPUTS SEED FOLDER [FILE...]    a file that is read differently goes to FOLDER */
#include "fuzz.h"

#include "codec/png_codec.h"
#include "parallel/pool.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#define SEEDS 400
#define LARGE_SEEDS 8
#define FILES_MAX 1000
#define PIXELS_MAX 400000

struct counts {
    long inputs, accepted, read, refused;
};

struct fuzzer {
    struct seed seeds[SEEDS + LARGE_SEEDS + FILES_MAX];
    int seed_count;
    struct tri_pool *pool;
    struct counts all, by_seed[SEEDS + LARGE_SEEDS + FILES_MAX], by_mutation[MUTATIONS];
    long warnings;
};

static bool load(const char *path, struct seed *seed)
{
    unsigned char piece[1 << 14];
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        return false;
    for (size_t got; (got = fread(piece, 1, sizeof piece, file)) > 0;)
        file_put(&seed->file, piece, got);
    fclose(file);
    snprintf(seed->kind, sizeof seed->kind, "files");
    return true;
}

/* Right sums for all chunks: the damage must get past them. */
static void redo_sums(struct file *file)
{
    struct chunk chunks[4000];
    const int count = file_chunks(file, chunks, 4000);
    for (int i = 0; i < count; i++) {
        unsigned char *type = file->data + chunks[i].at + 4;
        const size_t size = chunks[i].size - 8;
        set_32(type + size, (uint32_t)crc32(0, type, (uInt)size));
    }
}

static bool same_pixels(const struct tri_image *a, const struct tri_image *b)
{
    return tri_image_compare(a, b).count == 0;
}

/* NULL: all is well. Else what is wrong. */
static const char *compare(struct fuzzer *fuzzer, const struct file *input, struct counts *counts,
                           bool all_ways)
{
    struct tri_error error;
    struct tri_image *fast = NULL, *slow = NULL, *users = NULL;
    /* Memory of just this size shows reads beyond it to the sanitizers. */
    unsigned char *data = malloc(input->size > 0 ? input->size : 1);
    struct tri_metadata *metadata = tri_metadata_new();
    struct tri_source source = {.name = "input",
                                .data = data,
                                .size = input->size,
                                .max_pixels = PIXELS_MAX,
                                .error = &error};
    struct tri_source plain = source, user = source;
    const char *wrong = NULL;

    if (data == NULL || metadata == NULL)
        exit(2);
    if (input->size > 0)
        memcpy(data, input->data, input->size);
    source.pool = all_ways ? fuzzer->pool : NULL;
    const bool accepted = tri_png_read_fast(&source, &fast);
    const bool sound = tri_png_read(&plain, &slow) == TRI_OK;
    if (accepted && !sound)
        wrong = "the fast reader reads what libpng refuses";
    else if (accepted && plain.warning[0] != '\0')
        wrong = "the fast reader says nothing where libpng warns";
    else if (accepted && !same_pixels(fast, slow))
        wrong = "the fast reader gives other pixels than libpng";
    if (wrong == NULL && all_ways) {
        extern const struct tri_codec tri_codec_png;
        user.metadata = metadata;
        const bool read = tri_codec_png.read(&user, &users) == TRI_OK;
        if (read != sound || (read && !same_pixels(users, slow)))
            wrong = "users do not get what libpng gives";
    }
    fuzzer->warnings += plain.warning[0] != '\0';
    counts->inputs++;
    counts->accepted += accepted;
    counts->read += sound;
    counts->refused += !sound;
    tri_image_free(fast);
    tri_image_free(slow);
    tri_image_free(users);
    tri_metadata_free(metadata);
    free(data);
    return wrong;
}

static void add(struct counts *to, const struct counts *counts)
{
    to->inputs += counts->inputs;
    to->accepted += counts->accepted;
    to->read += counts->read;
    to->refused += counts->refused;
}

static void save(const struct file *input, const char *folder, uint64_t seed, long number)
{
    char path[1024];
    snprintf(path, sizeof path, "%s/%llu-%ld.png", folder, (unsigned long long)seed, number);
    FILE *file = fopen(path, "wb");
    if (file == NULL || fwrite(input->data, 1, input->size, file) != input->size ||
        fclose(file) != 0)
        printf("%s cannot be written\n", path);
    else
        printf("%s is the file\n", path);
}

/* Each input follows from the seed and its number alone. */
static bool run_one(struct fuzzer *fuzzer, uint64_t seed, long number, const char *folder)
{
    uint64_t state = (seed + 1) * UINT64_C(0x9e3779b97f4a7c15) ^
                     ((uint64_t)number + 1) * UINT64_C(0xbf58476d1ce4e5b9);
    const int small = fuzzer->seed_count - LARGE_SEEDS;
    struct file input = {0};
    struct counts counts = {0};
    int mutation = 0;

    for (int i = 0; i < 4; i++)
        draw(&state);
    const int chosen = below(&state, 200) == 0 ? small + (int)below(&state, LARGE_SEEDS)
                                               : (int)below(&state, (unsigned)small);
    file_copy(&input, &fuzzer->seeds[chosen].file);
    for (unsigned times = 1 + below(&state, 2) * below(&state, 3); times > 0; times--) {
        mutation = mutation_draw(&state);
        mutate_by(mutation, &input, &fuzzer->seeds[below(&state, (unsigned)small)].file, &state);
    }
    if (below(&state, 8) > 0)
        redo_sums(&input);
    const char *wrong = compare(fuzzer, &input, &counts, chosen >= small || below(&state, 8) == 0);
    add(&fuzzer->all, &counts);
    add(&fuzzer->by_seed[chosen], &counts);
    add(&fuzzer->by_mutation[mutation], &counts);
    if (wrong != NULL) {
        printf("input %ld (%s, last \"%s\"): %s\n", number, fuzzer->seeds[chosen].kind,
               mutation_name(mutation), wrong);
        save(&input, folder, seed, number);
    }
    file_free(&input);
    return wrong == NULL;
}

static void print_counts(const char *name, const struct counts *counts)
{
    const double all = counts->inputs > 0 ? (double)counts->inputs : 1;
    printf("  %-34s %9ld inputs, %5.1f %% read, %5.1f %% by the fast reader\n", name,
           counts->inputs, 100 * (double)counts->read / all, 100 * (double)counts->accepted / all);
}

static void print_kinds(struct fuzzer *fuzzer)
{
    for (int i = 0; i < fuzzer->seed_count; i++) {
        if (fuzzer->by_seed[i].inputs == 0)
            continue;
        for (int j = i + 1; j < fuzzer->seed_count; j++) {
            if (strcmp(fuzzer->seeds[i].kind, fuzzer->seeds[j].kind) == 0) {
                add(&fuzzer->by_seed[i], &fuzzer->by_seed[j]);
                fuzzer->by_seed[j] = (struct counts){0};
            }
        }
        print_counts(fuzzer->seeds[i].kind, &fuzzer->by_seed[i]);
    }
}

static void make_seeds(struct fuzzer *fuzzer, uint64_t seed, int files, char **paths)
{
    uint64_t state = seed + 1;
    for (int i = 0; i < SEEDS; i++)
        seed_make(&fuzzer->seeds[fuzzer->seed_count++], &state, false);
    for (int i = 0; i < files && i < FILES_MAX; i++) {
        struct seed *loaded = &fuzzer->seeds[fuzzer->seed_count];
        if (!load(paths[i], loaded) || loaded->file.size < 8)
            fprintf(stderr, "%s is left out\n", paths[i]);
        else
            fuzzer->seed_count++;
    }
    for (int i = 0; i < LARGE_SEEDS; i++)
        seed_make(&fuzzer->seeds[fuzzer->seed_count++], &state, true);
}

int main(int count, char **arguments)
{
    struct tri_error error;
    struct fuzzer *fuzzer = calloc(1, sizeof *fuzzer);
    bool good = true;

    if (count < 4 || fuzzer == NULL || tri_pool_new(2, &fuzzer->pool, &error) != TRI_OK) {
        fprintf(stderr, "usage: %s INPUTS SEED FOLDER [FILE...]\n", arguments[0]);
        return 2;
    }
    const long inputs = strtol(arguments[1], NULL, 10);
    const uint64_t seed = strtoull(arguments[2], NULL, 10);
    make_seeds(fuzzer, seed, count - 4, arguments + 4);
    for (long i = 0; i < inputs && good; i++)
        good = run_one(fuzzer, seed, i, arguments[3]);
    print_kinds(fuzzer);
    for (int i = 0; i < MUTATIONS; i++)
        print_counts(mutation_name(i), &fuzzer->by_mutation[i]);
    print_counts("all", &fuzzer->all);
    printf("seed %llu: %ld with a warning; %s\n", (unsigned long long)seed, fuzzer->warnings,
           good ? "users get what libpng gives, always" : "A DIFFERENCE");
    for (int i = 0; i < fuzzer->seed_count; i++)
        file_free(&fuzzer->seeds[i].file);
    tri_pool_free(fuzzer->pool);
    free(fuzzer);
    return good ? 0 : 1;
}
