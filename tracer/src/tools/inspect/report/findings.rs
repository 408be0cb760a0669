//! What deserves a look, each with its evidence. A finding is no verdict: there are good reasons for most of
//! them, and who reads knows them or does not.

use super::activity::{Host, period};
use super::{HeldSocket, Report};
use crate::system::proc_paths::is_memory;
use crate::system::snapshot::{Descriptor, Slot};
use crate::system::sockets::{Detail, State, Table};

/// Something that deserves a look.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// A word for programs.
    pub kind: &'static str,
    /// What it is.
    pub title: &'static str,
    /// What shows it: lines, any bytes.
    pub evidence: Vec<Vec<u8>>,
}

/// Judges a report.
pub fn findings(report: &Report) -> Vec<Finding> {
    let mut found = Vec::new();
    let mut add = |kind, title, evidence: Vec<Vec<u8>>| {
        if !evidence.is_empty() {
            found.push(Finding { kind, title, evidence });
        }
    };
    let files = || report.descriptors.iter().flatten();
    add("program-deleted", "its program is deleted, or was never a file", deleted_program(report));
    add("program-hidden", "its program lies in a directory for temporary or hidden files", hidden_program(report));
    add("deleted-file-held", "deleted files that it holds still take space", {
        files().filter(|file| is_deleted(file)).map(with_size).collect()
    });
    add("hidden-file-open", "hidden files are open in directories for temporary files", {
        files().filter(|file| temporary(&file.path) && hidden_name(&file.path)).map(with_size).collect()
    });
    add("secret-file-open", "files with secrets are open", {
        files().filter(|file| secret_file(&file.path)).map(with_size).collect()
    });
    add("writable-code", "memory may be both written and executed", {
        let line = |region: &super::Region| {
            let what = if region.path.is_empty() { b"(anonymous)".as_slice() } else { &region.path };
            let permissions = String::from_utf8_lossy(&region.permissions).into_owned();
            [format!("{:x}-{:x} {permissions} ", region.from, region.to).as_bytes(), what].concat()
        };
        some(report.writable_code.iter().map(line).collect())
    });
    add("world-writable-code", "anyone may write to files whose code is mapped", {
        let open = |mapped: &&super::Mapped| mapped.executable && mapped.file.stat.is_some_and(|s| s.mode & 0o002 != 0);
        let line = |mapped: &super::Mapped| {
            let mode = mapped.file.stat.map_or(0, |stat| stat.mode & 0o7777);
            [&mapped.file.path, format!(" mode {mode:04o}").as_bytes()].concat()
        };
        report.mapped.iter().flatten().filter(open).map(line).collect()
    });
    add("preload", "a library is loaded before all others by its environment", {
        let loads = |name: &[u8]| matches!(name, b"LD_PRELOAD" | b"LD_AUDIT");
        let set = report.environment.iter().flatten().filter(|v| loads(&v.name) && !v.value.is_empty());
        set.map(|v| [v.name.as_slice(), b"=", &v.value].concat()).collect()
    });
    add("listens-everywhere", "it listens on all addresses", {
        report.sockets.iter().filter_map(listens_everywhere).collect()
    });
    add("reads-packets", "it can read what others send and receive", {
        let packet = |held: &&HeldSocket| matches!(held.socket.as_ref().map(|s| &s.detail), Some(Detail::Packet(_)));
        let line = |held: &HeldSocket| format!("fd {}: packet socket {}", fds(held), held.inode).into_bytes();
        report.sockets.iter().filter(packet).map(line).collect()
    });
    add("not-read", "data has come that it has not read", {
        report.sockets.iter().filter_map(|held| queue(held, |socket| (socket.recv_q, "not read"))).collect()
    });
    add("not-closed", "the other end has closed connections that it holds", {
        report.sockets.iter().filter_map(half_closed).collect()
    });
    add("limit-near", "limits are nearly reached", {
        let near = report.limits.iter().flatten().chain(&report.cgroup_limits).filter(|limit| limit.near());
        let line = |limit: &super::Limit| {
            let (used, soft) = (limit.used.unwrap_or(0), limit.soft.unwrap_or(0));
            format!("{}: {used} of {soft} {}", limit.name, limit.unit).trim_end().as_bytes().to_vec()
        };
        near.map(line).collect()
    });
    add("traced", "another process traces it", {
        let tracer = Some(report.status.tracer).filter(|&pid| pid != 0);
        tracer.map(|pid| format!("TracerPid: {pid}").into_bytes()).into_iter().collect()
    });
    add("privileges", "it has more rights than its user", privileges(report));
    add("kernel-thread-name", "it is called as a thread of the kernel is, and is none", {
        let first = report.command.iter().flatten().next().filter(|word| word.starts_with(b"[") && !report.kernel);
        first.map(|word| [b"argv[0]: ", word.as_slice()].concat()).into_iter().collect()
    });
    add("secret-in-command", "a secret seems to stand in its command line, which everyone may read", {
        secret_words(report.command.as_deref().unwrap_or_default())
    });
    add("state", "it does not run", {
        let dead = matches!(report.stat.state, b'Z' | b'D' | b'T' | b't').then_some(report.stat.state);
        dead.map(|letter| format!("{}: {}", letter as char, super::state_name(letter)).into_bytes())
            .into_iter()
            .collect()
    });
    add("beacon", "it connects to the same address again and again, regularly", beacons(report));
    found
}

