//! A list of sockets as iproute2's ss 7.3 shows it, to the byte, and as JSON. What needs the system (names of
//! services, interfaces, cgroups) is asked of [`Names`], so that nothing here does I/O.

mod columns;
pub mod counts;
mod details;
mod json;
mod number;
mod other;
mod row;
mod tcp;

#[cfg(test)]
mod tests;

pub use json::{Summary, socket as json, summary as json_summary};
pub use other::ETHERNET;

use self::columns::{Column, Columns};
use crate::system::names::Names;
use crate::system::sockets::owners::Owners;
use crate::system::sockets::{Socket, Table};
use crate::tools::ss::request::{Request, Show};

/// The list in the making. Lines are kept until widths are known: to the end, or up to 5 MiB.
#[derive(Debug)]
pub struct List {
    columns: Columns,
    show: Show,
    namespaces: bool,
    /// Inode of the SCTP socket before: the next with the same is an association of it.
    sctp: u64,
    /// Protocol whose services the ports are, as the table before left it.
    services: Option<&'static str>,
}

impl List {
    /// An empty list; `width` is that of the terminal, if it goes to one.
    pub fn new(request: &Request, namespaces: bool, width: Option<usize>) -> List {
        let mut columns = Columns::new(width);
        if request.tables.count_ones() == 1 {
            columns.disable(Column::Netid);
        }
        if request.states.count_ones() == 1 {
            columns.disable(Column::State);
        }
        if request.show.no_queues {
            columns.disable(Column::RecvQ);
            columns.disable(Column::SendQ);
        }
        if !request.show.processes && !request.show.threads {
            columns.disable(Column::Process);
        }
        if !namespaces {
            columns.disable(Column::Netns);
        }
        if request.show.header {
            columns.header();
        }
        List { columns, show: request.show, namespaces, sctp: 0, services: None }
    }

    /// A table begins, whether it has sockets or not.
    pub fn begin(&mut self, table: Table) {
        match table {
            Table::Tcp => self.services = Some("tcp"),
            Table::Udp => self.services = Some("udp"),
            Table::Raw => self.services = Some("raw"),
            _ => {}
        }
    }

    /// Adds a socket; what is ready goes to `out`.
    pub fn add(&mut self, socket: &Socket, owners: Option<&Owners>, names: &mut dyn Names, out: &mut Vec<u8>) {
        row::SocketRow { list: self, socket, owners, names, out }.print();
    }

    /// The rest.
    pub fn finish(&mut self, out: &mut Vec<u8>) {
        self.columns.render(out);
    }
}
