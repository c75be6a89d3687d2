/* thrift.h - Thrift's compact protocol, as far as Parquet's footers and page headers use it.
 *
 * Reading follows base/reader.h: it fails once and stays failed. A struct is read field by field:
 *
 *     struct thrift_field f = {0};
 *     while (thrift_next(r, &f))
 *         switch (f.id) {
 *         case 1: x = thrift_i32(r, &f); break;
 *         default: thrift_skip(r, &f);
 *         }
 */
#ifndef LEAT_FORMAT_THRIFT_H
#define LEAT_FORMAT_THRIFT_H

#include "base/buffer.h"
#include "base/reader.h"

enum thrift_type {
    THRIFT_STOP,
    THRIFT_TRUE,
    THRIFT_FALSE,
    THRIFT_I8,
    THRIFT_I16,
    THRIFT_I32,
    THRIFT_I64,
    THRIFT_DOUBLE,
    THRIFT_BINARY,
    THRIFT_LIST,
    THRIFT_SET,
    THRIFT_MAP,
    THRIFT_STRUCT,
    THRIFT_UUID
};

struct thrift_field {
    int16_t id; /* of the field before, on entry to thrift_next: start a struct with 0 */
    uint8_t type;
};

/* The next field's header. False at the struct's end, or once the reader has failed. */
bool thrift_next(struct reader *r, struct thrift_field *field);
/* The field's value; a field of another type fails the reader. */
bool thrift_bool(struct reader *r, const struct thrift_field *field);
int64_t thrift_i64(struct reader *r, const struct thrift_field *field); /* any integer type */
int32_t thrift_i32(struct reader *r, const struct thrift_field *field); /* any integer type whose value fits */
struct bytes thrift_binary(struct reader *r, const struct thrift_field *field);
/* Expects a struct: follow with a thrift_next loop. False (and failed) if the field is none. */
bool thrift_is_struct(struct reader *r, const struct thrift_field *field);
/* Expects a list of elements of a type, each of at least item_size bytes; the count of elements, which the input can hold. */
size_t thrift_list(struct reader *r, const struct thrift_field *field, enum thrift_type element, size_t item_size);
/* Passes over the field's value, whatever it is. Nesting beyond 32 fails. */
void thrift_skip(struct reader *r, const struct thrift_field *field);

/* Writing. *last is the id of the field before in this struct, 0 at first. */
void thrift_put_field(struct buffer *out, int16_t *last, int16_t id, enum thrift_type type);
void thrift_put_bool(struct buffer *out, int16_t *last, int16_t id, bool v);
void thrift_put_i32(struct buffer *out, int16_t *last, int16_t id, int32_t v);
void thrift_put_i64(struct buffer *out, int16_t *last, int16_t id, int64_t v);
void thrift_put_i8(struct buffer *out, int16_t *last, int16_t id, int8_t v);
void thrift_put_binary(struct buffer *out, int16_t *last, int16_t id, struct bytes v);
/* The header of a list; its elements follow. */
void thrift_put_list(struct buffer *out, int16_t *last, int16_t id, enum thrift_type element, size_t count);
void thrift_put_element_binary(struct buffer *out, struct bytes v);
void thrift_put_stop(struct buffer *out); /* ends a struct */

#endif
