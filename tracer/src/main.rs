//! The program: parse, run, exit code.

use std::alloc::{GlobalAlloc, Layout, System};
use std::io::{self, Write};
use std::process::ExitCode;

#[global_allocator]
static MEMORY: Memory = Memory;

/// The system's memory. Where there is none left tracer says so and ends, as it does when it cannot do its job for another reason: to
/// abort would be a crash, with a core of what was traced. The kernel lets go of tasks and programs; who was traced goes on.
struct Memory;

/// Ends the process, without taking memory for it.
#[cold]
fn exhausted() -> ! {
    let line = b"tracer: out of memory\n";
    // SAFETY: the line is there for the call, and _exit(2) takes a number. Neither takes a lock or memory.
    unsafe {
        libc::write(libc::STDERR_FILENO, line.as_ptr().cast(), line.len());
        libc::_exit(tracer::exit::FAILED.into())
    }
}

/// The memory, if there was any.
fn given(memory: *mut u8) -> *mut u8 {
    if memory.is_null() { exhausted() } else { memory }
}

// SAFETY: everything is the system allocator's, whose promises are those that are asked for; null is never given back.
unsafe impl GlobalAlloc for Memory {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's promises are passed on.
        given(unsafe { System.alloc(layout) })
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's promises are passed on.
        given(unsafe { System.alloc_zeroed(layout) })
    }

    unsafe fn realloc(&self, memory: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: the caller's promises are passed on.
        given(unsafe { System.realloc(memory, layout, size) })
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        // SAFETY: the caller's promises are passed on.
        unsafe { System.dealloc(memory, layout) }
    }
}

fn main() -> ExitCode {
    tracer::capture::inherited::keep_closed();
    tracer::capture::interrupt::outlive_limits();
    match tracer::commands::parse(std::env::args_os()) {
        Ok(action) => action.run(),
        Err(error) => {
            // Nobody is left to be told that stderr is closed.
            let _ = writeln!(io::stderr(), "{error}");
            ExitCode::from(error.code)
        }
    }
}
