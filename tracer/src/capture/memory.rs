//! Reading the memory of a stopped task, page-exact and never waiting for anybody.
//!
//! process_vm_readv(2) takes many places in one call, but it waits for ever on a page that a
//! userfaultfd handler is to fill, and then only SIGKILL ends the reader: a tracer that uses it stands
//! still with all its tracees. /proc/PID/mem and PTRACE_PEEKDATA fault without leave to retry, so the kernel
//! answers EIO there at once (measured on 6.18; `handle_userfault` has refused such faults since 4.3).
//! The file is not used for everything because it ignores page protection: a string in a PROT_NONE
//! page would be shown although the kernel refused it. So: process_vm_readv while no traced task can have
//! registered memory, the file from the moment one may have ([`Memory::careful`]).

use std::collections::HashMap;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

use crate::system::procfs::who::Who;

/// Smallest page of any supported machine: a read that ends at its end never touches the next page.
pub const PAGE: u64 = 4096;

/// A place in a task's memory, and how much of it was read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Span {
    /// Address.
    pub addr: u64,
    /// Bytes wanted.
    pub len: usize,
    /// Bytes read, from the front.
    pub got: usize,
}

/// Reads memory of traced tasks; holds one open /proc/PID/mem for each process that needs it.
#[derive(Debug, Default)]
pub struct Memory {
    files: HashMap<u32, Option<File>>,
    careful: bool,
    refused: bool,
}

/// The most places that one [`Memory::gather`] reads.
pub const SPANS: usize = 16;

impl Memory {
    /// Never use process_vm_readv from here on: some traced task may have registered memory with
    /// userfaultfd.
    pub fn careful(&mut self) {
        self.careful = true;
    }

    /// Whether a place that can not be read may still be readable for the kernel.
    pub fn is_careful(&self) -> bool {
        self.careful
    }

    /// The process runs another program, or is gone: what is open shows the old memory.
    pub fn forget(&mut self, tgid: u32) {
        self.files.remove(&tgid);
    }

    /// Reads at most `buf.len()` bytes at `addr`; the count is short at the first byte that can not be read.
    pub fn read(&mut self, tid: u32, tgid: u32, addr: u64, buf: &mut [u8]) -> usize {
        let mut got = 0;
        while got < buf.len() {
            let Some(at) = addr.checked_add(got as u64) else { break };
            let rest = &mut buf[got..];
            let n = match self.once(tid, tgid, at, rest) {
                // The kernel may refuse the whole because of a page further on.
                0 => {
                    let first = rest.len().min(to_page_end(at));
                    if first == rest.len() { 0 } else { self.once(tid, tgid, at, &mut rest[..first]) }
                }
                n => n,
            };
            if n == 0 {
                break;
            }
            got += n;
        }
        got
    }

    /// Reads up to [`SPANS`] places at once, one behind the other into `buf`, each at the sum of the `len`
    /// before it. What one system call could not read is read piece by piece.
    pub fn gather(&mut self, tid: u32, tgid: u32, spans: &mut [Span], buf: &mut Vec<u8>) {
        let total: usize = spans.iter().map(|s| s.len).sum();
        buf.clear();
        buf.resize(total, 0);
        let mut done = 0;
        if spans.len() > 1 && !self.careful && !self.refused {
            done = vm_readv(tid, spans, buf).unwrap_or(0);
        }
        let mut at = 0;
        for span in spans {
            let place = &mut buf[at..at + span.len];
            span.got = span.len.min(done.saturating_sub(at));
            if span.got < span.len {
                span.got += match span.addr.checked_add(span.got as u64) {
                    Some(addr) => self.read(tid, tgid, addr, &mut place[span.got..]),
                    None => 0,
                };
            }
            at += span.len;
        }
    }

    fn once(&mut self, tid: u32, tgid: u32, addr: u64, buf: &mut [u8]) -> usize {
        if !self.careful && !self.refused {
            match vm_readv(tid, &[Span { addr, len: buf.len(), got: 0 }], buf) {
                Ok(n) => return n,
                Err(e) if matches!(e.raw_os_error(), Some(libc::EPERM | libc::ENOSYS)) => self.refused = true,
                Err(_) => return 0,
            }
        }
        let file = self.files.entry(tgid).or_insert_with(|| Who::Id(tid).memory().ok());
        match file {
            Some(file) => file.read_at(buf, addr).unwrap_or(0),
            None => peek(tid, addr, buf),
        }
    }
}

