/* grain.c -- how small a piece of work may be before dividing it, or handing it over to a device,
 * costs more than it gains. */
#include "lab/lab.h"
#include "lab/picture.h"
#include "lab/team.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { SIZES = 6, FIRST = 10, STEP = 2 }; /* 2^10, 2^12, ... samples */
enum { PICTURES = 4, DEVICES_MAX = 4, WAYS_MAX = DEVICES_MAX + 2 };
static const struct tri_shape shapes[PICTURES] = {
    {64, 64, 1, 8}, {256, 128, 1, 8}, {512, 512, 1, 8}, {2048, 1024, 1, 8}};

/* A filter on pictures of all sizes by one backend. */
struct way {
    struct tri_lab_picture *pictures[PICTURES];
};

struct piece {
    struct grain *whole;
    int samples;
};

struct grain {
    struct tri_lab_team *team;
    int members;
    unsigned char table[256];
    unsigned char *in, *out;
    struct piece pieces[SIZES];
    struct way ways[WAYS_MAX]; /* the first one by one core */
    int way_count;
    int base; /* the row of the first picture by one core */
};

/* ---- a table applied to samples, by one thread and divided ---- */

static void apply(struct grain *grain, int from, int to)
{
    for (int i = from; i < to; i++)
        grain->out[i] = grain->table[grain->in[i]];
}

static void alone(void *argument)
{
    const struct piece *piece = argument;

    apply(piece->whole, 0, piece->samples);
}

static void share(void *argument, int member)
{
    const struct piece *piece = argument;
    struct grain *grain = piece->whole;

    apply(grain, (int)((int64_t)piece->samples * member / grain->members),
          (int)((int64_t)piece->samples * (member + 1) / grain->members));
}

static void divided(void *argument)
{
    struct piece *piece = argument;

    tri_lab_team_run(piece->whole->team, "share", share, piece);
}

static enum tri_status add_pieces(struct tri_lab_run *run, struct tri_error *error)
{
    const size_t most = (size_t)1 << (FIRST + STEP * (SIZES - 1));
    struct grain *grain = run->context;

    grain->in = malloc(most);
    grain->out = malloc(most);
    if (grain->in == NULL || grain->out == NULL)
        return tri_fail(error, TRI_FAILED, "out of memory for an experiment");
    grain->members = run->settings.workers;
    for (int i = 0; i < 256; i++)
        grain->table[i] = (unsigned char)lround(255 * pow(i / 255.0, 0.8));
    for (size_t i = 0; i < most; i++) {
        grain->in[i] = (unsigned char)(i * 7 + (i >> 8));
        grain->out[i] = 0;
    }
    for (int i = 0; i < SIZES; i++) {
        struct piece *piece = &grain->pieces[i];
        *piece = (struct piece){grain, 1 << (FIRST + STEP * i)};
        tri_lab_add(run, alone, piece, 1, "%d samples, alone", piece->samples)->base = 2 * i;
        tri_lab_add(run, divided, piece, grain->members, "%d samples, all", piece->samples)->base =
            2 * i;
    }
    return tri_lab_team_new(grain->members, &grain->team, error);
}

/* ---- a filter on pictures, by one core and handed over to the others and to devices ---- */

static int pixels(int size)
{
    return shapes[size].width * shapes[size].height;
}

/* Adds the rows of a backend, `on`. If it cannot be used, the first one says why, and is the only
 * one. */
static enum tri_status add_way(struct tri_lab_run *run, const char *on, const char *name,
                               int workers, struct tri_error *error)
{
    struct grain *grain = run->context;
    struct way *way = &grain->ways[grain->way_count++];

    for (int i = 0; i < PICTURES; i++) {
        const enum tri_status status =
            tri_lab_picture_new(on, NULL, "median:radius=2", &shapes[i], &way->pictures[i], error);
        struct tri_lab_row *row = tri_lab_add(run, tri_lab_picture_run, way->pictures[i], workers,
                                              "%d pixels, %.44s", pixels(i), name);
        row->base = grain->base + i;
        if (status == TRI_NO_DEVICE)
            tri_lab_skip(row, "%s", error->text);
        if (status != TRI_OK)
            return status == TRI_NO_DEVICE ? TRI_OK : status;
    }
    return TRI_OK;
}

