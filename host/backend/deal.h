/* deal.h -- who of several gets how much of the work: shares by measured speed. Nothing here computes or waits, so
 * tests can make up the speeds. */
#ifndef TRI_DEAL_H
#define TRI_DEAL_H

#include <stdbool.h>
#include <stdint.h>

#define TRI_PARTS_MAX 16

/* How fast each part is at one kind of work, from what it has done. Times are nanoseconds of any clock. */
struct tri_pace {
    int parts;
    double ns[TRI_PARTS_MAX];    /* for one unit of work (a pixel); 0: not known */
    int64_t used[TRI_PARTS_MAX]; /* when it was last given anything */
    bool out[TRI_PARTS_MAX];     /* gets nothing any more */
    double spread; /* how far apart the parts ended of late, as a share of the time; 1: not known */
};

/* A part took `ns` for so much work. Older measurements fade. */
void tri_pace_learn(struct tri_pace *pace, int part, double work, double ns);
/* When the first and the last part had ended, since the deal began. */
void tri_pace_ended(struct tri_pace *pace, double shortest, double longest);
/* The fastest part that is not out; -1: all are. */
int tri_pace_fastest(const struct tri_pace *pace);

/* Rows of one picture. Each part has a region of its own, as large as its share, from which it takes bands; one that has
 * finished takes from the region that would be finished last. */
struct tri_deal {
    int rows, unit; /* bands are of whole units but for the last ones */
    double row;     /* work in a row */
    bool strict;    /* bands of one unit, and each only from its own region unless that part is out: for tests */
    bool doubles[TRI_PARTS_MAX]; /* bands of this part are 1, 2, 4, ... units: it needs something for each height */
    struct tri_region {
        int from, to;
    } own[TRI_PARTS_MAX];
    struct tri_region back[TRI_PARTS_MAX]; /* bands of parts that failed */
    int back_count;
};
void tri_deal_begin(struct tri_deal *deal, struct tri_pace *pace, int64_t now); /* after what is above `own` is set */
/* The next band for the part, of `most` rows or hardly more (0: no limit); false: there is none for it now. */
bool tri_deal_take(struct tri_deal *deal, const struct tri_pace *pace, int part, int most, int *from, int *to);
/* A band that was taken and is not done: others take it. */
void tri_deal_back(struct tri_deal *deal, int from, int to);
int tri_deal_left(const struct tri_deal *deal); /* rows that nobody has taken */

/* Whole pictures: the part that would be through with one more, of so much work, first. `waiting` is the time that what
 * was given to each will take yet. A part that is too slow for that is tried again when a picture costs little against the
 * time since. -1: all are out. */
int tri_deal_picture(struct tri_pace *pace, const double waiting[], double work, int64_t now);

#endif
