/* environment.c - what the binder sees of a session: its settings, its time, and files. */
#include <strings.h>

#include "engine/internal.h"
#include "os/clock.h"

static enum status describe_files(void *context, struct plan *node, struct arena *arena, struct error *err)
{
    struct session *s = context;
    struct file_access access = session_file_access(s);
    return file_source_describe(&access, node, arena, err);
}

static const char *setting(void *context, const char *name)
{
    struct session *s = context;
    if (strcasecmp(name, "leat.cut") == 0)
        return s->cut;
    return settings_get(s->settings, name);
}

void session_environment(struct session *s, const struct text_context *text, struct sql_environment *out)
{
    *out = (struct sql_environment){.catalog = s->engine->catalog,
                                    .text = *text,
                                    .search_path = settings_get(s->settings, "search_path"),
                                    .describe_files = describe_files,
                                    .setting = setting,
                                    .context = s,
                                    .user = s->user,
                                    .database = s->database};
}

enum status session_text_context(struct session *s, struct text_context *out, struct error *err)
{
    out->now_us = s->transaction != TRANSACTION_NONE ? s->transaction_time_us : clock_realtime_us();
    return time_zone_find(settings_get(s->settings, "TimeZone"), &out->zone, err);
}

struct file_access session_file_access(struct session *s)
{
    const char *root = s->options.is_server ? s->engine->options.files_root : NULL;
    if (s->options.is_server && root == NULL)
        root = "";
    return (struct file_access){s->engine->options.os, root};
}
