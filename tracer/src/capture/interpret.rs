//! The plan interpreter of user space: carries out the operations of one phase of a call against the
//! memory of a stopped task, as the doc comments of `tracer_common::plan` define them. The kernel side is
//! the other interpreter; both fill records with the same blobs.

mod entries;
mod files;
mod lengths;
mod sockets;

use std::collections::HashSet;

use memchr::memchr;
use tracer_common::event::status;
use tracer_common::plan::{
    ARG_SP, BLOB_MAX, CONTROL_MAX, COUNT_MAX, MMSG_PARTS, NAME_MAX, Op, Plan, VEC_MAX, len, only, phase, shape,
};

use self::lengths::{behind, bytes, count, deref_size, value, word};
use super::evidence::{self, ENVIRON_MAX};
use super::memory::{Memory, SPANS, Span, to_page_end};
use super::record::{Place, Record};
use crate::schema::errno;
use crate::system::files::{Files, Link};

/// Bytes of a string read at first: most are shorter.
const FIRST: usize = 256;
/// Words of vectors and messages, whose members stand a word apart in every ABI.
const IOVEC: usize = 2;
const MSGHDR: usize = 7;
const MMSGHDR: usize = 8;

/// A phase of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    /// Its entry.
    Enter,
    /// Its end, with what it returned.
    Exit(i64),
}

/// What could not be kept, for the loss counters.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Missing {
    /// Blobs whose memory could not be read.
    pub faults: u32,
    /// Blobs cut at a limit of the contract, not of the request.
    pub cuts: u32,
    /// Descriptors whose file could not be told.
    pub files: u32,
}

/// A stopped task and the means to look into it.
pub struct Interpreter<'a> {
    /// The task.
    pub tid: u32,
    /// Its process.
    pub tgid: u32,
    /// Its stack pointer at the call's entry.
    pub sp: u64,
    /// Its memory.
    pub memory: &'a mut Memory,
    /// Its descriptors.
    pub files: &'a mut Files,
    /// Room for bytes on their way.
    pub scratch: &'a mut Scratch,
}

/// Buffers kept from call to call.
#[derive(Debug, Default)]
pub struct Scratch {
    gathered: Vec<u8>,
    buf: Vec<u8>,
    elements: Vec<u8>,
    file: Vec<u8>,
    /// Inode numbers of sockets on which something was sent.
    sent: HashSet<u64>,
}

/// Whether a return value is an error.
pub fn failed(ret: i64) -> bool {
    errno::of(ret).is_some()
}

/// What `gather` is told to read for an operation: the index of its span, and of its length's.
#[derive(Clone, Copy, Default)]
struct Ahead {
    data: Option<u8>,
    len: Option<u8>,
}

impl Interpreter<'_> {
    /// Carries out the operations of `plan` that belong to `moment`, into `record`.
    pub fn run(&mut self, plan: &Plan, moment: Moment, args: &[u64; 6], record: &mut Record) -> Missing {
        let mut missing = Missing::default();
        let bit = if moment == Moment::Enter { Plan::AT_ENTER } else { Plan::AT_EXIT };
        if plan.flags & bit == 0 {
            return missing;
        }
        let ops = &plan.op[..usize::from(plan.ops).min(plan.op.len())];
        let due = |op: &Op| match (moment, op.phase) {
            (Moment::Enter, phase::ENTER) | (Moment::Exit(_), phase::EXIT) => true,
            (Moment::Exit(ret), phase::EXIT_OK) => !failed(ret),
            _ => false,
        };
        let mut spans = [Span::default(); SPANS];
        let mut used = 0;
        let mut ahead = [Ahead::default(); tracer_common::plan::MAX_OPS];
        for (op, ahead) in ops.iter().zip(&mut ahead).filter(|(op, _)| due(op)) {
            let mut push = |addr: u64, len: usize| {
                if addr == 0 || len == 0 || used == SPANS {
                    return None;
                }
                spans[used] = Span { addr, len, got: 0 };
                used += 1;
                Some((used - 1) as u8)
            };
            let ptr = if op.arg == ARG_SP { self.sp } else { value(op.arg, args, moment) };
            match op.shape {
                shape::TEXT if ptr == 0 => {}
                shape::TEXT => {
                    let ptr = behind(op, ptr);
                    ahead.data = push(ptr, usize::from(op.cap).min(FIRST).min(to_page_end(ptr)));
                }
                shape::BYTES => match count(op, args, moment) {
                    Some(n) => ahead.data = push(ptr, bytes(op, n).0),
                    None => ahead.len = push(value(op.len_arg, args, moment), deref_size(op)),
                },
                _ => {}
            }
        }
        let mut gathered = std::mem::take(&mut self.scratch.gathered);
        if used > 0 {
            self.memory.gather(self.tid, self.tgid, &mut spans[..used], &mut gathered);
        }
        let found = |index: Option<u8>| -> Option<&[u8]> {
            let index = usize::from(index?);
            let start: usize = spans[..index].iter().map(|s| s.len).sum();
            gathered.get(start..start + spans[index].got)
        };
        for (op, ahead) in ops.iter().zip(&ahead).filter(|(op, _)| due(op)) {
            let mut copy = Copy { it: self, record, missing: &mut missing, op, args, moment };
            copy.run(found(ahead.data), found(ahead.len));
        }
        self.scratch.gathered = gathered;
        missing
    }
}

