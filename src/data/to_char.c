/* to_char.c - timestamps by pattern ("YYYY-MM-DD HH24:MI:SS", "FMMonth DDth"), one table of pattern words. */
#include <ctype.h>
#include <stdlib.h>

#include "data/calendar.h"

enum word_code {
    WORD_YEAR, WORD_YEAR_COMMA, WORD_ISO_YEAR, WORD_CENTURY, WORD_QUARTER, WORD_MONTH, WORD_MONTH_NAME, WORD_MONTH_SHORT, WORD_ROMAN,
    WORD_WEEK, WORD_WEEK_OF_MONTH, WORD_ISO_WEEK, WORD_DAY_OF_YEAR, WORD_ISO_DAY_OF_YEAR, WORD_DAY, WORD_WEEKDAY, WORD_ISO_WEEKDAY,
    WORD_DAY_NAME, WORD_DAY_SHORT, WORD_JULIAN, WORD_HOUR_24, WORD_HOUR_12, WORD_MINUTE, WORD_SECOND, WORD_SECOND_OF_DAY, WORD_FRACTION,
    WORD_MERIDIEM, WORD_ERA, WORD_ZONE, WORD_ZONE_HOUR, WORD_ZONE_MINUTE, WORD_OFFSET,
};

/* A word matches in upper or in lower case; of those that match the first counts. digits: width, or how many of a year or fraction. */
static const struct pattern_word {
    const char *text;
    enum word_code code;
    uint8_t digits;
} WORDS[] = {
    {"A.D.", WORD_ERA, 1},        {"AD", WORD_ERA, 0},           {"A.M.", WORD_MERIDIEM, 1},   {"AM", WORD_MERIDIEM, 0},
    {"B.C.", WORD_ERA, 1},        {"BC", WORD_ERA, 0},           {"CC", WORD_CENTURY, 2},      {"DAY", WORD_DAY_NAME, 0},
    {"DDD", WORD_DAY_OF_YEAR, 3}, {"DD", WORD_DAY, 2},           {"DY", WORD_DAY_SHORT, 0},    {"D", WORD_WEEKDAY, 1},
    {"FF1", WORD_FRACTION, 1},    {"FF2", WORD_FRACTION, 2},     {"FF3", WORD_FRACTION, 3},    {"FF4", WORD_FRACTION, 4},
    {"FF5", WORD_FRACTION, 5},    {"FF6", WORD_FRACTION, 6},     {"HH24", WORD_HOUR_24, 2},    {"HH12", WORD_HOUR_12, 2},
    {"HH", WORD_HOUR_12, 2},      {"IDDD", WORD_ISO_DAY_OF_YEAR, 3}, {"ID", WORD_ISO_WEEKDAY, 1}, {"IW", WORD_ISO_WEEK, 2},
    {"IYYY", WORD_ISO_YEAR, 4},   {"IYY", WORD_ISO_YEAR, 3},     {"IY", WORD_ISO_YEAR, 2},     {"I", WORD_ISO_YEAR, 1},
    {"J", WORD_JULIAN, 0},        {"MI", WORD_MINUTE, 2},        {"MM", WORD_MONTH, 2},        {"MONTH", WORD_MONTH_NAME, 0},
    {"MON", WORD_MONTH_SHORT, 0}, {"MS", WORD_FRACTION, 3},      {"OF", WORD_OFFSET, 0},       {"P.M.", WORD_MERIDIEM, 1},
    {"PM", WORD_MERIDIEM, 0},     {"Q", WORD_QUARTER, 1},        {"RM", WORD_ROMAN, 0},        {"SSSSS", WORD_SECOND_OF_DAY, 0},
    {"SSSS", WORD_SECOND_OF_DAY, 0}, {"SS", WORD_SECOND, 2},     {"TZH", WORD_ZONE_HOUR, 0},   {"TZM", WORD_ZONE_MINUTE, 0},
    {"TZ", WORD_ZONE, 0},         {"US", WORD_FRACTION, 6},      {"WW", WORD_WEEK, 2},         {"W", WORD_WEEK_OF_MONTH, 1},
    {"Y,YYY", WORD_YEAR_COMMA, 4}, {"YYYY", WORD_YEAR, 4},       {"YYY", WORD_YEAR, 3},        {"YY", WORD_YEAR, 2},
    {"Y", WORD_YEAR, 1},
};

enum letter_case { CASE_UPPER, CASE_LOWER, CASE_TITLE };

struct writer {
    struct civil c;
    int32_t days;
    int32_t offset_s;
    const char *abbreviation;
    struct buffer *out;
    bool fill;          /* no FM */
    enum letter_case letters;
};

static void put_number(struct writer *w, int64_t v, int width)
{
    if (w->fill)
        buffer_printf(w->out, "%0*lld", v < 0 ? width + 1 : width, (long long)v);
    else
        buffer_printf(w->out, "%lld", (long long)v);
}

