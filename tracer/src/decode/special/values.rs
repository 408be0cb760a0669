//! Numbers with a reading of their own: IPC keys and permissions, key serials, times, versions; and
//! messages of a System V queue.

use std::borrow::Cow;

use super::date::{date, dated};
use super::join::{add, flags};
use crate::decode::scalar::at;
use crate::decode::value::Value;
use crate::schema::ipc::SHM_GET;
use crate::schema::keys::KEY_SPEC;
use crate::schema::set::Set;

/// Flags and permissions: `IPC_CREAT|0600`, `000`.
pub fn with_perm<'a>(set: &Set, raw: u64) -> Value<'a> {
    const HUGETLB: u64 = 0o4000;
    const SHIFT: u32 = 26;
    let raw = raw & 0xffff_ffff;
    let sizes = std::ptr::eq(set, &SHM_GET);
    let size = if sizes && raw & HUGETLB != 0 { raw >> SHIFT } else { 0 };
    let mut out = flags(set, raw & !0o777 & !(size << SHIFT));
    if size != 0 {
        add(&mut out, &format!("{size}<<SHM_HUGE_SHIFT"));
    }
    if out.is_empty() {
        return Value::Perm(raw & 0o777);
    }
    if !sizes && set.bits.iter().all(|(_, bit)| raw & bit != *bit) {
        return Value::Hex(raw);
    }
    let perm = raw & 0o777;
    add(&mut out, &if perm < 0o100 { format!("{perm:03o}") } else { format!("0{perm:o}") });
    Value::Text(out)
}

/// A key of System V IPC.
pub fn ipc_key<'a>(raw: u64) -> Value<'a> {
    match raw & 0xffff_ffff {
        0 => Value::Word("IPC_PRIVATE"),
        key => Value::Hex(key),
    }
}

/// A key's number; small negative ones have names.
pub fn key_serial<'a>(raw: u64) -> Value<'a> {
    let low = raw & 0xffff_ffff;
    match KEY_SPEC.choice.iter().find(|(_, v)| *v == low) {
        Some((name, _)) => Value::Word(name),
        None => Value::Int(i64::from(raw as i32)),
    }
}

/// A time in seconds as a date in the local zone; as it is when no calendar has it.
pub fn unix_time<'a>(raw: u64) -> Value<'a> {
    date(raw as i64).map_or(Value::Int(raw as i64), Value::Text)
}

/// A time in seconds, with its date in a comment.
pub fn time_comment<'a>(raw: u64) -> Value<'a> {
    let sec = raw as i64;
    dated(Value::Int(sec), sec, 0, 0)
}

/// syslog's action: `3 /* SYSLOG_ACTION_READ_ALL */`.
pub fn syslog_action<'a>(raw: u64) -> Value<'a> {
    const NAMES: [&str; 11] = [
        "CLOSE",
        "OPEN",
        "READ",
        "READ_ALL",
        "READ_CLEAR",
        "CLEAR",
        "CONSOLE_OFF",
        "CONSOLE_ON",
        "CONSOLE_LEVEL",
        "SIZE_UNREAD",
        "SIZE_BUFFER",
    ];
    let n = raw as u32;
    let name = NAMES.get(n as usize).copied().unwrap_or("???");
    Value::Comment(Box::new(Value::Int(i64::from(n as i32))), format!("SYSLOG_ACTION_{name}"))
}

/// `KERNEL_VERSION(6, 1, 0)`.
pub fn kernel_version<'a>(raw: u64) -> Value<'a> {
    let parts = [raw >> 16 & 0xffff, raw >> 8 & 0xff, raw & 0xff];
    Value::Apply("KERNEL_VERSION", parts.into_iter().map(Value::Uint).collect())
}

/// `struct msgbuf` whose text has `len` bytes, of which `most` are shown. `None` when too little was read.
pub fn msg_buf(bytes: &[u8], len: u64, most: usize) -> Option<Value<'_>> {
    let kind = at(bytes.get(..8)?, 0, 8) as i64;
    let len = usize::try_from(len).unwrap_or(usize::MAX);
    let shown = len.min(most);
    let text = bytes[8..].get(..shown)?;
    let text = Value::Str { bytes: Cow::Borrowed(text), cut: shown < len, hex: false };
    Some(Value::Struct { fields: vec![("mtype", Value::Int(kind)), ("mtext", text)], more: false })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::ipc::{IPC_GET, SHM_GET};

    #[test]
    fn numbers_have_strace_forms() {
        assert_eq!(with_perm(&IPC_GET, 0o1600), Value::Text("IPC_CREAT|0600".into()));
        assert_eq!(with_perm(&SHM_GET, 0o7600), Value::Text("IPC_CREAT|IPC_EXCL|SHM_HUGETLB|0600".into()));
        assert_eq!(with_perm(&IPC_GET, 0o1000), Value::Text("IPC_CREAT|000".into()));
        assert_eq!(with_perm(&IPC_GET, 0o600), Value::Perm(0o600));
        assert_eq!(ipc_key(0), Value::Word("IPC_PRIVATE"));
        assert_eq!(key_serial(0xffff_fffe), Value::Word("KEY_SPEC_PROCESS_KEYRING"));
        assert_eq!(key_serial(5), Value::Int(5));
        assert_eq!(syslog_action(3), Value::Comment(Box::new(Value::Int(3)), "SYSLOG_ACTION_READ_ALL".into()));
        assert_eq!(
            kernel_version(0x6_0102),
            Value::Apply("KERNEL_VERSION", vec![Value::Uint(6), Value::Uint(1), Value::Uint(2)])
        );
        assert_eq!(time_comment(0), Value::Int(0));
    }

    #[test]
    fn a_message_is_cut_at_its_length() {
        let mut bytes = 5u64.to_le_bytes().to_vec();
        bytes.extend_from_slice(b"hello, world");
        let text = |value: Option<Value<'_>>| match value {
            Some(Value::Struct { fields, .. }) => match &fields[1].1 {
                Value::Str { bytes, cut, .. } => (bytes.to_vec(), *cut),
                other => panic!("{other:?}"),
            },
            other => panic!("{other:?}"),
        };
        assert_eq!(text(msg_buf(&bytes, 5, 32)), (b"hello".to_vec(), false));
        assert_eq!(text(msg_buf(&bytes, 12, 5)), (b"hello".to_vec(), true));
        assert!(msg_buf(&bytes, 13, 32).is_none());
        assert!(msg_buf(&bytes[..7], 0, 32).is_none());
    }
}
