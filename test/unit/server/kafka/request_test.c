/* The table of APIs, and requests by real clients: each is read to its last byte and answered. */
#include <stdarg.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "server/kafka/api.h"
#include "server/kafka/topic_config.h"
#include "server/kafka/wire.h"
#include "unit/server/kafka/real_frames.h"

enum { FRAME_COUNT = sizeof REAL_FRAMES / sizeof *REAL_FRAMES };

static struct kafka_server server;

static int open_server(void **state)
{
    (void)state;
    struct error err = {0};
    struct engine_options options = {.os = os_real(), .settings = settings_create(NULL)};
    assert_int_equal(engine_open(&options, &server.engine, &err), STATUS_OK);
    assert_int_equal(engine_log(server.engine, &server.log, &err), STATUS_OK);
    server.auto_create_topics = true;
    server.default_fsync = LOG_FSYNC_NEVER;
    snprintf(server.cluster_id, sizeof server.cluster_id, "0123456789012345678901");
    return 0;
}

static int close_server(void **state)
{
    (void)state;
    engine_close(server.engine);
    return 0;
}

static size_t from_hex(const char *hex, uint8_t *out)
{
    size_t size = strlen(hex) / 2;
    for (size_t i = 0; i < size; i++) {
        unsigned byte;
        assert_int_equal(sscanf(hex + 2 * i, "%2x", &byte), 1);
        out[i] = (uint8_t)byte;
    }
    return size;
}

/* Runs one message; the answer's body is in *out. */
static enum status run(uint8_t *frame, size_t size, struct buffer *out, struct request *q, struct error *err)
{
    *q = (struct request){.server = &server, .arena = arena_create(), .may_block = true, .out = out,
                          .endpoint = {.host = "127.0.0.1", .port = 9092}};
    reader_init(&q->in, (struct bytes){frame, size});
    enum status st = request_read_header(q, err);
    if (st == STATUS_OK)
        st = q->api->handler(q, err);
    arena_destroy(q->arena);
    return st;
}

static void table_is_in_order(void **state)
{
    (void)state;
    for (size_t i = 0; i < API_COUNT; i++) {
        const struct api *a = &APIS[i];
        assert_true(i == 0 || APIS[i - 1].key < a->key);
        assert_true(a->advertised_min <= a->min && a->min <= a->max);
        assert_ptr_equal(api_find(a->key), a);
    }
    assert_null(api_find(4)); /* never one of those between brokers */
    /* What old librdkafka takes for a sign of compression (KAFKA.md 1.1): Produce 0, Produce 7 with Fetch 10. */
    assert_int_equal(api_find(0)->advertised_min, 0);
    assert_true(api_find(0)->max >= 7 && api_find(1)->max >= 10);
    assert_true(api_find(0)->max < 12); /* without transactions of version 2 */
}

static void api_versions_says_the_table(void **state)
{
    (void)state;
    struct buffer out = {0};
    struct request q;
    struct error err = {0};
    uint8_t frame[] = {0, 18, 0, 0, 0, 0, 0, 1, 255, 255};
    assert_int_equal(run(frame, sizeof frame, &out, &q, &err), STATUS_OK);
    struct reader r;
    reader_init(&r, buffer_bytes(&out));
    assert_int_equal(reader_i16(&r), 0);
    assert_int_equal(reader_i32(&r), API_COUNT);
    for (size_t i = 0; i < API_COUNT; i++) {
        assert_int_equal(reader_i16(&r), APIS[i].key);
        assert_int_equal(reader_i16(&r), APIS[i].advertised_min);
        assert_int_equal(reader_i16(&r), APIS[i].max);
    }
    assert_int_equal(reader_left(&r), 0);
    buffer_clear(&out);
}

static void newer_api_versions_gets_the_oldest_form(void **state)
{
    (void)state;
    static const uint8_t WANTED[] = {0, 35, 0, 0, 0, 1, 0, 18, 0, 0, 0, 4};
    struct buffer out = {0};
    struct request q;
    struct error err = {0};
    uint8_t frame[] = {0, 18, 0, 99, 0, 0, 0, 1, 255, 255, 9, 9, 9};
    assert_int_equal(run(frame, sizeof frame, &out, &q, &err), STATUS_OK);
    assert_int_equal(out.size, sizeof WANTED);
    assert_memory_equal(out.data, WANTED, sizeof WANTED);
    buffer_clear(&out);
}

static void real_requests_are_read_to_the_end(void **state)
{
    (void)state;
    for (size_t i = 0; i < FRAME_COUNT; i++) {
        uint8_t frame[2048];
        struct buffer out = {0};
        struct request q;
        struct error err = {0};
        size_t size = from_hex(REAL_FRAMES[i].hex, frame);
        enum status st = run(frame, size, &out, &q, &err);
        if (st != STATUS_OK || q.in.position != size)
            fail_msg("key %d version %d: %s; read %zu of %zu", REAL_FRAMES[i].key, REAL_FRAMES[i].version, err.message, q.in.position, size);
        assert_int_equal(q.api->key, REAL_FRAMES[i].key);
        assert_true(out.size > 4);
        buffer_clear(&out);
    }
}

