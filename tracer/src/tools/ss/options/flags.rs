//! Every option of `tracer ss`, a row each; help is made of the same rows.

use std::ffi::OsStr;
use std::path::PathBuf;

use super::select::{Draft, FAMILIES, TABLES, family};
use crate::cli::fault::{Fault, nearest, show};
use crate::cli::table::{Completes, Flag, OptionRow, Takes};
use crate::tools::ss::request::tables;

/// What an option does; the value is there when one is taken.
pub type Set = fn(&mut Draft, Option<&OsStr>) -> Result<(), Fault>;

const fn row(
    short: Option<&'static str>,
    long: &'static [&'static str],
    takes: Takes,
    own: bool,
    help: &'static str,
    set: Set,
) -> OptionRow<Set> {
    let mut flag = Flag::new(short, long, takes, help);
    flag.own = own;
    OptionRow { flag, set }
}

/// A row: spelling, value or `-`, help, what it does to the draft.
macro_rules! flag {
    ($short:expr, $long:expr, $takes:expr, $own:literal, $help:literal, $set:expr) => {
        row($short, $long, $takes, $own, $help, $set)
    };
    ($short:literal, $long:literal, $help:literal, |$draft:ident| $set:expr) => {
        flag!(Some($short), &[$long], Takes::Nothing, false, $help, |$draft, _| {
            $set;
            Ok(())
        })
    };
    ($long:literal, $help:literal, |$draft:ident| $set:expr) => {
        flag!(None, &[$long], Takes::Nothing, false, $help, |$draft, _| {
            $set;
            Ok(())
        })
    };
}

/// A file name as ss takes it.
fn path(value: Option<&OsStr>) -> PathBuf {
    value.unwrap_or_default().into()
}

fn text(value: Option<&OsStr>) -> String {
    value.unwrap_or_default().to_string_lossy().into_owned()
}

fn refuse(option: &str, why: &str) -> Result<(), Fault> {
    Err(Fault::plain(format!("{option}: {why}")))
}

