//! Where threads are started. What starts a thread for us takes memory in it, before anything of ours runs (a stack for signals), and
//! aborts where there is none. So memory is asked for before, and whoever starts a thread waits until it runs and nothing else takes it:
//! where there is none, no thread is an error like any other.

use std::io;
use std::sync::mpsc::sync_channel;
use std::thread::{Builder, JoinHandle, Scope, ScopedJoinHandle};

use rustix::mm::{MapFlags, ProtFlags, mmap_anonymous, munmap};

/// Bytes of a thread's stack.
const STACK: usize = 2 << 20;
/// What its beginning takes besides, generously.
const BESIDES: usize = 1 << 20;

/// Starts a thread that runs on its own.
///
/// # Errors
/// There is no memory for it, or the kernel refuses it.
pub fn start<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> io::Result<JoinHandle<T>> {
    let (begun, begins) = sync_channel(1);
    let work = move || {
        let _ = begun.send(());
        work()
    };
    room()?;
    let thread = Builder::new().stack_size(STACK).spawn(work)?;
    let _ = begins.recv();
    Ok(thread)
}

/// Starts a thread that ends within a scope.
///
/// # Errors
/// As [`start`].
pub fn scoped<'s, T: Send + 's>(
    scope: &'s Scope<'s, '_>,
    work: impl FnOnce() -> T + Send + 's,
) -> io::Result<ScopedJoinHandle<'s, T>> {
    let (begun, begins) = sync_channel(1);
    let work = move || {
        let _ = begun.send(());
        work()
    };
    room()?;
    let thread = Builder::new().stack_size(STACK).spawn_scoped(scope, work)?;
    let _ = begins.recv();
    Ok(thread)
}

/// Whether there is memory for one more.
fn room() -> io::Result<()> {
    let size = STACK + BESIDES;
    // SAFETY: new memory at an address that the kernel chooses; nothing refers to it when it is given back.
    unsafe {
        let memory = mmap_anonymous(std::ptr::null_mut(), size, ProtFlags::READ | ProtFlags::WRITE, MapFlags::PRIVATE)?;
        munmap(memory, size)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn threads_do_their_work() {
        assert_eq!(start(|| 7).expect("a thread").join().expect("no panic"), 7);
        let numbers = [1, 2];
        let sum = std::thread::scope(|scope| {
            scoped(scope, || numbers.iter().sum::<i32>()).expect("a thread").join().expect("no panic")
        });
        assert_eq!(sum, 3);
    }
}
