/* address.c - addresses and listening sockets. */
#include "server/address.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { BACKLOG = 1024 };

static void print_address(struct address *a)
{
    char host[INET6_ADDRSTRLEN] = "";
    if (a->socket.ss_family == AF_INET6) {
        const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)&a->socket;
        inet_ntop(AF_INET6, &in6->sin6_addr, host, sizeof host);
        snprintf(a->text, sizeof a->text, "[%s]:%u", host, ntohs(in6->sin6_port));
    } else {
        const struct sockaddr_in *in = (const struct sockaddr_in *)&a->socket;
        inet_ntop(AF_INET, &in->sin_addr, host, sizeof host);
        snprintf(a->text, sizeof a->text, "%s:%u", host, ntohs(in->sin_port));
    }
}

enum status address_parse(const char *text, struct address *out, struct error *err)
{
    char host[256], port[16] = "";
    const char *colon = strrchr(text, ':');
    if (colon == NULL || (size_t)(colon - text) >= sizeof host || strlen(colon + 1) >= sizeof port || colon[1] == '\0')
        return error_set(err, STATUS_INVALID_PARAMETER, "address \"%s\" is not HOST:PORT", text);
    if (strspn(colon + 1, "0123456789") != strlen(colon + 1) || strtol(colon + 1, NULL, 10) > UINT16_MAX)
        return error_set(err, STATUS_INVALID_PARAMETER, "address \"%s\": the port is not a number from 0 to 65535", text);
    size_t size = (size_t)(colon - text);
    bool bracketed = size >= 2 && text[0] == '[' && text[size - 1] == ']';
    snprintf(host, sizeof host, "%.*s", (int)(size - (bracketed ? 2 : 0)), text + (bracketed ? 1 : 0));
    snprintf(port, sizeof port, "%s", colon + 1);
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE | AI_NUMERICSERV}, *found = NULL;
    int failure = getaddrinfo(host[0] == '\0' ? NULL : host, port, &hints, &found);
    if (failure != 0)
        return error_set(err, STATUS_INVALID_PARAMETER, "address \"%s\": %s", text, gai_strerror(failure));
    *out = (struct address){.size = found->ai_addrlen};
    memcpy(&out->socket, found->ai_addr, found->ai_addrlen);
    freeaddrinfo(found);
    print_address(out);
    return STATUS_OK;
}

bool address_is_loopback(const struct address *a)
{
    if (a->socket.ss_family == AF_INET6)
        return IN6_IS_ADDR_LOOPBACK(&((const struct sockaddr_in6 *)&a->socket)->sin6_addr);
    return ntohl(((const struct sockaddr_in *)&a->socket)->sin_addr.s_addr) >> 24 == 127;
}

static enum status refuse(const struct address *a, struct error *err)
{
    error_set(err, STATUS_INSUFFICIENT_PRIVILEGE, "refusing to listen on %s: no users exist, and anybody there could come in", a->text);
    error_hint(err, "Listen on 127.0.0.1 and CREATE ROLE name LOGIN PASSWORD '...' first.");
    return STATUS_INSUFFICIENT_PRIVILEGE;
}

enum status address_listen(struct address *a, bool has_users, bool blocking, int *fd, struct error *err)
{
    if (!address_is_loopback(a) && !has_users)
        return refuse(a, err);
    int s = socket(a->socket.ss_family, SOCK_STREAM | SOCK_CLOEXEC | (blocking ? 0 : SOCK_NONBLOCK), 0), on = 1;
    if (s < 0)
        return error_set(err, STATUS_IO_ERROR, "cannot make a socket: %s", strerror(errno));
    setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(s, (struct sockaddr *)&a->socket, a->size) != 0 || listen(s, BACKLOG) != 0) {
        int failure = errno;
        close(s);
        return error_set(err, failure == EADDRINUSE ? STATUS_OBJECT_IN_USE : STATUS_IO_ERROR, "cannot listen on %s: %s", a->text,
                         failure == EADDRINUSE ? "the port is taken" : strerror(failure));
    }
    a->size = sizeof a->socket;
    getsockname(s, (struct sockaddr *)&a->socket, &a->size);
    print_address(a);
    *fd = s;
    return STATUS_OK;
}
