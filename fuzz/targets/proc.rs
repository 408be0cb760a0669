//! Any bytes are a file of /proc: what is read of it is there or not. The first byte says of which.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tracer::system::procfs::fds::parse_fdinfo;
use tracer::system::procfs::mounts::Mounts;
use tracer::system::procfs::{account, regions, status};

fuzz_target!(|bytes: &[u8]| {
    let Some((choice, text)) = bytes.split_first() else { return };
    match choice % 8 {
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
        _ => {
            let mounts = Mounts::parse(text);
            for path in text.split(|&b| b == b'\n') {
                let _ = (mounts.of_path(path), mounts.on_file_system(path), mounts.others(path), mounts.trust(path));
            }
        }
    }
});
