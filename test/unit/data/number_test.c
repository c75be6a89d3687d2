/* number_test.c - numbers against the C library, and the small pieces that everything else stands on. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>
#include <math.h>

#include "data/numeric.h"
#include "data/text.h"

static uint64_t random_state = 99;
static uint64_t next_random(void)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return random_state;
}

static double random_double(unsigned kind)
{
    uint64_t bits = next_random();
    double v;
    switch (kind) {
    case 0: memcpy(&v, &bits, 8); return isfinite(v) ? v : 1.5;
    case 1: return (double)(bits % 100000000) / 100;
    case 2: return (double)(bits >> 11) * 0x1p-53;
    case 3: return ldexp(1, (int)(bits % 2098) - 1074);
    case 4: return (double)(int64_t)bits;
    default: return (double)(bits % 1000000000) / pow(10, (double)(bits >> 60));
    }
}

/* No more digits than any that read back, and reads back. */
static void doubles_print_shortest(void **state)
{
    (void)state;
    struct buffer text = {0};
    for (unsigned i = 0; i < 300000; i++) {
        double v = random_double(i % 6), back;
        buffer_reset(&text);
        double_format(v, &text);
        back = strtod(buffer_text(&text), NULL);
        if (memcmp(&v, &back, 8) != 0)
            fail_msg("%a printed as %s", v, buffer_text(&text));
        size_t digits = 0;
        for (size_t k = 0; k < text.size && text.data[k] != 'e'; k++)
            digits += text.data[k] >= '0' && text.data[k] <= '9';
        for (int precision = 1; precision < 17 && (size_t)precision + 3 < digits; precision++) {
            char other[40];
            snprintf(other, sizeof other, "%.*e", precision - 1, v);
            if (fabs(v) < 1e15 && fabs(v) > 1e-4)
                break; /* plain notation has zeros that are no digits of the number */
            if (strtod(other, NULL) == v)
                fail_msg("%s is shorter than %s", other, buffer_text(&text));
        }
    }
    buffer_clear(&text);
}

static void floats_come_back(void **state)
{
    (void)state;
    struct buffer text = {0};
    for (unsigned i = 0; i < 300000; i++) {
        uint32_t bits = (uint32_t)next_random();
        float v;
        memcpy(&v, &bits, 4);
        if (!isfinite(v))
            continue;
        buffer_reset(&text);
        float_format(v, &text);
        float back = strtof(buffer_text(&text), NULL);
        if (memcmp(&v, &back, 4) != 0)
            fail_msg("%a printed as %s", (double)v, buffer_text(&text));
    }
    buffer_clear(&text);
}

static void doubles_parse_as_strtod(void **state)
{
    (void)state;
    char text[80];
    for (unsigned i = 0; i < 600000; i++) {
        uint64_t r = next_random();
        int exponent = (int)(next_random() % 640) - 330;
        switch (i % 4) {
        case 0: snprintf(text, sizeof text, "%llue%d", (unsigned long long)r >> (r % 60), exponent); break;
        case 1: snprintf(text, sizeof text, "%.17g", random_double(0)); break;
        case 2: snprintf(text, sizeof text, "-%llu.%llu", (unsigned long long)(r % 100000), (unsigned long long)(next_random() >> 20)); break;
        default: snprintf(text, sizeof text, "%.*e", (int)(r % 22), ldexp((double)(r >> 11) + 0.5, exponent)); break;
        }
        double expected = strtod(text, NULL), got = 0;
        struct error err = {0};
        enum status st = double_parse(text, strlen(text), &got, &err);
        bool out_of_range = isinf(expected) || (expected == 0 && strpbrk(text, "123456789") < strchr(text, 'e') && strpbrk(text, "123456789") != NULL);
        if (out_of_range ? st != STATUS_NUMERIC_OUT_OF_RANGE && got != expected : st != STATUS_OK || memcmp(&expected, &got, 8) != 0)
            fail_msg("%s read as %a, expected %a", text, got, expected);
    }
}

/* Halfway between two doubles, exactly: the hardest to round. */
static void halves_round_to_even(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 20000; i++) {
        uint64_t mantissa = (UINT64_C(1) << 53) + 2 * (next_random() >> 12) + 1;
        char text[64];
        snprintf(text, sizeof text, "%llu", (unsigned long long)mantissa);
        double got, expected = strtod(text, NULL);
        struct error err = {0};
        assert_int_equal(double_parse(text, strlen(text), &got, &err), STATUS_OK);
        assert_memory_equal(&got, &expected, 8);
    }
}

static void int128_text(void **state)
{
    (void)state;
    char text[64];
    assert_int_equal(int128_format(0, 0, text), 1);
    assert_string_equal(text, "0");
    int128_format(-5, 2, text);
    assert_string_equal(text, "-0.05");
    int128_format((int128)((uint128)1 << 127), 38, text);
    assert_string_equal(text, "-1.70141183460469231731687303715884105728");
    int128_format(int128_power_of_ten(38), 0, text);
    assert_string_equal(text, "100000000000000000000000000000000000000");
    for (unsigned n = 1; n <= 38; n++) {
        int128 v = int128_power_of_ten(n) - 1, back;
        int128_format(v, 0, text);
        assert_int_equal(strlen(text), n);
        assert_true(int128_fits(v, n) && !int128_fits(v + 1, n) && int128_fits(-v, n));
        assert_true(int128_rescale(v, (int)n, 0, &back));
        assert_true(back == 1);
        assert_true(int128_rescale(-v, (int)n, 0, &back) && back == -1);
    }
    int128 out;
    assert_false(int128_rescale(int128_power_of_ten(38), 0, 1, &out));
    assert_true(int128_rescale(25, 1, 0, &out) && out == 3);
    assert_true(int128_rescale(-25, 1, 0, &out) && out == -3);
    assert_true(int128_rescale(24, 1, 0, &out) && out == 2);
}

