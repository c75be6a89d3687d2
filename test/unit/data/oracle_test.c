/* oracle_test.c - the answers of PostgreSQL 15 in expected/ (made by make_expected.py), asked of src/data. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "data/compare.h"
#include "data/numeric.h"
#include "data/row_key.h"
#include "data/text.h"
#include "unit/data/expected_path.h"

enum { FIELDS_MAX = 6, SHOWN_MAX = 40 };

struct asked {
    int field_count;
    char *fields[FIELDS_MAX]; /* operation, arguments */
    struct arena *arena;
    struct text_context context;
    struct buffer answer;
    struct error err;
};

static void unescape(char *text)
{
    char *to = text;
    for (; *text != '\0'; text++) {
        if (*text == '\\' && text[1] != '\0') {
            text++;
            *to++ = *text == 't' ? '\t' : *text == 'n' ? '\n' : *text;
        } else {
            *to++ = *text;
        }
    }
    *to = '\0';
}

static enum status parse(struct asked *a, int field, const char *type_text, void *out, struct type *type)
{
    struct error ignored;
    assert_int_equal(type_from_text(type_text, type, &ignored), STATUS_OK);
    const char *text = arena_printf(a->arena, "%s99", a->fields[field]); /* what stands behind a text is none of it */
    return value_parse(*type, text, strlen(a->fields[field]), &a->context, a->arena, out, &a->err);
}

static void *value_of(struct asked *a, int field, const char *type_text)
{
    struct type type;
    void *out = arena_alloc_zero(a->arena, 1, 16);
    if (parse(a, field, type_text, out, &type) != STATUS_OK)
        fail_msg("%s is not a %s: %s", a->fields[field], type_text, a->err.message);
    return out;
}

static void answer_numeric(struct asked *a, const struct string *v)
{
    numeric_format(type_of(TYPE_NUMERIC), v, &a->answer);
}

static enum status set_status(struct asked *a, enum status st)
{
    if (st != STATUS_OK && a->err.status == STATUS_OK)
        return error_set(&a->err, st, "(kernel)");
    return st;
}

typedef enum status numeric_binary(const struct string *, const struct string *, struct arena *, struct string *);
typedef enum status numeric_unary(const struct string *, struct arena *, struct string *);

static bool ask_numeric(struct asked *a, enum status *st)
{
    static const struct {
        const char *name;
        numeric_binary *binary;
        numeric_unary *unary;
    } CALLS[] = {{"add", numeric_add, NULL}, {"subtract", numeric_subtract, NULL}, {"multiply", numeric_multiply, NULL},
                 {"divide", numeric_divide, NULL}, {"modulo", numeric_modulo, NULL}, {"power", numeric_power, NULL},
                 {"log", numeric_log, NULL}, {"sqrt", NULL, numeric_sqrt}, {"exp", NULL, numeric_exp}, {"ln", NULL, numeric_ln},
                 {"ceil", NULL, numeric_ceil}, {"floor", NULL, numeric_floor}};
    for (size_t i = 0; i < sizeof CALLS / sizeof *CALLS; i++) {
        if (strcmp(CALLS[i].name, a->fields[0]) != 0)
            continue;
        struct string out, *x = value_of(a, 1, "numeric");
        *st = CALLS[i].unary != NULL ? CALLS[i].unary(x, a->arena, &out)
                                     : CALLS[i].binary(x, value_of(a, 2, "numeric"), a->arena, &out);
        if (set_status(a, *st) == STATUS_OK)
            answer_numeric(a, &out);
        return true;
    }
    return false;
}

static bool ask_rounding(struct asked *a, enum status *st)
{
    const char *name = a->fields[0];
    bool truncate = strcmp(name, "trunc") == 0;
    struct string out;
    if (truncate || strcmp(name, "round") == 0) {
        const struct string *x = value_of(a, 1, "numeric");
        int scale = atoi(a->fields[2]);
        *st = truncate ? numeric_truncate(x, scale, a->arena, &out) : numeric_round(x, scale, a->arena, &out);
    } else if (strcmp(name, "from_double") == 0) {
        *st = numeric_from_double(*(double *)value_of(a, 1, "float8"), 15, a->arena, &out, &a->err);
    } else if (strcmp(name, "from_real") == 0) {
        *st = numeric_from_double((double)*(float *)value_of(a, 1, "float4"), 6, a->arena, &out, &a->err);
    } else {
        return false;
    }
    if (*st == STATUS_OK)
        answer_numeric(a, &out);
    return true;
}

static bool ask_conversion(struct asked *a, enum status *st)
{
    const char *name = a->fields[0];
    if (strcmp(name, "to_bigint") == 0) {
        int64_t v = 0;
        *st = numeric_to_int64(value_of(a, 1, "numeric"), &v, &a->err);
        buffer_printf(&a->answer, "%lld", (long long)v);
    } else if (strcmp(name, "to_double") == 0) {
        *st = STATUS_OK;
        double_format(numeric_to_double(value_of(a, 1, "numeric")), &a->answer);
    } else if (strcmp(name, "compare") == 0) {
        *st = STATUS_OK;
        buffer_printf(&a->answer, "%d", numeric_compare(value_of(a, 1, "numeric"), value_of(a, 2, "numeric")));
    } else {
        return false;
    }
    return true;
}

