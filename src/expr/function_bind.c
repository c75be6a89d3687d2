/* function_bind.c - which function a name and its arguments mean: PostgreSQL's rules (func_select_candidate, oper).
 *
 * An exact match wins. Else of the candidates that implicit casts reach, those
 * with the most exact arguments stay, then those with the most exact or
 * preferred ones; literals of unknown type then decide by category, and last by
 * taking the one type that the known arguments have.
 */
#include <string.h>

#include "data/numeric.h"
#include "expr/coerce.h"

enum { CANDIDATES_MAX = 64, ARGUMENTS_MAX = 100 };
static const enum type_id ANY = (enum type_id)255;

struct candidates {
    const struct function *list[CANDIDATES_MAX];
    uint32_t count;
};

struct binding {
    const char *name;
    bool is_operator;
    struct expr **arguments;
    uint32_t count;
    enum type_id types[ARGUMENTS_MAX]; /* TYPE_NULL = unknown */
    int position;
    const struct text_context *text;
    struct arena *arena;
};

static enum type_id wanted_type(const struct function *f, uint32_t i)
{
    return (enum type_id)f->arguments[i < f->argument_count ? i : (uint32_t)(f->argument_count - 1)];
}

static bool takes_count(const struct function *f, uint32_t count)
{
    return f->variadic ? count >= f->argument_count : count == f->argument_count;
}

/* The i-th function that PostgreSQL has, whether leat has it or not; NULL behind the last. */
static const struct function *known_function(uint32_t i)
{
    if (i < FUNCTION_COUNT)
        return &FUNCTIONS[i];
    i -= FUNCTION_COUNT;
    return i < ABSENT_FUNCTION_COUNT ? &ABSENT_FUNCTIONS[i] : NULL;
}

static bool can_coerce(enum type_id from, enum type_id to)
{
    return to == ANY || from == to || cast_exists(type_of(from), type_of(to), CAST_IMPLICIT);
}

/* ---- candidates ---- */

static const struct function *find_exact(const struct binding *b, const enum type_id *types)
{
    const struct function *f;
    for (uint32_t i = 0; (f = known_function(i)) != NULL; i++) {
        if (strcmp(f->name, b->name) != 0 || !takes_count(f, b->count))
            continue;
        bool same = true;
        for (uint32_t j = 0; j < b->count; j++)
            same &= wanted_type(f, j) == types[j] && types[j] != TYPE_NULL;
        if (same)
            return f;
    }
    return NULL;
}

/* An operator with one unknown operand first assumes that it is of the other's type. */
static const struct function *find_exact_operator(const struct binding *b)
{
    if (b->is_operator && b->count == 2 && (b->types[0] == TYPE_NULL) != (b->types[1] == TYPE_NULL)) {
        enum type_id known = b->types[0] == TYPE_NULL ? b->types[1] : b->types[0];
        const enum type_id both[2] = {known, known};
        return find_exact(b, both);
    }
    return find_exact(b, b->types);
}

static void find_reachable(const struct binding *b, struct candidates *c)
{
    c->count = 0;
    const struct function *f;
    for (uint32_t i = 0; (f = known_function(i)) != NULL && c->count < CANDIDATES_MAX; i++) {
        if (strcmp(f->name, b->name) != 0 || !takes_count(f, b->count))
            continue;
        bool reachable = true;
        for (uint32_t j = 0; j < b->count; j++)
            reachable &= can_coerce(b->types[j], wanted_type(f, j));
        if (reachable)
            c->list[c->count++] = f;
    }
}

/* Keeps the candidates that score most. */
static void keep_best(const struct binding *b, struct candidates *c,
                      uint32_t (*score)(const struct binding *, const struct function *))
{
    uint32_t best = 0, kept = 0;
    for (uint32_t i = 0; i < c->count; i++) {
        uint32_t s = score(b, c->list[i]);
        if (s > best) {
            best = s;
            kept = 0;
        }
        if (s == best)
            c->list[kept++] = c->list[i];
    }
    c->count = kept;
}

