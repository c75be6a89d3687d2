/* json_record.c - see the header.
 *
 * The wanted fields form a tree: one node per object that a path goes through,
 * the root being the record. A node knows its members by name and keeps slots:
 * slot k holds the name that the k-th field had lately and what it stands for,
 * so that a field costs one comparison of bytes while records look alike.
 *
 * A value that its column refuses is only noted: a later duplicate may replace
 * it, and a syntax error further on weighs more. The first column still refused
 * at the end makes the error.
 */
#include "format/json_record.h"

#include <assert.h>
#include <stdlib.h>

#include "base/map.h"
#include "base/memory.h"
#include "format/json_value.h"

enum { SLOT_COUNT = 64, SLOT_NAME_SIZE = 32, SLOTS_AHEAD = 3, NAME_SIZE_MAX = 1024 };

enum match { MATCH_FOLDED, MATCH_EXACT };

/* A name in an object that some path mentions. */
struct member {
    const char *name;
    int column;          /* the first column that it becomes, others by next_column; -1: none */
    struct node *child;  /* paths that go on below it; NULL: none */
    uint64_t record;     /* the last record that had it */
    enum match match;    /* how that one spelled it ... */
    struct bytes folded; /* ... and the spelling, if MATCH_FOLDED */
    bool is_ambiguous;   /* two spellings, none exact */
};

struct slot {
    char name[SLOT_NAME_SIZE]; /* with the closing quote; zero behind it */
    uint32_t size;             /* of name with the quote; 0: empty */
    enum match match;
    struct member *member;     /* NULL: the name means nothing here */
};

struct node {
    struct map exact, folded; /* name, name without case and underscores -> member */
    struct member **members;
    uint32_t member_count, slot_count;
    struct slot slots[SLOT_COUNT];
};

/* What a column got in the current record. */
struct target {
    struct type type;
    uint32_t value_size;
    bool is_wanted;
    int next_column;       /* another column of the same member */
    uint64_t record;       /* the last record in which it got a value or NULL */
    const char *refused;   /* its value, if that did not fit */
};

struct json_decoder {
    struct json_scan scan;
    struct json_value_context value;
    struct text_context utc;
    bool reject_unknown;
    struct arena *arena; /* names, targets, nodes */
    struct schema schema;
    struct target *targets;
    struct node *root;
    /* the current record */
    uint64_t record;
    struct batch *out;
    uint32_t row;
    uint32_t wanted_count, found_count;
    bool is_troubled; /* something was refused or ambiguous: look closer at the end */
    int failed_column;
    const char *failed_at;
};

/* ---- building the tree ---- */

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

/* Without case and underscores: userId, UserID and user_id are one name. */
static struct bytes fold(struct bytes name, char buffer[NAME_SIZE_MAX])
{
    size_t size = 0;
    for (size_t i = 0; i < name.size; i++)
        if (name.data[i] != '_')
            buffer[size++] = lower((char)name.data[i]);
    return (struct bytes){(const uint8_t *)buffer, size};
}

/* The member of that exact name, made if absent. */
static struct member *node_member(struct json_decoder *d, struct node *n, struct bytes name)
{
    struct member *m = map_get(&n->exact, name);
    if (m != NULL)
        return m;
    char folded[NAME_SIZE_MAX];
    m = ARENA_NEW(d->arena, struct member);
    m->name = arena_copy_bytes(d->arena, name);
    m->column = -1;
    (void)map_put(&n->exact, name, m);
    struct bytes key = fold(name, folded);
    if (map_get(&n->folded, key) == NULL)
        (void)map_put(&n->folded, key, m); /* of members that differ in case alone, the first takes other spellings */
    struct member **members = ARENA_ARRAY(d->arena, struct member *, n->member_count + 1);
    if (n->member_count != 0)
        memcpy(members, n->members, n->member_count * sizeof *members);
    members[n->member_count++] = m;
    n->members = members;
    return m;
}

