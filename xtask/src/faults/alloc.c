/* Preloaded into a program: its n-th request for memory fails (FAULT_NTH), or all are counted (FAULT_COUNT: a file). Only requests of
   the program itself count, not those of the C library or the loader: what these do without memory is theirs. What the program starts
   is left alone. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);
extern void *__libc_memalign(size_t, size_t);

static unsigned long from, to, seen, nth;
static char counts[4096];
static pid_t owner;

static int program(struct dl_phdr_info *info, size_t size, void *data) {
  for (int i = 0; i < info->dlpi_phnum; i++) {
    const ElfW(Phdr) *part = &info->dlpi_phdr[i];
    if (part->p_type == PT_LOAD && (part->p_flags & PF_X)) {
      from = info->dlpi_addr + part->p_vaddr;
      to = from + part->p_memsz;
    }
  }
  return 1; /* the first is the program */
}

__attribute__((constructor)) static void begin(void) {
  const char *number = getenv("FAULT_NTH"), *file = getenv("FAULT_COUNT");
  if (number) nth = strtoul(number, 0, 10);
  if (file) strncpy(counts, file, sizeof counts - 1);
  owner = getpid();
  dl_iterate_phdr(program, 0);
  unsetenv("LD_PRELOAD");
  unsetenv("FAULT_NTH");
  unsetenv("FAULT_COUNT");
}

__attribute__((destructor)) static void end(void) {
  if (!counts[0] || getpid() != owner) return;
  int fd = open(counts, O_WRONLY | O_CREAT | O_TRUNC, 0600);
  if (fd >= 0) dprintf(fd, "%lu\n", seen);
}

static int fails(void *caller) {
  unsigned long at = (unsigned long)caller;
  if (at < from || at >= to) return 0;
  if (__atomic_add_fetch(&seen, 1, __ATOMIC_RELAXED) != nth) return 0;
  errno = ENOMEM;
  return 1;
}

void *malloc(size_t size) { return fails(__builtin_return_address(0)) ? 0 : __libc_malloc(size); }
void *calloc(size_t n, size_t size) { return fails(__builtin_return_address(0)) ? 0 : __libc_calloc(n, size); }
void *realloc(void *old, size_t size) { return fails(__builtin_return_address(0)) ? 0 : __libc_realloc(old, size); }
int posix_memalign(void **out, size_t align, size_t size) {
  if (fails(__builtin_return_address(0))) return ENOMEM;
  *out = __libc_memalign(align, size);
  return *out ? 0 : ENOMEM;
}
