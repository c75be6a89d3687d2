/* parquet_test.c - the parts under the reader against naive twins, and whole files that are cut, damaged or fail to be read. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "format/parquet_delta.h"
#include "format/parquet_reader.h"
#include "format/parquet_rle.h"
#include "format/parquet_unpack.h"
#include "format/parquet_writer.h"
#include "format/thrift.h"
#include "unit/os/fake_os.h"

static uint64_t random_state = 1;

static uint64_t random_next(void)
{
    uint64_t z = (random_state += UINT64_C(0x9e3779b97f4a7c15)); /* splitmix64 */
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

static uint64_t naive_value(const uint8_t *in, size_t index, unsigned width)
{
    uint64_t v = 0;
    for (unsigned k = 0; k < width; k++) {
        size_t bit = index * width + k;
        v |= (uint64_t)(in[bit / 8] >> (bit % 8) & 1) << k;
    }
    return v;
}

static void test_unpack_agrees_with_bit_by_bit(void **state)
{
    enum { COUNT = 200 };
    uint8_t in[COUNT * 8 + PARQUET_PADDING];
    (void)state;
    for (size_t i = 0; i < sizeof in; i++)
        in[i] = (uint8_t)random_next();
    for (unsigned width = 0; width <= 64; width++)
        for (size_t first = 0; first < 17; first++)
            for (size_t count = 0; first + count <= COUNT; count += count < 20 ? 1 : 37) {
                uint64_t wide[COUNT];
                uint32_t narrow[COUNT], largest = 0;
                parquet_unpack_u64(in, first, count, width, wide);
                uint32_t got = width <= 32 ? parquet_unpack_u32(in, first, count, width, narrow) : 0;
                for (size_t i = 0; i < count; i++) {
                    uint64_t v = naive_value(in, first + i, width);
                    assert_true(wide[i] == v);
                    if (width > 32)
                        continue;
                    assert_int_equal(narrow[i], v);
                    largest = v > largest ? (uint32_t)v : largest;
                }
                assert_int_equal(got, largest);
            }
}

static void test_unpack_bits_at_any_place(void **state)
{
    uint8_t in[64 + PARQUET_PADDING];
    (void)state;
    for (size_t i = 0; i < sizeof in; i++)
        in[i] = (uint8_t)random_next();
    for (size_t from = 0; from < 70; from++)
        for (size_t to = 0; to < 70; to += 3)
            for (size_t count = 0; count < 300; count += 7) {
                uint64_t out[8] = {0};
                parquet_unpack_bits(in, from, count, out, to);
                for (size_t i = 0; i < 64 * 8; i++) {
                    bool inside = i >= to && i < to + count;
                    bool expected = inside && naive_value(in, from + i - to, 1) == 1;
                    assert_true((out[i / 64] >> (i % 64) & 1) == expected);
                }
            }
}

/* Runs of random lengths, many short and some long. */
static size_t make_runs(uint32_t *values, size_t capacity, unsigned width)
{
    size_t count = 0;
    while (count < capacity) {
        size_t run = random_next() % 3 == 0 ? random_next() % 40 + 1 : 1;
        uint32_t v = width == 0 ? 0 : (uint32_t)(random_next() >> (64 - width));
        for (; run > 0 && count < capacity; run--)
            values[count++] = v;
    }
    return random_next() % (capacity + 1);
}

static void padded(struct buffer *b)
{
    memset(buffer_reserve(b, PARQUET_PADDING), 0xff, PARQUET_PADDING);
}

static void test_rle_reads_what_it_wrote(void **state)
{
    enum { CAPACITY = 3000 };
    static uint32_t values[CAPACITY], got[CAPACITY];
    (void)state;
    for (int round = 0; round < 2000; round++) {
        unsigned width = (unsigned)(random_next() % 33);
        size_t count = make_runs(values, CAPACITY, width);
        struct buffer b = {0};
        parquet_rle_put(&b, values, count, width);
        padded(&b);
        struct parquet_rle rle;
        parquet_rle_init(&rle, buffer_bytes(&b), width);
        uint32_t largest = 0, expected = 0;
        for (size_t done = 0, take; done < count; done += take) {
            take = random_next() % 500 + 1;
            take = take < count - done ? take : count - done;
            assert_true(parquet_rle_read(&rle, got + done, take, &largest));
        }
        for (size_t i = 0; i < count; i++)
            expected = values[i] > expected ? values[i] : expected;
        assert_int_equal(largest, expected);
        assert_memory_equal(values, got, count * sizeof *values);
        buffer_clear(&b);
    }
}

