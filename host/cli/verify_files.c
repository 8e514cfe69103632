/* verify_files.c -- what `verify` does besides for pipelines with kernel files: many shapes,
 * extreme samples and parameters, known answers, and runs with checks. */
#include "cli/verify_files.h"
#include "measure/kernel_check.h"
#include "measure/measure.h"
#include "pipeline/kernel_description.h"

#include <stdlib.h>
#include <string.h>

bool cli_has_kernel_file(const struct tri_pipeline *pipeline)
{
    for (int i = 0; i < tri_pipeline_length(pipeline); i++)
        if (tri_pipeline_kernel(pipeline, i)->own != NULL)
            return true;
    return false;
}

/* ---- pictures ---- */

/* Around the numbers of lanes, thinner than any window, and tall enough to be packed. */
static const struct {
    int width, height;
    bool all; /* numbers of planes; else 3 */
} shapes[] = {{1, 1, false},   {2, 1, false},   {1, 2, false},    {3, 5, false},   {16, 3, false},
              {17, 9, true},   {33, 2, false},  {63, 4, false},   {64, 1, false},  {65, 7, false},
              {129, 31, true}, {257, 4, false}, {40, 130, false}, {2, 4000, false}};

enum { PATTERNS = 5 };

static unsigned sample_of(int pattern, int x, int y, unsigned maximum)
{
    switch (pattern) {
    case 1:
        return 0;
    case 2:
        return maximum;
    case 3:
        return (x + y) % 2 == 0 ? maximum : 0;
    default:
        return x * 3 < y ? maximum : 0; /* large areas with an edge */
    }
}

static void fill(struct tri_image *image, int pattern)
{
    const struct tri_shape *shape = &image->shape;
    const unsigned maximum = (1U << shape->bits) - 1;

    for (int p = 0; p < shape->planes; p++)
        for (int y = 0; y < shape->height; y++)
            for (int x = 0; x < shape->width; x++) {
                void *row = tri_image_row(image, p, y);
                const unsigned sample = sample_of(pattern, x, y, maximum);
                if (shape->bits == 8)
                    ((uint8_t *)row)[x] = (uint8_t)sample;
                else
                    ((uint16_t *)row)[x] = (uint16_t)sample;
            }
    image->padded = false;
}

static enum tri_status add_frames(const struct tri_shape *shape, struct tri_image **images,
                                  int *count, struct tri_error *error)
{
    enum tri_status status = TRI_OK;

    for (int pattern = 0; pattern < PATTERNS && status == TRI_OK && *count < CLI_FUZZ_MAX;
         pattern++) {
        status = tri_picture_generate(shape, (unsigned)(*count + 1), &images[*count], error);
        if (status == TRI_OK && pattern > 0)
            fill(images[*count], pattern);
        *count += status == TRI_OK;
    }
    return status;
}

enum tri_status cli_fuzz_pictures(struct tri_image **images, int *count, struct tri_error *error)
{
    enum tri_status status = TRI_OK;

    *count = 0;
    for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++)
        for (int planes = shapes[i].all ? 1 : 3; planes <= (shapes[i].all ? TRI_PLANES_MAX : 3);
             planes++)
            for (int bits = 8; bits <= 16 && status == TRI_OK; bits += 8)
                status =
                    add_frames(&(struct tri_shape){shapes[i].width, shapes[i].height, planes, bits},
                               images, count, error);
    return status;
}

/* ---- parameters ---- */

/* Adds it if it is a pipeline that some picture fits. */
static void add_variant(const char *text, char *variants[CLI_VARIANTS_MAX], int *count)
{
    struct tri_pipeline *parsed = NULL;

    if (*count == CLI_VARIANTS_MAX || tri_pipeline_parse(text, &parsed, NULL) != TRI_OK)
        return;
    tri_pipeline_free(parsed);
    variants[*count] = strdup(text);
    *count += variants[*count] != NULL;
}

static void add_choices(const char *call, const struct tri_param *param,
                        char *variants[CLI_VARIANTS_MAX], int *count)
{
    char text[5000];

    for (const char *at = param->choices; *at != '\0';) {
        const int length = (int)strcspn(at, "|");
        snprintf(text, sizeof text, "%s:%s=%.*s", call, param->name, length, at);
        add_variant(text, variants, count);
        at += length + (at[length] == '|');
    }
}

static void add_ends(const char *call, const struct tri_param *param,
                     char *variants[CLI_VARIANTS_MAX], int *count)
{
    const double ends[2] = {param->minimum, param->maximum};
    char text[5000];

    for (int i = 0; i < 2; i++) {
        snprintf(text, sizeof text, "%s:%s=%.17g", call, param->name, ends[i]);
        add_variant(text, variants, count);
    }
}

int cli_variants(const char *text, const struct tri_pipeline *pipeline,
                 char *variants[CLI_VARIANTS_MAX])
{
    const struct tri_kernel *kernel = tri_pipeline_kernel(pipeline, 0);
    int count = 0;

    add_variant(text, variants, &count);
    if (tri_pipeline_length(pipeline) > 1 || kernel->own == NULL || strchr(text, ':') != NULL)
        return count;
    for (int i = 0; i < tri_kernel_param_count(kernel); i++) {
        const struct tri_param *param = tri_kernel_param(kernel, i);
        if (param->type == TRI_CHOICE)
            add_choices(text, param, variants, &count);
        else
            add_ends(text, param, variants, &count);
    }
    return count;
}

/* ---- checks ---- */

static void tell(struct cli_file_checks *checks, const char *text)
{
    checks->faults++;
    if (checks->text)
        printf("  BROKEN: %s\n", text);
    if (checks->json != NULL)
        json_array_append_new(checks->json, json_string(text));
}

static void tell_findings(const struct tri_findings *findings, struct cli_file_checks *checks)
{
    char text[TRI_FINDING_TEXT];

    for (int i = 0; i < findings->count; i++) {
        tri_finding_text(&findings->list[i], text);
        tell(checks, text);
    }
    checks->findings = findings->count;
}

/* What a kernel of its own says, before the pipeline is run. */
static enum tri_status check_kernel(const struct tri_kernel *kernel, struct tri_findings *findings,
                                    struct cli_file_checks *checks, struct tri_error *error)
{
    if (kernel->own == NULL)
        return TRI_OK;
    tri_check_words(kernel, findings);
    const enum tri_status status = tri_known_check(kernel, error);
    if (status != TRI_DIFFERS)
        return status;
    tell(checks, error->text);
    return TRI_OK;
}

enum tri_status cli_check_files(const struct tri_pipeline *pipeline, char *const variants[],
                                int variant_count, struct tri_image *const *images, int count,
                                struct cli_file_checks *checks, struct tri_error *error)
{
    struct tri_findings findings = {.count = 0};
    enum tri_status status = TRI_OK;

    for (int i = 0; i < variant_count && status == TRI_OK; i++)
        status = tri_check_pipeline(variants[i], images, count, &findings, error);
    for (int i = 0; i < findings.count; i++)
        checks->astray |= tri_finding_astray(&findings.list[i]);
    for (int i = 0; i < tri_pipeline_length(pipeline) && status == TRI_OK && !checks->astray; i++)
        status = check_kernel(tri_pipeline_kernel(pipeline, i), &findings, checks, error);
    tell_findings(&findings, checks);
    if (status == TRI_OK && checks->text && checks->faults == 0)
        printf("  known answer, and rules of exactness one sample at a time: kept\n");
    if (status == TRI_OK && checks->text && checks->astray)
        printf("  it reads what is not its own, so it is not run on any backend\n");
    return status;
}