/* Takes one step ".name" or ."name" off a path; false if it is not one. */
static bool path_step(const char **path, struct bytes *name)
{
    const char *p = *path;
    if (*p++ != '.')
        return false;
    bool is_quoted = *p == '"';
    p += is_quoted;
    size_t size = is_quoted ? strcspn(p, "\"") : strcspn(p, ".[]\"'*? ()");
    *name = (struct bytes){(const uint8_t *)p, size};
    p += size;
    if (size == 0 || size > NAME_SIZE_MAX || (is_quoted && *p++ != '"'))
        return false;
    *path = p;
    return true;
}

static enum status add_path(struct json_decoder *d, const char *path, struct member **out, struct error *err)
{
    struct node *n = d->root;
    const char *p = path;
    unsigned depth = 0;
    if (*p++ != '$')
        return error_set(err, STATUS_INVALID_PARAMETER, "path \"%s\" must begin with \"$.\"", path);
    for (;;) {
        struct bytes name;
        if (!path_step(&p, &name) || ++depth > 64)
            return error_set(err, STATUS_INVALID_PARAMETER, "path \"%s\" is not of the form $.name.name", path);
        *out = node_member(d, n, name);
        if (*p == '\0')
            return STATUS_OK;
        if ((*out)->child == NULL)
            (*out)->child = ARENA_NEW(d->arena, struct node);
        n = (*out)->child;
    }
}

static enum status add_column(struct json_decoder *d, uint32_t c, const struct json_decoder_options *options, struct error *err)
{
    struct target *t = &d->targets[c];
    const struct column *column = &d->schema.columns[c];
    const char *path = options->paths == NULL ? NULL : options->paths[c];
    struct member *m = NULL;
    if (strlen(column->name) > NAME_SIZE_MAX)
        return error_set(err, STATUS_NAME_TOO_LONG, "a column name of %zu bytes is too long", strlen(column->name));
    if (path != NULL)
        TRY(add_path(d, path, &m, err));
    else
        m = node_member(d, d->root, bytes_from_text(column->name));
    t->type = column->type;
    t->value_size = (uint32_t)type_size(column->type);
    t->is_wanted = options->wanted == NULL || options->wanted[c];
    t->next_column = -1;
    if (!t->is_wanted)
        return STATUS_OK;
    t->next_column = m->column;
    m->column = (int)c;
    d->wanted_count++;
    return STATUS_OK;
}

enum status json_decoder_create(const struct schema *schema, const struct json_decoder_options *options, struct json_decoder **out,
                                struct error *err)
{
    static const struct json_decoder_options DEFAULTS;
    if (options == NULL)
        options = &DEFAULTS;
    struct json_decoder *d = memory_alloc_zero(1, sizeof *d);
    d->arena = arena_create();
    d->utc.zone = time_zone_utc();
    d->value.text = options->context != NULL ? options->context : &d->utc;
    d->value.time_unit = options->time_unit;
    d->reject_unknown = options->reject_unknown;
    d->root = ARENA_NEW(d->arena, struct node);
    d->failed_column = -1;
    schema_copy(schema, d->arena, &d->schema);
    d->targets = ARENA_ARRAY(d->arena, struct target, schema->column_count);
    for (uint32_t c = 0; c < schema->column_count; c++) {
        enum status st = add_column(d, c, options, err);
        if (st != STATUS_OK) {
            json_decoder_destroy(d);
            return st;
        }
    }
    *out = d;
    return STATUS_OK;
}

static void node_clear(struct node *n)
{
    for (uint32_t i = 0; i < n->member_count; i++)
        if (n->members[i]->child != NULL)
            node_clear(n->members[i]->child); /* at most 64 deep */
    map_clear(&n->exact);
    map_clear(&n->folded);
}

void json_decoder_destroy(struct json_decoder *d)
{
    if (d == NULL)
        return;
    node_clear(d->root);
    arena_destroy(d->arena);
    free(d);
}

/* ---- names ---- */

