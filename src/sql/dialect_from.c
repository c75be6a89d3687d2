/* dialect_from.c - what stands in FROM: paths in quotes, and clauses of streams.
 *
 * Which FROM is a query's is told by the SELECT before it in the same bracket:
 * extract(year FROM x), a IS DISTINCT FROM b and DELETE FROM have none or are
 * excluded by the word before.
 */
#include "sql/rewriter.h"

enum from_state { FROM_NONE, FROM_SELECT, FROM_LIST };

struct level {
    enum from_state state;
    bool expects_table;
};

struct from_rewriter {
    struct rewriter *w;
    struct level *levels;
    uint32_t open;
};

static void add_file(struct rewriter *w, uint32_t i)
{
    struct dialect *d = w->d;
    if ((d->file_count & (d->file_count - 1)) == 0) { /* room for the next power of two */
        struct dialect_file *grown = ARENA_ARRAY(w->arena, struct dialect_file, d->file_count * 2 + 1);
        if (d->file_count != 0)
            memcpy(grown, d->files, d->file_count * sizeof *grown);
        d->files = grown;
    }
    d->files[d->file_count++] = (struct dialect_file){w->tokens[i].start, rewriter_value(w, i)};
    rewriter_put(w, i, "f");
}

static bool is_window_function(const struct rewriter *w, uint32_t i)
{
    static const char *const NAMES[] = {"tumble", "hop", "cumulate", "session", "tumble_rows", "hop_rows", "table"};
    for (size_t n = 0; n < sizeof NAMES / sizeof NAMES[0]; n++)
        if (rewriter_is(w, i, NAMES[n]))
            return rewriter_is(w, i + 1, "(");
    return false;
}

static bool ends_from(const struct rewriter *w, uint32_t i)
{
    static const char *const WORDS[] = {"where",  "group",  "having", "order",     "limit",
                                        "offset", "window", "union",  "intersect", "except"};
    for (size_t n = 0; n < sizeof WORDS / sizeof WORDS[0]; n++)
        if (rewriter_is(w, i, WORDS[n]))
            return true;
    return false;
}

static enum status rewrite_word(struct from_rewriter *f, uint32_t i)
{
    struct rewriter *w = f->w;
    struct level *l = &f->levels[f->open];
    bool expected = l->expects_table;
    l->expects_table = false;
    if (rewriter_is(w, i, "select")) {
        l->state = FROM_SELECT;
    } else if (rewriter_is(w, i, "from") && l->state == FROM_SELECT) {
        bool is_distinct = i >= 2 && rewriter_is(w, i - 1, "distinct") &&
                           (rewriter_is(w, i - 2, "is") || rewriter_is(w, i - 2, "not"));
        if (!is_distinct)
            *l = (struct level){FROM_LIST, true};
    } else if (l->state == FROM_LIST) {
        if (expected && is_window_function(w, i))
            return rewriter_fail_unsupported(w, i,
                                             arena_printf(w->arena, "window table function %s", rewriter_value(w, i)));
        if (rewriter_is(w, i, "asof") && (rewriter_is(w, i + 1, "join") || rewriter_is(w, i + 1, "left")))
            return rewriter_fail_unsupported(w, i, "ASOF JOIN");
        if (rewriter_is_all(w, i, "for system_time"))
            return rewriter_fail_unsupported(w, i, "FOR SYSTEM_TIME AS OF");
        if (rewriter_is(w, i, "match_recognize"))
            return rewriter_fail_unsupported(w, i, "MATCH_RECOGNIZE");
        if (ends_from(w, i) || (expected && rewriter_is(w, i, "values"))) /* its rows hold strings, not paths */
            l->state = FROM_NONE;
        l->expects_table = rewriter_is(w, i, "join") || (expected && rewriter_is(w, i, "lateral"));
    }
    return STATUS_OK;
}

enum status dialect_rewrite_from(struct rewriter *w)
{
    struct from_rewriter f = {.w = w, .levels = ARENA_ARRAY(w->arena, struct level, w->count + 1)};
    for (uint32_t i = 0; i < w->count; i++) {
        struct level *l = &f.levels[f.open];
        if (w->tokens[i].kind == TOKEN_WORD) {
            TRY(rewrite_word(&f, i));
        } else if (rewriter_is(w, i, "(")) {
            bool expected = l->expects_table;
            l->expects_table = false;
            f.levels[++f.open] = (struct level){expected ? FROM_LIST : FROM_NONE, expected};
        } else if (rewriter_is(w, i, ")")) {
            f.open -= f.open > 0;
        } else if (w->tokens[i].kind == TOKEN_STRING && l->expects_table) {
            add_file(w, i);
            l->expects_table = false;
        } else {
            l->expects_table = l->state == FROM_LIST && rewriter_is(w, i, ",");
        }
    }
    return STATUS_OK;
}
