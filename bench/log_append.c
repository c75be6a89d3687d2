/* log_append.c - how fast the log takes batches, and how long one commit takes, on this disk.
 *
 *     log_append DIR
 *
 * DIR is made and removed. Prints the disk's own fdatasync beside the log's figures.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "log/log.h"
#include "os/clock.h"
#include "os/thread.h"

static struct error err;

static void check(enum status st)
{
    if (st == STATUS_OK)
        return;
    fprintf(stderr, "%s\n", err.message);
    exit(1);
}

static int compare(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static void print_latency(const char *what, int64_t *ns, size_t count)
{
    qsort(ns, count, sizeof *ns, compare);
    printf("%-44s p50 %6.0f us  p99 %6.0f us  max %6.0f us\n", what, (double)ns[count / 2] / 1e3,
           (double)ns[count * 99 / 100] / 1e3, (double)ns[count - 1] / 1e3);
}

static void make_batch(struct buffer *out, size_t record_size, int count)
{
    struct record_batch_builder b = {0};
    struct buffer value = {0};
    while (value.size < record_size)
        buffer_put_u8(&value, (uint8_t)value.size);
    for (int i = 0; i < count; i++)
        record_batch_builder_add(&b, 1700000000000 + i, (struct bytes){NULL, 0}, buffer_bytes(&value));
    check(record_batch_builder_finish(&b, COMPRESSION_NONE, out, &err));
    buffer_clear(&value);
    record_batch_builder_clear(&b);
}

static void measure_disk(const char *directory)
{
    struct os *os = os_real();
    char path[4096], block[512] = {0};
    int fd;
    enum { COUNT = 500, SIZE = 16 * 1024 * 1024 };
    int64_t ns[COUNT];
    snprintf(path, sizeof path, "%s/disk", directory);
    check(os->open(os, path, FILE_WRITE, &fd, &err));
    uint8_t *zeros = memory_alloc_zero(1, SIZE);
    check(os->write(os, fd, zeros, SIZE, 0, &err));
    check(os->sync(os, fd, &err));
    for (int i = 0; i < COUNT; i++) {
        int64_t begin = clock_monotonic_ns();
        check(os->write(os, fd, block, sizeof block, i * 512, &err));
        check(os->sync(os, fd, &err));
        ns[i] = clock_monotonic_ns() - begin;
    }
    print_latency("disk: write 512 bytes in place, fdatasync", ns, COUNT);
    os->close(os, fd);
    free(zeros);
    check(os->remove(os, path, &err));
}

static struct topic *make_topic(struct log *log, const char *name, int partitions, enum log_fsync fsync)
{
    struct topic_options options = {.partition_count = partitions, .fsync = fsync, .retention_ms = -1, .retention_size = -1};
    struct topic *t;
    check(log_create_topic(log, name, &options, &t, &err));
    return t;
}

static void measure_commits(struct log *log, struct topic *t)
{
    enum { COUNT = 2000 };
    int64_t ns[COUNT];
    struct buffer batch = {0};
    make_batch(&batch, 100, 1);
    struct append_result result;
    for (int i = 0; i < COUNT; i++) {
        int64_t begin = clock_monotonic_ns();
        check(partition_append(topic_partition(t, i % topic_get_options(t)->partition_count), batch.data, batch.size,
                               APPEND_FROM_CLIENT | APPEND_CALLER_WAITS, &result, NULL, &err));
        check(log_wait(log, result.ticket, &err));
        ns[i] = clock_monotonic_ns() - begin;
    }
    print_latency("append one record of 100 bytes and wait", ns, COUNT);
    for (int i = 0; i < COUNT; i++) { /* an input, then the epoch that follows it: one sync */
        int64_t begin = clock_monotonic_ns(), offset;
        check(partition_append(topic_partition(t, 0), batch.data, batch.size, APPEND_FROM_CLIENT | APPEND_CALLER_WAITS, &result,
                               NULL, &err));
        struct log_group *g = log_group_begin(log);
        for (int at = 1; at < topic_get_options(t)->partition_count; at++)
            check(log_group_append(g, topic_partition(t, at), batch.data, batch.size, &offset, &err));
        check(log_group_commit(g, &err));
        ns[i] = clock_monotonic_ns() - begin;
    }
    print_latency("append, and a group over 8 partitions, commit", ns, COUNT);
    buffer_clear(&batch);
}

/* total bytes in batches of count records. */
static void measure_rate(struct log *log, struct topic *t, const char *what, int count, int64_t total)
{
    struct buffer batch = {0};
    make_batch(&batch, 100, count);
    struct append_result result = {0};
    struct log_statistics before, after;
    log_get_statistics(log, &before);
    int64_t batches = total / (int64_t)batch.size, begin = clock_monotonic_ns();
    for (int64_t i = 0; i < batches; i++)
        check(partition_append(topic_partition(t, (int32_t)(i % topic_get_options(t)->partition_count)), batch.data, batch.size, APPEND_FROM_CLIENT,
                               &result, NULL, &err));
    check(log_wait(log, log_queued_ticket(log), &err));
    double seconds = (double)(clock_monotonic_ns() - begin) / 1e9;
    log_get_statistics(log, &after);
    printf("%-20s batches of %8zu bytes  %7.2f M records/s  %7.0f MB/s  %lld syncs\n", what, batch.size,
           (double)(batches * count) / seconds / 1e6, (double)(batches * (int64_t)batch.size) / seconds / 1e6,
           (long long)(after.sync_count - before.sync_count));
    buffer_clear(&batch);
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "usage: log_append DIR\n");
        return 2;
    }
    struct os *os = os_real();
    check(os->make_directory(os, argv[1], &err));
    measure_disk(argv[1]);
    struct log_options options = {0};
    struct log *log;
    int64_t begin = clock_monotonic_ns();
    check(log_open(os, argv[1], &options, NULL, NULL, &log, &err));
    printf("open a new log %.1f ms\n", (double)(clock_monotonic_ns() - begin) / 1e6);
    struct topic *t = make_topic(log, "always", 9, LOG_FSYNC_ALWAYS);
    measure_commits(log, t);
    struct topic *wide = make_topic(log, "wide", 4, LOG_FSYNC_ALWAYS);
    measure_rate(log, wide, "fsync = always", 10, 50000000);
    measure_rate(log, wide, "fsync = always", 140, 500000000);
    measure_rate(log, wide, "fsync = always", 500, 500000000);
    measure_rate(log, wide, "fsync = always", 9000, 1000000000);
    struct topic *loose = make_topic(log, "loose", 4, LOG_FSYNC_INTERVAL);
    measure_rate(log, loose, "fsync = interval", 140, 500000000);
    begin = clock_monotonic_ns();
    log_close(log);
    printf("close %.1f ms\n", (double)(clock_monotonic_ns() - begin) / 1e6);
    begin = clock_monotonic_ns();
    check(log_open(os, argv[1], &options, NULL, NULL, &log, &err));
    printf("open again after an orderly close %.1f ms, resident %.1f MB\n", (double)(clock_monotonic_ns() - begin) / 1e6,
           (double)memory_resident_size() / 1e6);
    log_close(log);
    check(os_remove_tree(os, argv[1], &err));
    return 0;
}