/// At most so many lines of evidence of a kind that may be very many.
fn some(mut lines: Vec<Vec<u8>>) -> Vec<Vec<u8>> {
    const MOST: usize = 10;
    if lines.len() > MOST {
        let more = lines.len() - MOST;
        lines.truncate(MOST);
        lines.push(format!("and {more} more").into_bytes());
    }
    lines
}

/// Without the kernel's mark of a deleted file.
fn bare(path: &[u8]) -> &[u8] {
    path.strip_suffix(b" (deleted)").unwrap_or(path)
}

/// A regular file without a name. Memory that only looks like a file (memfd_create(2), shared memory) is none.
fn is_deleted(file: &Descriptor) -> bool {
    let memory = [b"/memfd:".as_slice(), b"/SYSV", b"/dev/zero", b"/i915", b"/anon_hugepage"];
    file.path.ends_with(b" (deleted)")
        && file.stat.is_none_or(|stat| stat.kind() == libc::S_IFREG)
        && !memory.iter().any(|start| file.path.starts_with(start))
}

fn with_size(file: &Descriptor) -> Vec<u8> {
    let slot = match file.slot {
        Slot::Number(fd) => format!("fd {fd}: "),
        _ => String::new(),
    };
    let size = file.stat.and_then(|stat| stat.size).map_or_else(String::new, |size| format!(", {size} bytes"));
    [slot.as_bytes(), &file.path, size.as_bytes()].concat()
}

/// In a directory where anyone may make files.
fn temporary(path: &[u8]) -> bool {
    [b"/tmp/".as_slice(), b"/var/tmp/", b"/dev/shm/", b"/run/shm/"].iter().any(|dir| path.starts_with(dir))
}

fn hidden_name(path: &[u8]) -> bool {
    let name = path.rsplit(|&b| b == b'/').next().unwrap_or_default();
    is_hidden(name)
}

/// A file or a directory above it is hidden. What stands directly beneath a home is none: people keep tools there (`~/.cargo`, `~/.pyenv`).
fn hidden(path: &[u8]) -> bool {
    let mut parts = path.split(|&b| b == b'/').skip(1);
    let mut rest = parts.clone();
    let home = match parts.next() {
        Some(b"root") => 1,
        Some(b"home") => 2,
        _ => 0,
    };
    if home > 0 && rest.nth(home).is_some_and(|part| part.starts_with(b".")) {
        return rest.any(is_hidden);
    }
    path.split(|&b| b == b'/').any(is_hidden)
}

fn is_hidden(part: &[u8]) -> bool {
    part.starts_with(b".") && part != b"." && part != b".."
}

fn deleted_program(report: &Report) -> Vec<Vec<u8>> {
    let program = report.program.iter().filter(|p| p.path.ends_with(b" (deleted)") || p.path.starts_with(b"/memfd:"));
    program.map(|program| [b"exe: ".as_slice(), &program.path].concat()).collect()
}

fn hidden_program(report: &Report) -> Vec<Vec<u8>> {
    let program =
        report.program.iter().filter(|p| temporary(&p.path) || hidden(bare(&p.path)) && p.path.starts_with(b"/"));
    program.map(|program| [b"exe: ".as_slice(), &program.path].concat()).collect()
}