/// One operation being carried out.
struct Copy<'a, 'b> {
    it: &'a mut Interpreter<'b>,
    record: &'a mut Record,
    missing: &'a mut Missing,
    op: &'a Op,
    args: &'a [u64; 6],
    moment: Moment,
}

impl Copy<'_, '_> {
    fn run(&mut self, data: Option<&[u8]>, length: Option<&[u8]>) {
        let op = self.op;
        if op.only == only::HEARD && !self.it.is_heard(self.args[0]) {
            if matches!(op.shape, shape::BYTES | shape::IOVEC) {
                return;
            }
            let op = &Op { only: only::ALL, cap: 0, ..*op };
            let mut rest = Copy { it: self.it, record: self.record, missing: self.missing, op, ..*self };
            return rest.run(None, length);
        }
        if op.only == only::NETLINK {
            let talks = self.it.is_netlink(self.args[0]);
            if op.shape == shape::FD && !talks {
                return;
            }
            let op = &Op { only: only::ALL, cap: if talks { BLOB_MAX as u16 } else { op.cap }, ..*op };
            let mut rest = Copy { it: self.it, record: self.record, missing: self.missing, op, ..*self };
            return rest.run(if talks { None } else { data }, length);
        }
        if op.only == only::RELATIVE && self.record.is_rooted(op.len_arg) {
            return;
        }
        let ptr = if op.arg == ARG_SP { self.it.sp } else { value(op.arg, self.args, self.moment) };
        match op.shape {
            shape::FD | shape::DIRFD => return self.fd(ptr as i32, op.shape == shape::DIRFD, 0),
            shape::CWD => return self.link(Some(Link::Cwd), 0),
            shape::EXE => return self.link(Some(Link::Exe), 0),
            shape::ENVIRON => return self.environ(),
            shape::UNIX => return self.unix(ptr as i32, op.len_arg == 1),
            _ if ptr == 0 => return,
            shape::PERHAPS => return self.perhaps(ptr),
            shape::STREAM => return self.stream(ptr),
            shape::TEXT => return self.text(0, behind(op, ptr), usize::from(op.cap), data),
            shape::COUNT | shape::ARGV => return self.strings(ptr),
            shape::MSGHDR => return self.msghdr(ptr),
            shape::EXISTS => return self.exists(ptr),
            _ => {}
        }
        let n = match count(op, self.args, self.moment) {
            Some(n) => n,
            None => match self.deref(length) {
                Some(n) => n,
                None => return self.blob(0, status::FAULT, &[], 0),
            },
        };
        match op.shape {
            shape::TAKEN => self.taken(ptr, n),
            shape::BYTES | shape::FDSET => {
                let (n, want) = bytes(op, n);
                self.bytes(0, ptr, n, want, data);
                if op.shape == shape::FDSET {
                    self.fdset(ptr, want);
                }
            }
            shape::IOVEC => {
                let limit = match self.moment {
                    Moment::Enter => u64::MAX,
                    Moment::Exit(ret) => ret.max(0) as u64,
                };
                self.iovec(0, 1, ptr, n, limit);
            }
            shape::MMSG => self.mmsg(ptr, n),
            shape::REFS => self.refs(ptr, n),
            shape::RIGHTS => self.rights(ptr),
            shape::ENTRIES => self.entries(ptr, n),
            shape::FDS => self.fds(ptr, if op.len == len::ONE { u64::from(op.max) } else { n }),
            _ => {}
        }
    }

    fn blob(&mut self, part: u16, status: u8, bytes: &[u8], want: u64) {
        if status == status::FAULT {
            self.missing.faults += 1;
        }
        let shape = match self.op.shape {
            shape::RIGHTS => shape::FDS,
            shape::STREAM => shape::FD,
            shape => shape,
        };
        let place = Place { arg: self.op.arg, shape, phase: self.op.phase, part };
        self.record.blob(place, status, bytes, want);
    }

