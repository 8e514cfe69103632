/* module_calls.h -- the functions of triptych that modules may call.
 *
 * Modules cannot use symbols of their host: those are invisible if triptych is a library loaded
 * with dlopen (as by Python) or is linked into a program that exports none. So the host hands them
 * a table of functions. The Makefile includes this file before each source of a module, which turns
 * these names into entries of the table. A function that is not listed here is an undefined
 * reference in the module: list it in both places. */
#ifndef TRI_MODULE_CALLS_H
#define TRI_MODULE_CALLS_H

#include "cluster/cluster.h"
#include "codec/codec.h"
#include "codec/exif.h"
#include "codec/ifd.h"
#include "codec/iptc.h"
#include "codec/metadata.h"
#include "codec/palette.h"
#include "codec/reduce_depth.h"
#include "image/image.h"
#include "measure/results.h"
#include "parallel/cpu.h"
#include "parallel/pool.h"
#include "serve/serve.h"
#include "store/store.h"
#include "trace/trace.h"
#include "video/constant_rate.h"
#include "video/video.h"

#define TRI_MODULE_CALLS(CALL) \
    CALL(tri_backend_close) \
    CALL(tri_backend_open) \
    CALL(tri_beside_bit) \
    CALL(tri_beside_kinds) \
    CALL(tri_cpu_workers) \
    CALL(tri_exif_density) \
    CALL(tri_exif_set_orientation) \
    CALL(tri_exif_turn) \
    CALL(tri_fail) \
    CALL(tri_frame_reduce_depth) \
    CALL(tri_frame_expand_depth) \
    CALL(tri_ifd_copy) \
    CALL(tri_ifd_find) \
    CALL(tri_ifd_first) \
    CALL(tri_ifd_get_16) \
    CALL(tri_ifd_make) \
    CALL(tri_ifd_merge) \
    CALL(tri_ifd_merge_at) \
    CALL(tri_ifd_next_link) \
    CALL(tri_ifd_new) \
    CALL(tri_ifd_open) \
    CALL(tri_ifd_put_32) \
    CALL(tri_ifd_value) \
    CALL(tri_image_free) \
    CALL(tri_image_new) \
    CALL(tri_image_orient) \
    CALL(tri_image_quantize) \
    CALL(tri_image_reduce) \
    CALL(tri_iptc_add) \
    CALL(tri_metadata_add) \
    CALL(tri_metadata_find) \
    CALL(tri_metadata_free) \
    CALL(tri_metadata_new) \
    CALL(tri_metadata_profile) \
    CALL(tri_now_ns) \
    CALL(tri_output_close) \
    CALL(tri_output_open) \
    CALL(tri_pace_begin) \
    CALL(tri_pace_end) \
    CALL(tri_pace_next) \
    CALL(tri_pace_note) \
    CALL(tri_palette_find) \
    CALL(tri_palette_of) \
    CALL(tri_palette_take_row) \
    CALL(tri_pool_free) \
    CALL(tri_pool_new) \
    CALL(tri_pool_next_round) \
    CALL(tri_pool_round) \
    CALL(tri_pool_run) \
    CALL(tri_pool_run_blocking) \
    CALL(tri_pool_wait) \
    CALL(tri_pool_workers) \
    CALL(tri_row_join) \
    CALL(tri_row_split) \
    CALL(tri_serve_accept) \
    CALL(tri_serve_answer_new) \
    CALL(tri_serve_answer_release) \
    CALL(tri_serve_cache_add) \
    CALL(tri_serve_cache_bytes) \
    CALL(tri_serve_cache_count) \
    CALL(tri_serve_cache_find) \
    CALL(tri_serve_cache_free) \
    CALL(tri_serve_cache_new) \
    CALL(tri_serve_compute) \
    CALL(tri_serve_file_close) \
    CALL(tri_serve_file_open) \
    CALL(tri_serve_format_of) \
    CALL(tri_serve_jobs_free) \
    CALL(tri_serve_jobs_new) \
    CALL(tri_serve_media) \
    CALL(tri_serve_root_open) \
    CALL(tri_serve_target_parse) \
    CALL(tri_shape_check) \
    CALL(tri_sink_fail) \
    CALL(tri_sink_note) \
    CALL(tri_sink_write) \
    CALL(tri_source_check_size) \
    CALL(tri_source_exif) \
    CALL(tri_source_fail) \
    CALL(tri_source_image) \
    CALL(tri_source_orient) \
    CALL(tri_source_upright) \
    CALL(tri_source_warn) \
    CALL(tri_trace_module_begin) \
    CALL(tri_trace_module_end) \
    CALL(tri_trim_is_part) \
    CALL(tri_trim_reaches) \
    CALL(tri_trim_no_frames) \
    CALL(tri_video_check_size) \
    CALL(tri_video_joined) \
    CALL(tri_video_leave) \
    CALL(tri_video_light_name) \
    CALL(tri_video_matrix_name) \
    CALL(tri_video_note) \
    CALL(tri_video_steady_rate) \
    CALL(tri_video_usual_matrix) \
    CALL(tri_video_wait)

