//! Operations of io_uring: as a call of their row, with the flags of the submission as the last argument where there are any, and those
//! of the completion as a note on the result.

use tracer_common::event::{Head, flag};
use tracer_common::plan::{ARG_RET, phase, shape};

use super::blobs::Blobs;
use super::value::{Call, Ret, Value};
use super::{Options, decode_as, outcome, scalar};
use crate::schema::tampered::Tampered;
use crate::schema::uring::{IORING_CQE, IOSQE, by_opcode};

/// The name under which the flags of a submission stand among the arguments.
pub const SQE_FLAGS: &str = "sqe_flags";

/// Decodes the record of an operation.
pub(super) fn decode<'a>(record: &'a [u8], head: Head, blobs: &Blobs<'a>, options: &Options) -> Call<'a> {
    let operation = by_opcode(head.nr);
    let mut call = match operation {
        Some(operation) if head.flags & flag::REFUSED == 0 => decode_as(record, head, blobs, &operation.row, options),
        // What it was asked is not known.
        _ => {
            let ret = outcome(&head).unwrap_or(Ret::Value(Value::Int(head.ret)));
            Call {
                head,
                row: operation.map(|operation| &operation.row),
                args: Vec::new(),
                entered: 0,
                ret,
                tampered: Tampered::default(),
                function: None,
            }
        }
    };
    if head.cpu != 0 {
        call.args.push((SQE_FLAGS, Value::Named(&IOSQE, head.cpu.into())));
    }
    call.entered = call.args.len();
    if let Some(flags) = completion(blobs) {
        call.ret = match call.ret {
            Ret::Value(value) => Ret::Noted(value, Box::new(flags)),
            other => other,
        };
    }
    call
}

/// The flags of the completion, where there are any.
fn completion<'a>(blobs: &Blobs<'a>) -> Option<Value<'a>> {
    let (_, bytes) = blobs.find(ARG_RET, shape::BYTES, phase::EXIT, 0)?;
    let flags = scalar::at(bytes, 0, 4);
    // The upper half is the number of a buffer.
    let named = Value::Named(&IORING_CQE, flags & 0xffff);
    Some(match flags & 1 {
        0 => named,
        _ => Value::Phrase(vec![("", named), (", buffer ", Value::Uint(flags >> 16))]),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::decode;
    use crate::decode::testing::{Record, style};
    use crate::schema::uring;
    use tracer_common::event::Blob;

    const OPENAT: u32 = 18;

    /// Name, arguments with their names, and result.
    fn told(record: Record) -> (Option<&'static str>, Vec<&'static str>, String) {
        let record = record.build();
        let call = decode(&record, &Options::new(&style()));
        assert_eq!(call.entered, call.args.len());
        (call.row.map(uring::bare), call.args.iter().map(|(name, _)| *name).collect(), format!("{:?}", call.ret))
    }

    fn result(flags: u32) -> Record {
        let blob = Blob { arg: ARG_RET, shape: shape::BYTES, phase: phase::EXIT, ..Blob::default() };
        Record::operation(OPENAT, 0).text(1, b"x").ret(5).blob(blob, &flags.to_le_bytes())
    }

    #[test]
    fn an_operation_is_told_by_its_row() {
        let args = [libc::AT_FDCWD as u64, 0, libc::O_RDONLY as u64];
        let plain = Record::operation(OPENAT, 0).args(&args).text(1, b"x").ret(5);
        let shown = vec!["dirfd", "pathname", "flags"];
        assert_eq!(told(plain.clone()), (Some("openat"), shown.clone(), "Value(Fd(5, None))".to_owned()));
        let linked = Record::operation(OPENAT, 4).args(&args).text(1, b"x").ret(-2);
        assert_eq!(told(linked), (Some("openat"), [&shown[..], &[SQE_FLAGS]].concat(), "Error(2)".to_owned()));
        assert_eq!(told(plain.never()).2, "Never");
    }

    #[test]
    fn what_was_refused_or_is_unknown_has_no_arguments() {
        let refused = Record::operation(OPENAT, 0).flags(flag::REFUSED).ret(-22);
        assert_eq!(told(refused), (Some("openat"), vec![], "Error(22)".to_owned()));
        assert_eq!(told(Record::operation(200, 0).ret(3)), (None, vec![], "Value(Int(3))".to_owned()));
    }

    #[test]
    fn flags_of_the_completion_are_a_note() {
        let check = |flags, expected: Value<'_>| {
            let record = result(flags).build();
            let call = decode(&record, &Options::new(&style()));
            assert_eq!(call.ret, Ret::Noted(Value::Fd(5, None), Box::new(expected)));
        };
        check(2, Value::Named(&IORING_CQE, 2));
        check(7 << 16 | 3, Value::Phrase(vec![("", Value::Named(&IORING_CQE, 3)), (", buffer ", Value::Uint(7))]));
    }
}
