/* kafka_server.h - the Kafka protocol over the log: decode, call log and engine, encode. */
#ifndef LEAT_SERVER_KAFKA_KAFKA_SERVER_H
#define LEAT_SERVER_KAFKA_KAFKA_SERVER_H

#include "engine/engine.h"

struct kafka_server;
/* Listens on address and serves on a thread of its own until closed. *bound (80 bytes) gets the address it has. */
CHECKED enum status kafka_server_open(struct engine *e, const char *address, char bound[80], struct kafka_server **out, struct error *err);
/* Ends all connections. Accepts NULL. */
void kafka_server_close(struct kafka_server *s);

#endif
