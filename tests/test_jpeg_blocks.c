/* test_jpeg_blocks.c -- JPEG to JPEG without decoding: samples, refusals, metadata, damage. */
#include "codec/metadata.h"
#include "codec/move_file.h"
#include "pictures.h"
#include "shell.h"
#include "tests.h"

#include <CUnit/Basic.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jpeglib.h>

/* ---- files ---- */

struct kind {
    int planes, across, down; /* how many times more samples luma has */
    bool progressive, arithmetic;
};

static const struct kind kinds[] = {
    {1, 1, 1, false, false}, {3, 1, 1, false, false}, {3, 2, 1, false, false},
    {3, 2, 2, false, false}, {3, 1, 2, false, false}, {3, 4, 1, false, false},
    {3, 2, 2, true, false},  {3, 2, 1, false, true},  {1, 2, 2, false, false},
};
enum { KINDS = sizeof kinds / sizeof kinds[0] };

static void compress(const char *path, const struct kind *kind, int width, int height)
{
    struct jpeg_compress_struct jpeg;
    struct jpeg_error_mgr errors;
    unsigned char row[3 * 256], *data = NULL;
    unsigned long size = 0;
    struct tri_image *image = pictures_scene(width, height, kind->planes, 8);
    jpeg.err = jpeg_std_error(&errors);
    jpeg_create_compress(&jpeg);
    jpeg_mem_dest(&jpeg, &data, &size);
    jpeg.image_width = (JDIMENSION)width;
    jpeg.image_height = (JDIMENSION)height;
    jpeg.input_components = kind->planes;
    jpeg.in_color_space = kind->planes == 1 ? JCS_GRAYSCALE : JCS_RGB;
    jpeg_set_defaults(&jpeg);
    jpeg.comp_info[0].h_samp_factor = kind->across;
    jpeg.comp_info[0].v_samp_factor = kind->down;
    jpeg.arith_code = kind->arithmetic;
    /* Tables that are not symmetric. */
    jpeg.quant_tbl_ptrs[0]->quantval[1] = 5;
    jpeg.quant_tbl_ptrs[0]->quantval[8] = 3;
    if (kind->progressive)
        jpeg_simple_progression(&jpeg);
    jpeg_start_compress(&jpeg, TRUE);
    for (int y = 0; y < height; y++) {
        for (int x = 0; x < width; x++)
            for (int p = 0; p < kind->planes; p++)
                row[x * kind->planes + p] = (unsigned char)pictures_sample(image, p, x, y);
        jpeg_write_scanlines(&jpeg, (JSAMPROW[]){row}, 1);
    }
    jpeg_finish_compress(&jpeg);
    jpeg_destroy_compress(&jpeg);
    pictures_store(path, data, size);
    free(data);
    tri_image_free(image);
}

/* ---- samples, from the definition of the transform, without rounding or smoothing ---- */

struct exact {
    int width, height, planes;
    double *samples; /* of all planes, as many as luma has: others are repeated */
};

static void transform(const JCOEF *coefficients, const UINT16 *steps, double out[64])
{
    const double pi = acos(-1);
    for (int y = 0; y < 8; y++)
        for (int x = 0; x < 8; x++) {
            double sum = 0;
            for (int v = 0; v < 8; v++)
                for (int u = 0; u < 8; u++)
                    sum += coefficients[v * 8 + u] * steps[v * 8 + u] * (u == 0 ? sqrt(0.5) : 1) *
                           (v == 0 ? sqrt(0.5) : 1) * cos((2 * x + 1) * u * pi / 16) *
                           cos((2 * y + 1) * v * pi / 16);
            out[y * 8 + x] = sum / 4;
        }
}

/* Puts the block in column `bx` of row `by` where its samples are shown. */
static void put_block(struct exact *exact, int plane, const double block[64], int bx, int by,
                      double across, double down)
{
    double *to = exact->samples + (ptrdiff_t)plane * exact->width * exact->height;
    for (int y = (int)(by * 8 * down); y < exact->height && y < (by + 1) * 8 * down; y++)
        for (int x = (int)(bx * 8 * across); x < exact->width && x < (bx + 1) * 8 * across; x++)
            to[y * exact->width + x] =
                block[((int)(y / down) - by * 8) * 8 + (int)(x / across) - bx * 8];
}