struct tri_module_calls {
#define CALL(name) __typeof__(name) *name;
    TRI_MODULE_CALLS(CALL)
#undef CALL
};

/* Most likely differs between builds whose structures differ, so that modules of one build do not
 * load in the other. */
#define TRI_MODULE_BUILD \
    (sizeof(struct tri_module_calls) + 3 * sizeof(struct tri_image) + \
     5 * sizeof(struct tri_source) + 7 * sizeof(struct tri_sink) + \
     11 * sizeof(struct tri_write_options) + 13 * sizeof(struct tri_output) + \
     17 * sizeof(struct tri_codec) + 19 * sizeof(struct tri_video) + \
     23 * sizeof(struct tri_frame) + 29 * sizeof(struct tri_video_reader) + \
     31 * sizeof(struct tri_video_writer) + 37 * sizeof(struct tri_video_write_options) + \
     41 * sizeof(struct tri_video_codec) + 43 * sizeof(struct tri_codec_several) + \
     47 * sizeof(struct tri_series) + 53 * sizeof(struct tri_store_run) + \
     59 * sizeof(struct tri_results) + 61 * sizeof(struct tri_results_row) + \
     67 * sizeof(struct tri_serve_options) + 71 * sizeof(struct tri_serve_work) + \
     73 * sizeof(struct tri_link) + 79 * sizeof(struct tri_cluster_module))

/* A module's only symbol: accepts the table, returns what the host calls, or NULL if the module
 * belongs to another build. */
typedef const void *tri_module_begin(const struct tri_module_calls *calls, const char *version,
                                     size_t build);

#ifdef TRI_MODULE /* from here on for modules only */

extern const struct tri_module_calls *tri_module_calls;

#define TRI_MODULE_BEGIN(result) \
    const struct tri_module_calls *tri_module_calls; \
    __attribute__((visibility("default"))) tri_module_begin tri_module; \
    const void *tri_module(const struct tri_module_calls *calls, const char *version, \
                           size_t build) \
    { \
        tri_module_calls = calls; \
        return build == TRI_MODULE_BUILD && strcmp(version, TRI_VERSION) == 0 \
                   ? (const void *)&result \
                   : NULL; \
    }