static void add_no_device(struct tri_lab_run *run, const char *name, const char *why)
{
    tri_lab_skip(tri_lab_add(run, NULL, NULL, 1, "%d pixels, %.44s", pixels(0), name), "%s", why);
}

static enum tri_status add_devices(struct tri_lab_run *run, struct tri_error *error)
{
    struct tri_device_info *devices;
    int count;
    enum tri_status status = tri_devices(&devices, &count, error);

    if (status != TRI_OK)
        return status;
    if (count == 0)
        add_no_device(run, "OpenCL device",
                      "there is none; 'triptych doctor' says what is missing");
    for (int i = 0; i < count && i < DEVICES_MAX && status == TRI_OK; i++) {
        char name[32];
        snprintf(name, sizeof name, "opencl:%s", devices[i].id);
        if (devices[i].usable)
            status = add_way(run, devices[i].selector, name, 1, error);
        else
            add_no_device(run, name, devices[i].reason);
    }
    free(devices);
    return status;
}

static enum tri_status add_ways(struct tri_lab_run *run, struct tri_error *error)
{
    const int workers = run->settings.workers;
    struct grain *grain = run->context;
    enum tri_status status;
    char threads[32];

    grain->base = run->row_count;
    status = add_way(run, "sequential", "one core", 1, error);
    snprintf(threads, sizeof threads, "threads:%d", workers);
    if (status == TRI_OK && workers > 1)
        status = add_way(run, threads, "threads", workers, error);
    return status != TRI_OK ? status : add_devices(run, error);
}

static enum tri_status open(struct tri_lab_run *run, struct tri_error *error)
{
    run->context = calloc(1, sizeof(struct grain));
    if (run->context == NULL)
        return tri_fail(error, TRI_FAILED, "out of memory for an experiment");
    const enum tri_status status = add_pieces(run, error);
    return status != TRI_OK ? status : add_ways(run, error);
}

/* ---- what follows ---- */

static const struct tri_lab_row *find(const struct tri_lab_run *run, int size, const char *how)
{
    char name[64];

    snprintf(name, sizeof name, "%d samples, %s", 1 << (FIRST + STEP * size), how);
    return tri_lab_row(run, name);
}

static const struct tri_lab_row *find_picture(const struct tri_lab_run *run, int size,
                                              const char *way)
{
    char name[64];

    snprintf(name, sizeof name, "%d pixels, %.44s", pixels(size), way);
    return tri_lab_row(run, name);
}

/* The smallest of `count` sizes from which all larger ones gain for certain; `count`: none. */
static int break_even(const struct tri_lab_run *run, int count,
                      const struct tri_lab_row *(*of)(const struct tri_lab_run *run, int size,
                                                      const char *way),
                      const char *way, const char *than)
{
    int size = count;

    for (; size > 0; size--) {
        const struct tri_interval faster =
            tri_lab_faster(of(run, size - 1, way), of(run, size - 1, than));
        if (tri_lab_above(run, &faster, 1) != TRI_LAB_SHOWN)
            break;
    }
    return size;
}

static void conclude_pieces(struct tri_lab_run *run)
{
    const struct tri_interval smallest = tri_lab_faster(find(run, 0, "alone"), find(run, 0, "all"));
    const int from = break_even(run, SIZES, find, "all", "alone");

    tri_lab_say(
        run, tri_lab_above(run, &smallest, 1),
        "1024 samples take %s times as long on all cores as on one: waking a thread costs more "
        "than the work.",
        tri_lab_words(&smallest).text);
    if (from == SIZES) {
        tri_lab_say(run, TRI_LAB_UNCLEAR, "No size up to %d samples gained for certain.",
                    1 << (FIRST + STEP * (SIZES - 1)));
        return;
    }
    tri_lab_answer(run, from <= 1 ? 0 : from <= 3 ? 1 : 2);
    tri_lab_say(run, TRI_LAB_SHOWN,
                "From %d samples on, which take %.3g us alone, dividing the work gains.",
                1 << (FIRST + STEP * from), (double)find(run, from, "alone")->time.median / 1e3);
}

