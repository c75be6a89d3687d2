/* text_split_test.c - cuts never tear a record: random texts against a walk from the front. */
#include "connect_fixture.h"

#include "connect/text_split.h"

static uint32_t seed = 1;

static uint32_t next_random(uint32_t below)
{
    seed = seed * 1664525 + 1013904223;
    return (seed >> 8) % below;
}

static struct bytes copy_of(const char *text, size_t size)
{
    uint8_t *copy = malloc(size + (size == 0));
    if (size != 0)
        memcpy(copy, text, size);
    return (struct bytes){copy, size};
}

static void test_csv(void **state)
{
    (void)state;
    static const char ALPHABET[] = "ab,\"\"\n\n\r";
    for (int round = 0; round < 20000; round++) {
        char text[80];
        size_t size = next_random(sizeof text), expected = 0;
        bool inside = false;
        for (size_t i = 0; i < size; i++) {
            text[i] = ALPHABET[next_random(sizeof ALPHABET - 1)];
            inside ^= text[i] == '"';
            if (text[i] == '\n' && !inside)
                expected = i + 1;
        }
        struct bytes copy = copy_of(text, size);
        assert_int_equal(csv_split_find(copy, '"'), expected);
        free((void *)(uintptr_t)copy.data);
    }
}

static void test_count(void **state)
{
    (void)state;
    char text[20000];
    size_t expected = 0;
    for (size_t i = 0; i < sizeof text; i++) {
        text[i] = (char)(next_random(4) == 0 ? '\n' : 0xff - (int)next_random(200));
        expected += text[i] == '\n';
    }
    for (size_t begin = 0; begin < 40; begin++) {
        assert_int_equal(byte_count((struct bytes){(uint8_t *)text + begin, sizeof text - begin}, '\n'), expected);
        expected -= text[begin] == '\n';
    }
    memset(text, 'x', sizeof text); /* more than 255 in a lane */
    assert_int_equal(byte_count((struct bytes){(uint8_t *)text, sizeof text}, 'x'), sizeof text);
}

/* Objects in odd layouts, every prefix of them: the cut is where one ends and the next has begun. */
static void test_json(void **state)
{
    (void)state;
    static const char *const OBJECTS[] = {"{}", "{\"a\":[{\n},\n{\n}]}", "{\"a\":\"}\\n{\"}", "{\n\"a\":{\n}\n}", "{\"a\":[\n{}\n]\n}"};
    static const char *const GAPS[] = {"\n", "\r\n", " \n\n ", "\n\t\n", "\n \n \n"};
    for (int round = 0; round < 500; round++) {
        char text[400];
        size_t size = 0, ends[10], begins[10], count = 2 + next_random(6);
        for (size_t i = 0; i < count; i++) {
            begins[i] = size;
            const char *object = OBJECTS[next_random(5)], *gap = GAPS[next_random(5)];
            memcpy(text + size, object, strlen(object));
            ends[i] = size += strlen(object);
            memcpy(text + size, gap, strlen(gap));
            size += strlen(gap);
        }
        for (size_t prefix = 0; prefix <= size; prefix++) {
            struct bytes copy = copy_of(text, prefix);
            size_t found = json_split_find(copy);
            size_t last = 0; /* the last object that has begun */
            for (size_t i = 1; i < count; i++)
                if (begins[i] < prefix)
                    last = i;
            if (last == 0)
                assert_int_equal(found, 0);
            else
                assert_true(found > ends[last - 1] && found <= begins[last]);
            free((void *)(uintptr_t)copy.data);
        }
    }
    char *blanks = malloc(1 << 20); /* no walk over the blanks again and again */
    memset(blanks, '\n', 1 << 20);
    blanks[(1 << 20) - 1] = '{';
    assert_int_equal(json_split_find((struct bytes){(uint8_t *)blanks, 1 << 20}), 0);
    free(blanks);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_csv), cmocka_unit_test(test_count), cmocka_unit_test(test_json)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
