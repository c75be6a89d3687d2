/* topic_config.h - Kafka's topic configurations as topic_options, and making topics from them. */
#ifndef LEAT_SERVER_KAFKA_TOPIC_CONFIG_H
#define LEAT_SERVER_KAFKA_TOPIC_CONFIG_H

#include <stdio.h>

#include "server/kafka/request.h"

enum config_type { CONFIG_BOOLEAN = 1, CONFIG_STRING = 2, CONFIG_INT = 3, CONFIG_LONG = 5, CONFIG_DOUBLE = 6, CONFIG_LIST = 7 };
enum config_source { CONFIG_FROM_TOPIC = 1, CONFIG_FROM_NODE = 4, CONFIG_FROM_DEFAULT = 5 };
enum { CONFIG_VALUE_SIZE = 32 };

struct topic_config {
    const char *name;
    enum config_type type;
    const char *default_value;
    const char *(*set)(struct topic_options *o, const char *value); /* what is wrong, or NULL; no set: without an effect */
    void (*get)(const struct topic_options *o, char value[CONFIG_VALUE_SIZE]);
    const char *summary;
    /* Without a setter: */
    void (*get_of_node)(const struct kafka_server *s, char value[CONFIG_VALUE_SIZE]); /* NULL: the default is what holds */
    const char *only; /* no other value is taken; some, separated by commas. NULL: any that Kafka takes */
    int64_t minimum;
};
extern const struct topic_config TOPIC_CONFIGS[];
extern const size_t TOPIC_CONFIG_COUNT;

/* value NULL: the default. Unknown names and bad values are STATUS_INVALID_PARAMETER. */
CHECKED enum status topic_config_set(struct topic_options *o, struct bytes name, struct bytes value, struct error *err);
/* The value in force, and where it comes from. */
enum config_source topic_config_get(const struct kafka_server *s, const struct topic_config *c, const struct topic_options *o,
                                    char value[CONFIG_VALUE_SIZE]);
/* What a topic has that a Kafka client makes without saying more. */
struct topic_options topic_config_defaults(const struct kafka_server *s);
/* The table of docs/kafka.md: those with an effect, and those of which only one value is taken. */
void kafka_config_table_print(FILE *out);
/* Makes a topic that was asked for and is not there, or finds that it is there by now; a Kafka error. May block. */
int16_t topic_auto_create(struct request *q, struct bytes name, struct topic **out);
/* [A-Za-z0-9._-]{1,249}, neither . nor .., and not leat's own. */
bool topic_name_is_allowed(struct bytes name);

#endif
