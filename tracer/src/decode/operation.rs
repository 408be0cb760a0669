//! Operations of io_uring: as a call of their row, with the flags of the submission as the last argument where there are any, and those
//! of the completion as a note on the result.

use tracer_common::event::{Head, flag};
use tracer_common::plan::{ARG_RET, phase, shape};

use super::blobs::Blobs;
use super::value::{Call, Ret, Value};
use super::{Options, decode_as, outcome, scalar};
use crate::schema::uring::{IORING_CQE, IOSQE, by_opcode};

/// The name under which the flags of a submission stand among the arguments.
pub const SQE_FLAGS: &str = "sqe_flags";

/// Decodes the record of an operation.
pub(super) fn decode<'a>(record: &'a [u8], head: Head, options: &Options) -> Call<'a> {
    let operation = by_opcode(head.nr);
    let mut call = match operation {
        Some(operation) if head.flags & flag::REFUSED == 0 => decode_as(record, head, &operation.row, options),
        // What it was asked is not known.
        _ => {
            let ret = outcome(&head).unwrap_or(Ret::Value(Value::Int(head.ret)));
            Call { head, row: operation.map(|operation| &operation.row), args: Vec::new(), entered: 0, ret }
        }
    };
    if head.cpu != 0 {
        call.args.push((SQE_FLAGS, Value::Named(&IOSQE, head.cpu.into())));
    }
    call.entered = call.args.len();
    if let Some(flags) = completion(record, &head) {
        call.ret = match call.ret {
            Ret::Value(value) => Ret::Noted(value, Box::new(flags)),
            other => other,
        };
    }
    call
}

/// The flags of the completion, where there are any.
fn completion<'a>(record: &'a [u8], head: &Head) -> Option<Value<'a>> {
    let (_, bytes) = Blobs::new(record, head).find(ARG_RET, shape::BYTES, phase::EXIT, 0)?;
    let flags = scalar::at(bytes, 0, 4);
    // The upper half is the number of a buffer.
    let named = Value::Named(&IORING_CQE, flags & 0xffff);
    Some(match flags & 1 {
        0 => named,
        _ => Value::Phrase(vec![("", named), (", buffer ", Value::Uint(flags >> 16))]),
    })
}
