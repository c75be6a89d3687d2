/* line_editor.h - one line from a terminal, with history and completion (libedit, loaded when a shell is opened). */
#ifndef LEAT_CMD_LINE_EDITOR_H
#define LEAT_CMD_LINE_EDITOR_H

#include <stdbool.h>

/* Candidates for the text before the cursor: a NULL-terminated heap array of heap texts, or NULL. */
typedef char **line_completer(void *context, const char *text);

/* Loads libedit and the history file ($LEAT_HISTORY, else ~/.leat_history). Without libedit lines are read plainly. */
void line_editor_open(line_completer *completer, void *context);
void line_editor_close(void);
/* The next line without its newline, the caller's to free; NULL at the end, and if Ctrl-C (SIGINT) came: then *interrupted. */
char *line_editor_read(const char *prompt, bool *interrupted);
void line_editor_add_history(const char *text);

#endif
