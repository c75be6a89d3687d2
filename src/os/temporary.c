/* temporary.c - private folders that nobody else can guess. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "os/os.h"

enum status os_make_temporary(struct os *os, char *path, struct error *err)
{
    (void)os; /* the name must be made by the kernel: no fake disk has one */
    if (mkdtemp(path) != NULL)
        return STATUS_OK;
    return error_set(err, errno == ENOSPC ? STATUS_DISK_FULL : STATUS_IO_ERROR, "cannot make a temporary folder \"%s\": %s", path,
                     strerror(errno));
}
