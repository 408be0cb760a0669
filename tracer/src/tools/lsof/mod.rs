//! `tracer lsof`: open files, by lsof's options and in its output. Snapshot, selection, lines, output.

mod ending;
mod ends;
mod ethernet;
mod gather;
mod list;
mod names;
pub mod options;
pub mod output;
pub mod request;
mod select;
mod sockets;
mod stream;
mod targets;

#[cfg(test)]
pub mod testing;

use std::collections::HashMap;
use std::io::{self, Write};
use std::rc::Rc;
use std::time::Duration;

use anyhow::Result;

use self::list::{Held, Lister};
use self::names::{NameCache, host_addresses, service_port};
use self::select::{Selection, Wanted};
use self::sockets::Tables;
use self::targets::Targets;
use crate::exit;
use crate::render::sink::colored;
use crate::render::stdout::Stdout;
use crate::render::typed::show;
use crate::system::procfs::covered::Covered;
use crate::system::procfs::fds::Reader;
use crate::system::procfs::locks::Locks;
use crate::system::procfs::machine;
use crate::system::procfs::mounts::Mounts;
use crate::system::procfs::stat::Asker;
use crate::system::procfs::who::Who;
use crate::system::sock_diag::{Extras, Query, gather};
use crate::system::sockets::{Table, peers};
use crate::tools::lsof::output::{Amount, Entry, FileRow, Out, Terminal};
use crate::tools::lsof::request::{Address, Ends, Family, Host, Layout, Lsof, Port, SortKey};

/// Lists open files; gives the exit code.
///
/// # Errors
/// /proc cannot be read, or the source that was demanded does not work.
pub fn run(spec: &Lsof) -> Result<u8> {
    machine::check().map_err(anyhow::Error::msg)?;
    let mut mounts = Rc::new(Mounts::of(Who::Myself));
    let mut asker = Asker::new(spec.collect.limit, spec.collect.no_stat);
    let (mut targets, unusable) = Targets::find(&spec.select, &mounts, &mut asker, spec.forgive);
    if spec.warn || unusable.fatal {
        unusable.lines.iter().for_each(|line| complain(spec, line));
    }
    if unusable.fatal {
        return Ok(exit::NOTHING);
    }
    let addresses = match addresses(&spec.select.addresses) {
        Ok(addresses) => addresses,
        Err(line) => {
            complain(spec, &line);
            return Ok(usage_code(spec));
        }
    };
    if spec.show.labels && Who::Myself.label().is_none() {
        complain(spec, "-Z: no security module gives processes a label here");
        return Ok(spec.failure);
    }
    let mut names = NameCache::default();
    let mut ever = false;
    let mut round = 0;
    loop {
        let mut selection = Selection::new(&spec.select, addresses.clone(), targets.any());
        let mut reader =
            Reader::new(Asker::new(spec.collect.limit, spec.collect.no_stat), exempt(spec), Rc::clone(&mounts));
        let wanted = selection.pids();
        let hidden = Covered::among(&mounts).all_said(wanted.as_deref());
        let (entries, unreadable) = entries(spec, &mut selection, &mut targets, &mut names, &mounts, &mut reader)?;
        let any = entries.iter().any(|entry| !entry.rows.is_empty());
        ever |= any;
        let mut stdout = Stdout;
        let mut out = Out::new(&mut stdout);
        crate::tools::lsof::output::write(&entries, &spec.show, terminal(spec), unreadable, &mut out);
        if let Some(repeat) = spec.repeat.as_ref().filter(|repeat| any || !repeat.until_none) {
            let marker = repeat.marker.as_deref().map(now);
            crate::tools::lsof::output::marker(&spec.show, marker.as_deref(), &mut out.bytes);
        }
        let missing = ending::missing(spec, &selection, &targets);
        if spec.verbose && spec.repeat.is_none() {
            missing
                .iter()
                .for_each(|line| out.bytes.extend_from_slice(format!("{}: {line}\n", spec.program).as_bytes()));
        }
        match out.end() {
            Ok(()) => {}
            // `| head` has seen enough.
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => return Ok(exit::OK),
            Err(error) => return Err(error.into()),
        }
        if spec.warn {
            for uid in names.nameless.drain(..) {
                complain(spec, &format!("no pwd entry for UID {uid}"));
            }
        }
        if unreadable > 0 && (spec.warn || !any) {
            let s = if unreadable == 1 { "" } else { "es" };
            complain(spec, &format!("{unreadable} process{s} not readable"));
        }
        hidden.iter().for_each(|line| complain(spec, line));
        round += 1;
        let last = match &spec.repeat {
            None => true,
            Some(repeat) => (repeat.until_none && !any) || (repeat.count != 0 && round >= repeat.count),
        };
        if last {
            // Whether they have what was asked for cannot be told.
            if !hidden.is_empty() && (wanted.is_some() || !any) && spec.repeat.is_none() {
                return Ok(spec.failure);
            }
            let failed = !missing.is_empty() || !unusable.lines.is_empty();
            return Ok(match &spec.repeat {
                Some(repeat) if repeat.until_none => ending::code(ever),
                _ => ending::code(!failed || spec.forgive),
            });
        }
        std::thread::sleep(Duration::from_secs(spec.repeat.as_ref().map_or(0, |repeat| repeat.every)));
        mounts = Rc::new(Mounts::of(Who::Myself));
    }
}

