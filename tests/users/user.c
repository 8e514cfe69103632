/* user.c -- a program that uses triptych as others do: with triptych.h alone, in C99. It checks
 * what the header promises, and ends with 0 if all of it holds.
 *
 *     user [PNG]            also reads that file
 *     user --environment    prints the names of the environment's variables instead */
#include <math.h>
#include <stdlib.h>
#include <triptych.h>

static int failures;

#define CHECK(condition) \
    do { \
        if (!(condition)) { \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition); \
            failures++; \
        } \
    } while (0)

static int fails(enum tri_status status, enum tri_status expected, const struct tri_error *error,
                 const char *part)
{
    if (status == expected && error->status == expected && strstr(error->text, part) != NULL)
        return 1;
    fprintf(stderr, "status %d, error %d: %s\n", (int)status, (int)error->status, error->text);
    return 0;
}

static void check_version(void)
{
    char text[40];
    snprintf(text, sizeof text, "%d.%d.%d", TRI_VERSION_MAJOR, TRI_VERSION_MINOR,
             TRI_VERSION_PATCH);
    CHECK(strcmp(tri_version(), text) == 0 && strcmp(TRI_VERSION, text) == 0);
    CHECK(tri_version_number() == TRI_VERSION_NUMBER);
#if TRI_VERSION_NUMBER < TRI_VERSION_OF(0, 1, 0)
#error "the version does not compare"
#endif
}

/* Every list, one before its first and one after its last entry. */
static void check_indices(void)
{
    struct tri_pipeline *pipeline;
    const struct tri_kernel *kernel = tri_kernel_find("gaussian");
    CHECK(tri_kernel_at(-1) == NULL && tri_kernel_at(tri_kernel_count()) == NULL &&
          tri_kernel_at(0) != NULL);
    CHECK(tri_format_at(-1) == NULL && tri_format_at(tri_format_count()) == NULL &&
          tri_format_at(0) != NULL);
    CHECK(tri_isa_name(-1) == NULL && tri_isa_name(tri_isa_count()) == NULL &&
          strcmp(tri_isa_name(0), "scalar") == 0);
    CHECK(tri_probe_name(-1) == NULL && tri_probe_name(TRI_PROBES) == NULL &&
          tri_probe_name(TRI_PROBES - 1) != NULL);
    CHECK(tri_probe_sentence(-1) == NULL && tri_probe_sentence(TRI_PROBES) == NULL &&
          tri_probe_sentence(0) != NULL);
    CHECK(tri_probe_word((enum tri_probe_verdict)4) == NULL &&
          tri_probe_word(TRI_PROBE_FAILED) != NULL);
    CHECK(tri_driver_state_name((enum tri_driver_state)6) == NULL &&
          tri_driver_state_name(TRI_DRIVER_HUNG) != NULL);
    CHECK(tri_metadata_count(NULL) == 0 && tri_metadata_at(NULL, 0) == NULL);
    CHECK(kernel != NULL && tri_kernel_param(kernel, -1) == NULL);
    CHECK(kernel != NULL && tri_kernel_param(kernel, tri_kernel_param_count(kernel)) == NULL);
    CHECK(tri_pipeline_parse("invert,gaussian:sigma=2", &pipeline, NULL) == TRI_OK);
    CHECK(tri_pipeline_kernel(pipeline, -1) == NULL && tri_pipeline_kernel(pipeline, 2) == NULL);
    CHECK(tri_pipeline_kernel(pipeline, 1) == kernel &&
          !(fabs(tri_pipeline_value(pipeline, 1, "sigma") - 2) > 0));
    CHECK(isnan(tri_pipeline_value(pipeline, -1, "sigma")) &&
          isnan(tri_pipeline_value(pipeline, 2, "sigma")));
    CHECK(isnan(tri_pipeline_value(pipeline, 1, "nothing")));
    tri_pipeline_free(pipeline);
}

/* Freeing nothing is allowed. */
static void check_null(void)
{
    tri_image_free(NULL);
    tri_pool_free(NULL);
    tri_metadata_free(NULL);
    tri_pipeline_free(NULL);
    tri_backend_close(NULL);
    tri_drivers_free(NULL, 0);
    tri_job_free(NULL);
    tri_inflight_free(NULL);
}

