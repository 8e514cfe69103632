/* codecs.c -- reads damaged files of every format, under whatever sanitizers it is built with: none
 * may crash, hang, or make a picture that cannot be written again. Y4M is read as a video.
 *
 *   codecs INPUTS SEED FOLDER [FILE...]     FILEs are seeds, beside those that it makes; FOLDER gets the input that fails
 *
 * The input is on the disk before it is read, so that it is there after a crash. */
#include "codec/move_file.h"
#include "fuzz.h"
#include "triptych.h"
#include "video/video.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <zlib.h>

#define SEEDS_MAX 400
#define SECONDS_MOST 10.0
#define PIXELS_MOST (1 << 20)

struct fuzzer {
    struct seed seeds[SEEDS_MAX];
    int seed_count;
    char input[300], output[300];
    long taken, refused;
    uint64_t sum; /* of all samples: each is looked at */
};

static bool load(struct fuzzer *fuzzer, const char *path, const char *name)
{
    unsigned char part[4096];
    FILE *file = fopen(path, "rb");
    if (file == NULL || fuzzer->seed_count == SEEDS_MAX)
        return file != NULL && fclose(file) == 0;
    struct seed *seed = &fuzzer->seeds[fuzzer->seed_count++];
    snprintf(seed->kind, sizeof seed->kind, "%s", name);
    for (size_t size; (size = fread(part, 1, sizeof part, file)) > 0;)
        file_put(&seed->file, part, size);
    fclose(file);
    return true;
}

static bool save(const struct file *input, const char *path)
{
    FILE *file = fopen(path, "wb");
    const bool written = file != NULL && fwrite(input->data, 1, input->size, file) == input->size;
    return (file == NULL || fclose(file) == 0) && written;
}

/* ---- seeds: small pictures of every shape in every format, and a video ---- */

static void make_picture(struct fuzzer *fuzzer, const struct tri_format *format,
                         struct tri_shape shape, uint64_t *state)
{
    const struct tri_write_options options = {.size = sizeof options,
                                              .format = format,
                                              .lossless = below(state, 2) == 0,
                                              .quality = 50 + (int)below(state, 50)};
    struct tri_image *image = NULL;
    struct tri_error error;
    if (tri_image_new(&shape, &image, &error) != TRI_OK)
        return;
    for (int p = 0; p < shape.planes; p++) {
        for (int y = 0; y < shape.height; y++) {
            unsigned char *row = tri_image_row(image, p, y);
            for (int x = 0; x < shape.width * shape.bits / 8; x++)
                row[x] = (unsigned char)(x * 3 + y * p + (int)below(state, 9));
        }
    }
    if (tri_image_write(fuzzer->output, image, &options, &error) == TRI_OK)
        load(fuzzer, fuzzer->output, format->name);
    tri_image_free(image);
}

/* Frames, or pages, in one file. */
static void make_series(struct fuzzer *fuzzer, const struct tri_format *format, int planes,
                        uint64_t *state)
{
    const struct tri_pictures_info info = {.count = 3, .animated = true, .loops = 2};
    const struct tri_write_options options = {
        .size = sizeof options, .format = format, .lossless = below(state, 2) == 0};
    struct tri_pictures_writer *writer;
    struct tri_error error;
    enum tri_status status = tri_pictures_create(fuzzer->output, &info, &options, &writer, &error);
    if (status != TRI_OK)
        return;
    for (int i = 0; i < 3 && status == TRI_OK; i++) {
        struct tri_image *image = NULL;
        status = tri_image_new(&(struct tri_shape){9, 7, planes, 8}, &image, &error);
        for (int p = 0; p < planes && status == TRI_OK; p++)
            for (int y = 0; y < 7; y++)
                memset(tri_image_row(image, p, y), (int)below(state, 256), 9);
        if (status == TRI_OK)
            status = tri_pictures_add(writer, image, NULL, (struct tri_duration){1 + i, 25}, NULL,
                                      &error);
        tri_image_free(image);
    }
    if (tri_pictures_end(writer, status, &error) == TRI_OK)
        load(fuzzer, fuzzer->output, format->name);
}

static void make_video(struct fuzzer *fuzzer)
{
    static const char head[] = "YUV4MPEG2 W8 H6 F25:1 Ip A1:1 C420jpeg XA=B\n";
    struct seed *seed = &fuzzer->seeds[fuzzer->seed_count++];
    snprintf(seed->kind, sizeof seed->kind, "y4m");
    file_put(&seed->file, head, sizeof head - 1);
    for (int frame = 0; frame < 3; frame++) {
        unsigned char samples[8 * 6 * 3 / 2];
        for (size_t i = 0; i < sizeof samples; i++)
            samples[i] = (unsigned char)(i * 7 + (size_t)frame);
        file_put(&seed->file, "FRAME\n", 6);
        file_put(&seed->file, samples, sizeof samples);
    }
}

