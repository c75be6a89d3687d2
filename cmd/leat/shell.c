/* shell.c - the interactive shell: statements end with a semicolon, backslash commands with the line. */
#include <ctype.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/memory.h"
#include "engine/script.h"
#include "interrupt.h"
#include "line_editor.h"
#include "os/clock.h"
#include "run.h"

struct shell {
    struct options *options;
    struct session *session;
    struct printer *printer;
    struct buffer text;       /* the statement so far */
    char *last;               /* the last one that was run, for \watch */
    bool timing;
    bool quit;
};

/* Ctrl-C cancels the statement, not the shell. */
static bool run(struct shell *sh, const char *text)
{
    int64_t began = clock_monotonic_ns();
    struct interrupt interrupt;
    interrupt_begin(&interrupt, SIGINT, sh->session, false);
    bool ok = run_text(sh->session, sh->options, sh->printer, "", text, false);
    interrupt_end(&interrupt);
    if (sh->timing)
        printf("Time: %.3f ms\n", (double)(clock_monotonic_ns() - began) / 1e6);
    return ok;
}

/* ---- output through a pager ---- */

static bool is_select(const char *text)
{
    text += strspn(text, " \t\r\n(");
    return strncasecmp(text, "select", 6) == 0 || strncasecmp(text, "with", 4) == 0 || strncasecmp(text, "table", 5) == 0 ||
           strncasecmp(text, "values", 6) == 0 || strncasecmp(text, "show", 4) == 0 || strncasecmp(text, "describe", 8) == 0;
}

/* $PAGER, when it is set and the answer is a whole one; a subscription is live and never paged. */
static void run_paged(struct shell *sh, const char *text)
{
    const char *pager = getenv("LEAT_PAGER") != NULL ? getenv("LEAT_PAGER") : getenv("PAGER");
    if (pager == NULL || pager[0] == '\0' || !is_select(text) || strcasestr(text, "emit changes") != NULL) {
        run(sh, text);
        return;
    }
    FILE *pipe = popen(pager, "w");
    if (pipe == NULL) {
        fprintf(stderr, "leat: cannot start the pager \"%s\": %s\n", pager, strerror(errno));
        run(sh, text);
        return;
    }
    void (*before)(int) = signal(SIGPIPE, SIG_IGN);
    struct output_options paged = sh->options->output;
    paged.file = pipe;
    paged.rows_shown = 0;
    printer_set(sh->printer, &paged);
    run(sh, text);
    pclose(pipe);
    signal(SIGPIPE, before);
    printer_set(sh->printer, &sh->options->output);
}

static void run_statement_text(struct shell *sh, const char *text)
{
    free(sh->last);
    sh->last = memory_copy_text(text);
    run_paged(sh, text);
}

/* ---- backslash commands ---- */

static void describe(struct shell *sh, const char *argument)
{
    if (argument[0] == '\0') {
        run(sh, "SELECT schema, name, kind FROM leat_tables ORDER BY schema, name");
        return;
    }
    struct buffer sql = {0};
    buffer_put_text(&sql, "SELECT name, type, nullable, \"default\", key FROM leat_columns WHERE relation = '");
    for (const char *at = argument; *at != '\0'; at++) {
        if (*at == '\'')
            buffer_put_u8(&sql, '\'');
        buffer_put_u8(&sql, (uint8_t)*at);
    }
    buffer_put_text(&sql, "' ORDER BY position");
    run(sh, buffer_text(&sql));
    buffer_clear(&sql);
}

static void list_tables(struct shell *sh, const char *argument)
{
    (void)argument;
    run(sh, "SELECT schema, name, kind, topic FROM leat_tables WHERE kind = 'table' ORDER BY schema, name");
}

static void toggle_expanded(struct shell *sh, const char *argument)
{
    struct output_options *o = &sh->options->output;
    o->expanded = strcmp(argument, "on") == 0 || (strcmp(argument, "off") != 0 && !o->expanded);
    printer_set(sh->printer, o);
    printf("Expanded display is %s.\n", o->expanded ? "on" : "off");
}

static void toggle_timing(struct shell *sh, const char *argument)
{
    sh->timing = strcmp(argument, "on") == 0 || (strcmp(argument, "off") != 0 && !sh->timing);
    printf("Timing is %s.\n", sh->timing ? "on" : "off");
}

static void include_file(struct shell *sh, const char *argument)
{
    if (argument[0] == '\0') {
        fprintf(stderr, "\\i: missing file name\n");
        return;
    }
    char *text = read_whole_file(argument);
    if (text != NULL)
        run_text(sh->session, sh->options, sh->printer, argument, text, true);
    free(text);
}

/* \copy t from 'file' / \copy (query) to 'file': the shell's files are the engine's own, so it is COPY itself. */
static void copy(struct shell *sh, const char *argument)
{
    struct buffer sql = {0};
    buffer_printf(&sql, "COPY %s", argument);
    run(sh, buffer_text(&sql));
    buffer_clear(&sql);
}

static void sleep_or_interrupt(double seconds)
{
    enum { SLICE_US = 50 * 1000 };
    for (int64_t left_us = (int64_t)(seconds * 1e6); left_us > 0 && !interrupt_seen(); left_us -= SLICE_US)
        clock_sleep_us(left_us < SLICE_US ? left_us : SLICE_US);
}