/* Finds what a name means that no slot near k predicted, and lets slot k predict it from now on. */
static const struct slot *learn_name(struct node *n, uint32_t k, const struct json_text *text, struct slot *scratch)
{
    char plain[NAME_SIZE_MAX], folded[NAME_SIZE_MAX];
    struct bytes name = {(const uint8_t *)text->data, text->size};
    *scratch = (struct slot){.match = MATCH_EXACT};
    if (name.size > NAME_SIZE_MAX)
        return scratch; /* longer than any column's, or with more escapes than any writer makes */
    if (text->has_escape) {
        bool has_nul;
        name = (struct bytes){(const uint8_t *)plain, json_unescape(text, plain, &has_nul)};
    }
    scratch->member = map_get(&n->exact, name);
    if (scratch->member == NULL) {
        scratch->match = MATCH_FOLDED;
        scratch->member = map_get(&n->folded, fold(name, folded));
    }
    if (k >= SLOT_COUNT || text->has_escape || text->size >= SLOT_NAME_SIZE)
        return scratch;
    memcpy(scratch->name, text->data, text->size);
    scratch->name[text->size] = '"';
    scratch->size = (uint32_t)text->size + 1;
    n->slots[k] = *scratch;
    if (k == n->slot_count)
        n->slot_count = k + 1;
    return &n->slots[k];
}

static inline bool slot_matches(const struct slot *slot, const char *p, const char *end)
{
    if (slot->size > SCAN_WIDTH)
        return (size_t)(end - p) >= slot->size && memcmp(p, slot->name, slot->size) == 0;
    return slot->size != 0 && scan_equals_short(p, end, slot->name, slot->size);
}

/* p is behind the opening quote of a name. Gives its slot and the place behind its closing quote. */
static const char *read_name(struct json_decoder *d, struct node *n, const char *p, uint32_t *k, struct slot *scratch,
                             const struct slot **out)
{
    struct json_text text;
    uint32_t last = *k + SLOTS_AHEAD < n->slot_count ? *k + SLOTS_AHEAD : n->slot_count;
    for (uint32_t i = *k; i < last; i++) {
        if (slot_matches(&n->slots[i], p, d->scan.end)) {
            *k = i;
            *out = &n->slots[i];
            return p + n->slots[i].size;
        }
    }
    p = json_scan_string(&d->scan, p, &text);
    if (p != NULL)
        *out = learn_name(n, *k, &text, scratch);
    return p;
}

/* ---- values ---- */

static void store_value(struct json_decoder *d, const struct json_value *v, int c)
{
    struct target *t = &d->targets[c];
    struct vector *column = &d->out->columns[c];
    if (t->record != d->record) {
        t->record = d->record;
        d->found_count++;
    }
    t->refused = NULL;
    if (v->kind == JSON_NULL) {
        vector_set_null(column, d->row, BATCH_ROWS_MAX, d->value.arena);
        return;
    }
    field_set_valid(column, d->row);
    void *to = (char *)column->values + (size_t)d->row * t->value_size;
    if (json_value_store(v, t->type, &d->value, to, NULL) != STATUS_OK) {
        t->refused = v->begin;
        d->is_troubled = true;
    }
}

/* Everything below n is missing again: its object came twice, and the last counts. */
static void node_forget(struct json_decoder *d, struct node *n)
{
    for (uint32_t i = 0; i < n->member_count; i++) {
        struct member *m = n->members[i];
        m->record = 0;
        for (int c = m->column; c >= 0; c = d->targets[c].next_column) {
            d->found_count -= d->targets[c].record == d->record;
            d->targets[c].record = 0;
            d->targets[c].refused = NULL;
        }
        if (m->child != NULL)
            node_forget(d, m->child);
    }
}

/* The field spelled name meets member m by match: does it count? */
static bool member_accepts(struct json_decoder *d, struct member *m, enum match match, struct bytes name)
{
    if (m->record == d->record) {
        if (match == MATCH_FOLDED && m->match == MATCH_EXACT)
            return false;
        m->is_ambiguous = match == MATCH_FOLDED && (m->is_ambiguous || !bytes_equal(name, m->folded));
        d->is_troubled |= m->is_ambiguous;
        if (m->child != NULL)
            node_forget(d, m->child);
    } else {
        m->record = d->record;
        m->is_ambiguous = false;
    }
    m->match = match;
    m->folded = name;
    return true;
}

static const char *decode_object(struct json_decoder *d, struct node *n, const char *p, unsigned depth);