static void make_seeds(struct fuzzer *fuzzer, uint64_t *state, int count, char **paths)
{
    static const int sizes[][2] = {{1, 1}, {7, 5}, {33, 17}};
    for (int f = 0; f < tri_format_count(); f++) {
        for (int planes = 1; planes <= 4; planes++) {
            for (int bits = 8; bits <= 16; bits += 8) {
                for (size_t s = 0; s < sizeof sizes / sizeof sizes[0]; s++)
                    make_picture(fuzzer, tri_format_at(f),
                                 (struct tri_shape){sizes[s][0], sizes[s][1], planes, bits}, state);
            }
        }
        for (int planes = 1; planes <= 4; planes++)
            make_series(fuzzer, tri_format_at(f), planes, state);
    }
    make_video(fuzzer);
    for (int i = 0; i < count; i++) {
        if (!load(fuzzer, paths[i], "file"))
            fprintf(stderr, "%s cannot be read\n", paths[i]);
    }
}

/* ---- damage ---- */

static const unsigned char telling[][4] = {
    {0, 0, 0, 0},     {255, 255, 255, 255}, {127, 255, 255, 255}, {255, 255, 255, 127},
    {0, 0, 0, 128},   {128, 0, 0, 0},       {1, 0, 0, 0},         {0, 0, 0, 1},
    {0, 0, 255, 255}, {255, 255, 0, 0},     {0, 1, 0, 1},         {'-', '1', '9', '9'}};

static void damage_once(struct file *file, const struct file *other, uint64_t *state)
{
    const unsigned size = (unsigned)file->size;
    if (size == 0)
        return;
    const unsigned at =
        below(state, 4) == 0 ? below(state, size) : below(state, size < 200 ? size : 200);
    switch (below(state, 8)) {
    case 0:
        file->data[at] ^= (unsigned char)(1u << below(state, 8));
        break;
    case 1:
        file->data[at] = (unsigned char)below(state, 256);
        break;
    case 2: { /* a number that means something */
        const unsigned length = 1u << below(state, 3);
        for (unsigned i = 0; i < length && at + i < size; i++)
            file->data[at + i] = telling[below(state, sizeof telling / sizeof telling[0])][i];
        break;
    }
    case 3: /* cut */
        file->size = at;
        break;
    case 4: { /* a part is left out */
        const unsigned length = 1 + below(state, 16);
        if (at + length < size) {
            memmove(file->data + at, file->data + at + length, size - at - length);
            file->size -= length;
        }
        break;
    }
    case 5: { /* a part comes twice, at the end */
        const unsigned length = 1 + below(state, 64);
        unsigned char part[64];
        const unsigned taken = at + length < size ? length : size - at;
        memcpy(part, file->data + at, taken);
        file_put(file, part, taken);
        break;
    }
    case 6: /* a part of another file */
        for (unsigned i = 0; i < 1 + below(state, 32) && at + i < size && at + i < other->size; i++)
            file->data[at + i] = other->data[at + i];
        break;
    default: /* a digit of a text header */
        for (unsigned i = 0; i < size; i++) {
            if (file->data[(at + i) % size] >= '0' && file->data[(at + i) % size] <= '9') {
                file->data[(at + i) % size] = (unsigned char)('0' + below(state, 10));
                break;
            }
        }
    }
}

/* So that a PNG's chunks are taken at their word. */
static void mend_sums(struct file *file)
{
    struct chunk chunks[64];
    const int count =
        file->size > 8 && memcmp(file->data + 1, "PNG", 3) == 0 ? file_chunks(file, chunks, 64) : 0;
    for (int i = 0; i < count; i++) {
        unsigned char *type = file->data + chunks[i].at + 4;
        const size_t size = chunks[i].size - 8;
        set_32(type + size, (uint32_t)crc32(0, type, (uInt)size));
    }
}

/* ---- reading ---- */

static void look_at(struct fuzzer *fuzzer, const struct tri_image *image)
{
    for (int p = 0; p < image->shape.planes; p++) {
        for (int y = 0; y < image->shape.height; y++) {
            const unsigned char *row = tri_image_row(image, p, y);
            for (int x = 0; x < image->shape.width * image->shape.bits / 8; x++)
                fuzzer->sum += row[x];
        }
    }
}

