/* wire.h - Kafka's encodings of a request's version: plain lengths, or compact ones and tagged fields.
 *
 * Getters follow base/reader.h: zero, empty or null once the input has failed.
 */
#ifndef LEAT_SERVER_KAFKA_WIRE_H
#define LEAT_SERVER_KAFKA_WIRE_H

#include "server/kafka/request.h"

/* A string that may be null ({NULL, 0}); an empty one has data. */
struct bytes wire_get_nullable_text(struct request *q);
/* A string; null is a failure. */
struct bytes wire_get_text(struct request *q);
/* Bytes (records) that may be null. */
struct bytes wire_get_nullable_bytes(struct request *q);
/* The length of an array whose items take item_size bytes at least; -1 for null. More than can follow is a failure. */
int64_t wire_get_nullable_count(struct request *q, size_t item_size);
/* The same, with null as 0. */
size_t wire_get_count(struct request *q, size_t item_size);
/* 16 bytes; NULL once failed. */
const uint8_t *wire_get_uuid(struct request *q);
bool wire_get_bool(struct request *q);
/* Skips the tagged fields at the end of a struct, if this version has them. */
void wire_get_tags(struct request *q);

void wire_put_text(struct request *q, struct bytes text);
void wire_put_nullable_text(struct request *q, const char *text); /* NULL: null */
void wire_put_count(struct request *q, size_t count);
void wire_put_null_array(struct request *q);
void wire_put_uuid(struct request *q, const uint8_t *id); /* NULL: zeros */
void wire_put_bool(struct request *q, bool value);
void wire_put_tags(struct request *q); /* none */
/* How many bytes the length in front of size bytes takes, and its writing into such a place. */
size_t wire_bytes_length_size(bool is_flexible, size_t size);
void wire_set_bytes_length(uint8_t *at, bool is_flexible, size_t size);

#endif
