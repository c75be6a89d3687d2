/* errno.c - the one place where an errno becomes a status. */
#include "os/errno.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

const char *errno_text(int code)
{
    static _Thread_local char text[128];
    const char *known = strerrordesc_np(code);
    if (known == NULL) {
        snprintf(text, sizeof text, "error %d", code);
        return text;
    }
    snprintf(text, sizeof text, "%s", known);
    /* "RPC struct is bad" keeps its capitals; a sentence's first letter goes. */
    if (!isupper((unsigned char)text[1]))
        text[0] = (char)tolower((unsigned char)text[0]);
    return text;
}

static enum status status_of(int code)
{
    switch (code) {
    case ENOSPC:
    case EDQUOT:
        return STATUS_DISK_FULL;
    case ENOENT:
    case ENOTDIR:
        return STATUS_UNDEFINED_FILE;
    case EEXIST:
        return STATUS_DUPLICATE_FILE;
    case EACCES:
    case EPERM:
    case EROFS:
        return STATUS_INSUFFICIENT_PRIVILEGE;
    case ENOMEM:
        return STATUS_OUT_OF_MEMORY;
    default:
        return STATUS_IO_ERROR;
    }
}

enum status errno_set(struct error *err, int code, const char *verb, const char *path)
{
    return error_set(err, status_of(code), "cannot %s \"%s\": %s", verb, path, errno_text(code));
}