/* What was taken can be written again, with all that it says beside its pixels. */
static const char *read_picture(struct fuzzer *fuzzer, uint64_t *state)
{
    const struct tri_read_options options = {.size = sizeof options, .max_pixels = PIXELS_MOST};
    struct tri_image *image = NULL;
    struct tri_read_info info = {.size = sizeof info};
    struct tri_error error;
    if (tri_image_read(fuzzer->input, &options, &image, &info, &error) != TRI_OK) {
        fuzzer->refused++;
        return error.text[0] != '\0' ? NULL : "an error without a text";
    }
    fuzzer->taken++;
    look_at(fuzzer, image);
    const struct tri_format *format =
        tri_format_at((int)below(state, (unsigned)tri_format_count()));
    const struct tri_write_options how = {
        .size = sizeof how, .format = format, .metadata = info.metadata};
    const enum tri_status status = tri_image_write(fuzzer->output, image, &how, &error);
    tri_metadata_free(info.metadata);
    tri_image_free(image);
    return status == TRI_OK || status == TRI_USAGE ? NULL : "a picture that cannot be written";
}

/* Without decoding: what was moved can be read. */
static const char *move_picture(struct fuzzer *fuzzer, uint64_t *state)
{
    static const char *const texts[] = {"copy", "transpose", "rotate:angle=180", "crop:x=8,flip"};
    const struct tri_read_options options = {.size = sizeof options, .max_pixels = PIXELS_MOST};
    const struct tri_write_options how = {.size = sizeof how, .format = tri_format_find("jpeg")};
    struct tri_pipeline *pipeline = NULL;
    struct tri_image *image = NULL;
    struct tri_error error = {0};
    enum tri_status status = tri_pipeline_parse(texts[below(state, 4)], &pipeline, &error);
    struct tri_file_move move = {.from = fuzzer->input,
                                 .to = fuzzer->output,
                                 .pipeline = pipeline,
                                 .read = &options,
                                 .write = &how};
    if (status == TRI_OK)
        status = tri_file_move(&move, &error);
    tri_pipeline_free(pipeline);
    *(status == TRI_OK ? &fuzzer->taken : &fuzzer->refused) += 1;
    if (status != TRI_OK)
        return error.text[0] != '\0' ? NULL : "an error without a text";
    if (tri_image_read(fuzzer->output, &options, &image, NULL, &error) != TRI_OK)
        return "a moved picture that cannot be read";
    look_at(fuzzer, image);
    tri_image_free(image);
    return NULL;
}

/* All that a file has, and into one file again. */
static const char *read_series(struct fuzzer *fuzzer, uint64_t *state)
{
    const struct tri_read_options options = {.size = sizeof options, .max_pixels = PIXELS_MOST};
    const struct tri_write_options how = {
        .size = sizeof how,
        .format = tri_format_at((int)below(state, (unsigned)tri_format_count()))};
    struct tri_pictures *pictures = NULL;
    struct tri_pictures_writer *writer = NULL;
    struct tri_error error = {0};
    enum tri_status status = tri_pictures_open(fuzzer->input, &options, &pictures, &error),
                    written = TRI_USAGE;
    bool more = status == TRI_OK;
    if (more && tri_pictures_fit(how.format, tri_pictures_info(pictures)))
        written =
            tri_pictures_create(fuzzer->output, tri_pictures_info(pictures), &how, &writer, &error);
    for (int i = 0; i < 50 && more; i++) {
        struct tri_image *image;
        struct tri_read_info info = {.size = sizeof info};
        status = tri_pictures_next(pictures, &image, &info, &error);
        more = status == TRI_OK && image != NULL;
        if (more)
            look_at(fuzzer, image);
        if (more && writer != NULL && written == TRI_OK)
            written = tri_pictures_add(writer, image, info.metadata, info.duration, NULL, &error);
        tri_metadata_free(info.metadata);
        tri_image_free(image);
    }
    if (writer != NULL)
        written = tri_pictures_end(writer, status == TRI_OK ? written : status, &error);
    tri_pictures_close(pictures);
    *(status == TRI_OK ? &fuzzer->taken : &fuzzer->refused) += 1;
    if (status != TRI_OK)
        return error.text[0] != '\0' ? NULL : "an error without a text";
    return written == TRI_OK || written == TRI_USAGE ? NULL : "pictures that cannot be written";
}

