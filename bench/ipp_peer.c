/* ipp_peer.c -- filters of Intel IPP behind one interface, for bench/peers.py, which builds it
 * against PyPI's ipp-static. One plane of 8 or 16 bits, one thread, borders replicated. Functions
 * return a status of IPP; 0 is success. */
#include <ippcore.h>
#include <ippcv.h>
#include <ippcv_l.h>
#include <ippi.h>
#include <stdlib.h>
#include <string.h>

#define EXPORT __attribute__((visibility("default")))

struct work {
    const struct kind *kind;
    IppiSize from, to;  /* sizes of the source and of the result */
    int bits, number;   /* `number`: a radius, the side of a mask, or a norm */
    const void *values; /* a table, which belongs to the caller */
    Ipp8u *spec, *buffer;
};

struct kind {
    const char *name;
    IppStatus (*prepare)(struct work *work);
    IppStatus (*run)(struct work *work, const void *source, int source_step, void *target,
                     int target_step);
};

static IppDataType type_of(const struct work *work)
{
    return work->bits == 8 ? ipp8u : ipp16u;
}

static IppiSize mask_of(const struct work *work)
{
    IppiSize mask = {2 * work->number + 1, 2 * work->number + 1};
    return mask;
}

static IppStatus allocate(struct work *work, size_t spec, size_t buffer)
{
    work->spec = malloc(spec + 1);
    work->buffer = malloc(buffer + 1);
    return work->spec && work->buffer ? ippStsNoErr : ippStsMemAllocErr;
}

static IppStatus median_prepare(struct work *work)
{
    int size = 0;
    IppStatus status =
        ippiFilterMedianBorderGetBufferSize(work->from, mask_of(work), type_of(work), 1, &size);
    return status ? status : allocate(work, 0, (size_t)size);
}

static IppStatus median_run(struct work *work, const void *source, int source_step, void *target,
                            int target_step)
{
    if (work->bits == 8)
        return ippiFilterMedianBorder_8u_C1R(source, source_step, target, target_step, work->to,
                                             mask_of(work), ippBorderRepl, 0, work->buffer);
    return ippiFilterMedianBorder_16u_C1R(source, source_step, target, target_step, work->to,
                                          mask_of(work), ippBorderRepl, 0, work->buffer);
}

static IppStatus box_prepare(struct work *work)
{
    int size = 0;
    IppStatus status =
        ippiFilterBoxBorderGetBufferSize(work->from, mask_of(work), type_of(work), 1, &size);
    return status ? status : allocate(work, 0, (size_t)size);
}

static IppStatus box_run(struct work *work, const void *source, int source_step, void *target,
                         int target_step)
{
    if (work->bits == 8)
        return ippiFilterBoxBorder_8u_C1R(source, source_step, target, target_step, work->to,
                                          mask_of(work), ippBorderRepl, NULL, work->buffer);
    return ippiFilterBoxBorder_16u_C1R(source, source_step, target, target_step, work->to,
                                       mask_of(work), ippBorderRepl, NULL, work->buffer);
}

static IppStatus maximum_prepare(struct work *work)
{
    int size = 0;
    IppStatus status =
        ippiFilterMaxBorderGetBufferSize(work->from, mask_of(work), type_of(work), 1, &size);
    return status ? status : allocate(work, 0, (size_t)size);
}

static IppStatus maximum_run(struct work *work, const void *source, int source_step, void *target,
                             int target_step)
{
    if (work->bits == 8)
        return ippiFilterMaxBorder_8u_C1R(source, source_step, target, target_step, work->to,
                                          mask_of(work), ippBorderRepl, 0, work->buffer);
    return ippiFilterMaxBorder_16u_C1R(source, source_step, target, target_step, work->to,
                                       mask_of(work), ippBorderRepl, 0, work->buffer);
}

static IppiSizeL wide(IppiSize size)
{
    IppiSizeL same = {size.width, size.height};
    return same;
}

static IppStatus dilate_init(struct work *work, IppiSizeL mask)
{
    size_t count = (size_t)(mask.width * mask.height);
    Ipp8u *ones = malloc(count);
    if (!ones)
        return ippStsMemAllocErr;
    memset(ones, 1, count);
    IppStatus status =
        ippiDilateInit_L(wide(work->from), ones, mask, (IppiMorphStateL *)work->spec);
    free(ones);
    return status;
}

static IppStatus dilate_prepare(struct work *work)
{
    IppSizeL spec = 0, buffer = 0;
    IppiSizeL size = wide(work->from), mask = wide(mask_of(work));
    IppStatus status = ippiDilateGetSpecSize_L(size, mask, &spec);
    if (!status)
        status = ippiDilateGetBufferSize_L(size, mask, type_of(work), 1, &buffer);
    if (!status)
        status = allocate(work, (size_t)spec, (size_t)buffer);
    return status ? status : dilate_init(work, mask);
}

