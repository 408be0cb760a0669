//! pthread.h, threads.h, semaphore.h: threads and what they wait for each other with. Their functions return numbers of errors.

use crate::schema::open::OPEN;
use crate::schema::sched::SCHED;
use crate::schema::time::{CLOCKS, TIMESPEC};
use crate::schema::types::Len::Fixed;
use crate::schema::types::Special as S;
use crate::schema::types::Ty::*;
use crate::{prototypes, sets};

sets! {
    /// Whether a thread is waited for. pthread.h
    DETACH "PTHREAD_CREATE_"
    choice all: PTHREAD_CREATE_JOINABLE = 0, PTHREAD_CREATE_DETACHED = 1;

    /// Kinds of mutexes. pthread.h
    MUTEX "PTHREAD_MUTEX_"
    choice all: PTHREAD_MUTEX_NORMAL = 0, PTHREAD_MUTEX_RECURSIVE = 1, PTHREAD_MUTEX_ERRORCHECK = 2, PTHREAD_MUTEX_ADAPTIVE_NP = 3;

    /// Whether a mutex survives its owner. pthread.h
    ROBUST "PTHREAD_MUTEX_"
    choice all: PTHREAD_MUTEX_STALLED = 0, PTHREAD_MUTEX_ROBUST = 1;

    /// What a mutex does to priorities. pthread.h
    PROTOCOL "PTHREAD_PRIO_"
    choice all: PTHREAD_PRIO_NONE = 0, PTHREAD_PRIO_INHERIT = 1, PTHREAD_PRIO_PROTECT = 2;

    /// Whom a lock lets in first. pthread.h
    PREFER "PTHREAD_RWLOCK_"
    choice all: PTHREAD_RWLOCK_PREFER_READER_NP = 0, PTHREAD_RWLOCK_PREFER_WRITER_NP = 1, PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP = 2;

    /// Where a thread's scheduling comes from. pthread.h
    INHERIT "PTHREAD_"
    choice all: PTHREAD_INHERIT_SCHED = 0, PTHREAD_EXPLICIT_SCHED = 1;

    /// Whom a thread competes with. pthread.h
    SCOPE "PTHREAD_SCOPE_"
    choice all: PTHREAD_SCOPE_SYSTEM = 0, PTHREAD_SCOPE_PROCESS = 1;

    /// Who may use it. pthread.h
    SHARED "PTHREAD_PROCESS_"
    choice all: PTHREAD_PROCESS_PRIVATE = 0, PTHREAD_PROCESS_SHARED = 1;

    /// Whether a thread can be cancelled. pthread.h
    CANCEL_STATE "PTHREAD_CANCEL_"
    choice all: PTHREAD_CANCEL_ENABLE = 0, PTHREAD_CANCEL_DISABLE = 1;

    /// When a thread can be cancelled. pthread.h
    CANCEL_TYPE "PTHREAD_CANCEL_"
    choice all: PTHREAD_CANCEL_DEFERRED = 0, PTHREAD_CANCEL_ASYNCHRONOUS = 1;

    /// What pthread_barrier_wait(3) returns to one of all. pthread.h
    BARRIER "#"
    choice all: PTHREAD_BARRIER_SERIAL_THREAD = 0xffff_ffff;

    /// Kinds of mutexes of C11. threads.h
    MTX "mtx_"
    bits: mtx_plain = 0, mtx_recursive = 1, mtx_timed = 2;

    /// What functions of C11's threads return. threads.h
    THRD "thrd_"
    choice all: thrd_success = 0, thrd_busy = 1, thrd_error = 2, thrd_nomem = 3, thrd_timedout = 4;
}

