/* load_balance.c -- shares of work by measured speed. */
#include "load_balance.h"

#define NEWEST 0.4 /* weight of the latest measurement */
#define SELDOM \
    20 /* a part not worth using is tried again after this many times the cost of a try */
#define LEAST_FIRST \
    0.5 /* fraction of its share that a part takes first when recent shares were wrong */

static bool is_out(const struct tri_pace *pace, int part)
{
    return pace->out[part];
}

void tri_pace_learn(struct tri_pace *pace, int part, double work, double ns)
{
    const double each = (ns > 1 ? ns : 1) / work;
    pace->ns[part] = pace->ns[part] > 0 ? pace->ns[part] * (1 - NEWEST) + each * NEWEST : each;
}

void tri_pace_ended(struct tri_pace *pace, double shortest, double longest)
{
    const double spread = longest > 0 ? (longest - shortest) / longest : 0;
    pace->spread = pace->spread * (1 - NEWEST) + spread * NEWEST;
}

int tri_pace_fastest(const struct tri_pace *pace)
{
    int fastest = -1;
    for (int i = 0; i < pace->parts; i++) {
        if (!is_out(pace, i) &&
            (fastest < 0 ||
             (pace->ns[i] > 0 && (pace->ns[fastest] <= 0 || pace->ns[i] < pace->ns[fastest]))))
            fastest = i;
    }
    return fastest;
}

/* ---- strips ---- */

/* Parts of unknown speed count as the mean of the others. */
static void find_shares(const struct tri_pace *pace, double share[])
{
    double sum = 0;
    int known = 0, live = 0;
    for (int i = 0; i < pace->parts; i++) {
        share[i] = is_out(pace, i) || pace->ns[i] <= 0 ? 0 : 1 / pace->ns[i];
        sum += share[i];
        known += share[i] > 0;
        live += !is_out(pace, i);
    }
    const double mean = known > 0 ? sum / known : 1;
    for (int i = 0; i < pace->parts; i++) {
        if (!is_out(pace, i) && share[i] <= 0) {
            share[i] = mean;
            sum += mean;
        }
    }
    for (int i = 0; i < pace->parts && live > 0; i++)
        share[i] /= sum;
}

static bool is_due(const struct tri_pace *pace, int part, double work, int64_t now)
{
    return (double)(now - pace->used[part]) > SELDOM * pace->ns[part] * work;
}

/* Rows in whole units. A share below one unit is rounded down to none, except now and then. */
static int share_rows(const struct tri_deal *deal, const struct tri_pace *pace, int part,
                      double share, int64_t now)
{
    const double units = share * deal->rows / deal->unit;
    const int rows = units < 1 ? 0 : (int)(units + 0.5) * deal->unit;
    if (is_out(pace, part))
        return 0;
    if (rows == 0 && (deal->strict || is_due(pace, part, deal->unit * deal->row, now)))
        return deal->unit;
    return rows;
}

void tri_deal_begin(struct tri_deal *deal, struct tri_pace *pace, int64_t now)
{
    const int rows = deal->rows, fastest = tri_pace_fastest(pace);
    double share[TRI_PARTS_MAX];
    int at = 0, wanted[TRI_PARTS_MAX] = {0}, sum = 0;
    deal->back_count = 0;
    find_shares(pace, share);
    for (int i = 0; i < pace->parts; i++)
        sum += wanted[i] = share_rows(deal, pace, i, share[i], now);
    for (int i = 0; i < pace->parts; i++) {
        /* The fastest part absorbs what rounding leaves over or uses up. */
        int size = i == fastest ? wanted[i] + rows - sum : wanted[i];
        size = size < 0 ? 0 : size > rows - at ? rows - at : size;
        deal->own[i] = (struct tri_region){at, at + size};
        at += size;
        if (size > 0)
            pace->used[i] = now;
    }
}

/* That many rows in whole units, or in a power of two of them; at most `there`. */
static int round_rows(const struct tri_deal *deal, int part, int rows, int there)
{
    int units = (rows + deal->unit / 2) / deal->unit;
    units = units < 1 ? 1 : units;
    if (deal->doubles[part]) {
        int power = 1;
        while (2 * power <= units)
            power *= 2;
        units = power;
    }
    if (units > there / deal->unit + 1)
        units = there / deal->unit + 1;
    rows = units * deal->unit;
    /* A remainder of less than a unit goes along if that needs nothing new. */
    return rows > there || (!deal->doubles[part] && !deal->strict && there - rows < deal->unit)
               ? there
               : rows;
}

