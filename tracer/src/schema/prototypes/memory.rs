//! stdlib.h and malloc.h: memory, and what begins and ends a program.

use crate::prototypes;
use crate::schema::types::Ty::*;

prototypes! { pub MEMORY:
    malloc(size: Ulong) -> Addr;
    calloc(n: Ulong, size: Ulong) -> Addr;
    realloc(ptr: Addr, size: Ulong) -> Addr;
    reallocarray(ptr: Addr, n: Ulong, size: Ulong) -> Addr;
    free(ptr: Addr) -> Void;
    aligned_alloc(alignment: Ulong, size: Ulong) -> Addr;
    memalign(alignment: Ulong, size: Ulong) -> Addr;
    posix_memalign(memptr: Out(&Ptr(&Addr)), alignment: Ulong, size: Ulong) -> Int;
    malloc_usable_size(ptr: Addr) -> Ulong;
    getenv(name: Text) -> Text;
    secure_getenv(name: Text) -> Text;
    setenv(name: Text, value: Text, overwrite: Int) -> Int;
    unsetenv(name: Text) -> Int;
    atoi(nptr: Text) -> Int;
    atol(nptr: Text) -> Long;
    strtol(nptr: Text, endptr: Addr, base: Int) -> Long;
    strtoul(nptr: Text, endptr: Addr, base: Int) -> Ulong;
    qsort(base: Addr, n: Ulong, size: Ulong, compar: Addr) -> Void, calls back;
    bsearch(key: Addr, base: Addr, n: Ulong, size: Ulong, compar: Addr) -> Addr, calls back;
    exit(status: Int) -> Void, never;
    _exit(status: Int) -> Void, never;
    _Exit(status: Int) -> Void, never;
    quick_exit(status: Int) -> Void, never;
    abort() -> Void, never;
    longjmp(env: Addr, val: Int) -> Void, never;
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
    vfork() -> Pid, twice;
    fork() -> Pid;
}
