/* status_test.c - the table of conditions is one to one; messages are cut, never overrun. */
#include "base/status.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void every_status_has_its_own_state(void **state)
{
    (void)state;
    for (int i = 0; i < STATUS_COUNT; i++) {
        const char *sqlstate = status_sqlstate((enum status)i);
        assert_int_equal(strlen(sqlstate), 5);
        assert_int_equal(status_from_sqlstate(sqlstate), i);
        for (int j = 0; j < i; j++)
            assert_string_not_equal(status_condition((enum status)i), status_condition((enum status)j));
    }
    assert_int_equal(status_from_sqlstate("?????"), STATUS_INTERNAL);
    assert_string_equal(status_sqlstate(STATUS_DIVISION_BY_ZERO), "22012");
}

static void a_message_gathers_context(void **state)
{
    (void)state;
    struct error err = {0};
    assert_int_equal(error_set_at(&err, STATUS_CORRUPT, 7, "bad byte %d", 3), STATUS_CORRUPT);
    error_detail(&err, "a detail");
    error_hint(&err, "a hint");
    error_prefix(&err, "cannot read \"%s\": ", "x");
    assert_string_equal(err.message, "cannot read \"x\": bad byte 3");
    assert_string_equal(err.detail, "a detail");
    assert_string_equal(err.hint, "a hint");
    assert_int_equal(err.position, 7);
    assert_int_equal(error_set(&err, STATUS_IO_ERROR, "again"), STATUS_IO_ERROR);
    assert_string_equal(err.detail, ""); /* of the old error */
    assert_int_equal(error_set(NULL, STATUS_IO_ERROR, "nobody asks"), STATUS_IO_ERROR);
    error_prefix(NULL, "nobody");
}

static void long_messages_are_cut(void **state)
{
    (void)state;
    struct error err = {0};
    char text[3000];
    memset(text, 'x', sizeof text);
    text[sizeof text - 1] = '\0';
    assert_int_equal(error_set(&err, STATUS_IO_ERROR, "%s", text), STATUS_IO_ERROR);
    assert_int_equal(strlen(err.message), sizeof err.message - 1);
    error_prefix(&err, "context: ");
    assert_int_equal(strlen(err.message), sizeof err.message - 1);
    assert_memory_equal(err.message, "context: xxx", 12);
    error_prefix(&err, "%s", text);
    assert_int_equal(strlen(err.message), sizeof err.message - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_status_has_its_own_state),
        cmocka_unit_test(a_message_gathers_context),
        cmocka_unit_test(long_messages_are_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
