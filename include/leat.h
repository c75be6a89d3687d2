/* leat.h - leat as a library: a data folder, connections to it, SQL, rows as text.
 *
 * A folder is opened by one process at a time. A connection is a session: one
 * thread uses it at a time; several connections run in parallel. Link with
 * `pkg-config --static --libs leat`.
 */
#ifndef LEAT_H
#define LEAT_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

#define LEAT_API __attribute__((visibility("default")))

struct leat;
struct leat_connection;

/* What went wrong. Zero-initialise it; it owns nothing. */
struct leat_error {
    char sqlstate[6];   /* PostgreSQL's code; "" = no error */
    int position;       /* 1-based character in the statement's text, 0 = none */
    char message[1024];
    char detail[512];
    char hint[512];
};

/* The program's version, "0.1.0". */
LEAT_API const char *leat_version(void);

/* Opens directory, made if it is absent; NULL is a private temporary one that is gone after leat_close. 0, or -1 and error. */
LEAT_API int leat_open(const char *directory, struct leat **out, struct leat_error *error);
/* All connections must be closed. Accepts NULL. */
LEAT_API void leat_close(struct leat *database);

LEAT_API int leat_connect(struct leat *database, struct leat_connection **out, struct leat_error *error);
LEAT_API void leat_disconnect(struct leat_connection *connection); /* rolls back; accepts NULL */

/* A row: column_count values as PostgreSQL's text, NULL for SQL NULL, valid until the callback returns. Another result than 0 stops
 * the statement with 57014. */
typedef int leat_row(void *context, size_t column_count, const char *const *names, const char *const *values);
/* Runs the statements of sql one after the other, stopping at the first error. row may be NULL. 0, or -1 and error. A SUBSCRIBE
 * goes on until it is cancelled or row says so. */
LEAT_API int leat_query(struct leat_connection *connection, const char *sql, leat_row *row, void *context, struct leat_error *error);
/* From any thread: what the connection runs fails with 57014. */
LEAT_API void leat_cancel(struct leat_connection *connection);

#ifdef __cplusplus
}
#endif

#endif
