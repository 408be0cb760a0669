//! Dumps (`-e read=`, `-e write=`): all that was read from descriptors or written to them, below the line of the call, in hex and as text.
//! Which argument has the data, and which way it goes, its type says.

use std::io::Write;

use super::output::text;
use crate::decode::value::{Call, Ret, Value};
use crate::decode::{self, Options};
use crate::schema::data::{DATA, Way, data, plain};
use crate::schema::types::{Len, Ty};
use crate::spec::{Numbers, Style, View};

/// What is dumped.
#[derive(Debug)]
pub struct Dumps {
    read: Numbers,
    written: Numbers,
    options: Options,
}

impl Dumps {
    /// What was asked for; nothing, where no descriptor was.
    pub fn new(view: &View) -> Option<Dumps> {
        let (read, written) = (view.show.reads.clone(), view.show.writes.clone());
        let options = Options::new(&Style::new(usize::MAX));
        (!read.is_empty() || !written.is_empty()).then_some(Dumps { read, written, options })
    }

    /// Appends what belongs below the line of a call that has ended. What was written is shown of a call that failed, too.
    pub fn dump(&self, call: &Call<'_>, record: &[u8], out: &mut Vec<u8>) {
        let Some((fd, row)) = decode::calls::fd_of(call).zip(call.row) else { return };
        let Some((way, length)) = data(row) else { return };
        let asked = if way == Way::Read { &self.read } else { &self.written };
        let done = match call.ret {
            Ret::Value(Value::Int(done)) => u64::try_from(done).unwrap_or(0),
            Ret::Error(_) if way == Way::Written => 0,
            _ => return,
        };
        if !asked.has(fd) {
            return;
        }
        let whole = decode::decode(record, &self.options);
        match whole.args.get(DATA) {
            Some((_, Value::Str { bytes, .. })) => {
                let passed = if let Some(Len::Arg(at)) = length { call.head.args[usize::from(at)] } else { done };
                text::dump(out, bytes, passed.saturating_sub(bytes.len() as u64));
            }
            Some((_, value)) if row.args.get(DATA).is_some_and(|arg| matches!(plain(&arg.ty), Ty::Mmsghdr(_))) => {
                messages(value, done, out)
            }
            Some((_, value @ Value::Array(..))) => vector(value, out),
            Some((_, value)) => decode::calls::field(value, "msg_iov").into_iter().for_each(|iov| vector(iov, out)),
            None => {}
        }
    }
}

/// Each buffer of a vector that has bytes.
fn vector(value: &Value<'_>, out: &mut Vec<u8>) {
    let Value::Array(buffers, _) = value else { return };
    for (i, buffer) in buffers.iter().enumerate() {
        if let Some(Value::Str { bytes, cut, .. }) = decode::calls::field(buffer, "iov_base")
            && (!bytes.is_empty() || *cut)
        {
            let length = match decode::calls::field(buffer, "iov_len") {
                Some(Value::Uint(length)) if *cut => *length,
                _ => bytes.len() as u64,
            };
            let _ = writeln!(out, " * {length} bytes in buffer {i}");
            text::dump(out, bytes, length.saturating_sub(bytes.len() as u64));
        }
    }
}

/// Each of the `done` messages.
fn messages(value: &Value<'_>, done: u64, out: &mut Vec<u8>) {
    let Value::Array(messages, _) = value else { return };
    for (i, message) in messages.iter().take(usize::try_from(done).unwrap_or(0)).enumerate() {
        let vectors =
            decode::calls::field(message, "msg_hdr").and_then(|header| decode::calls::field(header, "msg_iov"));
        if let Some(vectors @ Value::Array(buffers, _)) = vectors {
            let _ = writeln!(out, " = {} buffers in vector {i}", buffers.len());
            vector(vectors, out);
        }
    }
}