static IppStatus dilate_run(struct work *work, const void *source, int source_step, void *target,
                            int target_step)
{
    const IppiMorphStateL *spec = (const IppiMorphStateL *)work->spec;
    if (work->bits == 8)
        return ippiDilate_8u_C1R_L(source, source_step, target, target_step, wide(work->to),
                                   ippBorderRepl, NULL, spec, work->buffer);
    return ippiDilate_16u_C1R_L(source, source_step, target, target_step, wide(work->to),
                                ippBorderRepl, NULL, spec, work->buffer);
}

/* sigma 1; `number` is the radius of the mask. */
static IppStatus gaussian_prepare(struct work *work)
{
    int spec = 0, buffer = 0;
    Ipp32u side = (Ipp32u)mask_of(work).width;
    IppStatus status =
        ippiFilterGaussianGetBufferSize(work->from, side, type_of(work), 1, &spec, &buffer);
    if (!status)
        status = allocate(work, (size_t)spec, (size_t)buffer);
    return status ? status
                  : ippiFilterGaussianInit(work->from, side, 1, ippBorderRepl, type_of(work), 1,
                                           (IppFilterGaussianSpec *)work->spec, work->buffer);
}

static IppStatus gaussian_run(struct work *work, const void *source, int source_step, void *target,
                              int target_step)
{
    IppFilterGaussianSpec *spec = (IppFilterGaussianSpec *)work->spec;
    if (work->bits == 8)
        return ippiFilterGaussianBorder_8u_C1R(source, source_step, target, target_step, work->to,
                                               0, spec, work->buffer);
    return ippiFilterGaussianBorder_16u_C1R(source, source_step, target, target_step, work->to, 0,
                                            spec, work->buffer);
}

/* To 16 signed bits, as IPP has no other; `number` is the norm. */
static IppNormType norm_of(const struct work *work)
{
    return work->number == 1 ? ippNormL1 : ippNormL2;
}

static IppStatus sobel_prepare(struct work *work)
{
    int size = 0;
    if (work->bits != 8)
        return ippStsDataTypeErr;
    IppStatus status = ippiFilterSobelGetBufferSize(work->from, ippMskSize3x3, norm_of(work), ipp8u,
                                                    ipp16s, 1, &size);
    return status ? status : allocate(work, 0, (size_t)size);
}

static IppStatus sobel_run(struct work *work, const void *source, int source_step, void *target,
                           int target_step)
{
    return ippiFilterSobel_8u16s_C1R(source, source_step, target, target_step, work->to,
                                     ippMskSize3x3, norm_of(work), ippBorderRepl, 0, work->buffer);
}

/* Lanczos with `number` lobes, widened as far as the picture shrinks. */
static IppStatus resize_sizes(struct work *work, int *spec, int *first)
{
    if (work->bits == 8)
        return ippiResizeGetSize_8u(work->from, work->to, ippLanczos, 1, spec, first);
    return ippiResizeGetSize_16u(work->from, work->to, ippLanczos, 1, spec, first);
}

static IppStatus resize_init(struct work *work, int spec, int first)
{
    int size = 0;
    Ipp8u *scratch = malloc((size_t)first + 1);
    work->spec = malloc((size_t)spec + 1);
    IppStatus status = scratch && work->spec ? ippStsNoErr : ippStsMemAllocErr;
    IppiResizeSpec_32f *weights = (IppiResizeSpec_32f *)work->spec;
    if (!status)
        status = ippiResizeAntialiasingLanczosInit(work->from, work->to, (Ipp32u)work->number,
                                                   weights, scratch);
    free(scratch);
    if (!status)
        status = work->bits == 8 ? ippiResizeGetBufferSize_8u(weights, work->to, 1, &size)
                                 : ippiResizeGetBufferSize_16u(weights, work->to, 1, &size);
    work->buffer = status ? NULL : malloc((size_t)size + 1);
    return status || work->buffer ? status : ippStsMemAllocErr;
}

static IppStatus resize_prepare(struct work *work)
{
    int spec = 0, first = 0;
    IppStatus status = resize_sizes(work, &spec, &first);
    return status ? status : resize_init(work, spec, first);
}

static IppStatus resize_run(struct work *work, const void *source, int source_step, void *target,
                            int target_step)
{
    IppiPoint start = {0, 0};
    const IppiResizeSpec_32f *spec = (const IppiResizeSpec_32f *)work->spec;
    if (work->bits == 8)
        return ippiResizeAntialiasing_8u_C1R(source, source_step, target, target_step, start,
                                             work->to, ippBorderRepl, NULL, spec, work->buffer);
    return ippiResizeAntialiasing_16u_C1R(source, source_step, target, target_step, start, work->to,
                                          ippBorderRepl, NULL, spec, work->buffer);
}