/// A listing: processes with their lines.
fn entries(
    spec: &Lsof,
    selection: &mut Selection<'_>,
    targets: &mut Targets,
    names: &mut NameCache,
    mounts: &Mounts,
    reader: &mut Reader,
) -> Result<(Vec<Entry>, u64)> {
    let ends = spec.show.ends != Ends::No;
    let mut tables = Tables::default();
    let mut lister = Lister {
        spec,
        selection: &mut *selection,
        targets,
        tables: &mut tables,
        names: &mut *names,
        locks: Locks::read(),
        mounts,
        buffer: Vec::new(),
        items: Vec::new(),
        rows: Vec::new(),
        all: Vec::new(),
    };
    let unreadable = gather::gather(spec, reader, &mut lister, ends)?;
    let mut held = lister.all;
    if ends {
        ends::tell(&mut held, selection, &spec.show, &unix_peers());
        // Those that were listed for their other end only have users too.
        for held in held.iter_mut().filter(|_| !spec.show.numeric_users) {
            held.entry.login = names.user(held.entry.uid);
        }
    }
    let rows_of = |Held { mut entry, items }: Held| {
        entry.rows.extend(items.into_iter().filter(|item| selection.shown(item.bits)).map(|item| item.row));
        entry
    };
    let mut entries: Vec<Entry> = held.into_iter().map(rows_of).collect();
    if let Some(key) = spec.show.sort {
        sort(&mut entries, key);
    }
    Ok((entries, unreadable))
}

/// Orders lines across processes: each gets its process's columns.
fn sort(entries: &mut Vec<Entry>, key: SortKey) {
    let amount = |row: &FileRow| match (row.amount, key) {
        (Amount::Size(n), SortKey::Size) | (Amount::Offset(n), SortKey::Offset) => Some(n),
        _ => None,
    };
    if key == SortKey::Pid {
        return;
    }
    let mut lines: Vec<Entry> = Vec::new();
    for mut entry in entries.drain(..) {
        let rows = std::mem::take(&mut entry.rows);
        lines.extend(rows.into_iter().map(|row| Entry { rows: vec![row], ..entry.clone() }));
    }
    match key {
        SortKey::Name => lines.sort_by(|a, b| a.rows[0].name.cmp(&b.rows[0].name)),
        _ => lines.sort_by_key(|entry| std::cmp::Reverse(amount(&entry.rows[0]))),
    }
    *entries = lines;
}

/// Of unix sockets of our network namespace, the inode of the other.
fn unix_peers() -> HashMap<u64, u64> {
    let extras = Extras { details: true, ..Extras::default() };
    peers::unix_pairs(&gather(&Query { tables: vec![Table::Unix], extras, ..Query::everything() }, 0).sockets)
}

/// Addresses of `-i` with their names looked up.
fn addresses(given: &[Address]) -> Result<Vec<Wanted>, String> {
    let mut list = Vec::new();
    for (of, address) in given.iter().enumerate() {
        let protocol = address.protocol;
        let hosts = match &address.host {
            None => vec![None],
            Some(Host::Ip(ip)) => vec![Some(*ip)],
            Some(Host::Name(name)) => {
                let fits = |ip: &std::net::IpAddr| match address.family {
                    Family::Any => true,
                    Family::V4 => ip.is_ipv4(),
                    Family::V6 => ip.is_ipv6(),
                };
                let found: Vec<_> = host_addresses(name, &address.text)?.into_iter().filter(fits).collect();
                if found.is_empty() {
                    return Err(format!("unknown host name ({}) in: -i {}", show(name), show(&address.text)));
                }
                found.into_iter().map(Some).collect()
            }
        };
        let number = |port: &Port| match port {
            Port::Number(n) => Ok(*n),
            Port::Service(name) => service_port(name, protocol, &address.text),
        };
        let mut ports = Vec::new();
        for range in &address.ports {
            let first = number(&range.first)?;
            let last = range.last.as_ref().map_or(Ok(first), number)?;
            if last < first {
                return Err(format!("unacceptable port specification in: -i {}", show(&address.text)));
            }
            ports.push(Some((first, last)));
        }
        if ports.is_empty() {
            ports.push(None);
        }
        for ip in hosts {
            let one = |&ports: &_| Wanted { of, protocol, family: address.family, ip, ports };
            list.extend(ports.iter().map(one));
        }
    }
    Ok(list)
}

/// The time, by a format of strftime(3).
fn now(format: &str) -> String {
    let time = jiff::ZonedDateTime::new(jiff::Timestamp::now(), jiff::tz::TimeZone::system());
    jiff::fmt::strtime::format(format, &time).unwrap_or_else(|_| "=======".to_owned())
}

fn terminal(spec: &Lsof) -> Terminal {
    let color = colored(spec.show.color, || rustix::termios::isatty(io::stdout()));
    let locale =
        ["LC_ALL", "LC_CTYPE", "LANG"].iter().find_map(|name| std::env::var(name).ok().filter(|v| !v.is_empty()));
    let utf8 = locale.is_some_and(|name| {
        let name = name.to_ascii_lowercase();
        name.contains("utf-8") || name.contains("utf8")
    });
    Terminal { utf8, color: color && spec.show.form == Layout::Table }
}

/// `-e`
fn exempt(spec: &Lsof) -> Vec<Vec<u8>> {
    spec.collect.exempt.iter().map(|path| path.as_os_str().as_encoded_bytes().to_vec()).collect()
}

fn usage_code(spec: &Lsof) -> u8 {
    if spec.failure == exit::FAILED { exit::USAGE } else { spec.failure }
}

/// A line on stderr.
fn complain(spec: &Lsof, line: &str) {
    // Nobody is left to be told that stderr is closed.
    let _ = writeln!(io::stderr(), "{}: {line}", spec.program);
}
