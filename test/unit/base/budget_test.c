/* budget_test.c - charges go up or nowhere; slabs are freed by their last reference. */
#include "base/budget.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/slab.h"

static void a_refused_charge_changes_nothing(void **state)
{
    (void)state;
    struct budget engine = {.name = "engine", .limit_size = 100};
    struct budget statement = {.parent = &engine, .name = "statement", .limit_size = 80};
    struct budget other = {.parent = &engine, .name = "other"};
    struct error err = {0};
    assert_int_equal(budget_charge(&statement, 60, &err), STATUS_OK);
    assert_int_equal(budget_charge(&statement, 21, &err), STATUS_OUT_OF_MEMORY);
    assert_non_null(strstr(err.message, "statement"));
    assert_int_equal(budget_charge(&other, 41, &err), STATUS_OUT_OF_MEMORY);
    assert_non_null(strstr(err.message, "engine"));
    assert_int_equal(statement.used_size, 60);
    assert_int_equal(other.used_size, 0);
    assert_int_equal(engine.used_size, 60);
    assert_int_equal(budget_charge(&other, 40, &err), STATUS_OK);
    budget_release(&statement, 60);
    budget_release(&other, 40);
    assert_int_equal(engine.used_size, 0);
    assert_int_equal(engine.peak_size, 100);
    assert_int_equal(statement.peak_size, 60);
}

static int released;

static void note_release(struct slab *slab)
{
    released++;
    free(slab);
}

static void the_last_reference_frees(void **state)
{
    (void)state;
    char foreign[16];
    struct slab *slab = slab_wrap(foreign, sizeof foreign, note_release, NULL);
    slab_ref(slab);
    slab_unref(slab);
    assert_int_equal(released, 0);
    slab_unref(slab);
    assert_int_equal(released, 1);
    slab_unref(NULL);
    slab = slab_create(100);
    memset(slab->data, 1, slab->capacity);
    assert_int_equal(slab->size, 0);
    assert_int_equal(slab->capacity, 100);
    slab_unref(slab);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_refused_charge_changes_nothing),
        cmocka_unit_test(the_last_reference_frees),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
