//! Forms of tasks: clone, CPU sets, priorities, limits, capabilities, futex operations, ptrace.

use super::join::{add, flags, text};
use crate::decode::scalar::at;
use crate::decode::value::{Tail, Value};
use crate::schema::creds::CAPS;
use crate::schema::process::{CLONE, CLONE3, PERSONA};
use crate::schema::sched::IOPRIO_CLASS;
use crate::schema::types::Whose;
use crate::schema::{Abi, by_nr};

/// clone's flags: `CLONE_VM|CLONE_VFORK|SIGCHLD`.
pub fn clone_flags<'a>(raw: u64) -> Value<'a> {
    let mut out = flags(&CLONE, raw & !0xff);
    if raw & 0xff != 0 {
        add(&mut out, &crate::schema::signal_names::name((raw & 0xff) as i32));
    }
    text(out)
}

/// An execution domain and its flags.
pub fn personality<'a>(raw: u64) -> Value<'a> {
    let raw = raw & 0xffff_ffff;
    let base = raw & PERSONA.mask;
    if PERSONA.choice.iter().any(|(_, v)| *v == base) {
        return Value::Named(&PERSONA, raw);
    }
    let mut out = format!("{base:#x} /* PER_??? */");
    let rest = flags(&PERSONA, raw & !PERSONA.mask);
    // No flag is not the first domain: that one is 0 too.
    if raw != base {
        add(&mut out, rest.strip_prefix("PER_LINUX|").unwrap_or(&rest));
    }
    Value::Text(out)
}

/// `struct clone_args`; `ret` is what a call that succeeded returned in the parent.
pub fn clone_args<'a>(bytes: &[u8], ret: Option<i64>) -> Option<Value<'a>> {
    const PIDFD: u64 = 0x1000;
    const PARENT_SETTID: u64 = 0x10_0000;
    const CHILD: u64 = 0x120_0000;
    const SETTLS: u64 = 0x8_0000;
    const INTO_CGROUP: u64 = 0x2_0000_0000;
    if bytes.len() < 64 {
        return None;
    }
    let field = |i: usize| at(bytes, 8 * i, 8);
    let how = field(0);
    let mut fields = vec![("flags", Value::Named(&CLONE3, how))];
    if how & PIDFD != 0 {
        fields.push(("pidfd", Value::Addr(field(1))));
    }
    if how & CHILD != 0 {
        fields.push(("child_tid", Value::Addr(field(2))));
    }
    if how & PARENT_SETTID != 0 {
        fields.push(("parent_tid", Value::Addr(field(3))));
    }
    fields.push(("exit_signal", Value::Signal(field(4) as i32)));
    fields.push(("stack", Value::Addr(field(5))));
    fields.push(("stack_size", Value::Hex(field(6))));
    if how & SETTLS != 0 {
        fields.push(("tls", Value::Addr(field(7))));
    }
    if bytes.len() >= 80 && (field(8) != 0 || field(9) != 0) {
        fields.push(("set_tid", Value::Addr(field(8))));
        fields.push(("set_tid_size", Value::Uint(field(9))));
    }
    if bytes.len() >= 88 && (how & INTO_CGROUP != 0 || field(10) != 0) {
        fields.push(("cgroup", Value::Uint(field(10))));
    }
    let more = bytes.len() > 88 && bytes[88..].iter().any(|&b| b != 0);
    let before = Value::Struct { fields, more };
    // What the kernel stores at parent_tid is what it returns.
    let after = ret.filter(|&tid| tid > 0 && how & PARENT_SETTID != 0).map(|tid| {
        let tid = Value::Array(vec![Value::Pid(tid as i32, Whose::Thread, None)], Tail::Whole);
        Value::Struct { fields: vec![("parent_tid", tid)], more: false }
    });
    Some(match after {
        Some(after) => Value::Changed(Box::new(before), Box::new(after)),
        None => before,
    })
}

