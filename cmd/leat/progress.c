/* progress.c - the bar. */
#include "progress.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "os/clock.h"

enum { BAR_WIDTH = 24 };

struct progress_bar {
    int64_t began_ns;
    bool is_drawn;
};

struct progress_bar *progress_bar_create(void)
{
    return memory_alloc_zero(1, sizeof(struct progress_bar));
}

void progress_bar_destroy(struct progress_bar *b)
{
    progress_bar_clear(b);
    free(b);
}

const char *size_text(int64_t bytes, char *buffer)
{
    static const char *const UNITS[] = {"B", "kB", "MB", "GB", "TB"};
    double size = (double)bytes;
    unsigned unit = 0;
    while (size >= 1000 && unit < 4) {
        size /= 1000;
        unit++;
    }
    snprintf(buffer, 32, unit == 0 ? "%.0f %s" : "%.1f %s", size, UNITS[unit]);
    return buffer;
}

void progress_bar_draw(struct progress_bar *b, int64_t rows, int64_t bytes, int64_t total_bytes)
{
    char size[32];
    int64_t now = clock_monotonic_ns();
    if (b->began_ns == 0)
        b->began_ns = now;
    double seconds = (double)(now - b->began_ns) / 1e9;
    fprintf(stderr, "\r\033[K");
    if (total_bytes > 0) {
        double share = bytes >= total_bytes ? 1.0 : (double)bytes / (double)total_bytes;
        int filled = (int)(share * BAR_WIDTH);
        fprintf(stderr, "[");
        for (int i = 0; i < BAR_WIDTH; i++)
            fputc(i < filled ? '=' : ' ', stderr);
        fprintf(stderr, "] %3.0f %%  ", share * 100);
        if (share > 0.01 && seconds > 0.3)
            fprintf(stderr, "%.0f s left  ", seconds / share * (1 - share));
    }
    fprintf(stderr, "%lld rows  %s", (long long)rows, size_text(bytes, size));
    fflush(stderr);
    b->is_drawn = true;
}

void progress_bar_clear(struct progress_bar *b)
{
    if (b == NULL)
        return;
    if (b->is_drawn)
        fprintf(stderr, "\r\033[K");
    fflush(stderr);
    *b = (struct progress_bar){0};
}
