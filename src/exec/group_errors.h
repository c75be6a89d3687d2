/* group_errors.h - which rows of a group are in error: counts per call and code, healing as they are retracted. */
#ifndef LEAT_EXEC_GROUP_ERRORS_H
#define LEAT_EXEC_GROUP_ERRORS_H

#include "state/allocator.h"
#include "state/hash_table.h"

enum { ERROR_OF_ROW = -1 }; /* as call: the row as a whole, not a call's argument */

struct error_count {
    struct error_count *next;
    int64_t count;
    int32_t call;
    uint8_t code; /* enum status */
};
/* Zero-initialise to begin. Groups without errors cost nothing. Group NULL stands for the rows whose key is in error. */
struct group_errors {
    struct hash_table table; /* group pointer -> list */
    struct allocator memory;
    bool is_made;
};

CHECKED enum status group_errors_add(struct group_errors *e, const void *group, int32_t call, uint8_t code, int64_t weight,
                                     struct error *err);
/* The list of a group, NULL if it has none. Counts may be 0. */
const struct error_count *group_errors_of(const struct group_errors *e, const void *group);
/* The smallest code with a positive count for this call, STATUS_OK if there is none. */
enum status group_error(const struct group_errors *e, const void *group, int32_t call);
void group_errors_remove(struct group_errors *e, const void *group);
/* The next group with a list from *cursor (begin with 0): false at the end. */
bool group_errors_next(const struct group_errors *e, uint32_t *cursor, void **group, const struct error_count **list);
void group_errors_clear(struct group_errors *e); /* frees; empty and usable */

#endif
