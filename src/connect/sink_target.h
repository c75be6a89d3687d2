/* sink_target.h - where COPY TO writes, and how it comes into view. For this folder only.
 *
 *     a file                 written beside it under a name with '_', then renamed over it
 *     a new or empty folder, written inside under a name with '_', then renamed to part-NNNNN
 *     or APPEND
 *     OVERWRITE of a folder  a folder beside it is filled; then the two change places and the old one goes
 *     a device               written as it is
 */
#ifndef LEAT_CONNECT_SINK_TARGET_H
#define LEAT_CONNECT_SINK_TARGET_H

#include "connect/file_sink.h"

struct sink_target {
    struct os *os;
    struct arena *arena;     /* the caller's */
    const char *path;        /* the file or folder, without slashes at the end */
    const char *parent;      /* the folder that it is in */
    const char *temporary;   /* the file that is written */
    const char *final;       /* what it becomes; NULL: it is one already (a device) */
    const char *new_folder;  /* OVERWRITE: takes the place of path; NULL: none */
    bool made_folder;        /* path was made by us */
    bool is_device;
};

/* Resolves copy's path and makes the folders needed; ending: ".parquet". 58P02 for a folder that holds files. */
CHECKED enum status sink_target_open(const struct file_access *access, const struct statement *copy, const char *ending,
                                     struct arena *arena, struct sink_target *t, struct error *err);
/* Renames; the file's bytes must be on disk. */
CHECKED enum status sink_target_publish(struct sink_target *t, struct error *err);
/* Removes what sink_target_open and the writer made. */
void sink_target_abandon(struct sink_target *t);

#endif
