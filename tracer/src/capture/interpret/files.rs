//! Operations on descriptors: the open files behind one, behind those of an array, of a set, of structures that are pointed to.

use memchr::memchr;
use tracer_common::event::status;
use tracer_common::plan::{BLOB_MAX, CONTROL_MAX, FDS_MAX, REFS_MAX, RIGHTS_STEPS, SCM_RIGHTS, SET_WORDS};

use super::{Copy, FIRST, to_page_end, word};
use crate::system::files::{Link, Look, exists};

const AT_FDCWD: i32 = -100;

impl Copy<'_, '_> {
    /// Whether there is a file before the call.
    pub(super) fn exists(&mut self, ptr: u64) {
        let mut path = Vec::new();
        let mut chunk = [0u8; FIRST];
        while path.len() < usize::from(u16::MAX) {
            let Some(at) = ptr.checked_add(path.len() as u64) else { return };
            let n = to_page_end(at).min(FIRST);
            let got = self.read(at, &mut chunk[..n]);
            if let Some(end) = memchr(0, &chunk[..got]) {
                path.extend_from_slice(&chunk[..end]);
                let directory = self.args.get(usize::from(self.op.len_arg)).map(|&fd| fd as i32);
                let there = exists(self.it.tid, directory, &path);
                return self.blob(0, status::WHOLE, &[u8::from(there)], 1);
            }
            // The call itself will fail where there is no more to read.
            if got < n {
                return;
            }
            path.extend_from_slice(&chunk[..got]);
        }
    }

    /// The file of a stream, which has its descriptor there.
    pub(super) fn stream(&mut self, ptr: u64) {
        let mut fd = [0; 4];
        let at = ptr.wrapping_add(u64::from(self.op.fd_at));
        if self.read(at, &mut fd) == fd.len() {
            self.fd(i32::from_ne_bytes(fd), false, 0);
        }
    }

    /// A string where there may be none.
    pub(super) fn perhaps(&mut self, ptr: u64) {
        if self.read(ptr, &mut [0]) == 1 {
            self.text(0, ptr, usize::from(self.op.cap), None);
        }
    }

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

    /// The descriptors that the control data of the message header at `ptr` pass, by the steps that the kernel side takes.
    pub(super) fn rights(&mut self, ptr: u64) {
        let w = self.wide();
        let mut hdr = [0u8; 8 * 6];
        if self.read(ptr, &mut hdr[..w * 6]) < w * 6 {
            return;
        }
        let (control, len) = (word(&hdr, 4, w), word(&hdr, 5, w).min(CONTROL_MAX as u64));
        let mut data = vec![0u8; len as usize];
        let got = self.read(control, &mut data);
        let data = &data[..got];
        let (mut left, mut end) = (0, 0);
        for _ in 0..RIGHTS_STEPS {
            if left + 4 <= end
                && let Some(&fd) = data.get(left..).and_then(<[u8]>::first_chunk)
            {
                self.fd(i32::from_ne_bytes(fd), false, (left / 4) as u16);
                left += 4;
                continue;
            }
            let at = end.next_multiple_of(w);
            let Some(head) = data.get(at..at + w + 8) else { return };
            let len = word(head, 0, w);
            if len < w as u64 + 8 {
                return;
            }
            end = at.saturating_add(usize::try_from(len).unwrap_or(usize::MAX)).min(data.len());
            left = if head[w..] == SCM_RIGHTS.to_ne_bytes() { at + w + 8 } else { end };
        }
        self.missing.files += 1;
    }

    /// The descriptors in a set of `n` bytes.
    pub(super) fn fdset(&mut self, ptr: u64, n: u64) {
        let words = (n / 8).min(SET_WORDS as u64) as usize;
        let mut set = [0u8; 8 * SET_WORDS];
        let got = self.read(ptr, &mut set[..8 * words]) / 8 * 8;
        let mut left = FDS_MAX;
        let mut all = n / 8 <= SET_WORDS as u64;
        for (at, bytes) in set[..got].chunks_exact(8).enumerate() {
            let mut rest = word(bytes, 0, 8);
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

    /// The structures that `n` pointers point to, and the descriptor in each.
    pub(super) fn refs(&mut self, ptr: u64, n: u64) {
        let most = n.min(REFS_MAX as u64) as usize;
        let mut pointers = [0u8; 8 * REFS_MAX];
        let w = self.wide();
        let got = self.read(ptr, &mut pointers[..w * most]) / w * w;
        let status = match got < w * most {
            true => status::FAULT,
            false if n > most as u64 => status::CUT,
            false => status::WHOLE,
        };
        self.missing.cuts += u32::from(n > most as u64);
        self.blob(0, status, &pointers[..got], n.saturating_mul(w as u64));
        let size = usize::from(self.op.cap).min(BLOB_MAX);
        let mut structure = std::mem::take(&mut self.it.scratch.elements);
        for (i, pointer) in pointers[..got].chunks_exact(w).enumerate().filter(|(_, pointer)| word(pointer, 0, w) != 0)
        {
            structure.clear();
            structure.resize(size, 0);
            let got = self.read(word(pointer, 0, w), &mut structure);
            let status = if got < size { status::FAULT } else { status::WHOLE };
            self.blob(1 + 2 * i as u16, status, &structure[..got], size as u64);
            let fd = structure[..got].get(usize::from(self.op.fd_at)..).and_then(<[u8]>::first_chunk);
            if let Some(fd) = fd.filter(|_| status == status::WHOLE && self.op.fd_at != 0) {
                self.fd(i32::from_ne_bytes(*fd), false, 2 + 2 * i as u16);
            }
        }
        self.it.scratch.elements = structure;
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
