/* kafka_error.c - the one table from status to Kafka's codes. */
#include "server/kafka/kafka_error.h"

int16_t kafka_error_of(enum status st)
{
    switch (st) {
    case STATUS_OK: return KAFKA_NONE;
    case STATUS_UNDEFINED_TABLE: return KAFKA_UNKNOWN_TOPIC_OR_PARTITION;
    case STATUS_DUPLICATE_TABLE: return KAFKA_TOPIC_ALREADY_EXISTS;
    case STATUS_INVALID_NAME: return KAFKA_INVALID_TOPIC;
    case STATUS_NAME_TOO_LONG: return KAFKA_INVALID_TOPIC;
    case STATUS_INVALID_PARAMETER: return KAFKA_INVALID_CONFIG;
    case STATUS_LIMIT_EXCEEDED: return KAFKA_INVALID_PARTITIONS;
    case STATUS_CORRUPT: return KAFKA_STORAGE_ERROR;
    case STATUS_DISK_FULL: return KAFKA_STORAGE_ERROR;
    case STATUS_IO_ERROR: return KAFKA_STORAGE_ERROR;
    case STATUS_OBJECT_IN_USE: return KAFKA_POLICY_VIOLATION;
    case STATUS_DEPENDENT_OBJECTS: return KAFKA_POLICY_VIOLATION;
    case STATUS_INSUFFICIENT_PRIVILEGE: return KAFKA_POLICY_VIOLATION;
    default: return KAFKA_UNKNOWN_SERVER_ERROR;
    }
}
