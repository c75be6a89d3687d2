/* settings.c - the table of settings and their values. */
#include "engine/settings.h"

#include <ctype.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/memory.h"
#include "data/datetime.h"
#include "data/text.h"

const struct setting SETTINGS[] = {
    {"DateStyle", SETTING_ENUM, SCOPE_SESSION, "ISO, MDY", NULL, 0, 0, "ISO, MDY|ISO", "How dates are printed; ISO alone is supported."},
    {"IntervalStyle", SETTING_ENUM, SCOPE_SESSION, "postgres", NULL, 0, 0, "postgres", "How intervals are printed."},
    {"TimeZone", SETTING_TEXT, SCOPE_SESSION, "UTC", NULL, 0, 0, NULL, "The time zone in which timestamps with time zone are read and printed."},
    {"application_name", SETTING_TEXT, SCOPE_SESSION, "", NULL, 0, 0, NULL, "What a client calls itself."},
    {"auto_create_topics", SETTING_BOOL, SCOPE_SERVER, "on", NULL, 0, 1, NULL, "Whether a Kafka client's request for an unknown topic makes it."},
    {"bytea_output", SETTING_ENUM, SCOPE_SESSION, "hex", NULL, 0, 0, "hex", "How bytea is printed."},
    {"client_encoding", SETTING_ENUM, SCOPE_SESSION, "UTF8", NULL, 0, 0, "UTF8|unicode|SQL_ASCII", "The encoding of text on the connection."},
    {"client_min_messages", SETTING_ENUM, SCOPE_SESSION, "notice", NULL, 0, 0, "debug5|debug4|debug3|debug2|debug1|debug|log|notice|info|warning|error", "The least severity that is sent to the client."},
    {"commit_delay_us", SETTING_INTEGER, SCOPE_SERVER, "500", "us", 0, 100000, NULL, "How long a sync waits for the epoch that reads what it makes durable."},
    {"default_fsync", SETTING_ENUM, SCOPE_SERVER, "always", NULL, 0, 0, "always|interval|never", "The fsync policy of topics made by Kafka clients."},
    {"default_transaction_isolation", SETTING_ENUM, SCOPE_SESSION, "repeatable read", NULL, 0, 0, "repeatable read|read committed|serializable|read uncommitted", "Accepted; a block always reads one cut."},
    {"default_transaction_read_only", SETTING_BOOL, SCOPE_SESSION, "off", NULL, 0, 1, NULL, "Whether statements and blocks may only read, unless BEGIN says READ WRITE."},
    {"epoch_records", SETTING_INTEGER, SCOPE_SERVER, "262144", NULL, 1, INT64_C(1) << 40, NULL, "Records of one partition that one epoch takes in at most."},
    {"extra_float_digits", SETTING_INTEGER, SCOPE_SESSION, "1", NULL, -15, 3, NULL, "Accepted; floats are printed in their shortest exact form."},
    {"flush_interval", SETTING_DURATION, SCOPE_SERVER, "100ms", "ms", 1, 3600000, NULL, "Time between syncs for topics with fsync = interval."},
    {"idle_in_transaction_session_timeout", SETTING_DURATION, SCOPE_SESSION, "0", "ms", 0, INT32_MAX, NULL, "How long a connection may be idle in a block before it is ended; 0 is for ever."},
    {"in_hot_standby", SETTING_BOOL, SCOPE_INTERNAL, "off", NULL, 0, 1, NULL, "Always off."},
    {"integer_datetimes", SETTING_BOOL, SCOPE_INTERNAL, "on", NULL, 0, 1, NULL, "Always on."},
    {"is_superuser", SETTING_BOOL, SCOPE_INTERNAL, "on", NULL, 0, 1, NULL, "Always on."},
    {"journal_size", SETTING_SIZE, SCOPE_SERVER, "32MB", "B", 1 << 20, INT64_C(1) << 34, NULL, "Size of each of the two journal files."},
    {"lock_timeout", SETTING_DURATION, SCOPE_SESSION, "0", "ms", 0, INT32_MAX, NULL, "Accepted; leat takes no locks that a statement waits for."},
    {"max_connections", SETTING_INTEGER, SCOPE_SERVER, "1000", NULL, 1, 100000, NULL, "Connections that each listener takes at a time."},
    {"memory_limit", SETTING_SIZE, SCOPE_SERVER, "0", "B", 0, INT64_MAX, NULL, "Bytes that state and statements may hold together; 0 is no limit."},
    {"on_error", SETTING_ENUM, SCOPE_SESSION, "fail", NULL, 0, 0, "fail|collect", "Whether a row in error fails a SELECT, or is left out as in a view."},
    {"read_own_writes", SETTING_BOOL, SCOPE_SESSION, "on", NULL, 0, 1, NULL, "Whether a SELECT waits for the epoch that holds the session's last write."},
    {"search_path", SETTING_TEXT, SCOPE_SESSION, "public", NULL, 0, 0, NULL, "Accepted; relations are found in public, then in the catalogs."},
    {"segment_size", SETTING_SIZE, SCOPE_SERVER, "1GB", "B", 1 << 16, INT64_C(1) << 31, NULL, "Size at which a partition begins a new segment."},
    {"server_encoding", SETTING_TEXT, SCOPE_INTERNAL, "UTF8", NULL, 0, 0, NULL, "Always UTF8."},
    {"server_version", SETTING_TEXT, SCOPE_INTERNAL, "15.0 (leat " LEAT_VERSION ")", NULL, 0, 0, NULL, "The version of PostgreSQL whose dialect is spoken."},
    {"server_version_num", SETTING_INTEGER, SCOPE_INTERNAL, "150000", NULL, 0, INT32_MAX, NULL, "The same as a number."},
    {"session_authorization", SETTING_TEXT, SCOPE_INTERNAL, "leat", NULL, 0, 0, NULL, "The user of the session."},
    {"standard_conforming_strings", SETTING_BOOL, SCOPE_SESSION, "on", NULL, 1, 1, NULL, "Always on: a backslash in '...' is a backslash."},
    {"statement_timeout", SETTING_DURATION, SCOPE_SESSION, "0", "ms", 0, INT32_MAX, NULL, "Time after which a statement is cancelled, but for CREATE of a materialized view or sink; 0 is never."},
    {"subscription_buffer", SETTING_SIZE, SCOPE_SERVER, "64MB", "B", 1 << 16, INT64_C(1) << 40, NULL, "Changes that may wait for a slow subscriber before it is ended."},
    {"synchronous_commit", SETTING_ENUM, SCOPE_SESSION, "on", NULL, 0, 0, "on|off|local|remote_write|remote_apply", "Accepted; the topic's fsync policy decides."},
    {"transaction_isolation", SETTING_ENUM, SCOPE_SESSION, "repeatable read", NULL, 0, 0, "repeatable read|read committed|serializable|read uncommitted", "Accepted; a block always reads one cut."},
    {"transaction_read_only", SETTING_BOOL, SCOPE_SESSION, "off", NULL, 0, 1, NULL, "Whether the present block may only read: BEGIN READ ONLY sets it."},
    {"workers", SETTING_INTEGER, SCOPE_SERVER, "0", NULL, 0, 64, NULL, "Workers in each pool; 0 is one per core."},
};
const uint32_t SETTING_COUNT = sizeof SETTINGS / sizeof *SETTINGS;

