/* postgres_fuzz.c - any bytes from a PostgreSQL client, over a real connection; and any bytes as SCRAM messages.
 *
 *     byte 0: 0: the bytes are the start-up too; 1: messages after a good start-up; 2: client-first and client-final, cut at byte 1;
 *     3: client-final after a good client-first; the rest: the bytes
 */
#include <arpa/inet.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "engine/scram.h"
#include "server/postgres/postgres_server.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A connection's thread may still be ending while libFuzzer looks for leaks: then the thread's own memory seems to be lost. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
    return "leak:pthread_setspecific\n";
}

static const char VERIFIER[] = "SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=";

static struct engine *engine;
static struct postgres_server *server;
static struct sockaddr_in address = {.sin_family = AF_INET};

static void require(bool holds)
{
    if (!holds)
        abort();
}

static void stop(void)
{
    postgres_server_close(server);
    engine_close(engine);
}

static void start(void)
{
    struct error err = {0};
    char bound[80];
    signal(SIGPIPE, SIG_IGN);
    struct engine_options options = {.os = os_real(), .files_root = "", .settings = settings_create(NULL)};
    require(engine_open(&options, &engine, &err) == STATUS_OK);
    require(postgres_server_open(engine, "127.0.0.1:0", bound, &server, &err) == STATUS_OK);
    address.sin_port = htons((uint16_t)atoi(strrchr(bound, ':') + 1));
    inet_pton(AF_INET, "127.0.0.1", &address.sin_addr);
    atexit(stop);
}

static void send_all(int fd, const void *data, size_t size)
{
    while (size > 0) {
        ssize_t sent = send(fd, data, size, MSG_NOSIGNAL);
        if (sent <= 0)
            return; /* it has hung up, which is an answer */
        data = (const char *)data + sent;
        size -= (size_t)sent;
    }
}

/* Until the server hangs up. */
static void read_answers(int fd)
{
    uint8_t buffer[65536];
    while (recv(fd, buffer, sizeof buffer, 0) > 0)
        ;
}

static void talk(const uint8_t *data, size_t size, bool started)
{
    static const uint8_t STARTUP[] = "\0\0\0\x13\0\3\0\0user\0fuzz\0"; /* and the NUL of the text */
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    struct linger at_once = {1, 0}; /* no TIME_WAIT: ports would run out */
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    require(connect(fd, (struct sockaddr *)&address, sizeof address) == 0);
    if (started)
        send_all(fd, STARTUP, sizeof STARTUP);
    send_all(fd, data, size);
    shutdown(fd, SHUT_WR);
    read_answers(fd);
    close(fd);
}

static void authenticate(const uint8_t *data, size_t size, bool good_first)
{
    struct scram scram = {0};
    struct error err = {0};
    char answer[SCRAM_MESSAGE_SIZE];
    size_t cut = size > 0 ? data[0] : 0;
    struct bytes first = bytes_from_text("n,,n=,r=abcdefgh"), last = {data, size};
    if (!good_first && size > 0) {
        cut = cut > size - 1 ? size - 1 : cut;
        first = (struct bytes){data + 1, cut};
        last = (struct bytes){data + 1 + cut, size - 1 - cut};
    }
    if (scram_first(&scram, VERIFIER, first, answer, sizeof answer, &err) != STATUS_OK)
        return;
    require(strlen(answer) < sizeof answer);
    require(scram_final(&scram, last, answer, sizeof answer, &err) != STATUS_OK); /* the nonce cannot be guessed */
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (server == NULL)
        start();
    if (size == 0)
        return 0;
    switch (data[0] % 4) {
    case 0:
    case 1:
        talk(data + 1, size - 1, data[0] % 4 == 1);
        break;
    default:
        authenticate(data + 1, size - 1, data[0] % 4 == 3);
    }
    return 0;
}