prototypes! { pub THREADS:
    pthread_create(thread: Out(&Ptr(&Hex)), attr: Addr, start_routine: Addr, arg: Addr) -> Int;
    pthread_join(thread: Hex, retval: Out(&Ptr(&Addr))) -> Int;
    pthread_tryjoin_np(thread: Hex, retval: Out(&Ptr(&Addr))) -> Int;
    pthread_timedjoin_np(thread: Hex, retval: Out(&Ptr(&Addr)), abstime: Rec(&TIMESPEC)) -> Int;
    pthread_clockjoin_np(thread: Hex, retval: Out(&Ptr(&Addr)), clockid: Set32(&CLOCKS), abstime: Rec(&TIMESPEC)) -> Int;
    pthread_detach(thread: Hex) -> Int;
    pthread_self() -> Hex;
    pthread_equal(t1: Hex, t2: Hex) -> Int;
    pthread_cancel(thread: Hex) -> Int;
    pthread_testcancel() -> Void, unwinds;
    pthread_setcancelstate(state: Set32(&CANCEL_STATE), oldstate: Out(&Ptr(&Set32(&CANCEL_STATE)))) -> Int;
    pthread_setcanceltype(r#type: Set32(&CANCEL_TYPE), oldtype: Out(&Ptr(&Set32(&CANCEL_TYPE)))) -> Int;
    pthread_once(once_control: Addr, init_routine: Addr) -> Int, calls back;
    pthread_atfork(prepare: Addr, parent: Addr, child: Addr) -> Int;
    __register_atfork(prepare: Addr, parent: Addr, child: Addr, dso_handle: Addr) -> Int;
    pthread_setname_np(thread: Hex, name: Text) -> Int;
    pthread_getname_np(thread: Hex, name: Out(&Text), size: Ulong) -> Int;
    pthread_setaffinity_np(thread: Hex, cpusetsize: Ulong, cpuset: Special(S::CpuMask(cpusetsize))) -> Int;
    pthread_getaffinity_np(thread: Hex, cpusetsize: Ulong, cpuset: Out(&Special(S::CpuMask(cpusetsize)))) -> Int;
    pthread_setschedparam(thread: Hex, policy: Set32(&SCHED), param: Ptr(&Int)) -> Int;
    pthread_getschedparam(thread: Hex, policy: Out(&Ptr(&Set32(&SCHED))), param: Out(&Ptr(&Int))) -> Int;
    pthread_setschedprio(thread: Hex, prio: Int) -> Int;
    pthread_getcpuclockid(thread: Hex, clockid: Out(&Ptr(&Int))) -> Int;
    pthread_setconcurrency(new_level: Int) -> Int;
    pthread_getconcurrency() -> Int;
    pthread_getattr_np(thread: Hex, attr: Addr) -> Int;
    pthread_getattr_default_np(attr: Addr) -> Int;
    pthread_setattr_default_np(attr: Addr) -> Int;
    pthread_key_create(key: Out(&Ptr(&Uint)), destructor: Addr) -> Int;
    __pthread_key_create(key: Out(&Ptr(&Uint)), destructor: Addr) -> Int;
    pthread_key_delete(key: Uint) -> Int;
    pthread_getspecific(key: Uint) -> Addr;
    pthread_setspecific(key: Uint, value: Addr) -> Int;
    __pthread_getspecific(key: Uint) -> Addr;
    __pthread_setspecific(key: Uint, value: Addr) -> Int;
    __pthread_register_cancel(buf: Addr) -> Void;
    __pthread_unregister_cancel(buf: Addr) -> Void;
    __pthread_register_cancel_defer(buf: Addr) -> Void;
    __pthread_unregister_cancel_restore(buf: Addr) -> Void;
    _pthread_cleanup_push(buffer: Addr, routine: Addr, arg: Addr) -> Void;
    _pthread_cleanup_pop(buffer: Addr, execute: Int) -> Void, calls back;
    __pthread_once(once_control: Addr, init_routine: Addr) -> Int, calls back;
}

prototypes! { pub THREAD_ATTRIBUTES:
    pthread_attr_init(attr: Addr) -> Int;
    pthread_attr_destroy(attr: Addr) -> Int;
    pthread_attr_getdetachstate(attr: Addr, detachstate: Out(&Ptr(&Set32(&DETACH)))) -> Int;
    pthread_attr_setdetachstate(attr: Addr, detachstate: Set32(&DETACH)) -> Int;
    pthread_attr_getguardsize(attr: Addr, guardsize: Out(&Ptr(&Ulong))) -> Int;
    pthread_attr_setguardsize(attr: Addr, guardsize: Ulong) -> Int;
    pthread_attr_getinheritsched(attr: Addr, inheritsched: Out(&Ptr(&Set32(&INHERIT)))) -> Int;
    pthread_attr_setinheritsched(attr: Addr, inheritsched: Set32(&INHERIT)) -> Int;
    pthread_attr_getschedpolicy(attr: Addr, policy: Out(&Ptr(&Set32(&SCHED)))) -> Int;
    pthread_attr_setschedpolicy(attr: Addr, policy: Set32(&SCHED)) -> Int;
    pthread_attr_getscope(attr: Addr, scope: Out(&Ptr(&Set32(&SCOPE)))) -> Int;
    pthread_attr_setscope(attr: Addr, scope: Set32(&SCOPE)) -> Int;
    pthread_attr_getstackaddr(attr: Addr, stackaddr: Out(&Ptr(&Addr))) -> Int;
    pthread_attr_setstackaddr(attr: Addr, stackaddr: Addr) -> Int;
    pthread_attr_getstacksize(attr: Addr, stacksize: Out(&Ptr(&Ulong))) -> Int;
    pthread_attr_setstacksize(attr: Addr, stacksize: Ulong) -> Int;
    pthread_attr_getschedparam(attr: Addr, param: Out(&Ptr(&Int))) -> Int;
    pthread_attr_setschedparam(attr: Addr, param: Ptr(&Int)) -> Int;
    pthread_attr_getstack(attr: Addr, stackaddr: Out(&Ptr(&Addr)), stacksize: Out(&Ptr(&Ulong))) -> Int;
    pthread_attr_setstack(attr: Addr, stackaddr: Addr, stacksize: Ulong) -> Int;
    pthread_attr_getaffinity_np(attr: Addr, cpusetsize: Ulong, cpuset: Out(&Special(S::CpuMask(cpusetsize)))) -> Int;
    pthread_attr_setaffinity_np(attr: Addr, cpusetsize: Ulong, cpuset: Special(S::CpuMask(cpusetsize))) -> Int;
    pthread_attr_getsigmask_np(attr: Addr, sigmask: Out(&SigSet(Fixed(8)))) -> Int;
    pthread_attr_setsigmask_np(attr: Addr, sigmask: SigSet(Fixed(8))) -> Int;
    pthread_mutexattr_init(attr: Addr) -> Int;
    pthread_mutexattr_destroy(attr: Addr) -> Int;
    pthread_mutexattr_getpshared(attr: Addr, pshared: Out(&Ptr(&Set32(&SHARED)))) -> Int;
    pthread_mutexattr_setpshared(attr: Addr, pshared: Set32(&SHARED)) -> Int;
    pthread_mutexattr_gettype(attr: Addr, kind: Out(&Ptr(&Set32(&MUTEX)))) -> Int;
    pthread_mutexattr_settype(attr: Addr, kind: Set32(&MUTEX)) -> Int;
    pthread_mutexattr_getprotocol(attr: Addr, protocol: Out(&Ptr(&Set32(&PROTOCOL)))) -> Int;
    pthread_mutexattr_setprotocol(attr: Addr, protocol: Set32(&PROTOCOL)) -> Int;
    pthread_mutexattr_getprioceiling(attr: Addr, prioceiling: Out(&Ptr(&Int))) -> Int;
    pthread_mutexattr_setprioceiling(attr: Addr, prioceiling: Int) -> Int;
    pthread_mutexattr_getrobust(attr: Addr, robustness: Out(&Ptr(&Set32(&ROBUST)))) -> Int;
    pthread_mutexattr_setrobust(attr: Addr, robustness: Set32(&ROBUST)) -> Int;
    pthread_mutexattr_getrobust_np(attr: Addr, robustness: Out(&Ptr(&Set32(&ROBUST)))) -> Int;
    pthread_mutexattr_setrobust_np(attr: Addr, robustness: Set32(&ROBUST)) -> Int;
    pthread_condattr_init(attr: Addr) -> Int;
    pthread_condattr_destroy(attr: Addr) -> Int;
    pthread_condattr_getpshared(attr: Addr, pshared: Out(&Ptr(&Set32(&SHARED)))) -> Int;
    pthread_condattr_setpshared(attr: Addr, pshared: Set32(&SHARED)) -> Int;
    pthread_condattr_getclock(attr: Addr, clock_id: Out(&Ptr(&Set32(&CLOCKS)))) -> Int;
    pthread_condattr_setclock(attr: Addr, clock_id: Set32(&CLOCKS)) -> Int;
    pthread_rwlockattr_init(attr: Addr) -> Int;
    pthread_rwlockattr_destroy(attr: Addr) -> Int;
    pthread_rwlockattr_getpshared(attr: Addr, pshared: Out(&Ptr(&Set32(&SHARED)))) -> Int;
    pthread_rwlockattr_setpshared(attr: Addr, pshared: Set32(&SHARED)) -> Int;
    pthread_rwlockattr_getkind_np(attr: Addr, pref: Out(&Ptr(&Set32(&PREFER)))) -> Int;
    pthread_rwlockattr_setkind_np(attr: Addr, pref: Set32(&PREFER)) -> Int;
    pthread_barrierattr_init(attr: Addr) -> Int;
    pthread_barrierattr_destroy(attr: Addr) -> Int;
    pthread_barrierattr_getpshared(attr: Addr, pshared: Out(&Ptr(&Set32(&SHARED)))) -> Int;
    pthread_barrierattr_setpshared(attr: Addr, pshared: Set32(&SHARED)) -> Int;
    __pthread_mutexattr_init(attr: Addr) -> Int;
    __pthread_mutexattr_destroy(attr: Addr) -> Int;
    __pthread_mutexattr_settype(attr: Addr, kind: Set32(&MUTEX)) -> Int;
}

prototypes! { pub LOCKS:
    pthread_mutex_init(mutex: Addr, attr: Addr) -> Int;
    pthread_mutex_timedlock(mutex: Addr, abstime: Rec(&TIMESPEC)) -> Int;
    pthread_mutex_clocklock(mutex: Addr, clockid: Set32(&CLOCKS), abstime: Rec(&TIMESPEC)) -> Int;
    pthread_mutex_consistent(mutex: Addr) -> Int;
    pthread_mutex_consistent_np(mutex: Addr) -> Int;
    pthread_mutex_getprioceiling(mutex: Addr, prioceiling: Out(&Ptr(&Int))) -> Int;
    pthread_mutex_setprioceiling(mutex: Addr, prioceiling: Int, old_ceiling: Out(&Ptr(&Int))) -> Int;
    pthread_rwlock_init(rwlock: Addr, attr: Addr) -> Int;
    pthread_rwlock_timedrdlock(rwlock: Addr, abstime: Rec(&TIMESPEC)) -> Int;
    pthread_rwlock_timedwrlock(rwlock: Addr, abstime: Rec(&TIMESPEC)) -> Int;
    pthread_rwlock_clockrdlock(rwlock: Addr, clockid: Set32(&CLOCKS), abstime: Rec(&TIMESPEC)) -> Int;
    pthread_rwlock_clockwrlock(rwlock: Addr, clockid: Set32(&CLOCKS), abstime: Rec(&TIMESPEC)) -> Int;
    pthread_cond_init(cond: Addr, attr: Addr) -> Int;
    pthread_cond_wait(cond: Addr, mutex: Addr) -> Int;
    pthread_cond_timedwait(cond: Addr, mutex: Addr, abstime: Rec(&TIMESPEC)) -> Int;
    pthread_cond_clockwait(cond: Addr, mutex: Addr, clockid: Set32(&CLOCKS), abstime: Rec(&TIMESPEC)) -> Int;
    pthread_spin_init(lock: Addr, pshared: Set32(&SHARED)) -> Int;
    pthread_barrier_init(barrier: Addr, attr: Addr, count: Uint) -> Int;
    pthread_barrier_wait(barrier: Addr) -> Set32(&BARRIER);
    __pthread_mutex_init(mutex: Addr, attr: Addr) -> Int;
    __pthread_rwlock_init(rwlock: Addr, attr: Addr) -> Int;
    pthread_mutex_lock(mutex: Addr) -> Int;
    __pthread_mutex_lock(mutex: Addr) -> Int;
    pthread_mutex_trylock(mutex: Addr) -> Int;
    __pthread_mutex_trylock(mutex: Addr) -> Int;
    pthread_mutex_unlock(mutex: Addr) -> Int;
    __pthread_mutex_unlock(mutex: Addr) -> Int;
    pthread_mutex_destroy(mutex: Addr) -> Int;
    __pthread_mutex_destroy(mutex: Addr) -> Int;
    pthread_rwlock_rdlock(rwlock: Addr) -> Int;
    __pthread_rwlock_rdlock(rwlock: Addr) -> Int;
    pthread_rwlock_tryrdlock(rwlock: Addr) -> Int;
    __pthread_rwlock_tryrdlock(rwlock: Addr) -> Int;
    pthread_rwlock_wrlock(rwlock: Addr) -> Int;
    __pthread_rwlock_wrlock(rwlock: Addr) -> Int;
    pthread_rwlock_trywrlock(rwlock: Addr) -> Int;
    __pthread_rwlock_trywrlock(rwlock: Addr) -> Int;
    pthread_rwlock_unlock(rwlock: Addr) -> Int;
    __pthread_rwlock_unlock(rwlock: Addr) -> Int;
    pthread_rwlock_destroy(rwlock: Addr) -> Int;
    __pthread_rwlock_destroy(rwlock: Addr) -> Int;
    pthread_cond_signal(cond: Addr) -> Int;
    pthread_cond_broadcast(cond: Addr) -> Int;
    pthread_cond_destroy(cond: Addr) -> Int;
    pthread_spin_lock(lock: Addr) -> Int;
    pthread_spin_trylock(lock: Addr) -> Int;
    pthread_spin_unlock(lock: Addr) -> Int;
    pthread_spin_destroy(lock: Addr) -> Int;
    pthread_barrier_destroy(barrier: Addr) -> Int;
    sem_init(sem: Addr, pshared: Int, value: Uint) -> Int;
    sem_destroy(sem: Addr) -> Int;
    sem_open(name: Text, oflag: Set32(&OPEN), mode: When(oflag, 0o100, &Perm), value: When(oflag, 0o100, &Uint)) -> Addr;
    sem_close(sem: Addr) -> Int;
    sem_unlink(name: Text) -> Int;
    sem_wait(sem: Addr) -> Int;
    sem_trywait(sem: Addr) -> Int;
    sem_timedwait(sem: Addr, abs_timeout: Rec(&TIMESPEC)) -> Int;
    sem_clockwait(sem: Addr, clockid: Set32(&CLOCKS), abs_timeout: Rec(&TIMESPEC)) -> Int;
    sem_post(sem: Addr) -> Int;
    sem_getvalue(sem: Addr, sval: Out(&Ptr(&Int))) -> Int;
    thrd_create(thr: Out(&Ptr(&Hex)), func: Addr, arg: Addr) -> Set32(&THRD);
    thrd_join(thr: Hex, res: Out(&Ptr(&Int))) -> Set32(&THRD);
    thrd_detach(thr: Hex) -> Set32(&THRD);
    thrd_current() -> Hex;
    thrd_equal(lhs: Hex, rhs: Hex) -> Int;
    thrd_sleep(time_point: Rec(&TIMESPEC), remaining: Out(&Rec(&TIMESPEC))) -> Int;
    thrd_yield() -> Void;
    mtx_init(mtx: Addr, r#type: Set32(&MTX)) -> Set32(&THRD);
    mtx_lock(mtx: Addr) -> Set32(&THRD);
    mtx_trylock(mtx: Addr) -> Set32(&THRD);
    mtx_timedlock(mtx: Addr, time_point: Rec(&TIMESPEC)) -> Set32(&THRD);
    mtx_unlock(mtx: Addr) -> Set32(&THRD);
    mtx_destroy(mtx: Addr) -> Void;
    cnd_init(cond: Addr) -> Set32(&THRD);
    cnd_signal(cond: Addr) -> Set32(&THRD);
    cnd_broadcast(cond: Addr) -> Set32(&THRD);
    cnd_wait(cond: Addr, mtx: Addr) -> Set32(&THRD);
    cnd_timedwait(cond: Addr, mtx: Addr, time_point: Rec(&TIMESPEC)) -> Set32(&THRD);
    cnd_destroy(cond: Addr) -> Void;
    tss_create(key: Out(&Ptr(&Uint)), destructor: Addr) -> Set32(&THRD);
    tss_get(key: Uint) -> Addr;
    tss_set(key: Uint, val: Addr) -> Set32(&THRD);
    tss_delete(key: Uint) -> Void;
    call_once(flag: Addr, func: Addr) -> Void, calls back;
}