struct settings {
    const struct settings *parent;
    struct {
        char *_Atomic value; /* NULL: the parent's */
        _Atomic enum setting_source source;
    } items[sizeof SETTINGS / sizeof *SETTINGS];
    char **retired; /* values that ALTER SYSTEM has replaced: other sessions may be reading them */
    uint32_t retired_count;
};

struct settings *settings_create(const struct settings *parent)
{
    struct settings *s = memory_alloc_zero(1, sizeof *s);
    s->parent = parent;
    return s;
}

void settings_destroy(struct settings *s)
{
    if (s == NULL)
        return;
    for (uint32_t i = 0; i < SETTING_COUNT; i++)
        free(s->items[i].value);
    for (uint32_t i = 0; i < s->retired_count; i++)
        free(s->retired[i]);
    free(s->retired);
    free(s);
}

struct settings *settings_copy(const struct settings *s)
{
    struct settings *copy = settings_create(s->parent);
    for (uint32_t i = 0; i < SETTING_COUNT; i++) {
        copy->items[i].source = s->items[i].source;
        copy->items[i].value = s->items[i].value == NULL ? NULL : memory_copy_text(s->items[i].value);
    }
    return copy;
}

static int find(const char *name)
{
    for (uint32_t i = 0; i < SETTING_COUNT; i++)
        if (strcasecmp(SETTINGS[i].name, name) == 0)
            return (int)i;
    return -1;
}

/* ---- values ---- */

static bool parse_unit(const char *text, enum setting_kind kind, int64_t *factor)
{
    static const struct {
        enum setting_kind kind;
        const char *unit;
        int64_t factor;
    } UNITS[] = {{SETTING_SIZE, "", 1},          {SETTING_SIZE, "B", 1},          {SETTING_SIZE, "kB", 1024},
                 {SETTING_SIZE, "MB", 1 << 20},  {SETTING_SIZE, "GB", 1 << 30},   {SETTING_SIZE, "TB", INT64_C(1) << 40},
                 {SETTING_DURATION, "", 1},      {SETTING_DURATION, "ms", 1},     {SETTING_DURATION, "s", 1000},
                 {SETTING_DURATION, "min", 60000}, {SETTING_DURATION, "h", 3600000}, {SETTING_DURATION, "d", 86400000},
                 {SETTING_INTEGER, "", 1}};
    while (*text == ' ')
        text++;
    for (size_t i = 0; i < sizeof UNITS / sizeof *UNITS; i++)
        if (UNITS[i].kind == kind && strcasecmp(UNITS[i].unit, text) == 0) {
            *factor = UNITS[i].factor;
            return true;
        }
    return false;
}

