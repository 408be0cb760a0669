//! What started a process: concluded from its cgroup and its parents, and how it was concluded.

use super::Parent;

/// What started a process.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Origin {
    /// What kind of thing.
    pub kind: OriginKind,
    /// Its name: of a unit, a container, a program.
    pub name: Vec<u8>,
    /// How that was concluded.
    pub how: Vec<u8>,
}

/// A kind of origin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OriginKind {
    /// Nothing is known.
    #[default]
    Unknown,
    /// It is the first process, or the kernel's.
    Kernel,
    /// A container.
    Container,
    /// cron, at or anacron.
    Cron,
    /// A unit of systemd.
    Unit,
    /// A shell.
    Shell,
    /// A login.
    Login,
    /// Another process.
    Process,
    /// Its parent has ended.
    Orphan,
}

impl OriginKind {
    /// A word for programs.
    pub fn word(self) -> &'static str {
        match self {
            OriginKind::Unknown => "unknown",
            OriginKind::Kernel => "kernel",
            OriginKind::Container => "container",
            OriginKind::Cron => "cron",
            OriginKind::Unit => "systemd",
            OriginKind::Shell => "shell",
            OriginKind::Login => "login",
            OriginKind::Process => "process",
            OriginKind::Orphan => "orphan",
        }
    }

    /// In a sentence, before the name.
    pub fn words(self) -> &'static str {
        match self {
            OriginKind::Unknown => "not known",
            OriginKind::Kernel => "the kernel",
            OriginKind::Container => "container",
            OriginKind::Cron => "cron job of",
            OriginKind::Unit => "systemd unit",
            OriginKind::Shell => "shell",
            OriginKind::Login => "login by",
            OriginKind::Process => "process",
            OriginKind::Orphan => "not known: its parent has ended",
        }
    }
}

const SHELLS: &[&[u8]] =
    &[b"sh", b"bash", b"dash", b"zsh", b"fish", b"ksh", b"mksh", b"ash", b"busybox", b"tcsh", b"csh"];
const CRONS: &[&[u8]] = &[b"cron", b"crond", b"anacron", b"atd", b"fcron", b"CRON"];
const LOGINS: &[&[u8]] = &[b"sshd", b"sshd-session", b"login", b"su", b"sudo", b"runuser"];

/// Concludes what started a process. `parents`: the nearest first.
pub fn origin(pid: u32, kernel: bool, cgroup: Option<&[u8]>, parents: &[Parent]) -> Origin {
    let from = |kind, name: &[u8], how: Vec<u8>| Origin { kind, name: name.to_vec(), how };
    if kernel {
        return from(OriginKind::Kernel, b"", b"it is a thread of the kernel".to_vec());
    }
    if pid == 1 {
        return from(OriginKind::Kernel, b"", b"it is the first process".to_vec());
    }
    let path = cgroup.unwrap_or_default();
    let by_cgroup = || [b"its cgroup is ", path].concat();
    if let Some((runtime, id)) = container(path) {
        return from(OriginKind::Container, &[runtime, b" ", id].concat(), by_cgroup());
    }
    let ancestor = |names: &[&[u8]]| parents.iter().find(|parent| names.contains(&parent.comm.as_slice()));
    let by_parent = |parent: &Parent| {
        let relation = if parents.first() == Some(parent) { "its parent" } else { "a parent of its" };
        [format!("{relation}, {}, is ", parent.pid).as_bytes(), &parent.comm].concat()
    };
    if let Some(parent) = ancestor(CRONS) {
        return from(OriginKind::Cron, &parent.comm, by_parent(parent));
    }
    let unit = unit(path);
    if let Some(name) = unit.filter(|name| name.ends_with(b".service") && !name.starts_with(b"user@")) {
        let cron = [b"cron.service".as_slice(), b"crond.service", b"atd.service", b"anacron.service"].contains(&name);
        return from(if cron { OriginKind::Cron } else { OriginKind::Unit }, name, by_cgroup());
    }
    // Who is nearest tells more than who is farther.
    if let Some(parent) = parents.first()
        && SHELLS.contains(&parent.comm.as_slice())
    {
        return from(
            OriginKind::Shell,
            &[format!("{} ", parent.pid).as_bytes(), &parent.comm].concat(),
            by_parent(parent),
        );
    }
    if let Some(parent) = ancestor(LOGINS) {
        return from(OriginKind::Login, &parent.comm, by_parent(parent));
    }
    match (unit, parents.first()) {
        (_, Some(parent)) if parent.pid > 1 => from(
            OriginKind::Process,
            &[format!("{} ", parent.pid).as_bytes(), &parent.comm].concat(),
            by_parent(parent),
        ),
        (Some(name), _) => from(OriginKind::Unit, name, by_cgroup()),
        (None, Some(parent)) => from(OriginKind::Orphan, b"", by_parent(parent)),
        (None, None) => from(OriginKind::Unknown, b"", b"neither its cgroup nor a parent tells".to_vec()),
    }
}

/// The innermost unit of systemd in a cgroup's path.
pub fn unit(path: &[u8]) -> Option<&[u8]> {
    let unit =
        |name: &&[u8]| [b".service".as_slice(), b".scope", b".socket", b".timer"].iter().any(|s| name.ends_with(s));
    path.split(|&b| b == b'/').rev().find(unit)
}