static struct exact decode(const char *path)
{
    struct jpeg_decompress_struct jpeg;
    struct jpeg_error_mgr errors;
    struct bytes file = pictures_load(path);
    jpeg.err = jpeg_std_error(&errors);
    jpeg_create_decompress(&jpeg);
    jpeg_mem_src(&jpeg, file.data, file.size);
    jpeg_read_header(&jpeg, TRUE);
    jvirt_barray_ptr *all = jpeg_read_coefficients(&jpeg);
    struct exact exact = {(int)jpeg.image_width, (int)jpeg.image_height, jpeg.num_components, NULL};
    exact.samples = calloc((size_t)exact.width * (size_t)exact.height * 3, sizeof exact.samples[0]);
    CU_ASSERT_PTR_NOT_NULL_FATAL(exact.samples);
    for (int c = 0; c < jpeg.num_components; c++) {
        const jpeg_component_info *info = &jpeg.comp_info[c];
        for (int by = 0; by < (int)info->height_in_blocks; by++)
            for (int bx = 0; bx < (int)info->width_in_blocks; bx++) {
                double block[64];
                JBLOCKARRAY row = jpeg.mem->access_virt_barray((j_common_ptr)&jpeg, all[c],
                                                               (JDIMENSION)by, 1, FALSE);
                transform(row[0][bx], info->quant_table->quantval, block);
                put_block(&exact, c, block, bx, by,
                          (double)jpeg.max_h_samp_factor / info->h_samp_factor,
                          (double)jpeg.max_v_samp_factor / info->v_samp_factor);
            }
    }
    jpeg_finish_decompress(&jpeg);
    jpeg_destroy_decompress(&jpeg);
    free(file.data);
    return exact;
}

/* ---- the pipeline, on a picture of places ---- */

static struct tri_pipeline *parsed(const char *text)
{
    struct tri_pipeline *pipeline = NULL;
    struct tri_error error;
    CU_ASSERT_EQUAL_FATAL(tri_pipeline_parse(text, &pipeline, &error), TRI_OK);
    return pipeline;
}

/* Runs it as usual. */
static struct tri_image *run(const char *text, struct tri_image *in)
{
    struct tri_pipeline *pipeline = parsed(text);
    struct tri_backend *backend = NULL;
    struct tri_job *job = NULL;
    struct tri_image *out = NULL;
    CU_ASSERT_EQUAL_FATAL(tri_backend_open("sequential", NULL, &backend, NULL), TRI_OK);
    CU_ASSERT_EQUAL_FATAL(tri_job_new(backend, pipeline, &in->shape, &job, NULL), TRI_OK);
    CU_ASSERT_EQUAL_FATAL(tri_image_new(tri_job_shape(job), &out, NULL), TRI_OK);
    CU_ASSERT_EQUAL(tri_job_run(job, in, out, NULL, NULL), TRI_OK);
    tri_job_free(job);
    tri_backend_close(backend);
    tri_pipeline_free(pipeline);
    return out;
}

/* Whether each sample of `out` is that of `in` which the pipeline puts there. */
static bool is_moved(const struct exact *in, const struct exact *out, const char *text)
{
    struct tri_image *places = NULL;
    double most = 0;
    CU_ASSERT_EQUAL_FATAL(
        tri_image_new(&(struct tri_shape){in->width, in->height, 2, 16}, &places, NULL), TRI_OK);
    for (int y = 0; y < in->height; y++)
        for (int x = 0; x < in->width; x++) {
            ((uint16_t *)tri_image_row(places, 0, y))[x] = (uint16_t)x;
            ((uint16_t *)tri_image_row(places, 1, y))[x] = (uint16_t)y;
        }
    struct tri_image *moved = run(text, places);
    const bool same = moved->shape.width == out->width && moved->shape.height == out->height &&
                      in->planes == out->planes;
    for (int i = 0; same && i < out->width * out->height * out->planes; i++) {
        const int x = i % out->width, y = i / out->width % out->height,
                  p = i / out->width / out->height;
        const int from_x = pictures_sample(moved, 0, x, y),
                  from_y = pictures_sample(moved, 1, x, y);
        most = fmax(most, fabs(out->samples[i] -
                               in->samples[(p * in->height + from_y) * in->width + from_x]));
    }
    tri_image_free(places);
    tri_image_free(moved);
    return same && most < 1e-9; /* of the order of the sums alone */
}

