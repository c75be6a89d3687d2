/* interrupt.c - see interrupt.h. */
#include "interrupt.h"

static struct session *volatile running;
static volatile sig_atomic_t seen;
static int depth;

static void on_signal(int signal_number)
{
    struct session *s = running;
    (void)signal_number;
    seen = 1;
    if (s != NULL)
        session_interrupt(s);
}

void interrupt_begin(struct interrupt *i, int signal_number, struct session *session, bool once)
{
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = once ? (int)SA_RESETHAND : 0}; /* a read that waits ends with it */
    sigemptyset(&action.sa_mask);
    i->signal_number = signal_number;
    i->session_before = running;
    if (depth++ == 0)
        seen = 0;
    running = session;
    sigaction(signal_number, &action, &i->before);
}

void interrupt_end(struct interrupt *i)
{
    sigaction(i->signal_number, &i->before, NULL);
    running = i->session_before;
    depth--;
}

bool interrupt_seen(void)
{
    return seen != 0;
}