static const char *decode_value(struct json_decoder *d, struct member *m, const char *p, unsigned depth)
{
    struct json_value v;
    if (m->child != NULL && *p == '{') {
        if (m->column >= 0 && json_value_scan(&d->scan, p, depth, &v) == NULL)
            return NULL;
        for (int c = m->column; c >= 0; c = d->targets[c].next_column)
            store_value(d, &v, c);
        return decode_object(d, m->child, p, depth);
    }
    p = json_value_scan(&d->scan, p, depth, &v);
    if (p == NULL)
        return NULL;
    for (int c = m->column; c >= 0; c = d->targets[c].next_column)
        store_value(d, &v, c);
    return p;
}

static const char *fail_unknown(struct json_decoder *d, const char *name)
{
    return json_fail(&d->scan, name, STATUS_INVALID_TEXT, "a field that is no column");
}

/* p is at the opening quote of a field's name. */
static inline const char *decode_field(struct json_decoder *d, struct node *n, const char *p, uint32_t *k, unsigned depth)
{
    const char *end = d->scan.end, *name = p + 1;
    struct slot scratch;
    const struct slot *slot;
    p = read_name(d, n, name, k, &scratch, &slot);
    if (p == NULL)
        return NULL;
    struct bytes spelling = {(const uint8_t *)name, (size_t)(p - name) - 1};
    p = json_skip_space(p, end);
    if (p == end || *p != ':')
        return json_fail(&d->scan, p, STATUS_INVALID_TEXT, "expected \":\"");
    p = json_skip_space(p + 1, end);
    if (p == end)
        return json_fail(&d->scan, p, STATUS_INVALID_TEXT, "expected a value");
    struct member *m = slot->member;
    if (m == NULL && d->reject_unknown && n == d->root)
        return fail_unknown(d, name);
    if (m == NULL || !member_accepts(d, m, slot->match, spelling) || (m->column < 0 && m->child == NULL))
        return json_skip_value(&d->scan, p, depth);
    return decode_value(d, m, p, depth);
}

/* p is at the opening brace of an object that depth - 1 others are around. */
static const char *decode_object(struct json_decoder *d, struct node *n, const char *p, unsigned depth)
{
    const char *end = d->scan.end;
    uint32_t k = 0;
    p = json_skip_space(p + 1, end);
    if (p < end && *p == '}')
        return p + 1;
    for (;; k++) {
        if (p == end || *p != '"')
            return json_fail(&d->scan, p, STATUS_INVALID_TEXT, "expected a field name");
        if ((p = decode_field(d, n, p, &k, depth + 1)) == NULL)
            return NULL;
        p = json_skip_space(p, end);
        if (p == end || (*p != ',' && *p != '}'))
            return json_fail(&d->scan, p, STATUS_INVALID_TEXT, "expected \",\" or \"}\"");
        if (*p == '}')
            return p + 1;
        p = json_skip_space(p + 1, end);
    }
}

/* ---- the end of a record ---- */

static void set_missing_null(struct json_decoder *d)
{
    for (uint32_t c = 0; c < d->schema.column_count; c++)
        if (d->targets[c].is_wanted && d->targets[c].record != d->record)
            vector_set_null(&d->out->columns[c], d->row, BATCH_ROWS_MAX, d->value.arena);
}

/* Converts a refused value once more, for its error. */
static enum status explain_refused(struct json_decoder *d, uint32_t c, struct error *err)
{
    struct json_value v;
    char unused[16] __attribute__((aligned(16)));
    const struct target *t = &d->targets[c];
    const char *end = json_value_scan(&d->scan, t->refused, 1, &v);
    assert(end != NULL);
    enum status st = json_value_store(&v, t->type, &d->value, unused, err);
    assert(st != STATUS_OK);
    d->failed_column = (int)c;
    d->failed_at = t->refused;
    error_prefix(err, "column \"%s\", byte %zu: ", d->schema.columns[c].name, (size_t)(t->refused - d->scan.begin) + 1);
    return st;
}

