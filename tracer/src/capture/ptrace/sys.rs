//! ptrace(2) and waitpid(2), one thin function each. ESRCH from any of them means that the task was killed
//! meanwhile; its end is reported by [`wait`], so callers may ignore it.

use std::io;

/// Requests and options that every wanted kernel has; numbers of include/uapi/linux/ptrace.h.
pub const EVENT_STOP: i32 = 128;
/// What makes a system-call stop differ from a SIGTRAP (PTRACE_O_TRACESYSGOOD).
pub const SYSCALL_STOP: i32 = libc::SIGTRAP | 0x80;
/// Audit number of this machine's own ABI (include/uapi/linux/audit.h).
pub const NATIVE_ARCH: u32 = if cfg!(target_arch = "aarch64") { 0xc000_00b7 } else { 0xc000_003e };

/// How a task is let go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Go {
    /// To the next entry or end of a call.
    Syscall,
    /// To the next event.
    Cont,
    /// Group stop: wait for SIGCONT.
    Listen,
    /// Untraced.
    Detach,
}

/// What a request is to the C library's ptrace(2).
#[cfg(target_env = "musl")]
type Request = libc::c_int;
#[cfg(not(target_env = "musl"))]
type Request = libc::c_uint;

/// Makes a request; once more where it failed for want of something, not for what it asks: a task that is not let go on stands for ever.
fn request(request: Request, tid: u32, addr: usize, data: usize) -> io::Result<()> {
    match attempt(request, tid, addr, data) {
        Err(error)
            if matches!(error.raw_os_error(), Some(libc::ENOMEM | libc::EINTR | libc::EAGAIN | libc::EACCES)) =>
        {
            attempt(request, tid, addr, data)
        }
        done => done,
    }
}

fn attempt(request: Request, tid: u32, addr: usize, data: usize) -> io::Result<()> {
    // SAFETY: the requests used here take numbers, or pointers to memory that the caller holds.
    let rc = unsafe { libc::ptrace(request, tid as libc::pid_t, addr, data) };
    if rc == -1 { Err(io::Error::last_os_error()) } else { Ok(()) }
}

/// Attaches without stopping.
pub fn seize(tid: u32, options: i32) -> io::Result<()> {
    request(libc::PTRACE_SEIZE, tid, 0, options as usize)
}

/// Asks a running task to stop.
pub fn interrupt(tid: u32) -> io::Result<()> {
    request(libc::PTRACE_INTERRUPT, tid, 0, 0)
}

/// Ends the task's process with SIGKILL.
pub fn kill(tid: u32) -> io::Result<()> {
    // SAFETY: takes numbers only.
    let rc = unsafe { libc::kill(tid as libc::pid_t, libc::SIGKILL) };
    if rc == -1 { Err(io::Error::last_os_error()) } else { Ok(()) }
}

/// Lets a stopped task go on, with a signal (0: none).
pub fn go(tid: u32, how: Go, signal: i32) -> io::Result<()> {
    let how = match how {
        Go::Syscall => libc::PTRACE_SYSCALL,
        Go::Cont => libc::PTRACE_CONT,
        Go::Listen => libc::PTRACE_LISTEN,
        Go::Detach => libc::PTRACE_DETACH,
    };
    request(how, tid, 0, signal as usize)
}

/// Changes the options of a stopped task.
pub fn set_options(tid: u32, options: i32) -> io::Result<()> {
    request(libc::PTRACE_SETOPTIONS, tid, 0, options as usize)
}

/// The number that came with an event: a new task's id, the tid before an exec.
pub fn message(tid: u32) -> io::Result<u64> {
    let mut message: libc::c_ulong = 0;
    request(libc::PTRACE_GETEVENTMSG, tid, 0, &raw mut message as usize)?;
    Ok(message)
}

/// The siginfo of a signal about to be delivered.
pub fn siginfo(tid: u32) -> io::Result<[u8; 128]> {
    let mut info = [0u64; 16];
    request(libc::PTRACE_GETSIGINFO, tid, 0, info.as_mut_ptr() as usize)?;
    let mut bytes = [0u8; 128];
    for (to, from) in bytes.chunks_exact_mut(8).zip(info) {
        to.copy_from_slice(&from.to_ne_bytes());
    }
    Ok(bytes)
}