/* A word in the pattern's case, with blanks up to width. */
static void put_word(struct writer *w, const char *word, size_t size, size_t width)
{
    for (size_t i = 0; i < size; i++) {
        int c = (unsigned char)word[i];
        bool upper = w->letters == CASE_UPPER || (w->letters == CASE_TITLE && i == 0);
        buffer_put_u8(w->out, (uint8_t)(upper ? toupper(c) : tolower(c)));
    }
    for (size_t i = size; w->fill && i < width; i++)
        buffer_put_u8(w->out, ' ');
}

static void put_name(struct writer *w, const char *name, bool is_short)
{
    put_word(w, name, is_short ? 3 : strlen(name), is_short ? 0 : 9);
}

static int64_t shown_year(int32_t year)
{
    return year > 0 ? year : 1 - (int64_t)year;
}

static void put_year(struct writer *w, int32_t year, int digits)
{
    static const int POWERS[] = {1, 10, 100, 1000};
    int64_t v = shown_year(year);
    put_number(w, digits < 4 ? v % POWERS[digits] : v, digits);
}

static void put_century(struct writer *w)
{
    int32_t year = w->c.year;
    int64_t century = year > 0 ? (year + 99) / 100 : -((99 - (year - 1)) / 100);
    put_number(w, century, 2);
}

static void put_fraction(struct writer *w, int digits)
{
    int32_t v = w->c.microsecond;
    for (int i = digits; i < 6; i++)
        v /= 10;
    buffer_printf(w->out, "%0*d", digits, (int)v);
}

static void put_roman(struct writer *w)
{
    static const char *const ROMAN[] = {"I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI", "XII"};
    const char *text = ROMAN[w->c.month - 1];
    put_word(w, text, strlen(text), 4);
}

static void put_zone(struct writer *w, enum word_code code)
{
    int32_t magnitude = abs(w->offset_s);
    char sign = w->offset_s < 0 ? '-' : '+';
    int hours = magnitude / 3600, minutes = magnitude / 60 % 60;
    if (code == WORD_ZONE_MINUTE) {
        buffer_printf(w->out, "%02d", minutes);
        return;
    }
    buffer_printf(w->out, "%c%02d", sign, hours);
    if (code == WORD_OFFSET && minutes != 0)
        buffer_printf(w->out, ":%02d", minutes);
}

static int day_of_year(const struct writer *w)
{
    return w->days - civil_to_days(w->c.year, 1, 1) + 1;
}

static void put_either(struct writer *w, bool second, bool dotted, const char *const texts[4])
{
    const char *text = texts[dotted * 2 + second];
    put_word(w, text, strlen(text), 0);
}

static void put_week_field(struct writer *w, const struct pattern_word *word)
{
    int32_t iso_year;
    int iso_week = date_iso_week(w->days, &iso_year), weekday = date_weekday(w->days);
    switch (word->code) {
    case WORD_ISO_YEAR: put_year(w, iso_year, word->digits); break;
    case WORD_ISO_WEEK: put_number(w, iso_week, 2); break;
    case WORD_ISO_DAY_OF_YEAR: put_number(w, w->days - iso_week_monday(iso_year, 1) + 1, 3); break;
    case WORD_WEEKDAY: put_number(w, weekday + 1, 1); break;
    case WORD_ISO_WEEKDAY: put_number(w, weekday == 0 ? 7 : weekday, 1); break;
    case WORD_DAY_NAME: put_name(w, DAY_NAMES[weekday], false); break;
    default: put_name(w, DAY_NAMES[weekday], true); break;
    }
}

static void put_field(struct writer *w, const struct pattern_word *word)
{
    static const char *const ERAS[] = {"AD", "BC", "A.D.", "B.C."}, *const MERIDIEMS[] = {"AM", "PM", "A.M.", "P.M."};
    const struct civil *c = &w->c;
    switch (word->code) {
    case WORD_YEAR: put_year(w, c->year, word->digits); break;
    case WORD_YEAR_COMMA: buffer_printf(w->out, "%d,%03d", (int)(shown_year(c->year) / 1000), (int)(shown_year(c->year) % 1000)); break;
    case WORD_CENTURY: put_century(w); break;
    case WORD_QUARTER: put_number(w, (c->month - 1) / 3 + 1, 1); break;
    case WORD_MONTH: put_number(w, c->month, 2); break;
    case WORD_MONTH_NAME: put_name(w, MONTH_NAMES[c->month - 1], false); break;
    case WORD_MONTH_SHORT: put_name(w, MONTH_NAMES[c->month - 1], true); break;
    case WORD_ROMAN: put_roman(w); break;
    case WORD_WEEK: put_number(w, (day_of_year(w) - 1) / 7 + 1, 2); break;
    case WORD_WEEK_OF_MONTH: put_number(w, (c->day - 1) / 7 + 1, 1); break;
    case WORD_DAY_OF_YEAR: put_number(w, day_of_year(w), 3); break;
    case WORD_DAY: put_number(w, c->day, 2); break;
    case WORD_JULIAN: put_number(w, (int64_t)w->days + 2440588, 0); break;
    case WORD_HOUR_24: put_number(w, c->hour, 2); break;
    case WORD_HOUR_12: put_number(w, c->hour % 12 == 0 ? 12 : c->hour % 12, 2); break;
    case WORD_MINUTE: put_number(w, c->minute, 2); break;
    case WORD_SECOND: put_number(w, c->second, 2); break;
    case WORD_SECOND_OF_DAY: put_number(w, c->hour * 3600 + c->minute * 60 + c->second, 0); break;
    case WORD_FRACTION: put_fraction(w, word->digits); break;
    case WORD_MERIDIEM: put_either(w, c->hour >= 12, word->digits != 0, MERIDIEMS); break;
    case WORD_ERA: put_either(w, c->year <= 0, word->digits != 0, ERAS); break;
    case WORD_ZONE: put_word(w, w->abbreviation, strlen(w->abbreviation), 0); break;
    case WORD_ZONE_HOUR:
    case WORD_ZONE_MINUTE:
    case WORD_OFFSET: put_zone(w, word->code); break;
    default: put_week_field(w, word); break;
    }
}

