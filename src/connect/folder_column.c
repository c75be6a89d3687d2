/* folder_column.c - see the header. */
#include "connect/folder_column.h"

#include <ctype.h>

#include "data/text.h"
#include "format/field.h"

enum { FOLDER_COLUMNS_MAX = 64 };

struct pair {
    struct bytes name, value; /* as in the path */
};

/* The key=value folders of a path, the file's own name apart. */
static uint32_t find_pairs(const char *path, struct pair pairs[FOLDER_COLUMNS_MAX])
{
    uint32_t count = 0;
    const char *slash;
    for (const char *p = path; (slash = strchr(p, '/')) != NULL && count < FOLDER_COLUMNS_MAX; p = slash + 1) {
        const char *equals = memchr(p, '=', (size_t)(slash - p));
        if (equals == NULL || equals == p)
            continue;
        pairs[count].name = (struct bytes){(const uint8_t *)p, (size_t)(equals - p)};
        pairs[count++].value = (struct bytes){(const uint8_t *)equals + 1, (size_t)(slash - equals) - 1};
    }
    return count;
}

static int digit_of(uint8_t c)
{
    return isdigit(c) ? c - '0' : isxdigit(c) ? tolower(c) - 'a' + 10 : -1;
}

/* %XX stands for a byte, as Hive and Spark write it. */
static struct bytes decode(struct bytes in, struct arena *arena)
{
    char *out = arena_alloc(arena, in.size + 1);
    size_t size = 0;
    for (size_t i = 0; i < in.size; i++) {
        if (in.data[i] == '%' && i + 2 < in.size && digit_of(in.data[i + 1]) >= 0 && digit_of(in.data[i + 2]) >= 0) {
            out[size++] = (char)(digit_of(in.data[i + 1]) * 16 + digit_of(in.data[i + 2]));
            i += 2;
        } else {
            out[size++] = (char)in.data[i];
        }
    }
    out[size] = '\0';
    return (struct bytes){(const uint8_t *)out, size};
}

static bool is_default(struct bytes value)
{
    return bytes_equal(value, bytes_from_text("__HIVE_DEFAULT_PARTITION__"));
}

static bool is_integer(struct bytes v)
{
    int64_t unused;
    return v.size != 0 && (isdigit(v.data[0]) || v.data[0] == '-') &&
           int64_parse((const char *)v.data, v.size, &unused, NULL) == STATUS_OK;
}

static struct type type_of_values(const struct bytes *values, uint32_t file_count, uint32_t stride)
{
    bool integers = true, dates = true, any = false;
    for (uint32_t i = 0; i < file_count; i++) {
        struct bytes v = values[(size_t)i * stride];
        int32_t day;
        if (v.data == NULL)
            continue;
        any = true;
        integers = integers && is_integer(v);
        dates = dates && field_read_date((const char *)v.data, v.size, &day);
    }
    return type_of(any && integers ? TYPE_INT8 : any && dates ? TYPE_DATE : TYPE_TEXT);
}

static enum status make_value(struct type type, struct bytes text, const char *path, struct arena *arena, struct vector *out,
                              struct error *err)
{
    static const struct text_context UTC;
    _Alignas(16) char value[16];
    if (text.data == NULL) {
        vector_init_null(out, type, arena);
        return STATUS_OK;
    }
    struct text_context context = UTC;
    context.zone = time_zone_utc();
    enum status st = field_parse(type, (const char *)text.data, text.size, false, &context, arena, value, err);
    if (st != STATUS_OK)
        error_prefix(err, "folder of \"%s\": ", path);
    else
        vector_init_constant(out, type, value, arena);
    return st;
}

static enum status check_names(const struct file_list *files, uint32_t file, const struct pair *first, uint32_t count,
                               const struct pair *pairs, uint32_t pair_count, struct error *err)
{
    bool same = count == pair_count;
    for (uint32_t i = 0; same && i < count; i++)
        same = bytes_equal(first[i].name, pairs[i].name);
    if (same)
        return STATUS_OK;
    error_set(err, STATUS_DATATYPE_MISMATCH, "\"%s\" and \"%s\" lie in folders that disagree", files->items[0].path,
              files->items[file].path);
    error_detail(err, "The key=value folders of all files must have the same names in the same order.");
    return STATUS_DATATYPE_MISMATCH;
}

enum status folder_columns_find(const struct file_list *files, struct arena *arena, struct folder_columns *out, struct error *err)
{
    struct pair first[FOLDER_COLUMNS_MAX], pairs[FOLDER_COLUMNS_MAX];
    uint32_t count = find_pairs(files->items[0].path, first);
    *out = (struct folder_columns){.count = count};
    struct bytes *values = ARENA_ARRAY(arena, struct bytes, (size_t)files->count * count + 1);
    for (uint32_t f = 0; f < files->count; f++) {
        uint32_t pair_count = find_pairs(files->items[f].path, pairs);
        TRY(check_names(files, f, first, count, pairs, pair_count, err));
        for (uint32_t c = 0; c < count; c++)
            if (!is_default(pairs[c].value))
                values[(size_t)f * count + c] = decode(pairs[c].value, arena);
    }
    out->columns = ARENA_ARRAY(arena, struct column, count + 1);
    out->values = ARENA_ARRAY(arena, struct vector, (size_t)files->count * count + 1);
    for (uint32_t c = 0; c < count; c++) {
        struct type type = type_of_values(values + c, files->count, count);
        out->columns[c] = (struct column){(const char *)decode(first[c].name, arena).data, type, false};
        for (uint32_t f = 0; f < files->count; f++)
            TRY(make_value(type, values[(size_t)f * count + c], files->items[f].path, arena, &out->values[(size_t)f * count + c], err));
    }
    return STATUS_OK;
}
