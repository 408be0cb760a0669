// What `cargo xtask bench --only lists` lists: processes and descriptors that are held while others look at them; and what runs
// the lister, so that its peak of memory is its own. (A process has its parent's peak until it is another program: this one's is small.)
//
//   holds as UID processes N     N processes that sleep
//   holds as UID plain P N DIR   P processes, each with N files of DIR open
//   holds as UID mixed P N DIR   the same: files, pipes, pairs of unix sockets, UDP sockets, eventfds, devices, directories
//   holds run UID COMMAND...     one run as a user, its output thrown away: prints `ns N kilobytes N code N`
//   holds count UID COMMAND...   one run as a user: prints how many lines it writes
//
// What holds prints `ready PID PORT` (a process of its own to look at, a port of TCP that it listens on) and sleeps; all of them end
// with the process that started the first.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static void fail(const char *what) {
    perror(what);
    exit(1);
}

static void sleep_for_ever(void) {
    for (;;)
        pause();
}

// A child that ends with us; in it, `work` is done. Returns the child's number when it is done.
static pid_t child(void (*work)(int, const char *, int), int n, const char *dir, int mixed) {
    int done[2];
    if (pipe2(done, O_CLOEXEC) < 0)
        fail("pipe");
    pid_t parent = getpid(), pid = fork();
    if (pid < 0)
        fail("fork");
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (getppid() != parent)
            _exit(1);
        close(done[0]);
        if (work)
            work(n, dir, mixed);
        if (write(done[1], "", 1) != 1)
            _exit(1);
        close(done[1]);
        sleep_for_ever();
    }
    close(done[1]);
    char byte;
    if (read(done[0], &byte, 1) != 1) {
        fprintf(stderr, "a child ended before it was ready\n");
        exit(1);
    }
    close(done[0]);
    return pid;
}

static int file(const char *dir, int i) {
    char path[4096];
    snprintf(path, sizeof path, "%s/file%d", dir, i);
    int fd = open(path, O_RDWR | O_CREAT, 0666);
    if (fd < 0)
        fail(path);
    return fd;
}

// Opens n descriptors.
static void hold(int n, const char *dir, int mixed) {
    for (int i = 0, pair[2]; i < n;) {
        switch (mixed ? i % 10 : 0) {
        case 1:
        case 2:
            if (pipe(pair) < 0)
                fail("pipe");
            i += 2;
            break;
        case 3:
        case 4:
            if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) < 0)
                fail("socketpair");
            i += 2;
            break;
        case 5:
        case 6:
            if (socket(AF_INET, SOCK_DGRAM, 0) < 0)
                fail("socket");
            i++;
            break;
        case 7:
            if (eventfd(0, 0) < 0)
                fail("eventfd");
            i++;
            break;
        case 8:
            if (open("/dev/null", O_RDWR) < 0)
                fail("/dev/null");
            i++;
            break;
        case 9:
            if (open(dir, O_RDONLY | O_DIRECTORY) < 0)
                fail(dir);
            i++;
            break;
        default:
            file(dir, i);
            i++;
        }
    }
}

// A port that is listened on.
static int listens(void) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (fd < 0 || bind(fd, (void *)&address, len) < 0 || listen(fd, 8) < 0 || getsockname(fd, (void *)&address, &len) < 0)
        fail("a port");
    return ntohs(address.sin_port);
}

// A file that is held and has no name any more.
static void nameless(const char *dir) {
    char path[4096];
    snprintf(path, sizeof path, "%s/nameless", dir);
    if (open(path, O_RDWR | O_CREAT, 0600) < 0 || unlink(path) < 0)
        fail(path);
}

static int become(uid_t uid) {
    return uid && (setgid(uid) < 0 || setuid(uid) < 0) ? -1 : 0;
}

static void run(char **argv, int count) {
    int out[2];
    if (pipe2(out, O_CLOEXEC) < 0)
        fail("pipe");
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    struct timespec begin, end;
    clock_gettime(CLOCK_MONOTONIC, &begin);
    pid_t pid = fork();
    if (pid < 0)
        fail("fork");
    if (pid == 0) {
        if (become(atoi(argv[0])) < 0)
            _exit(127);
        dup2(null, 0);
        dup2(count ? out[1] : null, 1);
        dup2(null, 2);
        execv(argv[1], argv + 1);
        _exit(127);
    }
    close(out[1]);
    static char buffer[1 << 16];
    long lines = 0;
    for (ssize_t got; count && (got = read(out[0], buffer, sizeof buffer)) > 0;)
        for (ssize_t i = 0; i < got; i++)
            lines += buffer[i] == '\n';
    int status;
    struct rusage usage;
    if (wait4(pid, &status, 0, &usage) < 0)
        fail("wait4");
    clock_gettime(CLOCK_MONOTONIC, &end);
    long long ns = (end.tv_sec - begin.tv_sec) * 1000000000LL + (end.tv_nsec - begin.tv_nsec);
    if (count)
        printf("%ld\n", lines);
    else
        printf("ns %lld kilobytes %ld code %d\n", ns, usage.ru_maxrss, WIFEXITED(status) ? WEXITSTATUS(status) : 128);
    exit(0);
}

int main(int argc, char **argv) {
    if (argc >= 4 && !strcmp(argv[1], "run"))
        run(argv + 2, 0);
    if (argc >= 4 && !strcmp(argv[1], "count"))
        run(argv + 2, 1);
    if (argc < 5 || strcmp(argv[1], "as")) {
        fprintf(stderr, "holds: no such load\n");
        return 2;
    }
    struct rlimit most;
    if (getrlimit(RLIMIT_NOFILE, &most) == 0) {
        most.rlim_cur = most.rlim_max;
        setrlimit(RLIMIT_NOFILE, &most);
    }
    if (become(atoi(argv[2])) < 0)
        fail("setuid");
    // Who became another user may not be looked into, and does not end with its parent, unless it says so after that.
    prctl(PR_SET_DUMPABLE, 1);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    const char *kind = argv[3];
    pid_t pid = getpid();
    if (!strcmp(kind, "processes")) {
        for (int i = atoi(argv[4]); i > 0; i--)
            pid = child(NULL, 0, NULL, 0);
    } else if (argc == 7) {
        nameless(argv[6]);
        for (int i = atoi(argv[4]); i > 0; i--)
            pid = child(hold, atoi(argv[5]), argv[6], !strcmp(kind, "mixed"));
    }
    printf("ready %d %d\n", pid, listens());
    fflush(stdout);
    sleep_for_ever();
}
