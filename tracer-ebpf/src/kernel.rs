//! Reading kernel structures at the offsets that BTF gave, and the frozen configuration.

use core::ffi::c_void;

use aya_ebpf::helpers::generated as helper;
use tracer_common::config::{Config, Offsets, function};

/// Reads a configuration field; a constant to the verifier. Volatile, because the loader sets it after
/// compilation.
#[inline(always)]
pub fn constant<T: Copy>(field: *const T) -> T {
    // SAFETY: only `conf!` calls this, with a field of a static.
    unsafe { core::ptr::read_volatile(field) }
}

/// A configuration field.
macro_rules! conf {
    ($($field:tt)+) => {
        $crate::kernel::constant(&raw const $crate::maps::CONFIG.$($field)+)
    };
}
pub(crate) use conf;

/// The current task, as the verifier's trusted pointer.
#[inline(always)]
pub fn current() -> *mut c_void {
    // SAFETY: takes nothing, gives a pointer that is valid in this program run.
    unsafe { helper::bpf_get_current_task_btf() as *mut c_void }
}

/// Loads a field through a pointer whose type the verifier knows; a bad address reads as 0.
///
/// # Safety
/// `base` must be such a pointer, and a `T` must stand at `off`.
#[inline(always)]
pub unsafe fn load<T: Copy>(base: *const c_void, off: u32) -> T {
    // SAFETY: the caller's promise; the kernel turns faults into zeroes.
    unsafe { core::ptr::read_volatile(base.cast::<u8>().add(off as usize).cast::<T>()) }
}

/// Copies a value from any kernel address; 0 when it can not be read.
#[inline(always)]
pub fn peek<T: Copy + Default>(base: u64, off: u32) -> T {
    let mut value = T::default();
    // SAFETY: the helper checks the address and writes within `value`.
    unsafe {
        helper::bpf_probe_read_kernel(
            (&raw mut value).cast(),
            size_of::<T>() as u32,
            base.wrapping_add(off as u64) as *const c_void,
        )
    };
    value
}

/// A kernel address as a pointer to a type of that number: reading through it costs a load, where `peek` costs a
/// call; a bad address reads as 0.
#[inline(always)]
fn cast(address: u64, ty: u32) -> *const c_void {
    // SAFETY: the loader puts `bpf_rdonly_cast` in the place of this call, or the verifier sees that it is not
    // reached.
    let cast: unsafe extern "C" fn(u64, u32) -> *const c_void =
        unsafe { core::mem::transmute(function::CAST as usize) };
    // SAFETY: as above; it takes any address.
    unsafe { cast(address, ty) }
}

/// The task of that id in the first PID namespace, until it is given back by `release`; null when there is none.
#[inline(always)]
pub fn task_of(pid: u32) -> *mut c_void {
    // SAFETY: the loader puts `bpf_task_from_pid` in the place of this call, or the verifier sees that it is not reached.
    let from_pid: unsafe extern "C" fn(i32) -> *mut c_void =
        unsafe { core::mem::transmute(function::TASK_FROM_PID as usize) };
    // SAFETY: as above; it takes any number.
    unsafe { from_pid(pid as i32) }
}

/// Gives a task of `task_of` back.
#[inline(always)]
pub fn release(task: *mut c_void) {
    // SAFETY: as in `task_of`.
    let release: unsafe extern "C" fn(*mut c_void) = unsafe { core::mem::transmute(function::TASK_RELEASE as usize) };
    // SAFETY: as above; the verifier sees that the task is one of `task_of`'s, and that it is given back once.
    unsafe { release(task) }
}

/// Whether perf calls the programs. From Linux 7 on a program that a tracepoint calls may be preempted, and as long as it is, the
/// kernel does not run it for other tasks on that CPU: with 16 busy processes most of their calls would be missed. What perf calls
/// runs with preemption disabled on every kernel, and takes some 50 ns longer.
#[inline(always)]
pub fn by_perf() -> bool {
    conf!(flags) & Config::PERF != 0
}

/// Reads a member of a structure at a kernel address.
#[inline(always)]
pub fn through<T: Copy + Default>(base: u64, ty: u32, off: u32) -> T {
    if ty == 0 {
        return peek(base, off);
    }
    // SAFETY: the verifier checks that such a member stands there; the kernel turns faults into zeroes.
    unsafe { load(cast(base, ty), off) }
}

/// Reads a member: address, type, offset by their names in the configuration.
macro_rules! member {
    ($base:expr, $ty:ident, $off:ident) => {
        $crate::kernel::through($base, $crate::kernel::conf!(types.$ty), $crate::kernel::off!($off))
    };
    ($base:expr, $ty:ident, $off:ident + $more:ident) => {
        $crate::kernel::through(
            $base,
            $crate::kernel::conf!(types.$ty),
            $crate::kernel::off!($off) + $crate::kernel::off!($more),
        )
    };
}
pub(crate) use member;

/// A member of a task that is a pointer, as an address. Not by a load through the task: where one of a trusted pointer gives a
/// pointer, the verifier looks four names up among all of the kernel's types, which makes most of the time that small programs
/// take to be verified.
#[inline(always)]
pub fn pointer(task: *const c_void, off: u32) -> u64 {
    let ty = conf!(types.pointer);
    if ty == 0 {
        // SAFETY: `task` is a task; the offset is that of a pointer.
        return unsafe { load(task, off) };
    }
    through((task as u64).wrapping_add(off as u64), ty, 0)
}

/// Calls `body` with 0, 1 ... `n` - 1 and the context, until it gives 1 (`bpf_loop`, 5.17). The verifier looks at the body once, where
/// it follows a loop round by round: start-up is mostly its work. A body is a function without a name outside, and may call 6 more.
#[inline(always)]
pub fn repeat<T>(n: u32, body: unsafe extern "C" fn(u64, *mut T) -> i64, context: &mut T) {
    // SAFETY: the loader puts the body's place there; the context stands on the stack until the loop has ended.
    unsafe { helper::bpf_loop(n, body as *mut c_void, (&raw mut *context).cast(), 0) };
}

/// Nanoseconds of CLOCK_MONOTONIC.
#[inline(always)]
pub fn now() -> u64 {
    // SAFETY: takes nothing, returns a number.
    unsafe { helper::bpf_ktime_get_ns() }
}

/// Whether the current call is a 32-bit one (TS_COMPAT on x86, TIF_32BIT on arm64).
#[inline(always)]
pub fn compat(task: *const c_void) -> bool {
    if conf!(flags) & Config::ARM64 != 0 {
        // SAFETY: `task` is a task, the offset is that of an unsigned long.
        return unsafe { load::<u64>(task, conf!(off.thread_flags)) } & (1 << 22) != 0;
    }
    // SAFETY: `task` is a task, the offset is that of a u32.
    unsafe { load::<u32>(task, conf!(off.thread_status)) & 2 != 0 }
}

/// Offsets of kernel structures.
macro_rules! off {
    ($field:ident) => {
        $crate::kernel::conf!(off.$field)
    };
}
pub(crate) use off;

const _: () = assert!(align_of::<Offsets>() == 4);
