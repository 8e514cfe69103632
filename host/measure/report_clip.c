/* report_clip.c -- the measurements over a clip, as a table and as JSON. */
#include "measure/measure.h"
#include "video/transcode.h"

#include <jansson.h>
#include <math.h>

static const char *chroma_text(const struct tri_video *video)
{
    static const char *const names[3][3] = {
        {"4:4:4", "4:4:0", NULL}, {"4:2:2", "4:2:0", NULL}, {"4:1:1", NULL, "4:1:0"}};
    if (video->planes == 1)
        return "gray";
    const bool named = video->shift_x < 3 && video->shift_y < 3;
    const char *name = named ? names[video->shift_x][video->shift_y] : NULL;
    return name != NULL ? name : "YCbCr";
}

static void put_figures(FILE *file, const struct tri_clip_row *row)
{
    fprintf(file, "%10.1f%10.3f%10.3f", row->frames_per_s, (double)row->median_ns / 1e6,
            (double)row->p99_ns / 1e6);
    if (isfinite(row->speedup))
        fprintf(file, "%9.1fx", row->speedup);
    else
        fprintf(file, "%10s", "-");
    if (row->pinned_per_s > 0)
        fprintf(file, "%10.1f%7.0f %%", row->pinned_per_s,
                100 * row->frames_per_s / row->pinned_per_s);
    fputs("\n", file);
}

void tri_clip_table(FILE *file, const struct tri_clip_case *result, const char *pipeline,
                    const char *path)
{
    const struct tri_video *video = &result->video;

    fprintf(file, "\n%s\n%s: %d frames in memory, %dx%d %s %d bits\n\n", pipeline, path,
            result->frames, video->width, video->height, chroma_text(video), video->bits);
    bool pinned = false;
    for (int i = 0; i < result->row_count; i++)
        pinned |= result->rows[i].pinned_per_s > 0;
    fprintf(file, "%-14s%-10s%4s  %-9s %9s%10s%10s%10s%s\n", "", "", "wor-", "in", "frames",
            "median", "p99", "speed-up", pinned ? "    pinned    share" : "");
    fprintf(file, "%-14s%-10s%4s  %-9s %9s%10s%10s%10s%s\n", "backend", "ISA", "kers", "parallel",
            "/s", "ms", "ms", "scalar", pinned ? "  allows/s  of that" : "");
    for (int i = 0; i < result->row_count; i++) {
        const struct tri_clip_row *row = &result->rows[i];
        if (!row->listed && row->verified)
            continue;
        fprintf(file, "%-14s%-10s%4d  %-9s", row->info->name, row->info->isa, row->info->workers,
                row->by_frames           ? row->info->opencl ? "in flight" : "frames"
                : row->info->workers > 1 ? "rows"
                                         : "-");
        if (row->verified && row->frames_per_s > 0)
            put_figures(file, row);
        else
            fprintf(file, "  %s\n", row->failure[0] ? row->failure : "DIFFERENT BYTES: no figures");
    }
}

static json_t *ns_json(int64_t value)
{
    return value > 0 ? json_integer(value) : json_null();
}

static json_t *stages_json(const struct tri_clip_row *row)
{
    json_t *stages = json_object();

    for (int i = 0; i < TRI_VIDEO_STAGES; i++)
        json_object_set_new(stages, tri_video_stage_names[i], json_real(row->stages_ms[i]));
    return stages;
}

static json_t *row_json(const struct tri_clip_row *row, bool end_to_end)
{
    json_t *item = json_object();

    json_object_set_new(item, "backend", json_string(row->info->name));
    json_object_set_new(item, "selector", json_string(row->info->selector));
    json_object_set_new(item, "isa", json_string(row->info->isa));
    json_object_set_new(item, "workers", json_integer(row->info->workers));
    json_object_set_new(item, "frames_per_s",
                        row->frames_per_s > 0 ? json_real(row->frames_per_s) : json_null());
    json_object_set_new(item, "samples_ns", tri_samples_json(row->samples, row->sample_count));
    if (end_to_end) {
        json_object_set_new(item, "stages_ms", stages_json(row));
        json_object_set_new(item, "limit", json_string(tri_video_stage_names[row->limit]));
        return item;
    }
    json_object_set_new(
        item, "parallel",
        json_string(row->by_frames ? row->info->opencl ? "in flight" : "frames" : "rows"));
    json_object_set_new(item, "verified", json_boolean(row->verified));
    json_object_set_new(item, "digest",
                        row->failure[0] ? json_null() : tri_digest_json(row->digest));
    json_object_set_new(item, "failure", tri_text_json(row->failure));
    json_object_set_new(item, "median_ns", ns_json(row->median_ns));
    json_object_set_new(item, "p99_ns", ns_json(row->p99_ns));
    json_object_set_new(item, "pinned_frames_per_s",
                        row->pinned_per_s > 0 ? json_real(row->pinned_per_s) : json_null());
    return item;
}

json_t *tri_clip_json(const struct tri_clip_case *result, const char *pipeline, const char *path)
{
    json_t *object = json_object(), *rows = json_array();

    json_object_set_new(object, "pipeline", json_string(pipeline));
    json_object_set_new(object, "input", json_string(path));
    json_object_set_new(object, "width", json_integer(result->video.width));
    json_object_set_new(object, "height", json_integer(result->video.height));
    json_object_set_new(object, "planes", json_integer(result->video.planes));
    json_object_set_new(object, "bits", json_integer(result->video.bits));
    json_object_set_new(object, "subsampling", json_string(chroma_text(&result->video)));
    if (!result->end_to_end) {
        json_object_set_new(object, "frames", json_integer(result->frames));
        json_object_set_new(object, "input_digest", tri_digest_json(result->input_digest));
    }
    for (int i = 0; i < result->row_count; i++)
        if (result->rows[i].listed)
            json_array_append_new(rows, row_json(&result->rows[i], result->end_to_end));
    json_object_set_new(object, "rows", rows);
    return object;
}
