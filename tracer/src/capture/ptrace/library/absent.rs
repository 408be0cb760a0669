//! Calls of library functions through ptrace need a breakpoint, and to do elsewhere what stood in its place: that is built for x86_64.

use anyhow::Result;

use super::PtraceSource;
use crate::capture::{Batch, Count};
use crate::spec::Watch;

/// No options.
pub const OPTIONS: i32 = 0;

/// Calls of library functions: there are none.
pub enum Library {}

impl Library {
    /// Says that they cannot be traced.
    ///
    /// # Errors
    /// Where they are asked for.
    pub fn new(watch: &Watch) -> Result<Option<Library>> {
        anyhow::ensure!(watch.library.is_none(), "calls of library functions are traced with ptrace on x86_64 only");
        Ok(None)
    }

    /// None.
    pub fn counts(&self) -> Vec<(u32, Count)> {
        match *self {}
    }

    /// None.
    pub fn unwatched(&self) -> Vec<String> {
        match *self {}
    }
}

/// What tasks are looked after for where there are breakpoints.
impl PtraceSource {
    pub(super) fn trapped(&mut self, _: u32, _: &mut Batch) -> bool {
        false
    }

    pub(super) fn begun(&mut self, _: u32, _: u32) {}

    pub(super) fn met(&mut self, _: u32, _: i32, _: &mut Batch) {}

    pub(super) fn born(&mut self, _: u32, _: u32, _: bool, _: &mut Batch) -> bool {
        true
    }

    pub(super) fn aside(&mut self, _: u32, _: i32, _: &mut Batch) -> bool {
        false
    }

    pub(super) fn settle(&mut self, _: u32) {}

    pub(super) fn left(&mut self, _: u32, _: u32, _: bool) {}

    pub(super) fn clean_all(&mut self) {}

    pub(super) fn has_aside(&self) -> bool {
        false
    }

    pub(super) fn clear(&mut self, _: u32, _: i32) -> Option<bool> {
        Some(true)
    }

    pub(super) fn release_aside(&mut self, _: u32, _: i32, _: &mut Batch) -> bool {
        false
    }

    pub(super) fn ended_meanwhile(&mut self, _: &mut Batch) {}

    pub(super) fn disposes(&mut self, _: u32, _: u32, _: bool, _: &[u64; 6]) {}

    pub(super) fn disposed(&mut self, _: u32, _: i64) {}

    pub(super) fn adopt_aside(&mut self, _: u32, _: &mut Batch) {}
}