static uint32_t count_exact(const struct binding *b, const struct function *f)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < b->count; i++)
        count += b->types[i] != TYPE_NULL && wanted_type(f, i) == b->types[i];
    return count;
}

static uint32_t count_preferred(const struct binding *b, const struct function *f)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < b->count; i++) {
        enum type_id wanted = wanted_type(f, i);
        if (b->types[i] == TYPE_NULL || wanted == ANY)
            continue;
        bool same_category = type_category(wanted) == type_category(b->types[i]);
        count += wanted == b->types[i] || (same_category && type_is_preferred(wanted));
    }
    return count;
}

/* What an unknown argument at i should be: a string if any candidate takes one there, else the category that all take. */
static bool category_at(const struct candidates *c, uint32_t i, char *category, bool *preferred)
{
    *category = '\0';
    *preferred = false;
    bool conflict = false;
    for (uint32_t j = 0; j < c->count; j++) {
        enum type_id wanted = wanted_type(c->list[j], i);
        char here = wanted == ANY ? 'P' : type_category(wanted);
        bool is_preferred = wanted != ANY && type_is_preferred(wanted);
        if (*category == '\0') {
            *category = here;
            *preferred = is_preferred;
        } else if (*category == here) {
            *preferred |= is_preferred;
        } else if (here == 'S') {
            *category = here;
            *preferred = is_preferred;
        } else if (*category != 'S') {
            conflict = true;
        }
    }
    return *category == 'S' || !conflict;
}

static void keep_by_category(const struct binding *b, struct candidates *c)
{
    char categories[ARGUMENTS_MAX];
    bool preferred[ARGUMENTS_MAX];
    for (uint32_t i = 0; i < b->count; i++)
        if (b->types[i] == TYPE_NULL && !category_at(c, i, &categories[i], &preferred[i]))
            return;
    struct candidates kept = {.count = 0};
    for (uint32_t j = 0; j < c->count; j++) {
        bool keep = true;
        for (uint32_t i = 0; i < b->count; i++) {
            if (b->types[i] != TYPE_NULL)
                continue;
            enum type_id wanted = wanted_type(c->list[j], i);
            char here = wanted == ANY ? 'P' : type_category(wanted);
            keep &= here == categories[i] && (!preferred[i] || (wanted != ANY && type_is_preferred(wanted)));
        }
        if (keep)
            kept.list[kept.count++] = c->list[j];
    }
    if (kept.count > 0)
        *c = kept;
}

/* If all known arguments are of one type, takes the unknown ones for that too. */
static const struct function *assume_known_type(const struct binding *b, const struct candidates *c)
{
    enum type_id known = TYPE_NULL;
    for (uint32_t i = 0; i < b->count; i++) {
        if (b->types[i] == TYPE_NULL)
            continue;
        if (known != TYPE_NULL && known != b->types[i])
            return NULL;
        known = b->types[i];
    }
    const struct function *found = NULL;
    for (uint32_t j = 0; j < c->count && known != TYPE_NULL; j++) {
        bool fits = true;
        for (uint32_t i = 0; i < b->count; i++)
            fits &= can_coerce(known, wanted_type(c->list[j], i));
        if (fits && found != NULL)
            return NULL;
        if (fits)
            found = c->list[j];
    }
    return found;
}

static bool has_unknown(const struct binding *b)
{
    for (uint32_t i = 0; i < b->count; i++)
        if (b->types[i] == TYPE_NULL)
            return true;
    return false;
}

/* Same arguments under several names of types (timestamp and text, say) leave several: the caller reports those. */
static const struct function *select_candidate(const struct binding *b, struct candidates *c)
{
    find_reachable(b, c);
    if (c->count == 1)
        return c->list[0];
    if (c->count == 0)
        return NULL;
    keep_best(b, c, count_exact);
    if (c->count > 1)
        keep_best(b, c, count_preferred);
    if (c->count > 1 && has_unknown(b)) {
        keep_by_category(b, c);
        if (c->count > 1)
            return assume_known_type(b, c);
    }
    return c->count == 1 ? c->list[0] : NULL;
}

/* ---- messages ---- */