    /// A length that lies in memory.
    fn deref(&mut self, read: Option<&[u8]>) -> Option<u64> {
        let size = deref_size(self.op);
        let mut word = [0u8; 8];
        match read {
            Some(bytes) if bytes.len() >= size => word[..size].copy_from_slice(&bytes[..size]),
            Some(_) => return None,
            None => {
                let at = value(self.op.len_arg, self.args, self.moment);
                if at == 0 || self.read(at, &mut word[..size]) < size {
                    return None;
                }
            }
        }
        Some(if size == 4 {
            u64::from(u32::from_ne_bytes([word[0], word[1], word[2], word[3]]))
        } else {
            u64::from_ne_bytes(word)
        })
    }

    fn read(&mut self, addr: u64, buf: &mut [u8]) -> usize {
        self.it.memory.read(self.it.tid, self.it.tgid, addr, buf)
    }

    /// `n` bytes of the `want` that there are; `read` are the first of them, if they were read ahead.
    fn bytes(&mut self, part: u16, ptr: u64, n: usize, want: u64, read: Option<&[u8]>) {
        let whole = if (n as u64) < want { status::CUT } else { status::WHOLE };
        if n == BLOB_MAX && whole == status::CUT {
            self.missing.cuts += 1;
        }
        if let Some(bytes) = read {
            let status = if bytes.len() < n { status::FAULT } else { whole };
            return self.blob(part, status, bytes, want);
        }
        let mut buf = std::mem::take(&mut self.it.scratch.buf);
        buf.clear();
        buf.resize(n, 0);
        let got = if n == 0 { 0 } else { self.read(ptr, &mut buf) };
        self.blob(part, if got < n { status::FAULT } else { whole }, &buf[..got], want);
        self.it.scratch.buf = buf;
    }

    /// A NUL-terminated string, at most `cap` bytes with its NUL.
    fn text(&mut self, part: u16, ptr: u64, cap: usize, read: Option<&[u8]>) {
        let (asked, cap) = (cap, cap.min(BLOB_MAX));
        let mut buf = std::mem::take(&mut self.it.scratch.buf);
        buf.clear();
        buf.extend_from_slice(read.unwrap_or_default());
        let mut fault = read.is_some_and(|r| r.len() < cap.min(FIRST).min(to_page_end(ptr)));
        let mut searched = 0;
        let status = loop {
            if let Some(end) = memchr(0, &buf[searched..]) {
                buf.truncate(searched + end);
                break status::WHOLE;
            }
            searched = buf.len();
            if searched >= cap {
                break status::CUT;
            }
            let Some(at) = ptr.checked_add(searched as u64).filter(|_| !fault) else { break status::FAULT };
            let most = if searched == 0 { FIRST } else { usize::MAX };
            let n = (cap - searched).min(to_page_end(at)).min(most);
            buf.resize(searched + n, 0);
            let got = self.read(at, &mut buf[searched..]);
            buf.truncate(searched + got);
            fault = got < n;
        };
        if status == status::CUT && asked > BLOB_MAX {
            self.missing.cuts += 1;
        }
        let want = buf.len() as u64;
        self.blob(part, status, &buf, want);
        self.it.scratch.buf = buf;
    }

    /// `n` iovecs at `ptr` as part `array`, their bytes as parts from `first`; `limit` bytes in all.
    fn iovec(&mut self, array: u16, first: u16, ptr: u64, n: u64, mut limit: u64) {
        let most = VEC_MAX.min(usize::from(self.op.max)) as u64;
        let cap = usize::from(self.op.cap);
        let elements = n.min(most) as usize;
        if n > VEC_MAX as u64 && cap > VEC_MAX {
            self.missing.cuts += 1;
        }
        let mut iovs = std::mem::take(&mut self.it.scratch.elements);
        iovs.clear();
        let (w, size) = (self.wide(), IOVEC * self.wide());
        iovs.resize(elements * size, 0);
        let got = if ptr == 0 { 0 } else { self.read(ptr, &mut iovs) } / size * size;
        let status = match got < iovs.len() {
            true => status::FAULT,
            false if n > most => status::CUT,
            false => status::WHOLE,
        };
        self.blob(array, status, &iovs[..got], n.saturating_mul(size as u64));
        for (i, iov) in iovs[..got].chunks_exact(size).enumerate() {
            let (base, len) = (word(iov, 0, w), word(iov, 1, w).min(limit));
            limit -= len;
            if base != 0 {
                self.bytes(first + i as u16, base, len.min(cap.min(BLOB_MAX) as u64) as usize, len, None);
            }
        }
        self.it.scratch.elements = iovs;
    }

    /// Bytes of an address in the program's memory: 4 where the plan is that of a 32-bit call.
    fn wide(&self) -> usize {
        let words = match self.op.shape {
            shape::IOVEC => IOVEC,
            shape::MSGHDR => MSGHDR,
            shape::MMSG => MMSGHDR,
            _ => 1,
        };
        if usize::from(self.op.unit) == 4 * words { 4 } else { 8 }
    }

