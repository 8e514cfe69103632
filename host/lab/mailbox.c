/* mailbox.c -- a list of letters under a mutex. */
#include "lab/mailbox.h"
#include "trace/trace.h"

void tri_mailbox_open(struct tri_mailbox *mailbox)
{
    pthread_mutex_init(&mailbox->lock, NULL);
    pthread_cond_init(&mailbox->arrived, NULL);
    mailbox->first = NULL;
    mailbox->end = &mailbox->first;
}

void tri_mailbox_close(struct tri_mailbox *mailbox)
{
    pthread_cond_destroy(&mailbox->arrived);
    pthread_mutex_destroy(&mailbox->lock);
}

void tri_mailbox_send(struct tri_mailbox *mailbox, struct tri_letter *letter)
{
    letter->next = NULL;
    pthread_mutex_lock(&mailbox->lock);
    *mailbox->end = letter;
    mailbox->end = &letter->next;
    pthread_cond_signal(&mailbox->arrived);
    pthread_mutex_unlock(&mailbox->lock);
}

struct tri_letter *tri_mailbox_read(struct tri_mailbox *mailbox)
{
    const tri_trace_mark mark = tri_trace_wait(TRI_TRACE_FOR_WORK, "mailbox");

    pthread_mutex_lock(&mailbox->lock);
    while (mailbox->first == NULL)
        pthread_cond_wait(&mailbox->arrived, &mailbox->lock);
    struct tri_letter *letter = mailbox->first;
    mailbox->first = letter->next;
    if (mailbox->first == NULL)
        mailbox->end = &mailbox->first;
    pthread_mutex_unlock(&mailbox->lock);
    tri_trace_end(mark);
    return letter;
}