/// Bytes from `addr` to the end of its page.
pub fn to_page_end(addr: u64) -> usize {
    (PAGE - (addr & (PAGE - 1))) as usize
}

fn vm_readv(tid: u32, spans: &[Span], buf: &mut [u8]) -> io::Result<usize> {
    let mut remote = [libc::iovec { iov_base: std::ptr::null_mut(), iov_len: 0 }; SPANS];
    let mut total = 0;
    for (iov, span) in remote.iter_mut().zip(spans) {
        *iov = libc::iovec { iov_base: span.addr as usize as *mut libc::c_void, iov_len: span.len };
        total += span.len;
    }
    let local = libc::iovec { iov_base: buf.as_mut_ptr().cast(), iov_len: total.min(buf.len()) };
    let count = spans.len().min(SPANS) as libc::c_ulong;
    // SAFETY: the local part is `buf` and not longer; the remote part is another task's memory, which the
    // kernel checks.
    let n = unsafe { libc::process_vm_readv(tid as i32, &local, 1, remote.as_ptr(), count, 0) };
    usize::try_from(n).map_err(|_| io::Error::last_os_error())
}

/// Word by word through ptrace; for tasks whose /proc entry can not be opened.
fn peek(tid: u32, addr: u64, buf: &mut [u8]) -> usize {
    const WORD: usize = size_of::<libc::c_long>();
    let mut got = 0;
    while got < buf.len() {
        let Some(at) = addr.checked_add(got as u64) else { break };
        let skew = at as usize % WORD;
        let mut word = [0u8; WORD];
        // SAFETY: the raw system call stores the word at the address in its data argument; `word` is as long.
        let rc = unsafe {
            libc::syscall(
                libc::SYS_ptrace,
                libc::PTRACE_PEEKDATA,
                tid as libc::c_long,
                at as usize - skew,
                word.as_mut_ptr(),
            )
        };
        if rc != 0 {
            break;
        }
        let n = (WORD - skew).min(buf.len() - got);
        buf[got..got + n].copy_from_slice(&word[skew..skew + n]);
        got += n;
    }
    got
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two pages of which only the first is mapped; gives the address of the second.
    fn edge() -> (u64, impl Drop) {
        struct Unmap(usize);
        impl Drop for Unmap {
            fn drop(&mut self) {
                // SAFETY: the page was mapped by `edge` and nothing refers to it any more.
                unsafe { libc::munmap(self.0 as *mut libc::c_void, PAGE as usize) };
            }
        }
        let prot = libc::PROT_READ | libc::PROT_WRITE;
        // SAFETY: fresh anonymous pages; the second is given back at once.
        let start = unsafe {
            let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS;
            let p = libc::mmap(std::ptr::null_mut(), 2 * PAGE as usize, prot, flags, -1, 0);
            assert_ne!(p, libc::MAP_FAILED);
            libc::munmap(p.cast::<u8>().add(PAGE as usize).cast(), PAGE as usize);
            std::slice::from_raw_parts_mut(p.cast::<u8>(), PAGE as usize).fill(b'x');
            p as usize
        };
        (start as u64 + PAGE, Unmap(start))
    }

    #[test]
    fn a_read_stops_at_the_last_mapped_byte() {
        let (end, _page) = edge();
        let me = std::process::id();
        for careful in [false, true] {
            let mut memory = Memory { careful, ..Memory::default() };
            let mut buf = [0u8; 64];
            assert_eq!(memory.read(me, me, end - 10, &mut buf), 10, "careful: {careful}");
            assert_eq!(&buf[..10], b"xxxxxxxxxx");
            assert_eq!(memory.read(me, me, end, &mut buf), 0);
            assert_eq!(memory.read(me, me, u64::MAX - 3, &mut buf), 0);
        }
    }

    #[test]
    fn a_bad_place_does_not_hide_the_good_ones() {
        let (end, _page) = edge();
        let me = std::process::id();
        for careful in [false, true] {
            let mut memory = Memory { careful, ..Memory::default() };
            let at = |addr, len| Span { addr, len, got: 0 };
            let mut spans = [at(end - 4, 4), at(end - 2, 8), at(16, 8), at(end - 8, 8)];
            let mut buf = Vec::new();
            memory.gather(me, me, &mut spans, &mut buf);
            assert_eq!(spans.map(|s| s.got), [4, 2, 0, 8], "careful: {careful}");
            assert_eq!(&buf[..6], b"xxxxxx");
            assert_eq!(&buf[20..28], b"xxxxxxxx");
        }
    }
}