static void put_types(const struct binding *b, struct buffer *out)
{
    char name[TYPE_NAME_SIZE];
    if (!b->is_operator) {
        buffer_printf(out, "%s(", b->name);
        for (uint32_t i = 0; i < b->count; i++)
            buffer_printf(out, "%s%s", i == 0 ? "" : ", ", type_base_name(b->arguments[i]->type, name));
        buffer_put_u8(out, ')');
        return;
    }
    if (b->count == 2)
        buffer_printf(out, "%s ", type_base_name(b->arguments[0]->type, name));
    buffer_printf(out, "%s %s", b->name, type_base_name(b->arguments[b->count - 1]->type, name));
}

static enum status refuse_absent(const struct binding *b, struct error *err)
{
    struct buffer types = {0};
    put_types(b, &types);
    enum status st = error_set_at(err, STATUS_FEATURE_NOT_SUPPORTED, b->position, "%s %s is not supported",
                                  b->is_operator ? "operator" : "function", buffer_text(&types));
    buffer_clear(&types);
    return st;
}

static enum status refuse(const struct binding *b, bool ambiguous, struct error *err)
{
    struct buffer types = {0};
    put_types(b, &types);
    const char *what = b->is_operator ? "operator" : "function";
    enum status st;
    if (ambiguous) {
        st = error_set_at(err, STATUS_AMBIGUOUS_FUNCTION, b->position, b->is_operator ? "operator is not unique: %s" : "function %s is not unique",
                          buffer_text(&types));
        error_hint(err, "Could not choose a best candidate %s. You might need to add explicit type casts.", what);
    } else {
        st = error_set_at(err, STATUS_UNDEFINED_FUNCTION, b->position, b->is_operator ? "operator does not exist: %s" : "function %s does not exist",
                          buffer_text(&types));
        if (b->is_operator && b->count == 1)
            error_hint(err, "No operator matches the given name and argument type. You might need to add an explicit type cast.");
        else
            error_hint(err, "No %s matches the given name and argument types. You might need to add explicit type casts.", what);
    }
    buffer_clear(&types);
    return st;
}

/* ---- building the call ---- */

static enum status coerce_argument(const struct binding *b, struct expr *e, enum type_id wanted, struct expr **out,
                                   struct error *err)
{
    *out = e;
    if (wanted == ANY && e->type.id == TYPE_NULL)
        wanted = TYPE_TEXT;
    if (wanted == ANY)
        return STATUS_OK;
    TRY(expr_cast(e, argument_type(e->type, wanted), CAST_IMPLICIT, b->text, b->arena, out, err));
    if (wanted == TYPE_NUMERIC)
        *out = numeric_constant_compact(*out, b->arena);
    return STATUS_OK;
}

/* Numbers written as integers beside numerics: of just their digits, so that results stay within 128 bits. */
static struct expr *shrink_whole_constant(const struct binding *b, struct expr *e)
{
    if (e->kind != EXPR_CONSTANT || !vector_is_valid(&e->constant, 0) || e->type.precision == 0)
        return e;
    int128 v = *VECTOR_I128(&e->constant);
    unsigned digits = 1;
    while (digits < e->type.precision && !int128_fits(v, digits))
        digits++;
    if (digits < (unsigned)e->type.scale)
        digits = (unsigned)e->type.scale;
    struct expr *small = expr_constant(type_numeric(digits, e->type.scale), &v, b->arena);
    small->position = e->position;
    return small;
}

static enum status build_call(const struct binding *b, const struct function *f, struct expr **out, struct error *err)
{
    struct expr **arguments = ARENA_ARRAY(b->arena, struct expr *, b->count + 1);
    struct type *types = ARENA_ARRAY(b->arena, struct type, b->count + 1);
    for (uint32_t i = 0; i < b->count; i++) {
        enum type_id wanted = wanted_type(f, i);
        TRY(coerce_argument(b, b->arguments[i], wanted, &arguments[i], err));
        if (wanted == TYPE_NUMERIC && type_is_integer(b->arguments[i]->type))
            arguments[i] = shrink_whole_constant(b, arguments[i]);
        types[i] = arguments[i]->type;
    }
    struct type result = f->result_type != NULL ? f->result_type(types, b->count)
        : f->result == ANY                      ? types[0]
                                                : type_of((enum type_id)f->result);
    struct expr *call = expr_call(f, result, arguments, b->count, b->arena);
    call->position = b->position;
    *out = call;
    return STATUS_OK;
}

