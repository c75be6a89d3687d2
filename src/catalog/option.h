/* option.h - the one const table of WITH options: parsing, checks, SHOW and the docs are driven by it. */
#ifndef LEAT_CATALOG_OPTION_H
#define LEAT_CATALOG_OPTION_H

#include "catalog/catalog.h"

/* What an option may be given to: bits. */
enum option_target {
    OPTION_TABLE = 1,
    OPTION_SOURCE = 2,
    OPTION_VIEW = 4, /* materialized views */
    OPTION_SINK = 8,
    OPTION_SUBSCRIBE = 16,
    OPTION_FETCH = 32
};
enum option_value {
    OPTION_TEXT,
    OPTION_WORD,     /* one of choices */
    OPTION_INTEGER,  /* at least minimum */
    OPTION_SIZE,     /* bytes: an integer, or with kB, MB, GB, TB */
    OPTION_INTERVAL, /* '7 days'; a bare integer is milliseconds; -1: for ever */
    OPTION_BOOLEAN,
    OPTION_COLUMNS /* names, separated by commas */
};
struct option_definition {
    const char *name;
    unsigned targets; /* enum option_target */
    enum option_value value;
    const char *choices; /* OPTION_WORD: "json csv text raw" */
    const char *later;   /* choices that are known but not there yet (0A000); "*": the option itself; NULL: none */
    int64_t minimum;     /* OPTION_INTEGER */
    const char *default_text;
    const char *help;
};
extern const struct option_definition OPTIONS[];
extern const uint32_t OPTION_COUNT;

/* Checks name and value of each option given for target. 22023 with a HINT of the near name, 0A000 for what is not there yet,
 * 42601 for one given twice ("conflicting or redundant options"). Positions are the options'. */
CHECKED enum status option_check(const struct option *options, uint32_t count, enum option_target target,
                                 struct error *err);
/* Values as numbers; 22023 naming the option. */
CHECKED enum status option_boolean(const struct option *o, bool *out, struct error *err);
CHECKED enum status option_integer(const struct option *o, int64_t *out, struct error *err);
CHECKED enum status option_size(const struct option *o, int64_t *out, struct error *err);
/* Microseconds; INT64_MAX for ever. */
CHECKED enum status option_interval(const struct option *o, int64_t *out_us, struct error *err);

#endif