/* ---- moving ---- */

static enum tri_status move(const char *from, const char *to, const char *text, bool strip,
                            struct tri_error *error)
{
    static const struct tri_write_options write = {.size = sizeof write};
    struct tri_pipeline *pipeline = parsed(text);
    struct tri_file_move file = {
        .from = from, .to = to, .pipeline = pipeline, .write = &write, .strip = strip};
    const enum tri_status status = tri_file_move(&file, error);
    tri_pipeline_free(pipeline);
    return status;
}

static void expect_moved(const char *from, const struct exact *in, const char *text)
{
    char to[300];
    struct tri_error error = {.text = ""};
    snprintf(to, sizeof to, "%s", pictures_path("moved.jpg"));
    const enum tri_status status = move(from, to, text, false, &error);
    if (status != TRI_OK && test_fail_once())
        printf("%s: %s\n", text, error.text);
    if (status != TRI_OK)
        return;
    struct exact out = decode(to);
    if (!is_moved(in, &out, text) && test_fail_once())
        printf("%s: samples differ\n", text);
    free(out.samples);
    unlink(to);
}

static void test_samples(void)
{
    static const char *const pipelines[] = {
        "copy",
        "flip",
        "flip:axis=vertical",
        "rotate:angle=90",
        "rotate:angle=180",
        "rotate:angle=-90",
        "transpose",
        "transpose:diagonal=anti",
        "crop:x=32:y=16:width=33:height=9",
        "crop:x=32:y=16:width=1:height=1",
        "crop:x=1:width=32:height=48:gravity=northeast,crop:x=1,flip,flip",
        "crop:x=32:y=16:width=32:height=16,transpose,flip",
        "rotate:angle=90,crop:x=16:y=32:width=20:height=19",
        "flip,crop:x=32:width=32,rotate:angle=90,flip:axis=vertical,transpose",
        "rotate:angle=90,rotate:angle=90,rotate:angle=180",
    };
    char from[300];
    snprintf(from, sizeof from, "%s", pictures_path("from.jpg"));
    for (int k = 0; k < KINDS; k++) {
        compress(from, &kinds[k], 96, 64);
        struct exact in = decode(from);
        for (size_t i = 0; i < sizeof pipelines / sizeof pipelines[0]; i++)
            expect_moved(from, &in, pipelines[i]);
        free(in.samples);
    }
    unlink(from);
}

/* Sides that end within a block, where no mirrored side begins there. */
static void test_odd_sizes(void)
{
    static const char *const pipelines[] = {"copy",
                                            "transpose",
                                            "crop:x=32:y=32",
                                            "crop:x=32:width=64,flip",
                                            "flip,crop:x=33,flip",
                                            "flip,flip",
                                            "crop:height=32,rotate:angle=90"};
    char from[300];
    snprintf(from, sizeof from, "%s", pictures_path("from.jpg"));
    for (int k = 0; k < KINDS; k++) {
        compress(from, &kinds[k], 101, 67);
        struct exact in = decode(from);
        for (size_t i = 0; i < sizeof pipelines / sizeof pipelines[0]; i++)
            expect_moved(from, &in, pipelines[i]);
        free(in.samples);
    }
    unlink(from);
}

