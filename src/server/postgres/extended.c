/* extended.c - Parse, Bind, Describe, Execute, Close. */
#include <stdlib.h>

#include "base/memory.h"
#include "server/postgres/connection.h"

static void portal_destroy(struct portal *p)
{
    if (p == NULL)
        return;
    buffer_clear(&p->rows);
    arena_destroy(p->arena);
    free(p->name);
    free(p->statement_name);
    free(p);
}

void portals_clear(struct connection *c)
{
    for (size_t i = 0; i < c->portals.entry_count; i++)
        portal_destroy(c->portals.entries[i].value);
    map_clear(&c->portals);
}

static struct type type_from_oid(uint32_t oid)
{
    for (int id = TYPE_BOOL; id < TYPE_COUNT; id++)
        if (type_oid(type_of((enum type_id)id)) == oid)
            return type_of((enum type_id)id);
    return type_of(TYPE_NULL);
}

static void send_empty(struct connection *c, char type)
{
    message_end(&c->out, message_begin(&c->out, type));
}

enum status handle_parse(struct connection *c, struct bytes body, struct error *err)
{
    struct reader r;
    reader_init(&r, body);
    const char *name = get_text_z(&r), *text = get_text_z(&r);
    size_t count = reader_count(&r, reader_i16(&r), 4);
    struct type *types = memory_alloc_zero(count + 1, sizeof *types);
    for (size_t i = 0; i < count; i++)
        types[i] = type_from_oid(reader_u32(&r));
    enum status st = reader_finish(&r, err, "Parse message");
    struct prepared *p;
    if (st == STATUS_OK && name[0] != '\0' && session_find_prepared(c->session, name) != NULL)
        st = error_set(err, STATUS_DUPLICATE_PREPARED, "prepared statement \"%s\" already exists", name);
    if (st == STATUS_OK)
        st = session_prepare(c->session, name, text, types, (uint32_t)count, &p, err);
    free(types);
    if (st == STATUS_OK)
        send_empty(c, '1');
    return st;
}

static enum status read_parameter(struct portal *p, struct reader *r, struct type type, int16_t format, struct parameter *out, struct error *err)
{
    int32_t size = reader_i32(r);
    *out = (struct parameter){0};
    if (size < 0)
        return STATUS_OK;
    struct bytes value = reader_bytes(r, (size_t)size);
    if (r->failed)
        return STATUS_OK; /* told at the end */
    struct buffer text = {0};
    enum status st = STATUS_OK;
    if (format == 1)
        st = binary_to_text(type, value, &text, err);
    else
        buffer_put_bytes(&text, value);
    out->text = (struct bytes){(const uint8_t *)arena_copy_bytes(p->arena, buffer_bytes(&text)), text.size};
    buffer_clear(&text);
    return st;
}

static enum status read_formats(struct portal *p, struct reader *r, int16_t **out, uint32_t *count, struct error *err)
{
    *count = (uint32_t)reader_count(r, reader_u16(r), 2);
    *out = ARENA_ARRAY(p->arena, int16_t, *count + 1);
    for (uint32_t i = 0; i < *count; i++) {
        (*out)[i] = reader_i16(r);
        if ((*out)[i] != 0 && (*out)[i] != 1)
            return error_set(err, STATUS_INVALID_PARAMETER, "unsupported format code: %d", (*out)[i]);
    }
    return STATUS_OK;
}

static enum status read_bind(struct portal *p, struct reader *r, const struct prepared *s, struct error *err)
{
    uint32_t type_count;
    const struct type *types = prepared_types(s, &type_count);
    int16_t *formats;
    uint32_t format_count;
    TRY(read_formats(p, r, &formats, &format_count, err));
    size_t count = reader_count(r, (uint16_t)reader_i16(r), 4);
    if (!r->failed && count != type_count)
        return error_set(err, STATUS_PROTOCOL_VIOLATION, "bind message supplies %zu parameters, but prepared statement \"%s\" requires %u", count,
                         p->statement_name, type_count);
    if (!r->failed && format_count > 1 && format_count != count)
        return error_set(err, STATUS_PROTOCOL_VIOLATION, "bind message has %u parameter formats but %zu parameters", format_count, count);
    p->parameters = ARENA_ARRAY(p->arena, struct parameter, count + 1);
    p->parameter_count = (uint32_t)count;
    for (size_t i = 0; i < count && !r->failed; i++) {
        int16_t format = format_count == 0 ? 0 : formats[format_count == 1 ? 0 : i];
        TRY(read_parameter(p, r, types[i], format, &p->parameters[i], err));
    }
    TRY(read_formats(p, r, &p->formats, &p->format_count, err));
    TRY(reader_finish(r, err, "Bind message"));
    const struct schema *schema = prepared_schema(s);
    if (p->format_count > 1 && schema != NULL && p->format_count != schema->column_count)
        return error_set(err, STATUS_PROTOCOL_VIOLATION, "bind message has %u result formats but query has %u columns", p->format_count,
                         schema->column_count);
    return STATUS_OK;
}

int16_t portal_format(const struct portal *p, uint32_t column)
{
    if (p == NULL || p->format_count == 0)
        return 0;
    return p->formats[p->format_count == 1 ? 0 : column < p->format_count ? column : 0];
}

