/* own_calls.h -- what passes between the program and a kernel file that it has compiled itself, a
 * shared object. The object can use no symbols of its host (module_calls.h says why), so it calls
 * through a table. Its text begins with this file. */
#ifndef TRI_OWN_CALLS_H
#define TRI_OWN_CALLS_H

#include "kernel_description.h"

/* What host parts may call. */
#define TRI_OWN_CALLS(CALL) \
    CALL(tri_divisor_make) \
    CALL(tri_exp) \
    CALL(tri_graph_add) \
    CALL(tri_graph_any_size) \
    CALL(tri_graph_bits) \
    CALL(tri_graph_bottom_first) \
    CALL(tri_graph_by_counts) \
    CALL(tri_graph_by_histogram) \
    CALL(tri_graph_components) \
    CALL(tri_graph_cover) \
    CALL(tri_graph_data) \
    CALL(tri_graph_delay) \
    CALL(tri_graph_extent) \
    CALL(tri_graph_fail) \
    CALL(tri_graph_fail_as) \
    CALL(tri_graph_feedback) \
    CALL(tri_graph_fields) \
    CALL(tri_graph_figures) \
    CALL(tri_graph_height) \
    CALL(tri_graph_kernel) \
    CALL(tri_graph_levels) \
    CALL(tri_graph_luma) \
    CALL(tri_graph_mix) \
    CALL(tri_graph_monochrome) \
    CALL(tri_graph_moves) \
    CALL(tri_graph_needs_rgb) \
    CALL(tri_graph_note) \
    CALL(tri_graph_operation) \
    CALL(tri_graph_planes_differ) \
    CALL(tri_graph_previous) \
    CALL(tri_graph_region) \
    CALL(tri_graph_repeat) \
    CALL(tri_graph_repeat_end) \
    CALL(tri_graph_same_samples) \
    CALL(tri_graph_shapes_only) \
    CALL(tri_graph_siting) \
    CALL(tri_graph_state) \
    CALL(tri_graph_stretch) \
    CALL(tri_graph_table) \
    CALL(tri_graph_totals) \
    CALL(tri_graph_transposed) \
    CALL(tri_graph_warp) \
    CALL(tri_graph_width) \
    CALL(tri_graph_with) \
    CALL(tri_graph_with_equal) \
    CALL(tri_graph_with_height) \
    CALL(tri_graph_with_width) \
    CALL(tri_operation_bits) \
    CALL(tri_operation_colour) \
    CALL(tri_operation_contents) \
    CALL(tri_operation_list) \
    CALL(tri_operation_seconds) \
    CALL(tri_operation_string) \
    CALL(tri_operation_value) \
    CALL(tri_pow) \
    CALL(tri_sin_pi) \
    CALL(tri_stretch_range) \
    CALL(tri_table_stretch)

struct tri_own_calls {
#define CALL(name) __typeof__(name) *name;
    TRI_OWN_CALLS(CALL)
#undef CALL
};

/* A row function of the object; `pass` is NULL where the object has no host part. */
struct tri_own_rows {
    const char *name;
    struct tri_rows rows;
    struct tri_pass *pass;
};

/* A pass of kernels/shared that the host part uses: the program fills it in. */
struct tri_own_used {
    const char *name;
    struct tri_pass *pass;
};

/* What a run with checks finds (own_check.h). */
enum tri_own_rule {
    OWN_ROW,          /* AT: outside .low and .high, or .sparse */
    OWN_REACH,        /* AT, SOURCE: beyond .reach */
    OWN_COLUMN,       /* ROW_SAMPLE, ROW_POINTER: beyond the row and .reach */
    OWN_PLANE_ROW,    /* SAMPLE, SOURCE: outside the plane */
    OWN_PLANE_COLUMN, /* SAMPLE: outside the plane */
    OWN_NOT_WHOLE,    /* SAMPLE, SOURCE: without .whole */
    OWN_IS_WHOLE,     /* AT, ROW_SAMPLE: with .whole */
    OWN_INPUT,        /* an input that the node does not have */
    OWN_OVERFLOW,     /* of signed integers */
    OWN_SHIFT,        /* by the width or more, or by less than 0 */
    OWN_DIVISION,     /* by zero */
    OWN_FLOAT,        /* a float that the integer type does not hold */
    OWN_ARRAY,        /* an index outside an array */
    OWN_UNWRITTEN,    /* an output without a value; found by the program */
    OWN_WORD          /* a word that no body may have; found by the program */
};

/* The node whose pass runs, for checks. */
struct tri_own_window {
    int low, high, sparse, reach, whole, inputs;
    int width[TRI_INPUTS], height[TRI_INPUTS]; /* of the inputs */
};

/* The object's symbol tri_own. Lists end where the next member says. With a host part it also has
 * tri_own_kernel, a pointer to a struct tri_kernel. */
struct tri_own_object {
    const struct tri_own_rows *const *rows, *const *rows_end;
    const struct tri_own_used *const *used, *const *used_end;
    const struct tri_own_calls *calls; /* set by the program, as all that follows */
    struct tri_own_window window;
    /* `file` is "" for the kernel file. */
    void (*report)(enum tri_own_rule rule, const char *file, unsigned line, long found, long low,
                   long high);
};

#ifdef TRI_OWN /* from here on for kernel files only */

#define OWN_EXPORTED __attribute__((visibility("default")))
#define OWN_LISTED(list) __attribute__((used, section(#list)))
#define OWN_LIST(type, list) \
    extern const struct type *const __start_##list[] __attribute__((weak, visibility("hidden"))); \
    extern const struct type *const __stop_##list[] __attribute__((weak, visibility("hidden")));

