/* catalog_test.c - relations by name and id, dependents, near names, options. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "catalog/catalog.h"
#include "catalog/near_name.h"
#include "catalog/option.h"

static struct relation *make(const char *schema_name, const char *name, const int64_t *dependencies, uint32_t count)
{
    struct relation *r = relation_create();
    r->schema_name = arena_copy_text(r->arena, schema_name);
    r->name = arena_copy_text(r->arena, name);
    r->dependency_count = count;
    r->dependencies = ARENA_ARRAY(r->arena, int64_t, count);
    if (count != 0)
        memcpy(r->dependencies, dependencies, count * sizeof *dependencies);
    return r;
}

static int64_t add(struct catalog *c, const char *schema_name, const char *name, const int64_t *dependencies,
                   uint32_t count)
{
    struct error err = {0};
    struct relation *r = make(schema_name, name, dependencies, count);
    assert_int_equal(catalog_add(c, r, &err), STATUS_OK);
    return r->id;
}

static void names_are_found_along_the_path(void **state)
{
    (void)state;
    struct catalog *c = catalog_create();
    struct error err = {0};
    int64_t version = catalog_version(c);
    int64_t in_pg = add(c, "pg_catalog", "x", NULL, 0);
    int64_t in_leat = add(c, "leat_catalog", "x", NULL, 0);
    struct relation *found = catalog_find(c, NULL, "x");
    assert_int_equal(found->id, in_leat);
    relation_unref(found);
    found = catalog_find(c, "pg_catalog", "x");
    assert_int_equal(found->id, in_pg);
    relation_unref(found);
    int64_t in_public = add(c, "public", "x", NULL, 0);
    found = catalog_find(c, NULL, "x");
    assert_int_equal(found->id, in_public);
    assert_null(catalog_find(c, "public", "y"));
    assert_true(catalog_version(c) > version);
    struct relation *again = make("public", "x", NULL, 0);
    assert_int_equal(catalog_add(c, again, &err), STATUS_DUPLICATE_TABLE);
    assert_int_equal(catalog_remove(c, in_public, &err), STATUS_OK);
    assert_int_equal(catalog_remove(c, in_public, &err), STATUS_UNDEFINED_TABLE);
    assert_null(catalog_find_id(c, in_public));
    assert_string_equal(found->name, "x"); /* a reader keeps it */
    relation_unref(found);
    catalog_destroy(c);
}

static void ids_only_rise(void **state)
{
    (void)state;
    struct catalog *c = catalog_create();
    struct error err = {0};
    struct relation *r = make("public", "given", NULL, 0);
    r->id = 41;
    assert_int_equal(catalog_add(c, r, &err), STATUS_OK);
    assert_int_equal(add(c, "public", "next", NULL, 0), 42);
    assert_int_equal(catalog_remove(c, 42, &err), STATUS_OK);
    assert_int_equal(add(c, "public", "after", NULL, 0), 43);
    r = catalog_find_id(c, 41);
    assert_string_equal(r->name, "given");
    relation_unref(r);
    catalog_destroy(c);
}

static void dependents_come_furthest_first(void **state)
{
    (void)state;
    struct catalog *c = catalog_create();
    struct arena *arena = arena_create();
    int64_t t = add(c, "public", "t", NULL, 0);
    int64_t other = add(c, "public", "other", NULL, 0);
    int64_t a = add(c, "public", "a", &t, 1);
    int64_t b = add(c, "public", "b", &a, 1);
    const int64_t both[] = {other, b};
    int64_t d = add(c, "public", "d", both, 2);
    add(c, "public", "unrelated", &other, 1);
    uint32_t count;
    struct relation **found = catalog_dependents(c, t, arena, &count);
    assert_int_equal(count, 3);
    assert_int_equal(found[0]->id, d);
    assert_int_equal(found[1]->id, b);
    assert_int_equal(found[2]->id, a);
    for (uint32_t i = 0; i < count; i++)
        relation_unref(found[i]);
    /* a replaced view may read what is newer than itself */
    struct error err = {0};
    assert_int_equal(catalog_remove(c, a, &err), STATUS_OK);
    int64_t late = add(c, "public", "late", &t, 1);
    struct relation *replaced = make("public", "a", &late, 1);
    replaced->id = a;
    assert_int_equal(catalog_add(c, replaced, &err), STATUS_OK);
    found = catalog_dependents(c, t, arena, &count);
    assert_int_equal(count, 4);
    assert_int_equal(found[0]->id, d);
    assert_int_equal(found[3]->id, late);
    for (uint32_t i = 0; i < count; i++)
        relation_unref(found[i]);
    arena_destroy(arena);
    catalog_destroy(c);
}

