/* options.c - the tables of commands and options. */
#include "options.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/memory.h"

enum option_id {
    OPTION_COMMAND, OPTION_FILE, OPTION_VARIABLE, OPTION_DATA, OPTION_FORMAT, OPTION_CSV, OPTION_EXPANDED, OPTION_SET, OPTION_FILES,
    OPTION_KAFKA, OPTION_POSTGRES, OPTION_LOG_LEVEL, OPTION_LOG_FORMAT, OPTION_BROKERS, OPTION_KEY, OPTION_PARTITIONS, OPTION_FROM,
    OPTION_COUNT_LIMIT, OPTION_HELP
};

static const struct command_line_option {
    enum option_id id;
    const char *commands;  /* which take it: "-" is the shell */
    char letter;
    const char *name;
    const char *value;     /* what its value is called; NULL: a flag */
    const char *help;
} OPTIONS_TABLE[] = {
    {OPTION_COMMAND, "-", 'c', "command", "SQL", "run SQL (may be given several times) and end"},
    {OPTION_FILE, "-", 'f', "file", "FILE", "run the statements of a file; - is standard input"},
    {OPTION_VARIABLE, "-", 'v', "variable", "NAME=VALUE", "set a variable for :NAME, :'NAME' and :\"NAME\""},
    {OPTION_DATA, "- serve topic", 0, "data", "DIR", "the data folder; without it, a temporary one that is gone at the end"},
    {OPTION_FORMAT, "-", 0, "format", "FORMAT", "table, csv, json or ndjson"},
    {OPTION_CSV, "-", 0, "csv", NULL, "the same as --format csv"},
    {OPTION_EXPANDED, "-", 'x', "expanded", NULL, "one column a line"},
    {OPTION_SET, "- serve topic", 0, "set", "NAME=VALUE", "a setting (SHOW ALL lists them)"},
    {OPTION_FILES, "serve", 0, "files", "DIR", "let statements of connections read and write files below DIR; default none"},
    {OPTION_KAFKA, "serve", 0, "kafka", "ADDR", "where the Kafka protocol is spoken; default 127.0.0.1:9092, port 0 picks"},
    {OPTION_POSTGRES, "serve", 0, "postgres", "ADDR", "where the PostgreSQL protocol is spoken; default 127.0.0.1:5432, port 0 picks"},
    {OPTION_LOG_LEVEL, "- serve topic", 0, "log-level", "LEVEL", "debug, info, warning or error; default info (warning without serve)"},
    {OPTION_LOG_FORMAT, "- serve topic", 0, "log-format", "FORMAT", "text or json"},
    {OPTION_BROKERS, "topic", 'b', "brokers", "HOST:PORT,...", "the Kafka cluster; without it the data folder"},
    {OPTION_KEY, "topic", 'k', "key", "KEY", "the key of each produced record"},
    {OPTION_PARTITIONS, "topic", 'p', "partitions", "N", "partitions of a new topic; default 1"},
    {OPTION_FROM, "topic", 0, "from", "WHERE", "beginning (default) or end"},
    {OPTION_COUNT_LIMIT, "topic", 'n', "count", "N", "end after N records"},
    {OPTION_HELP, "- serve topic", 'h', "help", NULL, "show this help"},
};
enum { OPTION_TABLE_COUNT = sizeof OPTIONS_TABLE / sizeof *OPTIONS_TABLE };

static const struct {
    const char *name, *usage, *summary;
} COMMANDS[] = {
    {"", "leat [OPTIONS]", "a shell; with -c or -f, or a pipe on standard input, statements without one"},
    {"serve", "leat serve --data DIR [OPTIONS] [FILE.sql ...]", "apply the files, then serve Kafka and PostgreSQL clients"},
    {"topic", "leat topic list|create|produce|consume [TOPIC] [OPTIONS]", "topics of a data folder or of any Kafka (--brokers)"},
    {"help", "leat help [COMMAND]", "show help"},
};
enum { COMMAND_COUNT = sizeof COMMANDS / sizeof *COMMANDS };

static bool takes(const struct command_line_option *o, const char *command)
{
    const char *wanted = command[0] == '\0' ? "-" : command;
    size_t size = strlen(wanted);
    for (const char *at = o->commands; (at = strstr(at, wanted)) != NULL; at++)
        if ((at == o->commands || at[-1] == ' ') && (at[size] == '\0' || at[size] == ' '))
            return true;
    return false;
}

