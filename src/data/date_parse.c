/* date_parse.c - dates, times and timestamps from text: the fast ISO path, and the types' rules over date_text_parse. */
#include "data/date_parse.h"

#include "data/calendar.h"

static inline bool digit_pair(const char *text, unsigned *out)
{
    unsigned high = (unsigned)(text[0] - '0'), low = (unsigned)(text[1] - '0');
    *out = high * 10 + low;
    return high <= 9 && low <= 9;
}

/* "Z", "+hh", "+hhmm", "+hh:mm" to the end of the text. */
static bool parse_iso_zone(const char *text, size_t size, int32_t *offset_s)
{
    unsigned hours = 0, minutes = 0;
    *offset_s = 0;
    if (size == 1)
        return text[0] == 'Z' || text[0] == 'z';
    if ((text[0] != '+' && text[0] != '-') || size < 3 || !digit_pair(text + 1, &hours))
        return false;
    if (size == 6) {
        if (text[3] != ':' || !digit_pair(text + 4, &minutes))
            return false;
    } else if (size == 5) {
        if (!digit_pair(text + 3, &minutes))
            return false;
    } else if (size != 3) {
        return false;
    }
    if (hours > 15 || minutes > 59)
        return false;
    *offset_s = (int32_t)(hours * 3600 + minutes * 60) * (text[0] == '-' ? -1 : 1);
    return true;
}

/* Eight bytes of text: digits where `digits` has a 1, else what separators has. *pairs: at each byte ten times its digit plus
 * the next one's. */
static inline bool read_pairs(const char *text, uint64_t digits, uint64_t separators, uint64_t *pairs)
{
    uint64_t x;
    memcpy(&x, text, sizeof x);
    x ^= separators | digits * '0'; /* 0 to 9, and 0 */
    *pairs = x * 10 + (x >> 8);
    return ((x | (x + digits * 6)) & ~(digits * 15)) == 0;
}

static inline unsigned pair_at(uint64_t pairs, unsigned byte)
{
    return pairs >> byte * 8 & 0xff;
}

/* ".123456": up to six digits. *size: what it takes. */
static bool parse_iso_fraction(const char *text, size_t left, int32_t *out, size_t *size)
{
    static const int32_t UNITS[] = {0, 100000, 10000, 1000, 100, 10, 1};
    size_t count = 0;
    int32_t v = 0;
    for (; count + 1 < left && (unsigned char)(text[count + 1] - '0') <= 9; count++) {
        if (count == 6)
            return false; /* more digits round: the full parser knows how */
        v = v * 10 + (text[count + 1] - '0');
    }
    *out = v * UNITS[count];
    *size = count + 1;
    return count != 0;
}

bool timestamp_parse_iso(const char *text, size_t size, int64_t *out, bool *has_zone)
{
    /* "2024-01-", "15T10:00", ":00" */
    uint64_t date, time;
    unsigned second;
    if (size < 19 || (text[10] != 'T' && text[10] != ' ') || text[16] != ':')
        return false;
    if (!read_pairs(text, UINT64_C(0x0001010001010101), UINT64_C(0x2d00002d00000000), &date) ||
        !read_pairs(text + 8, UINT64_C(0x0101000101000101), UINT64_C(0x00003a0000000000) | (uint64_t)text[10] << 16, &time) ||
        !digit_pair(text + 17, &second))
        return false;
    unsigned year = pair_at(date, 0) * 100 + pair_at(date, 2), month = pair_at(date, 5), day = pair_at(time, 0);
    unsigned hour = pair_at(time, 3), minute = pair_at(time, 6);
    if (year == 0 || month < 1 || month > 12 || day < 1 || hour > 23 || minute > 59 || second > 59 ||
        (day > 28 && (int)day > month_days((int32_t)year, (int)month)))
        return false;
    size_t at = 19, fraction_size;
    int32_t fraction = 0, offset_s = 0;
    if (at < size && text[at] == '.') {
        if (!parse_iso_fraction(text + at, size - at, &fraction, &fraction_size))
            return false;
        at += fraction_size;
    }
    *has_zone = at < size;
    if (*has_zone && !parse_iso_zone(text + at, size - at, &offset_s))
        return false;
    int64_t seconds = (int64_t)civil_to_days((int32_t)year, (int)month, (int)day) * 86400 + hour * 3600 + minute * 60 + second - offset_s;
    *out = seconds * US_PER_SECOND + fraction;
    return true;
}

static enum status range_error(const char *type, const char *text, size_t size, struct error *err)
{
    return error_set(err, STATUS_DATETIME_OVERFLOW, "%s out of range: \"%.*s\"", type, (int)(size < 900 ? size : 900), text);
}

