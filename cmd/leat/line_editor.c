/* line_editor.c - libedit's readline interface behind dlopen: linking it would cost every `leat -c` a millisecond. */
#include "line_editor.h"

#include <dlfcn.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>

#include "base/memory.h"

static struct {
    void *library;
    char *(*readline)(const char *prompt);
    int (*add_history)(const char *line);
    int (*read_history)(const char *file);
    int (*write_history)(const char *file);
    char **(*completion_matches)(const char *text, char *(*generate)(const char *text, int state));
    char **(**attempted)(const char *text, int start, int end);
    char **line_buffer;
    int *completion_append;
} editor;
static line_completer *completer;
static void *completer_context;
static char **candidates; /* of the completion in progress */
static char history_path[4096];
static volatile sig_atomic_t was_interrupted;

static char *generate(const char *text, int state)
{
    static int index;
    (void)text;
    if (state == 0)
        index = 0;
    return candidates == NULL || candidates[index] == NULL ? NULL : candidates[index++];
}

static char **attempt(const char *text, int start, int end)
{
    (void)start;
    char *before = memory_copy_text(*editor.line_buffer);
    if ((size_t)end < strlen(before))
        before[end] = '\0';
    free(candidates);
    candidates = completer(completer_context, before);
    free(before);
    return candidates == NULL ? NULL : editor.completion_matches(text, generate);
}

static bool load(void)
{
    void *library = dlopen("libedit.so.2", RTLD_NOW | RTLD_LOCAL);
    if (library == NULL)
        return false;
    *(void **)&editor.readline = dlsym(library, "readline");
    *(void **)&editor.add_history = dlsym(library, "add_history");
    *(void **)&editor.read_history = dlsym(library, "read_history");
    *(void **)&editor.write_history = dlsym(library, "write_history");
    *(void **)&editor.completion_matches = dlsym(library, "rl_completion_matches");
    *(void **)&editor.attempted = dlsym(library, "rl_attempted_completion_function");
    *(void **)&editor.line_buffer = dlsym(library, "rl_line_buffer");
    bool complete = editor.readline && editor.add_history && editor.read_history && editor.write_history && editor.completion_matches &&
                    editor.attempted && editor.line_buffer;
    if (complete)
        editor.library = library;
    else
        dlclose(library);
    return complete;
}

void line_editor_open(line_completer *how, void *context)
{
    completer = how;
    completer_context = context;
    if (!load())
        return;
    const char *given = getenv("LEAT_HISTORY"), *home = getenv("HOME");
    if (given != NULL)
        snprintf(history_path, sizeof history_path, "%s", given);
    else if (home != NULL)
        snprintf(history_path, sizeof history_path, "%s/.leat_history", home);
    *editor.attempted = attempt;
    if (history_path[0] != '\0')
        editor.read_history(history_path);
}

void line_editor_close(void)
{
    if (editor.library != NULL && history_path[0] != '\0')
        editor.write_history(history_path);
    free(candidates);
    candidates = NULL;
}

/* The read ends with the signal; but one that comes while the editor is drawing is over before the next read begins. So from now on
 * an alarm comes again and again, until the editor has returned. */
static void on_interrupt(int number)
{
    static const struct itimerval SOON = {{0, 10000}, {0, 10000}};
    (void)number;
    was_interrupted = 1;
    setitimer(ITIMER_REAL, &SOON, NULL);
}

static void on_alarm(int number)
{
    (void)number;
}

static char *read_plain(const char *prompt)
{
    char *line = NULL;
    size_t capacity = 0;
    fputs(prompt, stdout);
    fflush(stdout);
    ssize_t size = getline(&line, &capacity, stdin);
    if (size < 0) {
        free(line);
        return NULL;
    }
    if (size > 0 && line[size - 1] == '\n')
        line[size - 1] = '\0';
    return line;
}

char *line_editor_read(const char *prompt, bool *interrupted)
{
    static const struct itimerval NEVER = {0};
    struct sigaction interrupt = {.sa_handler = on_interrupt}, alarm = {.sa_handler = on_alarm}; /* no SA_RESTART: the read must end */
    struct sigaction before, alarm_before;
    was_interrupted = 0;
    sigaction(SIGALRM, &alarm, &alarm_before);
    sigaction(SIGINT, &interrupt, &before);
    char *line = editor.library != NULL ? editor.readline(prompt) : read_plain(prompt);
    sigaction(SIGINT, &before, NULL);
    setitimer(ITIMER_REAL, &NEVER, NULL);
    sigaction(SIGALRM, &alarm_before, NULL);
    *interrupted = line == NULL && was_interrupted;
    if (*interrupted) {
        clearerr(stdin);
        putchar('\n');
    }
    return line;
}

void line_editor_add_history(const char *text)
{
    if (editor.library != NULL && text[0] != '\0')
        editor.add_history(text);
}
