/* startup.c - the start-up packet, SCRAM where a password is asked for, the first ReadyForQuery. */
#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "server/postgres/connection.h"
#include "engine/scram.h"

enum { REQUEST_CANCEL = 80877102, REQUEST_SSL = 80877103, REQUEST_GSS = 80877104, PROTOCOL_3_0 = 3 << 16 };

static void send_authentication(struct connection *c, uint32_t kind, const char *text, size_t size)
{
    size_t at = message_begin(&c->out, 'R');
    buffer_put_u32(&c->out, kind);
    buffer_put(&c->out, text, size);
    message_end(&c->out, at);
}

static enum status read_sasl(struct connection *c, struct bytes *body, struct error *err)
{
    char type;
    TRY(message_flush(c, err));
    TRY(message_read(c, &type, body, err));
    return type == 'p' ? STATUS_OK : error_set(err, STATUS_PROTOCOL_VIOLATION, "expected a password message, not type 0x%02X", (unsigned char)type);
}

static enum status authenticate(struct connection *c, const char *user, struct error *err)
{
    char verifier[512] = "", answer[SCRAM_MESSAGE_SIZE];
    struct scram scram = {0};
    struct bytes body;
    if (c->is_trusted)
        return STATUS_OK;
    if (!engine_role_verifier(c->engine, user, verifier, sizeof verifier))
        verifier[0] = '\0'; /* goes on, and fails like a wrong password */
    send_authentication(c, 10, "SCRAM-SHA-256\0", 15);
    TRY(read_sasl(c, &body, err));
    struct reader r;
    reader_init(&r, body);
    const char *mechanism = get_text_z(&r);
    int32_t size = reader_i32(&r);
    struct bytes first = reader_bytes(&r, size < 0 ? 0 : (size_t)size);
    TRY(reader_finish(&r, err, "SASL response"));
    if (strcmp(mechanism, "SCRAM-SHA-256") != 0)
        return error_set(err, STATUS_PROTOCOL_VIOLATION, "client selected an invalid SASL authentication mechanism");
    TRY(scram_first(&scram, verifier, first, answer, sizeof answer, err));
    send_authentication(c, 11, answer, strlen(answer));
    TRY(read_sasl(c, &body, err));
    enum status st = scram_final(&scram, body, answer, sizeof answer, err);
    if (st == STATUS_INVALID_PASSWORD)
        return error_set(err, STATUS_INVALID_PASSWORD, "password authentication failed for user \"%s\"", user);
    TRY(st);
    send_authentication(c, 12, answer, strlen(answer));
    return STATUS_OK;
}

struct startup_values {
    const char *user, *database, *options;
};

/* "-c name=value -c name=value", "--name=value" */
static enum status apply_options(struct connection *c, const char *options, struct error *err)
{
    char *copy = memory_copy_text(options), *rest = NULL;
    enum status st = STATUS_OK;
    for (char *word = strtok_r(copy, " ", &rest); word != NULL && st == STATUS_OK; word = strtok_r(NULL, " ", &rest)) {
        char *pair = word;
        if (strcmp(word, "-c") == 0)
            pair = strtok_r(NULL, " ", &rest);
        else if (strncmp(word, "-c", 2) == 0 || strncmp(word, "--", 2) == 0)
            pair = word + 2;
        char *equals = pair == NULL ? NULL : strchr(pair, '=');
        if (equals == NULL)
            st = error_set(err, STATUS_SYNTAX_ERROR, "invalid command-line argument for server process: %s", word);
        else {
            *equals = '\0';
            st = session_set_default(c->session, pair, equals + 1, err);
        }
    }
    free(copy);
    return st;
}

/* First user and database, then, with a session, the settings. */
static void find_names(struct bytes body, struct startup_values *out)
{
    struct reader r;
    reader_init(&r, body);
    while (reader_left(&r) > 1) {
        const char *name = get_text_z(&r), *value = get_text_z(&r);
        if (strcmp(name, "user") == 0)
            out->user = value;
        else if (strcmp(name, "database") == 0)
            out->database = value;
        else if (strcmp(name, "options") == 0)
            out->options = value;
    }
}

static bool is_off(const char *value)
{
    return strcmp(value, "false") == 0 || strcmp(value, "off") == 0 || strcmp(value, "no") == 0 || strcmp(value, "0") == 0;
}

