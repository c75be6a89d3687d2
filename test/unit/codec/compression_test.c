/* compression_test.c - every format there and back, cut short, damaged, and lying about its size. */
#include "codec/compression.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "os/thread.h"

enum { MEBIBYTE = 1 << 20 };

static const enum compression WRITABLE[] = {
    COMPRESSION_NONE,      COMPRESSION_GZIP,    COMPRESSION_SNAPPY,     COMPRESSION_SNAPPY_XERIAL,
    COMPRESSION_LZ4_FRAME, COMPRESSION_LZ4_RAW, COMPRESSION_LZ4_HADOOP, COMPRESSION_ZSTD,
};
enum { WRITABLE_COUNT = sizeof WRITABLE / sizeof *WRITABLE };

static uint32_t next_random(uint32_t *random)
{
    *random = *random * 1664525 + 1013904223;
    return *random >> 8;
}

/* shape 0: zeros, 1: noise, 2: words. The caller clears it. */
static struct buffer make_content(int shape, size_t size)
{
    static const char *const WORDS[] = {"river ", "leat ", "mill ", "wheel ", "weir ", "sluice "};
    struct buffer b = {0};
    uint32_t random = 7;
    while (b.size < size) {
        if (shape == 0)
            buffer_put_u8(&b, 0);
        else if (shape == 1)
            buffer_put_u8(&b, (uint8_t)next_random(&random));
        else
            buffer_put_text(&b, WORDS[next_random(&random) % 6]);
    }
    b.size = size;
    return b;
}

static struct buffer compressed(enum compression kind, struct bytes content)
{
    struct buffer out = {0};
    struct error err = {0};
    assert_int_equal(compress(kind, content, 0, &out, &err), STATUS_OK);
    return out;
}

static void check_round_trip(enum compression kind, struct bytes content)
{
    struct error err = {0};
    struct buffer packed = compressed(kind, content), out = {0};
    buffer_put_text(&out, "before");
    assert_int_equal(decompress(kind, buffer_bytes(&packed), content.size, &out, &err), STATUS_OK);
    assert_int_equal(out.size, 6 + content.size);
    assert_memory_equal(out.data, "before", 6);
    if (content.size != 0) {
        assert_memory_equal(out.data + 6, content.data, content.size);
        assert_int_equal(decompress(kind, buffer_bytes(&packed), content.size - 1, &out, &err), STATUS_LIMIT_EXCEEDED);
        assert_int_equal(out.size, 6 + content.size);
    }
    /* Of exactly the size asked for, so that the sanitizer sees a byte too many. */
    uint8_t *exact = malloc(content.size + 1);
    uint8_t *tight = malloc(content.size == 0 ? 1 : content.size);
    assert_int_equal(decompress_exact(kind, buffer_bytes(&packed), tight, content.size, &err), STATUS_OK);
    if (content.size != 0) {
        assert_memory_equal(tight, content.data, content.size);
        assert_int_equal(decompress_exact(kind, buffer_bytes(&packed), tight, content.size - 1, &err), STATUS_CORRUPT);
    }
    assert_int_equal(decompress_exact(kind, buffer_bytes(&packed), exact, content.size + 1, &err), STATUS_CORRUPT);
    free(exact);
    free(tight);
    buffer_clear(&packed);
    buffer_clear(&out);
}

static void bytes_come_back(void **state)
{
    (void)state;
    const size_t sizes[] = {0, 1, 2, 15, 100, 4096, 65536, 65537, 300000, 3 * MEBIBYTE};
    for (int kind = 0; kind < WRITABLE_COUNT; kind++)
        for (int shape = 0; shape < 3; shape++)
            for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
                struct buffer content = make_content(shape, sizes[i]);
                check_round_trip(WRITABLE[kind], buffer_bytes(&content));
                buffer_clear(&content);
            }
}

