/* script.h - a text of several statements with psql's variables, as files and -c give it. */
#ifndef LEAT_ENGINE_SCRIPT_H
#define LEAT_ENGINE_SCRIPT_H

#include "engine/engine.h"

/* Where a script failed: the text that err->position counts in, and the line of the script where that statement begins. */
struct script_position {
    int line;
    const char *text; /* in the arena given */
};
/* The value of a variable, or NULL. */
typedef const char *script_variable(void *context, const char *name);
/* Puts variables in (:name, :'name', :"name"; an unset one is an error) and runs the statements one after the other. */
CHECKED enum status script_run(struct session *s, const char *text, script_variable *variable, void *context, const struct receiver *receiver,
                               struct arena *arena, struct script_position *failed, struct error *err);
/* For a shell: whether text ends inside a statement. */
bool script_is_incomplete(const char *text);

#endif