/* Without smoothing of chroma, what is decoded is the same byte for byte. */
static void test_bytes(void)
{
    char from[300], to[300];
    snprintf(from, sizeof from, "%s", pictures_path("from.jpg"));
    snprintf(to, sizeof to, "%s", pictures_path("moved.jpg"));
    for (int k = 0; k < 2; k++) { /* gray, 4:4:4 */
        compress(from, &kinds[k], 101, 67);
        CU_ASSERT_EQUAL(move(from, to, "crop:x=8:y=16:width=70", false, NULL), TRI_OK);
        struct tri_image *in = pictures_read(from, NULL), *out = pictures_read(to, NULL),
                         *wanted = run("crop:x=8:y=16:width=70", in);
        CU_ASSERT_EQUAL(tri_image_compare(out, wanted).count, 0);
        CU_ASSERT_TRUE(tri_shape_equal(&out->shape, &wanted->shape));
        tri_image_free(in);
        tri_image_free(out);
        tri_image_free(wanted);
    }
    unlink(from);
    unlink(to);
}

/* ---- refusals ---- */

static void expect_refused(const struct kind *kind, const char *text, const char *part)
{
    char from[300], to[300];
    struct tri_error error = {.text = ""};
    snprintf(from, sizeof from, "%s", pictures_path("from.jpg"));
    snprintf(to, sizeof to, "%s", pictures_path("to.jpg"));
    compress(from, kind, 101, 67);
    CU_ASSERT_EQUAL(move(from, to, text, false, &error), TRI_USAGE);
    if (strstr(error.text, part) == NULL && test_fail_once())
        printf("%s: %s\n", text, error.text);
    CU_ASSERT_NOT_EQUAL(access(to, F_OK), 0);
    unlink(from);
}

static void test_refusals(void)
{
    const struct kind *gray = &kinds[0], *wide = &kinds[2], *both = &kinds[3];
    expect_refused(gray, "crop:x=5",
                   "begins at column 5 of the stored picture, but without loss "
                   "only multiples of 8 are possible; let it begin at 0 or 8");
    expect_refused(wide, "crop:x=8", "multiples of 16 are possible; let it begin at 0 or 16");
    expect_refused(wide, "crop:y=70,flip", "nothing of the picture");
    expect_refused(wide, "crop:y=9",
                   "row 9 of the stored picture, but without loss only multiples "
                   "of 8 are possible; let it begin at 8 or 16");
    expect_refused(both, "crop:y=8",
                   "row 8 of the stored picture, but without loss only multiples "
                   "of 16 are possible; let it begin at 0 or 16");
    expect_refused(both, "crop:y=66", "let it begin at 64");
    expect_refused(both, "flip",
                   "what is mirrored ends at column 101 of the stored picture, but "
                   "without loss only multiples of 16 are possible; crop it to end "
                   "at 96");
    expect_refused(both, "crop:width=10,flip", "ends at column 10");
    expect_refused(both, "flip:axis=vertical", "crop it to end at 64");
    expect_refused(both, "rotate:angle=90", "what is mirrored ends at row 67");
    expect_refused(both, "rotate:angle=270", "what is mirrored ends at column 101");
    expect_refused(gray, "flip,sobel", "sobel makes new samples");
    expect_refused(gray, "rotate:angle=45", "rotate makes new samples");
    expect_refused(gray, "pad:left=8", "pad makes new samples");
}

static void test_formats(void)
{
    char from[300], to[300];
    struct tri_error error;
    struct tri_image *image = pictures_scene(32, 16, 3, 8);
    snprintf(from, sizeof from, "%s", pictures_path("from.pnm"));
    snprintf(to, sizeof to, "%s", pictures_path("to.jpg"));
    CU_ASSERT_EQUAL(
        tri_image_write(from, image, &WRITE_OPTIONS(.format = tri_format_find("pnm")), NULL),
        TRI_OK);
    CU_ASSERT_EQUAL(move(from, to, "copy", false, &error), TRI_USAGE);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "needs JPEG files as inputs"));
    unlink(from);
    compress(to, &kinds[0], 8, 8);
    CU_ASSERT_EQUAL(move(to, from, "copy", false, &error), TRI_USAGE);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "is a JPEG file; name it"));
    CU_ASSERT_NOT_EQUAL(access(from, F_OK), 0);
    unlink(to);
    tri_image_free(image);
}

/* ---- metadata ---- */

