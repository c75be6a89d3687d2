/* watch.c - Fetches that wait: parked by partition, looked at when one of theirs has moved. */
#include <assert.h>
#include <stdlib.h>

#include "base/hash.h"
#include "base/memory.h"
#include "os/clock.h"
#include "server/kafka/api.h"
#include "server/kafka/fetch.h"

/* One per partition that was ever waited for; partitions live as long as the log. */
struct watch {
    struct partition *partition;
    int64_t seen_end;
    struct fetch_link *first;           /* those who wait */
    struct watch *previous, *next;      /* among the watches with somebody waiting */
};
struct watch_table {
    struct watch **slots; /* open addressing by the partition's address */
    size_t slot_count;
    size_t watch_count;
    struct watch *active;
    struct fetch *parked;
    int64_t deadline_ns;  /* the earliest of the parked; INT64_MAX: none */
};

struct watch_table *watch_table_create(void)
{
    struct watch_table *t = memory_alloc_zero(1, sizeof *t);
    t->slot_count = 64;
    t->slots = memory_alloc_zero(t->slot_count, sizeof(struct watch *));
    t->deadline_ns = INT64_MAX;
    return t;
}

void watch_table_destroy(struct watch_table *t)
{
    if (t == NULL)
        return;
    assert(t->parked == NULL);
    for (size_t i = 0; i < t->slot_count; i++)
        free(t->slots[i]);
    free(t->slots);
    free(t);
}

/* ---- watches ---- */

static struct watch **find_slot(struct watch **slots, size_t slot_count, const struct partition *p)
{
    size_t at = (size_t)hash_u64((uintptr_t)p) & (slot_count - 1);
    while (slots[at] != NULL && slots[at]->partition != p)
        at = (at + 1) & (slot_count - 1);
    return &slots[at];
}

static void grow(struct watch_table *t)
{
    size_t slot_count = t->slot_count * 2;
    struct watch **slots = memory_alloc_zero(slot_count, sizeof(struct watch *));
    for (size_t i = 0; i < t->slot_count; i++)
        if (t->slots[i] != NULL)
            *find_slot(slots, slot_count, t->slots[i]->partition) = t->slots[i];
    free(t->slots);
    t->slots = slots;
    t->slot_count = slot_count;
}

static struct watch *get_watch(struct watch_table *t, struct partition *p)
{
    if (t->watch_count * 2 >= t->slot_count)
        grow(t);
    struct watch **slot = find_slot(t->slots, t->slot_count, p);
    if (*slot == NULL) {
        *slot = memory_alloc_zero(1, sizeof **slot);
        (*slot)->partition = p;
        t->watch_count++;
    }
    return *slot;
}

/* seen_end: what the one who waits has judged by. Whoever waits already has seen no more than that. */
static void attach(struct watch_table *t, struct fetch_link *link, struct fetch *f, struct partition *p, int64_t seen_end)
{
    struct watch *w = get_watch(t, p);
    *link = (struct fetch_link){.fetch = f, .watch = w, .next = w->first};
    if (w->first != NULL) {
        w->first->previous = link;
    } else {
        w->seen_end = seen_end;
        w->previous = NULL;
        w->next = t->active;
        if (t->active != NULL)
            t->active->previous = w;
        t->active = w;
    }
    w->first = link;
}

static void detach(struct watch_table *t, struct fetch_link *link)
{
    struct watch *w = link->watch;
    if (link->previous != NULL)
        link->previous->next = link->next;
    else
        w->first = link->next;
    if (link->next != NULL)
        link->next->previous = link->previous;
    if (w->first != NULL)
        return;
    if (w->previous != NULL)
        w->previous->next = w->next;
    else
        t->active = w->next;
    if (w->next != NULL)
        w->next->previous = w->previous;
}

/* ---- parked Fetches ---- */

/* The parts in one piece of memory. Names and ids become the topics' own: the message's bytes go. */
static struct fetch *copy(const struct fetch *f)
{
    size_t topics_size = f->topic_count * sizeof *f->topics, partitions_size = f->partition_count * sizeof *f->partitions;
    struct fetch *n = memory_alloc_zero(1, sizeof *n + topics_size + partitions_size + f->partition_count * sizeof *n->links);
    *n = *f;
    n->topics = (struct fetch_topic *)(n + 1);
    n->partitions = (struct fetch_partition *)(n->topics + f->topic_count);
    n->links = (struct fetch_link *)(n->partitions + f->partition_count);
    memcpy(n->topics, f->topics, topics_size);
    memcpy(n->partitions, f->partitions, partitions_size);
    for (size_t i = 0; i < n->topic_count; i++) {
        struct fetch_topic *t = &n->topics[i];
        t->name = bytes_from_text(topic_name(t->topic));
        t->id = t->id == NULL ? NULL : topic_id(t->topic);
    }
    return n;
}

