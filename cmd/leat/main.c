/* main.c - which command it is. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "run.h"

static const struct {
    const char *name;
    int (*run)(struct options *o);
} COMMANDS[] = {{"serve", run_serve}, {"topic", run_topic}};

static int run_default(struct options *o)
{
    if (o->argument_count > 0) {
        fprintf(stderr, "leat: unknown command \"%s\"\nTry \"leat help\".\n", o->arguments[0]);
        return EXIT_MISUSE;
    }
    if (o->script_count == 0 && isatty(STDIN_FILENO) && isatty(STDOUT_FILENO))
        return run_shell(o);
    return run_scripts(o);
}

static int help(int argc, char **argv)
{
    if (options_help(argc > 2 ? argv[2] : NULL, stdout))
        return 0;
    fprintf(stderr, "leat: no help on \"%s\"\n", argv[2]);
    return EXIT_MISUSE;
}

int main(int argc, char **argv)
{
    struct options o;
    int (*run)(struct options *o) = run_default;
    const char *command = "";
    if (argc > 1 && strcmp(argv[1], "--version") == 0) {
        printf("leat " LEAT_VERSION "\n");
        return 0;
    }
    if (argc > 1 && (strcmp(argv[1], "help") == 0 || strcmp(argv[1], "--help") == 0))
        return help(argc, argv);
    for (size_t i = 0; i < sizeof COMMANDS / sizeof *COMMANDS; i++)
        if (argc > 1 && strcmp(argv[1], COMMANDS[i].name) == 0) {
            run = COMMANDS[i].run;
            command = COMMANDS[i].name;
        }
    int status = EXIT_MISUSE;
    if (options_parse(command, argc, argv, command[0] == '\0' ? 1 : 2, &o))
        status = run(&o);
    options_clear(&o);
    return status;
}