static void answer_interval(struct asked *a, const struct interval *v)
{
    interval_format(v, &a->answer);
}

static void answer_decimal(struct asked *a, int128 v, int scale)
{
    char text[64];
    int128_format(v, scale, text);
    buffer_put_text(&a->answer, text);
}

static bool ask_timestamp(struct asked *a, enum status *st)
{
    const char *name = a->fields[0];
    int64_t v = 0;
    struct interval i;
    *st = STATUS_OK;
    if (strcmp(name, "ts_add") == 0) {
        *st = timestamp_add_interval(*(int64_t *)value_of(a, 1, "timestamp"), value_of(a, 2, "interval"), &v);
        timestamp_format(v, &a->answer);
    } else if (strcmp(name, "ts_trunc") == 0) {
        *st = timestamp_truncate(a->fields[1], *(int64_t *)value_of(a, 2, "timestamp"), &v);
        timestamp_format(v, &a->answer);
    } else if (strcmp(name, "ts_age") == 0) {
        i = timestamp_age(*(int64_t *)value_of(a, 1, "timestamp"), *(int64_t *)value_of(a, 2, "timestamp"));
        answer_interval(a, &i);
    } else if (strcmp(name, "ts_difference") == 0) {
        i = timestamp_difference(*(int64_t *)value_of(a, 1, "timestamp"), *(int64_t *)value_of(a, 2, "timestamp"));
        answer_interval(a, &i);
    } else if (strcmp(name, "ts_to_char") == 0) {
        *st = timestamp_to_char(*(int64_t *)value_of(a, 1, "timestamp"), NULL, 0, a->fields[2], strlen(a->fields[2]), &a->answer, &a->err);
    } else if (strcmp(name, "ts_extract") == 0) {
        int128 out = 0;
        int scale = 0;
        *st = timestamp_extract(a->fields[1], *(int64_t *)value_of(a, 2, "timestamp"), NULL, &out, &scale);
        answer_decimal(a, out, scale);
    } else {
        return false;
    }
    set_status(a, *st);
    return true;
}

static bool ask_interval(struct asked *a, enum status *st)
{
    const char *name = a->fields[0];
    struct interval out = {0};
    *st = STATUS_OK;
    if (strcmp(name, "interval_multiply") == 0) {
        *st = interval_multiply(value_of(a, 1, "interval"), *(double *)value_of(a, 2, "float8"), &out);
    } else if (strcmp(name, "interval_divide") == 0) {
        *st = interval_divide(value_of(a, 1, "interval"), *(double *)value_of(a, 2, "float8"), &out);
    } else if (strcmp(name, "interval_add") == 0) {
        *st = interval_add(value_of(a, 1, "interval"), value_of(a, 2, "interval"), &out);
    } else if (strcmp(name, "interval_equal") == 0) {
        buffer_put_text(&a->answer, interval_compare(value_of(a, 1, "interval"), value_of(a, 2, "interval")) == 0 ? "true" : "false");
        return true;
    } else if (strcmp(name, "interval_extract") == 0) {
        int128 v = 0;
        int scale = 0;
        *st = interval_extract(a->fields[1], value_of(a, 2, "interval"), &v, &scale);
        answer_decimal(a, v, scale);
        set_status(a, *st);
        return true;
    } else {
        return false;
    }
    set_status(a, *st);
    answer_interval(a, &out);
    return true;
}

static bool ask_zoned(struct asked *a, enum status *st)
{
    const char *name = a->fields[0];
    const struct time_zone *zone;
    if (strncmp(name, "tz", 2) != 0)
        return false;
    assert_int_equal(time_zone_find(a->fields[a->field_count - 1], &zone, NULL), STATUS_OK);
    a->context.zone = zone;
    int64_t v = 0;
    if (strcmp(name, "tz") == 0) {
        struct type type;
        *st = parse(a, 1, "timestamptz", &v, &type);
    } else if (strcmp(name, "tz_add") == 0) {
        *st = timestamptz_add_interval(*(int64_t *)value_of(a, 1, "timestamptz"), value_of(a, 2, "interval"), zone, &v);
    } else if (strcmp(name, "tz_trunc") == 0) {
        *st = timestamptz_truncate(a->fields[1], *(int64_t *)value_of(a, 2, "timestamptz"), zone, &v);
    } else if (strcmp(name, "tz_to_char") == 0) {
        v = *(int64_t *)value_of(a, 1, "timestamptz");
        int32_t offset_s = time_zone_offset_at(zone, v);
        *st = timestamp_to_char(v + offset_s * INT64_C(1000000), time_zone_abbreviation_at(zone, v), offset_s, a->fields[2],
                                strlen(a->fields[2]), &a->answer, &a->err);
        return true;
    } else {
        int128 out = 0;
        int scale = 0;
        *st = timestamp_extract(a->fields[1], *(int64_t *)value_of(a, 2, "timestamptz"), zone, &out, &scale);
        answer_decimal(a, out, scale);
        set_status(a, *st);
        return true;
    }
    set_status(a, *st);
    timestamptz_format(v, zone, &a->answer);
    return true;
}

