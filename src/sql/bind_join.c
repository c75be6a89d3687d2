/* bind_join.c - a JOIN b ON / USING / NATURAL, inner, left, right and cross.
 *
 * A right join is a left join with its sides exchanged in the row; the scope
 * still names the left side first. Which parts of the condition are keys is
 * found by plan_optimize.
 */
#include "sql/bind.h"

struct join_binder {
    struct binder *b;
    struct from_item left;
    struct from_item right;
    uint32_t left_shift; /* where the left's columns begin in the joined row */
    uint32_t right_shift;
    enum join_kind kind;
    bool right_is_kept; /* RIGHT JOIN: a merged column is the right's */
};

static const struct scope_column *find_column(const struct scope *scope, const char *name, uint32_t *count)
{
    const struct scope_column *found = NULL;
    *count = 0;
    for (uint32_t i = 0; i < scope->column_count; i++)
        if (scope->columns[i].name != NULL && strcmp(scope->columns[i].name, name) == 0) {
            found = found == NULL ? &scope->columns[i] : found;
            (*count)++;
        }
    return found;
}

static enum status find_using(struct join_binder *j, const struct scope *scope, const char *side, const char *name,
                              const struct scope_column **out)
{
    uint32_t count;
    *out = find_column(scope, name, &count);
    if (count == 0)
        return error_set(j->b->err, STATUS_UNDEFINED_COLUMN,
                         "column \"%s\" specified in USING clause does not exist in %s table", name, side);
    if (count > 1)
        return error_set(j->b->err, STATUS_AMBIGUOUS_COLUMN,
                         "common column name \"%s\" appears more than once in %s table", name, side);
    return STATUS_OK;
}

static struct expr *row_column(struct join_binder *j, const struct scope_column *column, uint32_t shift)
{
    return expr_column(column->column + shift, column->type, j->b->arena);
}

/* One pair of USING: the condition l = r, and the merged column. */
static enum status merge_column(struct join_binder *j, const char *name, struct scope_column *merged,
                                struct expr **condition)
{
    struct binder *b = j->b;
    const struct scope_column *left;
    const struct scope_column *right;
    TRY(find_using(j, &j->left.scope, "left", name, &left));
    TRY(find_using(j, &j->right.scope, "right", name, &right));
    struct expr *sides[2] = {row_column(j, left, j->left_shift), row_column(j, right, j->right_shift)};
    struct type types[2] = {left->merged, right->merged};
    struct type common;
    enum status st = type_common(types, 2, "JOIN/USING", &common, b->err);
    if (st != STATUS_OK)
        return st;
    for (int i = 0; i < 2; i++)
        if (!type_equal(types[i], common))
            TRY(bind_cast(b, sides[i], common, CAST_IMPLICIT, &sides[i]));
    TRY(bind_call(b, "=", true, sides, 2, 0, condition));
    *merged = j->right_is_kept ? *right : *left;
    merged->column += j->right_is_kept ? j->right_shift : j->left_shift;
    merged->table += j->right_is_kept ? j->left.scope.table_count : 0;
    merged->merged = common;
    return STATUS_OK;
}

static void append_condition(struct join_binder *j, struct expr *more, struct expr **condition)
{
    if (*condition == NULL) {
        *condition = more;
        return;
    }
    struct expr **both = ARENA_ARRAY(j->b->arena, struct expr *, 2);
    both[0] = *condition;
    both[1] = more;
    *condition = expr_list(EXPR_AND, type_of(TYPE_BOOL), both, 2, j->b->arena);
}

/* The names that both sides have, in the order of the left. */
static const char **natural_names(struct join_binder *j, size_t *count)
{
    const char **names = ARENA_ARRAY(j->b->arena, const char *, j->left.scope.column_count + 1);
    *count = 0;
    for (uint32_t i = 0; i < j->left.scope.column_count; i++) {
        uint32_t matches;
        const char *name = j->left.scope.columns[i].name;
        if (name != NULL && find_column(&j->right.scope, name, &matches) != NULL)
            names[(*count)++] = name;
    }
    return names;
}

static void append_side(struct scope *to, const struct scope *side, uint32_t shift, uint32_t table_shift,
                        const char *const *merged, size_t merged_count)
{
    for (uint32_t i = 0; i < side->column_count; i++) {
        bool is_merged = false;
        for (size_t m = 0; m < merged_count; m++)
            is_merged |= side->columns[i].name != NULL && strcmp(side->columns[i].name, merged[m]) == 0;
        if (is_merged)
            continue;
        struct scope_column *column = &to->columns[to->column_count++];
        *column = side->columns[i];
        column->column += shift;
        column->table += table_shift;
    }
}

