//! Room for code in a process: behind the code of its files, up to the end of the page, where nothing is; and where that is not enough, in
//! a mapping that the process is made to ask for ([`super::made`]).

/// Bytes of a mapping.
pub const MAPPING: u64 = 64 << 10;
const PAGE: u64 = 4096;

/// Pieces of memory that may be executed.
#[derive(Debug, Clone, Default)]
pub struct Room {
    pieces: Vec<Piece>,
}

#[derive(Debug, Clone)]
struct Piece {
    from: u64,
    free: u64,
    to: u64,
}

impl Room {
    /// Adds what stands behind the code of a file, which ends there.
    pub fn add_behind(&mut self, end: u64) {
        if let Some(to) = end.checked_next_multiple_of(PAGE) {
            self.add(end, to);
        }
    }

    /// Adds a piece, unless it is there.
    pub fn add(&mut self, from: u64, to: u64) {
        if !self.pieces.iter().any(|it| it.from == from) {
            self.pieces.push(Piece { from, free: from, to });
        }
    }

    /// Takes room of so many bytes, where `fits` says that it is a place for it.
    pub fn take(&mut self, bytes: usize, mut fits: impl FnMut(u64) -> bool) -> Option<u64> {
        let bytes = bytes as u64;
        let piece = self.pieces.iter_mut().find(|it| it.to - it.free >= bytes && fits(it.free))?;
        let at = piece.free;
        piece.free += bytes;
        Some(at)
    }
}
