/* mailbox.h -- where an actor gets its letters: many send, one reads, in the order of arrival. */
#ifndef TRIPTYCH_LAB_MAILBOX_H
#define TRIPTYCH_LAB_MAILBOX_H

#include <pthread.h>

/* The first member of a message, which belongs to whoever holds it: sending never fails, and never
 * waits. */
struct tri_letter {
    struct tri_letter *next;
};

struct tri_mailbox {
    pthread_mutex_t lock;
    pthread_cond_t arrived;
    struct tri_letter *first, **end; /* end: where the next letter is hung */
};

void tri_mailbox_open(struct tri_mailbox *mailbox);
void tri_mailbox_close(struct tri_mailbox *mailbox); /* it is empty, and nobody uses it */
void tri_mailbox_send(struct tri_mailbox *mailbox, struct tri_letter *letter);
/* Waits for a letter. */
struct tri_letter *tri_mailbox_read(struct tri_mailbox *mailbox);

#endif
