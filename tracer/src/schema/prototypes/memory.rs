//! stdlib.h, malloc.h, sys/mman.h, setjmp.h, assert.h: memory, the environment, and what begins and ends a program.

use crate::schema::ipc::SHM_AT;
use crate::schema::memory::{MADV, MREMAP, PKEY, PROT};
use crate::schema::open::OPEN;
use crate::schema::types::Special as S;
use crate::schema::types::Ty::*;
use crate::{prototypes, sets};

sets! {
    /// Parameters of mallopt(3). malloc.h
    MALLOPT "M_"
    choice all: M_MXFAST = 1, M_NLBLKS = 2, M_GRAIN = 3, M_KEEP = 4, M_TRIM_THRESHOLD = 0xffff_ffff, M_TOP_PAD = 0xffff_fffe,
                M_MMAP_THRESHOLD = 0xffff_fffd, M_MMAP_MAX = 0xffff_fffc, M_CHECK_ACTION = 0xffff_fffb, M_PERTURB = 0xffff_fffa,
                M_ARENA_TEST = 0xffff_fff9, M_ARENA_MAX = 0xffff_fff8;

    /// Advice of posix_madvise(3). sys/mman.h
    POSIX_MADV "POSIX_MADV_"
    choice all: POSIX_MADV_NORMAL = 0, POSIX_MADV_RANDOM = 1, POSIX_MADV_SEQUENTIAL = 2, POSIX_MADV_WILLNEED = 3, POSIX_MADV_DONTNEED = 4;
}

