//! The reader's end of the BPF ring buffer (kernel/bpf/ringbuf.c): mapped here rather than read through
//! aya, because records are moved in runs: one store of the consumer's position frees many of them.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::time::Duration;

use anyhow::{Context, Result};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::mm::{MapFlags, ProtFlags};
use tracer_common::event::{Head, align, kind};

use super::mapping::Mapping;
use crate::capture::Batch;

/// Bytes of a batch after which reading pauses.
const ENOUGH: usize = 4 << 20;
/// Bytes after which the kernel side is told that it may write again.
const GIVE_BACK: u64 = 64 << 10;

/// No record is longer. What the kernel side makes of one is a fraction of it.
const LONGEST: usize = 1 << 20;

/// Bits of a record's length in the ring, include/uapi/linux/bpf.h.
const BUSY: u32 = 1 << 31;
const DISCARDED: u32 = 1 << 30;
const HEADER: usize = 8;

/// The reader's end.
pub struct Ring {
    fd: OwnedFd,
    consumer: Mapping,
    producer: Mapping,
    size: usize,
    page: usize,
    /// Records that were read.
    pub read: u64,
}

impl Ring {
    /// Maps a ring of `size` bytes.
    ///
    /// # Errors
    /// As mmap(2).
    pub fn open(fd: OwnedFd, size: u32) -> Result<Ring> {
        let page = rustix::param::page_size();
        let size = size as usize;
        let consumer = map(&fd, page, ProtFlags::READ | ProtFlags::WRITE, 0)?;
        // The kernel has the data twice in a row, so that no record is torn at the end: a page that is mapped takes as long as one that
        // is made, and of the second time no more is needed than a record.
        let producer = map(&fd, page + size + size.min(LONGEST), ProtFlags::READ, page)?;
        Ok(Ring { fd, consumer, producer, size, page, read: 0 })
    }

    /// Moves the records that wait now to `batch`; of those that are no calls, `event` decides. True when
    /// some were left because the batch is long.
    pub fn drain(&mut self, batch: &mut Batch, mut event: impl FnMut(&Head, &[u8], &mut Batch)) -> bool {
        let limit = batch.len() + ENOUGH;
        let end = self.position(&self.producer).load(Ordering::Acquire);
        let consumer = self.position(&self.consumer);
        let mut at = consumer.load(Ordering::Relaxed);
        let mut given = at;
        let mut read = 0;
        while at < end && batch.len() < limit {
            let Some((record, length)) = self.record(at) else { break };
            if let Some(record) = record {
                take(record, batch, &mut event);
            }
            at += length;
            read += 1;
            if at - given >= GIVE_BACK {
                consumer.store(at, Ordering::Release);
                given = at;
            }
        }
        consumer.store(at, Ordering::Release);
        self.read += read;
        at < end && batch.len() >= limit
    }

    /// How many bytes wait.
    pub fn waiting(&self) -> u64 {
        let [end, at] = [&self.producer, &self.consumer].map(|end| self.position(end).load(Ordering::Acquire));
        end.saturating_sub(at)
    }

    /// How many it has room for.
    pub fn size(&self) -> usize {
        self.size
    }

    /// The record at a position (`None` inside when it was discarded) and the bytes it takes; `None` when
    /// it is still being written.
    fn record(&self, at: u64) -> Option<(Option<&[u8]>, u64)> {
        let offset = self.page + (at as usize & (self.size - 1));
        // SAFETY: the offset is within the first of the two data mappings; the kernel writes the length last, which the acquire pairs with.
        let word = unsafe { &*self.producer.at().as_ptr().add(offset).cast::<AtomicU32>() }.load(Ordering::Acquire);
        if word & BUSY != 0 {
            return None;
        }
        let len = (word & !DISCARDED) as usize;
        let taken = align(len + HEADER) as u64;
        if word & DISCARDED != 0 || len > self.size.min(LONGEST) - HEADER {
            return Some((None, taken));
        }
        // SAFETY: as above, and the record does not reach behind what is mapped of the second; the kernel does not write here before the consumer's position has passed.
        Some((
            Some(unsafe { std::slice::from_raw_parts(self.producer.at().as_ptr().add(offset + HEADER), len) }),
            taken,
        ))
    }

    fn position(&self, mapping: &Mapping) -> &AtomicU64 {
        // SAFETY: the first word of either mapping is a position, which both sides access atomically.
        unsafe { &*mapping.at().as_ptr().cast::<AtomicU64>() }
    }

    /// Its map.
    pub fn fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }

    /// Sleeps until the kernel side finds that much waits, a signal comes, or time is up.
    pub fn wait(&self, at_most: Duration) -> Result<()> {
        let timeout = Timespec { tv_sec: at_most.as_secs() as i64, tv_nsec: i64::from(at_most.subsec_nanos()) };
        let fd = self.fd.as_fd();
        match poll(&mut [PollFd::new(&fd, PollFlags::IN)], Some(&timeout)) {
            Ok(_) | Err(Errno::INTR) => Ok(()),
            Err(e) => Err(e).context("cannot wait for the ring buffer"),
        }
    }
}

fn map(fd: &OwnedFd, len: usize, prot: ProtFlags, offset: usize) -> Result<Mapping> {
    let mapping = Mapping::new(fd, len, prot, MapFlags::SHARED, offset);
    mapping.with_context(|| format!("cannot map {len} bytes of the ring buffer"))
}

/// Copies a record. A running call that ended while it was copied has lengths that disagree: it is left
/// out here, since its whole record has been sent.
fn take(record: &[u8], batch: &mut Batch, event: &mut impl FnMut(&Head, &[u8], &mut Batch)) {
    let Some(head) = Head::read(record) else { return };
    if head.len as usize != record.len() {
        return;
    }
    match head.kind {
        kind::CALL => batch.extend_from_slice(record),
        _ => event(&head, record, batch),
    }
}

/// CLOCK_MONOTONIC in ns.
pub fn now() -> u64 {
    let t = rustix::time::clock_gettime(rustix::time::ClockId::Monotonic);
    t.tv_sec as u64 * 1_000_000_000 + t.tv_nsec as u64
}

/// Appends a `MARK`.
pub fn mark(batch: &mut Batch, time: u64) {
    let head = Head { len: size_of::<Head>() as u32, kind: kind::MARK, time, ..Head::default() };
    batch.extend_from_slice(head.bytes());
}

/// Puts this thread, which reads the ring, before those that fill it: on a machine whose every CPU is busy with
/// traced work it would otherwise be one of many, and the ring would overflow. It sleeps when nothing comes.
/// Without the right to do so nothing is lost but the head start.
pub fn hurry() {
    // SAFETY: takes integers only; 0 is the calling thread, which is what Linux gives a nice value to.
    unsafe { libc::setpriority(libc::PRIO_PROCESS, 0, -20) };
}
