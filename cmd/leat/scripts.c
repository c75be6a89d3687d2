/* scripts.c - -c, -f and standard input. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "engine/script.h"
#include "interrupt.h"
#include "os/clock.h"
#include "os/thread.h"
#include "run.h"

/* ---- the operator's log ---- */

static const char *const LEVELS[] = {"debug", "info", "warning", "error"};

void event_log_init(struct event_log *l, const struct options *o, enum log_level otherwise)
{
    l->least = otherwise;
    l->json = o->log_json;
    for (int i = 0; i < 4 && o->log_level != NULL; i++)
        if (strcmp(o->log_level, LEVELS[i]) == 0)
            l->least = (enum log_level)i;
}

void event_log_write(void *context, enum log_level level, const char *event)
{
    const struct event_log *l = context;
    struct buffer line = {0};
    if (level < l->least)
        return;
    buffer_put_text(&line, l->json ? "{\"time\":\"" : "");
    timestamptz_format(clock_realtime_us(), time_zone_utc(), &line);
    if (l->json) {
        buffer_printf(&line, "\",\"level\":\"%s\",\"event\":", LEVELS[level]);
        json_put_string(&line, bytes_from_text(event));
        buffer_put_text(&line, "}\n");
    } else
        buffer_printf(&line, " %s %s\n", LEVELS[level], event);
    fwrite(line.data, 1, line.size, stderr);
    buffer_clear(&line);
}

struct engine *open_engine(struct options *o, bool serves, struct event_log *log)
{
    struct engine_options options = {.os = os_real(), .directory = o->data, .files_root = o->files, .serves = serves, .settings = o->settings,
                                     .report = event_log_write, .report_context = log};
    struct engine *e = NULL;
    struct error err = {0};
    o->settings = NULL; /* the engine's now */
    if (engine_open(&options, &e, &err) == STATUS_OK)
        return e;
    print_error("leat: ", NULL, &err);
    return NULL;
}

/* ---- texts ---- */

char *read_whole_file(const char *path)
{
    FILE *f = strcmp(path, "-") == 0 ? stdin : fopen(path, "rb");
    if (f == NULL) {
        fprintf(stderr, "leat: cannot open \"%s\": %s\n", path, strerror(errno));
        return NULL;
    }
    struct buffer text = {0};
    enum { SIZE = 65536 };
    size_t got;
    while ((got = fread(buffer_reserve(&text, SIZE), 1, SIZE, f)) > 0)
        buffer_advance(&text, got);
    bool failed = ferror(f) != 0, has_nul = text.size > 0 && memchr(text.data, 0, text.size) != NULL;
    if (f != stdin)
        fclose(f);
    if (failed) {
        fprintf(stderr, "leat: cannot read \"%s\": %s\n", path, strerror(errno));
        buffer_clear(&text);
        return NULL;
    }
    if (has_nul) {
        fprintf(stderr, "leat: \"%s\" has a NUL byte, so it is not text\n", path);
        buffer_clear(&text);
        return NULL;
    }
    size_t mark = utf8_mark_size(buffer_bytes(&text));
    buffer_text(&text);
    memmove(text.data, text.data + mark, text.size + 1 - mark);
    return (char *)text.data;
}

static void print_where(char *out, size_t size, const char *where, bool is_file, int line)
{
    if (is_file)
        snprintf(out, size, "%s:%d: ", where, line);
    else
        snprintf(out, size, "%s", where);
}

bool run_text(struct session *s, struct options *o, struct printer *p, const char *where, const char *text, bool is_file)
{
    struct arena *arena = arena_create();
    struct error err = {0};
    struct script_position failed = {0};
    char prefix[512];
    enum status st = script_run(s, text, options_variable, o, printer_receiver(p), arena, &failed, &err);
    if (st != STATUS_OK) {
        printer_forget(p);
        print_where(prefix, sizeof prefix, where, is_file, failed.line);
        print_error(prefix, failed.text, &err);
    }
    arena_destroy(arena);
    return st == STATUS_OK;
}

static bool run_script(struct session *s, struct options *o, struct printer *p, const struct script *script)
{
    if (!script->is_file)
        return run_text(s, o, p, "", script->text, false);
    char *text = read_whole_file(script->text);
    if (text == NULL)
        return false;
    bool ok = run_text(s, o, p, strcmp(script->text, "-") == 0 ? "<stdin>" : script->text, text, true);
    free(text);
    return ok;
}

int run_scripts(struct options *o)
{
    struct event_log log;
    event_log_init(&log, o, LEVEL_WARNING);
    if (o->script_count == 0) {
        o->scripts = memory_realloc(o->scripts, sizeof *o->scripts);
        o->scripts[o->script_count++] = (struct script){true, "-"};
    }
    struct engine *e = open_engine(o, false, &log);
    if (e == NULL)
        return EXIT_WORK_FAILED;
    struct session *s = NULL;
    struct error err = {0};
    bool ok = session_open(e, &(struct session_options){0}, &s, &err) == STATUS_OK;
    o->output.progress = isatty(STDERR_FILENO) != 0;
    o->output.rows_shown = isatty(STDOUT_FILENO) != 0 ? 40 : 0;
    struct printer *p = printer_create(&o->output);
    static const int SIGNALS[] = {SIGINT, SIGTERM, SIGHUP}; /* what was begun goes, and so does a temporary folder */
    enum { SIGNAL_COUNT = sizeof SIGNALS / sizeof *SIGNALS };
    struct interrupt interrupts[SIGNAL_COUNT];
    for (size_t i = 0; i < SIGNAL_COUNT; i++)
        interrupt_begin(&interrupts[i], SIGNALS[i], s, true);
    for (uint32_t i = 0; i < o->script_count && ok; i++)
        ok = run_script(s, o, p, &o->scripts[i]) && !interrupt_seen();
    for (size_t i = SIGNAL_COUNT; i-- > 0;)
        interrupt_end(&interrupts[i]);
    printer_destroy(p);
    session_close(s);
    engine_close(e);
    return ok ? 0 : EXIT_WORK_FAILED;
}
