/* near_name.c - edit distance over short names. */
#include "catalog/near_name.h"

#include <ctype.h>
#include <string.h>

enum { NAME_SIZE_MAX = 63 };

static unsigned smallest(unsigned a, unsigned b, unsigned c)
{
    unsigned m = a < b ? a : b;
    return m < c ? m : c;
}

unsigned name_distance(const char *a, const char *b, unsigned limit)
{
    size_t a_size = strlen(a);
    size_t b_size = strlen(b);
    if (a_size > NAME_SIZE_MAX || b_size > NAME_SIZE_MAX)
        return limit + 1;
    unsigned row[NAME_SIZE_MAX + 1];
    for (unsigned j = 0; j <= b_size; j++)
        row[j] = j;
    for (unsigned i = 1; i <= a_size; i++) {
        unsigned diagonal = row[0];
        row[0] = i;
        for (unsigned j = 1; j <= b_size; j++) {
            bool same = tolower((unsigned char)a[i - 1]) == tolower((unsigned char)b[j - 1]);
            unsigned next = smallest(row[j] + 1, row[j - 1] + 1, diagonal + (same ? 0 : 1));
            diagonal = row[j];
            row[j] = next;
        }
    }
    return row[b_size] > limit ? limit + 1 : row[b_size];
}

void name_consider(const char *name, const char *candidate, const char **best, unsigned *best_distance)
{
    unsigned distance = name_distance(name, candidate, 2);
    if (distance < *best_distance && distance * 2 < strlen(name) + 1) {
        *best = candidate;
        *best_distance = distance;
    }
}
