/* record_batch_fuzz.c - any bytes as a record batch: parsed, and its records walked, within bounds. */
#include "log/record_batch.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct buffer scratch;
    struct error err = {0};
    struct record_batch_header header;
    struct bytes bytes = {data, size};
    (void)record_batch_inspect(bytes, true, &header);
    struct record_iterator it;
    struct record record;
    bool done = false;
    volatile uint8_t touched = 0;
    enum status st = record_iterator_open(&it, bytes, &scratch, &err);
    while (st == STATUS_OK && !done) {
        st = record_iterator_next(&it, &record, &done, &err);
        if (st == STATUS_OK && !done && record.key.size > 0)
            touched = (uint8_t)(touched + record.key.data[record.key.size - 1]);
        if (st == STATUS_OK && !done && record.value.size > 0)
            touched = (uint8_t)(touched + record.value.data[record.value.size - 1]);
    }
    return 0;
}