/* What fails sets its result to NULL and tells why. */
static void check_errors(void)
{
    static char place;
    struct tri_error error;
    const struct tri_shape wrong = {16, 16, 5, 8};
    struct tri_image *image = (struct tri_image *)(void *)&place;
    struct tri_pipeline *pipeline = (struct tri_pipeline *)(void *)&place;
    struct tri_backend *backend = (struct tri_backend *)(void *)&place;
    CHECK(fails(tri_image_new(&wrong, &image, &error), TRI_USAGE, &error, "5 planes") &&
          image == NULL);
    image = (struct tri_image *)(void *)&place;
    CHECK(fails(tri_image_read("/nowhere/a.png", NULL, &image, NULL, &error), TRI_FAILED, &error,
                "/nowhere/a.png") &&
          image == NULL);
    CHECK(fails(tri_pipeline_parse("gausian", &pipeline, &error), TRI_USAGE, &error, "gaussian") &&
          pipeline == NULL);
    CHECK(
        fails(tri_backend_open("nothing", NULL, &backend, &error), TRI_USAGE, &error, "nothing") &&
        backend == NULL);
}

/* Options of programs that were compiled with an earlier or a later header, and those that were
 * never initialized. */
static void check_sizes(void)
{
    struct later {
        struct tri_backend_options known;
        long unknown;
    } later = {tri_backend_options_default(), 0};
    struct tri_backend_options options = tri_backend_options_default();
    struct tri_read_options reading = tri_read_options_default();
    struct tri_read_info info = tri_read_info_default();
    struct tri_write_options writing = tri_write_options_default();
    const struct tri_shape shape = {4, 4, 1, 8};
    struct tri_backend *backend;
    struct tri_image *image;
    struct tri_error error;

    CHECK(options.size == sizeof options && options.isa == NULL && options.pool == NULL);
    CHECK(tri_backend_open("sequential", &options, &backend, &error) == TRI_OK);
    tri_backend_close(backend);
    later.known.size = sizeof later;
    CHECK(tri_backend_open("sequential", &later.known, &backend, &error) == TRI_OK);
    tri_backend_close(backend);
    later.unknown = 1;
    CHECK(fails(tri_backend_open("sequential", &later.known, &backend, &error), TRI_USAGE, &error,
                "does not know"));
    options.size = 8;
    CHECK(fails(tri_backend_open("sequential", &options, &backend, &error), TRI_USAGE, &error,
                "tri_backend_options_default()"));
    options.size = (size_t)-1;
    CHECK(fails(tri_backend_open("sequential", &options, &backend, &error), TRI_USAGE, &error,
                "expected"));

    reading.size = 0;
    CHECK(fails(tri_image_read("a.png", &reading, &image, NULL, &error), TRI_USAGE, &error,
                "tri_read_options") &&
          image == NULL);
    info.size = 0;
    CHECK(fails(tri_image_read("a.png", NULL, &image, &info, &error), TRI_USAGE, &error,
                "tri_read_info") &&
          image == NULL);
    CHECK(tri_image_new(&shape, &image, &error) == TRI_OK);
    writing.size = 0;
    CHECK(fails(tri_image_write("/nowhere/a.png", image, &writing, &error), TRI_USAGE, &error,
                "tri_write_options"));
    tri_image_free(image);
}

static void fill(struct tri_image *image)
{
    for (int plane = 0; plane < image->shape.planes; plane++) {
        for (int y = 0; y < image->shape.height; y++) {
            uint8_t *row = (uint8_t *)tri_image_row(image, plane, y);
            for (int x = 0; x < image->shape.width; x++)
                row[x] = (uint8_t)(plane * 80 + x * y);
        }
    }
    image->padded = false;
}

/* A sample that is different for each place. */
static unsigned sample_at(int plane, int x, int y)
{
    return (unsigned)(plane * 4001 + x * 101 + y * 37);
}

static void set_sample(unsigned char *at, int bits, unsigned value)
{
    const uint16_t wide = (uint16_t)value;
    if (bits == 16)
        memcpy(at, &wide, sizeof wide);
    else
        *at = (unsigned char)value;
}

/* Into an image and back, from memory with those steps. */
static void check_steps(const struct tri_shape *shape, const struct tri_samples *from)
{
    unsigned char *first = (unsigned char *)from->data;
    struct tri_image *image;
    struct tri_error error;
    CHECK(tri_image_new(shape, &image, &error) == TRI_OK);
    for (int i = 0; i < shape->planes * shape->height * shape->width; i++) {
        const int plane = i / shape->width / shape->height, y = i / shape->width % shape->height,
                  x = i % shape->width;
        set_sample(first + plane * from->plane + y * from->row + x * from->column, shape->bits,
                   sample_at(plane, x, y));
    }
    tri_image_pad(image);
    tri_image_import(image, from);
    CHECK(!image->padded);
    for (int i = 0; i < shape->planes * shape->height * shape->width; i++) {
        const int plane = i / shape->width / shape->height, y = i / shape->width % shape->height,
                  x = i % shape->width;
        unsigned char *row = (unsigned char *)tri_image_row(image, plane, y);
        unsigned char wanted[2] = {0, 0};
        set_sample(wanted, shape->bits, sample_at(plane, x, y));
        if (memcmp(row + x * (shape->bits / 8), wanted, (size_t)shape->bits / 8) != 0) {
            CHECK(!"the sample was copied");
            break;
        }
    }
    tri_image_free(image);
}

