//! What is mounted where: /proc/PID/mountinfo. It tells a device of its file system without asking it.

mod layers;

pub use layers::{Look, Overlay, Unknown};

use std::fs::File;
use std::io::{self, Read};
use std::os::fd::AsRawFd;

use rustix::fs::{Mode, OFlags, openat};

use super::number;
use super::who::Who;
use crate::system::snapshot::Dev;
use crate::system::threads;

/// A mount.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mount {
    /// Its number, as in `mnt_id` of fdinfo.
    pub id: u64,
    /// Device.
    pub dev: Dev,
    /// Which directory (or file) of the file system is mounted.
    pub root: Vec<u8>,
    /// Where it is mounted, as seen from this process's root.
    pub point: Vec<u8>,
    /// Type of file system.
    pub kind: Vec<u8>,
    /// What is mounted: a device, `host:/path`, or a word.
    pub source: Vec<u8>,
    /// Options of the file system itself.
    pub options: Vec<u8>,
}

impl Mount {
    /// A file here may be told with the device of the file system and with another: of a layer, of a part of the file system.
    pub fn tells_other_devices(&self) -> bool {
        matches!(self.kind.as_slice(), b"overlay" | b"btrfs" | b"bcachefs")
    }

    /// An overlay that copies what belongs to a file, and leaves its contents where they are, until they are changed (`metacopy`).
    pub fn may_copy_less(&self) -> bool {
        self.options.split(|&b| b == b',').any(|option| option == b"metacopy=on")
    }
}

/// Mounts of a namespace.
#[derive(Debug, Default)]
pub struct Mounts {
    /// Those of this process, in the order of mounting.
    pub own: Vec<Mount>,
}

/// Whether a file system answers for itself: it is all in this machine's memory or on its disks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trust {
    /// It does.
    Local,
    /// What lies below it may not, but it passes on that what is cached will do (overlay, fs/overlayfs/inode.c).
    Cached,
    /// A server or a program answers, or nobody.
    Remote,
}

/// File systems that answer for themselves.
const LOCAL: &[&[u8]] = &[
    b"ext2",
    b"ext3",
    b"ext4",
    b"xfs",
    b"btrfs",
    b"f2fs",
    b"vfat",
    b"exfat",
    b"ntfs3",
    b"iso9660",
    b"udf",
    b"squashfs",
    b"erofs",
    b"zfs",
    b"bcachefs",
    b"tmpfs",
    b"ramfs",
    b"rootfs",
    b"devtmpfs",
    b"devpts",
    b"proc",
    b"sysfs",
    b"cgroup",
    b"cgroup2",
    b"securityfs",
    b"debugfs",
    b"tracefs",
    b"bpf",
    b"pstore",
    b"configfs",
    b"efivarfs",
    b"hugetlbfs",
    b"mqueue",
    b"nsfs",
    b"fusectl",
    b"selinuxfs",
    b"binfmt_misc",
];

impl Mounts {
    /// Reads the mounts of a process's namespace; none when they cannot be read.
    pub fn of(who: Who) -> Mounts {
        Mounts::parse(&who.read("mountinfo").unwrap_or_default())
    }

    /// Reads the mounts of a namespace that is held open, from its root on; none when they cannot be read. A thread goes there: nobody
    /// else need be in it any more.
    pub fn in_namespace(namespace: &File) -> Mounts {
        let read = || -> io::Result<Vec<u8>> {
            // The namespace may have no /proc.
            let proc = Who::proc()?;
            // SAFETY: unshare and setns take integers. This thread alone leaves what it shares, and ends here.
            let there = unsafe {
                libc::unshare(libc::CLONE_FS) == 0 && libc::setns(namespace.as_raw_fd(), libc::CLONE_NEWNS) == 0
            };
            if !there {
                return Err(io::Error::last_os_error());
            }
            let file = openat(&proc, "thread-self/mountinfo", OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty())?;
            let mut text = Vec::new();
            File::from(file).read_to_end(&mut text)?;
            Ok(text)
        };
        let text = std::thread::scope(|scope| {
            threads::scoped(scope, read)?.join().map_err(|_| io::Error::other("a thread that panicked"))?
        });
        Mounts::parse(&text.unwrap_or_default())
    }

