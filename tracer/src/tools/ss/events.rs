//! `-E`: sockets of TCP and UDP as they are destroyed, which the kernel tells to who listens. It ends when it is interrupted, or when
//! nobody reads any more.

use super::{Failure, Listing, kept};
use crate::system::sock_diag::Destroyed;
use crate::system::sockets::filter::Filter;
use crate::system::sockets::{Socket, Table};
use crate::tools::ss::output::{self, Summary};
use crate::tools::ss::request::{Request, tables};

/// What is said where the kernel had no room for what it had to tell.
const LOST: &str = "some sockets that were destroyed are not shown: they were more than could be taken";

impl Listing<'_> {
    /// Shows them, in the namespace of this thread.
    pub(super) fn follow(&mut self, filter: Option<&Filter>, netns: u64) -> Result<(), Failure> {
        let request = self.request;
        let failed = |error: std::io::Error| Failure::Other(format!("cannot listen for destroyed sockets: {error}"));
        let listener = Destroyed::listen(groups(request)).map_err(failed)?;
        self.finish()?;
        let mut sockets = Vec::new();
        loop {
            if !listener.next(&mut sockets).map_err(failed)? {
                self.lost();
            }
            for mut socket in sockets.drain(..) {
                socket.netns = netns;
                if wanted(request, &socket) && filter.is_none_or(|filter| filter.matches(&socket)) {
                    self.show(&socket)?;
                }
            }
            self.finish()?;
        }
    }

    /// Shows what there is so far.
    fn finish(&mut self) -> Result<(), Failure> {
        if let Some(list) = &mut self.list {
            list.finish(&mut self.out);
        }
        self.flush()
    }

    fn lost(&mut self) {
        super::say(&format!("{}: {LOST}", self.request.program));
        if self.request.show.json {
            let notices = [LOST.to_owned()];
            let summary =
                Summary { shown: self.shown, unreadable: None, troubles: &[], notices: &notices, counts: &[] };
            output::json_summary(&summary, &mut self.out);
        }
    }
}

/// Bits of `SKNLGRP_*`, include/uapi/linux/sock_diag.h: TCP and UDP of IPv4, then those of IPv6.
fn groups(request: &Request) -> u32 {
    let family = |family: i32| request.families & 1 << family != 0;
    let (v4, v6) = (family(libc::AF_INET), family(libc::AF_INET6));
    let (tcp, udp) = (request.tables & tables::TCP != 0, request.tables & tables::UDP != 0);
    [tcp && v4, udp && v4, tcp && v6, udp && v6].iter().enumerate().map(|(bit, &wanted)| u32::from(wanted) << bit).sum()
}

/// Whether a socket is of a wanted table; its state is that of all that go.
fn wanted(request: &Request, socket: &Socket) -> bool {
    let table = socket.inet().map(|inet| inet.table);
    let bit = if table == Some(Table::Udp) { tables::UDP } else { tables::TCP };
    request.tables & bit != 0 && kept(request, socket)
}
