/* bind_operator.c - a + b, a IN (...), a BETWEEN b AND c, a LIKE b, IS DISTINCT FROM, NULLIF. */
#include "sql/bind.h"

/* pg_catalog.~ by its sign; other schemas have no operators. */
static enum status operator_name(struct binder *b, const PgQuery__AExpr *e, const char **out)
{
    *out = bind_string(e->name[e->n_name - 1]);
    if (e->n_name > 1 && strcmp(bind_string(e->name[0]), "pg_catalog") != 0)
        return error_set_at(b->err, STATUS_UNDEFINED_FUNCTION, bind_position(b, e->location),
                            "operator does not exist: %s.%s", bind_string(e->name[0]), *out);
    return STATUS_OK;
}

static enum status fail_row(struct expr_context *c, const PgQuery__Node *node)
{
    return bind_unsupported(c->b, node->row_expr->location, "ROW");
}

/* Operators of PostgreSQL that are not there: named instead of "does not exist". */
static bool is_known_elsewhere(const char *name)
{
    static const char *const NAMES[] = {"~", "~*", "!~", "!~*", "@>",  "<@",  "&&",
                                        "?", "?|", "?&", "#>",  "#>>", "-|-", "@@"};
    return bind_is_listed(name, NAMES, sizeof NAMES / sizeof NAMES[0]);
}

static enum status bind_plain(struct expr_context *c, const PgQuery__AExpr *e, struct expr **out)
{
    const char *name;
    struct expr *sides[2];
    uint32_t count = 0;
    TRY(operator_name(c->b, e, &name));
    if (e->lexpr != NULL)
        TRY(bind_expr(c, e->lexpr, &sides[count++]));
    TRY(bind_expr(c, e->rexpr, &sides[count++]));
    int position = bind_position(c->b, e->location);
    if (is_known_elsewhere(name) && (!bind_is_function(name) || (count == 2 && strcmp(name, "~") == 0)))
        return bind_unsupported(c->b, e->location, "operator %s", name);
    if (count == 1 && strcmp(name, "-") == 0 && e->rexpr->node_case == PG_QUERY__NODE__NODE_A_CONST &&
        sides[0]->type.id != TYPE_NULL) {
        TRY(bind_call(c->b, name, true, sides, 1, position, out));
        *out = expr_fold(*out, &c->b->text, c->b->arena); /* -1 is a constant */
        (*out)->position = position;
        return STATUS_OK;
    }
    return bind_call(c->b, name, true, sides, count, position, out);
}

/* x = a, x = b, ..., each = with types of its own, to be put behind the parts that are there. */
static enum status bind_equalities(struct binder *b, struct expr *value, struct expr *const *list, uint32_t count, int position,
                                   struct expr **parts, uint32_t *part_count)
{
    for (uint32_t i = 0; i < count; i++) {
        struct expr *sides[2] = {value, list[i]};
        TRY(bind_call(b, "=", true, sides, 2, position, &parts[(*part_count)++]));
    }
    return STATUS_OK;
}

/* Takes a list of constants as PostgreSQL takes an array: its elements and x share a type. Reals are the exception, for x keeps its
 * own then, and both are compared as double precision. *out is NULL where there is no such type, or an element fails. */
static enum status bind_constants(struct binder *b, struct expr *value, struct expr *const *list, uint32_t count, int position,
                                  struct expr **out)
{
    *out = NULL;
    struct expr **all = ARENA_ARRAY(b->arena, struct expr *, count + 1);
    struct type *types = ARENA_ARRAY(b->arena, struct type, count + 1), common;
    all[0] = value;
    types[0] = value->type;
    for (uint32_t i = 1; i <= count; i++) {
        all[i] = list[i - 1];
        types[i] = all[i]->type;
    }
    if (count < 2 || type_common(types, count + 1, "IN", &common, NULL) != STATUS_OK)
        return STATUS_OK;
    bool by_double = common.id == TYPE_FLOAT4 && value->type.id != TYPE_FLOAT4;
    for (uint32_t i = by_double ? 1 : 0; i <= count; i++)
        TRY(bind_cast(b, all[i], common, CAST_IMPLICIT, &all[i]));
    for (uint32_t i = 0; by_double && i <= count; i++)
        TRY(bind_cast(b, all[i], type_of(TYPE_FLOAT8), CAST_IMPLICIT, &all[i]));
    bool all_constant = true;
    for (uint32_t i = 1; i <= count; i++) {
        all[i] = expr_fold(all[i], &b->text, b->arena);
        all_constant &= all[i]->kind == EXPR_CONSTANT;
    }
    if (all_constant) {
        *out = expr_list(EXPR_IN, type_of(TYPE_BOOL), all, count + 1, b->arena);
        (*out)->position = position;
    }
    return STATUS_OK;
}

