// What `cargo xtask soak` traces: calls at a rate, while threads, processes and descriptors come and go, each counted by who makes it.
//
//   soak SECONDS RATE FILE     RATE calls a second in all (0: as fast as it goes); the counts go to FILE at the end
//
// Producers make getppid. Every burst one of them has a thread made, which makes getpgid, and a process, which opens descriptors by dup.
// Nobody else makes these calls: neither the C library nor its loader.
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PRODUCERS 2
#define BURST 0.002
#define EVERY 10

struct counts {
    uint64_t getppid, getpgid, dup, threads, processes;
} *counts;

static void fail(const char *what) {
    perror(what);
    exit(1);
}

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec + t.tv_nsec / 1e9;
}

static void *thread(void *count) {
    for (int i = 0; i < 10; i++, ++*(uint64_t *)count)
        syscall(SYS_getpgid, 0);
    return NULL;
}

static void come_and_go(struct counts *mine) {
    pthread_t one;
    if (pthread_create(&one, NULL, thread, &mine->getpgid) || pthread_join(one, NULL))
        fail("a thread");
    mine->threads++;
    pid_t pid = fork();
    if (pid < 0)
        fail("fork");
    if (pid == 0) {
        for (int i = 0; i < 20; i++, mine->dup++) {
            int fd = syscall(SYS_dup, 0);
            if (fd < 0 || close(fd) < 0)
                _exit(1);
        }
        _exit(0);
    }
    int status;
    if (waitpid(pid, &status, 0) != pid || status != 0)
        fail("a process");
    mine->processes++;
}

static void produce(struct counts *mine, double seconds, double rate) {
    double start = now(), end = start + seconds;
    uint64_t bursts = 0;
    for (double t = start; t < end; t = now(), bursts++) {
        uint64_t due = rate ? rate * (t - start + BURST) : mine->getppid + 1000;
        for (; mine->getppid < due; mine->getppid++)
            syscall(SYS_getppid);
        if (bursts % EVERY == 0)
            come_and_go(mine);
        double left = t + BURST - now();
        if (left > 0 && rate)
            nanosleep(&(struct timespec){0, left * 1e9}, NULL);
    }
}

int main(int argc, char **argv) {
    if (argc != 4)
        return 2;
    double seconds = atof(argv[1]), rate = atof(argv[2]);
    counts = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    FILE *out = fopen(argv[3], "w");
    if (counts == MAP_FAILED || !out)
        fail(argv[3]);
    double start = now();
    for (int i = 0; i < PRODUCERS; i++) {
        pid_t pid = fork();
        if (pid < 0)
            fail("fork");
        if (pid == 0) {
            produce(&counts[i], seconds, rate / PRODUCERS);
            _exit(0);
        }
    }
    for (int i = 0, status; i < PRODUCERS; i++)
        if (wait(&status) < 0 || status != 0)
            fail("a producer");
    struct counts all = {0};
    for (int i = 0; i < PRODUCERS; i++) {
        all.getppid += counts[i].getppid;
        all.getpgid += counts[i].getpgid;
        all.dup += counts[i].dup;
        all.threads += counts[i].threads;
        all.processes += counts[i].processes;
    }
    fprintf(out, "getppid %lu getpgid %lu dup %lu threads %lu processes %lu seconds %.3f\n", all.getppid, all.getpgid, all.dup,
            all.threads, all.processes, now() - start);
    return fclose(out) ? 1 : 0;
}
