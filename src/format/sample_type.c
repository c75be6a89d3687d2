/* sample_type.c - see the header. */
#include "format/sample_type.h"

#include <string.h>
#include <strings.h>

#include "format/field.h"

enum type_id sample_type_of_number(const char *text, size_t size)
{
    int64_t integer;
    double real;
    if (int64_parse(text, size, &integer, NULL) == STATUS_OK)
        return TYPE_INT8;
    size_t digits = 0;
    for (size_t i = text[0] == '-' || text[0] == '+'; i < size; i++)
        digits += text[i] >= '0' && text[i] <= '9';
    if (digits + (text[0] == '-' || text[0] == '+') == size)
        return TYPE_NUMERIC;
    return double_parse(text, size, &real, NULL) == STATUS_OK ? TYPE_FLOAT8 : TYPE_TEXT;
}

static bool is_word(const char *text, size_t size, const char *word)
{
    return size == strlen(word) && strncasecmp(text, word, size) == 0;
}

enum type_id sample_type_of_text(const char *text, size_t size)
{
    int32_t date;
    int64_t time;
    bool has_zone;
    if (size == 0)
        return TYPE_TEXT;
    if (is_word(text, size, "true") || is_word(text, size, "false"))
        return TYPE_BOOL;
    if (field_read_date(text, size, &date))
        return TYPE_DATE;
    if (timestamp_parse_iso(text, size, &time, &has_zone))
        return has_zone ? TYPE_TIMESTAMPTZ : TYPE_TIMESTAMP;
    bool may_be_number = (text[0] >= '0' && text[0] <= '9') || (size > 1 && strchr("+-.", text[0]) != NULL);
    return may_be_number ? sample_type_of_number(text, size) : TYPE_TEXT;
}

/* Types of one family in order of width; 0: no family. */
static int width_in(enum type_id id, const enum type_id family[3])
{
    for (int i = 0; i < 3; i++)
        if (family[i] == id)
            return i + 1;
    return 0;
}

enum type_id sample_type_join(enum type_id a, enum type_id b)
{
    static const enum type_id FAMILIES[][3] = {{TYPE_INT8, TYPE_NUMERIC, TYPE_FLOAT8}, {TYPE_DATE, TYPE_TIMESTAMP, TYPE_TIMESTAMPTZ}};
    if (a == b || b == TYPE_NULL)
        return a;
    if (a == TYPE_NULL)
        return b;
    if (a == TYPE_JSON || b == TYPE_JSON)
        return TYPE_JSON;
    for (size_t i = 0; i < sizeof FAMILIES / sizeof *FAMILIES; i++) {
        int width_a = width_in(a, FAMILIES[i]), width_b = width_in(b, FAMILIES[i]);
        if (width_a != 0 && width_b != 0)
            return width_a > width_b ? a : b;
    }
    return TYPE_TEXT;
}

struct type sample_type_final(enum type_id id)
{
    return type_of(id == TYPE_NULL ? TYPE_TEXT : id);
}
