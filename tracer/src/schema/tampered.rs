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
