//! The files of this machine, as far as overlays are concerned: which layers are seen where, and what an overlay noted in them.

use std::ffi::OsStr;
use std::fs::Metadata;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::Path;

use crate::system::procfs::mounts::Look;
use crate::system::procfs::processes;
use crate::system::procfs::who::Who;

/// Entries of a layer that are looked at most.
const MOST: usize = 256;
/// Bytes of a note at most: a path.
const NOTE: usize = 4096;

/// The files of this machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Disk {
    /// As they are.
    Now,
    /// With what the layers of overlays had before it was removed: a whiteout, a device 0:0, hides nothing
    /// (Documentation/filesystems/overlayfs.rst).
    Then,
}

impl Look for Disk {
    fn is_directory(&self, path: &[u8]) -> Option<bool> {
        let found = as_path(path).symlink_metadata().ok()?;
        let is_whiteout = found.file_type().is_char_device() && found.rdev() == 0;
        (*self == Disk::Now || !is_whiteout).then(|| found.is_dir())
    }

    fn real(&self, path: &[u8]) -> Option<Vec<u8>> {
        let real = as_path(path).canonicalize().ok()?;
        real.is_dir().then(|| real.into_os_string().into_vec())
    }

    fn note(&self, directory: &[u8], name: &str) -> Option<Vec<u8>> {
        let mut note = [0; NOTE];
        let front = ["trusted", "user"].into_iter();
        let read = |front| rustix::fs::lgetxattr(as_path(directory), format!("{front}.overlay.{name}"), &mut note[..]);
        let len = front.map(read).find_map(Result::ok)?;
        Some(note[..len].to_vec())
    }

    fn bases(&self) -> Vec<Vec<u8>> {
        let others = processes::all().unwrap_or_default().into_iter().map(Who::Id);
        let mut all: Vec<_> =
            std::iter::once(Who::Myself).chain(others).filter_map(|who| who.link("cwd").ok()).collect();
        all.sort();
        all.dedup();
        all
    }

    /// An entry that a layer has by the same inode: an overlay tells its own, and leaves high bits to the layer's number.
    fn shows(&self, point: &[u8], layer: &[u8]) -> bool {
        let (point, layer) = (as_path(point), as_path(layer));
        let same = |one: &Metadata, other: &Metadata| {
            one.ino() as u32 == other.ino() as u32
                && (one.mtime(), one.mtime_nsec()) == (other.mtime(), other.mtime_nsec())
        };
        let are_same = |one: &Path, other: &Path| match (one.symlink_metadata(), other.symlink_metadata()) {
            (Ok(one), Ok(other)) => same(&one, &other),
            _ => false,
        };
        let entries = layer.read_dir().into_iter().flatten().take(MOST).filter_map(Result::ok);
        are_same(point, layer) || entries.into_iter().any(|it| are_same(&it.path(), &point.join(it.file_name())))
    }
}

fn as_path(bytes: &[u8]) -> &Path {
    Path::new(OsStr::from_bytes(bytes))
}
