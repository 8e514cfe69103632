/* report_csv.c -- the bench report as CSV: one line per row, the same names as in JSON, no samples.
 */
#include "measure/measure.h"
#include "image/text_csv.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

static void put_ns(FILE *file, const struct tri_summary *summary, int64_t value)
{
    if (summary->count > 0 && value >= 0)
        fprintf(file, "%" PRId64, value);
    fputc(',', file);
}

static void put_real(FILE *file, double value, const char *after)
{
    if (isfinite(value))
        fprintf(file, "%.6g", value);
    fputs(after, file);
}

/* Empty cells unless the row is a device's and was measured. */
static void put_device(FILE *file, const struct tri_bench_row *row)
{
    const struct tri_device_figures *device = &row->device;
    const bool crosses =
        row->break_even.beats == TRI_BEATS_FROM || row->break_even.beats == TRI_BEATS_UP_TO;

    if (!device->measured || row->total.count == 0) {
        fputs(",,,,,\n", file);
        return;
    }
    fprintf(file, "%ld,%ld,%.6g,%" PRId64 ",", device->launches, device->built.programs_built,
            device->built.build_ms, device->copy_ns);
    put_real(file, device->copy_share, ",");
    put_real(file, crosses ? row->break_even.pixels : (double)NAN, "\n");
}

static void put_row(FILE *file, const struct tri_bench_case *result,
                    const struct tri_bench_row *row)
{
    const struct tri_summary none = {0};
    const struct tri_backend_info *info = row->info;
    bool measured = row->total.count > 0;

    tri_csv_text(file, result->pipeline);
    fprintf(file, "%d,%d,%d,%d,", result->in.width, result->in.height, result->in.planes,
            result->in.bits);
    tri_csv_text(file, info->name);
    tri_csv_text(file, info->device);
    tri_csv_text(file, info->isa);
    fprintf(file, "%d,%s,", info->workers, row->verified ? "true" : "false");
    if (!row->failure[0])
        fprintf(file, "%016" PRIx64, row->digest);
    fprintf(file, ",%d,", row->total.count);
    put_ns(file, &row->total, row->total.median);
    put_ns(file, &row->total, row->total.minimum);
    put_ns(file, &row->total, row->total.low);
    put_ns(file, &row->total, row->total.high);
    put_ns(file, info->opencl ? &row->upload : &none, row->upload.median);
    put_ns(file, &row->kernel, row->device.measured ? row->device.span.median : row->kernel.median);
    put_ns(file, info->opencl ? &row->download : &none, row->download.median);
    put_real(file, measured ? row->mpix_per_s : (double)NAN, ",");
    put_real(file, row->copy_share, ",");
    put_real(file, row->speedup, ",");
    put_real(file, row->efficiency, ",");
    put_real(file, row->karp_flatt, ",");
    put_device(file, row);
}

void tri_report_csv(FILE *file, const struct tri_report *report)
{
    fputs("pipeline,width,height,planes,bits,backend,device,isa,workers,verified,digest,samples,"
          "median_ns,"
          "min_ns,"
          "ci95_low_ns,ci95_high_ns,upload_ns,kernel_ns,download_ns,mpix_per_s,copy_share,speedup,"
          "efficiency,"
          "karp_flatt,launches,programs_built,build_ms,device_copy_ns,device_copy_share,break_even_"
          "pixels\n",
          file);
    for (int i = 0; i < report->count; i++)
        for (int j = 0; j < report->cases[i].row_count; j++)
            if (report->cases[i].rows[j].listed)
                put_row(file, &report->cases[i], &report->cases[i].rows[j]);
}
