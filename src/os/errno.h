/* errno.h - errno, turned into leat's words; for os/ and the sockets of server/ only. */
#ifndef LEAT_OS_ERRNO_H
#define LEAT_OS_ERRNO_H

#include "base/status.h"

/* The C library's text of an errno in lower case ("no such file or directory"); static or thread-local. */
const char *errno_text(int code);
/* Sets `cannot <verb> "<path>": <text>` and returns DISK_FULL, UNDEFINED_FILE, DUPLICATE_FILE, INSUFFICIENT_PRIVILEGE,
 * OUT_OF_MEMORY, or IO_ERROR for all else. */
enum status errno_set(struct error *err, int code, const char *verb, const char *path);

#endif