static const struct function *find_by_name(const char *name)
{
    for (uint32_t i = 0; i < FUNCTION_COUNT; i++)
        if (strcmp(FUNCTIONS[i].name, name) == 0)
            return &FUNCTIONS[i];
    return NULL;
}

/* ---- those whose arguments are typed by other rules ---- */

/* Two types whose values one kernel compares as they are. */
static bool same_form(struct type a, struct type b)
{
    return a.id == b.id && (a.id != TYPE_NUMERIC || type_equal(a, b));
}

/* Whether PostgreSQL's "=" takes both types as they are, though they differ. */
static bool compares_as_they_are(enum type_id a, enum type_id b)
{
    static const uint8_t families[] = {[TYPE_INT2] = 1, [TYPE_INT4] = 1, [TYPE_INT8] = 1, [TYPE_FLOAT4] = 2, [TYPE_FLOAT8] = 2,
                                       [TYPE_DATE] = 3, [TYPE_TIMESTAMP] = 3, [TYPE_TIMESTAMPTZ] = 3};
    return a < sizeof families && b < sizeof families && families[a] != 0 && families[a] == families[b];
}

/* CASE WHEN a = b THEN NULL ELSE a END, where the operands of = are not of one form. */
static struct expr *nullif_as_case(const struct binding *b, struct expr *equality)
{
    struct expr *first = compares_as_they_are(b->types[0], b->types[1]) ? b->arguments[0] : equality->arguments[0];
    struct expr *parts[3] = {equality, expr_constant(first->type, NULL, b->arena), first};
    return expr_list(EXPR_CASE, first->type, parts, 3, b->arena);
}

/* Both operands as "=" wants them: NULLIF and IS DISTINCT FROM are defined by it. */
static enum status bind_by_equality(struct binding *b, struct expr **out, struct error *err)
{
    struct expr *equality;
    TRY(function_bind("=", true, b->arguments, b->count, b->position, b->text, b->arena, &equality, err));
    const struct function *f = find_by_name(b->name);
    struct expr *operands[2] = {equality->arguments[0], equality->arguments[1]};
    bool is_coerced = b->types[0] != TYPE_NULL && b->types[1] != TYPE_NULL && b->types[0] != b->types[1];
    if (f->result == ANY && (is_coerced || !same_form(operands[0]->type, operands[1]->type))) {
        *out = nullif_as_case(b, equality);
        return STATUS_OK;
    }
    if (!same_form(operands[0]->type, operands[1]->type)) {
        /* numbers of two forms are compared by value in the one that holds both */
        struct type both = type_of(operands[0]->type.id == TYPE_NUMERIC ? TYPE_NUMERIC : TYPE_FLOAT8);
        for (int i = 0; i < 2; i++)
            TRY(expr_cast(operands[i], both, CAST_IMPLICIT, b->text, b->arena, &operands[i], err));
    }
    *out = expr_call(f, f->result == ANY ? operands[0]->type : type_of(TYPE_BOOL), operands, 2, b->arena);
    (*out)->position = b->position;
    return STATUS_OK;
}

/* All arguments become their common type: GREATEST, LEAST. */
static enum status bind_by_common_type(struct binding *b, struct expr **out, struct error *err)
{
    struct type *types = ARENA_ARRAY(b->arena, struct type, b->count);
    struct expr **arguments = ARENA_ARRAY(b->arena, struct expr *, b->count);
    for (uint32_t i = 0; i < b->count; i++)
        types[i] = b->arguments[i]->type;
    struct type common;
    enum status st = type_common(types, b->count, b->name[0] == 'g' ? "GREATEST" : "LEAST", &common, err);
    if (st != STATUS_OK) {
        if (err != NULL)
            err->position = b->position;
        return st;
    }
    for (uint32_t i = 0; i < b->count; i++)
        TRY(expr_cast(b->arguments[i], common, CAST_IMPLICIT, b->text, b->arena, &arguments[i], err));
    *out = expr_call(find_by_name(b->name), common, arguments, b->count, b->arena);
    (*out)->position = b->position;
    return STATUS_OK;
}