static enum status apply_parameters(struct connection *c, struct bytes body, struct error *err)
{
    struct reader r;
    reader_init(&r, body);
    while (reader_left(&r) > 1) {
        const char *name = get_text_z(&r), *value = get_text_z(&r);
        if (r.failed)
            return reader_finish(&r, err, "startup packet");
        bool is_own = strcmp(name, "user") == 0 || strcmp(name, "database") == 0 || strcmp(name, "options") == 0;
        if (strcmp(name, "replication") == 0 && !is_off(value))
            return error_set(err, STATUS_FEATURE_NOT_SUPPORTED, "replication connections are not supported");
        if (!is_own && strcmp(name, "replication") != 0 && strncmp(name, "_pq_.", 5) != 0)
            TRY(session_set_default(c->session, name, value, err));
    }
    return STATUS_OK;
}

static enum status open_session(struct connection *c, struct bytes body, struct error *err)
{
    struct startup_values values = {0};
    find_names(body, &values);
    if (values.user == NULL || values.user[0] == '\0')
        return error_set(err, STATUS_INVALID_AUTHORIZATION, "no PostgreSQL user name specified in startup packet");
    char *user = memory_copy_text(values.user); /* the packet goes when SASL messages are read */
    char *database = memory_copy_text(values.database != NULL && values.database[0] != '\0' ? values.database : values.user);
    uint8_t *kept = memory_alloc(body.size);
    memcpy(kept, body.data, body.size);
    struct bytes copy = {kept, body.size};
    struct session_options options = {user, database, true};
    struct session *session = NULL;
    enum status st = authenticate(c, user, err);
    if (st == STATUS_OK)
        st = session_open(c->engine, &options, &session, err);
    server_admit(c, session);
    if (st == STATUS_OK)
        st = apply_parameters(c, copy, err);
    find_names(copy, &values);
    if (st == STATUS_OK && values.options != NULL)
        st = apply_options(c, values.options, err);
    free(user);
    free(database);
    free(kept);
    return st;
}

/* NegotiateProtocolVersion: 3.0 it is, and none of the _pq_ options. */
static void negotiate(struct connection *c, struct bytes body, bool newer)
{
    struct buffer names = {0};
    struct reader r;
    uint32_t count = 0;
    reader_init(&r, body);
    while (reader_left(&r) > 1) {
        const char *name = get_text_z(&r);
        get_text_z(&r);
        if (strncmp(name, "_pq_.", 5) != 0)
            continue;
        put_text_z(&names, name);
        count++;
    }
    if (newer || count > 0) {
        size_t at = message_begin(&c->out, 'v');
        buffer_put_u32(&c->out, PROTOCOL_3_0);
        buffer_put_u32(&c->out, count);
        buffer_put_bytes(&c->out, buffer_bytes(&names));
        message_end(&c->out, at);
    }
    buffer_clear(&names);
}

static enum status refuse_encryption(struct connection *c, struct error *err)
{
    buffer_put_u8(&c->out, 'N');
    return message_flush(c, err);
}

enum status startup(struct connection *c, bool *done, struct error *err)
{
    *done = false;
    for (int round = 0; round < 4; round++) {
        struct bytes body;
        struct reader r;
        TRY(message_read_startup(c, &body, err));
        reader_init(&r, body);
        uint32_t code = reader_u32(&r);
        if (code == REQUEST_SSL || code == REQUEST_GSS) {
            TRY(refuse_encryption(c, err));
            continue;
        }
        if (code == REQUEST_CANCEL) {
            int32_t id = reader_i32(&r), secret = reader_i32(&r);
            *done = true;
            if (!r.failed)
                server_cancel(c->server, id, secret);
            return STATUS_OK;
        }
        if (code >> 16 != 3)
            return error_set(err, STATUS_FEATURE_NOT_SUPPORTED, "unsupported frontend protocol %u.%u: server supports 3.0", code >> 16, code & 0xffff);
        struct bytes pairs = {body.data + 4, body.size - 4};
        if (pairs.size == 0 || pairs.data[pairs.size - 1] != 0)
            return error_set(err, STATUS_PROTOCOL_VIOLATION, "invalid startup packet layout: expected terminator as last byte");
        negotiate(c, pairs, code != PROTOCOL_3_0);
        TRY(open_session(c, pairs, err));
        c->startup_deadline_ns = 0;
        send_authentication(c, 0, "", 0);
        send_parameters(c, true);
        size_t at = message_begin(&c->out, 'K');
        buffer_put_i32(&c->out, session_id(c->session));
        buffer_put_i32(&c->out, c->secret);
        message_end(&c->out, at);
        send_ready(c);
        return message_flush(c, err);
    }
    return error_set(err, STATUS_PROTOCOL_VIOLATION, "too many startup requests");
}