/// include/uapi/linux/ptrace.h
const PTRACE_PEEKSIGINFO: Request = 0x4209;

/// Whether a signal of this code waits for a stopped task itself (PTRACE_PEEKSIGINFO, 3.10): the first few are looked at.
pub fn waits(tid: u32, signal: i32, code: i32) -> bool {
    const SEEN: usize = 8;
    #[repr(C)]
    struct Which {
        first: u64,
        flags: u32,
        count: i32,
    }
    let which = Which { first: 0, flags: 0, count: SEEN as i32 };
    // A siginfo_t has 128 bytes; those that do not wait stay 0.
    let mut infos = [[0i32; 32]; SEEN];
    let found = request(PTRACE_PEEKSIGINFO, tid, &raw const which as usize, infos.as_mut_ptr() as usize);
    found.is_ok() && infos.iter().any(|info| info[0] == signal && info[2] == code)
}

/// Where a task stands in a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum At {
    /// It enters one.
    Entry { nr: u64, args: [u64; 6] },
    /// It leaves one.
    Exit { ret: i64 },
    /// Neither.
    None,
}

/// PTRACE_GET_SYSCALL_INFO (Linux 5.3).
#[derive(Debug, Clone, Copy)]
pub struct Info {
    /// The call is one of another ABI than this machine's own.
    pub compat: bool,
    /// Instruction pointer.
    pub ip: u64,
    /// Stack pointer.
    pub sp: u64,
    /// Entry or end.
    pub at: At,
}

/// The call at which a task is stopped.
pub fn syscall_info(tid: u32) -> io::Result<Info> {
    const REQUEST: Request = 0x420e;
    // struct ptrace_syscall_info: op u8, pad 3, arch u32, ip u64, sp u64, then by op: entry nr u64, args
    // u64[6]; exit rval i64, is_error u8; seccomp as entry.
    let mut raw = [0u64; 11];
    request(REQUEST, tid, size_of_val(&raw), raw.as_mut_ptr() as usize)?;
    let first = raw[0].to_ne_bytes();
    let arch = u32::from_ne_bytes([first[4], first[5], first[6], first[7]]);
    let at = match first[0] {
        1 | 3 => At::Entry { nr: raw[3], args: [raw[4], raw[5], raw[6], raw[7], raw[8], raw[9]] },
        2 => At::Exit { ret: raw[3] as i64 },
        _ => At::None,
    };
    Ok(Info { compat: arch != NATIVE_ARCH, ip: raw[1], sp: raw[2], at })
}

/// The registers of a stopped task, as its own ABI's NT_PRSTATUS.
pub fn registers(tid: u32) -> io::Result<libc::user_regs_struct> {
    // SAFETY: all-zero is a value of plain registers.
    let mut regs: libc::user_regs_struct = unsafe { std::mem::zeroed() };
    let mut iov = libc::iovec { iov_base: (&raw mut regs).cast(), iov_len: size_of_val(&regs) };
    request(libc::PTRACE_GETREGSET, tid, libc::NT_PRSTATUS as usize, &raw mut iov as usize)?;
    Ok(regs)
}

/// The same as words; `None` of a task that runs a 32-bit program.
pub fn words(tid: u32) -> io::Result<Option<Vec<u64>>> {
    let mut words = vec![0u64; size_of::<libc::user_regs_struct>() / size_of::<u64>()];
    let len = size_of_val(words.as_slice());
    let mut iov = libc::iovec { iov_base: words.as_mut_ptr().cast(), iov_len: len };
    request(libc::PTRACE_GETREGSET, tid, libc::NT_PRSTATUS as usize, &raw mut iov as usize)?;
    Ok((iov.iov_len == len).then_some(words))
}

/// Sets the registers of a stopped task.
pub fn set_registers(tid: u32, regs: &libc::user_regs_struct) -> io::Result<()> {
    let mut iov = libc::iovec { iov_base: (&raw const *regs).cast_mut().cast(), iov_len: size_of_val(regs) };
    request(libc::PTRACE_SETREGSET, tid, libc::NT_PRSTATUS as usize, &raw mut iov as usize)
}

