/* address.h - where a listener listens: "127.0.0.1:9092", "[::1]:0", "localhost:5432".
 *
 * Without users leat listens on loopback alone: any other address is refused
 * before a socket is made.
 */
#ifndef LEAT_SERVER_ADDRESS_H
#define LEAT_SERVER_ADDRESS_H

#include <sys/socket.h>

#include "base/status.h"

struct address {
    struct sockaddr_storage socket;
    socklen_t size;
    char text[80]; /* "127.0.0.1:9092" */
};
/* Resolves text. STATUS_INVALID_PARAMETER naming it. */
CHECKED enum status address_parse(const char *text, struct address *out, struct error *err);
bool address_is_loopback(const struct address *a);
/* Makes a listening socket (non-blocking if asked, close-on-exec) and tells the address it got (port 0 picks). STATUS_OBJECT_IN_USE if
 * the port is taken. has_users: whether other than loopback addresses may be used; else STATUS_INSUFFICIENT_PRIVILEGE saying how to
 * make a user. */
CHECKED enum status address_listen(struct address *a, bool has_users, bool blocking, int *fd, struct error *err);

#endif
