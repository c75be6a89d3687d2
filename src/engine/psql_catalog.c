/* psql_catalog.c - psql's own catalogue queries. */
#include "engine/internal.h"

enum status answer_psql_query(struct work *w, const char *text, bool *handled, struct error *err)
{
    (void)w;
    (void)text;
    (void)err;
    *handled = false;
    return STATUS_OK;
}
