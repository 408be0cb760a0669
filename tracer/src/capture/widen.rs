//! Records of 32-bit calls as those of the native ABI would be: each argument in its place, however many registers it took, and
//! what it points to with the native layout. Behind this nobody needs to know a second layout; that the call was a 32-bit one
//! stays in its flags. What the 32-bit row tells nothing of was not copied.

use tracer_common::event::{Blob, Head, flag, kind};
use tracer_common::plan::{MMSG_PARTS, shape};
use tracer_common::record::{blobs, records};

use super::record::{Place, Record};
use crate::schema::types::Row;
use crate::schema::{Abi, by_nr, narrow};

/// Makes the 32-bit calls of a batch native ones.
pub fn widen(batch: &mut Vec<u8>) {
    if !records(batch).any(|(head, _)| is_narrow(&head)) {
        return;
    }
    let mut wide = Vec::with_capacity(batch.len());
    let mut room = Record::default();
    let mut all = records(batch);
    for (head, record) in all.by_ref() {
        match by_nr(Abi::I386, head.nr).filter(|_| is_narrow(&head)) {
            Some(row) => call(row, &head, record, &mut room).send(&mut wide),
            None => wide.extend_from_slice(record),
        }
    }
    wide.extend_from_slice(all.rest());
    *batch = wide;
}

fn is_narrow(head: &Head) -> bool {
    head.flags & flag::COMPAT != 0 && matches!(head.kind, kind::CALL | kind::PENDING)
}

fn call<'r>(row: &'static Row, head: &Head, record: &[u8], room: &'r mut Record) -> &'r Record {
    let args = row.variant(&head.args).map_or(row.args, |variant| variant.args);
    let mut values = head.args;
    for (at, value) in values.iter_mut().enumerate().take(args.len()) {
        *value = narrow::value(row, args, at, &head.args);
    }
    room.start(Head { args: values, ..*head });
    let short = narrow::short_ids(row);
    for (blob, bytes) in blobs(head, record) {
        let arg = narrow::place(row, args, blob.arg);
        let place = Place { arg, shape: blob.shape, phase: blob.phase, part: blob.part };
        let want = u64::from(blob.want);
        if is_vector(&blob) {
            let layout = narrow::vector(if is_array(&blob) { shape::IOVEC } else { blob.shape });
            let mut out = Vec::new();
            layout.widen(whole(bytes, layout.narrow), &mut out);
            // Of strings the number is told.
            let want = if blob.shape == shape::ARGV { want } else { layout.scaled(want) };
            room.blob(place, blob.status, &out, want);
            continue;
        }
        let ty = args.get(usize::from(arg)).filter(|_| blob.shape == shape::BYTES);
        match ty.and_then(|arg| narrow::widened(&arg.ty, short, &values, bytes, want)) {
            Some((bytes, want)) => room.blob(place, blob.status, &bytes, want),
            None => room.blob(place, blob.status, bytes, want),
        }
    }
    room
}

/// The elements that are there whole.
fn whole(bytes: &[u8], unit: u16) -> &[u8] {
    &bytes[..bytes.len() / usize::from(unit.max(1)) * usize::from(unit)]
}

/// What was copied are words that point on.
fn is_vector(blob: &Blob) -> bool {
    match blob.shape {
        shape::IOVEC | shape::ARGV | shape::REFS => blob.part == 0,
        shape::MSGHDR | shape::MMSG => blob.part == 0 || is_array(blob),
        _ => false,
    }
}

/// The array of elements of a message.
fn is_array(blob: &Blob) -> bool {
    match blob.shape {
        shape::MSGHDR => blob.part == 3,
        shape::MMSG => blob.part != 0 && (blob.part - 1) % MMSG_PARTS == 3,
        _ => false,
    }
}
