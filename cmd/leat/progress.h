/* progress.h - a progress bar on a terminal: rows, bytes, share done, time left. */
#ifndef LEAT_CMD_PROGRESS_H
#define LEAT_CMD_PROGRESS_H

#include <stdint.h>

struct progress_bar;
struct progress_bar *progress_bar_create(void);
void progress_bar_destroy(struct progress_bar *b); /* accepts NULL */
/* total_bytes 0: unknown. Draws on stderr in place. */
void progress_bar_draw(struct progress_bar *b, int64_t rows, int64_t bytes, int64_t total_bytes);
/* Takes the bar away; the next draw begins anew. Accepts NULL. */
void progress_bar_clear(struct progress_bar *b);
/* "12.3 MB" into a buffer of 32 bytes; returns it. */
const char *size_text(int64_t bytes, char *buffer);

#endif
