/* posix_zone.h - POSIX TZ rules ("CET-1CEST,M3.5.0,M10.5.0/3"), the footers of TZif files. For this folder only. */
#ifndef LEAT_DATA_POSIX_ZONE_H
#define LEAT_DATA_POSIX_ZONE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct posix_time {
    char abbreviation[12];
    int32_t offset_s; /* east of UTC */
};
struct posix_change {
    enum { POSIX_JULIAN, POSIX_DAY, POSIX_MONTH } kind; /* Jn, n, Mm.w.d */
    int month, week, day;
    int32_t time_s; /* local, may be negative or beyond a day */
};
struct posix_zone {
    struct posix_time standard, daylight;
    bool has_daylight;
    struct posix_change to_daylight, to_standard;
};

bool posix_zone_parse(const char *text, size_t size, struct posix_zone *out);
const struct posix_time *posix_zone_at(const struct posix_zone *zone, int64_t utc_s);

#endif
