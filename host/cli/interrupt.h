/* interrupt.h -- SIGINT, SIGTERM and SIGHUP while files are written: those are finished, then the program ends. */
#ifndef TRIPTYCH_CLI_INTERRUPT_H
#define TRIPTYCH_CLI_INTERRUPT_H

#include <stdbool.h>

void cli_interrupt_catch(void);

/* Around each write, by any thread. False: the program was interrupted; nothing is to be written, and there is
 * no cli_write_end. */
bool cli_write_begin(void);
void cli_write_end(void);

#endif
