/* deque.pml -- a model of host/lab/deque.c for spin: an owner that pushes and takes, and thieves
 * that steal, in all interleavings of their accesses to memory. Each task is taken exactly once.
 *
 *     spin -a deque.pml && cc -O2 -DSAFETY -o pan pan.c && ./pan
 *
 * Each statement is one access, and accesses are sequentially consistent, as those four of the code
 * are on which it rests; its others are weaker, so tests/test_patterns.c runs it, also under
 * ThreadSanitizer. The ring does not grow here: the owner does not push into a full one, and places
 * are used again.
 *
 * -DBROKEN=1: the owner does not compete for the last task. -DBROKEN=2: it looks at top before it
 * lowers bottom. spin must find fault with both. */
#ifndef BROKEN
#define BROKEN 0
#endif
#define TASKS 4
#define SIZE 2
#define THIEVES 2

short top = 0, bottom = 0;
byte ring[SIZE];
byte taken[TASKS];
bool over = false;
byte stopped = 0;

inline have(task)
{
    atomic {
        taken[task]++;
        assert(taken[task] == 1)
    }
}

/* Compare-and-exchange of top. */
inline advance(expected, won)
{
    atomic {
        if
        :: top == expected -> top = expected + 1; won = true
        :: else -> won = false
        fi
    }
}

inline push(task)
{
    ring[bottom % SIZE] = task;
    bottom = bottom + 1
}

inline take()
{
    last = bottom - 1;
    if
    :: BROKEN == 2 -> first = top; bottom = last
    :: else -> bottom = last; first = top
    fi;
    if
    :: first > last -> bottom = last + 1; none = true
    :: else ->
        none = false;
        task = ring[last % SIZE];
        if
        :: first < last -> have(task)
        :: else ->
            if
            :: BROKEN == 1 -> top = first + 1; won = true
            :: else -> advance(first, won)
            fi;
            bottom = last + 1;
            if
            :: won -> have(task)
            :: else -> skip
            fi
        fi
    fi
}

active proctype owner()
{
    short first, last;
    byte task, next = 0;
    bool won, none = false, room;

    do
    :: next < TASKS ->
        room = (bottom - top < SIZE);
        if
        :: room -> push(next); next++; none = false
        :: else -> take()
        fi
    :: take() /* at any time */
    :: next == TASKS && none -> break
    od;
    over = true;
    stopped == THIEVES;
    for (next : 0 .. TASKS - 1) {
        assert(taken[next] == 1)
    }
}

active [THIEVES] proctype thief()
{
    short first, last;
    byte task;
    bool won;

    do
    :: over -> break
    :: else ->
        first = top;
        last = bottom;
        if
        :: first >= last -> skip
        :: else ->
            task = ring[first % SIZE];
            advance(first, won);
            if
            :: won -> have(task)
            :: else -> skip
            fi
        fi
    od;
    stopped++
}