/* Of the linker: where the sections begin and end. */
OWN_LIST(tri_own_rows, tri_own_rows)
OWN_LIST(tri_own_used, tri_own_used)
extern OWN_EXPORTED struct tri_own_object tri_own;
struct tri_own_object tri_own = {__start_tri_own_rows,
                                 __stop_tri_own_rows,
                                 __start_tri_own_used,
                                 __stop_tri_own_used,
                                 0,
                                 {0},
                                 0};

#ifdef HOST
extern OWN_EXPORTED const struct tri_kernel *const tri_own_kernel;

enum tri_alpha tri_alpha_kept(const struct tri_operation *operation)
{
    (void)operation;
    return TRI_ALPHA_KEPT;
}
enum tri_alpha tri_alpha_plain(const struct tri_operation *operation)
{
    (void)operation;
    return TRI_ALPHA_PLAIN;
}
enum tri_alpha tri_alpha_premultiplied(const struct tri_operation *operation)
{
    (void)operation;
    return TRI_ALPHA_PREMULTIPLIED;
}

#undef USES
#define USES(name) \
    static struct tri_pass tri_pass_##name; \
    static const struct tri_own_used tri_own_used_##name = {#name, &tri_pass_##name}; \
    static const struct tri_own_used *const tri_own_listed_##name OWN_LISTED(tri_own_used) = \
        &tri_own_used_##name;

#define tri_divisor_make tri_own.calls->tri_divisor_make
#define tri_exp tri_own.calls->tri_exp
#define tri_graph_add tri_own.calls->tri_graph_add
#define tri_graph_any_size tri_own.calls->tri_graph_any_size
#define tri_graph_bits tri_own.calls->tri_graph_bits
#define tri_graph_bottom_first tri_own.calls->tri_graph_bottom_first
#define tri_graph_by_counts tri_own.calls->tri_graph_by_counts
#define tri_graph_by_histogram tri_own.calls->tri_graph_by_histogram
#define tri_graph_components tri_own.calls->tri_graph_components
#define tri_graph_cover tri_own.calls->tri_graph_cover
#define tri_graph_data tri_own.calls->tri_graph_data
#define tri_graph_delay tri_own.calls->tri_graph_delay
#define tri_graph_extent tri_own.calls->tri_graph_extent
#define tri_graph_fail_as tri_own.calls->tri_graph_fail_as
#define tri_graph_fail tri_own.calls->tri_graph_fail
#define tri_graph_feedback tri_own.calls->tri_graph_feedback
#define tri_graph_fields tri_own.calls->tri_graph_fields
#define tri_graph_figures tri_own.calls->tri_graph_figures
#define tri_graph_height tri_own.calls->tri_graph_height
#define tri_graph_kernel tri_own.calls->tri_graph_kernel
#define tri_graph_levels tri_own.calls->tri_graph_levels
#define tri_graph_luma tri_own.calls->tri_graph_luma
#define tri_graph_mix tri_own.calls->tri_graph_mix
#define tri_graph_monochrome tri_own.calls->tri_graph_monochrome
#define tri_graph_moves tri_own.calls->tri_graph_moves
#define tri_graph_needs_rgb tri_own.calls->tri_graph_needs_rgb
#define tri_graph_note tri_own.calls->tri_graph_note
#define tri_graph_operation tri_own.calls->tri_graph_operation
#define tri_graph_planes_differ tri_own.calls->tri_graph_planes_differ
#define tri_graph_previous tri_own.calls->tri_graph_previous
#define tri_graph_region tri_own.calls->tri_graph_region
#define tri_graph_repeat tri_own.calls->tri_graph_repeat
#define tri_graph_repeat_end tri_own.calls->tri_graph_repeat_end
#define tri_graph_same_samples tri_own.calls->tri_graph_same_samples
#define tri_graph_shapes_only tri_own.calls->tri_graph_shapes_only
#define tri_graph_siting tri_own.calls->tri_graph_siting
#define tri_graph_state tri_own.calls->tri_graph_state
#define tri_graph_stretch tri_own.calls->tri_graph_stretch
#define tri_graph_table tri_own.calls->tri_graph_table
#define tri_graph_totals tri_own.calls->tri_graph_totals
#define tri_graph_transposed tri_own.calls->tri_graph_transposed
#define tri_graph_warp tri_own.calls->tri_graph_warp
#define tri_graph_width tri_own.calls->tri_graph_width
#define tri_graph_with tri_own.calls->tri_graph_with
#define tri_graph_with_equal tri_own.calls->tri_graph_with_equal
#define tri_graph_with_height tri_own.calls->tri_graph_with_height
#define tri_graph_with_width tri_own.calls->tri_graph_with_width
#define tri_operation_bits tri_own.calls->tri_operation_bits
#define tri_operation_colour tri_own.calls->tri_operation_colour
#define tri_operation_contents tri_own.calls->tri_operation_contents
#define tri_operation_list tri_own.calls->tri_operation_list
#define tri_operation_seconds tri_own.calls->tri_operation_seconds
#define tri_operation_string tri_own.calls->tri_operation_string
#define tri_operation_value tri_own.calls->tri_operation_value
#define tri_pow tri_own.calls->tri_pow
#define tri_sin_pi tri_own.calls->tri_sin_pi
#define tri_stretch_range tri_own.calls->tri_stretch_range
#define tri_table_stretch tri_own.calls->tri_table_stretch
#endif
#endif
#endif
