//! Operations on descriptors: the open files behind one, behind those of an array, behind those of a set.

use tracer_common::event::status;
use tracer_common::plan::{FDS_MAX, SET_WORDS};

use super::{Copy, word};
use crate::system::files::{Link, Look};

const AT_FDCWD: i32 = -100;

impl Copy<'_, '_> {
    pub(super) fn fds(&mut self, ptr: u64, n: u64) {
        let unit = usize::from(self.op.unit).max(4);
        let n = n.min(FDS_MAX as u64).min(u64::from(self.op.max)) as usize;
        let mut raw = std::mem::take(&mut self.it.scratch.elements);
        raw.clear();
        raw.resize(n * unit, 0);
        let got = self.read(ptr, &mut raw);
        for (i, fd) in raw[..got].chunks(unit).enumerate() {
            if let [a, b, c, d, ..] = *fd {
                self.fd(i32::from_ne_bytes([a, b, c, d]), false, i as u16);
            }
        }
        self.it.scratch.elements = raw;
    }

    /// The descriptors in a set of `n` bytes.
    pub(super) fn fdset(&mut self, ptr: u64, n: u64) {
        let words = (n / 8).min(SET_WORDS as u64) as usize;
        let mut set = [0u8; 8 * SET_WORDS];
        let got = self.read(ptr, &mut set[..8 * words]) / 8 * 8;
        let mut left = FDS_MAX;
        let mut all = n / 8 <= SET_WORDS as u64;
        for (at, bytes) in set[..got].chunks_exact(8).enumerate() {
            let mut rest = word(bytes, 0);
            while rest != 0 && left > 0 {
                let fd = (64 * at) as u32 + rest.trailing_zeros();
                rest &= rest - 1;
                left -= 1;
                self.fd(fd as i32, false, 1 + fd as u16);
            }
            all &= rest == 0;
        }
        self.missing.files += u32::from(!all);
    }

    pub(super) fn fd(&mut self, fd: i32, dir: bool, part: u16) {
        let link = match fd {
            AT_FDCWD if dir => Some(Link::Cwd),
            0.. => Some(Link::Fd(fd)),
            _ => None,
        };
        self.link(link, part);
    }

    pub(super) fn link(&mut self, target: Option<Link>, part: u16) {
        let mut file = std::mem::take(&mut self.it.scratch.file);
        let look = target.map_or(Look::Absent, |t| self.it.files.look(self.it.tid, self.it.tgid, t, &mut file));
        match look {
            Look::Found => self.blob(part, status::WHOLE, &file, file.len() as u64),
            Look::Absent => self.blob(part, status::ABSENT, &[], 0),
            Look::Unresolved => {
                self.missing.files += 1;
                // A socket whose ends could not be told is still known to be one.
                if !file.is_empty() {
                    self.blob(part, status::WHOLE, &file, file.len() as u64);
                }
            }
        }
        self.it.scratch.file = file;
    }
}