static bool parse_number(const struct setting *s, const char *text, int64_t *out)
{
    char *rest;
    long long number = strtoll(text, &rest, 10);
    int64_t factor = 1;
    return rest != text && parse_unit(rest, s->kind, &factor) && !__builtin_mul_overflow(number, factor, out) && *out >= s->minimum &&
           *out <= s->maximum;
}

static bool parse_bool(const char *text, bool *out)
{
    static const char *const WORDS[2][5] = {{"off", "false", "no", "0", "f"}, {"on", "true", "yes", "1", "t"}};
    for (int value = 0; value < 2; value++)
        for (int i = 0; i < 5; i++)
            if (strcasecmp(WORDS[value][i], text) == 0) {
                *out = value == 1;
                return true;
            }
    return false;
}

/* values are separated by '|'. */
static bool is_one_of(const char *values, const char *text)
{
    size_t size = strlen(text);
    for (const char *v = values; *v != '\0';) {
        size_t length = strcspn(v, "|");
        if (length == size && strncasecmp(v, text, size) == 0)
            return true;
        v += length + (v[length] == '|');
    }
    return false;
}

static bool is_valid(const struct setting *s, const char *value)
{
    int64_t number;
    bool flag;
    const struct time_zone *zone;
    struct error unknown = {0};
    switch (s->kind) {
    case SETTING_BOOL:
        return parse_bool(value, &flag);
    case SETTING_ENUM:
        return is_one_of(s->values, value);
    case SETTING_TEXT:
        return strcmp(s->name, "TimeZone") != 0 || time_zone_find(value, &zone, &unknown) == STATUS_OK;
    case SETTING_INTEGER:
    case SETTING_SIZE:
    case SETTING_DURATION:
        return parse_number(s, value, &number);
    }
    return false;
}

/* As PostgreSQL reads the name of an encoding, of which the letters and digits count: 'utf-8' in quotes is UTF8. */
static const char *encoding_named(const char *text)
{
    static const struct {
        const char *spelled, *name;
    } NAMES[] = {{"utf8", "UTF8"}, {"unicode", "UTF8"}, {"sqlascii", "SQL_ASCII"}};
    char spelled[16] = "";
    const char *begin = text;
    size_t size = 0;
    for (; *text != '\0' && size + 1 < sizeof spelled; text++)
        if (isalnum((unsigned char)*text))
            spelled[size++] = (char)tolower((unsigned char)*text);
    for (size_t i = 0; i < sizeof NAMES / sizeof *NAMES; i++)
        if (*text == '\0' && strcmp(spelled, NAMES[i].spelled) == 0)
            return NAMES[i].name;
    return begin;
}

static char *canonical(const struct setting *s, const char *value)
{
    bool flag;
    if (s->kind == SETTING_BOOL && parse_bool(value, &flag))
        return memory_copy_text(flag ? "on" : "off");
    return memory_copy_text(value);
}

enum status settings_set(struct settings *s, const char *name, const char *value, enum setting_source source, struct error *err)
{
    int i = find(name);
    if (i < 0)
        return error_set(err, STATUS_UNDEFINED_OBJECT, "unrecognized configuration parameter \"%s\"", name);
    const struct setting *setting = &SETTINGS[i];
    if (strcmp(setting->name, "client_encoding") == 0)
        value = encoding_named(value);
    if (setting->scope == SCOPE_INTERNAL)
        return error_set(err, STATUS_NOT_IN_PREREQUISITE_STATE, "parameter \"%s\" cannot be changed", setting->name);
    if (source == SOURCE_SESSION && setting->scope == SCOPE_SERVER) {
        error_set(err, STATUS_NOT_IN_PREREQUISITE_STATE, "parameter \"%s\" cannot be changed without restarting the server", setting->name);
        error_hint(err, "Use ALTER SYSTEM SET and restart.");
        return STATUS_NOT_IN_PREREQUISITE_STATE;
    }
    if (!is_valid(setting, value)) {
        error_set(err, STATUS_INVALID_PARAMETER, "invalid value for parameter \"%s\": \"%s\"", setting->name, value);
        if (setting->values != NULL)
            error_hint(err, "Available values: %s.", setting->values);
        return STATUS_INVALID_PARAMETER;
    }
    if (s->items[i].value != NULL && s->items[i].source > source)
        return STATUS_OK;
    char *old = atomic_exchange(&s->items[i].value, canonical(setting, value));
    s->items[i].source = source;
    if (source == SOURCE_SYSTEM && old != NULL) {
        s->retired = memory_realloc(s->retired, (s->retired_count + 1) * sizeof *s->retired);
        s->retired[s->retired_count++] = old;
    } else
        free(old);
    return STATUS_OK;
}

