/* interrupt.h -- SIGINT, SIGTERM, SIGHUP and SIGPIPE while files are written: those are finished, or thrown away where nobody
 * reads the output, then the program ends. */
#ifndef TRIPTYCH_CLI_INTERRUPT_H
#define TRIPTYCH_CLI_INTERRUPT_H

#include <stdbool.h>

void cli_interrupt_catch(void);

/* Around each write, by any thread. When the program was interrupted, the first does not return: the last writer
 * ends the program. */
void cli_write_begin(void);
void cli_write_end(void);
/* Whether the program was interrupted, for a writer that can stop early. */
bool cli_interrupted(void);
/* By nobody reading the output: nothing is to be said of it. */
bool cli_unread(void);

#endif
