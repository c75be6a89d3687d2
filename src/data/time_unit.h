/* time_unit.h - the names of units and fields of time. For this folder only. */
#ifndef LEAT_DATA_TIME_UNIT_H
#define LEAT_DATA_TIME_UNIT_H

#include <stdint.h>

enum time_unit {
    UNIT_NONE,
    UNIT_MICROSECOND,
    UNIT_MILLISECOND,
    UNIT_SECOND,
    UNIT_MINUTE,
    UNIT_HOUR,
    UNIT_DAY,
    UNIT_WEEK,
    UNIT_MONTH,
    UNIT_QUARTER,
    UNIT_YEAR,
    UNIT_DECADE,
    UNIT_CENTURY,
    UNIT_MILLENNIUM,
    /* fields of extract() alone */
    UNIT_EPOCH,
    UNIT_JULIAN,
    UNIT_DOW,
    UNIT_DOY,
    UNIT_ISODOW,
    UNIT_ISOYEAR,
    UNIT_TIMEZONE,
    UNIT_TIMEZONE_HOUR,
    UNIT_TIMEZONE_MINUTE,
};

/* Lower case, singular or plural or short ("hour", "hrs"); UNIT_NONE if unknown. */
enum time_unit time_unit_find(const char *name);
int64_t time_unit_us(enum time_unit unit);  /* microseconds; 0 for days and longer */
int time_unit_months(enum time_unit unit);  /* 0 for weeks and shorter */

#endif
