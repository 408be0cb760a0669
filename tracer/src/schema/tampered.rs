//! What was done to a call by the source that stopped it (`-e inject=`), as its record carries it: a flag, and a blob that belongs to no
//! argument. The kernel side makes no such records, and no plan asks for them.

use tracer_common::event::{Head, flag, kind};
use tracer_common::record::blobs;

/// Bit of a call's [`Head::flags`]: something was done to it. Records of other kinds mean something else by the bit.
pub const FLAG: u8 = flag::IGNORED;
/// What the blob has in the place of an argument.
pub const ARG: u8 = 8;
/// Bytes of the blob: a word of bits, then the delay.
pub const SIZE: usize = 16;

const RESULT: u64 = 1;
const ARGS: u64 = 2;
const DELAYED: u64 = 4;

/// What was done to a call.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tampered {
    /// The kernel did not carry it out: its result is not the kernel's.
    pub result: bool,
    /// Memory that its arguments point to was written.
    pub args: bool,
    /// Its task was held for so long, ns, before and behind the call.
    pub delayed: Option<u64>,
}

impl Tampered {
    /// What a record says of it.
    #[inline]
    pub fn of(head: &Head, record: &[u8]) -> Tampered {
        if head.flags & FLAG == 0 || !matches!(head.kind, kind::CALL | kind::PENDING) {
            return Tampered::default();
        }
        let found = blobs(head, record).find(|(blob, bytes)| blob.arg == ARG && bytes.len() == SIZE);
        let word = |bytes: &[u8]| bytes.iter().rev().fold(0u64, |word, &byte| word << 8 | u64::from(byte));
        let Some((bits, delay)) = found.map(|(_, bytes)| (word(&bytes[..8]), word(&bytes[8..]))) else {
            return Tampered::default();
        };
        Tampered { result: bits & RESULT != 0, args: bits & ARGS != 0, delayed: (bits & DELAYED != 0).then_some(delay) }
    }

    /// The bytes of the blob; `None` when nothing was done.
    pub fn bytes(&self) -> Option<[u8; SIZE]> {
        let bit = |is: bool, bit: u64| if is { bit } else { 0 };
        let bits = bit(self.result, RESULT) | bit(self.args, ARGS) | bit(self.delayed.is_some(), DELAYED);
        let mut bytes = [0; SIZE];
        bytes[..8].copy_from_slice(&bits.to_le_bytes());
        bytes[8..].copy_from_slice(&self.delayed.unwrap_or(0).to_le_bytes());
        (bits != 0).then_some(bytes)
    }
}

#[cfg(test)]
mod tests {
    use tracer_common::event::Blob;

    use super::*;

    #[test]
    fn records_keep_it() {
        let check = |tampered: Tampered, head_kind: u8| {
            let bytes = tampered.bytes().unwrap_or_default();
            let blob = Blob { arg: ARG, len: SIZE as u32, want: SIZE as u32, ..Blob::default() };
            let len = (size_of::<Head>() + size_of::<Blob>() + SIZE) as u32;
            let head = Head { kind: head_kind, flags: FLAG, blobs: 1, len, ..Head::default() };
            Tampered::of(&head, &[head.bytes(), blob.bytes(), &bytes].concat())
        };
        let none = Tampered::default();
        assert_eq!(none.bytes(), None);
        for (result, args, delayed) in
            [(true, false, None), (false, true, None), (false, false, Some(0)), (true, true, Some(u64::MAX))]
        {
            let tampered = Tampered { result, args, delayed };
            assert_eq!(check(tampered, kind::CALL), tampered);
            // The bit means something else in other records.
            assert_eq!(check(tampered, kind::OPERATION), none);
        }
        // The flag alone says nothing.
        let head = Head { kind: kind::CALL, flags: FLAG, len: size_of::<Head>() as u32, ..Head::default() };
        assert_eq!(Tampered::of(&head, head.bytes()), none);
    }
}
