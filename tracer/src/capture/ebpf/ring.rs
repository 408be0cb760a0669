//! Reading the ring buffer.

use std::os::fd::AsFd;
use std::time::Duration;

use anyhow::{Context, Result};
use aya::maps::{MapData, RingBuf};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use tracer_common::event::{Head, kind};

use crate::capture::Batch;

/// Bytes of a batch after which reading pauses.
const ENOUGH: usize = 4 << 20;

/// The reader's end of the ring.
pub struct Ring {
    buffer: RingBuf<MapData>,
    /// Records that the kernel side sent in pieces that disagree: a running call that ended meanwhile.
    pub torn: u64,
}

impl Ring {
    /// Takes the ring over.
    pub fn new(buffer: RingBuf<MapData>) -> Ring {
        Ring { buffer, torn: 0 }
    }

    /// Moves waiting records to `batch` and shows each head to `learn`; true when more may wait.
    pub fn drain(&mut self, batch: &mut Batch, mut learn: impl FnMut(&Head)) -> bool {
        let limit = batch.len() + ENOUGH;
        while let Some(record) = self.buffer.next() {
            let Some(head) = Head::read(&record) else { continue };
            if head.len as usize != record.len() {
                self.torn += 1;
                continue;
            }
            if head.kind != kind::CALL {
                learn(&head);
            }
            batch.extend_from_slice(&record);
            if batch.len() >= limit {
                return true;
            }
        }
        false
    }

    /// Sleeps until the kernel side finds that much waits, a signal comes, or time is up.
    pub fn wait(&self, at_most: Duration) -> Result<()> {
        let timeout = Timespec { tv_sec: at_most.as_secs() as i64, tv_nsec: i64::from(at_most.subsec_nanos()) };
        let fd = self.buffer.as_fd();
        match poll(&mut [PollFd::new(&fd, PollFlags::IN)], Some(&timeout)) {
            Ok(_) | Err(Errno::INTR) => Ok(()),
            Err(e) => Err(e).context("cannot wait for the ring buffer"),
        }
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