static bool ask_parse(struct asked *a, enum status *st)
{
    if (strcmp(a->fields[0], "parse") != 0)
        return false;
    struct type type;
    _Alignas(16) uint8_t value[16] = {0};
    *st = parse(a, 2, a->fields[1], value, &type);
    if (*st != STATUS_OK)
        return true;
    if (type.id == TYPE_BOOL)
        buffer_put_text(&a->answer, value[0] ? "true" : "false"); /* as the cast to text spells it */
    else if (type.id == TYPE_CHAR) {
        struct bytes b = string_bytes((const struct string *)(const void *)value);
        while (b.size > 0 && b.data[b.size - 1] == ' ')
            b.size--; /* the cast to text drops them */
        buffer_put_bytes(&a->answer, b);
    } else
        value_format(type, value, &a->context, &a->answer);
    return true;
}

/* Whether the answer is the expected one: text equal, or SQLSTATE and (where src/data words it) message equal. */
static bool is_expected(struct asked *a, enum status st, const char *expected)
{
    if (st == STATUS_OK)
        return expected[0] != '!' && strcmp(buffer_text(&a->answer), expected) == 0;
    if (expected[0] != '!' || strncmp(expected + 1, status_sqlstate(st), 5) != 0)
        return false;
    return strcmp(a->err.message, "(kernel)") == 0 || strcmp(a->err.message, expected + 7) == 0;
}

/* Deviations that are meant, each with its reason. */
static bool is_known(const struct asked *a, const char *expected)
{
    const char *op = a->fields[0];
    /* 128-bit numerics have no NaN */
    if (strcmp(op, "parse") == 0 && strncmp(a->fields[1], "numeric(", 8) == 0 && strcmp(expected, "NaN") == 0)
        return true;
    /* a cast cuts what input refuses */
    if (a->err.status == STATUS_STRING_TOO_LONG && strncmp(a->fields[1], "character", 9) == 0)
        return true;
    /* the unsupported years between 294247 and 294276 */
    return strstr(a->fields[a->field_count > 2 ? 2 : 1], "294276") != NULL && strncmp(op, "parse", 5) == 0 &&
           strcmp(a->fields[1], "date") != 0;
}

static int split(char *line, char **fields)
{
    int count = 0;
    line[strcspn(line, "\n")] = '\0';
    for (char *next = line; next != NULL && count < FIELDS_MAX;) {
        fields[count++] = next;
        next = strchr(next, '\t');
        if (next != NULL)
            *next++ = '\0';
    }
    for (int i = 0; i < count; i++)
        unescape(fields[i]);
    return count;
}

static bool ask(struct asked *a, const char *expected)
{
    enum status st = STATUS_OK;
    bool known = ask_parse(a, &st) || ask_numeric(a, &st) || ask_rounding(a, &st) || ask_conversion(a, &st) || ask_timestamp(a, &st) ||
                 ask_interval(a, &st) || ask_zoned(a, &st);
    assert_true(known);
    if (is_expected(a, st, expected) || is_known(a, expected))
        return true;
    print_error("%s(%s%s%s%s%s): %s%s%s, expected %s\n", a->fields[0], a->fields[1], a->field_count > 2 ? " | " : "",
                a->field_count > 2 ? a->fields[2] : "", a->field_count > 3 ? " | " : "", a->field_count > 3 ? a->fields[3] : "",
                st == STATUS_OK ? buffer_text(&a->answer) : status_sqlstate(st), st == STATUS_OK ? "" : " ", a->err.message, expected);
    return false;
}

static void compare_file(const char *name)
{
    char path[1024], *line = NULL;
    size_t capacity = 0;
    int wrong = 0, total = 0;
    snprintf(path, sizeof path, "%s/%s.txt", EXPECTED_PATH, name);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    struct asked a = {.arena = arena_create()};
    while (getline(&line, &capacity, file) > 0) {
        a.context = (struct text_context){.zone = time_zone_utc()};
        a.err = (struct error){0};
        buffer_reset(&a.answer);
        a.field_count = split(line, a.fields) - 1;
        bool right = ask(&a, a.fields[a.field_count]);
        total++;
        if (!right && ++wrong == SHOWN_MAX && getenv("SHOW_ALL") == NULL)
            break;
        arena_reset(a.arena);
    }
    fclose(file);
    free(line);
    buffer_clear(&a.answer);
    arena_destroy(a.arena);
    if (wrong != 0)
        fail_msg("%d of the first %d cases in %s differ from PostgreSQL", wrong, total, path);
    assert_true(total > 100);
}

static void numerics(void **state)
{
    (void)state;
    compare_file("numeric");
}
static void texts(void **state)
{
    (void)state;
    compare_file("text");
}
static void dates(void **state)
{
    (void)state;
    compare_file("date");
}
static void zones(void **state)
{
    (void)state;
    compare_file("zone");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(numerics), cmocka_unit_test(texts), cmocka_unit_test(dates), cmocka_unit_test(zones)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