static void levels_are_checked(void **state)
{
    (void)state;
    struct buffer content = make_content(2, 5000), out = {0};
    struct error err = {0};
    const struct {
        enum compression kind;
        int least, most;
    } levels[] = {{COMPRESSION_GZIP, 0, 9}, {COMPRESSION_LZ4_FRAME, 0, 12}, {COMPRESSION_LZ4_RAW, 0, 12}, {COMPRESSION_ZSTD, -7, 22}};
    for (size_t i = 0; i < sizeof levels / sizeof *levels; i++) {
        for (int level = levels[i].least; level <= levels[i].most; level++) {
            struct buffer packed = {0};
            uint8_t back[5000];
            assert_int_equal(compress(levels[i].kind, buffer_bytes(&content), level, &packed, &err), STATUS_OK);
            assert_int_equal(decompress_exact(levels[i].kind, buffer_bytes(&packed), back, 5000, &err), STATUS_OK);
            assert_memory_equal(back, content.data, 5000);
            buffer_clear(&packed);
        }
        assert_int_equal(compress(levels[i].kind, buffer_bytes(&content), levels[i].most + 1, &out, &err),
                         STATUS_INVALID_PARAMETER);
    }
    assert_int_equal(compress(COMPRESSION_BROTLI, buffer_bytes(&content), 0, &out, &err), STATUS_FEATURE_NOT_SUPPORTED);
    assert_int_equal(out.size, 0);
    buffer_clear(&content);
    buffer_clear(&out);
}

/* A part never passes for the whole: it fails, or (blocks are cut between two) is shorter and so fails where the size is known. */
static void check_cut(enum compression kind, struct bytes packed, struct bytes content)
{
    uint8_t *back = malloc(content.size);
    for (size_t size = 0; size < packed.size; size++) {
        struct error err = {0};
        struct buffer out = {0};
        uint8_t *cut = malloc(size == 0 ? 1 : size); /* so that the sanitizer sees a read behind the end */
        if (size != 0)
            memcpy(cut, packed.data, size);
        enum status st = decompress(kind, (struct bytes){cut, size}, content.size, &out, &err);
        assert_true(st == STATUS_OK || st == STATUS_CORRUPT || st == STATUS_LIMIT_EXCEEDED);
        if (st == STATUS_OK) {
            assert_true(out.size < content.size);
            assert_true(out.size == 0 || memcmp(out.data, content.data, out.size) == 0);
            assert_true(kind == COMPRESSION_NONE || kind == COMPRESSION_LZ4_RAW || kind == COMPRESSION_LZ4_HADOOP ||
                        kind == COMPRESSION_SNAPPY_XERIAL);
        } else {
            assert_int_equal(out.size, 0);
            assert_true(err.message[0] != '\0');
        }
        assert_int_not_equal(decompress_exact(kind, (struct bytes){cut, size}, back, content.size, &err), STATUS_OK);
        free(cut);
        buffer_clear(&out);
    }
    free(back);
}

static void a_part_is_not_the_whole(void **state)
{
    (void)state;
    for (int kind = 0; kind < WRITABLE_COUNT; kind++)
        for (int shape = 0; shape < 3; shape++) {
            struct buffer content = make_content(shape, shape == 0 ? 70000 : 1500);
            struct buffer packed = compressed(WRITABLE[kind], buffer_bytes(&content));
            if (packed.size < 10000)
                check_cut(WRITABLE[kind], buffer_bytes(&packed), buffer_bytes(&content));
            buffer_clear(&packed);
            buffer_clear(&content);
        }
}

static void damage_never_escapes(void **state)
{
    (void)state;
    uint32_t random = 99;
    struct buffer content = make_content(2, 20000);
    for (int round = 0; round < 3000; round++) {
        enum compression kind = WRITABLE[(size_t)round % WRITABLE_COUNT];
        struct buffer packed = compressed(kind, buffer_bytes(&content)), out = {0};
        struct error err = {0};
        for (uint32_t flips = next_random(&random) % 8 + 1; flips != 0; flips--)
            packed.data[next_random(&random) % (flips > 4 ? 32 : packed.size)] ^= (uint8_t)next_random(&random);
        enum status st = decompress(kind, buffer_bytes(&packed), 40000, &out, &err);
        assert_true(st == STATUS_OK ? out.size <= 40000 : out.size == 0);
        uint8_t *back = malloc(content.size);
        status_ignore(decompress_exact(kind, buffer_bytes(&packed), back, content.size, &err), "only memory errors count");
        free(back);
        buffer_clear(&packed);
        buffer_clear(&out);
    }
    buffer_clear(&content);
}

static void noise_is_corrupt(void **state)
{
    (void)state;
    uint32_t random = 5;
    for (int round = 0; round < 20000; round++) {
        uint8_t noise[64], back[1000];
        struct error err = {0};
        struct buffer out = {0};
        size_t size = next_random(&random) % sizeof noise;
        for (size_t i = 0; i < size; i++)
            noise[i] = (uint8_t)next_random(&random);
        for (int kind = COMPRESSION_GZIP; kind <= COMPRESSION_BROTLI; kind++) {
            status_ignore(decompress((enum compression)kind, (struct bytes){noise, size}, 1000, &out, &err), "noise");
            status_ignore(decompress_exact((enum compression)kind, (struct bytes){noise, size}, back, sizeof back, &err), "noise");
        }
        buffer_clear(&out);
    }
}

