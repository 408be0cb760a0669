//! Reading and writing many elements of a map at once (5.6).

use std::io;
use std::os::fd::RawFd;

use super::bpf;

const BPF_MAP_LOOKUP_BATCH: libc::c_long = 24;
const BPF_MAP_UPDATE_BATCH: libc::c_long = 26;

/// What both take: the batch of `union bpf_attr`, include/uapi/linux/bpf.h.
#[repr(C)]
struct Attr {
    before: u64,
    after: u64,
    keys: u64,
    values: u64,
    count: u32,
    map: u32,
    element_flags: u64,
    flags: u64,
}

/// Sets keys of a map to values, one each, at once.
///
/// # Errors
/// As bpf(2); some may have been set then.
pub fn update_all<K: Copy, V: Copy>(map: RawFd, all: &[(K, V)]) -> io::Result<()> {
    if all.is_empty() {
        return Ok(());
    }
    let (keys, values): (Vec<K>, Vec<V>) = all.iter().copied().unzip();
    let (keys, values) = (keys.as_ptr() as u64, values.as_ptr() as u64);
    let count = all.len() as u32;
    let attr = Attr { before: 0, after: 0, keys, values, count, map: map as u32, element_flags: 0, flags: 0 };
    bpf(BPF_MAP_UPDATE_BATCH, &attr).map(drop)
}

/// Keys and values of a hash map, whatever programs do to it meanwhile: who was there all the time is told once (5.6).
///
/// # Errors
/// As bpf(2).
pub fn all<K: Copy + Default, V: Copy + Default>(map: RawFd) -> io::Result<Vec<(K, V)>> {
    let mut found = Vec::new();
    let mut room = 4096usize;
    let mut at = 0u32;
    let mut is_first = true;
    loop {
        let (mut keys, mut values) = (vec![K::default(); room], vec![V::default(); room]);
        let mut next = 0u32;
        let attr = Attr {
            before: if is_first { 0 } else { &raw const at as u64 },
            after: &raw mut next as u64,
            keys: keys.as_mut_ptr() as u64,
            values: values.as_mut_ptr() as u64,
            count: room as u32,
            map: map as u32,
            element_flags: 0,
            flags: 0,
        };
        let attr = std::cell::UnsafeCell::new(attr);
        let done = bpf(BPF_MAP_LOOKUP_BATCH, &attr);
        // The kernel has written there how many it gave.
        let count = attr.into_inner().count as usize;
        let end = match done {
            Ok(_) => false,
            Err(error) if error.kind() == io::ErrorKind::NotFound => true,
            // A bucket has more than there is room for.
            Err(error) if error.raw_os_error() == Some(libc::ENOSPC) && room < 1 << 24 => {
                room *= 4;
                continue;
            }
            Err(error) => return Err(error),
        };
        found.extend(keys.into_iter().zip(values).take(count.min(room)));
        if end {
            return Ok(found);
        }
        (at, is_first) = (next, false);
    }
}
