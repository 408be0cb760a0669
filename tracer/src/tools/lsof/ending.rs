//! What was asked for and not found: lines for `-V`, and the exit code.

use super::select::{Selection, kind};
use super::targets::Targets;
use crate::exit;
use crate::schema::net::TCP_STATES;
use crate::tools::lsof::request::{Lsof, Tasks};

/// 0 when all was found, else 1.
pub fn code(found: bool) -> u8 {
    if found { exit::OK } else { exit::NOTHING }
}

/// A line for each thing that was asked for and not found, in lsof's words and order.
pub fn missing(spec: &Lsof, selection: &Selection<'_>, targets: &Targets) -> Vec<String> {
    let (select, found) = (&spec.select, &selection.found);
    let mut lines = Vec::new();
    let quoted =
        |bytes: &[u8]| crate::render::typed::show(<std::ffi::OsStr as std::os::unix::ffi::OsStrExt>::from_bytes(bytes));
    for (at, command) in select.commands.iter().enumerate() {
        if !command.not && !found.commands.contains(&at) {
            lines.push(format!("command not located: {}", quoted(&command.value)));
        }
    }
    for (at, pattern) in select.patterns.iter().enumerate() {
        if !found.patterns.contains(&at) {
            lines.push(format!("no command found for regex: {}", quoted(pattern.text.as_bytes())));
        }
    }
    // A directory's files are wanted together.
    let named = select.names.iter().map(|name| name.as_encoded_bytes());
    let named: Vec<&[u8]> =
        named.chain(select.dirs.iter().map(|dir| dir.path.as_os_str().as_encoded_bytes())).collect();
    let dirs = !select.dirs.is_empty();
    for (name, system) in targets.missing() {
        if named.contains(&name) || dirs {
            let what = if system { " system" } else { "" };
            lines.push(format!("no file{what} use located: {}", quoted(name)));
        }
    }
    for (at, address) in select.addresses.iter().enumerate() {
        let twin = |(other, a): (usize, &crate::tools::lsof::request::Address)| {
            found.addresses.contains(&other) && a.text == address.text
        };
        if !select.addresses.iter().enumerate().any(twin) {
            // Of the same address given twice, the first is told.
            if select.addresses.iter().position(|a| a.text == address.text) == Some(at) {
                lines.push(format!("Internet address not located: {}", quoted(address.text.as_bytes())));
            }
        }
    }
    if select.inet.is_some() && found.kinds & kind::INET == 0 {
        lines.push("no Internet files located".to_owned());
    }
    for (at, state) in select.states.iter().enumerate() {
        if !state.not && !found.states.contains(&at) {
            let name = TCP_STATES.get(usize::from(state.value)).unwrap_or(&"?");
            lines.push(format!("TCP state not located: {name}"));
        }
    }
    if select.nfs && found.kinds & kind::NFS == 0 {
        lines.push("no NFS files located".to_owned());
    }
    for (at, pid) in select.pids.iter().enumerate() {
        if !pid.not && !found.pids.contains(&at) {
            lines.push(format!("process ID not located: {}", pid.value));
        }
    }
    if select.tasks == Tasks::Select && found.kinds & kind::TASK == 0 {
        lines.push("no tasks located".to_owned());
    }
    for (at, group) in select.groups.iter().enumerate() {
        if !group.not && !found.groups.contains(&at) {
            lines.push(format!("process group ID not located: {}", group.value));
        }
    }
    for (at, user) in select.users.iter().enumerate() {
        if !user.not && !found.users.contains(&at) {
            lines.push(match &user.value.name {
                Some(name) => format!("login name (UID {}) not located: {}", user.value.uid, quoted(name.as_bytes())),
                None => format!("user ID not located: {}", user.value.uid),
            });
        }
    }
    lines
}
