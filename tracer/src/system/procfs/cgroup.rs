//! The cgroup of a process, and what it allows: `/proc/PID/cgroup` and the files of cgroup v2 (cgroups(7)).

use super::{number, read_into};
use crate::system::process::Limit;

/// Where cgroup v2 is mounted, by systemd and nearly everybody else.
const MOUNT: &str = "/sys/fs/cgroup";

/// The path in `/proc/PID/cgroup`: of v2 (`0::PATH`) unless that is the root and systemd's hierarchy of v1 tells more.
pub fn path(text: &[u8]) -> Option<&[u8]> {
    let paths = |wanted: &[u8]| {
        text.split(|&b| b == b'\n').find_map(|line| {
            let mut parts = line.splitn(3, |&b| b == b':');
            let (_, controllers, path) = (parts.next()?, parts.next()?, parts.next()?);
            (controllers == wanted).then_some(path)
        })
    };
    let (two, one) = (paths(b""), paths(b"name=systemd"));
    match (two, one) {
        (Some(b"/") | None, Some(one)) => Some(one),
        (two, _) => two,
    }
}

/// Limits of memory and tasks that a cgroup or one above it sets, the narrowest by what is left of it.
pub fn limits(path: &[u8]) -> Vec<Limit> {
    let Ok(path) = std::str::from_utf8(path) else { return Vec::new() };
    // Outside of our own cgroup namespace there are no paths.
    if path.split('/').any(|part| part == "..") {
        return Vec::new();
    }
    let kinds = [("memory", "bytes"), ("pids", "tasks")];
    let mut found = Vec::new();
    let mut text = Vec::new();
    for (kind, unit) in kinds {
        let mut narrowest: Option<Limit> = None;
        let mut at = path.trim_end_matches('/');
        while !at.is_empty() {
            let mut file = |name: &str| {
                read_into(&format!("{MOUNT}{at}/{kind}.{name}"), &mut text).ok()?;
                number(&text).map(|(value, _)| value)
            };
            if let (Some(most), Some(used)) = (file("max"), file("current")) {
                let limit = Limit {
                    name: format!("{kind}.max of {at}"),
                    soft: Some(most),
                    hard: Some(most),
                    unit: unit.to_owned(),
                    used: Some(used),
                };
                let left = most.saturating_sub(used);
                let narrower =
                    |before: &Limit| left < before.soft.unwrap_or(u64::MAX).saturating_sub(before.used.unwrap_or(0));
                if narrowest.as_ref().is_none_or(narrower) {
                    narrowest = Some(limit);
                }
            }
            at = &at[..at.rfind('/').unwrap_or(0)];
        }
        found.extend(narrowest);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths() {
        for (text, expected) in [
            ("0::/system.slice/a.service\n", Some("/system.slice/a.service")),
            ("12:pids:/x\n1:name=systemd:/user.slice\n0::/\n", Some("/user.slice")),
            ("1:name=systemd:/old\n0::/new\n", Some("/new")),
            ("0::/a:b\n", Some("/a:b")),
            ("0::/\n", Some("/")),
            ("12:pids:/x\n", None),
            ("", None),
        ] {
            let found = path(text.as_bytes()).map(|path| String::from_utf8_lossy(path).into_owned());
            assert_eq!(found.as_deref(), expected, "{text}");
        }
    }
}
