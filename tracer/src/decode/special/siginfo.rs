//! `siginfo_t`: which of its unions holds is told by signal and code. Layout of 64-bit kernels
//! (include/uapi/asm-generic/siginfo.h): si_signo, si_errno, si_code, then the union at 16.

use crate::decode::value::Value;
use crate::decode::{names, scalar};
use crate::schema::set::Set;
use crate::schema::types::Whose;

/// Bytes of a `siginfo_t`.
pub const SIZE: usize = 128;

const SIGILL: i32 = 4;
const SIGTRAP: i32 = 5;
const SIGBUS: i32 = 7;
const SIGFPE: i32 = 8;
const SIGSEGV: i32 = 11;
const SIGCHLD: i32 = 17;
const SIGIO: i32 = 29;
const SIGSYS: i32 = 31;

/// Signal information of which the first bytes are given; the 48 of a signal's record are enough for
/// all but SIGTRAP's perf data. Bytes that are missing count as 0.
pub fn siginfo<'a>(bytes: &[u8]) -> Value<'a> {
    let info = Info(bytes);
    let (signal, errno, code) = (info.int(0), info.int(4), info.int(8));
    let mut fields = Vec::with_capacity(8);
    if signal != 0 {
        fields.push(("si_signo", Value::Signal(signal)));
        fields.push(("si_code", Value::Named(codes(signal, code), u64::from(code as u32))));
        if errno != 0 {
            fields.push(("si_errno", Value::Uint(u64::from(errno as u32))));
        }
        if code <= 0 { info.sent(&mut fields, code) } else { info.raised(&mut fields, signal, code) }
    }
    Value::Struct { fields, more: false }
}

/// The names of a signal's codes: its own, or those of any signal.
fn codes(signal: i32, code: i32) -> &'static Set {
    if names::SI.name_of(u64::from(code as u32)).is_some() {
        return &names::SI;
    }
    match signal {
        SIGILL => &names::ILL,
        SIGTRAP => &names::TRAP,
        SIGBUS => &names::BUS,
        SIGFPE => &names::FPE,
        SIGSEGV => &names::SEGV,
        SIGCHLD => &names::CLD,
        SIGIO => &names::POLL,
        SIGSYS => &names::SYS,
        _ => &PLAIN,
    }
}

/// Codes nobody has named: a bare number.
static PLAIN: Set = Set { marked: false, prefix: "", mask: u64::MAX, choice: &[], bits: &[] };

type Fields<'a> = Vec<(&'static str, Value<'a>)>;

struct Info<'b>(&'b [u8]);

impl Info<'_> {
    fn int(&self, off: usize) -> i32 {
        scalar::at(self.0, off, 4) as i32
    }

    fn word(&self, off: usize) -> u64 {
        scalar::at(self.0, off, 8)
    }

    fn source(&self, fields: &mut Fields<'_>) {
        fields.push(("si_pid", Value::Pid(self.int(16), Whose::Process, None)));
        fields.push(("si_uid", id(self.int(20))));
    }

    fn payload(&self, fields: &mut Fields<'_>) {
        fields.push(("si_int", Value::Int(i64::from(self.int(24)))));
        fields.push(("si_ptr", Value::Addr(self.word(24))));
    }

    /// What a process sent.
    fn sent(&self, fields: &mut Fields<'_>, code: i32) {
        match code {
            // SI_USER, SI_TKILL
            0 | -6 => self.source(fields),
            // SI_TIMER
            -2 => {
                fields.push(("si_timerid", Value::Hex(u64::from(self.int(16) as u32))));
                fields.push(("si_overrun", Value::Int(i64::from(self.int(20)))));
                self.payload(fields);
            }
            // SI_SIGIO
            -5 => self.poll(fields),
            _ => {
                self.source(fields);
                if self.word(24) != 0 {
                    self.payload(fields);
                }
            }
        }
    }

    /// What the kernel raised.
    fn raised(&self, fields: &mut Fields<'_>, signal: i32, code: i32) {
        let addr = |fields: &mut Fields<'_>| fields.push(("si_addr", Value::Addr(self.word(16))));
        match signal {
            SIGCHLD => {
                self.source(fields);
                let status = self.int(24);
                // CLD_EXITED has a number, the others a signal.
                let status = if code == 1 { Value::Int(i64::from(status)) } else { Value::Signal(status) };
                fields.push(("si_status", status));
                fields.push(("si_utime", ticks(self.word(32))));
                fields.push(("si_stime", ticks(self.word(40))));
            }
            SIGILL | SIGFPE => addr(fields),
            SIGBUS => {
                addr(fields);
                // BUS_MCEERR_AR, BUS_MCEERR_AO
                if code == 4 || code == 5 {
                    fields.push(("si_addr_lsb", Value::Hex(scalar::at(self.0, 24, 2))));
                }
            }
            SIGSEGV => {
                addr(fields);
                match code {
                    // SEGV_BNDERR
                    3 => {
                        fields.push(("si_lower", Value::Addr(self.word(32))));
                        fields.push(("si_upper", Value::Addr(self.word(40))));
                    }
                    // SEGV_PKUERR
                    4 => fields.push(("si_pkey", Value::Uint(u64::from(self.int(32) as u32)))),
                    _ => {}
                }
            }
            SIGTRAP => addr(fields),
            // POLL_IN, POLL_OUT, POLL_MSG
            SIGIO if (1..=3).contains(&code) => self.poll(fields),
            SIGIO => {}
            SIGSYS => {
                fields.push(("si_call_addr", Value::Addr(self.word(16))));
                fields.push(("si_syscall", call(self.int(24), self.int(28) as u32)));
                fields.push(("si_arch", Value::Named(&names::AUDIT_ARCH, u64::from(self.int(28) as u32))));
            }
            _ => {
                if self.int(16) != 0 || self.int(20) != 0 {
                    self.source(fields);
                }
                if self.word(24) != 0 {
                    self.payload(fields);
                }
            }
        }
    }

    fn poll(&self, fields: &mut Fields<'_>) {
        fields.push(("si_band", Value::Int(self.word(16) as i64)));
        fields.push(("si_fd", Value::Fd(self.int(24), None)));
    }
}

fn id<'a>(id: i32) -> Value<'a> {
    if id == -1 { Value::Int(-1) } else { Value::Uint(u64::from(id as u32)) }
}

/// Clock ticks with their seconds: `32 /* 0.32 s */`. There are 100 a second (USER_HZ).
fn ticks<'a>(ticks: u64) -> Value<'a> {
    match ticks {
        0 => Value::Uint(0),
        n => Value::Comment(Box::new(Value::Uint(n)), format!("{}.{:02} s", n / 100, n % 100)),
    }
}

/// The name of the call seccomp refused: `__NR_mount`.
fn call<'a>(nr: i32, arch: u32) -> Value<'a> {
    use crate::schema::{Abi, by_nr};
    let abi = match arch {
        0xc000_003e => Some(Abi::X86_64),
        0x4000_0003 => Some(Abi::I386),
        0xc000_00b7 => Some(Abi::Aarch64),
        _ => None,
    };
    match abi.and_then(|abi| by_nr(abi, nr as u32)) {
        Some(row) => Value::Text(format!("__NR_{}", row.name)),
        None => Value::Hex(u64::from(nr as u32)),
    }
}
