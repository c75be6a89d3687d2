/* settings.h - the one table of settings: parsing, SHOW, --help and docs/operations.md come from it.
 *
 * Of several sources that name a setting the strongest wins: a session's SET,
 * --set on the command line, LEAT_NAME in the environment, DIR/leat.conf,
 * ALTER SYSTEM SET, the default.
 */
#ifndef LEAT_ENGINE_SETTINGS_H
#define LEAT_ENGINE_SETTINGS_H

#include "base/arena.h"
#include "base/status.h"

enum setting_kind { SETTING_BOOL, SETTING_INTEGER, SETTING_SIZE, SETTING_DURATION, SETTING_TEXT, SETTING_ENUM };
enum setting_source { SOURCE_DEFAULT, SOURCE_SYSTEM, SOURCE_FILE, SOURCE_ENVIRONMENT, SOURCE_COMMAND_LINE, SOURCE_SESSION };
enum setting_scope { SCOPE_SERVER, /* at start, or ALTER SYSTEM and restart */ SCOPE_SESSION, /* SET too */ SCOPE_INTERNAL /* read only: server_version */ };

struct setting {
    const char *name;
    enum setting_kind kind;
    enum setting_scope scope;
    const char *default_value;
    const char *unit;       /* "B", "ms", ... of the plain number; NULL: none */
    int64_t minimum, maximum;
    const char *values;     /* SETTING_ENUM: "a,b,c" */
    const char *summary;
};
extern const struct setting SETTINGS[];
extern const uint32_t SETTING_COUNT;

struct settings; /* values with their sources; a session has one over the engine's */
struct settings *settings_create(const struct settings *parent);
void settings_destroy(struct settings *s);
/* Another with the same parent and values. */
struct settings *settings_copy(const struct settings *s);
/* Checks and sets. 42704 `unrecognized configuration parameter "x"`, 22023 `invalid value for parameter "x": "y"`, 55P02-like as 55000
 * when it cannot be changed from there. A weaker source than the present one changes nothing. */
/* One thread at a time; others may read, if source is SOURCE_SYSTEM. */
CHECKED enum status settings_set(struct settings *s, const char *name, const char *value, enum setting_source source, struct error *err);
/* Back to what the parent says. name NULL: all. */
CHECKED enum status settings_reset(struct settings *s, const char *name, struct error *err);
const char *settings_get(const struct settings *s, const char *name); /* NULL: no such setting. In canonical spelling */
int64_t settings_get_integer(const struct settings *s, const char *name); /* bytes, ms, 0/1; the name must exist */
enum setting_source settings_source(const struct settings *s, const char *name);
const char *setting_source_name(enum setting_source source);
/* Reads leat.conf: name = value lines, # comments, values quoted (a quote in them is written twice) or not. Errors name file and line. */
CHECKED enum status settings_read(struct settings *s, const char *path, struct bytes text, struct error *err);

#endif
