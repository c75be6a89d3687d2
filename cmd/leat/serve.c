/* serve.c - `leat serve`: applies files, opens the listeners, says ready, waits for a signal. */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "os/clock.h"
#include "run.h"
#include "server/kafka/kafka_server.h"
#include "server/postgres/postgres_server.h"

static bool apply_files(struct engine *e, struct options *o)
{
    struct session *s;
    struct error err = {0};
    if (session_open(e, &(struct session_options){0}, &s, &err) != STATUS_OK) {
        print_error("leat: ", NULL, &err);
        return false;
    }
    session_apply_files(s);
    o->output.file = stderr;
    struct printer *p = printer_create(&o->output);
    bool ok = true;
    for (uint32_t i = 0; i < o->argument_count && ok; i++) {
        char *text = read_whole_file(o->arguments[i]);
        ok = text != NULL && run_text(s, o, p, o->arguments[i], text, true);
        free(text);
    }
    printer_destroy(p);
    session_close(s);
    return ok;
}

static void say_address(struct event_log *log, const char *protocol, const char *address)
{
    char line[160];
    snprintf(line, sizeof line, "%s on %s", protocol, address);
    event_log_write(log, LEVEL_INFO, line);
}

static int wait_for_signal(const sigset_t *signals, struct event_log *log)
{
    int signal_number = 0;
    while (sigwait(signals, &signal_number) != 0)
        ;
    event_log_write(log, LEVEL_INFO, signal_number == SIGTERM ? "stopping: SIGTERM" : "stopping: SIGINT");
    return 0;
}

/* Each partition keeps a file open, each client a socket. The 1024 that a shell or systemd begins with is not meant for servers: a
 * program may go up to the hard limit by itself. */
static void raise_open_file_limit(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return;
    limit.rlim_cur = limit.rlim_max;
    (void)setrlimit(RLIMIT_NOFILE, &limit); /* then it stays as it was */
}

int run_serve(struct options *o)
{
    struct event_log log;
    sigset_t signals;
    if (o->data == NULL) {
        fprintf(stderr, "leat: serve needs --data DIR\nTry \"leat help serve\".\n");
        return EXIT_MISUSE;
    }
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    pthread_sigmask(SIG_BLOCK, &signals, NULL); /* before any thread is started */
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN); /* a file beyond ulimit -f is an error of its write */
    raise_open_file_limit();
    event_log_init(&log, o, LEVEL_INFO);
    int64_t began = clock_monotonic_ns();
    struct engine *e = open_engine(o, true, &log);
    struct kafka_server *kafka = NULL;
    struct postgres_server *postgres = NULL;
    char kafka_address[80], postgres_address[80], text[256];
    struct error err = {0};
    int status = EXIT_WORK_FAILED;
    if (e == NULL)
        return EXIT_WORK_FAILED;
    if (!apply_files(e, o))
        goto stop;
    if (kafka_server_open(e, o->kafka != NULL ? o->kafka : "127.0.0.1:9092", kafka_address, &kafka, &err) != STATUS_OK ||
        postgres_server_open(e, o->postgres != NULL ? o->postgres : "127.0.0.1:5432", postgres_address, &postgres, &err) != STATUS_OK) {
        print_error("leat: ", NULL, &err);
        goto stop;
    }
    say_address(&log, "kafka", kafka_address);
    say_address(&log, "postgres", postgres_address);
    snprintf(text, sizeof text, "postgres %s, kafka %s", postgres_address, kafka_address);
    engine_set_addresses(e, text);
    snprintf(text, sizeof text, "ready in %.1f ms", (double)(clock_monotonic_ns() - began) / 1e6);
    event_log_write(&log, LEVEL_INFO, text);
    printf("ready\n");
    fflush(stdout);
    status = wait_for_signal(&signals, &log);
stop:
    kafka_server_close(kafka);
    postgres_server_close(postgres);
    engine_close(e);
    return status;
}