static void conclude_way(struct tri_lab_run *run, const char *way)
{
    const int from = break_even(run, PICTURES, find_picture, way, "one core");
    const int size = from < PICTURES ? from : PICTURES - 1;
    const struct tri_lab_row *one = find_picture(run, size, "one core"),
                             *other = find_picture(run, size, way);
    const struct tri_interval faster = tri_lab_faster(other, one);

    if (one == NULL || other == NULL)
        return;
    const struct tri_lab_text us = tri_lab_number((double)one->time.median / 1e3),
                              by_other = tri_lab_number((double)other->time.median / 1e3);
    if (from < PICTURES)
        tri_lab_say(run, TRI_LAB_SHOWN,
                    "Handing a median filter over to %s pays %s %d pixels%s: there one core takes "
                    "%s us, and it takes %s us.",
                    way, from == 0 ? "with as few as" : "from", pixels(from),
                    from == 0 ? "" : " on", us.text, by_other.text);
    else
        tri_lab_say(run, tri_lab_above(run, &faster, 1),
                    "No size up to %d pixels pays for handing a median filter over to %s for "
                    "certain: the largest is %s times as fast as on one core, which takes %s us.",
                    pixels(size), way, tri_lab_words(&faster).text, us.text);
}

/* Each backend that handed its smallest picture over, and whether there was a device. */
static void conclude_ways(struct tri_lab_run *run)
{
    char first[32];
    bool device = false;
    const char *why = NULL;

    snprintf(first, sizeof first, "%d pixels, ", pixels(0));
    for (int i = 0; i < run->row_count; i++) {
        const struct tri_lab_row *row = &run->rows[i];
        const char *way = row->name + strlen(first);
        if (strncmp(row->name, first, strlen(first)) != 0 || strcmp(way, "one core") == 0)
            continue;
        device |= row->count > 0 && strcmp(way, "threads") != 0;
        why = row->skipped[0] ? row->skipped : why;
        conclude_way(run, way);
    }
    if (!device && why != NULL)
        tri_lab_say(run, TRI_LAB_UNCLEAR,
                    "No OpenCL device could be used (%s), so what handing work to a device costs "
                    "is not shown here.",
                    why);
}

static void conclude(struct tri_lab_run *run)
{
    if (run->settings.workers < 2)
        tri_lab_say(run, TRI_LAB_UNCLEAR, "With one core there is nobody to divide the work with.");
    else
        conclude_pieces(run);
    conclude_ways(run);
}

static void close(struct tri_lab_run *run)
{
    struct grain *grain = run->context;

    if (grain == NULL)
        return;
    tri_lab_team_free(grain->team);
    for (int i = 0; i < grain->way_count; i++)
        for (int size = 0; size < PICTURES; size++)
            tri_lab_picture_free(grain->ways[i].pictures[size]);
    free(grain->in);
    free(grain->out);
    free(grain);
}

TRI_LAB_EXPERIMENT(grain) = {
    .name = "grain",
    .claim = "Dividing work, and handing it over, costs time: below a certain size, one core is "
             "faster than all, and than a device.",
    .plan = "A table applied to 1,024 to 1,048,576 samples, by one thread and divided among all. A "
            "median filter on 4,096 to 2,097,152 pixels by one core, by the threads backend and by "
            "each OpenCL device, whose numbers 'triptych devices' explains.",
    .question = "From how many samples on do all cores beat one?",
    .answers = {"4,096 or fewer", "16,384 or 65,536", "262,144 or more"},
    .next = "triptych bench invert --size 64..4096: the same for whole filters and devices.",
    .open = open,
    .conclude = conclude,
    .close = close,
};
