/* error.h - what an error that was kept as a value says once it surfaces.
 *
 * A row keeps an error as one byte (data/vector.h): its status. Words would not
 * fit, and most errors of a run are the same few, or never surface because
 * another condition drops the row. So a bounded run has an error_words beside
 * its rows, in which a byte from ERROR_CODE_MIN on names an entry: the words and
 * the place of one row's error, or, once there have been ERROR_TOLD_MAX of those,
 * a call and a status, whose words then name no value. Live runs have none: what
 * their rows keep is part of state and must not depend on the order of work.
 */
#ifndef LEAT_EXPR_ERROR_H
#define LEAT_EXPR_ERROR_H

#include <stdatomic.h>

#include "expr/expr.h"

enum { ERROR_CODE_MIN = 128, ERROR_TOLD_MAX = 96, ERROR_CALLS_MAX = 256 - ERROR_CODE_MIN - ERROR_TOLD_MAX };

/* Several threads may put entries at once; an entry is read only by who got its byte with the row. */
struct error_words {
    _Atomic uint32_t told_count;
    struct error *told[ERROR_TOLD_MAX];
    _Atomic uint64_t calls[ERROR_CALLS_MAX]; /* (call << 8) | status; 0: free */
};
void error_words_init(struct error_words *w);
void error_words_clear(struct error_words *w);

/* A new entry for st, raised by call: *told is the caller's to fill with the words before anyone else sees the byte, NULL where the
 * call and the status must do. Returns the byte to keep; st itself when all entries are taken. */
uint8_t error_words_add(struct error_words *w, const struct expr *call, enum status st, struct error **told);

/* Fills err with st in PostgreSQL's words for a failure of call (NULL: of something else), its position included. */
void error_describe(const struct expr *call, enum status st, struct error *err);

/* The status behind a row's code; fills err (may be NULL) with its words. words: of the run that the row comes from, NULL if none. */
CHECKED enum status row_error_status(const struct error_words *words, enum status code, struct error *err);

#endif
