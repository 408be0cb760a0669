//! The forms of processes, signals, memory, ipc and the system: which function reads which.

use tracer_common::plan::phase;

use super::{devices, pages, perf, signals, task, values};
use crate::decode::value::{Tail, Value};
use crate::decode::{Place, scalar};
use crate::schema::types::Special;

/// The value of an argument; `None` for forms of other families.
pub fn special<'a>(kind: Special, place: Place<'_, 'a>) -> Option<Value<'a>> {
    if let Some(value) = number(kind, place.value) {
        return Some(value);
    }
    let cx = place.cx;
    let memory = place.memory();
    let bytes = memory.bytes();
    let count = |len| cx.length(len).unwrap_or(0);
    let shown = if cx.verbose { usize::MAX } else { cx.options.strlen };
    let value = match kind {
        Special::PidOf(kind) => Some(task::pid_of(count(kind), place.value)),
        Special::Cookie(op) if count(op) as u32 != 0 => Some(Value::Hex(place.value)),
        Special::Cookie(_) => {
            let written = Place { phase: phase::EXIT_OK, ..place }.memory().take(8);
            written.map(|cookie| Value::Array(vec![Value::Hex(scalar::read(cookie))], Tail::Whole))
        }
        Special::CloneArgs => task::clone_args(bytes, cx.succeeded.then_some(cx.head.ret)),
        // The kernel knows masks of 8 bytes only.
        Special::Sigaction => signals::sigaction(bytes).filter(|_| cx.arg(3) == 8),
        Special::Sigevent => signals::sigevent(bytes),
        Special::CpuMask(len) => {
            let empty = count(len) == 0 && place.value != 0 && (cx.succeeded || place.phase == phase::ENTER);
            (empty || !bytes.is_empty()).then(|| task::cpu_mask(bytes))
        }
        Special::NodeMask(len) => pages::node_mask(bytes, count(len)),
        Special::Residency(len) => (!bytes.is_empty()).then(|| pages::residency(bytes, count(len), shown)),
        Special::PageStatus(len) => (bytes.len() >= 4).then(|| pages::page_status(bytes, count(len), shown)),
        Special::CapData => task::cap_data(bytes, !old_capabilities(place)),
        Special::MsgBuf(len) => values::msg_buf(bytes, count(len), cx.options.strlen),
        Special::PerfAttr => perf::perf_attr(bytes, cx.verbose),
        Special::UserDesc => task::user_desc(bytes, place.cx.narrow()),
        Special::SyscallInfo => task::syscall_info(bytes),
        _ => return None,
    };
    Some(value.unwrap_or_else(|| place.addr()))
}

/// The value of a field of a record; `None` for forms of other families.
pub fn field<'a>(kind: Special, bytes: &[u8]) -> Option<Value<'a>> {
    number(kind, scalar::read(bytes))
}

/// Forms that are numbers, wherever they stand.
pub fn number<'a>(kind: Special, raw: u64) -> Option<Value<'a>> {
    Some(match kind {
        Special::CloneFlags => task::clone_flags(raw),
        Special::Personality => task::personality(raw),
        Special::PageOffset => Value::Hex(raw.wrapping_mul(4096)),
        Special::Rlim => task::rlim(raw),
        Special::MmapFlags => pages::mmap_flags(raw),
        Special::WithPerm(set) => values::with_perm(set, raw),
        Special::IpcKey => values::ipc_key(raw),
        Special::Ioprio => task::ioprio(raw),
        Special::FutexWakeOp => task::futex_wake_op(raw),
        Special::KeySerial => values::key_serial(raw),
        Special::Ticks => task::ticks(raw),
        Special::UnixTime => values::unix_time(raw),
        Special::TimeComment => values::time_comment(raw),
        Special::SyslogAction => values::syslog_action(raw),
        Special::Failure => Value::Failure(i64::from(raw as i32)),
        Special::KernelVersion => values::kernel_version(raw),
        Special::Ptracer => task::ptracer(raw),
        Special::Spelled(set) => Value::Spelled(set, u64::from(raw as u32)),
        Special::NodeDev => Value::Dev(raw),
        Special::Dev32 => Value::Dev(raw & 0xffff_ffff),
        Special::UserOffset => task::user_offset(raw),
        Special::Device(device) => return devices::number(device, raw),
        _ => return None,
    })
}

/// capget's header asks for the first version, whose sets have 32 bits.
fn old_capabilities(place: Place<'_, '_>) -> bool {
    const VERSION_2: u64 = 0x2007_1026;
    const VERSION_3: u64 = 0x2008_0522;
    let header = Place { arg: 0, phase: tracer_common::plan::phase::ENTER, ..place }.memory();
    !matches!(scalar::at(header.bytes(), 0, 4), VERSION_2 | VERSION_3)
}
