//! What is mounted where: /proc/PID/mountinfo. It tells a device of its file system without asking it.

use super::number;
use super::who::Who;
use crate::system::snapshot::Dev;

/// A mount.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mount {
    /// Its number, as in `mnt_id` of fdinfo.
    pub id: u64,
    /// Device.
    pub dev: Dev,
    /// Where it is mounted, as seen from this process's root.
    pub point: Vec<u8>,
    /// Type of file system.
    pub kind: Vec<u8>,
    /// What is mounted: a device, `host:/path`, or a word.
    pub source: Vec<u8>,
    /// Options of the file system itself.
    pub options: Vec<u8>,
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

    /// Reads the text of mountinfo.
    pub fn parse(text: &[u8]) -> Mounts {
        Mounts { own: text.split(|&b| b == b'\n').filter_map(parse).collect() }
    }

    /// The mount that a path of this process is on: the last one mounted over the longest part of it.
    pub fn of_path(&self, path: &[u8]) -> Option<&Mount> {
        let over = |mount: &&Mount| {
            let point = mount.point.as_slice();
            point == b"/" || path.strip_prefix(point).is_some_and(|rest| rest.first().is_none_or(|&b| b == b'/'))
        };
        self.own.iter().filter(over).max_by_key(|mount| mount.point.len())
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

/// Reads `ID PARENT MAJ:MIN ROOT POINT OPTIONS [TAG]... - TYPE SOURCE SUPER`.
fn parse(line: &[u8]) -> Option<Mount> {
    let (id, _) = number(line)?;
    let mut fields = line.split(|&b| b == b' ');
    let dev = fields.nth(2)?;
    let (major, rest) = number(dev)?;
    let (minor, _) = number(rest.strip_prefix(b":")?)?;
    let point = unescape(fields.nth(1)?);
    let mut tail = fields.skip_while(|field| *field != b"-").skip(1);
    let (kind, source) = (tail.next()?.to_vec(), unescape(tail.next()?));
    let options = tail.next().unwrap_or_default().to_vec();
    Some(Mount { id, dev: Dev { major: major as u32, minor: minor as u32 }, point, kind, source, options })
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
}
