/* power_of_ten.h - 128 bits of every power of ten that a double can meet. For this folder only. */
#ifndef LEAT_DATA_POWER_OF_TEN_H
#define LEAT_DATA_POWER_OF_TEN_H

#include <stdbool.h>
#include <stdint.h>

enum { POWER_OF_TEN_MIN = -342, POWER_OF_TEN_MAX = 324 };

/* 10^k = (high:low) * 2^(power_of_ten_exponent(k) - 127), truncated to 128 bits, the top bit set. */
struct power_of_ten {
    uint64_t high, low;
};
const struct power_of_ten *power_of_ten(int k);
/* Whether the 128 bits are all of it. */
static inline bool power_of_ten_is_exact(int k)
{
    return k >= 0 && k <= 55;
}
/* floor(log2(10^k)) */
static inline int power_of_ten_exponent(int k)
{
    return (k * 1741647) >> 19;
}

#endif