    fn msghdr(&mut self, ptr: u64) {
        let mut hdr = [0u8; 8 * MSGHDR];
        let hdr = &mut hdr[..self.wide() * MSGHDR];
        let got = self.read(ptr, hdr);
        self.blob(0, if got < hdr.len() { status::FAULT } else { status::WHOLE }, &hdr[..got], hdr.len() as u64);
        if got == hdr.len() {
            let limit = match self.moment {
                Moment::Enter => u64::MAX,
                Moment::Exit(ret) => ret.max(0) as u64,
            };
            self.message(0, hdr, limit);
        }
    }

    /// What a msghdr refers to; parts are shifted by `shift`.
    fn message(&mut self, shift: u16, hdr: &[u8], limit: u64) {
        let w = self.wide();
        let (name, control, iov) = (word(hdr, 0, w), word(hdr, 4, w), word(hdr, 2, w));
        let name_len = word(hdr, 1, w) & 0xffff_ffff;
        let control_len = word(hdr, 5, w);
        if name != 0 {
            self.bytes(shift + 1, name, name_len.min(NAME_MAX as u64) as usize, name_len, None);
        }
        if control != 0 {
            self.bytes(shift + 2, control, control_len.min(CONTROL_MAX as u64) as usize, control_len, None);
        }
        if iov != 0 {
            self.iovec(shift + 3, shift + 4, iov, word(hdr, 3, w), limit);
        }
    }

    fn mmsg(&mut self, ptr: u64, n: u64) {
        let most = u64::from(self.op.max).min(u64::from(u16::MAX / MMSG_PARTS) - 1);
        let (w, size) = (self.wide(), MMSGHDR * self.wide());
        let mut hdrs = vec![0u8; n.min(most) as usize * size];
        let got = self.read(ptr, &mut hdrs) / size * size;
        let status = match got < hdrs.len() {
            true => status::FAULT,
            false if n > most => status::CUT,
            false => status::WHOLE,
        };
        self.blob(0, status, &hdrs[..got], n.saturating_mul(size as u64));
        for (i, hdr) in hdrs[..got].chunks_exact(size).enumerate() {
            let limit = if self.moment == Moment::Enter { u64::MAX } else { word(hdr, 7, w) & 0xffff_ffff };
            self.message(MMSG_PARTS * i as u16 + 1, hdr, limit);
        }
    }

    /// ARGV and COUNT: walks the pointers to the NULL.
    fn strings(&mut self, ptr: u64) {
        let mut pointers = std::mem::take(&mut self.it.scratch.elements);
        pointers.clear();
        let mut chunk = [0u8; 512];
        let w = self.wide();
        let (mut counted, mut at) = (0u64, ptr);
        let keep = if self.op.shape == shape::ARGV { usize::from(self.op.max) } else { 0 };
        let status = 'walk: loop {
            let n = chunk.len().min(to_page_end(at));
            // A pointer may lie across two pages.
            let n = if n < w { w } else { n / w * w };
            let got = self.read(at, &mut chunk[..n]);
            for pointer in chunk[..got].chunks_exact(w) {
                if word(pointer, 0, w) == 0 {
                    break 'walk if counted > keep as u64 && keep > 0 { status::CUT } else { status::WHOLE };
                }
                if counted == COUNT_MAX as u64 {
                    break 'walk status::CUT;
                }
                counted += 1;
                if counted <= keep as u64 {
                    pointers.extend_from_slice(pointer);
                }
            }
            match at.checked_add(n as u64) {
                Some(next) if got == n => at = next,
                _ => break status::FAULT,
            }
        };
        if status == status::CUT && self.op.cap > self.op.max {
            self.missing.cuts += 1;
        }
        self.blob(0, status, &pointers, counted);
        for (i, pointer) in pointers.chunks_exact(w).enumerate() {
            self.text(1 + i as u16, word(pointer, 0, w), usize::from(self.op.cap), None);
        }
        self.it.scratch.elements = pointers;
    }

    /// The environment, in its parts.
    fn environ(&mut self) {
        let Ok(bytes) = evidence::environ(self.it.tgid) else { return self.blob(0, status::FAULT, &[], 0) };
        let cut = bytes.len() > ENVIRON_MAX;
        self.missing.cuts += u32::from(cut);
        for (part, chunk) in (0..).zip(bytes[..bytes.len().min(ENVIRON_MAX)].chunks(BLOB_MAX)) {
            let want = if part == 0 { bytes.len() } else { chunk.len() };
            self.blob(part, if want > chunk.len() { status::CUT } else { status::WHOLE }, chunk, want as u64);
        }
    }
}

#[cfg(test)]
#[path = "interpret_tests.rs"]
mod tests;
