/* interrupt.h - signals that cancel the statement which runs, so that what it has begun is taken back, instead of ending the program. */
#ifndef LEAT_CMD_INTERRUPT_H
#define LEAT_CMD_INTERRUPT_H

#include <signal.h>
#include <stdbool.h>

#include "engine/engine.h"

struct interrupt {
    int signal_number;
    struct sigaction before;
    struct session *session_before;
};
/* From here to interrupt_end the signal cancels the session's statement (NULL: is noted only). Pairs may be nested.
 * once: when it comes again, it does what it did before. */
void interrupt_begin(struct interrupt *i, int signal_number, struct session *session, bool once);
void interrupt_end(struct interrupt *i);
/* Whether one has come since the last interrupt_begin that was not nested. */
bool interrupt_seen(void);

#endif