static void test_rle_levels_as_bits(void **state)
{
    enum { COUNT = 2000 };
    static uint32_t values[COUNT];
    (void)state;
    for (int round = 0; round < 300; round++) {
        make_runs(values, COUNT, 1);
        struct buffer b = {0};
        parquet_rle_put(&b, values, COUNT, 1);
        padded(&b);
        struct parquet_rle rle;
        parquet_rle_init(&rle, buffer_bytes(&b), 1);
        for (size_t done = 0, take; done < COUNT; done += take) {
            uint64_t bits[COUNT / 64 + 1] = {0};
            size_t ones = 0, expected = 0;
            take = random_next() % 300 + 1;
            take = take < COUNT - done ? take : COUNT - done;
            size_t ahead = parquet_rle_ones_ahead(&rle, take);
            for (size_t i = 0; i < ahead; i++)
                assert_int_equal(values[done + i], 1);
            assert_true(parquet_rle_read_bits(&rle, bits, take, &ones));
            for (size_t i = 0; i < take; i++) {
                assert_int_equal(bits[i / 64] >> (i % 64) & 1, values[done + i]);
                expected += values[done + i];
            }
            assert_int_equal(ones, expected);
        }
        buffer_clear(&b);
    }
}

static void test_rle_refuses_lies(void **state)
{
    (void)state;
    static const uint8_t VALUE_TOO_WIDE[16 + PARQUET_PADDING] = {8, 0xff}; /* 4 times 255, of 3 bits */
    static const uint8_t ENDLESS_HEAD[16 + PARQUET_PADDING] = {0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 1, 1};
    static const uint8_t CUT_RUN[16 + PARQUET_PADDING] = {0xff, 0x01, 1}; /* 127 groups in a byte */
    uint32_t out[16], largest = 0;
    struct parquet_rle rle;
    parquet_rle_init(&rle, (struct bytes){VALUE_TOO_WIDE, 2}, 3);
    assert_false(parquet_rle_read(&rle, out, 1, &largest));
    parquet_rle_init(&rle, (struct bytes){ENDLESS_HEAD, 8}, 3);
    assert_false(parquet_rle_read(&rle, out, 1, &largest));
    parquet_rle_init(&rle, (struct bytes){CUT_RUN, 3}, 1);
    assert_true(parquet_rle_read(&rle, out, 8, &largest));
    assert_false(parquet_rle_read(&rle, out, 1, &largest));
    parquet_rle_init(&rle, (struct bytes){NULL, 0}, 1);
    assert_false(parquet_rle_read(&rle, out, 1, &largest));
}

static void test_delta_refuses_lies(void **state)
{
    (void)state;
    uint64_t out[64];
    struct parquet_delta d;
    static const uint8_t BLOCK_OF_NONE[16 + PARQUET_PADDING] = {0, 4, 5, 0};
    static const uint8_t ODD_MINIBLOCK[16 + PARQUET_PADDING] = {0x80, 1, 3, 5, 0};
    static const uint8_t HUGE_COUNT[16 + PARQUET_PADDING] = {0x80, 1, 4, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f, 0};
    static const uint8_t WIDE[32 + PARQUET_PADDING] = {0x80, 1, 4, 10, 0, 0, 65, 0, 0, 0};
    assert_false(parquet_delta_init(&d, (struct bytes){BLOCK_OF_NONE, 4}));
    assert_false(parquet_delta_init(&d, (struct bytes){ODD_MINIBLOCK, 5}));
    assert_true(parquet_delta_init(&d, (struct bytes){HUGE_COUNT, 13}));
    assert_null(parquet_delta_end(&d));
    assert_true(parquet_delta_read(&d, out, 1));
    assert_false(parquet_delta_read(&d, out, 1));
    assert_true(parquet_delta_init(&d, (struct bytes){WIDE, 32}));
    assert_false(parquet_delta_read(&d, out, 2));
}

