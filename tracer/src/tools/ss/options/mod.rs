//! The command line of `tracer ss`, which is that of iproute2's ss: options in any order and among the words of
//! the filter, then `state` and `exclude`, then an expression.

pub mod filter;
mod flags;
mod select;

use std::ffi::OsString;
use std::ops::ControlFlow;

use crate::cli::fault::{Fault, show};
use crate::cli::getopt::{self, Words};
use crate::cli::help::Manual;
use crate::cli::table;
use crate::exit;
use crate::tools::ss::request::{Closing, Request, Spaces};
use flags::FLAGS;
use select::Draft;

/// What the command line asks for.
#[derive(Debug)]
pub enum Asked {
    /// A list of sockets.
    List(Box<Request>),
    /// Help.
    Help,
    /// The version.
    Version,
}

/// Reads the command line; `peer`: called as ss.
pub fn parse(program: &str, peer: bool, args: &[OsString]) -> Result<Asked, Fault> {
    let mut draft = Draft::default();
    let words = getopt::read(FLAGS, args, Words::MayMix, |row, given| {
        (row.set)(&mut draft, given.value)?;
        Ok(if draft.help || draft.version { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
    })?;
    if draft.help {
        return Ok(Asked::Help);
    }
    if draft.version {
        return Ok(Asked::Version);
    }
    let words: Vec<String> = words
        .into_iter()
        .map(|word| word.into_string().map_err(|w| Fault::usage(format!("'{}' is not text", show(w)))))
        .collect::<Result<_, _>>()?;
    let words = draft.states_of(words)?;
    draft.settle();
    let mut request = Request {
        program: program.to_owned(),
        peer,
        tables: draft.tables,
        families: draft.families,
        preferred: draft.preferred,
        states: draft.states,
        filter: None,
        filter_file: None,
        summary: draft.summary,
        list: !draft.summary || !draft.default || !words.is_empty() || draft.all_netns,
        dump: draft.dump,
        closing: match (draft.kill, peer || draft.yes) {
            (false, _) => Closing::No,
            (true, false) => Closing::Asked,
            (true, true) => Closing::Meant,
        },
        events: draft.events,
        spaces: match draft.netns {
            _ if draft.all_netns => Spaces::All,
            Some(name) => Spaces::Named(name),
            None => Spaces::Current,
        },
        show: draft.show,
    };
    if draft.all_netns && (draft.kill || draft.events) {
        return Err(Fault::usage("-K and -E are about one network namespace: -N names it"));
    }
    if draft.kill && draft.events {
        return Err(Fault::usage("-E follows sockets that go: there is nothing to close (-K)"));
    }
    if let Some(what) = draft.nothing {
        return Err(Fault::plain(format!("no {what} to show with such a filter")));
    }
    match draft.filter_file {
        Some(file) => request.filter_file = Some((file, words)),
        None => request.filter = filter::parse(&words, &mut request)?,
    }
    Ok(Asked::List(Box::new(request)))
}

/// What help says.
pub const MANUAL: Manual = Manual {
    usage: &["[OPTION]... [state STATE | exclude STATE]... [EXPRESSION]"],
    about: "Shows sockets, as the kernel reports them by netlink. Options, filters and output are those of iproute2's ss.",
    options: || table::flags(FLAGS),
    notes: "\
STATE:
  established, syn-sent, syn-recv, fin-wait-1, fin-wait-2, time-wait, closed,
  close-wait, last-ack, listening, closing, bound-inactive
  all                     all of these
  connected               neither listening nor closed
  synchronized            connected, but not syn-sent
  bucket                  syn-recv, time-wait
  big                     all but bucket

EXPRESSION: tests, joined by and (&, or nothing), or (|), not (!), parentheses;
each is a word of its own. Evaluated from left to right, without precedence.
  {src|dst} [=] HOST      local, remote address: ADDRESS[/LENGTH][:PORT]
  {sport|dport} [OP] PORT local, remote port: :443 or :https
                          OP: = != < > <= >= or eq ne lt gt le ge
  dev [=|!=] NAME         interface that the socket is bound to
  fwmark [=|!=] MARK[/MASK]
                          firewall mark of the socket
  cgroup [=|!=] PATH      cgroup v2 directory of the socket
  autobound               the kernel chose the local port
",
    ends: "When called as ss: 0, or 1 or 255 for an error. Otherwise:",
    exits: &[
        (exit::OK, "A socket was found."),
        (exit::NOTHING, "No socket was found."),
        (exit::USAGE, "A usage error."),
        (exit::FAILED, "The sockets could not be listed."),
    ],
};

#[cfg(test)]
mod tests;
