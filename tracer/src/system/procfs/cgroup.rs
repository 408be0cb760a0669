//! The cgroup of a process, and what it allows: `/proc/PID/cgroup` and the files of cgroup v2 (cgroups(7)).

use super::mounts::{Mount, Mounts};
use super::{number, read_into};
use crate::system::process::{Group, GroupMemory, Limit};

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

/// A hierarchy that a process is in: its path there, and where it is mounted.
fn hierarchies<'t>(text: &'t [u8], mounts: &Mounts) -> Vec<(&'t [u8], Vec<u8>, bool)> {
    let mut found = Vec::new();
    for line in text.split(|&b| b == b'\n') {
        let mut parts = line.splitn(3, |&b| b == b':').skip(1);
        let (Some(controllers), Some(path)) = (parts.next(), parts.next()) else { continue };
        let two = controllers.is_empty();
        let is = |mount: &&Mount| match two {
            true => mount.kind == b"cgroup2",
            false => {
                let mut options = mount.options.split(|&b| b == b',');
                mount.kind == b"cgroup" && options.any(|option| controllers.split(|&b| b == b',').any(|c| c == option))
            }
        };
        let Some(mount) = mounts.own.iter().find(is) else { continue };
        // Only what lies below the mounted directory can be read.
        let root: &[u8] = if mount.root == b"/" { b"" } else { &mount.root };
        let Some(below) = path.strip_prefix(root) else { continue };
        if !below.split(|&b| b == b'/').any(|part| part == b"..") {
            found.push((below, mount.point.clone(), two));
        }
    }
    found
}

/// What the cgroups of a process do to it, by its `cgroup` file: those that do anything, the innermost first.
pub fn holds(text: &[u8], mounts: &Mounts) -> Vec<Group> {
    let mut found = Vec::new();
    for (path, mount, two) in hierarchies(text, mounts) {
        let mut at = path.strip_suffix(b"/").unwrap_or(path);
        while !at.is_empty() {
            let group = group(at, &[mount.as_slice(), at].concat(), two);
            if group != (Group { path: at.to_vec(), ..Group::default() }) {
                found.push(group);
            }
            at = &at[..at.iter().rposition(|&b| b == b'/').unwrap_or(0)];
        }
    }
    found
}

fn group(path: &[u8], directory: &[u8], two: bool) -> Group {
    let mut text = Vec::new();
    let mut file = |name: &str| {
        let path = std::str::from_utf8(directory).ok()?;
        read_into(&format!("{path}/{name}"), &mut text).ok()?;
        Some(text.clone())
    };
    let value = |text: Option<Vec<u8>>| number(&text?).map(|(value, _)| value);
    let mut group = Group { path: path.to_vec(), ..Group::default() };
    if two {
        group.frozen = value(file("cgroup.freeze")) == Some(1);
        group.quota = file("cpu.max").and_then(|text| {
            let (quota, rest) = number(&text)?;
            Some((quota, number(rest.trim_ascii_start())?.0))
        });
    } else {
        let own = value(file("freezer.self_freezing")) == Some(1);
        group.frozen = own && file("freezer.state").is_some_and(|state| state.starts_with(b"FR"));
        group.quota = value(file("cpu.cfs_quota_us")).zip(value(file("cpu.cfs_period_us")));
    }
    if group.quota.is_some() {
        let stat = file("cpu.stat").unwrap_or_default();
        let time = keyed(&stat, b"throttled_usec").map(|usec| usec.saturating_mul(1000));
        group.throttled = keyed(&stat, b"nr_throttled").zip(time.or(keyed(&stat, b"throttled_time")));
    }
    let names = if two {
        ["memory.current", "memory.high", "memory.max"]
    } else {
        ["memory.usage_in_bytes", "", "memory.limit_in_bytes"]
    };
    // v1 says of no limit a number that is nearly the largest.
    let limit = |text| value(text).filter(|&bytes| bytes < 1 << 62);
    let (high, max) = (if two { limit(file(names[1])) } else { None }, limit(file(names[2])));
    if let Some(used) = value(file(names[0])).filter(|_| high.is_some() || max.is_some()) {
        let stat = file("memory.stat").unwrap_or_default();
        let met = match two {
            true => {
                let events = file("memory.events").unwrap_or_default();
                keyed(&events, b"high").unwrap_or(0) + keyed(&events, b"max").unwrap_or(0)
            }
            false => value(file("memory.failcnt")).unwrap_or(0),
        };
        let refaults = keyed(&stat, b"workingset_refault_file").or(keyed(&stat, b"workingset_refault")).unwrap_or(0);
        group.memory = Some(GroupMemory { used, high, max, met, refaults });
    }
    group
}

/// The number behind a word at the beginning of a line.
fn keyed(text: &[u8], key: &[u8]) -> Option<u64> {
    text.split(|&b| b == b'\n')
        .find_map(|line| number(line.strip_prefix(key)?.strip_prefix(b" ")?))
        .map(|(value, _)| value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hierarchies_are_found_where_they_are_mounted() {
        let mounts = Mounts::parse(
            b"30 1 0:26 / /sys/fs/cgroup/freezer rw - cgroup cgroup rw,freezer\n31 1 0:27 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu,cpuacct\n\
              32 1 0:28 /box /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n",
        );
        let text = b"5:freezer:/a\n4:cpu,cpuacct:/b\n3:memory:/c\n0::/box/d/../e\n0::/box/d\n";
        let found: Vec<_> =
            hierarchies(text, &mounts).into_iter().map(|(path, at, two)| (path.to_vec(), at, two)).collect();
        let expected = [
            ("/a", "/sys/fs/cgroup/freezer", false),
            ("/b", "/sys/fs/cgroup/cpu", false),
            ("/d", "/sys/fs/cgroup/unified", true),
        ];
        assert_eq!(found, expected.map(|(path, at, two)| (path.as_bytes().to_vec(), at.as_bytes().to_vec(), two)));
        assert_eq!(keyed(b"nr_throttled_x 3\nnr_throttled 5\n", b"nr_throttled"), Some(5));
    }

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