static void test_thrift_skip_is_bounded(void **state)
{
    (void)state;
    uint8_t nested[1000];
    struct reader r;
    struct thrift_field f = {.type = THRIFT_LIST};
    memset(nested, 0x19, sizeof nested); /* a list of one list of one list... */
    reader_init(&r, (struct bytes){nested, sizeof nested});
    thrift_skip(&r, &f);
    assert_true(r.failed);
    memset(nested, 0x1c, sizeof nested); /* structures */
    f = (struct thrift_field){.type = THRIFT_STRUCT};
    reader_init(&r, (struct bytes){nested, sizeof nested});
    thrift_skip(&r, &f);
    assert_true(r.failed);
    static const uint8_t LONG_LIST[] = {0xf8, 0xff, 0xff, 0xff, 0xff, 0x0f};
    f = (struct thrift_field){.type = THRIFT_LIST};
    reader_init(&r, (struct bytes){LONG_LIST, sizeof LONG_LIST});
    assert_int_equal(thrift_list(&r, &f, THRIFT_BINARY, 1), 0);
    assert_true(r.failed);
}

/* --- whole files ------------------------------------------------------------------------------------------------------ */

enum { ROWS = 140 };

static struct column COLUMNS[] = {
    {"i", {.id = TYPE_INT4}, false},
    {"s", {.id = TYPE_TEXT}, false},
    {"n", {.id = TYPE_NUMERIC, .precision = 20, .scale = 2}, true},
    {"f", {.id = TYPE_FLOAT8}, false},
    {"b", {.id = TYPE_BOOL}, false},
};
static const struct schema SCHEMA = {5, COLUMNS};

static void make_batch(struct batch *b, struct arena *arena)
{
    batch_init(b, &SCHEMA, arena);
    b->row_count = ROWS;
    for (uint32_t i = 0; i < ROWS; i++) {
        VECTOR_I32(&b->columns[0])[i] = (int32_t)(i % 7);
        char *text = arena_printf(arena, "text of some length %u", i % 13);
        VECTOR_STRING(&b->columns[1])[i] = string_make(text, strlen(text));
        VECTOR_I128(&b->columns[2])[i] = (int128)i * 1000000007 - 5;
        VECTOR_F64(&b->columns[3])[i] = i / 3.0;
        VECTOR_BOOL(&b->columns[4])[i] = i % 3 == 0;
        if (i % 5 == 2)
            vector_set_null(&b->columns[i % 2 == 0 ? 1 : 3], i, ROWS, arena);
    }
}

static enum status write_file(struct os *os, const struct parquet_writer_options *options, struct error *err)
{
    struct arena *arena = arena_create();
    struct batch b;
    make_batch(&b, arena);
    struct parquet_writer *w = NULL;
    enum status st = parquet_writer_create(os, "f", &SCHEMA, options, &w, err);
    if (st == STATUS_OK)
        st = parquet_writer_write(w, &b, err);
    if (st == STATUS_OK)
        st = parquet_writer_finish(w, err);
    parquet_writer_destroy(w);
    arena_destroy(arena);
    return st;
}

static bool same_value(const struct vector *a, size_t a_row, const struct vector *b, size_t b_row)
{
    if (vector_is_valid(a, a_row) != vector_is_valid(b, b_row))
        return false;
    if (!vector_is_valid(a, a_row))
        return true;
    if (type_is_string(a->type))
        return string_equal(vector_value(a, a_row), vector_value(b, b_row));
    return memcmp(vector_value(a, a_row), vector_value(b, b_row), type_size(a->type)) == 0;
}

