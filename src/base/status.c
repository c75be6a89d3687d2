/* status.c - the one table of conditions, and the writers of struct error. */
#include "base/status.h"

#include <stdio.h>
#include <string.h>

static const struct {
    const char *sqlstate;
    const char *condition;
} STATUSES[STATUS_COUNT] = {
#define X(name, sqlstate, condition) {sqlstate, condition},
    STATUS_LIST(X)
#undef X
};

_Static_assert(STATUS_COUNT <= 255, "an error is kept as one byte per row");

const char *status_sqlstate(enum status st)
{
    return STATUSES[st].sqlstate;
}

const char *status_condition(enum status st)
{
    return STATUSES[st].condition;
}

enum status status_from_sqlstate(const char *sqlstate)
{
    for (int i = 0; i < STATUS_COUNT; i++)
        if (strcmp(STATUSES[i].sqlstate, sqlstate) == 0)
            return (enum status)i;
    return STATUS_INTERNAL;
}

static enum status set(struct error *err, enum status st, int position, const char *format, va_list arguments)
{
    if (err == NULL)
        return st;
    memset(err, 0, sizeof *err);
    err->status = st;
    err->position = position;
    vsnprintf(err->message, sizeof err->message, format, arguments);
    return st;
}

enum status error_set(struct error *err, enum status st, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    set(err, st, 0, format, arguments);
    va_end(arguments);
    return st;
}

enum status error_set_at(struct error *err, enum status st, int position, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    set(err, st, position, format, arguments);
    va_end(arguments);
    return st;
}

void error_detail(struct error *err, const char *format, ...)
{
    if (err == NULL)
        return;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(err->detail, sizeof err->detail, format, arguments);
    va_end(arguments);
}

void error_hint(struct error *err, const char *format, ...)
{
    if (err == NULL)
        return;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(err->hint, sizeof err->hint, format, arguments);
    va_end(arguments);
}

void error_prefix(struct error *err, const char *format, ...)
{
    if (err == NULL)
        return;
    char message[sizeof err->message];
    memcpy(message, err->message, sizeof message);
    va_list arguments;
    va_start(arguments, format);
    int written = vsnprintf(err->message, sizeof err->message, format, arguments);
    va_end(arguments);
    if (written < 0 || (size_t)written >= sizeof err->message)
        return;
    size_t room = sizeof err->message - (size_t)written;
    size_t size = strnlen(message, sizeof message);
    if (size >= room)
        size = room - 1;
    memcpy(err->message + written, message, size);
    err->message[(size_t)written + size] = '\0';
}
