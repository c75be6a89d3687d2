/* message.c - framing: one byte of type, four of length, body; and the messages that more than one file sends. */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "base/memory.h"
#include "os/clock.h"
#include "server/postgres/connection.h"

/* Before a client has come in it may send little. */
enum { RECEIVE_SIZE = 16384, RECEIVE_SIZE_MAX = 1 << 20, MESSAGE_SIZE_MAX = 256 << 20, STARTUP_SIZE_MAX = 10000, LOOK_INTERVAL_MS = 50 };

static enum status too_late(const struct connection *c, struct error *err)
{
    if (c->startup_deadline_ns != 0)
        return error_set(err, STATUS_CANCELED, "canceling authentication due to timeout");
    return error_set(err, STATUS_IDLE_IN_TRANSACTION, "terminating connection due to idle-in-transaction timeout");
}

/* Waits for bytes no longer than the start-up or a pause in a block may take, and in COPY no longer than until a cancel. */
static enum status wait_for_bytes(struct connection *c, struct error *err)
{
    int64_t deadline = c->startup_deadline_ns != 0 ? c->startup_deadline_ns : c->idle_deadline_ns;
    while (deadline != 0 || c->in_copy) {
        struct pollfd event = {.fd = c->socket, .events = POLLIN};
        int64_t left_ms = c->in_copy ? LOOK_INTERVAL_MS : (deadline - clock_monotonic_ns() + 999999) / 1000000;
        if (left_ms <= 0)
            return too_late(c, err);
        if (poll(&event, 1, left_ms > INT32_MAX ? INT32_MAX : (int)left_ms) > 0)
            break;
        if (c->in_copy && session_is_canceled(c->session))
            return error_set(err, STATUS_CANCELED, "canceling statement due to user request");
    }
    return STATUS_OK;
}

/* Waits until size bytes lie in the buffer behind in_position. */
static enum status fill(struct connection *c, size_t size, struct error *err)
{
    if (c->in_position > 0 && c->in.size - c->in_position < size) {
        memmove(c->in.data, c->in.data + c->in_position, c->in.size - c->in_position);
        c->in.size -= c->in_position;
        c->in_position = 0;
    }
    while (c->in.size - c->in_position < size) {
        size_t missing = size - (c->in.size - c->in_position);
        size_t room = missing > RECEIVE_SIZE ? missing : RECEIVE_SIZE;
        if (room > RECEIVE_SIZE_MAX)
            room = RECEIVE_SIZE_MAX; /* a length may lie: memory is taken for what has come */
        TRY(wait_for_bytes(c, err));
        ssize_t got = recv(c->socket, buffer_reserve(&c->in, room), room, 0);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0) {
            c->is_broken = true;
            return error_set(err, STATUS_CONNECTION_FAILURE, "the client has left");
        }
        buffer_advance(&c->in, (size_t)got);
    }
    return STATUS_OK;
}

static struct bytes take(struct connection *c, size_t size)
{
    struct bytes bytes = {c->in.data + c->in_position, size};
    c->in_position += size;
    return bytes;
}

static uint32_t length_at(const uint8_t *data)
{
    uint32_t length;
    memcpy(&length, data, 4);
    return __builtin_bswap32(length);
}

/* What a large message needed is not kept for ever. */
static void forget_large(struct connection *c)
{
    if (c->in_position == c->in.size && c->in.size > RECEIVE_SIZE_MAX) {
        buffer_clear(&c->in);
        c->in_position = 0;
    }
}

enum status message_read(struct connection *c, char *type, struct bytes *body, struct error *err)
{
    forget_large(c);
    TRY(fill(c, 5, err));
    *type = (char)c->in.data[c->in_position];
    uint32_t length = length_at(c->in.data + c->in_position + 1);
    if (length < 4 || length > (c->session == NULL ? STARTUP_SIZE_MAX : MESSAGE_SIZE_MAX)) {
        c->is_broken = true;
        return error_set(err, STATUS_PROTOCOL_VIOLATION, "invalid message length %u", length);
    }
    TRY(fill(c, 1 + (size_t)length, err));
    take(c, 5);
    *body = take(c, length - 4);
    return STATUS_OK;
}

enum status message_read_startup(struct connection *c, struct bytes *body, struct error *err)
{
    TRY(fill(c, 4, err));
    uint32_t length = length_at(c->in.data + c->in_position);
    if (length < 8 || length > STARTUP_SIZE_MAX)
        return error_set(err, STATUS_PROTOCOL_VIOLATION, "invalid length of startup packet");
    TRY(fill(c, length, err));
    take(c, 4);
    *body = take(c, length - 4);
    return STATUS_OK;
}

