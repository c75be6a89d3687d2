/* time_unit.c - the names of units and fields of time. */
#include "data/time_unit.h"

#include <stddef.h>
#include <string.h>

static const struct {
    const char *name;
    enum time_unit unit;
} UNITS[] = {
    {"microsecond", UNIT_MICROSECOND}, {"microseconds", UNIT_MICROSECOND}, {"us", UNIT_MICROSECOND}, {"usec", UNIT_MICROSECOND},
    {"usecs", UNIT_MICROSECOND}, {"usecond", UNIT_MICROSECOND}, {"useconds", UNIT_MICROSECOND}, {"microsecon", UNIT_MICROSECOND},
    {"millisecond", UNIT_MILLISECOND}, {"milliseconds", UNIT_MILLISECOND}, {"ms", UNIT_MILLISECOND}, {"msec", UNIT_MILLISECOND},
    {"msecs", UNIT_MILLISECOND}, {"msecond", UNIT_MILLISECOND}, {"mseconds", UNIT_MILLISECOND}, {"second", UNIT_SECOND},
    {"seconds", UNIT_SECOND}, {"s", UNIT_SECOND}, {"sec", UNIT_SECOND}, {"secs", UNIT_SECOND}, {"minute", UNIT_MINUTE},
    {"minutes", UNIT_MINUTE}, {"m", UNIT_MINUTE}, {"min", UNIT_MINUTE}, {"mins", UNIT_MINUTE}, {"hour", UNIT_HOUR},
    {"hours", UNIT_HOUR}, {"h", UNIT_HOUR}, {"hr", UNIT_HOUR}, {"hrs", UNIT_HOUR}, {"day", UNIT_DAY}, {"days", UNIT_DAY},
    {"d", UNIT_DAY}, {"week", UNIT_WEEK}, {"weeks", UNIT_WEEK}, {"w", UNIT_WEEK}, {"month", UNIT_MONTH}, {"months", UNIT_MONTH},
    {"mon", UNIT_MONTH}, {"mons", UNIT_MONTH}, {"quarter", UNIT_QUARTER}, {"qtr", UNIT_QUARTER}, {"year", UNIT_YEAR},
    {"years", UNIT_YEAR}, {"y", UNIT_YEAR}, {"yr", UNIT_YEAR}, {"yrs", UNIT_YEAR}, {"decade", UNIT_DECADE},
    {"decades", UNIT_DECADE}, {"dec", UNIT_DECADE}, {"decs", UNIT_DECADE}, {"century", UNIT_CENTURY}, {"centuries", UNIT_CENTURY},
    {"c", UNIT_CENTURY}, {"cent", UNIT_CENTURY}, {"millennium", UNIT_MILLENNIUM}, {"millennia", UNIT_MILLENNIUM},
    {"mil", UNIT_MILLENNIUM}, {"mils", UNIT_MILLENNIUM}, {"epoch", UNIT_EPOCH}, {"julian", UNIT_JULIAN}, {"j", UNIT_JULIAN},
    {"jd", UNIT_JULIAN}, {"dow", UNIT_DOW}, {"doy", UNIT_DOY}, {"isodow", UNIT_ISODOW}, {"isoyear", UNIT_ISOYEAR},
    {"timezone", UNIT_TIMEZONE}, {"timezone_hour", UNIT_TIMEZONE_HOUR}, {"timezone_h", UNIT_TIMEZONE_HOUR}, {"timezone_minute", UNIT_TIMEZONE_MINUTE}, {"timezone_m", UNIT_TIMEZONE_MINUTE},
};

enum time_unit time_unit_find(const char *name)
{
    for (size_t i = 0; i < sizeof UNITS / sizeof *UNITS; i++)
        if (strcmp(UNITS[i].name, name) == 0)
            return UNITS[i].unit;
    return UNIT_NONE;
}

int64_t time_unit_us(enum time_unit unit)
{
    switch (unit) {
    case UNIT_MICROSECOND: return 1;
    case UNIT_MILLISECOND: return 1000;
    case UNIT_SECOND: return 1000000;
    case UNIT_MINUTE: return 60000000;
    case UNIT_HOUR: return INT64_C(3600000000);
    default: return 0;
    }
}

int time_unit_months(enum time_unit unit)
{
    switch (unit) {
    case UNIT_MONTH: return 1;
    case UNIT_QUARTER: return 3;
    case UNIT_YEAR: return 12;
    case UNIT_DECADE: return 120;
    case UNIT_CENTURY: return 1200;
    case UNIT_MILLENNIUM: return 12000;
    default: return 0;
    }
}
