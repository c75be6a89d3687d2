/* postgres_server.h - the PostgreSQL protocol, version 3, over sessions of the engine. */
#ifndef LEAT_SERVER_POSTGRES_POSTGRES_SERVER_H
#define LEAT_SERVER_POSTGRES_POSTGRES_SERVER_H

#include "engine/engine.h"

struct postgres_server;
/* Listens on address and serves until closed. *bound (80 bytes) gets the address it has. */
CHECKED enum status postgres_server_open(struct engine *e, const char *address, char bound[80], struct postgres_server **out, struct error *err);
/* Cancels what runs, ends all connections with 57P01, waits for them. Accepts NULL. */
void postgres_server_close(struct postgres_server *s);

#endif
