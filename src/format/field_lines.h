/* field_lines.h - text, chunk by chunk, to rows: the loop over lines that CSV and COPY text share.
 *
 * A format splits one line into fields. What a chunk, a line that is cut, one over
 * the limit and a bad one mean is decided here, and is told in format/csv_reader.h.
 */
#ifndef LEAT_FORMAT_FIELD_LINES_H
#define LEAT_FORMAT_FIELD_LINES_H

#include "format/field_row.h"

/* Why a field, or a line, ended. */
enum field_end {
    FIELD_END_FIELD, /* another field of the line follows */
    FIELD_END_LINE,
    FIELD_END_TEXT,       /* the line ends with the text, which is the last */
    FIELD_END_CUT,        /* the text ends inside the field: more is needed */
    FIELD_END_OPEN_QUOTE, /* the last text ends inside quotes */
    FIELD_END_RETURN      /* a carriage return without a newline */
};

struct field_lines;

/* Splits the line at p and offers its fields to lines->row, unless it is to be skipped. Returns where the next line begins;
 * *how tells why this one ended, and is never FIELD_END_FIELD. */
typedef const char *field_line_split(struct field_lines *lines, const char *p, const char *end, bool is_last,
                                     enum field_end *how);

struct field_lines {
    struct field_row row;
    field_line_split *split;
    const char *return_problem; /* the error of FIELD_END_RETURN */
    bool skips_line;            /* the header is still to come */
    bool skips_blank_lines;     /* behind the header */
    bool skips_blank_header;    /* blank lines in front of it */
    bool has_end_marker; /* a line "\." ends the data */
    bool is_done;        /* it has been read */
};

/* What a reader's read function does: see csv_reader_read. */
CHECKED enum status field_lines_read(struct field_lines *lines, struct bytes text, bool is_last, struct batch *out,
                                     struct arena *arena, size_t *consumed, struct error *err);

#endif
