/* date_test.c - the fast path for ISO timestamps against the full parser, and the calendar both ways. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "data/calendar.h"
#include "data/text.h"

static uint64_t random_state = 7;
static unsigned random_below(unsigned limit)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return (unsigned)(random_state >> 11) % limit;
}

static void make_text(char *text)
{
    static const char *const ZONES[] = {"", "Z", "z", "+02", "-0330", "+05:45", "+15:59"};
    int size = sprintf(text, "%04u-%02u-%02u%c%02u:%02u:%02u", 1 + random_below(9999), 1 + random_below(12), 1 + random_below(31),
                       random_below(2) ? 'T' : ' ', random_below(24), random_below(60), random_below(60));
    unsigned digits = random_below(8);
    if (digits != 0)
        size += sprintf(text + size, ".%0*u", (int)digits, random_below(10));
    strcpy(text + size, ZONES[random_below(sizeof ZONES / sizeof *ZONES)]);
}

/* A blank behind the text is nothing to the full parser and too much for the fast path. */
static void the_fast_path_gives_what_the_full_parser_gives(void **state)
{
    (void)state;
    static const char BYTES[] = "0123456789-:T Zz+./;\xff";
    unsigned accepted = 0;
    for (int i = 0; i < 300000; i++) {
        char text[64], spaced[72];
        int64_t fast, full;
        bool has_zone;
        struct error err = {0};
        make_text(text);
        for (unsigned changes = i % 2 == 0 ? 0 : 1 + random_below(2); changes != 0; changes--)
            text[random_below((unsigned)strlen(text))] = BYTES[random_below(sizeof BYTES - 1)];
        if (!timestamp_parse_iso(text, strlen(text), &fast, &has_zone))
            continue;
        accepted++;
        snprintf(spaced, sizeof spaced, "%s ", text);
        if (timestamptz_parse(spaced, strlen(spaced), 0, time_zone_utc(), &full, &err) != STATUS_OK)
            fail_msg("\"%s\" is refused: %s", text, err.message);
        if (fast != full)
            fail_msg("\"%s\": %lld, and by the full parser %lld", text, (long long)fast, (long long)full);
    }
    assert_in_range(accepted, 130000, 300000); /* most of those without a change */
}

static void days_and_dates_are_each_others_inverse(void **state)
{
    (void)state;
    int32_t next = civil_to_days(-4713, 1, 1);
    for (int32_t year = -4713; year < 12000; year++)
        for (int month = 1; month <= 12; month++) {
            assert_int_equal(civil_to_days(year, month, 1), next); /* months follow each other without a gap */
            next += month_days(year, month);
        }
    assert_int_equal(civil_to_days(1970, 1, 1), 0);
    for (int i = 0; i < 100000; i++) {
        int32_t days = (int32_t)random_below(UINT32_MAX) / 2, year;
        int8_t month, day;
        civil_from_days(days, &year, &month, &day);
        assert_int_equal(civil_to_days(year, month, day), days);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(the_fast_path_gives_what_the_full_parser_gives),
                                       cmocka_unit_test(days_and_dates_are_each_others_inverse)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
