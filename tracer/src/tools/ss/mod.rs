//! `tracer ss`: asks the kernel, in each network namespace that was named, and shows what it tells. What could
//! not be had ends up on stderr, and in JSON in the last object: an empty list without a word means that there
//! is nothing.

mod closing;
mod events;
pub mod options;
pub mod output;
pub mod request;
mod resolve;

use std::env;
use std::io::{self, IsTerminal, Read, Write};
use std::path::Path;

use crate::cli::fault::UsageError;
use crate::exit;
use crate::render::stdout::Stdout;
use crate::render::typed::show;
use crate::system::names::System;
use crate::system::owners::owners;
use crate::system::place;
use crate::system::procfs::covered::Covered;
use crate::system::procfs::machine::{self, SOCKSTAT};
use crate::system::procfs::sockstat;
use crate::system::procfs::who::Who;
use crate::system::sock_diag::bytecode;
use crate::system::sock_diag::namespaces::{self, Namespace};
use crate::system::sock_diag::{self, Extras, Gathered, Query, Trouble, Why};
use crate::system::sockets::filter::Filter;
use crate::system::sockets::owners::Owners;
use crate::system::sockets::{Detail, Socket, State, Table};
use crate::tools::ss::options::filter;
use crate::tools::ss::output::{List, Summary, counts};
use crate::tools::ss::request::{Closing, Expression, Request, Spaces, tables};

/// Carries a request out, and gives the exit code.
pub fn run(request: &Request) -> u8 {
    let mut request = request.clone();
    // Without -p, and in one namespace, the kernel is asked for sockets alone.
    let needs_proc = request.show.processes || request.spaces == Spaces::All;
    let there = || match needs_proc {
        true => machine::check().map_err(|why| Failure::Other(why.to_owned())),
        false => Ok(()),
    };
    let there = || match request.show.labels && Who::Myself.label().is_none() {
        true => Err(Failure::Other("-Z: no security module gives processes a label here".to_owned())),
        false => there(),
    };
    match there().and_then(|()| read_filter(&mut request)).and_then(|()| Listing::new(&request).run()) {
        Ok(found) if found || request.peer => exit::OK,
        Ok(_) => exit::NOTHING,
        Err(Failure::Usage(error)) => {
            say(&error.to_string());
            error.code
        }
        Err(Failure::Other(text)) => {
            say(&format!("{}: {text}", request.program));
            if request.peer { exit::SS_FAILED } else { exit::FAILED }
        }
        Err(Failure::Closed) => exit::OK,
    }
}

/// Why a request was not carried out.
enum Failure {
    /// The filter names what there is not.
    Usage(UsageError),
    /// The system refused.
    Other(String),
    /// Nobody reads any more.
    Closed,
}

/// A line on stderr; nobody is left to be told when it is closed.
fn say(text: &str) {
    let _ = writeln!(io::stderr(), "{text}");
}

/// What is in a file that was given.
fn given(file: &Path) -> io::Result<Vec<u8>> {
    const MOST: u64 = 256 << 20;
    Ok(place::read(file, MOST)?)
}

/// The words of `-F`, behind those of the command line.
fn read_filter(request: &mut Request) -> Result<(), Failure> {
    let Some((file, mut words)) = request.filter_file.take() else { return Ok(()) };
    let mut text = String::new();
    let read = match file.to_string_lossy().starts_with('-') {
        true => io::stdin().read_to_string(&mut text).map(drop),
        false => given(&file).map(|all| text = String::from_utf8_lossy(&all).into_owned()),
    };
    read.map_err(|error| Failure::Other(format!("{}: {error}", show(&file))))?;
    words.extend(filter::file_words(&text));
    let code = if request.peer { exit::SS_USAGE } else { exit::USAGE };
    let program = request.program.clone();
    request.filter = filter::parse(&words, request).map_err(|f| Failure::Usage(UsageError::new(&program, code, f)))?;
    Ok(())
}

/// A list in the making.
struct Listing<'a> {
    request: &'a Request,
    system: System,
    list: Option<List>,
    owners: Option<Owners>,
    troubles: Vec<Trouble>,
    notices: Vec<String>,
    out: Vec<u8>,
    shown: u64,
    /// Those that are to be closed.
    doomed: Vec<Socket>,
}