prototypes! { pub MEMORY:
    malloc(size: Ulong) -> Addr => gives(size);
    calloc(n: Ulong, size: Ulong) -> Addr => gives(n, size);
    realloc(ptr: Addr, size: Ulong) -> Addr => resizes(ptr, size);
    reallocarray(ptr: Addr, n: Ulong, size: Ulong) -> Addr => resizes(ptr, n, size);
    free(ptr: Addr) -> Void => frees(ptr);
    aligned_alloc(alignment: Ulong, size: Ulong) -> Addr => gives(size);
    memalign(alignment: Ulong, size: Ulong) -> Addr => gives(size);
    posix_memalign(memptr: Out(&Ptr(&Addr)), alignment: Ulong, size: Ulong) -> Int => puts(memptr, size);
    malloc_usable_size(ptr: Addr) -> Ulong;
    cfree(ptr: Addr) -> Void => frees(ptr);
    valloc(size: Ulong) -> Addr => gives(size);
    pvalloc(size: Ulong) -> Addr => gives(size);
    malloc_trim(pad: Ulong) -> Int;
    malloc_stats() -> Void;
    malloc_info(options: Int, stream: Stream) -> Int;
    mallopt(param: Set32(&MALLOPT), value: Int) -> Int;
    mallinfo() -> Addr;
    mallinfo2() -> Addr;
    mtrace() -> Void;
    muntrace() -> Void;
    mcheck(abortfunc: Addr) -> Int;
    mcheck_pedantic(abortfunc: Addr) -> Int;
    mcheck_check_all() -> Void;
    mprobe(ptr: Addr) -> Int;
    __libc_malloc(size: Ulong) -> Addr => gives(size);
    __libc_calloc(n: Ulong, size: Ulong) -> Addr => gives(n, size);
    __libc_realloc(ptr: Addr, size: Ulong) -> Addr => resizes(ptr, size);
    __libc_reallocarray(ptr: Addr, n: Ulong, size: Ulong) -> Addr => resizes(ptr, n, size);
    __libc_free(ptr: Addr) -> Void => frees(ptr);
    __libc_memalign(alignment: Ulong, size: Ulong) -> Addr => gives(size);
    __libc_valloc(size: Ulong) -> Addr => gives(size);
    __libc_pvalloc(size: Ulong) -> Addr => gives(size);
    brk(addr: Addr) -> Int;
    sbrk(increment: Long) -> Addr;
    __sbrk(increment: Long) -> Addr;
    mmap(addr: Addr, length: Ulong, prot: Set(&PROT), flags: Special(S::MmapFlags), fd: Fd, offset: Hex) -> Hex => maps(length);
    munmap(addr: Addr, length: Ulong) -> Int => unmaps(addr, length);
    mremap(old_address: Addr, old_size: Ulong, new_size: Ulong, flags: Set(&MREMAP), new_address: When(flags, 6, &Addr)) -> Hex => remaps(old_address, old_size, new_size);
    mmap64(addr: Addr, length: Ulong, prot: Set32(&PROT), flags: Special(S::MmapFlags), fd: Fd, offset: Hex) -> Hex => maps(length);
    __mmap(addr: Addr, length: Ulong, prot: Set32(&PROT), flags: Special(S::MmapFlags), fd: Fd, offset: Hex) -> Hex => maps(length);
    __munmap(addr: Addr, length: Ulong) -> Int => unmaps(addr, length);
    __mprotect(addr: Addr, len: Ulong, prot: Set32(&PROT)) -> Int;
    __madvise(addr: Addr, length: Ulong, advice: Set32(&MADV)) -> Int;
    posix_madvise(addr: Addr, len: Ulong, advice: Set32(&POSIX_MADV)) -> Int;
    shm_open(name: Text, oflag: Set32(&OPEN), mode: Perm) -> Fd;
    shm_unlink(name: Text) -> Int;
    pkey_get(pkey: Int) -> Int;
    pkey_set(pkey: Int, access_rights: Set32(&PKEY)) -> Int;
    shmat(shmid: Int, shmaddr: Addr, shmflg: Set32(&SHM_AT)) -> Hex;
    ftok(pathname: Path, proj_id: Int) -> Special(S::IpcKey);
    getenv(name: Text) -> Text;
    secure_getenv(name: Text) -> Text;
    setenv(name: Text, value: Text, overwrite: Int) -> Int;
    unsetenv(name: Text) -> Int;
    putenv(string: Text) -> Int;
    clearenv() -> Int;
    __secure_getenv(name: Text) -> Text;
    __libc_secure_getenv(name: Text) -> Text;
    atexit(function: Addr) -> Int;
    at_quick_exit(function: Addr) -> Int;
    on_exit(function: Addr, arg: Addr) -> Int;
    __cxa_atexit(function: Addr, arg: Addr, d: Addr) -> Int;
    __cxa_at_quick_exit(function: Addr, d: Addr) -> Int;
    __cxa_thread_atexit_impl(function: Addr, arg: Addr, d: Addr) -> Int;
    __errno_location() -> Addr;
    getauxval(r#type: Ulong) -> Word;
    __getauxval(r#type: Ulong) -> Word;
    __assert_fail(assertion: Text, file: Text, line: Uint, function: Text) -> Void, never;
    __assert_perror_fail(errnum: Int, file: Text, line: Uint, function: Text) -> Void, never;
    __assert(assertion: Text, file: Text, line: Int) -> Void, never;
    __stack_chk_fail() -> Void, never;
    __chk_fail() -> Void, never;
    __fortify_fail(msg: Text) -> Void, never;
    __libc_fatal(message: Text) -> Void, never;
    exit(status: Int) -> Void, never;
    _exit(status: Int) -> Void, never;
    _Exit(status: Int) -> Void, never;
    quick_exit(status: Int) -> Void, never;
    abort() -> Void, never;
    longjmp(env: Addr, val: Int) -> Void, never;
    _longjmp(env: Addr, val: Int) -> Void, never;
    siglongjmp(env: Addr, val: Int) -> Void, never;
    __longjmp_chk(env: Addr, val: Int) -> Void, never;
    __cxa_throw(thrown_exception: Addr, tinfo: Addr, dest: Addr) -> Void, unwinds;
    __cxa_rethrow() -> Void, unwinds;
    _Unwind_Resume(object: Addr) -> Void, unwinds;
    _Unwind_RaiseException(object: Addr) -> Int, unwinds;
    _Unwind_ForcedUnwind(object: Addr, stop: Addr, stop_argument: Addr) -> Int, unwinds;
    _Unwind_Resume_or_Rethrow(object: Addr) -> Int, unwinds;
    _Unwind_Backtrace(trace: Addr, trace_argument: Addr) -> Int, unwinds;
    pthread_exit(retval: Addr) -> Void, unwinds;
    thrd_exit(res: Int) -> Void, unwinds;
    __pthread_unwind_next(buf: Addr) -> Void, unwinds;
    __backtrace(array: Addr, size: Int) -> Int, unwinds;
    backtrace_symbols(buffer: Addr, size: Int) -> Addr => hands;
    backtrace_symbols_fd(buffer: Addr, size: Int, fd: Fd) -> Void;
    __backtrace_symbols(array: Addr, size: Int) -> Addr => hands;
    __backtrace_symbols_fd(array: Addr, size: Int, fd: Fd) -> Void;
    backtrace(buffer: Addr, size: Int) -> Int, unwinds;
    __cxa_finalize(d: Addr) -> Void, begins;
    __libc_start_main(main: Addr, argc: Int, argv: Addr, init: Addr, fini: Addr, rtld_fini: Addr) -> Int, begins;
    setjmp(env: Addr) -> Int, twice;
    _setjmp(env: Addr) -> Int, twice;
    __sigsetjmp(env: Addr, savesigs: Int) -> Int, twice;
    sigsetjmp(env: Addr, savesigs: Int) -> Int, twice;
    getcontext(ucp: Addr) -> Int, twice;
    swapcontext(oucp: Addr, ucp: Addr) -> Int, twice;
    setcontext(ucp: Addr) -> Int, never;
    makecontext(ucp: Addr, func: Addr, argc: Int) -> Void;
    vfork() -> Pid, twice;
    __vfork() -> Pid, twice;
    fork() -> Pid;
    _Fork() -> Pid;
    __fork() -> Pid;
    __libc_fork() -> Pid;
}
