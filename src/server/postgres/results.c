/* results.c - the engine's receiver: rows as DataRow, COPY in both directions. */
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>

#include "server/postgres/connection.h"

/* A portal with a row limit keeps what was not asked for yet; so much of it. */
enum { FLUSH_SIZE = 32768, PORTAL_SIZE_MAX = 1 << 30 };

static enum status flush_if_large(struct connection *c, struct error *err)
{
    return c->out.size >= FLUSH_SIZE ? message_flush(c, err) : STATUS_OK;
}

/* A prepared statement is bound again at each execution, when its tables and files may be others than those described. */
static enum status check_described(struct connection *c, const struct schema *schema, struct error *err)
{
    const struct schema *described = prepared_schema(session_find_prepared(c->session, c->portal->statement_name));
    bool is_same = described != NULL && described->column_count == schema->column_count;
    for (uint32_t i = 0; is_same && i < schema->column_count; i++)
        is_same = type_oid(described->columns[i].type) == type_oid(schema->columns[i].type);
    return is_same ? STATUS_OK : error_set(err, STATUS_FEATURE_NOT_SUPPORTED, "cached plan must not change result type");
}

static enum status begin(void *context, const struct schema *schema, struct error *err)
{
    struct connection *c = context;
    c->column_count = schema->column_count;
    if (c->portal != NULL)
        return check_described(c, schema, err);
    send_row_description(c, schema, NULL);
    return STATUS_OK;
}

static void put_row(struct buffer *out, const struct batch *rows, uint32_t row, const struct portal *portal, const struct text_context *text)
{
    size_t begin = message_begin(out, 'D');
    buffer_put_u16(out, (uint16_t)rows->column_count);
    for (uint32_t i = 0; i < rows->column_count; i++) {
        if (!vector_is_valid(&rows->columns[i], row)) {
            buffer_put_i32(out, -1);
            continue;
        }
        size_t at = out->size;
        buffer_put_u32(out, 0);
        if (portal_format(portal, i) == 1)
            put_binary(out, rows->columns[i].type, vector_value(&rows->columns[i], row));
        else
            vector_format(&rows->columns[i], row, text, out);
        uint32_t size = __builtin_bswap32((uint32_t)(out->size - at - 4));
        memcpy(out->data + at, &size, 4);
    }
    message_end(out, begin);
}

static enum status rows(void *context, const struct batch *batch, const struct text_context *text, struct error *err)
{
    struct connection *c = context;
    bool direct = c->portal == NULL || c->portal->is_direct;
    struct buffer *out = direct ? &c->out : &c->portal->rows;
    for (uint32_t i = 0; i < batch_rows(batch); i++) {
        put_row(out, batch, batch_row(batch, i), c->portal, text);
        if (direct)
            TRY(flush_if_large(c, err));
    }
    if (direct || out->size <= PORTAL_SIZE_MAX)
        return STATUS_OK;
    error_set(err, STATUS_LIMIT_EXCEEDED, "more than 1 GiB of rows wait in portal \"%s\"", c->portal->name);
    error_hint(err, "Ask without a row limit (fetch size), or narrow the query.");
    return STATUS_LIMIT_EXCEEDED;
}

static enum status complete(void *context, const char *tag, struct error *err)
{
    struct connection *c = context;
    (void)err;
    c->complete_sent = true;
    if (c->portal != NULL) {
        snprintf(c->portal->tag, sizeof c->portal->tag, "%s", tag);
        return STATUS_OK;
    }
    send_parameters(c, false);
    size_t at = message_begin(&c->out, 'C');
    put_text_z(&c->out, tag);
    message_end(&c->out, at);
    return STATUS_OK;
}

static void put_notice_field(struct buffer *out, char name, const char *text)
{
    buffer_put_u8(out, (uint8_t)name);
    put_text_z(out, text);
}