static void watch(struct shell *sh, const char *argument)
{
    double seconds = argument[0] == '\0' ? 2.0 : strtod(argument, NULL);
    if (sh->last == NULL || !(seconds > 0 && seconds < 1e9)) {
        fprintf(stderr, "\\watch: %s\n", sh->last == NULL ? "no statement to repeat" : "the interval must be positive");
        return;
    }
    struct interrupt interrupt; /* all the time: also between two runs it must not end the shell */
    interrupt_begin(&interrupt, SIGINT, NULL, false);
    while (!interrupt_seen() && run(sh, sh->last) && !interrupt_seen())
        sleep_or_interrupt(seconds);
    interrupt_end(&interrupt);
    printf("\n");
}

static void quit(struct shell *sh, const char *argument)
{
    (void)argument;
    sh->quit = true;
}

static void show_commands(struct shell *sh, const char *argument);

static const struct {
    const char *name;
    void (*run)(struct shell *sh, const char *argument);
    const char *help;
} COMMANDS[] = {
    {"d", describe, "\\d [NAME]        relations, or the columns of one"},
    {"dt", list_tables, "\\dt              tables"},
    {"x", toggle_expanded, "\\x [on|off]      one column a line"},
    {"timing", toggle_timing, "\\timing [on|off] how long each statement takes"},
    {"watch", watch, "\\watch [SECONDS] run the last statement again and again"},
    {"i", include_file, "\\i FILE          run a file"},
    {"copy", copy, "\\copy ...        COPY with files of this machine"},
    {"q", quit, "\\q               end"},
    {"?", show_commands, "\\?               this list"},
};
enum { COMMAND_COUNT = sizeof COMMANDS / sizeof *COMMANDS };

static void show_commands(struct shell *sh, const char *argument)
{
    (void)sh;
    (void)argument;
    for (int i = 0; i < COMMAND_COUNT; i++)
        printf("  %s\n", COMMANDS[i].help);
}

static void run_command(struct shell *sh, char *line)
{
    char *name = line + 1, *argument = name + strcspn(name, " \t");
    if (*argument != '\0')
        *argument++ = '\0';
    argument += strspn(argument, " \t");
    for (size_t size = strlen(argument); size > 0 && (isspace((unsigned char)argument[size - 1]) || argument[size - 1] == ';'); size--)
        argument[size - 1] = '\0';
    for (int i = 0; i < COMMAND_COUNT; i++)
        if (strcmp(COMMANDS[i].name, name) == 0) {
            COMMANDS[i].run(sh, argument);
            return;
        }
    fprintf(stderr, "invalid command \\%s\nTry \\? for help.\n", name);
}

/* ---- the loop ---- */

static char **candidates_for(void *context, const char *text)
{
    struct shell *sh = context;
    struct arena *arena = arena_create();
    const char **found;
    uint32_t count = session_complete(sh->session, text, arena, &found);
    char **out = count == 0 ? NULL : memory_alloc_zero(count + 1, sizeof *out);
    for (uint32_t i = 0; i < count; i++)
        out[i] = memory_copy_text(found[i]);
    arena_destroy(arena);
    return out;
}

static void take_line(struct shell *sh, char *line)
{
    if (sh->text.size == 0 && line[strspn(line, " \t")] == '\\') {
        line_editor_add_history(line);
        run_command(sh, line + strspn(line, " \t"));
        return;
    }
    if (sh->text.size == 0 && (strcmp(line, "quit") == 0 || strcmp(line, "exit") == 0)) {
        sh->quit = true;
        return;
    }
    if (sh->text.size > 0)
        buffer_put_u8(&sh->text, '\n');
    buffer_put_text(&sh->text, line);
    const char *text = buffer_text(&sh->text);
    if (text[strspn(text, " \t\n")] == '\0')
        buffer_reset(&sh->text);
    else if (!script_is_incomplete(text)) {
        line_editor_add_history(text);
        run_statement_text(sh, text);
        buffer_reset(&sh->text);
    }
}

static const char *prompt(const struct shell *sh)
{
    if (sh->text.size > 0)
        return "leat-> ";
    char state = session_transaction_state(sh->session);
    return state == 'I' ? "leat=> " : state == 'T' ? "leat=*> " : "leat=!> ";
}

int run_shell(struct options *o)
{
    struct event_log log;
    struct shell sh = {.options = o};
    struct error err = {0};
    event_log_init(&log, o, LEVEL_WARNING);
    struct engine *e = open_engine(o, false, &log);
    if (e == NULL)
        return EXIT_WORK_FAILED;
    o->output.tags = true;
    o->output.progress = isatty(STDERR_FILENO) != 0;
    o->output.rows_shown = 40;
    sh.printer = printer_create(&o->output);
    if (session_open(e, &(struct session_options){0}, &sh.session, &err) != STATUS_OK) {
        print_error("leat: ", NULL, &err);
        sh.quit = true;
    }
    printf("leat " LEAT_VERSION ". Statements end with a semicolon; \\? lists commands.\n");
    line_editor_open(candidates_for, &sh);
    while (!sh.quit) {
        bool is_dropped;
        char *line = line_editor_read(prompt(&sh), &is_dropped);
        if (is_dropped) {
            buffer_reset(&sh.text); /* as psql: what was typed so far is forgotten */
            continue;
        }
        if (line == NULL)
            break;
        take_line(&sh, line);
        free(line);
    }
    line_editor_close();
    buffer_clear(&sh.text);
    free(sh.last);
    printer_destroy(sh.printer);
    session_close(sh.session);
    engine_close(e);
    return 0;
}
