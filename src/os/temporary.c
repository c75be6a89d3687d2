/* temporary.c - private folders that nobody else can guess. */
#include <errno.h>
#include <stdlib.h>

#include "os/errno.h"
#include "os/os.h"

enum status os_make_temporary(struct os *os, char *path, struct error *err)
{
    (void)os; /* the name must be made by the kernel: no fake disk has one */
    if (mkdtemp(path) != NULL)
        return STATUS_OK;
    return errno_set(err, errno, "make the temporary folder", path);
}
