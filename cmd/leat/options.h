/* options.h - the command line: one const table per command drives parsing and `leat help`. */
#ifndef LEAT_CMD_OPTIONS_H
#define LEAT_CMD_OPTIONS_H

#include "base/arena.h"
#include "engine/engine.h"
#include "output.h"

enum { EXIT_WORK_FAILED = 1, EXIT_MISUSE = 2 };

/* What -c and -f ask for, in the order in which they were given. */
struct script {
    bool is_file;
    const char *text; /* SQL, or a path ("-" is standard input) */
};
struct variable {
    const char *name, *value;
};

struct options {
    struct arena *arena;
    struct settings *settings;    /* LEAT_* and --set; the engine takes it over */
    const char *data;             /* --data */
    const char *files;            /* --files */
    const char *kafka, *postgres; /* --kafka, --postgres */
    const char *brokers;          /* --brokers */
    const char *log_level;
    bool log_json;
    struct output_options output;
    bool format_given;
    struct script *scripts;
    uint32_t script_count;
    struct variable *variables;
    uint32_t variable_count;
    const char **arguments;       /* what is not an option */
    uint32_t argument_count;
    const char *key, *from;       /* of `leat topic`, as those below */
    int64_t partitions;           /* of a new topic */
    int64_t count;                /* of records to consume; -1: no limit */
};

/* Parses argv[first..] for command ("" is the shell and -c). On a misuse prints what is wrong on stderr and returns false. */
bool options_parse(const char *command, int argc, char **argv, int first, struct options *out);
void options_clear(struct options *o);
/* Prints the help of a command, or of all. False if there is no such command. */
bool options_help(const char *command, FILE *out);
/* psql variables for sql_interpolate. */
const char *options_variable(void *context, const char *name);

#endif