/* The rows of every row group; *same tells whether they are those of make_batch. */
static enum status read_groups(const struct parquet_reader *reader, const struct batch *expected, bool *same,
                               struct error *err)
{
    static const uint32_t ALL[] = {0, 1, 2, 3, 4};
    uint32_t row = 0;
    *same = parquet_reader_schema(reader)->column_count == 5;
    for (uint32_t g = 0; *same && g < parquet_reader_row_group_count(reader); g++) {
        struct parquet_cursor *cursor;
        TRY(parquet_cursor_create(reader, g, ALL, 5, &cursor, err));
        struct arena *arena = arena_create();
        struct batch b = {.row_count = 1};
        enum status st = STATUS_OK;
        while (b.row_count != 0 && (st = parquet_cursor_read(cursor, arena, &b, err)) == STATUS_OK) {
            for (uint32_t i = 0; i < b.row_count; i++, row++)
                for (uint32_t c = 0; c < 5 && *same; c++)
                    *same = row < ROWS && type_equal(b.columns[c].type, COLUMNS[c].type) &&
                            same_value(&b.columns[c], i, &expected->columns[c], row);
            batch_unref(&b);
        }
        arena_destroy(arena);
        parquet_cursor_destroy(cursor);
        TRY(st);
    }
    *same = *same && row == ROWS;
    return STATUS_OK;
}

static enum status read_file(struct os *os, bool *same, struct error *err)
{
    *same = false;
    struct parquet_reader *reader;
    TRY(parquet_reader_open(os, "f", NULL, &reader, err));
    struct arena *arena = arena_create();
    struct batch expected;
    make_batch(&expected, arena);
    enum status st = read_groups(reader, &expected, same, err);
    *same = *same && st == STATUS_OK;
    arena_destroy(arena);
    parquet_reader_close(reader);
    return st;
}

static const enum compression CODECS[] = {COMPRESSION_NONE, COMPRESSION_SNAPPY, COMPRESSION_ZSTD};

static struct parquet_writer_options options_of(size_t codec, bool dictionary)
{
    struct parquet_writer_options o = parquet_writer_default_options();
    o.compression = CODECS[codec];
    o.use_dictionary = dictionary;
    o.row_group_rows = 90;
    o.page_rows = 40;
    return o;
}

static void test_round_trip(void **state)
{
    (void)state;
    for (size_t codec = 0; codec < 3; codec++)
        for (int dictionary = 0; dictionary < 2; dictionary++) {
            struct fake_os *f = fake_os_create(1);
            struct parquet_writer_options options = options_of(codec, dictionary != 0);
            struct error err = {0};
            bool same;
            assert_int_equal(write_file(fake_os_base(f), &options, &err), STATUS_OK);
            assert_int_equal(read_file(fake_os_base(f), &same, &err), STATUS_OK);
            assert_true(same);
            fake_os_destroy(f);
        }
}

static void replace_file(struct os *os, struct bytes content)
{
    struct error err = {0};
    int fd;
    assert_int_equal(os->open(os, "f", FILE_WRITE, &fd, &err), STATUS_OK);
    assert_int_equal(os->truncate(os, fd, 0, &err), STATUS_OK);
    assert_int_equal(os->write(os, fd, content.data, content.size, 0, &err), STATUS_OK);
    os->close(os, fd);
}

static void check_damaged(struct os *os, struct bytes content)
{
    struct error err = {0};
    bool same;
    replace_file(os, content);
    enum status st = read_file(os, &same, &err); /* wrong values pass: pages carry no checksum that must be there */
    assert_true((st == STATUS_OK) == (err.message[0] == '\0'));
    if (st != STATUS_OK)
        assert_non_null(strstr(err.message, "\"f\""));
}

static void test_cut_and_damaged_files(void **state)
{
    (void)state;
    for (size_t codec = 0; codec < 3; codec++) {
        struct fake_os *f = fake_os_create(1);
        struct os *os = fake_os_base(f);
        struct parquet_writer_options options = options_of(codec, codec != 1);
        struct error err = {0};
        struct bytes good;
        struct arena *arena = arena_create();
        assert_int_equal(write_file(os, &options, &err), STATUS_OK);
        assert_int_equal(os_read_file(os, "f", 1 << 20, arena, &good, &err), STATUS_OK);
        uint8_t *bytes = (uint8_t *)arena_copy_bytes(arena, good);
        for (size_t size = 0; size < good.size; size += size < 64 || size + 400 > good.size ? 1 : 17) {
            bool same;
            replace_file(os, (struct bytes){bytes, size});
            assert_int_not_equal(read_file(os, &same, &err), STATUS_OK);
        }
        for (size_t i = 0; i < good.size; i++) {
            uint8_t old = bytes[i];
            static const uint8_t CHANGES[] = {0x01, 0x80, 0xff};
            bytes[i] = old ^ CHANGES[i % sizeof CHANGES];
            check_damaged(os, (struct bytes){bytes, good.size});
            bytes[i] = old;
        }
        assert_int_equal(fake_os_open_files(f), 0);
        arena_destroy(arena);
        fake_os_destroy(f);
    }
}