bool options_help(const char *command, FILE *out)
{
    bool known = false;
    for (int i = 0; i < COMMAND_COUNT; i++)
        known |= command != NULL && strcmp(COMMANDS[i].name, command) == 0;
    if (command != NULL && !known)
        return false;
    for (int i = 0; i < COMMAND_COUNT; i++) {
        if (command != NULL && strcmp(COMMANDS[i].name, command) != 0)
            continue;
        fprintf(out, "%s\n    %s\n", COMMANDS[i].usage, COMMANDS[i].summary);
        for (int k = 0; k < OPTION_TABLE_COUNT; k++) {
            const struct command_line_option *o = &OPTIONS_TABLE[k];
            if (!takes(o, COMMANDS[i].name))
                continue;
            char left[48], letter[8] = "";
            if (o->letter != 0)
                snprintf(letter, sizeof letter, "-%c, ", o->letter);
            snprintf(left, sizeof left, "%s--%s%s%s", letter, o->name, o->value != NULL ? " " : "", o->value != NULL ? o->value : "");
            fprintf(out, "  %-30s %s\n", left, o->help);
        }
        fputc('\n', out);
    }
    return true;
}

const char *options_variable(void *context, const char *name)
{
    const struct options *o = context;
    for (uint32_t i = o->variable_count; i-- > 0;)
        if (strcmp(o->variables[i].name, name) == 0)
            return o->variables[i].value;
    return NULL;
}

void options_clear(struct options *o)
{
    settings_destroy(o->settings);
    free(o->scripts);
    free(o->variables);
    free(o->arguments);
    arena_destroy(o->arena);
    *o = (struct options){0};
}

/* ---- parsing ---- */

static bool misuse(const char *command, const char *format, const char *what)
{
    fprintf(stderr, "leat: ");
    fprintf(stderr, "%s%s\n", format, what);
    fprintf(stderr, "Try \"leat help%s%s\".\n", command[0] == '\0' ? "" : " ", command);
    return false;
}

static bool split(struct options *o, const char *text, const char **name, const char **value)
{
    const char *equals = strchr(text, '=');
    if (equals == NULL || equals == text)
        return false;
    *name = arena_printf(o->arena, "%.*s", (int)(equals - text), text);
    *value = equals + 1;
    return true;
}

static void add_script(struct options *o, bool is_file, const char *text)
{
    o->scripts = memory_realloc(o->scripts, (o->script_count + 1) * sizeof *o->scripts);
    o->scripts[o->script_count++] = (struct script){is_file, text};
}

static bool set_setting(struct options *o, const char *command, const char *value)
{
    const char *name, *text;
    struct error err = {0};
    if (!split(o, value, &name, &text))
        return misuse(command, "--set wants NAME=VALUE, not ", value);
    if (settings_set(o->settings, name, text, SOURCE_COMMAND_LINE, &err) != STATUS_OK)
        return misuse(command, "--set: ", err.message);
    return true;
}

static bool add_variable(struct options *o, const char *command, const char *value)
{
    struct variable v;
    if (!split(o, value, &v.name, &v.value))
        return misuse(command, "--variable wants NAME=VALUE, not ", value);
    o->variables = memory_realloc(o->variables, (o->variable_count + 1) * sizeof *o->variables);
    o->variables[o->variable_count++] = v;
    return true;
}

static bool is_one_of(const char *value, const char *const *words)
{
    for (; *words != NULL; words++)
        if (strcmp(*words, value) == 0)
            return true;
    return false;
}

static bool parse_count(const char *value, int64_t most, int64_t *out)
{
    char *rest;
    errno = 0;
    *out = strtoll(value, &rest, 10);
    return rest != value && *rest == '\0' && errno == 0 && *out >= 1 && *out <= most;
}

