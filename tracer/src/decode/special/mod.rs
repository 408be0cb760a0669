//! Forms that need code of their own: one variant of [`Special`], one arm here, one function in the
//! file of its family. To add a form: a variant in `schema/types.rs`, what is read of it in
//! `schema/plan.rs`, an arm in [`special`] (and, if it stands inside records, [`field`]; if it is a
//! return value with a note, [`returned`]; if it is shown when the call ends, [`at_end`]).

mod date;
mod devices;
pub mod files;
pub mod ifreq;
mod io;
mod join;
mod pages;
mod perf;
pub mod poll;
pub mod siginfo;
mod signals;
pub mod sockopt;
pub mod stat;
pub mod statx;
mod task;
mod tasks;
pub mod tty;
mod values;
pub mod wait;

use tracer_common::plan::ARG_SP;

use super::value::{Ret, Value};
use super::{Place, scalar};
use crate::schema::sched::RLIM;
use crate::schema::types::{Device, Special};

/// The value of an argument. `place` gives its register value ([`Place::value`]), the bytes that were
/// copied ([`Place::memory`], [`Place::part`]) and, by its context, the other arguments and the end.
pub fn special<'a>(kind: Special, place: Place<'_, 'a>) -> Value<'a> {
    if place.cx.addresses && is_structure(kind) {
        return place.addr();
    }
    match kind {
        Special::SigFrame => signals::frame(Place { arg: ARG_SP, ..place }.memory().bytes()),
        Special::WaitStatus => place.memory().take(4).map_or_else(|| place.addr(), wait::status),
        Special::Siginfo => place.memory().take(siginfo::SIZE).map_or_else(|| place.addr(), siginfo::siginfo),
        Special::Stat | Special::Stat64 => {
            place.memory().take(stat::SIZE).map_or_else(|| place.addr(), |b| stat::stat(place, b))
        }
        _ => tasks::special(kind, place).or_else(|| io::special(kind, place)).unwrap_or_else(|| place.addr()),
    }
}

/// Forms of structures and arrays in memory, of which `-e verbose=none` shows the address.
fn is_structure(kind: Special) -> bool {
    matches!(
        kind,
        Special::Stat
            | Special::Stat64
            | Special::Statx
            | Special::Siginfo
            | Special::WaitStatus
            | Special::Sigaction
            | Special::Sigevent
            | Special::CloneArgs
            | Special::CapData
            | Special::CpuMask(_)
            | Special::NodeMask(_)
            | Special::PerfAttr
            | Special::PollFds
            | Special::FdSet
            | Special::Dirents
            | Special::Dirents64
            | Special::Dirent
            | Special::Utimbuf
            | Special::Timevals
            | Special::Timespecs
            | Special::SockOptSet
            | Special::SockOptGet
    )
}

/// The value of a field of a record, whose bytes are given.
pub fn field<'a>(kind: Special, place: Place<'_, 'a>, bytes: &'a [u8]) -> Value<'a> {
    match kind {
        Special::WaitStatus => bytes.get(..4).map_or(Value::Struct { fields: vec![], more: true }, wait::status),
        Special::Siginfo => siginfo::siginfo(bytes),
        Special::Stat | Special::Stat64 => stat::stat(place, bytes),
        Special::Rlim if place.cx.narrow() && scalar::read(bytes) == u64::from(u32::MAX) => {
            Value::Named(&RLIM, scalar::read(bytes))
        }
        Special::Propagation => files::propagation(scalar::read(bytes)),
        Special::Device(Device::Uuid) => devices::uuid(bytes),
        Special::Device(Device::ClockTime) => devices::clock_time(bytes),
        Special::Device(Device::Stamp) => devices::stamp(bytes),
        _ => tasks::field(kind, bytes).unwrap_or_else(|| Value::Hex(scalar::read(bytes))),
    }
}

/// The end of a call whose return value is special, when it did not fail.
pub fn returned<'a>(kind: Special, place: Place<'_, 'a>) -> Ret<'a> {
    io::returned(kind, place).unwrap_or_else(|| Ret::Value(special(kind, place)))
}

/// Whether an argument that is not marked `Out` is shown only when the call has ended: such a form
/// stands behind `<... resumed>`.
pub fn at_end(kind: Special) -> bool {
    io::at_end(kind)
}

/// A form that is a number, wherever it stands; `None` for forms that are not.
pub fn number<'a>(kind: Special, raw: u64) -> Option<Value<'a>> {
    match kind {
        Special::Propagation => Some(files::propagation(raw)),
        _ => tasks::number(kind, raw),
    }
}

/// An argument that is read and written, of which the end says what the beginning was.
pub fn says_both(kind: Special) -> bool {
    matches!(kind, Special::Ifreq | Special::Ifconf)
}
