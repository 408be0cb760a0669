//! Reading kernel structures, for the objects that are one file each: `CONFIG` stands in that file.

use core::ffi::c_void;

use aya_ebpf::helpers::generated as helper;

/// Reads a configuration field; a constant to the verifier. Volatile, because the loader sets it after compilation.
#[inline(always)]
pub fn constant<T: Copy>(field: *const T) -> T {
    // SAFETY: only `conf!` calls this, with a field of a static.
    unsafe { core::ptr::read_volatile(field) }
}

/// A configuration field.
macro_rules! conf {
    ($($field:tt)+) => { $crate::reading::constant(&raw const $crate::CONFIG.$($field)+) };
}
pub(crate) use conf;

/// Loads a field through a pointer whose type the verifier knows; a bad address reads as 0.
///
/// # Safety
/// `base` must be such a pointer, and a `T` must stand at `off`.
#[inline(always)]
pub unsafe fn load<T: Copy>(base: *const c_void, off: u32) -> T {
    // SAFETY: the caller's promise; the kernel turns faults into zeroes.
    unsafe { core::ptr::read_volatile(base.cast::<u8>().add(off as usize).cast::<T>()) }
}

/// Copies a value from any kernel address; 0 when it can not be read.
#[inline(always)]
pub fn peek<T: Copy + Default>(base: u64, off: u32) -> T {
    let mut value = T::default();
    let from = base.wrapping_add(off as u64) as *const c_void;
    // SAFETY: the helper checks the address and writes within `value`.
    unsafe { helper::bpf_probe_read_kernel((&raw mut value).cast(), size_of::<T>() as u32, from) };
    value
}
