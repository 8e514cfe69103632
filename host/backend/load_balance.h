/* load_balance.h -- splits work among several parts, by measured speed. Nothing here computes or
 * waits, so tests can make up the speeds. */
#ifndef TRI_LOAD_BALANCE_H
#define TRI_LOAD_BALANCE_H

#include <stdbool.h>
#include <stdint.h>

#define TRI_PARTS_MAX 16

/* How fast each part is at one kind of work, as measured. Times are nanoseconds of any clock. */
struct tri_pace {
    int parts;
    double ns[TRI_PARTS_MAX];    /* per unit of work (a pixel); 0: unknown */
    int64_t used[TRI_PARTS_MAX]; /* when it last got work */
    bool out[TRI_PARTS_MAX];     /* gets no more work */
    double spread; /* how far apart the parts recently finished, as a fraction of the time; 1:
                      unknown */
};

/* Records that a part took `ns` for that much work. Older measurements fade. */
void tri_pace_learn(struct tri_pace *pace, int part, double work, double ns);
/* Records when the first and the last part finished, counted from the start of the deal. */
void tri_pace_ended(struct tri_pace *pace, double shortest, double longest);
/* The fastest part that is not out; -1 if all are. */
int tri_pace_fastest(const struct tri_pace *pace);

/* The rows of one image. Each part has a region the size of its share and takes strips from it; a
 * part that is done takes strips from the region that would be finished last. */
struct tri_deal {
    int rows, unit; /* strips are whole units, except the last ones */
    double row;     /* work in a row */
    /* For tests: strips of one unit, each only from the part's own region or that of a part that is
     * out. */
    bool strict;
    /* This part's strips are 1, 2, 4, ... units, since it needs something for each height. */
    bool doubles[TRI_PARTS_MAX];
    struct tri_region {
        int from, to;
    } own[TRI_PARTS_MAX];
    struct tri_region back[TRI_PARTS_MAX]; /* strips of parts that failed */
    int back_count;
};
/* Call after everything above `own` is set. */
void tri_deal_begin(struct tri_deal *deal, struct tri_pace *pace, int64_t now);
/* Takes the part's next strip, of `most` rows or slightly more (0: no limit); false if there is
 * none for it now. */
bool tri_deal_take(struct tri_deal *deal, const struct tri_pace *pace, int part, int most,
                   int *from, int *to);
/* Returns a strip that was taken but not done; others take it. */
void tri_deal_back(struct tri_deal *deal, int from, int to);
int tri_deal_left(const struct tri_deal *deal); /* rows not taken yet */

/* Whole images: returns the part that would finish one more, of this much work, first; -1 if all
 * are out. `waiting` is the time each part still needs for what it was given. A part too slow to be
 * chosen is tried again once an image costs little compared with the time since its last use. */
int tri_deal_picture(struct tri_pace *pace, const double waiting[], double work, int64_t now);

#endif