/* Tables of both sides; columns: merged ones, the left's others, the right's others. */
static enum status join_scopes(struct join_binder *j, const char *const *names, size_t name_count, struct scope *out,
                               struct expr **condition)
{
    const struct scope *left = &j->left.scope;
    const struct scope *right = &j->right.scope;
    *out = (struct scope){.table_count = left->table_count + right->table_count, .parent = left->parent};
    out->tables = ARENA_ARRAY(j->b->arena, struct scope_table, out->table_count + 1);
    out->columns = ARENA_ARRAY(j->b->arena, struct scope_column, left->column_count + right->column_count + 1);
    for (uint32_t i = 0; i < out->table_count; i++) {
        bool is_left = i < left->table_count;
        out->tables[i] = is_left ? left->tables[i] : right->tables[i - left->table_count];
        out->tables[i].first += is_left ? j->left_shift : j->right_shift;
    }
    for (size_t i = 0; i < name_count; i++) {
        struct expr *equal;
        TRY(merge_column(j, names[i], &out->columns[out->column_count++], &equal));
        append_condition(j, equal, condition);
    }
    append_side(out, left, j->left_shift, 0, names, name_count);
    append_side(out, right, j->right_shift, left->table_count, names, name_count);
    return STATUS_OK;
}

static enum status choose_kind(struct join_binder *j, const PgQuery__JoinExpr *join)
{
    uint32_t left_count = j->left.plan->schema.column_count;
    uint32_t right_count = j->right.plan->schema.column_count;
    j->right_is_kept = join->jointype == PG_QUERY__JOIN_TYPE__JOIN_RIGHT;
    j->kind = join->jointype == PG_QUERY__JOIN_TYPE__JOIN_INNER ? JOIN_INNER : JOIN_LEFT;
    j->left_shift = j->right_is_kept ? right_count : 0;
    j->right_shift = j->right_is_kept ? 0 : left_count;
    if (join->jointype == PG_QUERY__JOIN_TYPE__JOIN_FULL) {
        bind_unsupported_words(j->b, "full", "FULL JOIN");
        error_hint(
            j->b->err,
            "A LEFT JOIN and the rows of the right that match nothing, put together by UNION ALL, give the same rows.");
        return STATUS_FEATURE_NOT_SUPPORTED;
    }
    return STATUS_OK;
}

static struct plan *make_join(struct join_binder *j, struct expr *condition)
{
    struct plan *first = j->right_is_kept ? j->right.plan : j->left.plan;
    struct plan *second = j->right_is_kept ? j->left.plan : j->right.plan;
    struct plan *p = bind_cross_join(first, second, j->b->arena);
    p->join.kind = j->kind;
    p->join.condition = condition;
    for (uint32_t i = first->schema.column_count; j->kind == JOIN_LEFT && i < p->schema.column_count; i++)
        p->schema.columns[i].not_null = false;
    return p;
}

static bool is_duplicate(const struct scope *scope, uint32_t table)
{
    for (uint32_t i = 0; i < table; i++)
        if (strcmp(scope->tables[i].name, scope->tables[table].name) == 0)
            return true;
    return false;
}

enum status bind_join(struct binder *b, const PgQuery__JoinExpr *join, const struct scope *parent,
                      struct from_item *out)
{
    struct join_binder j = {.b = b};
    struct expr *condition = NULL;
    size_t name_count = join->n_using_clause;
    if (join->alias != NULL || join->join_using_alias != NULL)
        return bind_unsupported_words(b, "join", "an alias of a join");
    TRY(bind_from_item(b, join->larg, parent, &j.left));
    TRY(bind_from_item(b, join->rarg, parent, &j.right));
    TRY(choose_kind(&j, join));
    const char **names = ARENA_ARRAY(b->arena, const char *, name_count + 1);
    for (size_t i = 0; i < name_count; i++)
        names[i] = bind_string(join->using_clause[i]);
    if (join->is_natural)
        names = natural_names(&j, &name_count);
    TRY(join_scopes(&j, names, name_count, &out->scope, &condition));
    for (uint32_t i = 0; i < out->scope.table_count; i++)
        if (is_duplicate(&out->scope, i))
            return error_set(b->err, STATUS_DUPLICATE_ALIAS, "table name \"%s\" specified more than once",
                             out->scope.tables[i].name);
    if (join->quals != NULL) {
        out->scope.parent = parent;
        struct expr_context c = {.b = b, .scope = &out->scope, .construct = "JOIN conditions"};
        struct expr *on;
        TRY(bind_condition(&c, join->quals, "JOIN/ON", &on));
        append_condition(&j, on, &condition);
    }
    out->plan = make_join(&j, condition);
    return STATUS_OK;
}
