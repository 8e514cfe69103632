/* example.c -- a file, an image in memory and a stream of frames through pipelines, on a backend
 * that may be missing.
 *
 *     cc example.c -o example $(pkg-config --cflags --libs triptych)
 *     ./example in.png edges.png opencl:gpu
 */
#include <triptych.h>

/* A device that is missing is no reason to give up: threads give the same bytes. */
static enum tri_status open_backend(const char *on, struct tri_backend **backend,
                                    struct tri_error *error)
{
    enum tri_status status = tri_backend_open(on, NULL, backend, error);
    if (status == TRI_NO_DEVICE) {
        fprintf(stderr, "example: %s; using threads\n", error->text);
        status = tri_backend_open("threads", NULL, backend, error);
    }
    return status;
}

/* A new image, the caller's, with what the pipeline makes of `in`. */
static enum tri_status filter_image(struct tri_backend *backend, const char *text,
                                    struct tri_image *in, struct tri_image **out,
                                    struct tri_error *error)
{
    struct tri_pipeline *pipeline = NULL;
    struct tri_job *job = NULL;
    *out = NULL;
    enum tri_status status = tri_pipeline_parse(text, &pipeline, error);
    if (status == TRI_OK)
        status = tri_job_new(backend, pipeline, &in->shape, &job, error);
    if (status == TRI_OK)
        status = tri_image_new(tri_job_shape(job), out, error);
    if (status == TRI_OK)
        status = tri_job_run(job, in, *out, NULL, error);
    tri_job_free(job); /* before its pipeline and its backend */
    tri_pipeline_free(pipeline);
    if (status != TRI_OK) {
        tri_image_free(*out);
        *out = NULL;
    }
    return status;
}

/* ---- a file ---- */

static enum tri_status filter_file(struct tri_backend *backend, const char *from, const char *to,
                                   struct tri_error *error)
{
    struct tri_read_options options = tri_read_options_default();
    struct tri_image *in = NULL, *out = NULL;
    options.max_pixels = 100000000; /* refuses larger ones before it takes memory for them */
    enum tri_status status = tri_image_read(from, &options, &in, NULL, error);
    if (status == TRI_OK)
        status = filter_image(backend, "gaussian:sigma=2,sobel", in, &out, error);
    if (status == TRI_OK)
        status = tri_image_write(to, out, NULL, error);
    tri_image_free(out);
    tri_image_free(in);
    return status;
}

/* ---- an image in memory ---- */

/* Inverts interleaved RGB pixels in place. */
static enum tri_status invert_pixels(struct tri_backend *backend, uint8_t *pixels, int width,
                                     int height, struct tri_error *error)
{
    const struct tri_shape shape = {width, height, 3, 8};
    const struct tri_samples samples = {pixels, 3, (ptrdiff_t)width * 3, 1};
    struct tri_image *in = NULL, *out = NULL;
    enum tri_status status = tri_image_new(&shape, &in, error);
    if (status == TRI_OK)
        tri_image_import(in, &samples);
    if (status == TRI_OK)
        status = filter_image(backend, "invert", in, &out, error);
    if (status == TRI_OK)
        tri_image_export(out, &samples);
    tri_image_free(out);
    tri_image_free(in);
    return status;
}

/* ---- a stream of frames ---- */

enum { FRAMES = 6 };

/* Gray, but for a white flash in frame 3. */
static void next_frame(int number, struct tri_image *frame)
{
    for (int y = 0; y < frame->shape.height; y++)
        memset(tri_image_row(frame, 0, y), number == 3 ? 255 : 100, (size_t)frame->shape.width);
    frame->padded = false; /* the samples have changed */
}

static int is_white(const struct tri_image *frame)
{
    return *(const uint8_t *)tri_image_row(frame, 0, 0) == 255;
}

/* One job sees successive runs as successive frames. A kernel that looks ahead delays its output by
 * tri_job_delay frames: the first so many outputs are none, and after the last input as many more
 * runs flush it. */
static enum tri_status run_stream(struct tri_job *job, struct tri_image *in, struct tri_image *out,
                                  struct tri_error *error)
{
    const int delay = tri_job_delay(job);
    int count = 0, white = 0;
    enum tri_status status = TRI_OK;
    for (int i = 0; i < FRAMES + delay && status == TRI_OK; i++) {
        if (i == FRAMES)
            tri_job_end(job);
        else if (i < FRAMES)
            next_frame(i, in);
        status = tri_job_run(job, in, out, NULL, error);
        if (status == TRI_OK && i >= delay) {
            count++;
            white += is_white(out);
        }
    }
    if (status == TRI_OK)
        printf("stream: %d frames in, %d out, %d white\n", FRAMES, count, white);
    return status;
}

static enum tri_status filter_stream(struct tri_backend *backend, struct tri_error *error)
{
    const struct tri_shape shape = {320, 200, 1, 8};
    struct tri_image *in = NULL, *out = NULL;
    struct tri_pipeline *pipeline = NULL;
    struct tri_job *job = NULL;
    enum tri_status status = tri_pipeline_parse("temporal_median", &pipeline, error);
    if (status == TRI_OK)
        status = tri_job_new(backend, pipeline, &shape, &job, error);
    if (status == TRI_OK)
        status =
            tri_image_new_for(backend, &shape, &in, error); /* where the backend reads fastest */
    if (status == TRI_OK)
        status = tri_image_new_for(backend, tri_job_shape(job), &out, error);
    if (status == TRI_OK)
        status = run_stream(job, in, out, error);
    tri_image_free(out);
    tri_image_free(in);
    tri_job_free(job);
    tri_pipeline_free(pipeline);
    return status;
}

int main(int argc, char **argv)
{
    uint8_t pixels[2 * 2 * 3] = {255, 0, 0, 0, 255, 0, 0, 0, 255, 0, 0, 0};
    struct tri_backend *backend = NULL;
    struct tri_error error;

    if (argc != 3 && argc != 4) {
        fputs("usage: example IN OUT [BACKEND]\n", stderr);
        return TRI_USAGE;
    }
    tri_opencl_set_environment(); /* in programs that may use OpenCL on the CPU, before they start
                                     threads */
    enum tri_status status = open_backend(argc == 4 ? argv[3] : "threads", &backend, &error);
    if (status == TRI_OK)
        status = filter_file(backend, argv[1], argv[2], &error);
    if (status == TRI_OK)
        status = invert_pixels(backend, pixels, 2, 2, &error);
    if (status == TRI_OK)
        status = filter_stream(backend, &error);
    if (status == TRI_OK)
        printf("pixels: red became %d, %d, %d\n", pixels[0], pixels[1], pixels[2]);
    else
        fprintf(stderr, "example: %s\n", error.text); /* names the file or device, and what to do */
    tri_backend_close(backend);
    return (int)status;
}