/* The word at the pattern's place, and the case it is in; NULL if there is none. */
static const struct pattern_word *match_word(const char *at, size_t left, enum letter_case *letters)
{
    for (size_t i = 0; i < sizeof WORDS / sizeof *WORDS; i++) {
        size_t size = strlen(WORDS[i].text), upper = 0, lower = 0;
        if (size > left)
            continue;
        bool matches = true;
        size_t letter_count = 0;
        for (size_t k = 0; k < size && matches; k++) {
            char c = WORDS[i].text[k];
            matches = toupper((unsigned char)at[k]) == c;
            letter_count += isalpha((unsigned char)c) != 0;
            upper += isupper((unsigned char)at[k]) != 0;
            lower += islower((unsigned char)at[k]) != 0;
        }
        bool has_title = WORDS[i].code == WORD_MONTH_NAME || WORDS[i].code == WORD_MONTH_SHORT || WORDS[i].code == WORD_DAY_NAME ||
                         WORDS[i].code == WORD_DAY_SHORT;
        bool is_title = has_title && upper == 1 && isupper((unsigned char)at[0]);
        if (!matches || (upper != letter_count && lower != letter_count && !is_title))
            continue;
        *letters = upper == letter_count ? CASE_UPPER : lower == letter_count ? CASE_LOWER : CASE_TITLE;
        return &WORDS[i];
    }
    return NULL;
}

/* "th" behind the number that has just been written. */
static void put_ordinal(struct buffer *out, size_t begin, bool upper)
{
    char last = out->size > begin ? (char)out->data[out->size - 1] : '0';
    bool teen = out->size > begin + 1 && out->data[out->size - 2] == '1';
    const char *text = teen ? "th" : last == '1' ? "st" : last == '2' ? "nd" : last == '3' ? "rd" : "th";
    for (; *text != '\0'; text++)
        buffer_put_u8(out, (uint8_t)(upper ? toupper((unsigned char)*text) : *text));
}

/* "..." as it is, a backslash taking the next character; returns where the pattern goes on. */
static size_t put_quoted(const char *pattern, size_t at, size_t size, struct buffer *out)
{
    for (at++; at < size && pattern[at] != '"'; at++) {
        if (pattern[at] == '\\' && at + 1 < size)
            at++;
        buffer_put_u8(out, (uint8_t)pattern[at]);
    }
    return at < size ? at + 1 : at;
}

static bool starts_with(const char *at, size_t left, const char *upper, const char *lower)
{
    size_t size = strlen(upper);
    return left >= size && (memcmp(at, upper, size) == 0 || memcmp(at, lower, size) == 0);
}

enum status timestamp_to_char(int64_t local_us, const char *abbreviation, int32_t offset_s, const char *pattern, size_t size,
                              struct buffer *out, struct error *err)
{
    if (timestamp_is_infinite(local_us))
        return error_set(err, STATUS_DATETIME_OVERFLOW, "an infinite timestamp has no fields");
    struct writer w = {.days = timestamp_day(local_us), .offset_s = offset_s, .abbreviation = abbreviation != NULL ? abbreviation : "",
                       .out = out};
    civil_from_us(local_us, &w.c);
    for (size_t at = 0; at < size;) {
        w.fill = true;
        if (starts_with(pattern + at, size - at, "FM", "fm")) {
            w.fill = false;
            at += 2;
        } else if (starts_with(pattern + at, size - at, "TM", "tm") || starts_with(pattern + at, size - at, "FX", "fx")) {
            at += 2;
        }
        if (at == size)
            break;
        const struct pattern_word *word = match_word(pattern + at, size - at, &w.letters);
        if (word != NULL) {
            size_t begin = out->size;
            put_field(&w, word);
            at += strlen(word->text);
            if (starts_with(pattern + at, size - at, "TH", "th")) {
                put_ordinal(out, begin, pattern[at] == 'T');
                at += 2;
            }
        } else if (pattern[at] == '"') {
            at = put_quoted(pattern, at, size, out);
        } else {
            if (pattern[at] == '\\' && at + 1 < size && pattern[at + 1] == '"')
                at++;
            buffer_put_u8(out, (uint8_t)pattern[at++]);
        }
    }
    return STATUS_OK;
}
