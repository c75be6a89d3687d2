/* launch.c - what a whole process costs: launch RUNS COMMAND ARGUMENT... prints "wall_ms cpu_ms peak_kB exit_status" per run.
 *
 * A small program of its own because the kernel counts the memory of whoever starts a process into that process's peak, and an
 * interpreter's would hide what is measured. The command's output goes nowhere.
 */
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static double time_ms(struct timeval t)
{
    return (double)t.tv_sec * 1e3 + (double)t.tv_usec / 1e3;
}

int main(int argc, char **argv)
{
    extern char **environ;
    if (argc < 3) {
        fprintf(stderr, "usage: launch RUNS COMMAND ARGUMENT...\n");
        return 2;
    }
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    for (int run = atoi(argv[1]); run > 0; run--) {
        struct rusage usage;
        int status;
        pid_t pid;
        double began = now_ms();
        int failed = posix_spawnp(&pid, argv[2], &actions, NULL, argv + 2, environ);
        if (failed != 0) {
            fprintf(stderr, "launch: %s: %s\n", argv[2], strerror(failed));
            return 1;
        }
        wait4(pid, &status, 0, &usage);
        printf("%.4f %.3f %ld %d\n", now_ms() - began, time_ms(usage.ru_utime) + time_ms(usage.ru_stime), usage.ru_maxrss,
               WIFEXITED(status) ? WEXITSTATUS(status) : 128);
        fflush(stdout);
    }
    return 0;
}
