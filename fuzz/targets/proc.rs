//! Any bytes are a file of /proc: what is read of it is there or not. The first byte says of which.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tracer::system::proc_paths;
use tracer::system::procfs::fds::parse_fdinfo;
use tracer::system::procfs::locks::Locks;
use tracer::system::procfs::mounts::Mounts;
use tracer::system::procfs::net::File;
use tracer::system::procfs::{account, cgroup, regions, status, waiting};
use tracer::system::sockets::sockstat::{Sockstat, established};

fuzz_target!(|bytes: &[u8]| {
    let Some((choice, text)) = bytes.split_first() else { return };
    let files = File::all().count() as u8;
    match choice % (14 + files) {
        0 => drop(account::stat(text)),
        1 => drop(account::io(text)),
        2 => drop(account::limits(text)),
        3 => drop(account::boot_time(text)),
        4 => drop(status::parse(text)),
        5 => drop(parse_fdinfo(text)),
        6 => {
            let (regions, mappings) = (regions::parse(text), regions::mappings(text));
            assert!(mappings.len() <= text.len() && regions.len() <= text.len());
            let _ = regions::named(text, b"[stack]");
        }
        7 => drop(Locks::parse(text)),
        8 => assert!(cgroup::path(text).is_none_or(|path| path.len() <= text.len())),
        9 => drop(waiting::parse(text)),
        10 => {
            let text = String::from_utf8_lossy(text);
            Sockstat::default().take(&text);
            let _ = established(&text);
        }
        11 => path(text),
        12 | 13 => {
            let mounts = Mounts::parse(text);
            for path in text.split(|&b| b == b'\n') {
                let _ = (mounts.of_path(path), mounts.on_file_system(path), mounts.others(path), mounts.trust(path));
            }
        }
        number => {
            let file = File::all().nth(usize::from(number - 14)).expect("a file of that number");
            assert!(file.parse(text).count() <= text.len());
        }
    }
});

/// Any bytes are a path that a program passed, below /proc or elsewhere.
fn path(path: &[u8]) {
    let _ = (proc_paths::is_below(path), proc_paths::depends_on_who_looks(path), proc_paths::is_of_who_looks(path));
    let _ = (proc_paths::names_own_descriptor(path), proc_paths::is_memory(path), proc_paths::memory_of(path));
    assert!(proc_paths::as_own(path, 1, 2).iter().all(|own| own.len() <= path.len() + 64));
    if let Some(through) = proc_paths::through(path, 1) {
        assert!(through.for_anyone(path).len() <= path.len() + 64);
    }
}
