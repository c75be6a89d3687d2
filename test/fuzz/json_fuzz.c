/* json_fuzz.c - any bytes as JSON: the record decoder, the chunk reader and the sampler.
 *
 *     byte 0: options; the rest: the text
 *
 * A record that is accepted must be accepted again with other columns wanted, and with a blank around it.
 */
#include <stdint.h>
#include <stdlib.h>

#include "format/json_lines.h"
#include "format/sample.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
    if (!holds)
        abort();
}

static struct column COLUMNS[] = {
    {.name = "a", .type = {.id = TYPE_TEXT}},        {.name = "b", .type = {.id = TYPE_INT8}},
    {.name = "c", .type = {.id = TYPE_NUMERIC, .precision = 12, .scale = 2}}, {.name = "d", .type = {.id = TYPE_TIMESTAMPTZ, .precision = 6}},
    {.name = "e", .type = {.id = TYPE_JSON}},        {.name = "f", .type = {.id = TYPE_BYTEA}},
    {.name = "g", .type = {.id = TYPE_FLOAT8}},      {.name = "h", .type = {.id = TYPE_BOOL}},
};
static const struct schema SCHEMA = {8, COLUMNS};

static enum status decode(const struct json_decoder_options *options, struct bytes text, struct arena *arena)
{
    struct json_decoder *d;
    struct batch b;
    struct error err = {0};
    require(json_decoder_create(&SCHEMA, options, &d, &err) == STATUS_OK);
    batch_init(&b, &SCHEMA, arena);
    enum status st = json_decoder_decode(d, text, &b, 0, arena, &err);
    require((st == STATUS_OK) == (err.message[0] == '\0'));
    require(st == STATUS_OK || json_decoder_failed_position(d) <= text.size);
    require(json_decoder_decode(d, text, &b, 0, arena, &err) == st); /* what it has learnt changes nothing */
    json_decoder_destroy(d);
    return st;
}

static void read_all(struct bytes text, struct arena *arena)
{
    struct json_lines *r;
    struct error err = {0};
    require(json_lines_create(&SCHEMA, NULL, &r, &err) == STATUS_OK);
    for (size_t at = 0, round = 0; at < text.size && round < 100; round++) {
        struct batch b;
        size_t consumed;
        batch_init(&b, &SCHEMA, arena);
        enum status st = json_lines_read(r, (struct bytes){text.data + at, text.size - at}, true, &b, arena, &consumed, &err);
        require(consumed <= text.size - at && b.row_count <= BATCH_ROWS_MAX);
        at += consumed;
        if (consumed == 0)
            require(st != STATUS_OK);
        if (consumed == 0)
            break;
    }
    json_lines_destroy(r);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const bool NONE[8];
    static const char *const PATHS[] = {"$.a.b", "$.a", NULL, NULL, NULL, NULL, NULL, NULL};
    if (size == 0)
        return 0;
    struct bytes text = {data + 1, size - 1};
    struct json_decoder_options options = {.time_unit = (enum json_time_unit)(data[0] & 3), .paths = data[0] & 4 ? PATHS : NULL};
    struct arena *arena = arena_create();
    struct schema schema;
    struct error err = {0};
    if (decode(&options, text, arena) == STATUS_OK) {
        options.wanted = NONE;
        require(decode(&options, text, arena) == STATUS_OK);
        require(sample_json(text, true, arena, &schema, &err) == STATUS_OK);
    }
    read_all(text, arena);
    status_ignore(sample_json(text, data[0] & 8, arena, &schema, &err), "any outcome will do");
    arena_destroy(arena);
    return 0;
}
