/* run.h - the commands of the program. Each returns the exit status. */
#ifndef LEAT_CMD_RUN_H
#define LEAT_CMD_RUN_H

#include "options.h"

/* -c, -f and standard input: statements one after the other, stopping at the first error. */
int run_scripts(struct options *o);
/* The interactive shell. */
int run_shell(struct options *o);
int run_serve(struct options *o);
int run_topic(struct options *o);

/* The operator's log on stderr, one line per event. */
struct event_log {
    enum log_level least;
    bool json;
};
void event_log_init(struct event_log *l, const struct options *o, enum log_level otherwise);
void event_log_write(void *context, enum log_level level, const char *event);
/* Opens the engine that the options describe; prints the error and returns NULL if it cannot. Takes over o->settings. */
struct engine *open_engine(struct options *o, bool serves, struct event_log *log);
/* Runs one text in a session: variables are put in; errors are printed with where in front. False after an error. */
bool run_text(struct session *s, struct options *o, struct printer *p, const char *where, const char *text, bool is_file);
/* A whole file (or standard input for "-") with a NUL behind it; the caller frees. NULL after printing the error. */
char *read_whole_file(const char *path);

#endif