void fetch_park(struct kafka_server *s, const struct fetch *f, struct request *q)
{
    struct watch_table *t = s->watches;
    struct fetch *n = copy(f);
    n->server = s;
    n->answer = q->answer;
    n->answer->parked = n;
    for (size_t i = 0; i < n->partition_count; i++) /* an end beyond the offset counts as a move: too little may be there already */
        attach(t, &n->links[i], n, n->partitions[i].partition, n->partitions[i].offset);
    n->next = t->parked;
    if (t->parked != NULL)
        t->parked->previous = n;
    t->parked = n;
    n->deadline_ns = clock_monotonic_ns() + n->max_wait_ms * 1000000;
    if (n->deadline_ns < t->deadline_ns)
        t->deadline_ns = n->deadline_ns;
    loop_set_deadline(s->loop, n->deadline_ns);
    q->outcome = OUTCOME_PARKED;
}

static void unpark(struct fetch *f)
{
    struct watch_table *t = f->server->watches;
    for (size_t i = 0; i < f->partition_count; i++)
        detach(t, &f->links[i]);
    if (f->previous != NULL)
        f->previous->next = f->next;
    else
        t->parked = f->next;
    if (f->next != NULL)
        f->next->previous = f->previous;
    f->answer->parked = NULL;
}

/* One that is due stays for watch_table_turn, which is at it. */
void fetch_cancel(struct fetch *f)
{
    unpark(f);
    f->answer = NULL;
    if (!f->is_due)
        free(f);
}

static void complete(struct fetch *f)
{
    struct kafka_server *s = f->server;
    struct answer *a = f->answer;
    arena_reset(s->arena);
    struct request q = {.server = s, .api = f->api, .version = f->version, .correlation_id = f->correlation_id, .arena = s->arena,
                        .is_flexible = api_is_flexible(f->api, f->version), .out = &a->bytes};
    buffer_reset(&a->bytes);
    size_t begin = answer_begin(&a->bytes, f->api, f->version, f->correlation_id);
    fetch_put(f, &q);
    answer_finish(&a->bytes, begin);
    unpark(f);
    answer_ready(s, a);
}

static void make_due(struct fetch *f, struct fetch **due)
{
    if (f->is_due)
        return;
    f->is_due = true;
    f->next_due = *due;
    *due = f;
}

static void find_moved(struct watch_table *t, struct fetch **due)
{
    for (struct watch *w = t->active; w != NULL; w = w->next) {
        int64_t end = partition_visible_end(w->partition);
        if (end == w->seen_end && !topic_is_deleted(partition_topic(w->partition)))
            continue;
        w->seen_end = end;
        for (struct fetch_link *link = w->first; link != NULL; link = link->next)
            make_due(link->fetch, due);
    }
}

static void find_late(struct watch_table *t, int64_t now, struct fetch **due)
{
    t->deadline_ns = INT64_MAX;
    for (struct fetch *f = t->parked; f != NULL; f = f->next) {
        if (f->deadline_ns <= now)
            make_due(f, due);
        else if (f->deadline_ns < t->deadline_ns)
            t->deadline_ns = f->deadline_ns;
    }
}

void watch_table_turn(struct kafka_server *s)
{
    struct watch_table *t = s->watches;
    if (t->parked == NULL)
        return;
    struct fetch *due = NULL;
    int64_t now = clock_monotonic_ns();
    find_moved(t, &due);
    if (t->deadline_ns <= now)
        find_late(t, now, &due);
    while (due != NULL) {
        struct fetch *f = due;
        due = f->next_due;
        if (f->answer == NULL) { /* cancelled meanwhile */
            free(f);
        } else if (f->deadline_ns <= now || fetch_is_ready(f)) {
            complete(f);
            free(f);
        } else {
            f->is_due = false;
        }
    }
    if (t->deadline_ns != INT64_MAX)
        loop_set_deadline(s->loop, t->deadline_ns);
}
