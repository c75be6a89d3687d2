/* dialect_subscribe.c - SUBSCRIBE [TO] v | (SELECT ...) [WITH (...)], wherever it stands: it leaves TABLE v, or the query alone. */
#include "sql/rewriter.h"

enum status dialect_rewrite_subscribe(struct rewriter *w, uint32_t i, uint32_t to)
{
    uint32_t at = i + 1;
    w->d->is_subscribe = true;
    if (rewriter_is(w, at, "to")) {
        rewriter_blank(w, at, at + 1);
        at++;
    }
    bool is_query = rewriter_is(w, at, "(") || rewriter_is(w, at, "select") || rewriter_is(w, at, "with") ||
                    rewriter_is(w, at, "values");
    if (is_query)
        rewriter_blank(w, i, i + 1);
    else if (rewriter_is_name(w, at))
        rewriter_put(w, i, "TABLE");
    else
        return rewriter_fail_near(w, at);
    for (int depth = 0; at < to; at++) {
        depth += rewriter_is(w, at, "(") ? 1 : rewriter_is(w, at, ")") ? -1 : 0;
        if (depth != 0 || !dialect_is_options(w, at))
            continue;
        uint32_t behind;
        TRY(dialect_read_options(w, at, &behind));
        if (behind < to)
            return rewriter_fail_near(w, behind);
        return STATUS_OK;
    }
    return STATUS_OK;
}