/// A set of CPUs: `[0 1]`.
pub fn cpu_mask<'a>(bytes: &[u8]) -> Value<'a> {
    let bits = bytes.iter().enumerate().flat_map(|(i, byte)| {
        (0..8).filter(move |bit| byte >> bit & 1 == 1).map(move |bit| Value::Uint(8 * i as u64 + bit))
    });
    Value::List(bits.collect())
}

/// Capabilities, of 32 or (`wide`) 64 bits: the 64-bit sets are the low halves, then the high halves.
pub fn cap_data<'a>(bytes: &[u8], wide: bool) -> Option<Value<'a>> {
    if bytes.len() < if wide { 24 } else { 12 } {
        return None;
    }
    let mask = |i: usize| {
        let high = if wide { at(bytes, 12 + 4 * i, 4) << 32 } else { 0 };
        Value::Named(&CAPS, at(bytes, 4 * i, 4) | high)
    };
    let fields = vec![("effective", mask(0)), ("permitted", mask(1)), ("inheritable", mask(2))];
    Some(Value::Struct { fields, more: false })
}

/// `IOPRIO_PRIO_VALUE(IOPRIO_CLASS_BE, 4)`; a number of no known class stays one.
pub fn ioprio<'a>(raw: u64) -> Value<'a> {
    let raw = raw & 0xffff_ffff;
    let (class, data) = (raw >> 13, raw & 0x1fff);
    Value::Apply("IOPRIO_PRIO_VALUE", vec![Value::Named(&IOPRIO_CLASS, class), Value::Uint(data)])
}

/// A limit: `8192*1024`, `RLIM64_INFINITY`, `1024`.
pub fn rlim<'a>(raw: u64) -> Value<'a> {
    Value::Limit(raw)
}

/// Clock ticks of 1/100 s: `32 /* 0.32 s */`.
pub fn ticks<'a>(raw: u64) -> Value<'a> {
    let n = raw as i64;
    if n <= 0 {
        return Value::Int(n);
    }
    Value::Comment(Box::new(Value::Int(n)), format!("{}.{:02} s", n / 100, n % 100))
}

/// FUTEX_WAKE_OP's last argument: `FUTEX_OP_SET<<28|0<<12|FUTEX_OP_CMP_GT<<24|0x1`.
pub fn futex_wake_op<'a>(raw: u64) -> Value<'a> {
    const OPS: [&str; 5] = ["FUTEX_OP_SET", "FUTEX_OP_ADD", "FUTEX_OP_OR", "FUTEX_OP_ANDN", "FUTEX_OP_XOR"];
    const CMPS: [&str; 6] = [
        "FUTEX_OP_CMP_EQ",
        "FUTEX_OP_CMP_NE",
        "FUTEX_OP_CMP_LT",
        "FUTEX_OP_CMP_LE",
        "FUTEX_OP_CMP_GT",
        "FUTEX_OP_CMP_GE",
    ];
    let raw = raw as u32;
    let name = |names: &[&'static str], family: &str, i: u32| match names.get(i as usize) {
        Some(name) => (*name).to_owned(),
        None => format!("{i:#x} /* {family}_??? */"),
    };
    let shift = if raw >> 31 == 1 { "FUTEX_OP_OPARG_SHIFT<<28|" } else { "" };
    let op = name(&OPS, "FUTEX_OP", raw >> 28 & 7);
    let arg = match raw >> 12 & 0xfff {
        0 => "0".to_owned(),
        arg => format!("{arg:#x}"),
    };
    let cmp = name(&CMPS, "FUTEX_OP_CMP", raw >> 24 & 0xf);
    let cmp_arg = match raw & 0xfff {
        0 => "0".to_owned(),
        arg => format!("{arg:#x}"),
    };
    Value::Text(format!("{shift}{op}<<28|{arg}<<12|{cmp}<<24|{cmp_arg}"))
}

/// PR_SET_PTRACER's process.
pub fn ptracer<'a>(raw: u64) -> Value<'a> {
    if raw as i32 == -1 { Value::Word("PR_SET_PTRACER_ANY") } else { Value::Pid(raw as i32, Whose::Process, None) }
}