#define tri_backend_close tri_module_calls->tri_backend_close
#define tri_backend_open tri_module_calls->tri_backend_open
#define tri_beside_bit tri_module_calls->tri_beside_bit
#define tri_beside_kinds tri_module_calls->tri_beside_kinds
#define tri_cpu_workers tri_module_calls->tri_cpu_workers
#define tri_exif_density tri_module_calls->tri_exif_density
#define tri_exif_set_orientation tri_module_calls->tri_exif_set_orientation
#define tri_exif_turn tri_module_calls->tri_exif_turn
#define tri_fail tri_module_calls->tri_fail
#define tri_frame_reduce_depth tri_module_calls->tri_frame_reduce_depth
#define tri_frame_expand_depth tri_module_calls->tri_frame_expand_depth
#define tri_ifd_copy tri_module_calls->tri_ifd_copy
#define tri_ifd_find tri_module_calls->tri_ifd_find
#define tri_ifd_first tri_module_calls->tri_ifd_first
#define tri_ifd_get_16 tri_module_calls->tri_ifd_get_16
#define tri_ifd_make tri_module_calls->tri_ifd_make
#define tri_ifd_merge tri_module_calls->tri_ifd_merge
#define tri_ifd_merge_at tri_module_calls->tri_ifd_merge_at
#define tri_ifd_next_link tri_module_calls->tri_ifd_next_link
#define tri_ifd_new tri_module_calls->tri_ifd_new
#define tri_ifd_open tri_module_calls->tri_ifd_open
#define tri_ifd_put_32 tri_module_calls->tri_ifd_put_32
#define tri_ifd_value tri_module_calls->tri_ifd_value
#define tri_image_free tri_module_calls->tri_image_free
#define tri_image_new tri_module_calls->tri_image_new
#define tri_image_orient tri_module_calls->tri_image_orient
#define tri_image_quantize tri_module_calls->tri_image_quantize
#define tri_image_reduce tri_module_calls->tri_image_reduce
#define tri_iptc_add tri_module_calls->tri_iptc_add
#define tri_metadata_add tri_module_calls->tri_metadata_add
#define tri_metadata_find tri_module_calls->tri_metadata_find
#define tri_metadata_free tri_module_calls->tri_metadata_free
#define tri_metadata_new tri_module_calls->tri_metadata_new
#define tri_metadata_profile tri_module_calls->tri_metadata_profile
#define tri_now_ns tri_module_calls->tri_now_ns
#define tri_output_close tri_module_calls->tri_output_close
#define tri_output_open tri_module_calls->tri_output_open
#define tri_pace_begin tri_module_calls->tri_pace_begin
#define tri_pace_end tri_module_calls->tri_pace_end
#define tri_pace_next tri_module_calls->tri_pace_next
#define tri_pace_note tri_module_calls->tri_pace_note
#define tri_palette_find tri_module_calls->tri_palette_find
#define tri_palette_of tri_module_calls->tri_palette_of
#define tri_palette_take_row tri_module_calls->tri_palette_take_row
#define tri_pool_free tri_module_calls->tri_pool_free
#define tri_pool_new tri_module_calls->tri_pool_new
#define tri_pool_next_round tri_module_calls->tri_pool_next_round
#define tri_pool_round tri_module_calls->tri_pool_round
#define tri_pool_run tri_module_calls->tri_pool_run
#define tri_pool_run_blocking tri_module_calls->tri_pool_run_blocking
#define tri_pool_wait tri_module_calls->tri_pool_wait
#define tri_pool_workers tri_module_calls->tri_pool_workers
#define tri_row_join tri_module_calls->tri_row_join
#define tri_row_split tri_module_calls->tri_row_split
#define tri_serve_accept tri_module_calls->tri_serve_accept
#define tri_serve_answer_new tri_module_calls->tri_serve_answer_new
#define tri_serve_answer_release tri_module_calls->tri_serve_answer_release
#define tri_serve_cache_add tri_module_calls->tri_serve_cache_add
#define tri_serve_cache_bytes tri_module_calls->tri_serve_cache_bytes
#define tri_serve_cache_count tri_module_calls->tri_serve_cache_count
#define tri_serve_cache_find tri_module_calls->tri_serve_cache_find
#define tri_serve_cache_free tri_module_calls->tri_serve_cache_free
#define tri_serve_cache_new tri_module_calls->tri_serve_cache_new
#define tri_serve_compute tri_module_calls->tri_serve_compute
#define tri_serve_file_close tri_module_calls->tri_serve_file_close
#define tri_serve_file_open tri_module_calls->tri_serve_file_open
#define tri_serve_format_of tri_module_calls->tri_serve_format_of
#define tri_serve_jobs_free tri_module_calls->tri_serve_jobs_free
#define tri_serve_jobs_new tri_module_calls->tri_serve_jobs_new
#define tri_serve_media tri_module_calls->tri_serve_media
#define tri_serve_root_open tri_module_calls->tri_serve_root_open
#define tri_serve_target_parse tri_module_calls->tri_serve_target_parse
#define tri_shape_check tri_module_calls->tri_shape_check
#define tri_sink_fail tri_module_calls->tri_sink_fail
#define tri_sink_note tri_module_calls->tri_sink_note
#define tri_sink_write tri_module_calls->tri_sink_write
#define tri_source_check_size tri_module_calls->tri_source_check_size
#define tri_source_exif tri_module_calls->tri_source_exif
#define tri_source_fail tri_module_calls->tri_source_fail
#define tri_source_image tri_module_calls->tri_source_image
#define tri_source_orient tri_module_calls->tri_source_orient
#define tri_source_upright tri_module_calls->tri_source_upright
#define tri_source_warn tri_module_calls->tri_source_warn
#define tri_trace_module_begin tri_module_calls->tri_trace_module_begin
#define tri_trace_module_end tri_module_calls->tri_trace_module_end
#define tri_trim_is_part tri_module_calls->tri_trim_is_part
#define tri_trim_reaches tri_module_calls->tri_trim_reaches
#define tri_trim_no_frames tri_module_calls->tri_trim_no_frames
#define tri_video_check_size tri_module_calls->tri_video_check_size
#define tri_video_joined tri_module_calls->tri_video_joined
#define tri_video_leave tri_module_calls->tri_video_leave
#define tri_video_light_name tri_module_calls->tri_video_light_name
#define tri_video_matrix_name tri_module_calls->tri_video_matrix_name
#define tri_video_note tri_module_calls->tri_video_note
#define tri_video_steady_rate tri_module_calls->tri_video_steady_rate
#define tri_video_usual_matrix tri_module_calls->tri_video_usual_matrix
#define tri_video_wait tri_module_calls->tri_video_wait

#endif
#endif
