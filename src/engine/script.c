/* script.c - scripts. */
#include "engine/script.h"

#include "engine/internal.h"

/* The line of text in which the position (1-based, characters) lies. */
static int line_of(const char *text, int position)
{
    int line = 1;
    for (int i = 1; i < position && *text != '\0'; text++) {
        i += (*text & 0xc0) != 0x80;
        line += *text == '\n';
    }
    return line;
}

enum status script_run(struct session *s, const char *text, script_variable *variable, void *context, const struct receiver *receiver,
                       struct arena *arena, struct script_position *failed, struct error *err)
{
    const char *script;
    *failed = (struct script_position){1, text};
    enum status st = sql_interpolate(text, variable, context, arena, &script, err);
    if (st == STATUS_OK) {
        failed->text = script;
        st = session_execute(s, script, receiver, err);
    }
    if (st != STATUS_OK)
        failed->line = line_of(failed->text, err->position > 0 ? err->position : session_statement_position(s));
    return st;
}

bool script_is_incomplete(const char *text)
{
    return sql_is_incomplete(text);
}