fn secret_file(path: &[u8]) -> bool {
    let path = bare(path);
    let name = path.rsplit(|&b| b == b'/').next().unwrap_or_default();
    let names: &[&[u8]] =
        &[b".netrc", b".pgpass", b".git-credentials", b".npmrc", b"id_rsa", b"id_ed25519", b"id_ecdsa"];
    let whole: &[&[u8]] = &[b"/etc/shadow", b"/etc/gshadow", b"/etc/sudoers", b"/dev/mem", b"/dev/kmem"];
    whole.contains(&path)
        || names.contains(&name)
        || path.ends_with(b"/.aws/credentials")
        || is_memory(path)
        || path.starts_with(b"/etc/ssh/") && name.starts_with(b"ssh_host_") && name.ends_with(b"_key")
}

/// The descriptors of a socket.
fn fds(held: &HeldSocket) -> String {
    held.fds.iter().map(u32::to_string).collect::<Vec<_>>().join(",")
}

fn listens_everywhere(held: &HeldSocket) -> Option<Vec<u8>> {
    let socket = held.socket.as_ref()?;
    let inet = socket.inet()?;
    let waits = socket.state == State::LISTEN || inet.table == Table::Udp && inet.remote.port == 0;
    (waits && inet.local.address.is_unspecified() && inet.local.port != 0)
        .then(|| format!("fd {}: {} port {}", fds(held), inet.table.name(), inet.local.port).into_bytes())
}