/* What was exported, imported again, is the image; bytes between the samples stay. */
static void check_export(const struct tri_shape *shape, const struct tri_samples *samples,
                         unsigned char *memory, size_t size)
{
    struct tri_image *image, *again;
    struct tri_error error;
    size_t untouched = 0;
    CHECK(tri_image_new(shape, &image, &error) == TRI_OK &&
          tri_image_new(shape, &again, &error) == TRI_OK);
    tri_image_import(image, samples);
    memset(memory, 0x5a, size);
    tri_image_export(image, samples);
    tri_image_import(again, samples);
    CHECK(tri_image_compare(image, again).count == 0);
    for (size_t i = 0; i < 100; i++)
        untouched += (memory[i] == 0x5a) + (memory[size - 1 - i] == 0x5a);
    CHECK(untouched == 200);
    tri_image_free(again);
    tri_image_free(image);
}

/* Interleaved pixels, rows, single samples, and rows from the last to the first. */
static void check_samples(void)
{
    static uint16_t memory[20000];
    unsigned char *bytes = (unsigned char *)memory;
    for (int planes = 1; planes <= TRI_PLANES_MAX; planes++) {
        for (int bits = 8; bits <= 16; bits += 8) {
            const struct tri_shape shape = {75, 11, planes, bits};
            const ptrdiff_t size = bits / 8, row = 75 * size;
            const struct tri_samples all[] = {
                {bytes + 100, planes * size, planes * row + 2, size},
                {bytes + 100, size, row, row * 11},
                {bytes + 100, 2 * size, 2 * row, 2 * row * 11},
                {bytes + 100 + 10 * planes * row, planes * size, -planes * row, size},
                {bytes + 100 + 74 * planes * size, -planes * size, planes * row, size}};
            for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
                check_steps(&shape, &all[i]);
                check_export(&shape, &all[i], bytes, sizeof memory);
            }
        }
    }
}

static int told;
static void tell(void *listener, const char *text)
{
    told += strstr(text, "image data: ") == text && listener == &told;
}

/* A file in memory: there and back, and what is none. */
static void check_encoded(const struct tri_image *image)
{
    struct tri_read_info info = tri_read_info_default();
    struct tri_write_options options = tri_write_options_default();
    struct tri_image *again;
    struct tri_error error;
    void *data;
    size_t size;
    CHECK(tri_image_encode(image, NULL, &data, &size, &error) == TRI_OK && size > 8 &&
          memcmp(data, "\211PNG", 4) == 0);
    CHECK(tri_image_decode(data, size, NULL, &again, &info, &error) == TRI_OK &&
          tri_image_compare(image, again).count == 0);
    CHECK(info.format == tri_format_find("png") && info.pictures == 1);
    tri_metadata_free(info.metadata);
    tri_image_free(again);
    CHECK(fails(tri_image_decode(data, size / 2, NULL, &again, &info, &error), TRI_FAILED, &error,
                "cannot read image data") &&
          again == NULL);
    free(data);
    options.format = tri_format_find("pnm");
    options.verify = true;
    CHECK(tri_image_encode(image, &options, &data, &size, &error) == TRI_OK &&
          memcmp(data, "P7", 2) == 0);
    free(data);
}