enum status date_parse(const char *text, size_t size, int64_t now_us, const struct time_zone *zone, int32_t *out, struct error *err)
{
    struct date_text d;
    enum date_problem problem = date_text_parse(text, size, now_us, zone, &d);
    if (problem == DATE_OK && d.word == DATE_WORD_NONE && !d.has_date)
        problem = DATE_BAD_FORMAT;
    if (problem != DATE_OK)
        return date_problem_error(problem, "date", text, size, &d, err);
    switch (d.word) {
    case DATE_WORD_INFINITY: *out = DATE_INFINITY; return STATUS_OK;
    case DATE_WORD_MINUS_INFINITY: *out = DATE_MINUS_INFINITY; return STATUS_OK;
    case DATE_WORD_EPOCH: *out = 0; return STATUS_OK;
    case DATE_WORD_NOW: *out = timestamp_day(utc_to_local(now_us, zone)); return STATUS_OK;
    case DATE_WORD_NONE: break;
    }
    if (d.civil.year < -4713 || d.civil.year > 5874897)
        return range_error("date", text, size, err);
    *out = civil_to_days(d.civil.year, d.civil.month, d.civil.day);
    return date_is_in_range(*out) ? STATUS_OK : range_error("date", text, size, err);
}

enum status time_parse(const char *text, size_t size, int64_t *out, struct error *err)
{
    struct date_text d;
    enum date_problem problem = date_text_parse(text, size, 0, time_zone_utc(), &d);
    bool is_packed = problem == DATE_BAD_FORMAT || !d.has_time;
    if (is_packed && size <= 40) { /* "040506": a number alone is a time here */
        char spelled[48] = "T";
        memcpy(spelled + 1, text, size);
        struct date_text again;
        if (date_text_parse(spelled, size + 1, 0, time_zone_utc(), &again) == DATE_OK && again.has_time) {
            d = again;
            problem = DATE_OK;
        }
    }
    if (problem == DATE_OK && (!d.has_time || d.word != DATE_WORD_NONE))
        problem = DATE_BAD_FORMAT;
    if (problem != DATE_OK)
        return date_problem_error(problem, "time", text, size, &d, err);
    *out = d.civil.hour * US_PER_HOUR + d.civil.minute * US_PER_MINUTE + d.civil.second * US_PER_SECOND + d.civil.microsecond;
    return STATUS_OK;
}

/* *local: the value is local time; else it is UTC (a word, or has_zone was resolved). */
static enum status parse_timestamp(const char *type, const char *text, size_t size, int64_t now_us, const struct time_zone *zone,
                                   bool with_zone, int64_t *out, struct error *err)
{
    struct date_text d;
    enum date_problem problem = date_text_parse(text, size, now_us, zone, &d);
    if (problem == DATE_OK && d.word == DATE_WORD_NONE && !d.has_date)
        problem = DATE_BAD_FORMAT;
    if (problem != DATE_OK)
        return date_problem_error(problem, type, text, size, &d, err);
    switch (d.word) {
    case DATE_WORD_INFINITY: *out = TIMESTAMP_INFINITY; return STATUS_OK;
    case DATE_WORD_MINUS_INFINITY: *out = TIMESTAMP_MINUS_INFINITY; return STATUS_OK;
    case DATE_WORD_EPOCH: *out = 0; return STATUS_OK;
    case DATE_WORD_NOW: *out = with_zone ? now_us : utc_to_local(now_us, zone); return STATUS_OK;
    case DATE_WORD_NONE: break;
    }
    if (!civil_to_us_checked(&d.civil, out))
        return range_error("timestamp", text, size, err);
    if (!with_zone)
        return timestamp_is_in_range(*out) ? STATUS_OK : range_error("timestamp", text, size, err);
    if (d.has_zone && d.zone == NULL)
        *out -= d.offset_s * US_PER_SECOND;
    else
        *out = local_to_utc(*out, d.has_zone ? d.zone : zone);
    return timestamp_is_in_range(*out) ? STATUS_OK : range_error("timestamp", text, size, err);
}

enum status timestamp_parse(const char *text, size_t size, int64_t now_us, const struct time_zone *zone, int64_t *out, struct error *err)
{
    bool has_zone;
    if (timestamp_parse_iso(text, size, out, &has_zone) && !has_zone)
        return STATUS_OK;
    return parse_timestamp("timestamp", text, size, now_us, zone, false, out, err);
}

enum status timestamptz_parse(const char *text, size_t size, int64_t now_us, const struct time_zone *zone, int64_t *out,
                              struct error *err)
{
    bool has_zone;
    if (timestamp_parse_iso(text, size, out, &has_zone)) {
        if (!has_zone)
            *out = local_to_utc(*out, zone);
        return STATUS_OK;
    }
    return parse_timestamp("timestamp with time zone", text, size, now_us, zone, true, out, err);
}
