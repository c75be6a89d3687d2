/* csv.h - how a CSV text is spelled: the options that reader, writer and sampler share. */
#ifndef LEAT_FORMAT_CSV_H
#define LEAT_FORMAT_CSV_H

#include <stdbool.h>

/* Zero means the default. Texts must outlive who uses the options. */
struct csv_options {
    char delimiter;         /* ',' */
    char quote;             /* '"' */
    char escape;            /* the quote */
    const char *null_text;  /* "": what an unquoted field must be to be NULL */
    bool has_header;        /* the first line names the columns */
    bool skip_blank_lines;  /* a line without any byte is no header, and no row unless rows have one field: then it is a NULL */
    bool has_end_marker;    /* a line "\." ends the data, as in COPY FROM STDIN */
};

static inline struct csv_options csv_options_with_defaults(const struct csv_options *given)
{
    struct csv_options o = {0};
    if (given != 0)
        o = *given;
    o.delimiter = o.delimiter == 0 ? ',' : o.delimiter;
    o.quote = o.quote == 0 ? '"' : o.quote;
    o.escape = o.escape == 0 ? o.quote : o.escape;
    o.null_text = o.null_text == 0 ? "" : o.null_text;
    return o;
}

#endif
