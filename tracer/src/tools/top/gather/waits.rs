//! What a thread does, in words: the call that it waits in, and on what. No memory of the process is read, which `tracer why` does.

use std::collections::BTreeMap;

use crate::schema::waits::{Purpose, Waits, waits};
use crate::schema::{Abi, by_nr};
use crate::system::procfs::waiting::Place;
use crate::tools::top::words::plain;

/// What a thread does. `kernel`: the function of the kernel that it waits in.
pub fn does(
    state: u8,
    place: Option<Place>,
    links: &BTreeMap<u32, Vec<u8>>,
    kernel: impl Fn() -> Option<Vec<u8>>,
) -> String {
    let in_kernel = || kernel().map_or_else(String::new, |name| format!(" (in {})", plain(&name)));
    match (state, place) {
        (b'R', _) | (_, Some(Place::Running)) => "runs".to_owned(),
        (b'T', _) => "is stopped".to_owned(),
        (b't', _) => "is held by its tracer".to_owned(),
        (b'Z' | b'X' | b'x', _) => "has ended".to_owned(),
        (_, None) => format!("waits{}", in_kernel()),
        (_, Some(Place::Outside(..))) => format!("waits, in no call{}", in_kernel()),
        (_, Some(Place::Call(call))) => {
            let Some(row) = by_nr(Abi::NATIVE, call.nr) else { return format!("call {}{}", call.nr, in_kernel()) };
            let on = |at: u8| {
                let fd = call.args.get(usize::from(at)).copied().unwrap_or(0) as u32;
                let link = links.get(&fd).map_or_else(String::new, |link| format!("<{}>", plain(link)));
                format!("{fd}{link}")
            };
            let what = match waits(row, &call.args) {
                Some(Waits::Time) => "a time".to_owned(),
                Some(Waits::Signal) => "a signal".to_owned(),
                Some(Waits::Futex(word, _) | Waits::Word(word, _)) => {
                    format!("the lock or word at {:#x}", call.args.get(usize::from(word)).copied().unwrap_or(0))
                }
                Some(Waits::Descriptor(fd, Purpose::Read)) => format!("input of {}", on(fd)),
                Some(Waits::Descriptor(fd, Purpose::Write)) => format!("room in {}", on(fd)),
                Some(Waits::Descriptor(fd, Purpose::Accept)) => format!("a connection to {}", on(fd)),
                Some(Waits::Descriptor(fd, Purpose::Connect)) => format!("an answer on {}", on(fd)),
                Some(Waits::Descriptor(fd, Purpose::Other)) => on(fd),
                Some(Waits::Poll(_, count)) => {
                    format!("{} descriptors", call.args.get(usize::from(count)).copied().unwrap_or(0) as u32)
                }
                Some(Waits::Select(..)) => "descriptors".to_owned(),
                Some(Waits::Epoll(fd)) => format!("events of {}", on(fd)),
                Some(Waits::Ring(fd)) => format!("operations of {}", on(fd)),
                Some(Waits::Flock(fd) | Waits::Range(fd, _)) => format!("a lock on {}", on(fd)),
                Some(Waits::Path(..)) => "a file".to_owned(),
                Some(Waits::Children(..)) => "children".to_owned(),
                Some(Waits::Vfork) => "its child".to_owned(),
                None => return format!("{}{}", row.name, in_kernel()),
            };
            format!("{}: waits for {what}", row.name)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::by_name;
    use crate::system::procfs::waiting::Entered;

    #[test]
    fn waits_have_words() {
        let links = BTreeMap::from([(3, b"pipe:[7]".to_vec()), (4, b"a\x1bb".to_vec())]);
        let check = |state, place, expected: &str| {
            assert_eq!(does(state, place, &links, || Some(b"do_wait".to_vec())), expected);
        };
        let call = |name: &str, args: [u64; 6]| {
            let nr = u32::from(by_name(name).expect(name).nr[Abi::NATIVE as usize]);
            Some(Place::Call(Entered { nr, args, ..Entered::default() }))
        };
        check(b'S', call("read", [3, 0, 0, 0, 0, 0]), "read: waits for input of 3<pipe:[7]>");
        check(b'S', call("write", [4, 0, 0, 0, 0, 0]), "write: waits for room in 4<a\\x1bb>");
        check(b'S', call("futex", [0x7f00, 0x80, 2, 0, 0, 0]), "futex: waits for the lock or word at 0x7f00");
        check(b'S', call("epoll_pwait", [4, 0, 0, 0, 0, 0]), "epoll_pwait: waits for events of 4<a\\x1bb>");
        check(b'S', call("clock_nanosleep", [0; 6]), "clock_nanosleep: waits for a time");
        check(b'D', call("fsync", [9, 0, 0, 0, 0, 0]), "fsync: waits for 9");
        check(b'S', None, "waits (in do_wait)");
        check(b'D', Some(Place::Outside(1, 2)), "waits, in no call (in do_wait)");
        check(b'R', None, "runs");
        check(b'T', call("read", [3, 0, 0, 0, 0, 0]), "is stopped");
    }
}
