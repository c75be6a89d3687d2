/* json_value.h - one JSON value into a column, by the column's type. For json_record.c. */
#ifndef LEAT_FORMAT_JSON_VALUE_H
#define LEAT_FORMAT_JSON_VALUE_H

#include "format/json_record.h"
#include "format/json_scan.h"

/* A value whose text has been checked. */
enum json_kind { JSON_STRING, JSON_NUMBER, JSON_TRUE, JSON_FALSE, JSON_NULL, JSON_OBJECT, JSON_ARRAY };

struct json_value {
    enum json_kind kind;
    const char *begin, *end; /* verbatim, quotes included */
    struct json_text text;   /* STRING */
    struct json_number number;
};

struct json_value_context {
    const struct text_context *text;
    enum json_time_unit time_unit;
    const char *readable_end; /* of the record's text */
    struct arena *arena;
};

/* Reads the value at p (no blank) completely. */
const char *json_value_scan(struct json_scan *s, const char *p, unsigned depth, struct json_value *out);
/* Stores a value that is not null. err may be NULL when only success matters. */
CHECKED enum status json_value_store(const struct json_value *v, struct type type, const struct json_value_context *context,
                                     void *out, struct error *err);

#endif
