/* sample.h - the columns of a CSV or JSON file, from its first rows.
 *
 * CSV types: boolean, bigint, double precision, date, timestamp, timestamptz,
 * text. JSON: the same, and json for objects and arrays; fields in order of
 * appearance. Whole numbers beyond bigint are numeric. A column that is empty
 * throughout is text. Where rows disagree the wider type wins, at last text.
 *
 * Rows behind the sample may not fit; give SAMPLE_VALUE_HINT to the reader, so
 * that its error tells what to do.
 */
#ifndef LEAT_FORMAT_SAMPLE_H
#define LEAT_FORMAT_SAMPLE_H

#include "data/batch.h"
#include "format/csv.h"

enum { SAMPLE_ROWS = 10000, SAMPLE_SIZE = 1 << 20 };
#define SAMPLE_VALUE_HINT "The column's type was found in the file's first rows. Give its type in the options to read this value."

enum sample_header { SAMPLE_HEADER_DETECT, SAMPLE_HEADER_PRESENT, SAMPLE_HEADER_ABSENT };

struct sample_csv_options {
    struct csv_options csv;    /* delimiter 0: found among , ; tab |; has_header is not looked at */
    enum sample_header header;
};

/* text: the first SAMPLE_SIZE bytes or so; is_whole: there are no more. *schema lives in arena, and nothing else; *found is options->csv with what
 * was found out (NULL texts stay borrowed). Without a header columns are column0, column1... as DuckDB names them. 22P04 if no
 * line is whole or the quotes are wrong. */
CHECKED enum status sample_csv(struct bytes text, bool is_whole, const struct sample_csv_options *options, struct arena *arena,
                               struct schema *schema, struct csv_options *found, struct error *err);
/* 22P02 for what is not JSON, or not objects, and if no record is whole. */
CHECKED enum status sample_json(struct bytes text, bool is_whole, struct arena *arena, struct schema *schema, struct error *err);

#endif
