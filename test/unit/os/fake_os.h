/* fake_os.h - a struct os over a disk in memory that fails, fills and crashes when told to.
 *
 * Write and truncate are durable after sync of the file; create, rename, remove and
 * make_directory after sync_directory of the parent. What is not durable may or may
 * not survive fake_os_crash, in 512-byte sectors. A sync that fails loses what it
 * should have written, as on Linux: a later sync does not bring it back.
 *
 *     struct fake_os *f = fake_os_create(seed);
 *     fake_os_fail_at(f, call, STATUS_IO_ERROR);
 *     ... use fake_os_base(f) ...
 *     fake_os_crash(f);          // every open file is gone; reopen and check
 *     assert(fake_os_open_files(f) == 0);
 *     fake_os_destroy(f);
 *
 * Paths begin at the fake's root, with or without a slash; only the root exists at
 * first. map answers NULL ("use read"). Usable from several threads.
 */
#ifndef LEAT_TEST_FAKE_OS_H
#define LEAT_TEST_FAKE_OS_H

#include "os/os.h"

struct fake_os;

struct fake_os *fake_os_create(uint64_t seed);
void fake_os_destroy(struct fake_os *f); /* accepts NULL; closes what is open */
struct os *fake_os_base(struct fake_os *f);

/* The call-th call from now (0 = the next) fails with st, once. With STATUS_DISK_FULL only calls that need space are
 * counted (creating, writing, allocating, syncing); with any other status all calls but close and unmap. A failed write
 * leaves a random part written. -1: never. */
void fake_os_fail_at(struct fake_os *f, int64_t call, enum status st);
/* Power goes at the call-th call from now: it and all later ones fail with IO_ERROR until fake_os_crash. -1: never. */
void fake_os_power_off_at(struct fake_os *f, int64_t call);
/* True once the fault asked for has happened: a loop over calls ends when a run finishes without it. */
bool fake_os_has_failed(const struct fake_os *f);
/* DISK_FULL while files hold more than size bytes; 0 = no limit. */
void fake_os_set_capacity(struct fake_os *f, int64_t size);

/* Power failure and restart: unsynced changes survive by chance, files are closed, locks gone, faults unset. */
void fake_os_crash(struct fake_os *f);

int fake_os_open_files(const struct fake_os *f);
/* Calls made so far, and how many of them were sync or sync_directory. */
int64_t fake_os_calls(const struct fake_os *f);
int64_t fake_os_syncs(const struct fake_os *f);

#endif