static void near_names(void **state)
{
    (void)state;
    assert_int_equal(name_distance("kitten", "sitting", 5), 3);
    assert_int_equal(name_distance("abc", "ABC", 2), 0);
    assert_int_equal(name_distance("abc", "uvwxyz", 2), 3);
    assert_int_equal(name_distance("", "abc", 5), 3);
    struct catalog *c = catalog_create();
    struct arena *arena = arena_create();
    add(c, "public", "transactions", NULL, 0);
    add(c, "public", "ab", NULL, 0);
    assert_string_equal(catalog_suggest(c, "transaction", arena), "transactions");
    assert_null(catalog_suggest(c, "transit", arena));
    assert_null(catalog_suggest(c, "xy", arena)); /* all of it would have to change */
    arena_destroy(arena);
    catalog_destroy(c);
}

static void option_values(void **state)
{
    (void)state;
    struct error err = {0};
    const struct {
        const char *text;
        int64_t us;
    } intervals[] = {{"7 days", INT64_C(604800000000)},
                     {"1500", 1500000},
                     {"-1", INT64_MAX},
                     {"1.5 s", 1500000},
                     {"0", 0}};
    for (size_t i = 0; i < sizeof intervals / sizeof intervals[0]; i++) {
        int64_t us;
        struct option o = {"retention", intervals[i].text, 0};
        assert_int_equal(option_interval(&o, &us, &err), STATUS_OK);
        assert_true(us == intervals[i].us);
    }
    const struct {
        const char *text;
        int64_t size;
    } sizes[] = {{"100", 100}, {"1kB", 1024}, {"2 MB", 2 << 20}, {"3GB", INT64_C(3) << 30}, {"-1", -1}};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        int64_t size;
        struct option o = {"retention_bytes", sizes[i].text, 0};
        assert_int_equal(option_size(&o, &size, &err), STATUS_OK);
        assert_true(size == sizes[i].size);
    }
    const char *const bad_sizes[] = {"", "x", "5 XB", "99999999999999999999", "9000000000 TB", "-5"};
    for (size_t i = 0; i < sizeof bad_sizes / sizeof bad_sizes[0]; i++) {
        int64_t size;
        struct option o = {"retention_bytes", bad_sizes[i], 7};
        assert_int_equal(option_size(&o, &size, &err), STATUS_INVALID_PARAMETER);
        assert_int_equal(err.position, 7);
    }
}

/* The table itself: sorted enough to read, every word list non-empty, help everywhere. */
static void the_table_of_options_is_sound(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < OPTION_COUNT; i++) {
        const struct option_definition *d = &OPTIONS[i];
        assert_true(d->targets != 0);
        assert_non_null(d->help);
        assert_true((d->value == OPTION_WORD) == (d->choices != NULL));
        for (uint32_t j = 0; j < i; j++)
            assert_string_not_equal(OPTIONS[j].name, d->name);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_are_found_along_the_path),
        cmocka_unit_test(ids_only_rise),
        cmocka_unit_test(dependents_come_furthest_first),
        cmocka_unit_test(near_names),
        cmocka_unit_test(option_values),
        cmocka_unit_test(the_table_of_options_is_sound),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
