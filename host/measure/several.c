/* several.c -- rows of backends that deal work to several others: each one's share, and the gain.
 */
#include "measure/measure.h"

#include <math.h>
#include <string.h>

void tri_bench_shares(struct tri_bench_row *row, const struct tri_backend *backend, int sign)
{
    struct tri_share shares[TRI_SHARES_MAX];
    const int count = tri_backend_shares(backend, shares, TRI_SHARES_MAX);

    row->parts = count;
    for (int i = 0; i < count; i++) {
        row->part[i] = shares[i].info;
        row->pictures[i] += sign * shares[i].pictures;
    }
}

/* The row of this part alone, which the candidates include for this purpose; NULL if it has no
 * figures. */
static const struct tri_bench_row *alone(const struct tri_bench_case *result,
                                         const struct tri_backend_info *part)
{
    for (int i = 0; i < result->row_count; i++) {
        const struct tri_bench_row *row = &result->rows[i];

        if (row->total.count > 0 && row->verified && strcmp(row->info->name, part->name) == 0 &&
            strcmp(row->info->isa, part->isa) == 0)
            return row;
    }
    return NULL;
}

void tri_bench_over_parts(const struct tri_bench_case *result, struct tri_bench_row *row)
{
    row->over_parts = (double)NAN;
    row->best_part = -1;
    for (int i = 0; i < row->parts; i++) {
        const struct tri_bench_row *one = alone(result, row->part[i]);
        const double times =
            one != NULL ? (double)one->total.median / (double)row->total.median : (double)NAN;

        if (one != NULL && (row->best_part < 0 || times < row->over_parts)) {
            row->over_parts = times;
            row->best_part = i;
        }
    }
}

double tri_bench_share(const struct tri_bench_row *row, int part)
{
    double sum = 0;

    for (int i = 0; i < row->parts; i++)
        sum += row->pictures[i];
    return sum > 0 ? row->pictures[part] / sum : (double)NAN;
}

void tri_bench_put_shares(FILE *file, const struct tri_bench_row *row)
{
    if (row->parts == 0 || row->total.count == 0)
        return;
    fprintf(file, "%s:", row->info->name);
    for (int i = 0; i < row->parts; i++)
        fprintf(file, "%s %s %.1f %%", i ? "," : "", row->part[i]->name,
                100 * tri_bench_share(row, i));
    fputs(" of the work", file);
    if (row->best_part >= 0 && row->over_parts > 1)
        fprintf(file, "; %.2fx the speed of %s alone, the fastest of them", row->over_parts,
                row->part[row->best_part]->name);
    else if (row->best_part >= 0)
        fprintf(file, "; no gain: %.2fx the speed of %s alone", row->over_parts,
                row->part[row->best_part]->name);
    fputs("\n", file);
}