/* All but EXIF's thumbnail is what an ordinary run would write. */
static void expect_metadata(int orientation, const char *text)
{
    char from[300], to[300];
    struct bytes exif = pictures_exif(true, orientation), profile = pictures_real_profile();
    struct tri_metadata *metadata = tri_metadata_new();
    struct tri_read_info stored = {.size = sizeof stored}, moved = stored;
    struct tri_image *image = pictures_scene(64, 32, 3, 8);
    CU_ASSERT_TRUE(tri_metadata_add(metadata, "eXIf", exif.data, exif.size));
    CU_ASSERT_TRUE(tri_metadata_add(metadata, "pHYs", "\0\0\x0b\x13\0\0\x2e\x23\1", 9));
    CU_ASSERT_TRUE(tri_metadata_add(metadata, "tEXt", "Comment\0words", 13));
    CU_ASSERT_TRUE(tri_metadata_add(metadata, "iCCP", profile.data, profile.size));
    CU_ASSERT_TRUE(tri_metadata_add(metadata, "XMP ", "<rdf:RDF a='b'/>", 16));
    snprintf(from, sizeof from, "%s", pictures_path("from.jpg"));
    snprintf(to, sizeof to, "%s", pictures_path("to.jpg"));
    CU_ASSERT_EQUAL_FATAL(tri_image_write(from, image, &WRITE_OPTIONS(.metadata = metadata), NULL),
                          TRI_OK);
    CU_ASSERT_EQUAL_FATAL(move(from, to, text, false, NULL), TRI_OK);
    struct tri_image *in = pictures_read(from, &stored), *out = pictures_read(to, &moved),
                     *wanted = run(text, in);
    struct tri_pipeline *pipeline = parsed(text);
    const struct tri_metadata_change change = {pipeline, in->shape, wanted->shape,
                                               strcmp(text, "copy") != 0};
    char note[TRI_NOTE_MAX] = "";
    tri_metadata_follow(stored.metadata, &change, note);
    CU_ASSERT_TRUE(tri_shape_equal(&wanted->shape, &out->shape));
    CU_ASSERT_TRUE(pictures_psnr(wanted, out) > 45); /* upright, but for how chroma is smoothed */
    CU_ASSERT_EQUAL(tri_metadata_count(stored.metadata), tri_metadata_count(moved.metadata));
    for (int i = 0; i < tri_metadata_count(moved.metadata); i++) {
        const struct tri_metadata_item *a = tri_metadata_at(stored.metadata, i),
                                       *b = tri_metadata_at(moved.metadata, i);
        CU_ASSERT_STRING_EQUAL(a->type, b->type);
        CU_ASSERT_TRUE(a->size == b->size && memcmp(a->data, b->data, a->size) == 0);
    }
    CU_ASSERT_EQUAL(move(from, to, text, true, NULL), TRI_OK);
    tri_metadata_free(moved.metadata);
    tri_image_free(out);
    moved = (struct tri_read_info){.size = sizeof moved};
    out = pictures_read(to, &moved);
    CU_ASSERT_EQUAL(tri_metadata_count(moved.metadata), 0);
    tri_metadata_free(stored.metadata);
    tri_metadata_free(moved.metadata);
    tri_metadata_free(metadata);
    tri_pipeline_free(pipeline);
    tri_image_free(image);
    tri_image_free(in);
    tri_image_free(out);
    tri_image_free(wanted);
    free(exif.data);
    free(profile.data);
    unlink(from);
    unlink(to);
}

static void test_metadata(void)
{
    for (int orientation = 1; orientation <= 8; orientation++) {
        expect_metadata(orientation, "copy");
        expect_metadata(orientation, "rotate:angle=90");
    }
}

/* ---- damage ---- */

