//! The lists of a report: threads, descriptors, sockets, mapped files, limits, environment. Long lists are cut with a
//! word that says so; `--full` and JSON have all.

use super::text::{Page, unknown};
use crate::render::amount::{open_flags, size};
use crate::render::escape::{Color, Line};
use crate::system::process::{Limit, has_ended};
use crate::system::snapshot::{Access, Descriptor, Slot};
use crate::system::sockets::{Detail, Socket, State};
use crate::tools::inspect::report::{HeldSocket, Holder, Report, Thread};

/// Lines of a list that are shown, and of one that is for reference only.
const MOST: usize = 25;
const FEW: usize = 12;

/// Threads: what each is, and in what it waits.
pub fn threads(report: &Report, page: &mut Page<'_>) {
    let list = &report.threads;
    page.title(|line| line.text(&format!("Threads ({})", list.len())));
    for thread in list.iter().take(page.most(MOST)) {
        page.line(|line| {
            line.padded(thread.tid.into(), 7, b' ');
            line.text(&format!("  {}  ", thread.state as char));
            line.plain_name(&thread.comm);
            line.pad(32);
            line.text(&format!("{:.2} s", thread.time as f64 / report.ticks.max(1) as f64));
            line.pad(42);
            waits(report, thread, line);
        });
    }
    page.more(list.len(), MOST);
}

fn waits(report: &Report, thread: &Thread, line: &mut Line<'_>) {
    match (&thread.call, &thread.waits_in) {
        (Some(call), _) => {
            line.lit("in ");
            line.text(&call.name);
            if let Some(fd) = call.fd {
                line.text(&format!(" of {fd}"));
                if let Some(file) = report.descriptor(fd) {
                    line.lit(": ");
                    line.plain_name(&file.path);
                }
            }
        }
        (None, Some(function)) => {
            line.lit("waits in ");
            line.plain_name(function);
        }
        (None, None) if thread.state == b'R' => line.lit("runs"),
        (None, None) => {}
    }
}

/// Descriptors: for what, of which type, how large, where to.
pub fn descriptors(report: &Report, page: &mut Page<'_>) {
    if has_ended(report.stat.state) {
        return;
    }
    page.title(|line| match &report.descriptors {
        Some(list) => line.text(&format!("Descriptors ({})", list.len())),
        None => line.lit("Descriptors"),
    });
    let Some(list) = &report.descriptors else {
        return page.line(|line| unknown(report, "descriptors", line));
    };
    for file in list.iter().take(page.most(MOST)) {
        page.line(|line| descriptor(report, file, line));
    }
    page.more(list.len(), MOST);
}

fn descriptor(report: &Report, file: &Descriptor, line: &mut Line<'_>) {
    let Slot::Number(fd) = file.slot else { return };
    line.padded(fd.into(), 5, b' ');
    line.text(&format!(" {}  ", file.access.letter() as char));
    line.lit(kind(file));
    line.pad(19);
    line.plain_name(&file.path);
    if let Some(lack) = &file.lack {
        line.lit(" ");
        line.text(&lack.to_string());
    }
    line.paint(Color::Dim);
    if kind(file) == "file" {
        line.text(&file.stat.and_then(|stat| stat.size).map_or_else(String::new, |n| format!("  {}", size(n))));
        line.text(&file.pos.map_or_else(String::new, |at| format!(" at {at}")));
    }
    let flags = file.flags.map(open_flags).unwrap_or_default();
    if !flags.is_empty() {
        line.text(&format!("  {}", flags.join(" ")));
    }
    line.plain();
    if let Some(pipe) = report.pipes.iter().find(|pipe| pipe.fds.contains(&fd)) {
        holders(&pipe.others, line);
    }
}

/// The type of what a descriptor leads to.
pub fn kind(file: &Descriptor) -> &'static str {
    match file.stat.map(|stat| stat.kind()) {
        None => "?",
        Some(libc::S_IFREG) => "file",
        Some(libc::S_IFDIR) => "dir",
        Some(libc::S_IFCHR) => "char",
        Some(libc::S_IFBLK) => "block",
        Some(libc::S_IFIFO) => "pipe",
        Some(libc::S_IFSOCK) => "socket",
        Some(libc::S_IFLNK) => "link",
        Some(_) => "other",
    }
}

/// Who else holds something.
fn holders(list: &[Holder], line: &mut Line<'_>) {
    const SHOWN: usize = 4;
    for (at, holder) in list.iter().take(SHOWN).enumerate() {
        line.lit(if at == 0 { "  <-> " } else { ", " });
        line.text(&format!("{} ", holder.pid));
        line.plain_name(&holder.comm);
        line.text(&format!(" fd {}", holder.fd));
        line.lit(match holder.access {
            Access::Read => " (reads)",
            Access::Write => " (writes)",
            Access::Update | Access::Unknown => "",
        });
    }
    if list.len() > SHOWN {
        line.text(&format!(" and {} more", list.len() - SHOWN));
    }
}

/// Sockets: ends, state, queues, who is at the other end.
pub fn sockets(report: &Report, page: &mut Page<'_>) {
    let list = &report.sockets;
    if list.is_empty() && report.descriptors.is_none() {
        return;
    }
    page.title(|line| line.text(&format!("Sockets ({})", list.len())));
    for held in list.iter().take(page.most(MOST)) {
        page.line(|line| socket(held, line));
    }
    page.more(list.len(), MOST);
}

