//! The kernel side of tracer: a generic copier. It knows no system call and no operation of io_uring by name: plans say what to copy
//! and when. One record is sent for a call, at its end; what is kept until then stands in the storage
//! of the task, which is also what says that the task is traced.
#![no_std]
#![no_main]
#![feature(asm_experimental_arch)]

mod absent;
mod argv;
mod blocks;
mod calls;
mod capture;
mod descriptors;
mod emit;
mod executed;
mod files;
mod kept;
mod kernel;
mod lengths;
mod library;
mod log;
mod maps;
mod packets;
mod parts;
mod pointed;
mod rings;
mod sockets;
mod stack;
mod tally;
mod tasks;
mod vectors;
mod walk;

#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    loop {}
}

/// The helpers used here are for GPL-compatible programs.
#[unsafe(link_section = "license")]
#[unsafe(no_mangle)]
static LICENSE: [u8; 13] = *b"Dual MIT/GPL\0";