static void test_damage(void)
{
    char from[300], to[300];
    struct tri_error error;
    snprintf(from, sizeof from, "%s", pictures_path("from.jpg"));
    snprintf(to, sizeof to, "%s", pictures_path("to.jpg"));
    for (int k = 0; k < KINDS; k += 3) { /* gray, 4:2:0, progressive */
        compress(from, &kinds[k], 32, 32);
        struct bytes file = pictures_load(from);
        for (size_t size = 1; size < file.size; size++) {
            pictures_store(from, file.data, size);
            if (move(from, to, "transpose", false, &error) != TRI_FAILED && test_fail_once())
                printf("%zu of %zu bytes are taken\n", size, file.size);
        }
        CU_ASSERT_NOT_EQUAL(access(to, F_OK), 0);
        for (size_t i = 0; i < file.size; i++) { /* at worst an error; what is written is sound */
            file.data[i] ^= 0x55;
            pictures_store(from, file.data, file.size);
            if (move(from, to, "transpose", false, &error) == TRI_OK) {
                tri_image_free(pictures_read(to, NULL));
                unlink(to);
            }
            file.data[i] ^= 0x55;
        }
        free(file.data);
    }
    unlink(from);
}

/* ---- the program ---- */

static void test_program(void)
{
    EXPECT("$T run resize:width=64:height=48 $ROOT/images/street.png -o a.jpg -q", 0, "", "");
    EXPECT("$T run flip a.jpg -o b.jpg --lossless-jpeg && $T run flip - -o - --format jpeg "
           "--lossless-jpeg < a.jpg | cmp - b.jpg",
           0, "", "");
    EXPECT("$T run flip b.jpg -o b.jpg --lossless-jpeg && $T run copy a.jpg -o c.jpg "
           "--lossless-jpeg && cmp b.jpg c.jpg",
           0, "", "");
    EXPECT("mkdir in && cp a.jpg in/a.jpg && cp b.jpg in/b.jpg && $T run transpose in -o out/ "
           "--lossless-jpeg && ls out && $T run transpose in/a.jpg in/b.jpg -o n-%d.jpg "
           "--lossless-jpeg && cmp n-2.jpg out/b.jpg",
           0, "a.jpg\nb.jpg\n", "");
    EXPECT("$T run crop:x=3 a.jpg -o d.jpg --lossless-jpeg", 2, "",
           "triptych: a.jpg: the result begins at column 3 *; let it begin at 0 or 16\n");
    EXPECT("$T run sobel a.jpg -o d.jpg --lossless-jpeg", 2, "",
           "triptych: *; sobel makes new samples\n");
    EXPECT("$T run flip a.jpg -o d.jpg --lossless-jpeg --quality 80", 2, "",
           "triptych: *remove it, or --quality*\n");
    EXPECT("$T run flip a.jpg -o d.png --lossless-jpeg", 2, "",
           "triptych: cannot write d.png: the output of --lossless-jpeg is a JPEG file*\n");
    EXPECT("head -c 300 a.jpg > cut.jpg; $T run flip cut.jpg -o d.jpg --lossless-jpeg", 1, "",
           "triptych: cannot read cut.jpg: the file is truncated\n");
    EXPECT("printf 'YUV4MPEG2 W2 H2 F25:1 Cmono\\nFRAME\\n1234' > v.y4m; "
           "$T run flip v.y4m -o d.jpg --lossless-jpeg",
           2, "", "triptych: *--lossless-jpeg is for JPEG files; the input is a video*\n");
    EXPECT("ls d.*", 2, "", "*");
}

static int enter(void)
{
    return pictures_enter() != 0 || shell_begin() != 0;
}

static int leave(void)
{
    const int shell = shell_end();
    return pictures_leave() != 0 || shell != 0;
}

int test_jpeg_blocks_suite(void)
{
    CU_pSuite suite = CU_add_suite("jpeg_blocks", enter, leave);
    return !(suite && CU_add_test(suite, "samples are moved exactly", test_samples) &&
             CU_add_test(suite, "sides that end within a block", test_odd_sizes) &&
             CU_add_test(suite, "decoded bytes", test_bytes) &&
             CU_add_test(suite, "what would lose is refused", test_refusals) &&
             CU_add_test(suite, "formats", test_formats) &&
             CU_add_test(suite, "metadata and orientation", test_metadata) &&
             CU_add_test(suite, "every byte cut or changed", test_damage) &&
             CU_add_test(suite, "the program", test_program));
}