    /// Reads the text of mountinfo.
    pub fn parse(text: &[u8]) -> Mounts {
        Mounts { own: text.split(|&b| b == b'\n').filter_map(parse).collect() }
    }

    /// The mount that a path of this process is on: the last one mounted over the longest part of it.
    pub fn of_path(&self, path: &[u8]) -> Option<&Mount> {
        self.own.iter().filter(|mount| below(&mount.point, path).is_some()).max_by_key(|mount| mount.point.len())
    }

    /// The file system that a path of this process is on, and the path on it.
    pub fn on_file_system(&self, path: &[u8]) -> Option<(Dev, Vec<u8>)> {
        let mount = self.of_path(path)?;
        Some((mount.dev, joined(&mount.root, below(&mount.point, path)?)))
    }

    /// The paths of this process that lead to a path on a file system: one for each mount of it that reaches so far and has nothing
    /// mounted over it there.
    pub fn paths(&self, dev: Dev, on: &[u8]) -> Vec<Vec<u8>> {
        let path = |mount: &Mount| {
            let path = joined(&mount.point, below(&mount.root, on)?);
            (self.of_path(&path)?.id == mount.id).then_some(path)
        };
        self.own.iter().filter(|mount| mount.dev == dev).filter_map(path).collect()
    }

    /// The other paths of this process that lead to the same file.
    pub fn others(&self, path: &[u8]) -> Vec<Vec<u8>> {
        let Some((dev, on)) = self.on_file_system(path) else { return Vec::new() };
        let mut paths = self.paths(dev, &on);
        paths.retain(|other| other != path);
        paths
    }

    /// Some file system is mounted more than once: files may have several paths.
    pub fn has_others(&self) -> bool {
        let mut devices: Vec<Dev> = self.own.iter().map(|mount| mount.dev).collect();
        devices.sort_unstable();
        devices.windows(2).any(|pair| pair[0] == pair[1])
    }

    /// Whether what holds a path of this process answers for itself.
    pub fn trust(&self, path: &[u8]) -> Trust {
        self.of_path(path).map_or(Trust::Remote, |mount| trust(&mount.kind))
    }
}

/// Whether a type of file system answers for itself.
pub fn trust(kind: &[u8]) -> Trust {
    match kind {
        b"overlay" => Trust::Cached,
        kind if LOCAL.contains(&kind) => Trust::Local,
        _ => Trust::Remote,
    }
}

/// What of a path is below a directory, empty or with a slash in front; `None` where it is not below it.
fn below<'p>(directory: &[u8], path: &'p [u8]) -> Option<&'p [u8]> {
    match directory {
        b"/" => Some(if path == b"/" { b"" } else { path }),
        _ => path.strip_prefix(directory).filter(|rest| rest.first().is_none_or(|&b| b == b'/')),
    }
}

fn joined(directory: &[u8], rest: &[u8]) -> Vec<u8> {
    match (directory, rest) {
        (b"/", b"") => b"/".to_vec(),
        (b"/", rest) => rest.to_vec(),
        _ => [directory, rest].concat(),
    }
}

/// Reads `ID PARENT MAJ:MIN ROOT POINT OPTIONS [TAG]... - TYPE SOURCE SUPER`.
fn parse(line: &[u8]) -> Option<Mount> {
    let (id, _) = number(line)?;
    let mut fields = line.split(|&b| b == b' ');
    let dev = fields.nth(2)?;
    let (major, rest) = number(dev)?;
    let (minor, _) = number(rest.strip_prefix(b":")?)?;
    let (root, point) = (unescape(fields.next()?), unescape(fields.next()?));
    let mut tail = fields.skip_while(|field| *field != b"-").skip(1);
    let (kind, source) = (tail.next()?.to_vec(), unescape(tail.next()?));
    let options = tail.next().unwrap_or_default().to_vec();
    Some(Mount { id, dev: Dev { major: major as u32, minor: minor as u32 }, root, point, kind, source, options })
}