static IppStatus nothing_prepare(struct work *work)
{
    return allocate(work, 0, 0);
}

static IppStatus table_run(struct work *work, const void *source, int source_step, void *target,
                           int target_step)
{
    if (work->bits == 8)
        return ippiLUTPalette_8u_C1R(source, source_step, target, target_step, work->to,
                                     work->values, 8);
    return ippiLUTPalette_16u_C1R(source, source_step, target, target_step, work->to, work->values,
                                  16);
}

static IppStatus invert_prepare(struct work *work)
{
    return work->bits == 8 ? allocate(work, 0, 0) : ippStsDataTypeErr;
}

static IppStatus invert_run(struct work *work, const void *source, int source_step, void *target,
                            int target_step)
{
    return ippiNot_8u_C1R(source, source_step, target, target_step, work->to);
}

static IppStatus equalize_prepare(struct work *work)
{
    int spec = 0, buffer = 0, levels = 257;
    Ipp32f low = 0, high = 256;
    if (work->bits != 8)
        return ippStsDataTypeErr;
    IppStatus status = ippiHistogramGetBufferSize(ipp8u, work->from, &levels, 1, 1, &spec, &buffer);
    if (!status)
        status = allocate(work, (size_t)spec, (size_t)buffer);
    return status ? status
                  : ippiHistogramUniformInit(ipp8u, &low, &high, &levels, 1,
                                             (IppiHistogramSpec *)work->spec);
}

/* A table from v to round((cdf(v) - cdf_min) / (count - cdf_min) * 255). */
static void equalize_table(const Ipp32u counts[256], Ipp8u table[256])
{
    double sum = 0, lowest = 0, all = 0;
    for (int v = 0; v < 256; v++)
        all += counts[v];
    for (int v = 0; v < 256; v++) {
        sum += counts[v];
        if (lowest == 0)
            lowest = sum;
        table[v] =
            (Ipp8u)(all > lowest && sum > 0 ? (sum - lowest) / (all - lowest) * 255 + 0.5 : v);
    }
}

static IppStatus equalize_run(struct work *work, const void *source, int source_step, void *target,
                              int target_step)
{
    Ipp32u counts[257];
    Ipp8u table[256];
    IppStatus status = ippiHistogram_8u_C1R(source, source_step, work->from, counts,
                                            (const IppiHistogramSpec *)work->spec, work->buffer);
    if (status)
        return status;
    equalize_table(counts, table);
    return ippiLUTPalette_8u_C1R(source, source_step, target, target_step, work->to, table, 8);
}

static const struct kind kinds[] = {
    {"median", median_prepare, median_run},       {"box", box_prepare, box_run},
    {"maximum", maximum_prepare, maximum_run},    {"dilate", dilate_prepare, dilate_run},
    {"gaussian", gaussian_prepare, gaussian_run}, {"sobel", sobel_prepare, sobel_run},
    {"resize", resize_prepare, resize_run},       {"table", nothing_prepare, table_run},
    {"invert", invert_prepare, invert_run},       {"equalize", equalize_prepare, equalize_run},
};

/* Sizes are width and height of the source and of the result. */
struct peer_request {
    const char *name;
    int from_width, from_height, to_width, to_height, bits, number;
    const void *values;
};

EXPORT void ipp_peer_free(struct work *work)
{
    if (!work)
        return;
    free(work->spec);
    free(work->buffer);
    free(work);
}

EXPORT int ipp_peer_new(const struct peer_request *request, struct work **result)
{
    struct work *work = calloc(1, sizeof *work);
    if (!work)
        return ippStsMemAllocErr;
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (!strcmp(kinds[i].name, request->name))
            work->kind = &kinds[i];
    work->from = (IppiSize){request->from_width, request->from_height};
    work->to = (IppiSize){request->to_width, request->to_height};
    work->bits = request->bits;
    work->number = request->number;
    work->values = request->values;
    IppStatus status = work->kind ? work->kind->prepare(work) : ippStsBadArgErr;
    if (status < 0) {
        ipp_peer_free(work);
        return status;
    }
    *result = work;
    return 0;
}

/* Warnings of IPP are positive and count as success. */
EXPORT int ipp_peer_run(struct work *work, const void *source, int source_step, void *target,
                        int target_step)
{
    IppStatus status = work->kind->run(work, source, source_step, target, target_step);
    return status < 0 ? status : 0;
}

EXPORT const char *ipp_peer_error(int status)
{
    return ippGetStatusString(status);
}

EXPORT const char *ipp_peer_version(void)
{
    ippInit();
    return ippiGetLibVersion()->Version;
}