fn socket(held: &HeldSocket, line: &mut Line<'_>) {
    let fds: Vec<String> = held.fds.iter().take(4).map(u32::to_string).collect();
    line.text(&format!("fd {}", fds.join(",")));
    line.pad(10);
    let Some(socket) = &held.socket else {
        return line.text(&format!("socket:[{}], in no table of the kernel: neither bound nor connected", held.inode));
    };
    line.lit(family(socket));
    line.lit(" ");
    line.lit(socket.state.name());
    line.lit(" ");
    match &socket.detail {
        Detail::Inet(inet) => {
            end(inet.local.address, inet.local.port, line);
            if inet.remote.port != 0 {
                line.lit(" -> ");
                end(inet.remote.address, inet.remote.port, line);
            }
            if let Some(info) = inet.tcp().filter(|_| socket.state != State::LISTEN) {
                let (sent, received) = (size(info.bytes_sent), size(info.bytes_received));
                line.text(&format!(" sent {sent}, received {received},"));
                line.text(&format!(" last {} and {} ms ago", info.last_data_sent, info.last_data_recv));
            }
        }
        Detail::Unix(unix) => {
            name(unix.name.as_deref(), line);
            if let Some(peer) = &held.peer_name {
                line.lit(" -> ");
                line.plain_name(peer);
            }
        }
        _ => line.text(&format!("socket:[{}]", held.inode)),
    }
    queues(socket, line);
    holders(&held.peers, line);
}

/// An end of a connection.
pub fn end(address: std::net::IpAddr, port: u16, line: &mut Line<'_>) {
    line.text(&match (address.is_unspecified(), address) {
        (true, _) => format!("*:{port}"),
        (false, std::net::IpAddr::V6(v6)) => format!("[{v6}]:{port}"),
        (false, v4) => format!("{v4}:{port}"),
    });
}

/// A name that a unix socket is bound to.
pub fn name(name: Option<&[u8]>, line: &mut Line<'_>) {
    match name {
        Some([0, rest @ ..]) => {
            line.lit("@");
            line.plain_name(rest);
        }
        Some(path) => line.plain_name(path),
        None => line.lit("(no name)"),
    }
}

fn queues(socket: &Socket, line: &mut Line<'_>) {
    if socket.state == State::LISTEN {
        line.text(&format!(", {} of at most {} wait to be accepted", socket.recv_q, socket.send_q));
    } else if socket.recv_q > 0 || socket.send_q > 0 {
        line.text(&format!(", {} bytes not read, {} not acknowledged", socket.recv_q, socket.send_q));
    }
}

/// The kind of a socket.
pub fn family(socket: &Socket) -> &'static str {
    match &socket.detail {
        Detail::Inet(inet) => inet.table.name(),
        Detail::Unix(_) => "unix",
        Detail::Netlink(_) => "netlink",
        Detail::Packet(_) => "packet",
        Detail::Vsock(_) => "vsock",
        Detail::Xdp(_) => "xdp",
        Detail::Tipc(_) => "tipc",
    }
}

/// Mapped files.
pub fn mapped(report: &Report, page: &mut Page<'_>) {
    if report.kernel || has_ended(report.stat.state) {
        return;
    }
    page.title(|line| match &report.mapped {
        Some(list) => line.text(&format!("Mapped files ({}), with code: x", list.len())),
        None => line.lit("Mapped files"),
    });
    let Some(list) = &report.mapped else {
        return page.line(|line| unknown(report, "mapped files", line));
    };
    for mapped in list.iter().take(page.most(FEW)) {
        page.line(|line| {
            line.lit(if mapped.executable { "x " } else { "  " });
            line.lit(if mapped.written_shared { "w " } else { "  " });
            line.text(&size(mapped.bytes));
            line.pad(18);
            line.plain_name(&mapped.file.path);
            line.lit(if mapped.file.slot == Slot::Deleted { " (deleted)" } else { "" });
        });
    }
    page.more(list.len(), FEW);
}

/// Limits of which the use is known, and those of its cgroup.
pub fn limits(report: &Report, page: &mut Page<'_>) {
    page.title(|line| line.lit("Limits, as far as their use is known"));
    if report.limits.is_none() {
        page.line(|line| unknown(report, "limits", line));
    }
    let known = report.limits.iter().flatten().chain(&report.cgroup_limits).filter(|limit| limit.used.is_some());
    for limit in known {
        page.line(|line| one_limit(limit, line));
    }
}

fn one_limit(limit: &Limit, line: &mut Line<'_>) {
    line.plain_name(limit.name.as_bytes());
    line.pad(26);
    let amount = |n: u64| if limit.unit == "bytes" { size(n) } else { format!("{n} {}", limit.unit) };
    line.text(&amount(limit.used.unwrap_or(0)));
    match limit.soft {
        Some(soft) => line.text(&format!(" of {}", amount(soft))),
        None => line.lit(", unlimited"),
    }
    if limit.near() {
        line.paint(Color::Error);
        line.lit(" (near)");
        line.plain();
    }
}

/// Environment.
pub fn environment(report: &Report, page: &mut Page<'_>) {
    if report.kernel || has_ended(report.stat.state) {
        return;
    }
    page.title(|line| match &report.environment {
        Some(list) => line.text(&format!("Environment when it began ({})", list.len())),
        None => line.lit("Environment"),
    });
    let Some(list) = &report.environment else {
        return page.line(|line| unknown(report, "environment", line));
    };
    for variable in list.iter().take(page.most(MOST)) {
        page.line(|line| {
            line.plain_name(&variable.name);
            line.lit("=");
            line.plain_name(&variable.value);
            line.lit(if variable.masked { " (masked; --env shows it)" } else { "" });
        });
    }
    page.more(list.len(), MOST);
}