/* Each way to cut a real request is told or read; none is read beyond its end (the copy is exact, for the sanitizer). */
static void cut_requests_are_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < FRAME_COUNT; i++) {
        uint8_t whole[2048];
        size_t size = from_hex(REAL_FRAMES[i].hex, whole);
        for (size_t cut = 0; cut < size; cut++) {
            uint8_t *frame = malloc(cut + (cut == 0));
            struct buffer out = {0};
            struct request q;
            struct error err = {0};
            memcpy(frame, whole, cut);
            assert_int_equal(run(frame, cut, &out, &q, &err), STATUS_PROTOCOL_VIOLATION);
            buffer_clear(&out);
            free(frame);
        }
    }
}

/* Compact lengths of records take 1 to 5 bytes, and room is left before the size is known. */
static void lengths_fit_their_place(void **state)
{
    (void)state;
    static const size_t SIZES[] = {0, 1, 126, 127, 128, 16382, 16383, 2097150, 2097151, 2097152, 268435454, 268435455};
    for (size_t i = 0; i < sizeof SIZES / sizeof *SIZES; i++) {
        uint8_t place[8];
        struct reader r;
        size_t width = wire_bytes_length_size(true, SIZES[i]);
        wire_set_bytes_length(place, true, SIZES[i]);
        reader_init(&r, (struct bytes){place, width});
        assert_int_equal(reader_uvarint(&r), SIZES[i] + 1);
        assert_int_equal(reader_left(&r), 0);
        assert_int_equal(wire_bytes_length_size(false, SIZES[i]), 4);
    }
}

static void null_and_empty_differ(void **state)
{
    (void)state;
    struct request q = {.is_flexible = true};
    reader_init(&q.in, (struct bytes){(const uint8_t *)"\0\1\2x\0", 5});
    assert_null(wire_get_nullable_text(&q).data);
    struct bytes empty = wire_get_nullable_text(&q);
    assert_non_null(empty.data);
    assert_int_equal(empty.size, 0);
    assert_memory_equal(wire_get_text(&q).data, "x", 1);
    wire_get_text(&q);
    assert_true(q.in.failed); /* null where a text must be */
}

static void tagged_fields_are_skipped(void **state)
{
    (void)state;
    struct request q = {.is_flexible = true};
    static const uint8_t TWO[] = {2, 0, 3, 'a', 'b', 'c', 5, 1, 'd', 77};
    reader_init(&q.in, (struct bytes){TWO, sizeof TWO});
    wire_get_tags(&q);
    assert_int_equal(reader_u8(&q.in), 77);
    static const uint8_t LIE[] = {1, 0, 200, 1, 'a'};
    reader_init(&q.in, (struct bytes){LIE, sizeof LIE});
    wire_get_tags(&q);
    assert_true(q.in.failed);
}

/* docs/kafka.md has the tables as they are printed. */
static void check_document(const char *document, void (*print)(FILE *out))
{
    char *table = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&table, &size);
    print(out);
    fclose(out);
    if (strstr(document, table) == NULL)
        fail_msg("docs/kafka.md lacks this table:\n%s", table);
    free(table);
}

static void the_document_has_the_tables(void **state)
{
    (void)state;
    char path[1024];
    const char *name = strstr(__FILE__, "test/unit/");
    assert_non_null(name);
    snprintf(path, sizeof path, "%.*sdocs/kafka.md", (int)(name - __FILE__), __FILE__);
    struct error err = {0};
    struct bytes content;
    struct arena *arena = arena_create();
    if (os_read_file(os_real(), path, 1 << 20, arena, &content, &err) != STATUS_OK)
        fail_msg("%s (run in the build folder)", err.message);
    check_document((const char *)content.data, kafka_api_table_print);
    check_document((const char *)content.data, kafka_config_table_print);
    arena_destroy(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(table_is_in_order),
        cmocka_unit_test(api_versions_says_the_table),
        cmocka_unit_test(newer_api_versions_gets_the_oldest_form),
        cmocka_unit_test(real_requests_are_read_to_the_end),
        cmocka_unit_test(cut_requests_are_refused),
        cmocka_unit_test(lengths_fit_their_place),
        cmocka_unit_test(null_and_empty_differ),
        cmocka_unit_test(tagged_fields_are_skipped),
        cmocka_unit_test(the_document_has_the_tables),
    };
    return cmocka_run_group_tests_name("kafka request", tests, open_server, close_server);
}
