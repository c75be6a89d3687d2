/* journal_load.c - entries that enter the journal together. */
#include <stdlib.h>

#include "base/memory.h"
#include "log/journal.h"

enum { KEPT_FRAME_SIZE = 4 * 1024 * 1024 };

void journal_load_reset(struct journal_load *load)
{
    for (size_t i = 0; i < load->segment_count; i++)
        segment_unref(load->segments[i].segment);
    load->segment_count = load->end_count = load->batch_count = 0;
    if (load->frame.capacity > KEPT_FRAME_SIZE)
        buffer_clear(&load->frame); /* one burst does not keep its memory for ever */
    journal_frame_begin(&load->frame);
}

void journal_load_clear(struct journal_load *load)
{
    journal_load_reset(load);
    buffer_clear(&load->frame);
    free(load->ends);
    free(load->segments);
    *load = (struct journal_load){0};
}

static void put_end(struct journal_load *load, struct partition *partition, int64_t end_offset)
{
    if (load->end_count > 0 && load->ends[load->end_count - 1].partition == partition) {
        load->ends[load->end_count - 1].end_offset = end_offset;
        return;
    }
    if (load->end_count == load->end_capacity) {
        load->end_capacity = load->end_capacity == 0 ? 16 : load->end_capacity * 2;
        load->ends = memory_realloc(load->ends, load->end_capacity * sizeof *load->ends);
    }
    load->ends[load->end_count++] = (struct journal_end){partition, end_offset};
}

static void put_segment(struct journal_load *load, struct segment *segment, bool must_sync)
{
    if (load->segment_count > 0 && load->segments[load->segment_count - 1].segment == segment) {
        load->segments[load->segment_count - 1].must_sync |= must_sync;
        return;
    }
    if (load->segment_count == load->segment_capacity) {
        load->segment_capacity = load->segment_capacity == 0 ? 16 : load->segment_capacity * 2;
        load->segments = memory_realloc(load->segments, load->segment_capacity * sizeof *load->segments);
    }
    load->segments[load->segment_count++] = (struct journal_segment){segment_ref(segment), must_sync};
}

void journal_load_add(struct journal_load *load, const struct journal_place *place, const uint8_t *batch,
                      const struct record_batch_header *header, struct segment *segment, struct partition *partition,
                      bool by_reference)
{
    int64_t end_offset = record_batch_end_offset(header);
    if (load->frame.size == 0)
        journal_frame_begin(&load->frame);
    if (by_reference)
        journal_put_reference(&load->frame, place, header->base_offset, end_offset, record_batch_crc(batch));
    else
        journal_put_batch(&load->frame, place, batch);
    put_end(load, partition, end_offset);
    put_segment(load, segment, by_reference);
    load->batch_count++;
}
