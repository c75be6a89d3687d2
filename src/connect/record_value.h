/* record_value.h - the value of a record to a row of its table. For this folder only. */
#ifndef LEAT_CONNECT_RECORD_VALUE_H
#define LEAT_CONNECT_RECORD_VALUE_H

#include "catalog/catalog.h"
#include "connect/record_encoder.h"
#include "format/json_record.h"

/* The column that text and raw values are: the only one, or the only one that is not in the key. 22023 if there is none such.
 * raw with columns named key and value: *key_column is the first, else -1. */
CHECKED enum status record_value_column(const struct schema *schema, const uint32_t *key, uint32_t key_count, enum record_format format,
                                        uint32_t *value_column, int32_t *key_column, struct error *err);

struct record_value {
    enum record_format format;
    const struct schema *schema;
    struct json_decoder *json;
    uint32_t value_column; /* text, raw */
    int32_t key_column;    /* raw: the column that is the record key; -1: none */
    struct text_context text;
};

/* Reads format and its options from r, which must outlive *v. */
CHECKED enum status record_value_init(struct record_value *v, const struct relation *r, struct error *err);
void record_value_clear(struct record_value *v);
/* Decodes into row of out, whose columns are flat; columns that the value lacks become NULL. */
CHECKED enum status record_value_decode(struct record_value *v, struct bytes key, struct bytes value, struct batch *out, uint32_t row,
                                        struct arena *arena, struct error *err);
/* Was the column absent from the last value? */
static inline bool record_value_is_missing(const struct record_value *v, uint32_t column)
{
    if (v->format == RECORD_JSON)
        return json_decoder_is_missing(v->json, column);
    return v->format != RECORD_CSV && column != v->value_column && (int32_t)column != v->key_column;
}
/* Whether a null value is a row. */
static inline bool record_value_may_be_null(const struct record_value *v)
{
    return v->format == RECORD_RAW && v->key_column >= 0;
}
/* The format that option name gives, else otherwise; 22023. */
CHECKED enum status record_format_option(const struct relation *r, const char *name, enum record_format otherwise,
                                         enum record_format *out, struct error *err);

#endif
