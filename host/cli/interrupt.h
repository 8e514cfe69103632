/* interrupt.h -- handles SIGINT, SIGTERM, SIGHUP and SIGPIPE while files are written: files are
 * finished, or discarded if the output has no reader, then the program ends. */
#ifndef TRIPTYCH_CLI_INTERRUPT_H
#define TRIPTYCH_CLI_INTERRUPT_H

#include <stdbool.h>

void cli_interrupt_catch(void);

/* A file that is removed if a signal ends the program; NULL: none. The name is not copied. */
void cli_interrupt_discard(const char *path);

/* What is called before a signal ends the program, once nobody writes, on a thread of its own while
 * others may still compute; NULL: nothing. Takes effect if signals are caught. When it returns, the
 * former call is not running and will not be made. */
void cli_interrupt_complete(void (*complete)(void *context), void *context);

/* Also removes temporary folders (image/temporary_folder.h) before a signal ends the program. */
void cli_interrupt_remove_folders(void);

/* Call these around each write, on any thread. After an interruption cli_write_begin does not
 * return: the last writer ends the program. */
void cli_write_begin(void);
void cli_write_end(void);
/* Returns whether the program was interrupted, for writers that can stop early. */
bool cli_interrupted(void);
/* Returns whether it was interrupted because the output has no reader, which is not reported. */
bool cli_unread(void);

#endif