static const char *read_video(struct fuzzer *fuzzer)
{
    const struct tri_video_read_options options = {.threads = 1, .max_pixels = PIXELS_MOST};
    struct tri_video_reader *reader = NULL;
    struct tri_frame frame = {0};
    struct tri_error error = {0};
    enum tri_status status = tri_video_open(fuzzer->input, &options, &reader, &error);
    if (status == TRI_OK)
        status = tri_frame_new(&reader->video, &frame, &error);
    bool more = status == TRI_OK;
    for (int i = 0; i < 50 && more; i++) {
        status = tri_video_next(reader, &frame, &more, &error);
        if (status == TRI_OK && more)
            status = tri_video_decode(reader, &frame, &error);
        more &= status == TRI_OK;
        for (int p = 0; p < 3 && more && frame.planes[p] != NULL; p++)
            look_at(fuzzer, frame.planes[p]);
    }
    *(status == TRI_OK ? &fuzzer->taken : &fuzzer->refused) += 1;
    tri_frame_free(&frame);
    if (reader != NULL)
        tri_video_close(reader);
    return status == TRI_OK || error.text[0] != '\0' ? NULL : "an error without a text";
}

static const char *run_one(struct fuzzer *fuzzer, uint64_t seed, long number)
{
    uint64_t state = seed * UINT64_C(1000003) + (uint64_t)number;
    struct timespec begin, end;
    struct file input = {0};
    const struct seed *from = &fuzzer->seeds[below(&state, (unsigned)fuzzer->seed_count)];
    const struct seed *other = &fuzzer->seeds[below(&state, (unsigned)fuzzer->seed_count)];
    file_copy(&input, &from->file);
    for (unsigned i = 0; i < 1 + below(&state, 4); i++)
        damage_once(&input, &other->file, &state);
    if (below(&state, 2) == 0)
        mend_sums(&input);
    const bool saved = save(&input, fuzzer->input);
    file_free(&input);
    if (!saved)
        return "the input cannot be written";
    clock_gettime(CLOCK_MONOTONIC, &begin);
    const char *wrong =
        strcmp(from->kind, "y4m") == 0 ? read_video(fuzzer) : read_picture(fuzzer, &state);
    if (wrong == NULL && strcmp(from->kind, "y4m") != 0)
        wrong = read_series(fuzzer, &state);
    if (wrong == NULL && strcmp(from->kind, "jpeg") == 0)
        wrong = move_picture(fuzzer, &state);
    clock_gettime(CLOCK_MONOTONIC, &end);
    if (wrong == NULL && (double)(end.tv_sec - begin.tv_sec) > SECONDS_MOST)
        wrong = "it takes long";
    if (wrong != NULL)
        printf("input %ld of seed %llu, a %s: %s; it is in %s\n", number, (unsigned long long)seed,
               from->kind, wrong, fuzzer->input);
    return wrong;
}

int main(int count, char **arguments)
{
    struct fuzzer *fuzzer = calloc(1, sizeof *fuzzer);
    if (count < 4 || fuzzer == NULL) {
        fprintf(stderr, "usage: %s INPUTS SEED FOLDER [FILE...]\n", arguments[0]);
        return 2;
    }
    const long inputs = strtol(arguments[1], NULL, 10);
    const uint64_t seed = strtoull(arguments[2], NULL, 10);
    uint64_t state = seed;
    const char *wrong = NULL;
    snprintf(fuzzer->input, sizeof fuzzer->input, "%s/codecs-%ld.input", arguments[3],
             (long)getpid());
    snprintf(fuzzer->output, sizeof fuzzer->output, "%s/codecs-%ld.output", arguments[3],
             (long)getpid());
    make_seeds(fuzzer, &state, count - 4, arguments + 4);
    for (long i = 0; i < inputs && wrong == NULL; i++)
        wrong = run_one(fuzzer, seed, i);
    printf("%ld inputs of %d seeds, seed %llu: %ld taken, %ld refused, sum %llu; %s\n",
           fuzzer->taken + fuzzer->refused, fuzzer->seed_count, (unsigned long long)seed,
           fuzzer->taken, fuzzer->refused, (unsigned long long)fuzzer->sum,
           wrong == NULL ? "good" : wrong);
    for (int i = 0; i < fuzzer->seed_count; i++)
        file_free(&fuzzer->seeds[i].file);
    unlink(fuzzer->output);
    if (wrong == NULL)
        unlink(fuzzer->input);
    free(fuzzer);
    return wrong == NULL ? 0 : 1;
}
