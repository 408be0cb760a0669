//! The ring in its place: a small one first, and a large one in its stead once more waits than should. A MiB takes 0.3 ms to make and to
//! give back, and ten times that on a machine with thousands of processes, which is most of what a short command would wait for; few
//! commands need more than the small one.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::thread::{Builder, JoinHandle};
use std::time::Duration;

use anyhow::{Context, Result, anyhow};
use tracer_common::event::Head;

use super::bpf;
use super::ring::Ring;
use crate::capture::Batch;

/// The name of its map.
pub const EVENTS: &str = "EVENTS";
/// The part of the ring that waits when a larger one is made. The reader looks every 10 ms, and a small ring of which less waits then has
/// room for what comes in 160 ms; at full speed a large one has no more.
const MUCH: usize = 16;

/// A ring on its way into its place: the kernel waits until no program can run with what was there, which takes longer than all
/// else, and is done meanwhile.
pub struct Place {
    place: OwnedFd,
    ring: OwnedFd,
    size: u32,
    put: JoinHandle<io::Result<()>>,
}

impl Place {
    /// Makes a ring of `size` bytes, and a place for it.
    ///
    /// # Errors
    /// What the kernel refuses.
    pub fn make(size: u32) -> Result<Place> {
        let make = || {
            let ring = bpf::make_ring(EVENTS, size)?;
            let place = bpf::make_place(EVENTS, ring.as_fd())?;
            let (to, what) = (place.try_clone()?, ring.try_clone()?);
            let put = Builder::new().spawn(move || bpf::put(to.as_fd(), what.as_fd()))?;
            Ok(Place { place, ring, size, put })
        };
        make().map_err(|error: io::Error| anyhow!("the kernel refuses a ring of {size} bytes: {error}"))
    }

    /// The map that programs know.
    pub fn fd(&self) -> BorrowedFd<'_> {
        self.place.as_fd()
    }

    /// Maps the ring, which may become as large as `largest`.
    ///
    /// # Errors
    /// What the kernel refuses.
    pub fn open(self, largest: u32) -> Result<Growing> {
        let ring = Ring::open(self.ring, self.size)?;
        Ok(Growing { place: self.place, put: Some(self.put), ring, before: None, largest, larger: None, read: 0 })
    }
}

/// The ring that takes records now, and the one before as long as it has some.
pub struct Growing {
    /// The map that holds the ring.
    place: OwnedFd,
    /// Until it is there.
    put: Option<JoinHandle<io::Result<()>>>,
    ring: Ring,
    before: Option<Ring>,
    /// The size that it may have.
    largest: u32,
    /// Makes the large one: it takes a while, in which the reader is to read.
    larger: Option<JoinHandle<Result<Ring>>>,
    /// Records that were read from rings that are gone.
    read: u64,
}

impl Growing {
    /// Waits until the ring is in its place, without which no record comes.
    ///
    /// # Errors
    /// What the kernel refuses.
    pub fn begin(&mut self) -> Result<()> {
        let Some(put) = self.put.take() else { return Ok(()) };
        put.join().map_err(|_| anyhow!("placing the ring panicked"))?.context("the kernel refuses to place the ring")
    }

    /// As that of [`Ring`].
    pub fn drain(&mut self, batch: &mut Batch, mut event: impl FnMut(&Head, &[u8], &mut Batch)) -> bool {
        self.grow();
        if let Some(before) = &mut self.before {
            let more = before.drain(batch, &mut event);
            if more || before.waiting() > 0 {
                return more;
            }
            self.read += before.read;
            self.before = None;
        }
        self.ring.drain(batch, event)
    }

    /// Has a larger ring made where much waits, and takes it into use when it is there. Where there is no memory for one the small
    /// one stays; what it loses is counted as ever.
    fn grow(&mut self) {
        if let Some(larger) = self.larger.take_if(|larger| larger.is_finished()) {
            self.largest = 0;
            if let Ok(Ok(larger)) = larger.join()
                && bpf::put(self.place.as_fd(), larger.fd()).is_ok()
            {
                self.before = Some(std::mem::replace(&mut self.ring, larger));
            }
        }
        let size = self.largest;
        let is_due = size as usize > self.ring.size() && self.ring.waiting() as usize > self.ring.size() / MUCH;
        if is_due && self.larger.is_none() {
            let make = move || make(size);
            self.larger = Builder::new().name("ring".to_owned()).spawn(make).ok();
        }
    }

    /// As that of [`Ring`].
    ///
    /// # Errors
    /// As that of [`Ring`].
    pub fn wait(&self, at_most: Duration) -> Result<()> {
        self.ring.wait(at_most)
    }

    /// Records that were read.
    pub fn read(&self) -> u64 {
        self.read + self.ring.read + self.before.as_ref().map_or(0, |before| before.read)
    }
}

/// Makes a ring.
fn make(size: u32) -> Result<Ring> {
    let ring = bpf::make_ring(EVENTS, size).with_context(|| format!("the kernel refuses a ring of {size} bytes"))?;
    Ring::open(ring, size)
}
