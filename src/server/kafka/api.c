/* api.c - the table of APIs; ApiVersions and the documentation come from it. */
#include "server/kafka/api.h"

#include "server/kafka/kafka_error.h"
#include "server/kafka/wire.h"

static api_handler handle_api_versions;

const struct api APIS[] = {
    {0, "Produce", 0, 3, 11, 9, handle_produce, "versions 0 to 2 are named, as Kafka names them, and refused; acks 1 and all both wait for the topic's fsync policy"},
    {1, "Fetch", 4, 4, 17, 12, handle_fetch, "without fetch sessions"},
    {2, "ListOffsets", 1, 1, 10, 6, handle_list_offsets, "by timestamp, -1 latest, -2 earliest, -3 largest timestamp, -4 earliest local"},
    {3, "Metadata", 0, 0, 13, 9, handle_metadata, "makes unknown topics if auto_create_topics is on and the client agrees"},
    {9, "OffsetFetch", 1, 1, 9, 6, handle_offset_fetch, "no offset is ever committed: -1"},
    {10, "FindCoordinator", 0, 0, 6, 3, handle_find_coordinator, "always this node; no transactions"},
    {18, "ApiVersions", 0, 0, 4, 3, handle_api_versions, ""},
    {19, "CreateTopics", 2, 2, 7, 5, handle_create_topics, ""},
    {20, "DeleteTopics", 1, 1, 6, 4, handle_delete_topics, "refused while a table, view or sink uses the topic"},
    {22, "InitProducerId", 0, 0, 5, 2, handle_init_producer_id, "without a transactional id"},
    {23, "OffsetForLeaderEpoch", 2, 2, 4, 4, handle_offset_for_leader_epoch, "one leader epoch, 0"},
    {32, "DescribeConfigs", 1, 1, 4, 4, handle_describe_configs, "of topics and of this node"},
    {60, "DescribeCluster", 0, 0, 2, 0, handle_describe_cluster, ""},
};
const size_t API_COUNT = sizeof APIS / sizeof *APIS;

const struct api *api_find(int16_t key)
{
    for (size_t i = 0; i < API_COUNT; i++)
        if (APIS[i].key == key)
            return &APIS[i];
    return NULL;
}

static void put_api(struct request *q, const struct api *api)
{
    buffer_put_i16(q->out, api->key);
    buffer_put_i16(q->out, api->advertised_min);
    buffer_put_i16(q->out, api->max);
    wire_put_tags(q);
}

/* A newer client is told, in the form of version 0, which version to ask with (KIP-511). */
static void refuse_version(struct request *q)
{
    q->is_flexible = false;
    buffer_put_i16(q->out, KAFKA_UNSUPPORTED_VERSION);
    wire_put_count(q, 1);
    put_api(q, q->api);
}

static bool is_letter_or_digit(uint8_t c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* [a-zA-Z0-9](?:[a-zA-Z0-9\-.]*[a-zA-Z0-9])? */
static bool is_software_name(struct bytes text)
{
    if (text.size == 0 || !is_letter_or_digit(text.data[0]) || !is_letter_or_digit(text.data[text.size - 1]))
        return false;
    for (size_t i = 0; i < text.size; i++)
        if (!is_letter_or_digit(text.data[i]) && text.data[i] != '-' && text.data[i] != '.')
            return false;
    return true;
}

static enum status handle_api_versions(struct request *q, struct error *err)
{
    int16_t code = KAFKA_NONE;
    if (q->version < q->api->min || q->version > q->api->max) {
        refuse_version(q);
        return STATUS_OK;
    }
    if (q->version >= 3) {
        struct bytes name = wire_get_text(q), version = wire_get_text(q);
        wire_get_tags(q);
        TRY(reader_finish(&q->in, err, "ApiVersions request"));
        if (!is_software_name(name) || !is_software_name(version))
            code = KAFKA_INVALID_REQUEST;
    }
    buffer_put_i16(q->out, code);
    wire_put_count(q, code == KAFKA_NONE ? API_COUNT : 0);
    for (size_t i = 0; i < API_COUNT && code == KAFKA_NONE; i++)
        put_api(q, &APIS[i]);
    if (q->version >= 1)
        buffer_put_i32(q->out, 0); /* throttle time */
    wire_put_tags(q);
    return STATUS_OK;
}

void kafka_api_table_print(FILE *out)
{
    fprintf(out, "| Key | API | Versions | Notes |\n|---|---|---|---|\n");
    for (size_t i = 0; i < API_COUNT; i++)
        fprintf(out, "| %d | %s | %d-%d | %s |\n", APIS[i].key, APIS[i].name, APIS[i].min, APIS[i].max, APIS[i].note);
}