static void test_every_call_fails_once(void **state)
{
    (void)state;
    struct parquet_writer_options options = options_of(1, true);
    bool wrote = false, same = false;
    for (int64_t call = 0; !wrote; call++) {
        struct fake_os *f = fake_os_create(7);
        struct error err = {0};
        fake_os_fail_at(f, call, STATUS_IO_ERROR);
        enum status st = write_file(fake_os_base(f), &options, &err);
        wrote = !fake_os_has_failed(f);
        assert_true((st == STATUS_OK) == wrote && (st == STATUS_OK) == (err.message[0] == '\0'));
        assert_int_equal(fake_os_open_files(f), 0);
        fake_os_destroy(f);
    }
    struct fake_os *f = fake_os_create(7);
    struct error err = {0};
    assert_int_equal(write_file(fake_os_base(f), &options, &err), STATUS_OK);
    for (int64_t call = 0; !same; call++) {
        fake_os_fail_at(f, call, STATUS_IO_ERROR);
        err = (struct error){0};
        enum status st = read_file(fake_os_base(f), &same, &err);
        assert_true((st == STATUS_OK) == same);
        assert_int_equal(fake_os_open_files(f), 0);
    }
    fake_os_destroy(f);
}

static void test_skip_lands_where_reading_does(void **state)
{
    (void)state;
    struct fake_os *f = fake_os_create(1);
    struct parquet_writer_options options = options_of(1, true);
    options.row_group_rows = ROWS;
    struct error err = {0};
    static const uint32_t COLUMN[] = {2};
    assert_int_equal(write_file(fake_os_base(f), &options, &err), STATUS_OK);
    struct parquet_reader *reader;
    struct parquet_cursor *cursor;
    struct batch b;
    int64_t skipped;
    struct arena *arena = arena_create();
    assert_int_equal(parquet_reader_open(fake_os_base(f), "f", NULL, &reader, &err), STATUS_OK);
    assert_int_equal(parquet_cursor_create(reader, 0, COLUMN, 1, &cursor, &err), STATUS_OK);
    assert_int_equal(parquet_cursor_skip(cursor, 123, &skipped, &err), STATUS_OK);
    assert_int_equal(skipped, 123);
    assert_int_equal(parquet_cursor_read(cursor, arena, &b, &err), STATUS_OK);
    assert_int_equal(b.row_count, ROWS - 123);
    assert_true(*(int128 *)vector_value(&b.columns[0], 0) == (int128)123 * 1000000007 - 5);
    batch_unref(&b);
    assert_int_equal(parquet_cursor_skip(cursor, 1, &skipped, &err), STATUS_OK);
    assert_int_equal(skipped, 0);
    parquet_cursor_destroy(cursor);
    parquet_reader_close(reader);
    arena_destroy(arena);
    fake_os_destroy(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_unpack_agrees_with_bit_by_bit),
        cmocka_unit_test(test_unpack_bits_at_any_place),
        cmocka_unit_test(test_rle_reads_what_it_wrote),
        cmocka_unit_test(test_rle_levels_as_bits),
        cmocka_unit_test(test_rle_refuses_lies),
        cmocka_unit_test(test_delta_refuses_lies),
        cmocka_unit_test(test_thrift_skip_is_bounded),
        cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_cut_and_damaged_files),
        cmocka_unit_test(test_every_call_fails_once),
        cmocka_unit_test(test_skip_lands_where_reading_does),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
