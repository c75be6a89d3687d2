/* api.h - what this node serves: the one table of API keys, versions and handlers. */
#ifndef LEAT_SERVER_KAFKA_API_H
#define LEAT_SERVER_KAFKA_API_H

#include <stdio.h>

#include "server/kafka/request.h"

enum api_key { API_API_VERSIONS = 18 };

struct api {
    int16_t key;
    const char *name;
    int16_t advertised_min; /* less than min where clients take a missing old version for a missing feature */
    int16_t min, max;       /* what is served */
    int16_t first_flexible; /* compact lengths and tagged fields from here on; INT16_MAX: never */
    api_handler *handler;
    const char *note;       /* for docs/kafka.md */
};
extern const struct api APIS[];
extern const size_t API_COUNT;

const struct api *api_find(int16_t key); /* NULL: not served */
static inline bool api_is_flexible(const struct api *api, int16_t version)
{
    return version >= api->first_flexible;
}
/* The table of docs/kafka.md. */
void kafka_api_table_print(FILE *out);

#endif