static enum status check_ambiguous(struct json_decoder *d, const struct node *n, struct error *err)
{
    for (uint32_t i = 0; i < n->member_count; i++) {
        const struct member *m = n->members[i];
        if (m->record == d->record && m->is_ambiguous) {
            d->failed_at = (const char *)m->folded.data;
            return error_set(err, STATUS_INVALID_TEXT, "two fields match \"%s\" and neither is spelled so: the last is at byte %zu",
                             m->name, (size_t)(d->failed_at - d->scan.begin) + 1);
        }
        if (m->child != NULL)
            TRY(check_ambiguous(d, m->child, err));
    }
    return STATUS_OK;
}

static enum status check_trouble(struct json_decoder *d, struct error *err)
{
    TRY(check_ambiguous(d, d->root, err));
    const struct target *first = NULL;
    for (uint32_t c = 0; c < d->schema.column_count; c++) {
        const struct target *t = &d->targets[c];
        if (t->record == d->record && t->refused != NULL && (first == NULL || t->refused < first->refused))
            first = t;
    }
    return first == NULL ? STATUS_OK : explain_refused(d, (uint32_t)(first - d->targets), err);
}

static enum status fail_syntax(struct json_decoder *d, struct error *err)
{
    d->failed_at = d->scan.failed_at;
    return json_scan_error(&d->scan, err);
}

static void record_begin(struct json_decoder *d, struct bytes text, struct batch *out, uint32_t row, struct arena *arena)
{
    assert(out->column_count == d->schema.column_count && row < BATCH_ROWS_MAX);
    static const char EMPTY[] = "";
    const char *begin = text.size == 0 ? EMPTY : (const char *)text.data;
    d->scan.begin = begin;
    d->scan.end = begin + text.size;
    d->value.readable_end = d->scan.end;
    d->value.arena = arena;
    d->record++;
    d->out = out;
    d->row = row;
    d->found_count = 0;
    d->is_troubled = false;
    d->failed_column = -1;
}

static enum status record_decode(struct json_decoder *d, const char **p, bool *is_cut, struct error *err)
{
    const char *begin = json_skip_space(d->scan.begin, d->scan.end);
    *is_cut = false;
    if (begin == d->scan.end || *begin != '{')
        *p = json_fail(&d->scan, begin, STATUS_INVALID_TEXT, "expected an object");
    else
        *p = decode_object(d, d->root, begin, 0);
    if (*p == NULL) {
        *is_cut = d->scan.failed_at == d->scan.end;
        return fail_syntax(d, err);
    }
    if (d->found_count != d->wanted_count)
        set_missing_null(d);
    return d->is_troubled ? check_trouble(d, err) : STATUS_OK;
}

enum status json_decoder_decode_first(struct json_decoder *d, struct bytes text, struct batch *out, uint32_t row,
                                      struct arena *arena, size_t *consumed, bool *is_cut, struct error *err)
{
    const char *p;
    if (text.size > INT32_MAX)
        text.size = INT32_MAX; /* then it is cut there */
    record_begin(d, text, out, row, arena);
    enum status st = record_decode(d, &p, is_cut, err);
    *consumed = p == NULL ? 0 : (size_t)(p - d->scan.begin);
    return st;
}

enum status json_decoder_decode(struct json_decoder *d, struct bytes text, struct batch *out, uint32_t row, struct arena *arena,
                                struct error *err)
{
    const char *p;
    bool is_cut;
    record_begin(d, text, out, row, arena);
    if (text.size > INT32_MAX)
        return error_set(err, STATUS_LIMIT_EXCEEDED, "a JSON record of %zu bytes is too long", text.size);
    TRY(record_decode(d, &p, &is_cut, err));
    p = json_skip_space(p, d->scan.end);
    if (p == d->scan.end)
        return STATUS_OK;
    (void)json_fail(&d->scan, p, STATUS_INVALID_TEXT, "expected the end of the record");
    return fail_syntax(d, err);
}

bool json_decoder_is_missing(const struct json_decoder *d, uint32_t column)
{
    return d->targets[column].record != d->record;
}

int json_decoder_failed_column(const struct json_decoder *d)
{
    return d->failed_column;
}

size_t json_decoder_failed_position(const struct json_decoder *d)
{
    return (size_t)(d->failed_at - d->scan.begin);
}