/// The table.
pub static FLAGS: &[OptionRow<Set>] = &[
    flag!("-h", "--help", "Print this help.", |d| d.help = true),
    flag!("-V", "--version", "Print the version.", |d| d.version = true),
    flag!(Some("-v"), &[], Takes::Nothing, false, "Same as -V.", |d, _| {
        d.version = true;
        Ok(())
    }),
    flag!("-n", "--numeric", "Print port numbers, not service names; rates unrounded.", |d| d.show.numeric = true),
    flag!("-r", "--resolve", "Print host names, not addresses.", |d| d.show.resolve = true),
    flag!("-a", "--all", "Show sockets in all states.", |d| d.state_filter = select_all()),
    flag!("-l", "--listening", "Show listening sockets only.", |d| d.state_filter = 1 << 10 | 1 << 7),
    flag!(
        Some("-B"),
        &["--bound-inactive"],
        Takes::Nothing,
        true,
        "Show TCP sockets that are bound, but neither listening nor connected (Linux 6.8).",
        |d, _| {
            d.state_filter = 1 << 13;
            Ok(())
        }
    ),
    flag!("-o", "--options", "Show timers.", |d| d.show.timers = true),
    flag!("-e", "--extended", "Show user, inode, cookie and timers.", |d| {
        d.show.timers = true;
        d.show.details = true;
    }),
    flag!("-m", "--memory", "Show socket memory.", |d| d.show.memory = true),
    flag!("-p", "--processes", "Show the processes that have the socket open.", |d| d.show.processes = true),
    flag!("-T", "--threads", "Show the threads that have the socket open.", |d| d.show.threads = true),
    flag!("-i", "--info", "Show TCP's state of the connection: windows, rates, retransmissions, ...", |d| d.show.info = true),
    flag!("--tipcinfo", "Show TIPC's state of the socket.", |d| d.show.tipc = true),
    flag!("-s", "--summary", "Show counts of sockets.", |d| d.summary = true),
    flag!("--tos", "Show type of service, traffic class and class id.", |d| d.show.tos = true),
    flag!("--cgroup", "Show the cgroup that the socket was created in.", |d| d.show.cgroup = true),
    flag!("--inet-sockopt", "Show options of inet sockets.", |d| d.show.sockopt = true),
    flag!("-b", "--bpf", "Show filters of packet sockets, and timers.", |d| {
        d.show.timers = true;
        d.show.bpf = true;
    }),
    flag!("-E", "--events", "Show TCP and UDP sockets as they are destroyed, until interrupted.", |d| d.events = true),
    flag!("-Z", "--context", "Show the label that a security module gives each process.", |d| {
        d.show.processes = true;
        d.show.labels = true;
    }),
    flag!(Some("-z"), &["--contexts"], Takes::Nothing, false, "Refused: labels of sockets are not read.", |_, _| {
        refuse("-z", "labels of sockets are not read; -Z shows those of processes")
    }),
    flag!(Some("-N"), &["--net"], Takes::Value("NAME"), false, "Show the sockets of network namespace NAME.", |d, v| {
        d.netns = Some(text(v));
        Ok(())
    }),
    flag!(
        None,
        &["--all-netns"],
        Takes::Nothing,
        true,
        "Show the sockets of all network namespaces, with a column that names each.",
        |d, _| {
            d.all_netns = true;
            Ok(())
        }
    ),
    flag!("-4", "--ipv4", "Show IPv4 sockets only.", |d| d.family(libc::AF_INET)),
    flag!("-6", "--ipv6", "Show IPv6 sockets only.", |d| d.family(libc::AF_INET6)),
    flag!("-0", "--packet", "Show packet sockets.", |d| d.family(libc::AF_PACKET)),
    flag!("-t", "--tcp", "Show TCP sockets.", |d| d.table(tables::TCP, true)),
    flag!("-M", "--mptcp", "Show MPTCP sockets.", |d| d.table(tables::MPTCP, true)),
    flag!("-S", "--sctp", "Show SCTP sockets.", |d| d.table(tables::SCTP, true)),
    flag!("-u", "--udp", "Show UDP sockets.", |d| d.table(tables::UDP, true)),
    flag!("-d", "--dccp", "Show DCCP sockets.", |d| d.table(tables::DCCP, true)),
    flag!("-w", "--raw", "Show raw sockets.", |d| d.table(tables::RAW, true)),
    flag!("-x", "--unix", "Show Unix sockets.", |d| d.family(libc::AF_UNIX)),
    flag!("--tipc", "Show TIPC sockets.", |d| d.family(libc::AF_TIPC)),
    flag!("--vsock", "Show vsock sockets.", |d| d.family(libc::AF_VSOCK)),
    flag!("--xdp", "Show XDP sockets.", |d| d.family(libc::AF_XDP)),
    flag!(
        Some("-f"),
        &["--family"],
        Takes::Value("FAMILY"),
        false,
        "Show this family: inet, inet6, link, unix, netlink, vsock, tipc or xdp.",
        |d, v| {
            let name = text(v);
            match family(&name) {
                Some(family) => d.family(family),
                None if name == "help" => d.help = true,
                None => {
                    let meant = nearest(&name, FAMILIES.iter().map(|(name, _)| *name)).map(str::to_owned);
                    return Err(Fault::usage(format!("'{}' is not a family", show(&name))).or_did_you_mean(meant));
                }
            }
            Ok(())
        }
    )
    .completes(Completes::From(families)),
    flag!(
        Some("-A"),
        &["--query", "--socket"],
        Takes::Value("QUERY"),
        false,
        "Show these tables, separated by commas (also --socket): all, inet, tcp, udp, unix_stream, ...; '!' excludes one.",
        |d, v| d.query(&text(v))
    )
    .completes(Completes::From(queries)),
    flag!(
        Some("-D"),
        &["--diag"],
        Takes::Value("FILE"),
        false,
        "Write the kernel's raw answers about TCP to FILE.",
        |d, v| {
            d.dump = Some(path(v));
            Ok(())
        }
    )
    .files(),
    flag!(
        Some("-F"),
        &["--filter"],
        Takes::Value("FILE"),
        false,
        "Read more of the expression from FILE; '-': from stdin.",
        |d, v| {
            match d.filter_file.replace(path(v)) {
                None => Ok(()),
                Some(_) => Err(Fault::usage("more than one file of filters")),
            }
        }
    )
    .files(),
    flag!("-K", "--kill", "Close the sockets, and show those that were closed. Asks first, on a terminal.", |d| d.kill = true),
    flag!(None, &["--yes"], Takes::Nothing, true, "Do not ask: -K is meant.", |d, _| {
        d.yes = true;
        Ok(())
    }),
    flag!("-H", "--no-header", "Print no header.", |d| d.show.header = false),
    flag!("-Q", "--no-queues", "Leave out the queues.", |d| d.show.no_queues = true),
    flag!("-O", "--oneline", "Print each socket on one line.", |d| d.show.oneline = true),
    flag!(
        None,
        &["--json"],
        Takes::Nothing,
        true,
        "Print JSON Lines: an object per socket, and a last one that says what is missing.",
        |d, _| {
            d.show.json = true;
            Ok(())
        }
    ),
];

/// What a shell offers for `-f`.
fn families() -> Vec<String> {
    FAMILIES.iter().map(|(name, _)| (*name).to_owned()).collect()
}

/// What a shell offers for `-A`.
fn queries() -> Vec<String> {
    TABLES.iter().map(|(name, _)| (*name).to_owned()).collect()
}

/// The states that `-a` means.
fn select_all() -> u32 {
    super::select::ALL
}