/// The container in a cgroup's path: what runs it, and its id.
pub fn container(path: &[u8]) -> Option<(&[u8], &[u8])> {
    let parts: Vec<&[u8]> = path.split(|&b| b == b'/').filter(|part| !part.is_empty()).collect();
    for (at, part) in parts.iter().enumerate().rev() {
        let name = part.strip_suffix(b".scope").unwrap_or(part);
        let name = name.strip_suffix(b".service").unwrap_or(name);
        if let Some(dash) = name.iter().rposition(|&b| b == b'-')
            && is_id(&name[dash + 1..])
        {
            return Some((&name[..dash], &name[dash + 1..]));
        }
        if is_id(name) {
            let runtime = match at.checked_sub(1).and_then(|at| parts.get(at).copied()) {
                Some(b"docker") => b"docker".as_slice(),
                Some(b"libpod_parent") => b"libpod",
                Some(above) if above.starts_with(b"pod") || above.starts_with(b"kubepods") => b"kubernetes",
                _ => b"container",
            };
            return Some((runtime, name));
        }
        if let Some(name) = name.strip_prefix(b"lxc.payload.") {
            return Some((b"lxc", name));
        }
        if let Some(name) = name.strip_prefix(b"machine-").filter(|_| part.ends_with(b".scope")) {
            return Some((b"machine", name));
        }
        if at > 0 && parts[at - 1] == b"lxc" {
            return Some((b"lxc", part));
        }
    }
    None
}

/// 64 digits of hexadecimal: how container engines name what they run.
fn is_id(name: &[u8]) -> bool {
    name.len() == 64 && name.iter().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::system::snapshot::Dev;

    fn text(bytes: &[u8]) -> String {
        String::from_utf8_lossy(bytes).into_owned()
    }

    #[test]
    fn containers_by_their_cgroup() {
        let id = "0123456789abcdef".repeat(4);
        let check = |path: String, expected: Option<(&str, &str)>| {
            let found = container(path.as_bytes()).map(|(runtime, id)| (text(runtime), text(id)));
            assert_eq!(found, expected.map(|(a, b)| (a.to_owned(), b.to_owned())), "{path}");
        };
        check(format!("/system.slice/docker-{id}.scope"), Some(("docker", &id)));
        check(format!("/docker/{id}"), Some(("docker", &id)));
        check(format!("/docker/{id}/init.scope"), Some(("docker", &id)));
        check(format!("/machine.slice/libpod-{id}.scope/container"), Some(("libpod", &id)));
        check(format!("/kubepods.slice/kubepods-pod1.slice/cri-containerd-{id}.scope"), Some(("cri-containerd", &id)));
        check(format!("/kubepods.slice/kubepods-pod1.slice/crio-{id}.scope"), Some(("crio", &id)));
        check(format!("/kubepods/burstable/pod12-34/{id}"), Some(("kubernetes", &id)));
        check("/lxc.payload.web/init.scope".into(), Some(("lxc", "web")));
        check("/lxc/web".into(), Some(("lxc", "web")));
        check("/machine.slice/machine-deb.scope".into(), Some(("machine", "deb")));
        for path in ["", "/", "/system.slice/nginx.service", "/user.slice/user-0.slice/session-1.scope", "/docker/abc"]
        {
            check(path.into(), None);
        }
        check(format!("/system.slice/docker-{}.scope", "z".repeat(64)), None);
    }

    #[test]
    fn units_by_their_cgroup() {
        for (path, expected) in [
            ("/system.slice/nginx.service", Some("nginx.service")),
            ("/system.slice/system-getty.slice/getty@tty1.service", Some("getty@tty1.service")),
            ("/user.slice/user-1000.slice/user@1000.service/app.slice/app-x.scope", Some("app-x.scope")),
            ("/user.slice/user-0.slice/session-4.scope", Some("session-4.scope")),
            ("/system.slice/a.service/worker", Some("a.service")),
            ("/", None),
            ("", None),
        ] {
            assert_eq!(unit(path.as_bytes()).map(text).as_deref(), expected, "{path}");
        }
    }

    #[test]
    fn what_started_it() {
        let parents = |list: &[(u32, &str)]| -> Vec<Parent> {
            list.iter().map(|&(pid, comm)| Parent { pid, comm: comm.into(), tty: Dev::default() }).collect()
        };
        let check = |cgroup: &str, list: &[(u32, &str)], kind: OriginKind, name: &str| {
            let found = origin(9, false, Some(cgroup.as_bytes()), &parents(list));
            assert_eq!((found.kind, text(&found.name)), (kind, name.to_owned()), "{cgroup} {list:?}");
            assert!(!found.how.is_empty());
        };
        let session = "/user.slice/user-0.slice/session-4.scope";
        check("/system.slice/nginx.service", &[(1, "systemd")], OriginKind::Unit, "nginx.service");
        check("/system.slice/cron.service", &[(8, "sh"), (7, "cron"), (1, "systemd")], OriginKind::Cron, "cron");
        check("/system.slice/cron.service", &[(1, "systemd")], OriginKind::Cron, "cron.service");
        check(session, &[(8, "bash"), (7, "sshd"), (1, "systemd")], OriginKind::Shell, "8 bash");
        check(session, &[(8, "make"), (7, "bash"), (6, "sshd"), (1, "systemd")], OriginKind::Login, "sshd");
        check("/", &[(8, "agent"), (1, "init")], OriginKind::Process, "8 agent");
        check("/", &[(1, "init")], OriginKind::Orphan, "");
        check(session, &[(1, "systemd")], OriginKind::Unit, "session-4.scope");
        check("/", &[], OriginKind::Unknown, "");
        assert_eq!(origin(1, false, None, &[]).kind, OriginKind::Kernel);
        assert_eq!(origin(2, true, None, &[]).kind, OriginKind::Kernel);
    }
}
