// What `cargo xtask bench` measures of library calls: loads that time themselves.
//
//   functions heap N      N times malloc and free, of sizes from 16 to 79: prints the ns of a call
//   functions wait        sleeps until it is killed
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static volatile size_t sink;

int main(int argc, char **argv) {
    struct timespec from, to;
    long n = argc > 2 ? atol(argv[2]) : 1;
    if (argc > 1 && !strcmp(argv[1], "wait")) {
        for (;;)
            pause();
    }
    clock_gettime(CLOCK_MONOTONIC, &from);
    for (long i = 0; i < n; i++) {
        char *p = malloc(16 + i % 64);
        sink += (size_t)p;
        free(p);
    }
    clock_gettime(CLOCK_MONOTONIC, &to);
    printf("%.1f\n", ((to.tv_sec - from.tv_sec) * 1e9 + (to.tv_nsec - from.tv_nsec)) / n / 2);
    return 0;
}