static void utf8(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t size, valid;
    } CASES[] = {{"abc", 3, 3}, {"", 0, 0}, {"12345678\xc3\xa9", 10, 10}, {"a\0b", 3, 1}, {"\xc0\x80", 2, 0}, {"\xed\xa0\x80", 3, 0},
                 {"\xf4\x90\x80\x80", 4, 0}, {"\xf0\x9f\x98\x80", 4, 4}, {"1234567\xc3", 8, 7}, {"12345678\xff", 9, 8}, {"\xe0\x80\x80", 3, 0}};
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++)
        assert_int_equal(utf8_validate(CASES[i].text, CASES[i].size), CASES[i].valid);
    assert_int_equal(utf8_length("a\xc3\xa9\xf0\x9f\x98\x80z 1234567", 16), 12);
}

static void json_literals(void **state)
{
    (void)state;
    struct buffer b = {0};
    json_put_string(&b, bytes_from_text("plain text of some length, \"quoted\" \\ \n\t\x01 \xc3\xa9"));
    assert_string_equal(buffer_text(&b), "\"plain text of some length, \\\"quoted\\\" \\\\ \\n\\t\\u0001 \xc3\xa9\"");
    buffer_reset(&b);
    int64_t v = INT64_C(1705312800123456);
    struct vector column = {.type = type_of(TYPE_TIMESTAMPTZ), .values = &v};
    vector_format_json(&column, 0, &b);
    assert_string_equal(buffer_text(&b), "\"2024-01-15T10:00:00.123456Z\"");
    buffer_reset(&b);
    struct string bytes = string_make("\x00\xff\x10", 3);
    column = (struct vector){.type = type_of(TYPE_BYTEA), .values = &bytes};
    vector_format_json(&column, 0, &b);
    assert_string_equal(buffer_text(&b), "\"AP8Q\"");
    buffer_clear(&b);
}

static void numeric_sums_retract(void **state)
{
    (void)state;
    struct arena *arena = arena_create();
    struct numeric_sum *sum = numeric_sum_create(), *other = numeric_sum_create();
    struct error err = {0};
    static const char *const VALUES[] = {"1.5", "2.25", "100000000000000000000000000000000000000000.125", "-3", "NaN", "0.00001"};
    struct string v[6], out;
    for (size_t i = 0; i < 6; i++) {
        assert_int_equal(numeric_parse(VALUES[i], strlen(VALUES[i]), type_of(TYPE_NUMERIC), arena, &v[i], &err), STATUS_OK);
        numeric_sum_add(i % 2 ? sum : other, &v[i], (int64_t)i + 1);
    }
    numeric_sum_merge(sum, other);
    numeric_sum_read(sum, arena, &out);
    assert_true(numeric_is_special(&out));
    numeric_sum_add(sum, &v[4], -5);
    numeric_sum_add(sum, &v[5], -6);
    numeric_sum_add(sum, &v[2], -3);
    struct buffer text = {0};
    numeric_sum_read(sum, arena, &out);
    numeric_format(type_of(TYPE_NUMERIC), &out, &text);
    assert_string_equal(buffer_text(&text), "-6.00"); /* 1.5 + 2 * 2.25 - 4 * 3 */
    struct buffer serial = {0};
    numeric_sum_put(sum, &serial);
    struct numeric_sum *back = NULL;
    struct bytes in = buffer_bytes(&serial);
    assert_int_equal(numeric_sum_get(&in, &back, &err), STATUS_OK);
    numeric_sum_add(back, &v[1], -2);
    numeric_sum_read(back, arena, &out);
    buffer_reset(&text);
    numeric_format(type_of(TYPE_NUMERIC), &out, &text);
    assert_string_equal(buffer_text(&text), "-10.5");
    buffer_clear(&text);
    buffer_clear(&serial);
    numeric_sum_destroy(sum);
    numeric_sum_destroy(other);
    numeric_sum_destroy(back);
    arena_destroy(arena);
}

static void type_names_come_back(void **state)
{
    (void)state;
    static const char *const NAMES[] = {"numeric(12,2)", "numeric", "timestamp(3) with time zone", "timestamp without time zone", "character varying(10)",
                                        "character(3)", "double precision", "bytea", "time(0) without time zone", "interval", "numeric(50,-3)"};
    char name[TYPE_NAME_SIZE];
    struct type type;
    struct error err = {0};
    for (size_t i = 0; i < sizeof NAMES / sizeof *NAMES; i++) {
        assert_int_equal(type_from_text(NAMES[i], &type, &err), STATUS_OK);
        assert_string_equal(type_name(type, name, sizeof name), NAMES[i]);
    }
    assert_int_equal(type_from_text("Decimal ( 12 , 2 )", &type, &err), STATUS_OK);
    assert_int_equal(type_modifier(type), 786438);
    assert_int_equal(type_from_text("numeric(0)", &type, &err), STATUS_INVALID_PARAMETER);
    assert_int_equal(type_from_text("nothing", &type, &err), STATUS_UNDEFINED_OBJECT);
    assert_int_equal(type_from_text("integer(3)", &type, &err), STATUS_SYNTAX_ERROR);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(doubles_print_shortest),
        cmocka_unit_test(floats_come_back),
        cmocka_unit_test(doubles_parse_as_strtod),
        cmocka_unit_test(halves_round_to_even),
        cmocka_unit_test(int128_text),
        cmocka_unit_test(utf8),
        cmocka_unit_test(json_literals),
        cmocka_unit_test(numeric_sums_retract),
        cmocka_unit_test(type_names_come_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
