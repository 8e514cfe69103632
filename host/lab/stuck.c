/* stuck.c -- two processes that take two locks in opposite order, and a watch that sees them stuck.
 *
 * Each writes down, in memory that all share, which lock it wants and who holds which. The watch
 * looks for a circle: a process waits for a lock, whose holder waits for a lock of the first. What
 * is read at different moments may form a circle that never was; but if neither process has ended a
 * turn between two looks, and both looks see the circle, neither can have let go. */
#include "lab/stuck.h"
#include "parallel/cpu.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { NOBODY = -1, LOOK_NS = 200000, GIVE_UP_NS = 2000000000 };

struct shared {
    pthread_mutex_t locks[2];
    atomic_int holder[2];  /* of each lock: a process, from 0 */
    atomic_int wants[2];   /* of each process: a lock */
    atomic_llong turns[2]; /* of each process */
};

/* ---- a process ---- */

static void take(struct shared *shared, int self, int lock)
{
    atomic_store(&shared->wants[self], lock);
    pthread_mutex_lock(&shared->locks[lock]);
    atomic_store(&shared->holder[lock], self);
    atomic_store(&shared->wants[self], NOBODY);
}

static void give_back(struct shared *shared, int lock)
{
    atomic_store(&shared->holder[lock], NOBODY);
    pthread_mutex_unlock(&shared->locks[lock]);
}

_Noreturn static void be_process(struct shared *shared, int self, int64_t turns,
                                 void (*turn)(void *argument), void *argument)
{
    for (int64_t i = 0; i < turns; i++) {
        take(shared, self, self);
        turn(argument);
        take(shared, self, 1 - self);
        give_back(shared, 1 - self);
        give_back(shared, self);
        atomic_fetch_add(&shared->turns[self], 1);
    }
    _exit(0);
}

/* Returns the process's number; negative: it could not be made. */
static pid_t start_process(struct shared *shared, int self, int64_t turns,
                           void (*turn)(void *argument), void *argument)
{
    const pid_t parent = getpid(), child = fork();

    if (child != 0)
        return child;
    for (int number = 1; number < NSIG; number++)
        signal(number, SIG_DFL); /* handlers are the parent's business */
    /* Not even a parent that is killed leaves a process behind that waits for ever. */
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(1);
    be_process(shared, self, turns, turn, argument);
}

/* ---- the watch ---- */

struct look {
    long long turns[2];
    bool circle;
};

static struct look look_at(struct shared *shared)
{
    struct look look = {{atomic_load(&shared->turns[0]), atomic_load(&shared->turns[1])}, true};

    for (int process = 0; process < 2; process++) {
        const int wanted = atomic_load(&shared->wants[process]);
        look.circle =
            look.circle && wanted != NOBODY && atomic_load(&shared->holder[wanted]) == 1 - process;
    }
    return look;
}

/* Whether a child has ended; it stays to be waited for. */
static bool has_ended(pid_t child)
{
    siginfo_t info = {0};

    return waitid(P_PID, (id_t)child, &info, WEXITED | WNOHANG | WNOWAIT) != 0 || info.si_pid != 0;
}

static void watch(struct shared *shared, const pid_t *children, struct tri_lab_stuck *result)
{
    const int64_t start = tri_now_ns();
    const struct timespec pause = {0, LOOK_NS};
    struct look now = look_at(shared), before;

    do {
        nanosleep(&pause, NULL);
        before = now;
        now = look_at(shared);
        result->stuck = before.circle && now.circle && before.turns[0] == now.turns[0] &&
                        before.turns[1] == now.turns[1];
        result->until = tri_now_ns() - start;
    } while (!result->stuck && result->until < GIVE_UP_NS &&
             !(has_ended(children[0]) && has_ended(children[1])));
    result->turns = now.turns[0] + now.turns[1];
}

/* ---- the whole ---- */

static bool make_shared(struct shared **shared)
{
    pthread_mutexattr_t between;
    void *memory =
        mmap(NULL, sizeof **shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    if (memory == MAP_FAILED)
        return false;
    *shared = memory;
    pthread_mutexattr_init(&between);
    pthread_mutexattr_setpshared(&between, PTHREAD_PROCESS_SHARED);
    for (int i = 0; i < 2; i++) {
        pthread_mutex_init(&(*shared)->locks[i], &between);
        atomic_init(&(*shared)->holder[i], NOBODY);
        atomic_init(&(*shared)->wants[i], NOBODY);
    }
    pthread_mutexattr_destroy(&between);
    return true;
}

static void end_process(pid_t child)
{
    if (child <= 0)
        return;
    kill(child, SIGKILL);
    while (waitpid(child, NULL, 0) < 0 && errno == EINTR)
        ;
}

enum tri_status tri_lab_get_stuck(int64_t turns, void (*turn)(void *argument), void *argument,
                                  struct tri_lab_stuck *result, struct tri_error *error)
{
    struct shared *shared;
    pid_t children[2] = {-1, -1};
    int why = 0;

    *result = (struct tri_lab_stuck){0};
    if (!make_shared(&shared))
        return tri_fail(error, TRI_FAILED, "out of memory that processes share");
    for (int i = 0; i < 2 && why == 0; i++) {
        children[i] = start_process(shared, i, turns, turn, argument);
        why = children[i] < 0 ? errno : 0;
    }
    if (why == 0)
        watch(shared, children, result);
    for (int i = 0; i < 2; i++)
        end_process(children[i]);
    munmap(shared, sizeof *shared);
    return why == 0 ? TRI_OK
                    : tri_fail(error, TRI_FAILED, "cannot start a process: %s", strerror(why));
}