/// Blanks, tabs, newlines and backslashes are written `\ooo`.
fn unescape(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((&b, tail)) = rest.split_first() {
        let digits = tail.get(..3).filter(|d| b == b'\\' && d.iter().all(|d| (b'0'..=b'7').contains(d)));
        match digits {
            Some(d) => {
                out.push(d.iter().fold(0u32, |n, d| n << 3 | u32::from(d - b'0')) as u8);
                rest = &tail[3..];
            }
            None => {
                out.push(b);
                rest = tail;
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_mountinfo() {
        let line =
            br"36 35 98:0 /mnt1 /mnt\0402 rw,noatime master:1 shared:2 - fuse.sshfs me@host:/x rw,errors=continue";
        let mount = parse(line).expect("a mount");
        assert_eq!((mount.id, mount.dev), (36, Dev { major: 98, minor: 0 }));
        assert_eq!(mount.root, b"/mnt1");
        assert_eq!((mount.point.as_slice(), mount.kind.as_slice()), (b"/mnt 2".as_slice(), b"fuse.sshfs".as_slice()));
        assert_eq!(
            (mount.source.as_slice(), mount.options.as_slice()),
            (&b"me@host:/x"[..], &b"rw,errors=continue"[..])
        );
        assert_eq!(trust(&mount.kind), Trust::Remote);
        for bad in ["", "36", "36 35 98 / / rw - ext4 x rw", "36 35 98:0 / / rw", "x 35 98:0 / / rw - ext4 x rw"] {
            assert_eq!(parse(bad.as_bytes()), None, "{bad}");
        }
    }

    #[test]
    fn the_longest_mount_point_holds_a_path() {
        let of = |point: &str, kind: &str| Mount {
            id: 1,
            dev: Dev::default(),
            root: b"/".to_vec(),
            point: point.into(),
            kind: kind.into(),
            source: Vec::new(),
            options: Vec::new(),
        };
        let own = vec![of("/", "ext4"), of("/mnt", "fuse"), of("/mnt/x", "tmpfs"), of("/mntx", "nfs")];
        let mounts = Mounts { own };
        for (path, trust) in [
            ("/etc/passwd", Trust::Local),
            ("/mnt", Trust::Remote),
            ("/mnt/a", Trust::Remote),
            ("/mnt/x/y", Trust::Local),
            ("/mntx/y", Trust::Remote),
            ("/mnty", Trust::Local),
        ] {
            assert_eq!(mounts.trust(path.as_bytes()), trust, "{path}");
        }
        assert_eq!(Mounts::default().trust(b"/x"), Trust::Remote);
    }

    #[test]
    fn a_file_has_a_path_for_each_mount_of_its_file_system() {
        let text =
            b"1 0 8:1 / / rw - ext4 a rw\n2 1 8:1 /srv/data /mnt rw - ext4 a rw\n3 1 0:9 / /tmp rw - tmpfs t rw\n\
            4 1 8:1 /etc/file /tmp/one rw - ext4 a rw\n5 1 0:10 / /srv/data/over rw - tmpfs u rw\n";
        let mounts = Mounts::parse(text);
        let check = |path: &str, expected: &[&str]| {
            let others: Vec<String> =
                mounts.others(path.as_bytes()).iter().map(|path| String::from_utf8_lossy(path).into_owned()).collect();
            assert_eq!(others, expected, "{path}");
        };
        assert!(mounts.has_others());
        check("/srv/data", &["/mnt"]);
        check("/srv/data/x", &["/mnt/x"]);
        check("/mnt/x", &["/srv/data/x"]);
        check("/srv/datax", &[]);
        check("/etc/file", &["/tmp/one"]);
        check("/tmp/one", &["/etc/file"]);
        check("/tmp/two", &[]);
        check("/mnt/over/x", &[]);
        check("/", &[]);
    }
}
