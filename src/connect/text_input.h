/* text_input.h - the plain bytes of a text file from its beginning, compressed or not. For this folder only. */
#ifndef LEAT_CONNECT_TEXT_INPUT_H
#define LEAT_CONNECT_TEXT_INPUT_H

#include "base/buffer.h"
#include "os/os.h"

struct text_input;

/* Opens path; gzip and zstd are seen by the first bytes. os and path must outlive *out, the caller's to close. */
CHECKED enum status text_input_open(struct os *os, const char *path, struct text_input **out, struct error *err);
void text_input_close(struct text_input *in); /* accepts NULL */
/* Appends up to size plain bytes to out; fewer only at the end (text_input_is_at_end). Errors name the path. */
CHECKED enum status text_input_read(struct text_input *in, size_t size, struct buffer *out, struct error *err);
bool text_input_is_at_end(const struct text_input *in);
int64_t text_input_position(const struct text_input *in); /* bytes of the file that were read */

#endif