static void a_bomb_ends_at_the_limit(void **state)
{
    (void)state;
    struct buffer content = make_content(0, 64 * MEBIBYTE);
    for (int kind = 1; kind < WRITABLE_COUNT; kind++) {
        struct buffer packed = compressed(WRITABLE[kind], buffer_bytes(&content)), out = {0};
        struct error err = {0};
        assert_int_equal(decompress(WRITABLE[kind], buffer_bytes(&packed), MEBIBYTE, &out, &err), STATUS_LIMIT_EXCEEDED);
        assert_int_equal(out.size, 0);
        assert_true(out.capacity <= 2 * MEBIBYTE);
        buffer_clear(&packed);
        buffer_clear(&out);
    }
    buffer_clear(&content);
}

static void check_text(enum compression kind, const char *packed, size_t size, const char *expected)
{
    struct buffer out = {0};
    struct error err = {0};
    assert_int_equal(decompress(kind, (struct bytes){(const uint8_t *)packed, size}, 10000, &out, &err), STATUS_OK);
    assert_string_equal(buffer_text(&out), expected);
    buffer_clear(&out);
}
#define CHECK_TEXT(kind, packed, expected) check_text(kind, packed, sizeof(packed) - 1, expected)

static void a_size_that_lies_allocates_nothing(void **state)
{
    (void)state;
    const struct {
        enum compression kind;
        const char *bytes;
        size_t size;
    } lies[] = {
        {COMPRESSION_SNAPPY, "\xff\xff\xff\xff\x0f\x00x", 7},                 /* 4 GiB */
        {COMPRESSION_SNAPPY_XERIAL, "\x82SNAPPY\0\0\0\0\1\0\0\0\1\x7f\xff\xff\xffx", 21},
        {COMPRESSION_ZSTD, "\x28\xb5\x2f\xfd\xe0\xff\xff\xff\xff\xff\xff\xff\x0f\1\0\0", 16},
        {COMPRESSION_LZ4_HADOOP, "\x7f\xff\xff\xff\x7f\xff\xff\xff\x10x", 10},
    };
    for (size_t i = 0; i < sizeof lies / sizeof *lies; i++) {
        struct buffer out = {0};
        struct error err = {0};
        struct bytes in = {(const uint8_t *)lies[i].bytes, lies[i].size};
        assert_int_equal(decompress(lies[i].kind, in, SIZE_MAX / 2, &out, &err), STATUS_CORRUPT);
        assert_true(out.capacity < MEBIBYTE);
        buffer_clear(&out);
    }
}

/* Bytes that others wrote: brotli 1.0.9, zlib, snappy-java's and Hadoop's layouts. */
static void bytes_of_others_are_read(void **state)
{
    (void)state;
    static const char BROTLI[] = "\x1b\xe7\x03\x00\x04\x74\x63\xa9\x2e\x24\x63\x3f\x68\x10\x2e\x06\xed\x4c\x56\x09\xa7"
                                 "\x36\x1d\x58\xd9\x2a\xc2\x35\x1c\x68\x1e\x22\x0e\xbf\x4c\xf0\xb4\x1d\x38";
    static const char LINE[] = "a leat leads a river to a mill. ";
    char expected[1001] = {0};
    for (int i = 0; i < 1000; i++)
        expected[i] = LINE[i % 32];
    CHECK_TEXT(COMPRESSION_BROTLI, BROTLI, expected);
    for (size_t size = 0; size < sizeof BROTLI - 1; size++) {
        struct buffer out = {0};
        struct error err = {0};
        assert_int_equal(decompress(COMPRESSION_BROTLI, (struct bytes){(const uint8_t *)BROTLI, size}, 1000, &out, &err),
                         STATUS_CORRUPT);
        buffer_clear(&out);
    }
    expected[96] = '\0';
    CHECK_TEXT(COMPRESSION_GZIP,
               "\x78\xda\x4b\x54\xc8\x49\x4d\x2c\x01\x11\x29\xc5\x0a\x89\x0a\x45\x99\x65\xa9\x45\x0a\x25\xf9\x40\x66"
               "\x6e\x66\x4e\x8e\x1e\x90\xa6\x4c\x1e\x00\x25\x8f\x20\x2c",
               expected);
    CHECK_TEXT(COMPRESSION_SNAPPY_XERIAL,
               "\x82SNAPPY\0\0\0\0\1\0\0\0\1\0\0\0\x05\3\x08"
               "abc\0\0\0\3\1\0d"
               "\x82SNAPPY\0\0\0\0\1\0\0\0\1\0\0\0\4\2\4ef",
               "abcdef");
    CHECK_TEXT(COMPRESSION_SNAPPY_XERIAL, "\3\x08" "abc", "abc"); /* no stream at all */
    CHECK_TEXT(COMPRESSION_LZ4_HADOOP, "\0\0\0\6\0\0\0\4\x30" "abc\0\0\0\4\x30" "def\0\0\0\1\0\0\0\2\x10g", "abcdefg");
    CHECK_TEXT(COMPRESSION_LZ4_HADOOP, "\x30" "abc", "abc");
}

