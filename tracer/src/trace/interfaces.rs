//! The names of network interfaces in messages of netlink and in options of sockets (`if_nametoindex("lo")`): looked up when the line is made, in tracer's own
//! network namespace, and only while tracing is live.

use crate::capture::lookup;
use crate::decode::value::{Call, Value};
use crate::schema::net::talks;
use crate::schema::types::{Arg, Special, Ty};

/// Names the interfaces that a call speaks of.
pub fn name(call: &mut Call<'_>) {
    if call.row.is_some_and(|row| talks(row.args) || sets(row.args)) {
        call.args.iter_mut().for_each(|(_, value)| value_of(value));
    }
}

/// Whether a call with these arguments is given an option of a socket.
fn sets(args: &[Arg]) -> bool {
    matches!(args.get(3), Some(Arg { ty: Ty::Special(Special::SockOptSet), .. }))
}

fn value_of(value: &mut Value<'_>) {
    match value {
        Value::Interface(index, name) => *name = lookup::interface(*index),
        Value::Struct { fields, .. } => fields.iter_mut().for_each(|(_, value)| value_of(value)),
        Value::Array(values, _) => values.iter_mut().for_each(value_of),
        Value::At(_, value) => value_of(value),
        _ => {}
    }
}
