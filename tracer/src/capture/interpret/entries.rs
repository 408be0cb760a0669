//! How many directory entries there are where they are more than a blob has room for.

use tracer_common::event::status;
use tracer_common::plan::ENTRIES_MAX;

use super::Copy;

/// Bytes that are read at once: what the C library asks the kernel for.
const CHUNK: usize = 32 * 1024;

impl Copy<'_, '_> {
    /// `n` bytes of entries at `ptr`: their number, where no blob has them all.
    pub(super) fn entries(&mut self, ptr: u64, n: u64) {
        if n <= u64::from(self.op.cap) {
            return;
        }
        match self.counted(ptr, n) {
            Some(number) => self.blob(0, status::WHOLE, &[], number.into()),
            None => self.missing.cuts += 1,
        }
    }

    /// `None` where they cannot be read, are not what they should be, or are more than `ENTRIES_MAX`.
    fn counted(&mut self, ptr: u64, n: u64) -> Option<u32> {
        let length = usize::from(self.op.fd_at);
        let (mut chunk, mut held, mut at, mut number) = (vec![0; CHUNK], 0..0, 0, 0);
        while at < n {
            if !held.contains(&(at + length as u64 + 1)) {
                let most = usize::try_from(n - at).map_or(CHUNK, |left| left.min(CHUNK));
                held = at..at + self.read(ptr.checked_add(at)?, &mut chunk[..most]) as u64;
            }
            let from = usize::try_from(at - held.start).ok()? + length;
            // What is not there within the bytes that were read is beyond the end.
            let word = chunk.get(from..from + 2).filter(|_| held.contains(&(at + length as u64 + 1)))?;
            let size = u16::from_le_bytes([word[0], word[1]]);
            if usize::from(size) < length || number == ENTRIES_MAX {
                return None;
            }
            at += u64::from(size);
            number += 1;
        }
        (at == n).then_some(number)
    }
}