/// A number of the kind that PR_SCHED_CORE has by this.
pub fn pid_of<'a>(kind: u64, raw: u64) -> Value<'a> {
    let whose = match kind as u32 {
        0 => Whose::Thread,
        2 => Whose::Group,
        3 => Whose::Session,
        1 => Whose::Process,
        _ => return Value::Int(i64::from(raw as i32)),
    };
    Value::Pid(raw as i32, whose, None)
}

/// `struct user_desc` of x86: numbers, then bits.
pub fn user_desc<'a>(bytes: &[u8], narrow: bool) -> Option<Value<'a>> {
    if bytes.len() < 16 {
        return None;
    }
    let bits = at(bytes, 12, 4);
    let bit = |i: u32, width: u32| Value::Uint(bits >> i & ((1 << width) - 1));
    let number = match at(bytes, 0, 4) as u32 {
        u32::MAX => Value::Int(-1),
        n => Value::Uint(u64::from(n)),
    };
    let mut fields = vec![
        ("entry_number", number),
        ("base_addr", Value::Hex(at(bytes, 4, 4))),
        ("limit", Value::Hex(at(bytes, 8, 4))),
        ("seg_32bit", bit(0, 1)),
        ("contents", bit(1, 2)),
        ("read_exec_only", bit(3, 1)),
        ("limit_in_pages", bit(4, 1)),
        ("seg_not_present", bit(5, 1)),
        ("useable", bit(6, 1)),
    ];
    // Only the 64-bit ABI has it.
    if !narrow {
        fields.push(("lm", bit(7, 1)));
    }
    Some(Value::Struct { fields, more: false })
}

/// An offset into `struct user`: a register's by name.
pub fn user_offset<'a>(raw: u64) -> Value<'a> {
    const REGISTERS: [&str; 27] = [
        "R15", "R14", "R13", "R12", "RBP", "RBX", "R11", "R10", "R9", "R8", "RAX", "RCX", "RDX", "RSI", "RDI",
        "ORIG_RAX", "RIP", "CS", "EFLAGS", "RSP", "SS", "FS_BASE", "GS_BASE", "DS", "ES", "FS", "GS",
    ];
    let name = REGISTERS.get((raw / 8) as usize).filter(|_| raw.is_multiple_of(8) && cfg!(target_arch = "x86_64"));
    name.map_or(Value::Hex(raw), |name| Value::Text(format!("8*{name}")))
}