static void notice(void *context, const char *severity, const char *sqlstate, const char *message, const char *hint)
{
    struct connection *c = context;
    size_t at = message_begin(&c->out, 'N');
    put_notice_field(&c->out, 'S', severity);
    put_notice_field(&c->out, 'V', severity);
    put_notice_field(&c->out, 'C', sqlstate);
    put_notice_field(&c->out, 'M', message);
    if (hint != NULL)
        put_notice_field(&c->out, 'H', hint);
    buffer_put_u8(&c->out, 0);
    message_end(&c->out, at);
}

/* Everything now; in the extended protocol a live query's rows go out as they come. */
static enum status flush(void *context, struct error *err)
{
    struct connection *c = context;
    if (c->portal != NULL) {
        buffer_put_bytes(&c->out, buffer_bytes(&c->portal->rows));
        buffer_reset(&c->portal->rows);
    }
    return message_flush(c, err);
}

static void send_copy_response(struct connection *c, char type, uint32_t column_count)
{
    size_t at = message_begin(&c->out, type);
    buffer_put_u8(&c->out, 0);
    buffer_put_u16(&c->out, (uint16_t)column_count);
    for (uint32_t i = 0; i < column_count; i++)
        buffer_put_u16(&c->out, 0);
    message_end(&c->out, at);
}

static enum status copy_out_begin(void *context, uint32_t column_count, enum copy_kind kind, struct error *err)
{
    (void)kind;
    (void)err;
    send_copy_response(context, 'H', column_count);
    return STATUS_OK;
}

/* One CopyData a line, as PostgreSQL sends it. */
static enum status copy_out(void *context, struct bytes data, struct error *err)
{
    struct connection *c = context;
    while (data.size > 0) {
        const uint8_t *end = memchr(data.data, '\n', data.size);
        size_t size = end == NULL ? data.size : (size_t)(end - data.data) + 1;
        size_t at = message_begin(&c->out, 'd');
        buffer_put(&c->out, data.data, size);
        message_end(&c->out, at);
        data = (struct bytes){data.data + size, data.size - size};
        TRY(flush_if_large(c, err));
    }
    return STATUS_OK;
}

static enum status copy_out_end(void *context, struct error *err)
{
    struct connection *c = context;
    (void)err;
    message_end(&c->out, message_begin(&c->out, 'c'));
    return STATUS_OK;
}

static enum status copy_in_begin(void *context, uint32_t column_count, enum copy_kind kind, struct error *err)
{
    (void)kind;
    send_copy_response(context, 'G', column_count);
    return message_flush(context, err);
}

static enum status copy_in(void *context, struct buffer *out, bool *end, struct error *err)
{
    struct connection *c = context;
    for (;;) {
        char type;
        struct bytes body;
        c->in_copy = true;
        enum status st = message_read(c, &type, &body, err);
        c->in_copy = false;
        TRY(st);
        switch (type) {
        case 'd':
            buffer_put_bytes(out, body);
            return STATUS_OK;
        case 'c':
            *end = true;
            return STATUS_OK;
        case 'f':
            return error_set(err, STATUS_CANCELED, "COPY from stdin failed: %.*s", (int)(body.size > 0 ? body.size - 1 : 0),
                             (const char *)body.data);
        case 'H':
        case 'S':
            break; /* allowed in between, and without effect */
        default:
            return error_set(err, STATUS_PROTOCOL_VIOLATION, "unexpected message type 0x%02X during COPY from stdin", (unsigned char)type);
        }
    }
}

static bool is_gone(void *context)
{
    struct connection *c = context;
    struct pollfd event = {.fd = c->socket, .events = POLLRDHUP}; /* a Terminate message may lie before the end */
    if (!c->closing && poll(&event, 1, 0) <= 0)
        return false;
    c->is_broken = true;
    return true;
}

void results_init(struct connection *c)
{
    c->receiver = (struct receiver){.context = c, .begin = begin, .rows = rows, .complete = complete, .notice = notice, .flush = flush,
                                    .copy_out_begin = copy_out_begin, .copy_out = copy_out, .copy_out_end = copy_out_end,
                                    .copy_in_begin = copy_in_begin, .copy_in = copy_in, .is_gone = is_gone};
}
