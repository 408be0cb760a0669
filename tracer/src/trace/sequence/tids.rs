//! Maps by task id, which the sequencer asks several times for every record.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

/// What is known of tasks, by their ids.
pub(super) type Tids<V> = HashMap<u32, V, BuildHasherDefault<TidHasher>>;

/// Task ids are small, dense and not chosen by others: one multiplication spreads them.
#[derive(Debug, Default)]
pub(super) struct TidHasher(u64);

impl Hasher for TidHasher {
    fn finish(&self) -> u64 {
        self.0
    }
    fn write(&mut self, bytes: &[u8]) {
        for &b in bytes {
            self.write_u32(u32::from(b));
        }
    }
    fn write_u32(&mut self, n: u32) {
        self.0 = (self.0 ^ u64::from(n)).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(29);
    }
}
