//! What the kernel has reached, beside what it was passed: who shares the memory of an address can change it while the call is made, and a
//! directory, too. Of unix sockets their files tell which they are; of datagrams the packets, or the sockets that they come to.

use std::net::{IpAddr, SocketAddr};

use tracer_common::event::{Head, Sock, path};
use tracer_common::plan::{phase, shape};

use super::sockets::internet;
use super::{Collector, Seen};
use crate::decode::calls::shown;
use crate::decode::{Blobs, file_view};
use crate::tools::audit::evidence::{GapKind, Object, Op};

/// To what something came, as the kernel tells it.
pub(super) struct Reached {
    object: Object,
    /// The device and the inode of its file, where it has one.
    file: Option<(u32, u64)>,
    /// It is the only one of this name, as far as is known.
    alone: bool,
    /// The name is that of the file, not that which was once bound.
    sure: bool,
}

impl Collector<'_> {
    /// A packet left within a call, or a datagram came to a unix socket.
    pub(super) fn packet(&mut self, head: &Head, record: &[u8], family: u32, port: u32, address: [u64; 2], kind: u32) {
        let [first, second] = address.map(u64::to_ne_bytes);
        let [family, port, protocol, ty] = [family, port, kind, kind >> 16].map(|number| number as u16);
        let internet = |ip: IpAddr| {
            let sock = Sock { family, ty, protocol, ..Sock::default() };
            let object = internet(Some(&sock), SocketAddr::new(ip, port), false);
            Reached { object, file: None, alone: true, sure: true }
        };
        let reached = match i32::from(family) {
            libc::AF_UNIX => socket(&Blobs::new(record, head), phase::EXIT_OK),
            libc::AF_INET => Some(internet(IpAddr::from([first[0], first[1], first[2], first[3]]))),
            _ => {
                let ip = IpAddr::from([first, second].as_flattened().first_chunk().copied().unwrap_or([0; 16]));
                Some(internet(ip.to_canonical()))
            }
        };
        let Some(reached) = reached else { return };
        let of_call = self.reached.entry(head.tid).or_default();
        if !of_call.iter().any(|known| known.object == reached.object) {
            of_call.push(reached);
        }
    }

    /// A call has ended: what came elsewhere than it was sent to is told, too.
    pub(super) fn arrived(&mut self, seen: &Seen<'_, '_>) {
        if self.reached.is_empty() {
            return self.sent.clear();
        }
        let sent = std::mem::take(&mut self.sent);
        let Some(reached) = self.reached.remove(&seen.call.head.tid) else { return };
        for reached in reached {
            if !sent.iter().any(|passed| self.is_same(seen, passed, &reached)) {
                let object = self.reached_object(seen, reached);
                self.on_socket(seen, Op::Send, &object);
            }
        }
        self.sent.clear();
    }

    /// The unix socket that the call's socket is bound or connected to, where it is another than was passed.
    pub(super) fn other_unix(&mut self, seen: &Seen<'_, '_>, passed: &Object) -> Option<Object> {
        let Object::Unix(_) = passed else { return None };
        let reached = socket(seen.blobs, phase::EXIT_OK)?;
        (!self.is_same(seen, passed, &reached)).then(|| self.reached_object(seen, reached))
    }

    /// Whether the kernel came to what was passed: by its name, or, since it may have others, by its file.
    fn is_same(&self, seen: &Seen<'_, '_>, passed: &Object, reached: &Reached) -> bool {
        let (Object::Unix(name), Object::Unix(other)) = (passed, &reached.object) else {
            return *passed == reached.object;
        };
        if !name.starts_with(b"/") {
            return name == other;
        }
        let identity = self.world.identity(name).zip(reached.file);
        match identity {
            _ if !reached.alone => false,
            Some((passed, reached)) if passed == reached => true,
            // Numbers of devices differ on overlays.
            Some(((_, passed), (_, known))) if !reached.sure && passed != known => false,
            _ => name == other || self.named_here(seen, other).is_some_and(|other| **name == *other),
        }
    }

    fn reached_object(&mut self, seen: &Seen<'_, '_>, reached: Reached) -> Object {
        let Object::Unix(name) = &reached.object else { return reached.object };
        if name.starts_with(b"@") {
            return reached.object;
        }
        if !name.starts_with(b"/") || !reached.alone {
            // As it was bound, somewhere.
            let what = format!("{}: which of the sockets that were bound to such a name it came to", seen.name);
            self.gap(GapKind::Unreadable, Some(seen.unit), what, 1);
            return reached.object;
        }
        self.named_here(seen, name).map_or(reached.object, |name| Object::Unix(name.into()))
    }

    /// The path here of a path in the namespace of the call's process.
    fn named_here(&self, seen: &Seen<'_, '_>, path: &[u8]) -> Option<Vec<u8>> {
        match self.place_of(seen) {
            0 => Some(path.to_vec()),
            place => self.world.own(place, path),
        }
    }
}

/// The unix socket that a record tells of.
fn socket(blobs: &Blobs<'_>, when: u8) -> Option<Reached> {
    let (_, bytes) = blobs.find(0, shape::UNIX, when, 0)?;
    let view = file_view(bytes)?;
    let name = match view.file.path {
        // The kernel keeps the NUL that may end a path.
        path::TEXT if view.path.starts_with(&[0]) => shown(&view.path),
        path::TEXT => view.path.split(|&byte| byte == 0).next().unwrap_or_default().to_vec(),
        path::NAMES => view.path.to_vec(),
        // Deeper than it is followed.
        _ => [b"...", &*view.path].concat(),
    };
    let file = (view.file.ino != 0).then_some((view.file.dev, view.file.ino));
    let (alone, sure) = (view.file.deleted == 0, view.file.path != path::TEXT);
    (!name.is_empty()).then(|| Reached { object: Object::Unix(name.into()), file, alone, sure })
}
