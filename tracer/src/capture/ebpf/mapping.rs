//! Files of the kernel's, mapped: the ring, and its types.

use std::io;
use std::os::fd::AsFd;
use std::ptr::NonNull;

use rustix::mm::{MapFlags, ProtFlags, mmap, munmap};

/// A mapping of its own; unmapped when it is dropped.
#[derive(Debug)]
pub struct Mapping {
    at: NonNull<u8>,
    len: usize,
}

// SAFETY: the mappings belong to this value alone, and it is used by one thread at a time.
unsafe impl Send for Mapping {}

impl Mapping {
    /// Maps `len` bytes of a file from `offset` on.
    ///
    /// # Errors
    /// As mmap(2).
    pub fn new(file: impl AsFd, len: usize, prot: ProtFlags, flags: MapFlags, offset: usize) -> io::Result<Mapping> {
        // SAFETY: a new mapping at an address of the kernel's choice.
        let at = unsafe { mmap(std::ptr::null_mut(), len, prot, flags, file, offset as u64) }?;
        let at = NonNull::new(at.cast()).ok_or_else(|| io::Error::other("it was mapped at 0"))?;
        Ok(Mapping { at, len })
    }

    /// Where it begins.
    pub fn at(&self) -> NonNull<u8> {
        self.at
    }

    /// How many bytes it has.
    pub fn len(&self) -> usize {
        self.len
    }
}

impl Drop for Mapping {
    fn drop(&mut self) {
        // SAFETY: this is the whole of what `new` mapped, and nobody refers to it any more.
        let _ = unsafe { munmap(self.at.as_ptr().cast(), self.len) };
    }
}