enum status handle_bind(struct connection *c, struct bytes body, struct error *err)
{
    struct reader r;
    reader_init(&r, body);
    const char *name = get_text_z(&r), *statement = get_text_z(&r);
    struct prepared *s = r.failed ? NULL : session_find_prepared(c->session, statement);
    if (s == NULL)
        return error_set(err, STATUS_INVALID_STATEMENT_NAME, "prepared statement \"%s\" does not exist", statement);
    struct portal *p = memory_alloc_zero(1, sizeof *p);
    p->name = memory_copy_text(name);
    p->statement_name = memory_copy_text(statement);
    p->statement = s;
    p->arena = arena_create();
    enum status st = read_bind(p, &r, s, err);
    if (st != STATUS_OK) {
        portal_destroy(p);
        return st;
    }
    portal_destroy(map_put(&c->portals, bytes_from_text(name), p));
    send_empty(c, '2');
    return STATUS_OK;
}

static void send_parameter_description(struct connection *c, const struct prepared *p)
{
    uint32_t count;
    const struct type *types = prepared_types(p, &count);
    size_t at = message_begin(&c->out, 't');
    buffer_put_u16(&c->out, (uint16_t)count);
    for (uint32_t i = 0; i < count; i++)
        buffer_put_u32(&c->out, types[i].id == TYPE_NULL ? 25 : type_oid(types[i]));
    message_end(&c->out, at);
}

enum status handle_describe(struct connection *c, struct bytes body, struct error *err)
{
    struct reader r;
    reader_init(&r, body);
    char kind = (char)reader_u8(&r);
    const char *name = get_text_z(&r);
    TRY(reader_finish(&r, err, "Describe message"));
    struct prepared *s;
    const struct portal *portal = NULL;
    if (kind == 'S') {
        s = session_find_prepared(c->session, name);
        if (s == NULL)
            return error_set(err, STATUS_INVALID_STATEMENT_NAME, "prepared statement \"%s\" does not exist", name);
        send_parameter_description(c, s);
    } else {
        portal = map_get(&c->portals, bytes_from_text(name));
        const struct schema *of_cursor = session_cursor_schema(c->session, name); /* psycopg describes what it has declared */
        if (portal == NULL && of_cursor != NULL) {
            send_row_description(c, of_cursor, NULL);
            return STATUS_OK;
        }
        if (portal == NULL)
            return error_set(err, STATUS_INVALID_CURSOR_NAME, "portal \"%s\" does not exist", name);
        s = session_find_prepared(c->session, portal->statement_name);
        if (s == NULL)
            return error_set(err, STATUS_INVALID_STATEMENT_NAME, "prepared statement \"%s\" does not exist", portal->statement_name);
    }
    const struct schema *schema = prepared_schema(s);
    if (schema != NULL)
        send_row_description(c, schema, portal);
    else
        send_empty(c, 'n');
    return STATUS_OK;
}

/* Sends at most limit rows that wait in the portal (0: all); true if some are left. */
static bool send_rows(struct connection *c, struct portal *p, int32_t limit)
{
    for (int32_t n = 0; p->rows_position < p->rows.size && (limit == 0 || n < limit); n++) {
        uint32_t length;
        memcpy(&length, p->rows.data + p->rows_position + 1, 4);
        size_t size = 1 + (size_t)__builtin_bswap32(length);
        buffer_put(&c->out, p->rows.data + p->rows_position, size);
        p->rows_position += size;
    }
    return p->rows_position < p->rows.size;
}

enum status handle_execute(struct connection *c, struct bytes body, struct error *err)
{
    struct reader r;
    reader_init(&r, body);
    const char *name = get_text_z(&r);
    int32_t limit = reader_i32(&r);
    TRY(reader_finish(&r, err, "Execute message"));
    struct portal *p = map_get(&c->portals, bytes_from_text(name));
    if (p == NULL)
        return error_set(err, STATUS_INVALID_CURSOR_NAME, "portal \"%s\" does not exist", name);
    p->is_direct = limit <= 0;
    if (!p->has_run) {
        struct prepared *s = session_find_prepared(c->session, p->statement_name);
        if (s == NULL)
            return error_set(err, STATUS_INVALID_STATEMENT_NAME, "prepared statement \"%s\" does not exist", p->statement_name);
        p->has_run = true;
        c->portal = p;
        enum status st = session_execute_prepared(c->session, s, p->parameters, p->parameter_count, &c->receiver, err);
        c->portal = NULL;
        TRY(st);
    }
    if (send_rows(c, p, limit < 0 ? 0 : limit)) {
        send_empty(c, 's');
        return message_flush(c, err);
    }
    send_parameters(c, false);
    if (p->tag[0] == '\0')
        send_empty(c, 'I');
    else {
        size_t at = message_begin(&c->out, 'C');
        put_text_z(&c->out, p->tag);
        message_end(&c->out, at);
    }
    return c->out.size > (1 << 16) ? message_flush(c, err) : STATUS_OK;
}

enum status handle_close(struct connection *c, struct bytes body, struct error *err)
{
    struct reader r;
    reader_init(&r, body);
    char kind = (char)reader_u8(&r);
    const char *name = get_text_z(&r);
    TRY(reader_finish(&r, err, "Close message"));
    if (kind == 'S')
        session_close_prepared(c->session, name);
    else
        portal_destroy(map_remove(&c->portals, bytes_from_text(name)));
    send_empty(c, '3');
    return STATUS_OK;
}