static void a_brotli_bomb_ends_at_the_limit(void **state)
{
    (void)state;
    static const char BOMB[] = "\x9b\xff\xff\x7f\x00\x24\x00\xe2\xb1\x40\x72\xef\xff\x00";
    struct bytes in = {(const uint8_t *)BOMB, sizeof BOMB - 1};
    struct buffer out = {0};
    struct error err = {0};
    assert_int_equal(decompress(COMPRESSION_BROTLI, in, 8 * MEBIBYTE, &out, &err), STATUS_OK);
    assert_int_equal(out.size, 8 * MEBIBYTE);
    assert_int_equal(decompress(COMPRESSION_BROTLI, in, 8 * MEBIBYTE - 1, &out, &err), STATUS_LIMIT_EXCEEDED);
    assert_int_equal(out.size, 8 * MEBIBYTE);
    buffer_clear(&out);
}

static void several_frames_are_one_content(void **state)
{
    (void)state;
    const enum compression kinds[] = {COMPRESSION_GZIP, COMPRESSION_LZ4_FRAME, COMPRESSION_ZSTD, COMPRESSION_SNAPPY_XERIAL,
                                      COMPRESSION_LZ4_HADOOP};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        struct buffer packed = {0}, out = {0};
        struct error err = {0};
        assert_int_equal(compress(kinds[i], bytes_from_text("river "), 0, &packed, &err), STATUS_OK);
        assert_int_equal(compress(kinds[i], bytes_from_text("mill"), 0, &packed, &err), STATUS_OK);
        assert_int_equal(decompress(kinds[i], buffer_bytes(&packed), 100, &out, &err), STATUS_OK);
        assert_string_equal(buffer_text(&out), "river mill");
        uint8_t exact[10];
        assert_int_equal(decompress_exact(kinds[i], buffer_bytes(&packed), exact, 10, &err), STATUS_OK);
        buffer_clear(&out);
        if (kinds[i] == COMPRESSION_GZIP) {
            buffer_put(&packed, "\0\0\0", 3);
            assert_int_equal(decompress(kinds[i], buffer_bytes(&packed), 100, &out, &err), STATUS_OK);
            assert_int_equal(out.size, 10);
        }
        buffer_put_text(&packed, "rubbish at the end");
        assert_int_equal(decompress(kinds[i], buffer_bytes(&packed), 100, &out, &err), STATUS_CORRUPT);
        buffer_clear(&packed);
        buffer_clear(&out);
    }
}

static void round_trips_on_a_thread(void *argument)
{
    (void)argument;
    for (int i = 0; i < 100; i++) {
        struct buffer content = make_content(i % 3, 3000);
        check_round_trip(WRITABLE[i % WRITABLE_COUNT], buffer_bytes(&content));
        buffer_clear(&content);
    }
}

static void threads_have_their_own_contexts(void **state)
{
    (void)state;
    struct thread threads[4];
    struct error err = {0};
    for (int i = 0; i < 4; i++)
        assert_int_equal(thread_start(&threads[i], "codec", 0, round_trips_on_a_thread, NULL, &err), STATUS_OK);
    for (int i = 0; i < 4; i++)
        thread_join(&threads[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes_come_back),
        cmocka_unit_test(levels_are_checked),
        cmocka_unit_test(a_part_is_not_the_whole),
        cmocka_unit_test(damage_never_escapes),
        cmocka_unit_test(noise_is_corrupt),
        cmocka_unit_test(a_bomb_ends_at_the_limit),
        cmocka_unit_test(a_size_that_lies_allocates_nothing),
        cmocka_unit_test(bytes_of_others_are_read),
        cmocka_unit_test(a_brotli_bomb_ends_at_the_limit),
        cmocka_unit_test(several_frames_are_one_content),
        cmocka_unit_test(threads_have_their_own_contexts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
