/* The oracle of unsharp, based on the kernel's own gaussian (which has an oracle of its own). */
#include "../oracle.h"

#include <math.h>
#include <stdlib.h>

static struct tri_image *blur(const struct tri_image *in, double sigma)
{
    struct tri_backend_options options = {.size = sizeof options, .isa = "scalar"};
    struct tri_pipeline *pipeline = NULL;
    struct tri_backend *backend = NULL;
    struct tri_image *out = NULL;
    struct tri_job *job = NULL;
    struct tri_error error;
    struct tri_image copy = *in; /* a run may pad its input */
    char text[60];

    snprintf(text, sizeof(text), "gaussian:sigma=%.10g", sigma);
    if (tri_pipeline_parse(text, &pipeline, &error) ||
        tri_backend_open("sequential", &options, &backend, &error) ||
        tri_job_new(backend, pipeline, &in->shape, &job, &error) ||
        tri_image_new(&in->shape, &out, &error) || tri_job_run(job, &copy, out, NULL, &error)) {
        fprintf(stderr, "tests: unsharp needs %s: %s\n", text, error.text);
        exit(1);
    }
    tri_job_free(job);
    tri_backend_close(backend);
    tri_pipeline_free(pipeline);
    return out;
}

static void run(const struct tri_pipeline *pipeline, int operation, const struct tri_image *in,
                const struct tri_image *before, struct expected *out)
{
    double amount = tri_pipeline_value(pipeline, operation, "amount");
    double threshold = tri_pipeline_value(pipeline, operation, "threshold");
    struct tri_image *blurred = blur(in, tri_pipeline_value(pipeline, operation, "sigma"));

    (void)before;
    oracle_expect(out, in->shape.width, in->shape.height, in->shape.planes,
                  0.5 + (in->shape.bits == 8 ? 1e-2 : 0.2));
    for (int plane = 0; plane < out->planes; plane++)
        for (int y = 0; y < out->height; y++)
            for (int x = 0; x < out->width; x++) {
                double v = (double)oracle_sample(in, plane, x, y);
                double d = v - (double)oracle_sample(blurred, plane, x, y);
                bool small = fabs(2 * d) < threshold * oracle_max(in);

                *oracle_at(out, plane, x, y) =
                    small ? v : oracle_clamp(v + amount * d, 0, oracle_max(in));
            }
    tri_image_free(blurred);
}

static const char *const cases[] = {"sigma=2:amount=1.5:threshold=0.1", "amount=0.3",
                                    "amount=10:threshold=0.5", NULL};

const struct oracle oracle_unsharp = {
    .name = "unsharp", .alpha = ORACLE_PREMULTIPLIED, .run = run, .cases = cases};
