//! `-E` and `+E`: who is at the other end of a pipe, a socket, a pseudoterminal, an eventfd, a message queue.
//! Told behind the name, as `PID,COMMAND,FDACCESS`; with `+E` the other end is listed too.

use std::collections::HashMap;

use super::list::{EndKey, Held};
use super::select::Selection;
use crate::system::sockets::Endpoint;
use crate::tools::lsof::request::{Ends, Show};

/// Where a file is: its process, and its place there.
type At = (usize, usize);

/// Files by what they are an end of.
#[derive(Debug, Default)]
struct Index {
    pipes: HashMap<u64, Vec<At>>,
    queues: HashMap<u64, Vec<At>>,
    events: HashMap<u64, Vec<At>>,
    masters: HashMap<u64, Vec<At>>,
    slaves: HashMap<u64, Vec<At>>,
    unix: HashMap<u64, Vec<At>>,
    inet: HashMap<(Endpoint, Endpoint), Vec<At>>,
}

/// Tells the other ends of what is shown. `peers`: of unix sockets, the inode of the other.
pub fn tell(held: &mut [Held], selection: &mut Selection<'_>, show: &Show, peers: &HashMap<u64, u64>) {
    let index = index(held);
    let mut listed: Vec<At> = Vec::new();
    let shown: Vec<At> = places(held).filter(|&at| selection.shown(held[at.0].items[at.1].bits)).collect();
    for &at in &shown {
        let others = note(held, at, &index, show, peers);
        listed.extend(others);
    }
    if show.ends != Ends::List {
        return;
    }
    for at in listed {
        let item = &mut held[at.0].items[at.1];
        if selection.shown(item.bits) {
            continue;
        }
        item.bits = selection.wanted;
        note(held, at, &index, show, peers);
    }
}

fn places(held: &[Held]) -> impl Iterator<Item = At> + '_ {
    held.iter().enumerate().flat_map(|(p, held)| (0..held.items.len()).map(move |i| (p, i)))
}

fn index(held: &[Held]) -> Index {
    let mut index = Index::default();
    for at in places(held) {
        let list = match &held[at.0].items[at.1].end {
            EndKey::None => continue,
            EndKey::Pipe(ino) => index.pipes.entry(*ino).or_default(),
            EndKey::Queue(ino) => index.queues.entry(*ino).or_default(),
            EndKey::Event(id) => index.events.entry(*id).or_default(),
            EndKey::Master(n) => index.masters.entry(*n).or_default(),
            EndKey::Slave(n) => index.slaves.entry(*n).or_default(),
            EndKey::Unix(ino) => index.unix.entry(*ino).or_default(),
            EndKey::Inet(local, remote) => index.inet.entry((*local, *remote)).or_default(),
        };
        list.push(at);
    }
    index
}

/// Notes behind a file's name who is at its other end; gives where they are.
fn note(held: &mut [Held], at: At, index: &Index, show: &Show, peers: &HashMap<u64, u64>) -> Vec<At> {
    let none = Vec::new();
    let mut words: Vec<String> = Vec::new();
    let others = match &held[at.0].items[at.1].end {
        EndKey::None => return none,
        EndKey::Pipe(ino) => index.pipes.get(ino),
        EndKey::Queue(ino) => index.queues.get(ino),
        EndKey::Event(id) => index.events.get(id),
        EndKey::Master(n) => index.slaves.get(n),
        EndKey::Slave(n) => index.masters.get(n),
        EndKey::Unix(ino) => peers.get(ino).and_then(|peer| {
            words.push(format!("->INO={peer}"));
            index.unix.get(peer)
        }),
        EndKey::Inet(local, remote) => index.inet.get(&(*remote, *local)),
    };
    let others: Vec<At> = others.unwrap_or(&none).iter().copied().filter(|&other| other != at).collect();
    for (n, &(p, i)) in others.iter().enumerate() {
        let (entry, item) = (&held[p].entry, &held[p].items[i]);
        let mut fd = Vec::new();
        item.row.fd(&mut fd);
        let width = if show.command_width == 0 { entry.comm.len() } else { show.command_width };
        let comm = String::from_utf8_lossy(&entry.comm[..entry.comm.len().min(width)]);
        let access = char::from(item.row.access);
        let word = format!("{},{comm},{}{access}", entry.pid, String::from_utf8_lossy(&fd));
        match held[at.0].items[at.1].end {
            EndKey::Master(slave) if n == 0 => words.push(format!("->/dev/pts/{slave} {word}")),
            _ => words.push(word),
        }
    }
    if !words.is_empty() {
        let note = &mut held[at.0].items[at.1].row.note;
        let before = note.take().map(|before| format!("{before} ")).unwrap_or_default();
        *note = Some(format!("{before}{}", words.join(" ")).into());
    }
    others
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::system::snapshot::Slot;
    use crate::tools::lsof::list::Item;
    use crate::tools::lsof::output::{Amount, Entry, FileRow, Node};
    use crate::tools::lsof::request::{Pick, Select};
    use crate::tools::lsof::select::kind;

    fn item(fd: u32, access: u8, bits: u32, end: EndKey) -> Item {
        let row = FileRow {
            slot: Slot::Number(fd),
            access,
            lock: b' ',
            kind: "FIFO".into(),
            dev: None,
            rdev: None,
            device_text: None,
            amount: Amount::None,
            offset: None,
            links: None,
            node: Node::None,
            flags: None,
            name: Box::default(),
            ends: None,
            note: None,
            connection: None,
        };
        Item { row, bits, end }
    }

    fn held(pid: u32, comm: &str, items: Vec<Item>) -> Held {
        Held { entry: Entry { pid, comm: comm.into(), ..Entry::default() }, items }
    }

    #[test]
    fn pipes_sockets_and_terminals_know_their_others() {
        let spec = Select { pids: vec![Pick { value: 1, not: false }], ..Select::default() };
        for (ends, listed) in [(Ends::Tell, false), (Ends::List, true)] {
            let mut selection = Selection::new(&spec, Vec::new(), false);
            let show = Show { ends, ..crate::tools::lsof::testing::show() };
            let mut all = vec![
                held(
                    1,
                    "one",
                    vec![
                        item(1, b'w', kind::PID, EndKey::Pipe(7)),
                        item(2, b'u', kind::PID, EndKey::Unix(10)),
                        item(3, b'u', kind::PID, EndKey::Master(4)),
                    ],
                ),
                held(
                    2,
                    "a-long-command",
                    vec![
                        item(0, b'r', 0, EndKey::Pipe(7)),
                        item(5, b'u', 0, EndKey::Unix(11)),
                        item(6, b'u', 0, EndKey::Slave(4)),
                    ],
                ),
            ];
            let peers = HashMap::from([(10, 11), (11, 10)]);
            tell(&mut all, &mut selection, &show, &peers);
            let note = |p: usize, i: usize| all[p].items[i].row.note.as_deref().unwrap_or("");
            assert_eq!([note(0, 0), note(0, 1)], ["2,a-long-co,0r", "->INO=11 2,a-long-co,5u"]);
            assert_eq!(note(0, 2), "->/dev/pts/4 2,a-long-co,6u");
            assert_eq!(selection.shown(all[1].items[0].bits), listed);
            assert_eq!(note(1, 0), if listed { "1,one,1w" } else { "" });
        }
    }
}