/// Sets where a stopped task goes on.
#[cfg(target_arch = "x86_64")]
pub fn set_ip(tid: u32, ip: u64) -> io::Result<()> {
    set_register(tid, std::mem::offset_of!(libc::user_regs_struct, rip), ip as i64)
}

/// include/uapi/linux/ptrace.h
#[cfg(target_arch = "x86_64")]
const PTRACE_GETSIGMASK: Request = 0x420a;
#[cfg(target_arch = "x86_64")]
const PTRACE_SETSIGMASK: Request = 0x420b;

/// The signals that a stopped task has blocked, bit 0 is signal 1.
#[cfg(target_arch = "x86_64")]
pub fn blocked(tid: u32) -> io::Result<u64> {
    let mut mask = 0u64;
    request(PTRACE_GETSIGMASK, tid, size_of_val(&mask), &raw mut mask as usize)?;
    Ok(mask)
}

/// Sets them.
#[cfg(target_arch = "x86_64")]
pub fn block(tid: u32, mask: u64) -> io::Result<()> {
    request(PTRACE_SETSIGMASK, tid, size_of_val(&mask), &raw const mask as usize)
}

/// Changes the number of the call that a task is about to make.
#[cfg(target_arch = "x86_64")]
pub fn set_number(tid: u32, number: i64) -> io::Result<()> {
    set_register(tid, std::mem::offset_of!(libc::user_regs_struct, orig_rax), number)
}

/// Changes the result of the call that a task is about to leave.
#[cfg(target_arch = "x86_64")]
pub fn set_result(tid: u32, result: i64) -> io::Result<()> {
    set_register(tid, std::mem::offset_of!(libc::user_regs_struct, rax), result)
}

/// Changes the first argument of the call that a task is about to make; that of a 32-bit call, whatever the task's own ABI is, stands
/// in ebx.
#[cfg(target_arch = "x86_64")]
pub fn set_first(tid: u32, compat: bool, value: u64) -> io::Result<()> {
    let offset = match compat {
        true => std::mem::offset_of!(libc::user_regs_struct, rbx),
        false => std::mem::offset_of!(libc::user_regs_struct, rdi),
    };
    set_register(tid, offset, value as i64)
}

/// Changes the first argument of the call that a task is about to make.
#[cfg(target_arch = "aarch64")]
pub fn set_first(tid: u32, _: bool, value: u64) -> io::Result<()> {
    let mut regs = registers(tid)?;
    regs.regs[0] = value;
    set_registers(tid, &regs)
}

/// One register, at its place among those of this machine's own ABI, whatever the task's is.
#[cfg(target_arch = "x86_64")]
fn set_register(tid: u32, offset: usize, value: i64) -> io::Result<()> {
    request(libc::PTRACE_POKEUSER, tid, offset, value as usize)
}

/// Changes the number of the call that a task is about to make.
#[cfg(target_arch = "aarch64")]
pub fn set_number(tid: u32, number: i64) -> io::Result<()> {
    // include/uapi/linux/elf.h
    const NT_ARM_SYSTEM_CALL: usize = 0x404;
    let mut number = number as i32;
    let mut iov = libc::iovec { iov_base: (&raw mut number).cast(), iov_len: size_of_val(&number) };
    request(libc::PTRACE_SETREGSET, tid, NT_ARM_SYSTEM_CALL, &raw mut iov as usize)
}

/// Changes the result of the call that a task is about to leave.
#[cfg(target_arch = "aarch64")]
pub fn set_result(tid: u32, result: i64) -> io::Result<()> {
    let mut regs = registers(tid)?;
    regs.regs[0] = result as u64;
    set_registers(tid, &regs)
}

/// Writes to a task's memory, read-only pages included; it never waits for a page.
pub fn poke(tid: u32, address: u64, bytes: &[u8]) -> io::Result<()> {
    const WORD: u64 = size_of::<usize>() as u64;
    let mut done = 0;
    while done < bytes.len() {
        let at = address.wrapping_add(done as u64);
        // A whole word at a time: it never lies across two pages.
        let (start, skip) = (at & !(WORD - 1), (at % WORD) as usize);
        let mut word = peek(tid, start as usize)?.to_ne_bytes();
        let n = (word.len() - skip).min(bytes.len() - done);
        word[skip..skip + n].copy_from_slice(&bytes[done..done + n]);
        request(libc::PTRACE_POKEDATA, tid, start as usize, usize::from_ne_bytes(word))?;
        done += n;
    }
    Ok(())
}

