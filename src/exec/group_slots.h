/* group_slots.h - the groups of a dictionary's values, kept from batch to batch.
 *
 * Decoders hand out many batches with the same small dictionary. Its values are
 * compared with a copy (cheaper than a look-up per row), so nothing depends on
 * addresses being used again.
 */
#ifndef LEAT_EXEC_GROUP_SLOTS_H
#define LEAT_EXEC_GROUP_SLOTS_H

#include "data/batch.h"

enum { GROUP_SLOTS_MAX = 4096 };

struct group;
struct group_slots {
    struct type type;
    uint32_t size;           /* of the dictionary; 0: none is kept */
    uint32_t change_count;   /* dictionaries in a row that were not the one before */
    struct arena *arena;     /* the copy */
    void *values;
    struct group *groups[GROUP_SLOTS_MAX + 1]; /* the last: NULL; a NULL pointer: not looked up yet */
};

struct group_slots *group_slots_create(void);
void group_slots_destroy(struct group_slots *s);
/* Makes s speak of v's dictionary: keeps what is known if it is the same one. False if v is not a small dictionary. */
bool group_slots_begin(struct group_slots *s, const struct vector *v);
void group_slots_forget(struct group_slots *s);
static inline uint32_t group_slot(const struct vector *v, uint32_t row)
{
    return vector_is_valid(v, row) ? v->indexes[row] : v->dictionary_size;
}

#endif