static void check_memory(void)
{
    const struct tri_shape shape = {40, 30, 4, 8};
    struct tri_write_options options = tri_write_options_default();
    struct tri_read_options reading = tri_read_options_default();
    struct tri_image *image, *again;
    struct tri_error error;
    void *data = &told;
    size_t size = 1;
    CHECK(tri_image_new(&shape, &image, &error) == TRI_OK);
    fill(image);
    check_encoded(image);
    options.format = tri_format_find("jpeg");
    if (options.format != NULL) {
        CHECK(tri_image_encode(image, &options, &data, &size, &error) != TRI_OK && data == NULL &&
              size == 0);
        options.background.use = TRI_BACKGROUND_TOLD;
        options.tell = tell;
        options.listener = &told;
        CHECK(tri_image_encode(image, &options, &data, &size, &error) == TRI_OK && told == 1);
        free(data);
    }
    options.size = 0;
    CHECK(fails(tri_image_encode(image, &options, &data, &size, &error), TRI_USAGE, &error,
                "tri_write_options"));
    tri_image_free(image);
    CHECK(fails(tri_image_decode("", 0, NULL, &again, NULL, &error), TRI_FAILED, &error, "empty") &&
          again == NULL);
    CHECK(fails(tri_image_decode("nothing like an image", 21, NULL, &again, NULL, &error),
                TRI_FAILED, &error, "unknown picture format"));
    reading.max_pixels = 10;
    CHECK(fails(tri_image_decode("P5 4 4 255 0123456789abcdef", 27, &reading, &again, NULL, &error),
                TRI_FAILED, &error, "exceed the limit of 10"));
}

static void check_job(void)
{
    const struct tri_shape shape = {40, 30, 3, 8};
    struct tri_image *in = NULL, *out = NULL, *again = NULL;
    struct tri_pipeline *pipeline = NULL;
    struct tri_backend *backend = NULL;
    struct tri_job *job = NULL;
    struct tri_error error;
    struct tri_timing timing = {-1, -1, -1};
    CHECK(tri_image_new(&shape, &in, &error) == TRI_OK &&
          tri_pipeline_parse("invert,rotate:90,invert", &pipeline, &error) == TRI_OK);
    CHECK(tri_backend_open("threads:2", NULL, &backend, &error) == TRI_OK);
    CHECK(backend != NULL && strcmp(tri_backend_info(backend)->name, "threads:2") == 0);
    CHECK(tri_job_new(backend, pipeline, &shape, &job, &error) == TRI_OK);
    if (job != NULL) {
        fill(in);
        CHECK(tri_job_shape(job)->width == 30 && tri_job_shape(job)->height == 40 &&
              tri_job_transposed(job));
        CHECK(tri_image_new(tri_job_shape(job), &out, &error) == TRI_OK &&
              tri_image_new_for(backend, tri_job_shape(job), &again, &error) == TRI_OK);
        CHECK(tri_job_run(job, in, out, &timing, &error) == TRI_OK && timing.kernel_ns >= 0);
        CHECK(((uint8_t *)tri_image_row(out, 2, 39))[0] ==
              ((uint8_t *)tri_image_row(in, 2, 29))[39]);
        CHECK(tri_job_run(job, in, again, NULL, &error) == TRI_OK &&
              tri_image_compare(out, again).count == 0);
        CHECK(tri_image_digest(out) == tri_image_digest(again) &&
              tri_image_compare(in, out).count == UINT64_MAX);
        CHECK(fails(tri_job_run(job, out, in, NULL, &error), TRI_USAGE, &error, "shape"));
    }
    tri_image_free(again);
    tri_image_free(out);
    tri_job_free(job);
    tri_backend_close(backend);
    tri_pipeline_free(pipeline);
    tri_image_free(in);
}

static void check_file(const char *path)
{
    struct tri_read_info info = tri_read_info_default();
    struct tri_image *image;
    struct tri_error error;
    CHECK(tri_image_read(path, NULL, &image, &info, &error) == TRI_OK);
    CHECK(info.size == sizeof info && info.format != NULL && strcmp(info.format->name, "png") == 0);
    CHECK(tri_metadata_at(info.metadata, tri_metadata_count(info.metadata)) == NULL &&
          tri_metadata_at(info.metadata, -1) == NULL);
    tri_metadata_free(info.metadata);
    tri_image_free(image);
}

extern char **environ;

static void print_environment(const char *when)
{
    printf("%s:", when);
    for (char **variable = environ; *variable != NULL; variable++)
        printf(" %.*s", (int)strcspn(*variable, "="), *variable);
    puts("");
}

/* The names of all variables, once OpenCL was used, whether or not that succeeds; and once the
 * program has set what POCL reads. */
static int show_environment(void)
{
    struct tri_backend *backend;
    tri_backend_open("opencl", NULL, &backend, NULL);
    print_environment("opened");
    tri_opencl_set_environment();
    print_environment("set");
    fflush(stdout);
    tri_backend_close(backend);
    return 0;
}

int main(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "--environment") == 0)
        return show_environment();
    check_version();
    check_indices();
    check_null();
    check_errors();
    check_sizes();
    check_samples();
    check_memory();
    check_job();
    if (argc > 1)
        check_file(argv[1]);
    if (failures == 0)
        puts("as promised");
    return failures != 0;
}
