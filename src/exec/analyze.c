/* analyze.c - EXPLAIN ANALYZE: runs the plan, drops its rows, prints the plan with what happened at each node.
 *
 * plan_print and plan_print_json print nodes in pre-order, a shared subplan in
 * full once; the figures are put in at each node's line or object.
 */
#include <assert.h>
#include <stdlib.h>

#include "base/memory.h"
#include "exec/dataflow_bounded.h"
#include "os/clock.h"

/* The nodes in the order in which they are printed. */
struct printed_nodes {
    const struct plan **plans;
    uint32_t count, capacity;
};

static void list_nodes(struct printed_nodes *list, const struct plan *p)
{
    bool seen = false;
    for (uint32_t i = 0; p->kind == PLAN_CTE && i < list->count; i++)
        seen |= list->plans[i] == p;
    if (list->count == list->capacity) {
        list->capacity = list->capacity == 0 ? 16 : list->capacity * 2;
        list->plans = memory_realloc(list->plans, list->capacity * sizeof *list->plans);
    }
    list->plans[list->count++] = p;
    for (uint32_t i = 0; !seen && i < p->input_count; i++)
        list_nodes(list, p->inputs[i]);
}

/* What happened at p; a node that became part of the one below it has that one's rows. */
static struct node_statistics statistics_of(const struct graph *g, const struct plan *p)
{
    struct node_statistics s = {.node = p};
    bool found = false;
    for (uint32_t i = 0; i < g->node_count; i++) {
        const struct node *n = g->nodes[i];
        if (n->plan != p)
            continue;
        found = true;
        for (unsigned w = 0; w < g->worker_count; w++) {
            s.rows += n->counts[w].rows;
            s.ns += n->counts[w].ns;
        }
        s.size += n->peak_size;
    }
    if (!found && p->input_count != 0)
        s.rows = statistics_of(g, p->inputs[0]).rows;
    return s;
}

static void put_text_figures(const struct node_statistics *s, struct buffer *out)
{
    buffer_printf(out, " (actual rows=%lld time=%.3f ms", (long long)s->rows, (double)s->ns / 1e6);
    if (s->size != 0)
        buffer_printf(out, " memory=%lld kB", (long long)(s->size + 1023) / 1024);
    buffer_put_u8(out, ')');
}

static bool is_node_line(const char *line, bool is_first)
{
    while (*line == ' ')
        line++;
    return is_first || strncmp(line, "->  ", 4) == 0;
}

static void put_text(const struct graph *g, const struct printed_nodes *nodes, char *text, struct buffer *out)
{
    uint32_t next = 0;
    char *end;
    for (char *line = text; *line != '\0'; line = end + 1) {
        end = strchr(line, '\n');
        assert(end != NULL); /* plan_print ends every line */
        buffer_put(out, line, (size_t)(end - line));
        if (next < nodes->count && is_node_line(line, line == text)) {
            struct node_statistics s = statistics_of(g, nodes->plans[next++]);
            put_text_figures(&s, out);
        }
        buffer_put_u8(out, '\n');
    }
}

static void put_json(const struct graph *g, const struct printed_nodes *nodes, const char *text, struct buffer *out)
{
    static const char OBJECT[] = "{\"Node Type\""; /* cannot be inside a string: its quotes would be escaped */
    uint32_t next = 0;
    for (const char *at; (at = strstr(text, OBJECT)) != NULL && next < nodes->count; text = at + 1) {
        struct node_statistics s = statistics_of(g, nodes->plans[next++]);
        buffer_put(out, text, (size_t)(at - text));
        buffer_printf(out, "{\"Actual Rows\": %lld, \"Actual Time\": %.3f, \"Peak Memory\": %lld, ", (long long)s.rows, (double)s.ns / 1e6,
                      (long long)s.size);
    }
    buffer_put_text(out, text);
}

static enum status drop_rows(void *context, unsigned worker, const struct batch *rows, struct error *err)
{
    (void)context;
    (void)worker;
    (void)rows;
    (void)err;
    return STATUS_OK;
}

static void print_analyzed(const struct graph *g, const struct plan *p, bool json, int64_t ns, struct buffer *out)
{
    struct printed_nodes nodes = {0};
    struct buffer text = {0};
    list_nodes(&nodes, p);
    if (json) {
        plan_print_json(p, false, &text);
        put_json(g, &nodes, buffer_text(&text), out);
    } else {
        plan_print(p, false, &text);
        buffer_text(&text);
        put_text(g, &nodes, (char *)text.data, out);
        buffer_printf(out, "Execution Time: %.3f ms\n", (double)ns / 1e6);
    }
    buffer_clear(&text);
    free(nodes.plans);
}

enum status dataflow_analyze(const struct plan *p, const struct run_environment *environment, bool json, struct buffer *out,
                             struct error *err)
{
    struct graph_leaves leaves = {environment->open_source, environment->context};
    struct output output = {drop_rows, NULL};
    struct graph *g;
    int64_t begin = clock_monotonic_ns();
    TRY(graph_create(p, environment->worker_count, environment->budget, &environment->text, &leaves, &g, err));
    enum status st = bounded_run(g, environment, &output, true, err);
    if (st == STATUS_OK)
        print_analyzed(g, p, json, clock_monotonic_ns() - begin, out);
    graph_destroy(g);
    return st;
}