enum status settings_reset(struct settings *s, const char *name, struct error *err)
{
    int only = name == NULL ? -1 : find(name);
    if (name != NULL && only < 0)
        return error_set(err, STATUS_UNDEFINED_OBJECT, "unrecognized configuration parameter \"%s\"", name);
    for (int i = 0; i < (int)SETTING_COUNT; i++)
        if (only < 0 || only == i) {
            free(s->items[i].value);
            s->items[i].value = NULL;
        }
    return STATUS_OK;
}

static const char *lookup(const struct settings *s, int i)
{
    for (; s != NULL; s = s->parent) {
        const char *value = s->items[i].value;
        if (value != NULL)
            return value;
    }
    return SETTINGS[i].default_value;
}

const char *settings_get(const struct settings *s, const char *name)
{
    int i = find(name);
    return i < 0 ? NULL : lookup(s, i);
}

int64_t settings_get_integer(const struct settings *s, const char *name)
{
    int i = find(name);
    if (i < 0)
        abort();
    const char *text = lookup(s, i);
    bool flag;
    if (SETTINGS[i].kind == SETTING_BOOL)
        return parse_bool(text, &flag) && flag;
    int64_t number = 0;
    return parse_number(&SETTINGS[i], text, &number) ? number : 0;
}

enum setting_source settings_source(const struct settings *s, const char *name)
{
    int i = find(name);
    for (; i >= 0 && s != NULL; s = s->parent)
        if (s->items[i].value != NULL)
            return s->items[i].source;
    return SOURCE_DEFAULT;
}

const char *setting_source_name(enum setting_source source)
{
    static const char *const NAMES[] = {"default", "system", "configuration file", "environment variable", "command line", "session"};
    return NAMES[source];
}

/* ---- leat.conf ---- */

/* Ends text at the quote that closes it, two of them being one that is meant. Returns what follows, NULL if it is not closed. */
static char *unquote(char *text)
{
    char *to = text;
    for (; *text != '\0'; text++) {
        if (*text == '\'' && *++text != '\'') {
            *to = '\0';
            return text;
        }
        *to++ = *text;
    }
    return NULL;
}

static enum status read_line(struct settings *s, const char *path, int line, char *text, struct error *err)
{
    char *name = text + strspn(text, " \t\r");
    if (*name == '#' || *name == '\0')
        return STATUS_OK;
    char *value = name + strcspn(name, " \t=");
    if (*value == '\0')
        return error_set(err, STATUS_SYNTAX_ERROR, "%s, line %d: expected name = value", path, line);
    *value++ = '\0';
    value += strspn(value, " \t=");
    if (*value == '\'') {
        char *rest = unquote(++value);
        if (rest == NULL)
            return error_set(err, STATUS_SYNTAX_ERROR, "%s, line %d: the quote is not closed", path, line);
        rest += strspn(rest, " \t\r");
        if (*rest != '\0' && *rest != '#')
            return error_set(err, STATUS_SYNTAX_ERROR, "%s, line %d: there is more behind the quoted value: %s", path, line, rest);
    } else {
        value[strcspn(value, "#")] = '\0';
        for (size_t size = strlen(value); size > 0 && strchr(" \t\r", value[size - 1]) != NULL; size--)
            value[size - 1] = '\0';
    }
    enum status st = settings_set(s, name, value, SOURCE_FILE, err);
    if (st != STATUS_OK)
        error_prefix(err, "%s, line %d: ", path, line);
    return st;
}

enum status settings_read(struct settings *s, const char *path, struct bytes text, struct error *err)
{
    if (memchr(text.data, 0, text.size) != NULL)
        return error_set(err, STATUS_SYNTAX_ERROR, "%s has a NUL byte, so it is not text", path);
    char *copy = memory_alloc(text.size + 1), *rest = copy;
    memcpy(copy, text.data, text.size);
    copy[text.size] = '\0';
    rest += utf8_mark_size(text);
    enum status st = STATUS_OK;
    int line = 0;
    while (st == STATUS_OK && rest != NULL) {
        char *one = strsep(&rest, "\n");
        st = read_line(s, path, ++line, one, err);
    }
    free(copy);
    return st;
}
