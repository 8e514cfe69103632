/* actors.c -- actors with a state and a mailbox of their own, and one that watches over the others.
 *
 * For: things with a life of their own that may fail: sessions, devices, customers. No actor sees
 * another's state; a message hands over what it carries, so nothing is locked. An actor that fails
 * loses its own state and nothing else, and its supervisor starts it again.
 * Choose it where one failure must not stop the rest, or where parts will one day be on several
 * machines. `lab patterns` shows its price: of the patterns the most lines, and a thread that only
 * supervises; first answer, total and memory are those of its workers, with a picture for each.
 * Not for a job that is one computation and never fails: the lines buy nothing then. Not where a
 * sender may be faster than its reader: a mailbox has no bound, and memory grows. Here the
 * supervisor gives each actor one picture at a time. (C. Hewitt, P. Bishop, R. Steiger, "A
 * Universal Modular ACTOR Formalism", IJCAI 1973; supervision as in Erlang.) */
#include "lab/mailbox.h"
#include "lab/patterns.h"

#include <stdlib.h>
#include <string.h>

enum kind { MAKE, STOP, MADE, FAILED };

/* Belongs to whoever holds it, with the picture. */
struct message {
    struct tri_letter letter;
    enum kind kind;
    int actor;
    struct tri_thumbnail *picture;
};

struct actor {
    pthread_t thread;
    struct tri_mailbox mailbox, *supervisor;
    struct message message; /* travels to the actor and back */
    bool alive;
};

static void send(struct tri_mailbox *to, struct message *message, enum kind kind)
{
    message->kind = kind;
    tri_mailbox_send(to, &message->letter);
}

/* An actor's life. It knows two mailboxes, and what comes in messages. */
static void *live(void *argument)
{
    struct actor *self = argument;

    tri_trace_name_thread("actor", self->message.actor + 1);
    for (;;) {
        struct message *message = (struct message *)tri_mailbox_read(&self->mailbox);
        if (message->kind == STOP)
            return NULL;
        if (!tri_thumbnail_make(message->picture)) {
            send(self->supervisor, message, FAILED);
            return NULL;
        }
        send(self->supervisor, message, MADE);
    }
}

/* ---- the supervisor, which is the caller ---- */

struct supervisor {
    struct tri_pattern_job *job;
    struct tri_mailbox mailbox;
    struct actor *actors;
    int next, busy;
    int why; /* an actor could not be started: the system's reason */
};

static void start(struct supervisor *self, int number)
{
    struct actor *actor = &self->actors[number];
    const int why = pthread_create(&actor->thread, NULL, live, actor);

    actor->alive = why == 0;
    self->why = why != 0 ? why : self->why;
}

static void give_work(struct supervisor *self, int number)
{
    struct actor *actor = &self->actors[number];

    if (!actor->alive || self->next == self->job->count)
        return;
    actor->message.picture = &self->job->pictures[self->next++];
    self->busy++;
    send(&actor->mailbox, &actor->message, MAKE);
}

/* Until no actor has work: all pictures are through, or no actor is left. */
static void supervise(struct supervisor *self)
{
    for (int i = 0; i < self->job->workers; i++)
        give_work(self, i);
    while (self->busy > 0) {
        const struct message *message = (struct message *)tri_mailbox_read(&self->mailbox);
        const int number = message->actor;
        self->busy--;
        if (message->kind == FAILED) { /* its picture has the error */
            pthread_join(self->actors[number].thread, NULL);
            self->job->restarts++;
            start(self, number);
        }
        give_work(self, number);
    }
}

static void stop(struct supervisor *self)
{
    for (int i = 0; i < self->job->workers; i++) {
        struct actor *actor = &self->actors[i];
        if (actor->alive) {
            send(&actor->mailbox, &actor->message, STOP);
            pthread_join(actor->thread, NULL);
        }
        tri_mailbox_close(&actor->mailbox);
    }
}

static enum tri_status run(struct tri_pattern_job *job, struct tri_error *error)
{
    struct supervisor self = {.job = job,
                              .actors = calloc((size_t)job->workers, sizeof *self.actors)};

    if (self.actors == NULL)
        return tri_fail(error, TRI_FAILED, "out of memory for actors");
    job->threads = job->workers + 1;
    tri_mailbox_open(&self.mailbox);
    for (int i = 0; i < job->workers; i++) {
        self.actors[i].supervisor = &self.mailbox;
        self.actors[i].message.actor = i;
        tri_mailbox_open(&self.actors[i].mailbox);
        start(&self, i);
    }
    supervise(&self);
    stop(&self);
    tri_mailbox_close(&self.mailbox);
    free(self.actors);
    /* Fewer actors than wanted are enough; none is not. */
    return self.next == job->count
               ? TRI_OK
               : tri_fail(error, TRI_FAILED, "cannot start an actor: %s", strerror(self.why));
}

TRI_PATTERN(actors) = {
    .name = "actors", .structure = "mailboxes; a failed actor is restarted", .run = run};