static void take_front(struct tri_region *region, int rows, int *from, int *to)
{
    *from = region->from;
    *to = region->from += rows;
}

/* Time the region's owner would need for the rest of it. */
static double time_left(const struct tri_deal *deal, const struct tri_pace *pace, int part)
{
    const double rows = deal->own[part].to - deal->own[part].from;
    return pace->ns[part] > 0 ? rows * pace->ns[part] : rows;
}

static bool steal(struct tri_deal *deal, const struct tri_pace *pace, int part, int most, int *from,
                  int *to)
{
    int victim = -1;
    for (int i = 0; i < pace->parts; i++) {
        const int left = deal->own[i].to - deal->own[i].from;
        const bool lost = is_out(pace, i);
        if (i == part || left <= 0 || (!lost && (deal->strict || left < 2 * deal->unit)))
            continue;
        if (lost || victim < 0 ||
            (!is_out(pace, victim) && time_left(deal, pace, i) > time_left(deal, pace, victim)))
            victim = i;
    }
    if (victim < 0)
        return false;
    struct tri_region *region = &deal->own[victim];
    const int left = region->to - region->from;
    const double mine = pace->ns[part] > 0 ? 1 / pace->ns[part] : 1,
                 its = pace->ns[victim] > 0 ? 1 / pace->ns[victim] : mine;
    int rows = deal->strict           ? deal->unit
               : is_out(pace, victim) ? left / 2
                                      : (int)(left * mine / (mine + its));
    rows = round_rows(deal, part, most > 0 && rows > most ? most : rows, left);
    if (!is_out(pace, victim) &&
        rows * its > left * mine) /* the owner would finish all of it sooner */
        return false;
    *to = region->to;
    *from = region->to -= rows;
    return true;
}

bool tri_deal_take(struct tri_deal *deal, const struct tri_pace *pace, int part, int most,
                   int *from, int *to)
{
    struct tri_region *own = &deal->own[part];
    const int there = own->to - own->from;
    if (is_out(pace, part))
        return false;
    if (there > 0) {
        double first = 1 - 2 * pace->spread;
        first = first < LEAST_FIRST ? LEAST_FIRST : first;
        int rows = deal->strict ? deal->unit : (int)(there * first + 0.5);
        take_front(own, round_rows(deal, part, most > 0 && rows > most ? most : rows, there), from,
                   to);
        return true;
    }
    if (deal->back_count > 0) {
        struct tri_region *back = &deal->back[deal->back_count - 1];
        const int rows = deal->strict ? deal->unit : back->to - back->from;
        take_front(
            back,
            round_rows(deal, part, most > 0 && rows > most ? most : rows, back->to - back->from),
            from, to);
        deal->back_count -= back->from == back->to;
        return true;
    }
    return steal(deal, pace, part, most, from, to);
}

/* A part has one strip at a time and gives it back only once, since it is out then; so there is
 * room. */
void tri_deal_back(struct tri_deal *deal, int from, int to)
{
    if (deal->back_count < TRI_PARTS_MAX)
        deal->back[deal->back_count++] = (struct tri_region){from, to};
}

int tri_deal_left(const struct tri_deal *deal)
{
    int rows = 0;
    for (int i = 0; i < TRI_PARTS_MAX; i++)
        rows += deal->own[i].to - deal->own[i].from;
    for (int i = 0; i < deal->back_count; i++)
        rows += deal->back[i].to - deal->back[i].from;
    return rows;
}

/* ---- whole pictures ---- */

int tri_deal_picture(struct tri_pace *pace, const double waiting[], double work, int64_t now)
{
    int best = -1;
    double soonest = 0;
    for (int i = 0; i < pace->parts; i++) {
        if (is_out(pace, i))
            continue;
        const bool untried = pace->ns[i] <= 0 && waiting[i] <= 0;
        const double end = untried || (waiting[i] <= 0 && is_due(pace, i, work, now))
                               ? 0
                               : waiting[i] + pace->ns[i] * work;
        if (best < 0 || end < soonest) {
            best = i;
            soonest = end;
        }
    }
    if (best >= 0)
        pace->used[best] = now;
    return best;
}
