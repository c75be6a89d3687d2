/* json_decode.c - nanoseconds per record of the JSON decoder: 4 wanted fields in records of about 120 bytes.
 *
 * Prints one line: ns/record, million records/s, MB/s, of the best of several rounds on one core.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/buffer.h"
#include "format/json_record.h"

enum { RECORD_COUNT = 200000, ROUND_COUNT = 7 };

static double now_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void make_records(struct buffer *out, size_t *ends)
{
    unsigned long long seed = 42;
    for (size_t i = 0; i < RECORD_COUNT; i++) {
        seed = seed * 6364136223846793005ull + 1442695040888963407ull;
        unsigned r = (unsigned)(seed >> 33);
        buffer_printf(out,
                      "{\"id\":\"txn-%010u\",\"user_id\":%u,\"amount\":%u.%02u,\"currency\":\"EUR\","
                      "\"ts\":\"2024-01-15T%02u:%02u:%02u.%03uZ\",\"ok\":true}",
                      r, r % 1000000, r % 9000, r % 100, r % 24, r % 60, r / 7 % 60, r % 1000);
        ends[i] = out->size;
    }
}

static double decode_all(struct json_decoder *d, const struct schema *schema, const uint8_t *text, const size_t *ends)
{
    struct arena *arena = arena_create();
    double begin = now_s();
    size_t at = 0;
    struct batch batch;
    struct error err = {0}; /* 2 KB: not once per record */
    for (size_t i = 0; i < RECORD_COUNT; i++) {
        if (i % BATCH_ROWS_MAX == 0) {
            arena_reset(arena);
            batch_init(&batch, schema, arena);
        }
        if (json_decoder_decode(d, (struct bytes){text + at, ends[i] - at}, &batch, i % BATCH_ROWS_MAX, arena, &err) != STATUS_OK) {
            fprintf(stderr, "%s\n", err.message);
            exit(1);
        }
        at = ends[i];
    }
    double spent = now_s() - begin;
    arena_destroy(arena);
    return spent;
}

int main(void)
{
    struct buffer text = {0};
    size_t *ends = malloc(RECORD_COUNT * sizeof *ends);
    make_records(&text, ends);
    struct column columns[] = {
        {.name = "id", .type = type_of(TYPE_TEXT)},
        {.name = "user_id", .type = type_of(TYPE_INT8)},
        {.name = "amount", .type = type_numeric(12, 2)},
        {.name = "ts", .type = type_of(TYPE_TIMESTAMPTZ)},
    };
    struct schema schema = {4, columns};
    struct json_decoder *d;
    struct error err = {0};
    if (json_decoder_create(&schema, NULL, &d, &err) != STATUS_OK)
        return 1;
    double best = 1e9;
    for (int round = 0; round < ROUND_COUNT; round++) {
        double spent = decode_all(d, &schema, text.data, ends);
        best = spent < best ? spent : best;
    }
    printf("json_decode: %.1f ns/record, %.2f M records/s, %.0f MB/s, %.0f bytes/record\n", best / RECORD_COUNT * 1e9,
           RECORD_COUNT / best * 1e-6, (double)text.size / best * 1e-6, (double)text.size / RECORD_COUNT);
    json_decoder_destroy(d);
    buffer_clear(&text);
    free(ends);
}