fn peek(tid: u32, address: usize) -> io::Result<usize> {
    // SAFETY: errno is this thread's own.
    unsafe { *libc::__errno_location() = 0 };
    // SAFETY: the request takes numbers; the library returns the word.
    let word = unsafe { libc::ptrace(libc::PTRACE_PEEKDATA, tid as libc::pid_t, address, 0usize) };
    match io::Error::last_os_error() {
        e if word == -1 && e.raw_os_error() != Some(0) => Err(e),
        _ => Ok(word as usize),
    }
}

/// What a wait came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Waited {
    /// A task stopped or ended.
    Task(u32, i32),
    /// Nothing to report now.
    Nothing,
    /// A signal came.
    Interrupted,
    /// There is no task left to wait for.
    NoTasks,
}

/// Waits until a certain tracee stops or ends, and gives its wait status.
#[cfg(target_arch = "x86_64")]
pub fn wait_for(tid: u32) -> io::Result<i32> {
    let mut status = 0;
    loop {
        // SAFETY: the status is ours.
        if unsafe { libc::waitpid(tid as libc::pid_t, &mut status, libc::__WALL) } != -1 {
            return Ok(status);
        }
        let error = io::Error::last_os_error();
        if error.raw_os_error() != Some(libc::EINTR) {
            return Err(error);
        }
    }
}

/// Whether a task is still to be waited for by this thread: it runs, is stopped, or has ended and nobody was told.
pub fn is_waited_for(tid: u32) -> bool {
    let flags = libc::WEXITED | libc::WSTOPPED | libc::WNOHANG | libc::WNOWAIT | libc::__WALL | libc::__WNOTHREAD;
    // SAFETY: the kernel takes a null pointer for nothing being asked.
    let rc =
        unsafe { libc::syscall(libc::SYS_waitid, libc::P_PID, tid, std::ptr::null_mut::<libc::siginfo_t>(), flags, 0) };
    rc == 0 || io::Error::last_os_error().raw_os_error() != Some(libc::ECHILD)
}

/// Whether two tasks have the same memory (kcmp(2)).
#[cfg(target_arch = "x86_64")]
pub fn share_memory(one: u32, other: u32) -> io::Result<bool> {
    // include/uapi/linux/kcmp.h
    const KCMP_VM: libc::c_int = 1;
    // SAFETY: takes numbers only.
    match unsafe { libc::syscall(libc::SYS_kcmp, one, other, KCMP_VM, 0, 0) } {
        -1 => Err(io::Error::last_os_error()),
        order => Ok(order == 0),
    }
}

/// Waits for a tracee or child of this thread.
pub fn wait(block: bool) -> io::Result<Waited> {
    wait_timed(block, None)
}

/// As [`wait`]; tells besides how long the process has had a CPU in the kernel, ns.
pub fn wait_timed(block: bool, system: Option<&mut u64>) -> io::Result<Waited> {
    const WNOTHREAD: i32 = 0x2000_0000;
    let mut status = 0;
    // SAFETY: plain numbers, for which zero is a value.
    let mut usage: libc::rusage = unsafe { std::mem::zeroed() };
    let asked = if system.is_some() { &raw mut usage } else { std::ptr::null_mut() };
    let flags = libc::__WALL | WNOTHREAD | if block { 0 } else { libc::WNOHANG };
    // SAFETY: the status and the usage are ours.
    let waited = unsafe { libc::wait4(-1, &mut status, flags, asked) };
    if let Some(system) = system {
        *system = (usage.ru_stime.tv_sec as u64) * 1_000_000_000 + (usage.ru_stime.tv_usec as u64) * 1000;
    }
    match waited {
        0 => Ok(Waited::Nothing),
        -1 => match io::Error::last_os_error() {
            e if e.raw_os_error() == Some(libc::EINTR) => Ok(Waited::Interrupted),
            e if e.raw_os_error() == Some(libc::ECHILD) => Ok(Waited::NoTasks),
            e => Err(e),
        },
        tid => Ok(Waited::Task(tid as u32, status)),
    }
}