/// Bytes of JSON that are kept before they are written.
const KEEP: usize = 1 << 20;

impl<'a> Listing<'a> {
    fn new(request: &'a Request) -> Listing<'a> {
        Listing {
            request,
            system: System::default(),
            list: None,
            owners: None,
            troubles: Vec::new(),
            notices: Vec::new(),
            out: Vec::new(),
            shown: 0,
            doomed: Vec::new(),
        }
    }

    /// Whether a socket was found.
    fn run(mut self) -> Result<bool, Failure> {
        let request = self.request;
        let spaces = match &request.spaces {
            Spaces::Current => None,
            Spaces::Named(name) => {
                let space = Namespace::named(name).map_err(|error| {
                    Failure::Other(format!("cannot open network namespace '{}': {error}", show(name)))
                })?;
                Some(vec![space])
            }
            Spaces::All => {
                let all = namespaces::all().map_err(|error| Failure::Other(format!("/proc: {error}")))?;
                if all.unreadable > 0 {
                    self.notices
                        .push(format!("the network namespaces of {} processes are not readable", all.unreadable));
                }
                Some(all.namespaces)
            }
        };
        if let Some(path) = &request.dump {
            return self.dump(path, spaces.as_deref()).map(|()| true);
        }
        let mut numbers = Vec::new();
        if request.summary {
            let here = || sockstat::read().map_err(|error| Failure::Other(format!("{SOCKSTAT}: {error}")));
            let stat = match spaces.as_deref() {
                Some([only]) => only.inside(here).map_err(|error| entering(only, &error))??,
                _ => here()?,
            };
            match request.show.json {
                true => numbers = counts::numbers(&stat),
                false => self.out.extend_from_slice(counts::text(&stat).as_bytes()),
            }
        }
        if request.list {
            self.list(spaces)?;
        }
        self.end(&numbers)?;
        Ok(self.shown > 0 || request.summary)
    }

    fn list(&mut self, spaces: Option<Vec<Namespace>>) -> Result<(), Failure> {
        let request = self.request;
        let all = request.spaces == Spaces::All;
        if !request.show.json {
            self.list = Some(List::new(request, all, terminal_width()));
        }
        if request.show.processes || request.show.threads {
            self.owners =
                Some(owners(request.show.threads).map_err(|error| Failure::Other(format!("/proc: {error}")))?);
            self.notices.extend(Covered::now().all_said(None));
        }
        match spaces {
            None => {
                let netns = Namespace::current().map_or(0, |space| space.inode);
                self.space(netns)?;
            }
            Some(spaces) => {
                for space in &spaces {
                    if let Some(name) = &space.name {
                        self.system.namespaces.insert(space.inode, name.clone());
                    }
                    match space.inside(|| self.space(space.inode)) {
                        Ok(done) => done?,
                        Err(error) if all => {
                            self.troubles.push(Trouble { table: None, netns: space.inode, why: Why::Failed(error) });
                        }
                        Err(error) => return Err(entering(space, &error)),
                    }
                }
            }
        }
        if let Some(list) = &mut self.list {
            list.finish(&mut self.out);
        }
        Ok(())
    }

    /// Lists the sockets of the namespace that this thread is in.
    fn space(&mut self, netns: u64) -> Result<(), Failure> {
        let request = self.request;
        self.system.enter(netns);
        let filter = self.resolved(request.filter.as_ref(), netns)?;
        if request.events {
            return self.follow(filter.as_ref(), netns);
        }
        let query = query(request, filter.as_ref());
        let file = env::var_os("TCPDIAG_FILE");
        for table in wanted(request) {
            if let Some(list) = &mut self.list {
                list.begin(table);
            }
            let mut gathered = Gathered::default();
            let file = file.as_deref().filter(|_| table == Table::Tcp);
            match file {
                Some(file) => self.read_file(Path::new(file), netns, &mut gathered)?,
                None => sock_diag::table_of(&query, table, netns, &mut gathered),
            }
            self.troubles.append(&mut gathered.troubles);
            for socket in &gathered.sockets {
                if (file.is_some() || kept(request, socket))
                    && filter.as_ref().is_none_or(|filter| filter.matches(socket))
                {
                    match request.closing {
                        Closing::No => self.show(socket)?,
                        _ => self.doomed.push(socket.clone()),
                    }
                }
            }
        }
        self.close()
    }

    fn resolved(&mut self, expression: Option<&Expression>, netns: u64) -> Result<Option<Filter>, Failure> {
        let Some(expression) = expression else { return Ok(None) };
        let code = if self.request.peer { exit::SS_FAILED } else { exit::USAGE };
        let resolved = resolve::filter(expression, &mut self.system, netns);
        resolved.map(Some).map_err(|f| Failure::Usage(UsageError::new(&self.request.program, code, f)))
    }

    /// TCP sockets from a file of the kernel's own bytes, instead of the kernel.
    fn read_file(&mut self, file: &Path, netns: u64, gathered: &mut Gathered) -> Result<(), Failure> {
        let bytes = given(file).map_err(|error| Failure::Other(format!("TCPDIAG_FILE {}: {error}", show(file))))?;
        let (mut sockets, end) = sock_diag::from_file(&bytes, Table::Tcp);
        sockets.iter_mut().for_each(|socket| socket.netns = netns);
        gathered.sockets = sockets;
        if let Err(what) = end {
            self.notices.push(format!("TCPDIAG_FILE {}: {what}", show(file)));
        }
        Ok(())
    }

    fn show(&mut self, socket: &Socket) -> Result<(), Failure> {
        self.shown += 1;
        match &mut self.list {
            Some(list) => list.add(socket, self.owners.as_ref(), &mut self.system, &mut self.out),
            None => output::json(socket, self.owners.as_ref(), &mut self.system, &mut self.out),
        }
        if self.out.len() > KEEP { self.flush() } else { Ok(()) }
    }

    /// What is left to be said: on stderr, and in JSON.
    fn end(&mut self, numbers: &[(&'static str, i64)]) -> Result<(), Failure> {
        let unreadable = self.owners.as_ref().map(|owners| owners.unreadable);
        if self.request.show.json {
            let summary = Summary {
                shown: self.shown,
                unreadable,
                troubles: &self.troubles,
                notices: &self.notices,
                counts: numbers,
            };
            output::json_summary(&summary, &mut self.out);
        }
        self.flush()?;
        let program = &self.request.program;
        let troubles = self.troubles.iter().map(ToString::to_string);
        for text in troubles.chain(self.notices.iter().cloned()) {
            say(&format!("{program}: {text}"));
        }
        match unreadable {
            None | Some(0) => {}
            Some(1) => say(&format!("{program}: 1 process not readable")),
            Some(count) => say(&format!("{program}: {count} processes not readable")),
        }
        Ok(())
    }

    fn flush(&mut self) -> Result<(), Failure> {
        let written = Stdout.write_all(&self.out);
        self.out.clear();
        written.map_err(|error| match error.kind() {
            io::ErrorKind::BrokenPipe => Failure::Closed,
            _ => Failure::Other(format!("writing to stdout: {error}")),
        })
    }

    /// `-D`
    fn dump(&mut self, path: &Path, spaces: Option<&[Namespace]>) -> Result<(), Failure> {
        let request = self.request;
        if request.tables & tables::TCP == 0 {
            return Err(Failure::Other("-D writes TCP sockets, and the options want none".to_owned()));
        }
        let query = query(request, None);
        let failed = |error: io::Error| Failure::Other(format!("{}: {error}", show(path)));
        let mut bytes = Vec::new();
        match spaces {
            None => sock_diag::raw(&query, Table::Tcp, &mut bytes).map_err(failed)?,
            Some([only]) => {
                let raw = || sock_diag::raw(&query, Table::Tcp, &mut bytes);
                only.inside(raw).map_err(|error| entering(only, &error))?.map_err(failed)?;
            }
            Some(_) => return Err(Failure::Other("-D writes the sockets of one network namespace".to_owned())),
        }
        match path.to_string_lossy().starts_with('-') {
            true => {
                self.out = bytes;
                self.flush()
            }
            false => write_file(path, &bytes).map_err(failed),
        }
    }
}

/// Writes a file as every file is written: mode 0600, through no link that others could have made.
fn write_file(path: &Path, bytes: &[u8]) -> io::Result<()> {
    use crate::system::place::Place;
    let mut file = Place::find(path).and_then(|place| place.create(false)).map_err(io::Error::other)?;
    file.write_all(bytes)
}

fn entering(space: &Namespace, error: &io::Error) -> Failure {
    let name = space.name.clone().unwrap_or_else(|| space.inode.to_string());
    Failure::Other(format!("cannot enter network namespace '{}': {error}", show(name)))
}

/// The question to the kernel.
fn query(request: &Request, filter: Option<&Filter>) -> Query {
    let (v4, v6) = (libc::AF_INET as u8, libc::AF_INET6 as u8);
    let show = &request.show;
    Query {
        tables: Vec::new(),
        families: match request.preferred {
            preferred if preferred == v6 => vec![v6],
            preferred if preferred == v4 => vec![v4],
            _ => vec![v4, v6],
        },
        listed: [v4, v6].into_iter().filter(|&family| request.families & 1 << family != 0).collect(),
        states: request.states,
        extras: Extras { memory: show.memory, info: show.info, tos: show.tos, details: show.details, owner: show.json },
        bytecode: filter.and_then(bytecode::compile),
    }
}

/// The kernel's tables that are asked for.
fn wanted(request: &Request) -> impl Iterator<Item = Table> + use<> {
    let Request { tables: bits, families, states, .. } = *request;
    let family = move |family: i32| families & 1 << family != 0;
    let inet = family(libc::AF_INET) || family(libc::AF_INET6);
    let closed = states & State::CLOSE.bit() != 0;
    Table::ALL.into_iter().filter(move |table| match table {
        Table::Tcp => bits & tables::TCP != 0 && inet,
        Table::Mptcp => bits & tables::MPTCP != 0 && inet,
        Table::Dccp => bits & tables::DCCP != 0 && inet,
        Table::Udp => bits & tables::UDP != 0 && inet,
        Table::Raw => bits & tables::RAW != 0 && inet,
        Table::Sctp => bits & tables::SCTP != 0 && inet,
        Table::Unix => bits & tables::UNIX != 0 && family(libc::AF_UNIX),
        Table::Packet => bits & tables::PACKET != 0 && family(libc::AF_PACKET) && closed,
        Table::Netlink => bits & tables::NETLINK != 0 && family(libc::AF_NETLINK) && closed,
        Table::Vsock => bits & tables::VSOCK != 0 && family(libc::AF_VSOCK),
        Table::Tipc => bits & tables::TIPC != 0,
        Table::Xdp => bits & tables::XDP != 0 && family(libc::AF_XDP) && closed,
    })
}

/// Whether a socket of a wanted table is of a wanted family and type.
fn kept(request: &Request, socket: &Socket) -> bool {
    let kind = i32::from(socket.kind);
    let table = |stream: u32, datagram: u32, sequence: u32| match kind {
        libc::SOCK_STREAM => request.tables & stream != 0,
        libc::SOCK_DGRAM => request.tables & datagram != 0,
        libc::SOCK_SEQPACKET => sequence == 0 || request.tables & sequence != 0,
        _ => true,
    };
    match &socket.detail {
        Detail::Inet(_) => request.families & 1 << socket.family.min(63) != 0,
        Detail::Unix(_) => table(tables::UNIX_STREAM, tables::UNIX_DGRAM, tables::UNIX_SEQPACKET),
        Detail::Vsock(_) => table(tables::VSOCK_STREAM, tables::VSOCK_DGRAM, 0),
        _ => true,
    }
}

/// The terminal's width, when stdout is one.
fn terminal_width() -> Option<usize> {
    let stdout = io::stdout();
    if !stdout.is_terminal() {
        return None;
    }
    rustix::termios::tcgetwinsize(&stdout).ok().map(|size| usize::from(size.ws_col)).filter(|&width| width > 0)
}