/* Constants are one list where they can be; what is not constant is compared by itself. */
static enum status bind_in(struct expr_context *c, const PgQuery__AExpr *e, struct expr **out)
{
    struct binder *b = c->b;
    const PgQuery__List *items = e->rexpr->list;
    uint32_t count = (uint32_t)items->n_items, constant_count = 0, other_count = 0, part_count = 0;
    int position = bind_position(b, e->location);
    struct expr **all = ARENA_ARRAY(b->arena, struct expr *, count), **parts = ARENA_ARRAY(b->arena, struct expr *, count + 1);
    struct expr **constants = ARENA_ARRAY(b->arena, struct expr *, count), **others = ARENA_ARRAY(b->arena, struct expr *, count);
    struct expr *value;
    TRY(bind_expr(c, e->lexpr, &value));
    for (uint32_t i = 0; i < count; i++) {
        TRY(bind_expr(c, items->items[i], &all[i]));
        if (expr_is_constant(all[i]))
            constants[constant_count++] = all[i];
        else
            others[other_count++] = all[i];
    }
    TRY(bind_constants(b, value, constants, constant_count, position, &parts[0]));
    if (parts[0] != NULL) {
        part_count = 1;
        TRY(bind_equalities(b, value, others, other_count, position, parts, &part_count));
    } else {
        TRY(bind_equalities(b, value, all, count, position, parts, &part_count));
    }
    *out = part_count == 1 ? parts[0] : expr_list(EXPR_OR, type_of(TYPE_BOOL), parts, part_count, b->arena);
    (*out)->position = position;
    return strcmp(bind_string(e->name[0]), "<>") == 0 ? bind_call(b, "not", false, out, 1, position, out) : STATUS_OK;
}

static enum status bind_range(struct expr_context *c, const PgQuery__AExpr *e, struct expr *value, size_t low, size_t high,
                              struct expr **out)
{
    static const char *const OPERATORS[] = {">=", "<="};
    const PgQuery__List *bounds = e->rexpr->list;
    int position = bind_position(c->b, e->location);
    struct expr **tests = ARENA_ARRAY(c->b->arena, struct expr *, 2);
    for (size_t i = 0; i < 2; i++) {
        struct expr *sides[2] = {value};
        TRY(bind_expr(c, bounds->items[i == 0 ? low : high], &sides[1]));
        TRY(bind_call(c->b, OPERATORS[i], true, sides, 2, position, &tests[i]));
    }
    *out = expr_list(EXPR_AND, type_of(TYPE_BOOL), tests, 2, c->b->arena);
    (*out)->position = position;
    return STATUS_OK;
}

static enum status bind_between(struct expr_context *c, const PgQuery__AExpr *e, bool negated, bool symmetric,
                                struct expr **out)
{
    struct expr **ways = ARENA_ARRAY(c->b->arena, struct expr *, 2);
    int position = bind_position(c->b, e->location);
    struct expr *value;
    TRY(bind_expr(c, e->lexpr, &value));
    TRY(bind_range(c, e, value, 0, 1, &ways[0]));
    *out = ways[0];
    if (symmetric) {
        TRY(bind_range(c, e, value, 1, 0, &ways[1]));
        *out = expr_list(EXPR_OR, type_of(TYPE_BOOL), ways, 2, c->b->arena);
        (*out)->position = position;
    }
    return negated ? bind_call(c->b, "not", false, out, 1, position, out) : STATUS_OK;
}

/* Functions that are defined by the = of their operands. */
static enum status bind_pair(struct expr_context *c, const PgQuery__AExpr *e, const char *function, struct expr **out)
{
    struct expr *sides[2];
    int position = bind_position(c->b, e->location);
    if (e->lexpr->node_case == PG_QUERY__NODE__NODE_ROW_EXPR)
        return fail_row(c, e->lexpr);
    TRY(bind_expr(c, e->lexpr, &sides[0]));
    TRY(bind_expr(c, e->rexpr, &sides[1]));
    return bind_call(c->b, function, false, sides, 2, position, out);
}

enum status bind_operator(struct expr_context *c, const PgQuery__AExpr *e, struct expr **out)
{
    if (e->lexpr != NULL && e->lexpr->node_case == PG_QUERY__NODE__NODE_ROW_EXPR)
        return fail_row(c, e->lexpr);
    switch (e->kind) {
    case PG_QUERY__A__EXPR__KIND__AEXPR_OP:
    case PG_QUERY__A__EXPR__KIND__AEXPR_LIKE:
    case PG_QUERY__A__EXPR__KIND__AEXPR_ILIKE:
        return bind_plain(c, e, out);
    case PG_QUERY__A__EXPR__KIND__AEXPR_SIMILAR:
        return bind_unsupported(c->b, e->location, "SIMILAR TO");
    case PG_QUERY__A__EXPR__KIND__AEXPR_IN:
        return bind_in(c, e, out);
    case PG_QUERY__A__EXPR__KIND__AEXPR_BETWEEN:
        return bind_between(c, e, false, false, out);
    case PG_QUERY__A__EXPR__KIND__AEXPR_NOT_BETWEEN:
        return bind_between(c, e, true, false, out);
    case PG_QUERY__A__EXPR__KIND__AEXPR_BETWEEN_SYM:
        return bind_between(c, e, false, true, out);
    case PG_QUERY__A__EXPR__KIND__AEXPR_NOT_BETWEEN_SYM:
        return bind_between(c, e, true, true, out);
    case PG_QUERY__A__EXPR__KIND__AEXPR_DISTINCT:
        return bind_pair(c, e, "is_distinct_from", out);
    case PG_QUERY__A__EXPR__KIND__AEXPR_NOT_DISTINCT:
        return bind_pair(c, e, "is_not_distinct_from", out);
    case PG_QUERY__A__EXPR__KIND__AEXPR_NULLIF:
        return bind_pair(c, e, "nullif", out);
    case PG_QUERY__A__EXPR__KIND__AEXPR_OP_ANY:
        return bind_unsupported(c->b, e->location, "ANY over an array");
    case PG_QUERY__A__EXPR__KIND__AEXPR_OP_ALL:
        return bind_unsupported(c->b, e->location, "ALL over an array");
    default:
        return bind_unsupported(c->b, e->location, "this operator");
    }
}
