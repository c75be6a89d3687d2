/* clock.h - time. */
#ifndef LEAT_OS_CLOCK_H
#define LEAT_OS_CLOCK_H

#include <stdint.h>

int64_t clock_monotonic_ns(void);  /* for durations and deadlines */
int64_t clock_realtime_us(void);   /* microseconds since 1970-01-01 UTC */
void clock_sleep_us(int64_t us);

#endif
