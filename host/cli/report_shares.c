/* report_shares.c -- prints how a backend that deals work to several others shared it. */
#include "cli/run.h"

#include <math.h>
#include <string.h>

#define PARTS_MOST 16
#define GAIN 1.02 /* less counts as none: measurements are no more exact */

void cli_print_shares(const struct tri_backend *backend)
{
    struct tri_share shares[PARTS_MOST];
    const int count = tri_backend_shares(backend, shares, PARTS_MOST);
    int fastest, width = 9, users = 0, used = 0;
    double sum = 0;

    for (int i = 0; i < count; i++) {
        const int length = (int)strlen(shares[i].info->name);
        sum += shares[i].pictures;
        users += shares[i].pictures > 0;
        used = shares[i].pictures > 0 ? i : used;
        width = length > width ? length : width;
    }
    if (sum <= 0)
        return;
    fprintf(stderr, "%-*s %10s %7s %10s\n", width, "backend", "pictures", "share", "busy ms");
    for (int i = 0; i < count; i++)
        fprintf(stderr, "%-*s %10.2f %5.1f %% %10.3f%s\n", width, shares[i].info->name,
                shares[i].pictures, 100 * shares[i].pictures / sum, (double)shares[i].busy_ns / 1e6,
                shares[i].lost ? ", lost" : "");
    const double gain = tri_backend_gain(backend, &fastest);
    if (users == 1)
        fprintf(stderr, "no gain: %s did all the work\n", shares[used].info->name);
    else if (isnan(gain))
        fprintf(stderr, "gain unknown: not every backend was measured alone\n");
    else if (gain >= GAIN)
        fprintf(stderr, "together about %.2f times as fast as %s alone\n", gain,
                shares[fastest].info->name);
    else
        fprintf(stderr, "no gain: together about %.2f times as fast as %s alone\n", gain,
                shares[fastest].info->name);
}