size_t message_begin(struct buffer *out, char type)
{
    buffer_put_u8(out, (uint8_t)type);
    size_t begin = out->size;
    buffer_put_u32(out, 0);
    return begin;
}

void message_end(struct buffer *out, size_t begin)
{
    uint32_t length = __builtin_bswap32((uint32_t)(out->size - begin));
    memcpy(out->data + begin, &length, 4);
}

enum status message_flush(struct connection *c, struct error *err)
{
    size_t sent = 0;
    while (sent < c->out.size) {
        ssize_t done = send(c->socket, c->out.data + sent, c->out.size - sent, MSG_NOSIGNAL);
        if (done < 0 && errno == EINTR)
            continue;
        if (done <= 0) {
            c->is_broken = true;
            buffer_reset(&c->out);
            return error_set(err, STATUS_CONNECTION_FAILURE, "the client has left or does not read");
        }
        sent += (size_t)done;
    }
    buffer_reset(&c->out);
    return STATUS_OK;
}

void put_text_z(struct buffer *out, const char *text)
{
    buffer_put(out, text, strlen(text) + 1);
}

const char *get_text_z(struct reader *r)
{
    const uint8_t *begin = r->data + r->position;
    const uint8_t *end = r->failed ? NULL : memchr(begin, 0, r->size - r->position);
    if (end == NULL) {
        reader_fail(r);
        return "";
    }
    r->position += (size_t)(end - begin) + 1;
    return (const char *)begin;
}

static void put_field(struct buffer *out, char name, const char *text)
{
    if (text == NULL || text[0] == '\0')
        return;
    buffer_put_u8(out, (uint8_t)name);
    put_text_z(out, text);
}

void send_error(struct connection *c, const struct error *err, const char *severity)
{
    char position[16] = "";
    if (err->position > 0)
        snprintf(position, sizeof position, "%d", err->position);
    size_t begin = message_begin(&c->out, 'E');
    put_field(&c->out, 'S', severity);
    put_field(&c->out, 'V', severity);
    put_field(&c->out, 'C', status_sqlstate(err->status));
    put_field(&c->out, 'M', err->message[0] != '\0' ? err->message : status_condition(err->status));
    put_field(&c->out, 'D', err->detail);
    put_field(&c->out, 'H', err->hint);
    put_field(&c->out, 'P', position);
    buffer_put_u8(&c->out, 0);
    message_end(&c->out, begin);
}

void send_ready(struct connection *c)
{
    size_t begin = message_begin(&c->out, 'Z');
    buffer_put_u8(&c->out, (uint8_t)session_transaction_state(c->session));
    message_end(&c->out, begin);
}

void send_row_description(struct connection *c, const struct schema *schema, const struct portal *portal)
{
    size_t begin = message_begin(&c->out, 'T');
    buffer_put_u16(&c->out, (uint16_t)schema->column_count);
    for (uint32_t i = 0; i < schema->column_count; i++) {
        struct type type = schema->columns[i].type;
        put_text_z(&c->out, schema->columns[i].name);
        buffer_put_u32(&c->out, 0); /* table */
        buffer_put_u16(&c->out, 0); /* attribute */
        buffer_put_u32(&c->out, type.id == TYPE_NULL ? 25 : type_oid(type));
        buffer_put_i16(&c->out, type.id == TYPE_NULL ? -1 : type_wire_size(type));
        buffer_put_i32(&c->out, type_modifier(type));
        buffer_put_i16(&c->out, portal_format(portal, i));
    }
    message_end(&c->out, begin);
}

/* The parameters that PostgreSQL reports; those that changed, or all. */
void send_parameters(struct connection *c, bool all)
{
    static const char *const REPORTED[] = {"server_version", "server_encoding", "client_encoding", "application_name", "DateStyle",
                                           "IntervalStyle", "TimeZone", "integer_datetimes", "standard_conforming_strings", "is_superuser",
                                           "session_authorization", "in_hot_standby", "default_transaction_read_only"};
    for (unsigned i = 0; i < sizeof REPORTED / sizeof *REPORTED; i++) {
        const char *value = settings_get(session_settings(c->session), REPORTED[i]);
        if (!all && c->reported[i] != NULL && strcmp(c->reported[i], value) == 0)
            continue;
        free(c->reported[i]);
        c->reported[i] = memory_copy_text(value);
        size_t begin = message_begin(&c->out, 'S');
        put_text_z(&c->out, REPORTED[i]);
        put_text_z(&c->out, value);
        message_end(&c->out, begin);
    }
}
