/* text_kernel.h - pieces that the kernels over text share. For the files of expr/ only. */
#ifndef LEAT_EXPR_TEXT_KERNEL_H
#define LEAT_EXPR_TEXT_KERNEL_H

#include "expr/function_kernels.h"

/* The longest text that a function may make: PostgreSQL's limit of a value. */
enum { TEXT_SIZE_MAX = 0x3FFFFFFF };

/* A run of bytes inside a string of the arguments. Short texts lie in the vector's own slot, so the run must not outlive the row. */
struct text {
    const char *data;
    size_t size;
};

static inline struct text text_of(const struct string *s)
{
    return (struct text){string_data(s), s->size};
}
#define ARGUMENT_TEXT(i, row) text_of(ARGUMENT_STRING(i, row))

/* Where the character that begins at `at` ends. */
static inline size_t character_end(struct text t, size_t at)
{
    at++;
    while (at < t.size && ((unsigned char)t.data[at] & 0xC0) == 0x80)
        at++;
    return at;
}

/* The byte behind the first `count` characters from `at` on. */
static inline size_t skip_characters(struct text t, size_t at, int64_t count)
{
    while (count-- > 0 && at < t.size)
        at = character_end(t, at);
    return at;
}

static inline int64_t count_characters(struct text t)
{
    int64_t count = 0;
    for (size_t i = 0; i < t.size; i++)
        count += ((unsigned char)t.data[i] & 0xC0) != 0x80;
    return count;
}

/* A part of an argument as a result: long ones are shared, not copied. */
static inline struct string text_part(struct text t, size_t from, size_t to)
{
    return string_make(t.data + from, to - from);
}

/* Where needle is in t from `at` on, or t.size + 1. */
static inline size_t text_find(struct text t, struct text needle, size_t at)
{
    if (needle.size == 0)
        return at <= t.size ? at : t.size + 1;
    const char *found = at < t.size ? memmem(t.data + at, t.size - at, needle.data, needle.size) : NULL;
    return found != NULL ? (size_t)(found - t.data) : t.size + 1;
}

/* A loop over the live rows whose body sets `result` (struct string) and may set `st`. */
#define TEXT_KERNEL(NAME, BODY)                                                       \
    void NAME(KERNEL_PARAMETERS)                                                      \
    {                                                                                 \
        struct arena *arena = evaluation->arena;                                      \
        vector_init_flat(out, call->type, in->row_count, arena);                      \
        (void)arena;                                                                  \
        FOR_EACH_ROW (in, row) {                                                      \
            enum status st = STATUS_OK;                                               \
            struct string result = {0};                                               \
            BODY                                                                      \
            VECTOR_STRING(out)[row] = result;                                         \
            if (st != STATUS_OK)                                                      \
                row_error(out, row, st, in, arena);                                   \
        }                                                                             \
    }

#endif