fn queue(held: &HeldSocket, of: impl Fn(&crate::system::sockets::Socket) -> (u32, &'static str)) -> Option<Vec<u8>> {
    let socket = held.socket.as_ref()?;
    let inet = socket.inet()?;
    let (bytes, what) = of(socket);
    (bytes > 0 && socket.state != State::LISTEN).then(|| {
        let (remote, port) = (inet.remote.address, inet.remote.port);
        format!("fd {}: {bytes} bytes from {remote} port {port} {what}", fds(held)).into_bytes()
    })
}

fn half_closed(held: &HeldSocket) -> Option<Vec<u8>> {
    let socket = held.socket.as_ref().filter(|socket| socket.state == State::CLOSE_WAIT)?;
    let inet = socket.inet()?;
    Some(format!("fd {}: CLOSE-WAIT to {} port {}", fds(held), inet.remote.address, inet.remote.port).into_bytes())
}

fn privileges(report: &Report) -> Vec<Vec<u8>> {
    let [real, effective, ..] = report.status.uids;
    let mut lines = Vec::new();
    if real != effective {
        lines.push(format!("real user {real}, effective user {effective}").into_bytes());
    }
    let capabilities = report.status.capabilities[2];
    if effective != 0 && capabilities != 0 {
        lines.push(format!("user {effective}, effective capabilities {capabilities:#x}").into_bytes());
    }
    lines
}

/// Words of a command line that give a secret; the secret itself is not repeated.
fn secret_words(words: &[Vec<u8>]) -> Vec<Vec<u8>> {
    let mut lines = Vec::new();
    for (at, word) in words.iter().enumerate() {
        let name_end = word.iter().position(|&b| b == b'=');
        let name = &word[..name_end.unwrap_or(0)];
        let short = name.len() < 40 && !name.iter().any(|b| matches!(b, b' ' | b'/' | b'('));
        if name_end.is_some_and(|end| end + 1 < word.len()) && short && super::environment::is_secret(name) {
            lines.push([format!("word {at}: ").as_bytes(), name, b"=***"].concat());
        } else if super::environment::mask_urls(word).1 {
            lines.push([format!("word {at}: ").as_bytes(), &super::environment::mask_urls(word).0].concat());
        }
    }
    lines
}

fn beacons(report: &Report) -> Vec<Vec<u8>> {
    let hosts = report.activity.iter().flat_map(|activity| &activity.hosts);
    let line = |(host, used): (&Host, &super::activity::HostUse)| {
        let every = period(&used.times)? as f64 / 1e9;
        let to = match host {
            Host::Inet(protocol, address) => format!("{protocol} {address}").into_bytes(),
            Host::Unix(name) => [b"unix ", name.as_slice()].concat(),
        };
        let failed: u64 = used.failed.values().sum();
        let how = format!(": {} times, every {every:.1} s, {failed} failed", used.connects);
        Some([to.as_slice(), how.as_bytes()].concat())
    };
    hosts.filter_map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::system::process::Region;
    use crate::system::snapshot::FileStat;
    use crate::tools::inspect::report::Mapped;

    fn file(fd: u32, path: &str) -> Descriptor {
        let stat = FileStat { mode: libc::S_IFREG | 0o666, size: Some(7), ..FileStat::default() };
        Descriptor { stat: Some(stat), ..Descriptor::new(Slot::Number(fd), path.as_bytes()) }
    }

    fn check(report: &Report, expected: &[(&str, &str)]) {
        let found = findings(report);
        let lines: Vec<(&str, String)> = found
            .iter()
            .flat_map(|f| f.evidence.iter().map(|line| (f.kind, String::from_utf8_lossy(line).into_owned())))
            .collect();
        let lines: Vec<(&str, &str)> = lines.iter().map(|(kind, line)| (*kind, line.as_str())).collect();
        assert_eq!(lines, expected);
    }

    #[test]
    fn files() {
        let paths =
            ["/tmp/.hidden-1", "/tmp/plain", "/var/log/a (deleted)", "/memfd:x (deleted)", "/etc/shadow", "/a/.b"];
        let descriptors = (3..).zip(paths).map(|(fd, path)| file(fd, path)).collect();
        let report = Report { descriptors: Some(descriptors), ..Report::default() };
        check(
            &report,
            &[
                ("deleted-file-held", "fd 5: /var/log/a (deleted), 7 bytes"),
                ("hidden-file-open", "fd 3: /tmp/.hidden-1, 7 bytes"),
                ("secret-file-open", "fd 7: /etc/shadow, 7 bytes"),
            ],
        );
    }

    #[test]
    fn programs_and_code() {
        let mapped = Mapped { file: file(0, "/opt/lib.so"), bytes: 1, executable: true, written_shared: false };
        let region = Region { from: 0x1000, to: 0x2000, permissions: *b"rwxp", path: Vec::new() };
        let report = Report {
            program: Some(file(0, "/dev/shm/x (deleted)")),
            mapped: Some(vec![mapped]),
            writable_code: vec![region],
            ..Report::default()
        };
        check(
            &report,
            &[
                ("program-deleted", "exe: /dev/shm/x (deleted)"),
                ("program-hidden", "exe: /dev/shm/x (deleted)"),
                ("writable-code", "1000-2000 rwxp (anonymous)"),
                ("world-writable-code", "/opt/lib.so mode 0666"),
            ],
        );
        let fine = Report { program: Some(file(0, "/usr/bin/x")), ..Report::default() };
        check(&fine, &[]);
        let hidden = Report { program: Some(file(0, "/srv/.cache/x")), ..Report::default() };
        check(&hidden, &[("program-hidden", "exe: /srv/.cache/x")]);
        let (root, user) = (["", "root"].join("/"), ["", "home", "u"].join("/"));
        for (home, path, is_hidden) in [
            (&root, "/.pyenv/versions/3.11/bin/python3.11", false),
            (&user, "/.cargo/bin/tool", false),
            (&user, "/.cargo/.x/tool", true),
            (&user, "/bin/.x/tool", true),
            (&root, "/.x", false),
            (&String::new(), "/opt/.x/tool", true),
        ] {
            let path = format!("{home}{path}");
            assert_eq!(super::hidden(path.as_bytes()), is_hidden, "{path}");
        }
    }

    #[test]
    fn words_and_rights() {
        let words = ["[kworker/0:1]", "--password=x", "--keyboard", "postgres://a:b@c/d", "x=y"];
        let mut report =
            Report { command: Some(words.iter().map(|w| w.as_bytes().to_vec()).collect()), ..Report::default() };
        report.status.uids = [1000, 0, 0, 0];
        report.status.tracer = 9;
        check(
            &report,
            &[
                ("traced", "TracerPid: 9"),
                ("privileges", "real user 1000, effective user 0"),
                ("kernel-thread-name", "argv[0]: [kworker/0:1]"),
                ("secret-in-command", "word 1: --password=***"),
                ("secret-in-command", "word 3: postgres://a:***@c/d"),
            ],
        );
    }
}
