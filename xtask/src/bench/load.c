// What `cargo xtask bench` measures: loads that time themselves, so that neither the start of a tracer nor that of a process is
// in the figure, and whose number of calls is known, so that a tracer's output can be counted.
//
//   load getppid N             N calls of getppid
//   load files N PATH          N times open, fstat, read, close
//   load spawn N               N times a process of /bin/true, one after the other
//   load run COMMAND [ARG]...  one run of a command
//   load churn N PATH          N processes, one after the other, each of which opens and closes PATH 60 times
//   load echo                  one getppid for every byte of stdin: a process that is idle until it is asked to prove itself
//   load pace SECONDS RATE PRODUCERS   getppid at RATE calls a second in all (0: as fast as it goes)
//   load count FILE TEXT       no load: how many lines of FILE have TEXT, counted faster than a debug build can
//   load lines FILE TEXT       and which
//
// Loads print `ops N seconds S`.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

static void fail(const char *what) {
    perror(what);
    exit(1);
}

// Seconds, from a clock that is read without a system call.
static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec + t.tv_nsec / 1e9;
}

static void result(uint64_t ops, double seconds) {
    printf("ops %llu seconds %.9f\n", (unsigned long long)ops, seconds);
}

static void files(long n, const char *path) {
    char buf[64];
    struct stat st;
    for (long i = 0; i < n; i++) {
        int fd = open(path, O_RDONLY);
        if (fd < 0 || fstat(fd, &st) < 0 || read(fd, buf, sizeof buf) < 0 || close(fd) < 0)
            fail(path);
    }
}

static void spawn(char **argv) {
    pid_t pid;
    int status;
    errno = posix_spawnp(&pid, argv[0], NULL, NULL, argv, environ);
    if (errno)
        fail(argv[0]);
    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR)
            fail("waitpid");
    if (status != 0) {
        fprintf(stderr, "load: %s: status %#x\n", argv[0], status);
        exit(1);
    }
}

// What a busy machine does in an hour, as fast as it goes: processes and descriptors that come and go.
static void churn(long n, const char *path) {
    for (long i = 0; i < n; i++) {
        pid_t pid = fork();
        if (pid < 0)
            fail("fork");
        if (pid == 0) {
            for (int j = 0; j < 60; j++) {
                int fd = open(path, O_RDONLY);
                if (fd < 0 || close(fd) < 0)
                    _exit(1);
            }
            _exit(0);
        }
        int status;
        if (waitpid(pid, &status, 0) != pid || status != 0)
            fail(path);
    }
}

// Calls for `seconds`, in bursts of a millisecond's share each; what sleeps between bursts is a call too. The number of calls.
static uint64_t pace(double seconds, double rate) {
    uint64_t made = 0, sleeps = 0;
    double start = now(), end = start + seconds;
    for (double t = start; t < end; t = now()) {
        if (rate == 0) {
            for (int i = 0; i < 1000; i++)
                syscall(SYS_getppid);
            made += 1000;
            continue;
        }
        uint64_t due = rate * (t - start + 1e-3);
        for (; made + sleeps < due; made++)
            syscall(SYS_getppid);
        double left = t + 1e-3 - now();
        if (left > 0) {
            struct timespec pause = {0, (long)(left * 1e9)};
            nanosleep(&pause, NULL);
            sleeps++;
        }
    }
    return made + sleeps;
}

static void producers(double seconds, double rate, int n) {
    uint64_t *made = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (made == MAP_FAILED || n < 1 || n > 512)
        fail("producers");
    double start = now();
    for (int i = 0; i < n; i++) {
        pid_t pid = fork();
        if (pid < 0)
            fail("fork");
        if (pid == 0) {
            made[i] = pace(seconds, rate / n);
            _exit(0);
        }
    }
    while (wait(NULL) > 0)
        ;
    double took = now() - start;
    uint64_t sum = 0;
    for (int i = 0; i < n; i++)
        sum += made[i];
    result(sum, took);
}

// Counts the lines of a file that have `text`, or prints them.
static void search(const char *path, const char *text, int print) {
    int fd = open(path, O_RDONLY);
    struct stat st;
    if (fd < 0 || fstat(fd, &st) < 0)
        fail(path);
    uint64_t lines = 0;
    if (st.st_size > 0) {
        char *begin = mmap(NULL, st.st_size, PROT_READ, MAP_PRIVATE, fd, 0), *end = begin + st.st_size;
        if (begin == MAP_FAILED)
            fail(path);
        size_t length = strlen(text);
        for (char *at = begin; (at = memmem(at, end - at, text, length)); lines++) {
            char *first = memrchr(begin, '\n', at - begin), *last = memchr(at, '\n', end - at);
            first = first ? first + 1 : begin;
            at = last ? last + 1 : end;
            if (print)
                fwrite(first, 1, at - first, stdout);
        }
    }
    if (!print)
        printf("%llu\n", (unsigned long long)lines);
}

int main(int argc, char **argv) {
    const char *mode = argc > 1 ? argv[1] : "";
    long n = argc > 2 ? atol(argv[2]) : 0;
    double start = now();
    if (!strcmp(mode, "getppid") && argc == 3) {
        for (long i = 0; i < n; i++)
            syscall(SYS_getppid);
    } else if (!strcmp(mode, "files") && argc == 4) {
        files(n, argv[3]);
    } else if (!strcmp(mode, "churn") && argc == 4) {
        churn(n, argv[3]);
    } else if (!strcmp(mode, "spawn") && argc == 3) {
        char *true_argv[] = {"/bin/true", NULL};
        for (long i = 0; i < n; i++)
            spawn(true_argv);
    } else if (!strcmp(mode, "run") && argc > 2) {
        n = 1;
        spawn(argv + 2);
    } else if (!strcmp(mode, "echo") && argc == 2) {
        for (char byte; read(0, &byte, 1) == 1; n++)
            syscall(SYS_getppid);
    } else if (!strcmp(mode, "pace") && argc == 5) {
        producers(atof(argv[2]), atof(argv[3]), atoi(argv[4]));
        return 0;
    } else if ((!strcmp(mode, "count") || !strcmp(mode, "lines")) && argc == 4) {
        search(argv[2], argv[3], mode[0] == 'l');
        return 0;
    } else {
        fprintf(stderr, "load: no such load\n");
        return 2;
    }
    result(n, now() - start);
    return 0;
}