/* text || anything, anything || text: the other side becomes text as by an explicit cast. */
static enum status bind_concatenation(struct binding *b, bool *done, struct expr **out, struct error *err)
{
    *done = false;
    struct type x = b->arguments[0]->type, y = b->arguments[1]->type;
    bool x_text = type_is_text(x) || x.id == TYPE_NULL;
    bool y_text = type_is_text(y) || y.id == TYPE_NULL;
    bool own_operator = (x.id == TYPE_BYTEA || y.id == TYPE_BYTEA || x.id == TYPE_JSONB || y.id == TYPE_JSONB)
        && (x.id == TYPE_NULL || y.id == TYPE_NULL);
    if ((!x_text && !y_text) || own_operator)
        return STATUS_OK;
    *done = true;
    struct expr *operands[2];
    for (int i = 0; i < 2; i++)
        TRY(expr_cast(b->arguments[i], type_of(TYPE_TEXT), CAST_EXPLICIT, b->text, b->arena, &operands[i], err));
    const enum type_id texts[2] = {TYPE_TEXT, TYPE_TEXT};
    *out = expr_call(find_exact(b, texts), type_of(TYPE_TEXT), operands, 2, b->arena);
    (*out)->position = b->position;
    return STATUS_OK;
}

static bool is_name(const struct binding *b, const char *name)
{
    return strcmp(b->name, name) == 0;
}

static enum status bind_special(struct binding *b, bool *done, struct expr **out, struct error *err)
{
    *done = true;
    if (b->is_operator && is_name(b, "||") && b->count == 2)
        return bind_concatenation(b, done, out, err);
    if (b->count == 2 && (is_name(b, "is_distinct_from") || is_name(b, "is_not_distinct_from") || is_name(b, "nullif")))
        return bind_by_equality(b, out, err);
    if (b->count > 0 && (is_name(b, "greatest") || is_name(b, "least")))
        return bind_by_common_type(b, out, err);
    *done = false;
    return STATUS_OK;
}

/* float8('1.5'), text(5): the name of a type is a cast to it. */
static bool is_type_call(const struct binding *b, struct type *type)
{
    if (b->is_operator || b->count != 1 || type_from_name(b->name, type, NULL) != STATUS_OK || type->id == TYPE_NULL)
        return false;
    return cast_exists(b->arguments[0]->type, *type, CAST_EXPLICIT);
}

enum status function_bind(const char *name, bool is_operator, struct expr **arguments, uint32_t count, int position,
                          const struct text_context *text, struct arena *arena, struct expr **out, struct error *err)
{
    if (count > ARGUMENTS_MAX)
        return error_set_at(err, STATUS_LIMIT_EXCEEDED, position, "cannot pass more than %d arguments to a function", ARGUMENTS_MAX);
    if (is_operator && strcmp(name, "!=") == 0)
        name = "<>";
    struct binding b = {.name = name, .is_operator = is_operator, .arguments = arguments, .count = count,
                        .position = position, .text = text, .arena = arena};
    for (uint32_t i = 0; i < count; i++)
        b.types[i] = (enum type_id)arguments[i]->type.id;
    bool done;
    TRY(bind_special(&b, &done, out, err));
    if (done)
        return STATUS_OK;
    struct candidates candidates = {.count = 0};
    const struct function *f = find_exact_operator(&b);
    struct type type;
    if (f == NULL && is_type_call(&b, &type))
        return expr_cast(arguments[0], type, CAST_EXPLICIT, text, arena, out, err);
    if (f == NULL)
        f = select_candidate(&b, &candidates);
    if (f == NULL)
        return refuse(&b, candidates.count > 1, err);
    if (f->kernel == NULL)
        return refuse_absent(&b, err);
    return build_call(&b, f, out, err);
}