static bool apply(struct options *o, const char *command, enum option_id id, const char *value)
{
    switch (id) {
    case OPTION_COMMAND:
        add_script(o, false, value);
        return true;
    case OPTION_FILE:
        add_script(o, true, value);
        return true;
    case OPTION_VARIABLE:
        return add_variable(o, command, value);
    case OPTION_DATA:
        o->data = value;
        return value[0] != '\0' || misuse(command, "--data is empty", "");
    case OPTION_FORMAT:
        o->format_given = true;
        return output_format_parse(value, &o->output.format) || misuse(command, "unknown format: ", value);
    case OPTION_CSV:
        o->output.format = OUTPUT_CSV;
        o->format_given = true;
        return true;
    case OPTION_EXPANDED:
        o->output.expanded = true;
        return true;
    case OPTION_SET:
        return set_setting(o, command, value);
    case OPTION_FILES:
        o->files = value;
        return true;
    case OPTION_KAFKA:
        o->kafka = value;
        return true;
    case OPTION_POSTGRES:
        o->postgres = value;
        return true;
    case OPTION_LOG_LEVEL:
        o->log_level = value;
        return is_one_of(value, (const char *const[]){"debug", "info", "warning", "error", NULL}) || misuse(command, "unknown log level: ", value);
    case OPTION_LOG_FORMAT:
        o->log_json = strcmp(value, "json") == 0;
        return is_one_of(value, (const char *const[]){"text", "json", NULL}) || misuse(command, "unknown log format: ", value);
    case OPTION_BROKERS:
        o->brokers = value;
        return true;
    case OPTION_KEY:
        o->key = value;
        return true;
    case OPTION_PARTITIONS:
        return parse_count(value, 10000, &o->partitions) || misuse(command, "--partitions wants a number from 1 to 10000, not ", value);
    case OPTION_FROM:
        o->from = value;
        return is_one_of(value, (const char *const[]){"beginning", "end", NULL}) || misuse(command, "--from wants beginning or end, not ", value);
    case OPTION_COUNT_LIMIT:
        return parse_count(value, INT64_MAX, &o->count) || misuse(command, "--count wants a positive number, not ", value);
    case OPTION_HELP:
        options_help(command, stdout);
        exit(0);
    }
    return false;
}

static const struct command_line_option *find_option(const char *command, const char *name, size_t size, char letter)
{
    for (int i = 0; i < OPTION_TABLE_COUNT; i++) {
        const struct command_line_option *o = &OPTIONS_TABLE[i];
        if (!takes(o, command))
            continue;
        if (letter != 0 ? o->letter == letter : strlen(o->name) == size && strncmp(o->name, name, size) == 0)
            return o;
    }
    return NULL;
}

static bool parse_one(struct options *o, const char *command, int argc, char **argv, int *i)
{
    const char *word = argv[*i], *value = NULL;
    bool is_long = word[1] == '-';
    size_t size = is_long ? strcspn(word + 2, "=") : 1;
    const struct command_line_option *option = find_option(command, word + 2, size, is_long ? 0 : word[1]);
    if (option == NULL)
        return misuse(command, "unknown option: ", word);
    if (is_long && word[2 + size] == '=')
        value = word + 3 + size;
    else if (!is_long && word[2] != '\0')
        value = word + 2;
    if (option->value == NULL)
        return value == NULL ? apply(o, command, option->id, NULL) : misuse(command, "option takes no value: ", word);
    if (value == NULL && *i + 1 < argc)
        value = argv[++*i];
    return value != NULL ? apply(o, command, option->id, value) : misuse(command, "option needs a value: ", word);
}

/* LEAT_NAME in the environment. */
static bool read_environment(struct options *o, const char *command)
{
    for (uint32_t i = 0; i < SETTING_COUNT; i++) {
        char name[96] = "LEAT_";
        size_t size = strlen(SETTINGS[i].name);
        for (size_t k = 0; k <= size && k < sizeof name - 6; k++)
            name[5 + k] = SETTINGS[i].name[k] >= 'a' && SETTINGS[i].name[k] <= 'z' ? (char)(SETTINGS[i].name[k] - 32) : SETTINGS[i].name[k];
        const char *value = getenv(name);
        struct error err = {0};
        if (value != NULL && SETTINGS[i].scope != SCOPE_INTERNAL &&
            settings_set(o->settings, SETTINGS[i].name, value, SOURCE_ENVIRONMENT, &err) != STATUS_OK) {
            error_prefix(&err, "%s: ", name);
            return misuse(command, "", err.message);
        }
    }
    return true;
}

bool options_parse(const char *command, int argc, char **argv, int first, struct options *o)
{
    *o = (struct options){.arena = arena_create(), .settings = settings_create(NULL), .partitions = 1, .count = -1};
    o->output.file = stdout;
    if (!read_environment(o, command))
        return false;
    bool only_arguments = false;
    for (int i = first; i < argc; i++) {
        if (!only_arguments && strcmp(argv[i], "--") == 0) {
            only_arguments = true;
            continue;
        }
        if (only_arguments || argv[i][0] != '-' || argv[i][1] == '\0') {
            o->arguments = memory_realloc(o->arguments, (o->argument_count + 1) * sizeof *o->arguments);
            o->arguments[o->argument_count++] = argv[i];
        } else if (!parse_one(o, command, argc, argv, &i))
            return false;
    }
    return true;
}