/// `struct ptrace_syscall_info`, as much of it as there is.
pub fn syscall_info<'a>(bytes: &[u8]) -> Option<Value<'a>> {
    if bytes.len() < 24 {
        return None;
    }
    let op = match bytes[0] {
        0 => "PTRACE_SYSCALL_INFO_NONE",
        1 => "PTRACE_SYSCALL_INFO_ENTRY",
        2 => "PTRACE_SYSCALL_INFO_EXIT",
        3 => "PTRACE_SYSCALL_INFO_SECCOMP",
        _ => "PTRACE_SYSCALL_INFO_???",
    };
    let arch = match at(bytes, 4, 4) {
        0xc000_003e => Value::Word("AUDIT_ARCH_X86_64"),
        0x4000_0003 => Value::Word("AUDIT_ARCH_I386"),
        0xc000_00b7 => Value::Word("AUDIT_ARCH_AARCH64"),
        other => Value::Hex(other),
    };
    let mut fields = vec![
        ("op", Value::Word(op)),
        ("arch", arch),
        ("instruction_pointer", Value::Addr(at(bytes, 8, 8))),
        ("stack_pointer", Value::Addr(at(bytes, 16, 8))),
    ];
    if matches!(bytes[0], 1 | 3) && bytes.len() >= 80 {
        let nr = at(bytes, 24, 8);
        let number = u32::try_from(nr).ok().and_then(|nr| by_nr(Abi::NATIVE, nr));
        let number = number.map_or(Value::Uint(nr), |row| Value::Text(format!("__NR_{}", row.name)));
        let args = (0..6).map(|i| Value::Hex(at(bytes, 32 + 8 * i, 8))).collect();
        let mut inner = vec![("nr", number), ("args", Value::Array(args, Tail::Whole))];
        if bytes[0] == 3 && bytes.len() >= 84 {
            inner.push(("ret_data", Value::Uint(at(bytes, 80, 4))));
        }
        fields.push((if bytes[0] == 1 { "entry" } else { "seccomp" }, Value::Struct { fields: inner, more: false }));
    } else if bytes[0] == 2 && bytes.len() >= 33 {
        let inner =
            vec![("rval", Value::Int(at(bytes, 24, 8) as i64)), ("is_error", Value::Uint(u64::from(bytes[32])))];
        fields.push(("exit", Value::Struct { fields: inner, more: false }));
    }
    Some(Value::Struct { fields, more: false })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_strace_forms() {
        assert_eq!(clone_flags(0x120_0011), Value::Text("CLONE_CHILD_CLEARTID|CLONE_CHILD_SETTID|SIGCHLD".into()));
        assert_eq!(clone_flags(0x9_003f), Value::Text("CLONE_THREAD|CLONE_SETTLS|SIGRT_31".into()));
        assert_eq!(clone_flags(0), Value::Uint(0));
        assert_eq!(personality(0x4_0000), Value::Named(&PERSONA, 0x4_0000));
        assert_eq!(personality(0xbad), Value::Text("0xad /* PER_??? */|0xb00".into()));
        assert_eq!(personality(0xad), Value::Text("0xad /* PER_??? */".into()));
        assert_eq!(rlim(8192 * 1024), Value::Limit(8192 * 1024));
        assert_eq!(rlim(1025), Value::Limit(1025));
        assert_eq!(rlim(u64::MAX), Value::Limit(u64::MAX));
        assert_eq!(futex_wake_op(0x1200_001f), Value::Text("FUTEX_OP_ADD<<28|0<<12|FUTEX_OP_CMP_LT<<24|0x1f".into()));
        assert_eq!(ticks(32), Value::Comment(Box::new(Value::Int(32)), "0.32 s".into()));
    }

    #[test]
    fn clone3_tells_what_it_wrote() {
        let mut bytes = [0u8; 88];
        bytes[..8].copy_from_slice(&0x10_0000u64.to_le_bytes());
        bytes[24..32].copy_from_slice(&0x1000u64.to_le_bytes());
        bytes[32] = 17;
        let Some(Value::Changed(before, after)) = clone_args(&bytes, Some(7)) else { panic!("no change shown") };
        let Value::Struct { fields, more: false } = *before else { panic!("{before:?}") };
        let names: Vec<_> = fields.iter().map(|(name, _)| *name).collect();
        assert_eq!(names, ["flags", "parent_tid", "exit_signal", "stack", "stack_size"]);
        let tid = Value::Array(vec![Value::Pid(7, Whose::Thread, None)], Tail::Whole);
        assert_eq!(*after, Value::Struct { fields: vec![("parent_tid", tid)], more: false });
        assert!(clone_args(&bytes[..63], None).is_none());
        assert!(matches!(clone_args(&bytes, None), Some(Value::Struct { .. })));
    }

    #[test]
    fn sets_of_bits_are_lists() {
        assert_eq!(cpu_mask(&[0b101, 0x80]), Value::List(vec![Value::Uint(0), Value::Uint(2), Value::Uint(15)]));
        assert_eq!(cpu_mask(&[]), Value::List(vec![]));
        let mut bytes = [0u8; 24];
        bytes[12] = 1;
        let Some(Value::Struct { fields, .. }) = cap_data(&bytes, true) else { panic!("no capabilities") };
        assert_eq!(fields[0], ("effective", Value::Named(&CAPS, 1 << 32)));
        assert!(cap_data(&bytes[..12], true).is_none());
        assert!(cap_data(&bytes[..12], false).is_some());
    }
}
