/* output.h - results as text: psql's table, csv, json, ndjson. */
#ifndef LEAT_CMD_OUTPUT_H
#define LEAT_CMD_OUTPUT_H

#include <stdio.h>

#include "engine/engine.h"

enum output_format { OUTPUT_TABLE, OUTPUT_CSV, OUTPUT_JSON, OUTPUT_NDJSON };

struct output_options {
    enum output_format format;
    bool expanded;          /* \x */
    bool tags;              /* command tags on stdout: the shell */
    bool progress;          /* a bar on stderr while bounded work runs: stderr is a terminal */
    uint32_t rows_shown;    /* 0: all; a terminal shows 40 and says so */
    FILE *file;             /* stdout, or a pager */
};

struct printer;
struct printer *printer_create(const struct output_options *options);
void printer_destroy(struct printer *p);
void printer_set(struct printer *p, const struct output_options *options);
/* After a statement that failed: what it left unprinted is no part of the next one's answer. */
void printer_forget(struct printer *p);
/* The receiver to give to session_execute. stdin feeds COPY FROM STDIN. */
const struct receiver *printer_receiver(struct printer *p);
/* Parses "table", "csv", "json", "ndjson". */
bool output_format_parse(const char *text, enum output_format *out);

/* "leat: ERROR: ..." with LINE and caret, DETAIL, HINT on stderr, as psql prints them. where: "file:3: " or "". */
void print_error(const char *where, const char *text, const struct error *err);

#endif
