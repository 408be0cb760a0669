//! A writer of the archives that Linux takes as initramfs: "newc" of cpio, Documentation/driver-api/early-userspace/
//! buffer-format.rst. Everything belongs to root and is as old as the epoch, so that the same files give the same archive.

use std::io::{self, Write};

/// Type bits of a mode, stat(2).
const DIRECTORY: u32 = 0o040_000;
const REGULAR: u32 = 0o100_000;
const SYMLINK: u32 = 0o120_000;

/// An archive that is being written. Directories must come before what is in them.
pub struct Archive<W: Write> {
    to: W,
    inode: u32,
}

impl<W: Write> Archive<W> {
    /// An empty archive.
    pub fn new(to: W) -> Archive<W> {
        Archive { to, inode: 0 }
    }

    /// A directory; `mode` is its permissions.
    pub fn directory(&mut self, name: &str, mode: u32) -> io::Result<()> {
        self.entry(name, DIRECTORY | mode, &[])
    }

    /// A regular file.
    pub fn file(&mut self, name: &str, mode: u32, data: &[u8]) -> io::Result<()> {
        self.entry(name, REGULAR | mode, data)
    }

    /// A symbolic link.
    pub fn link(&mut self, name: &str, target: &str) -> io::Result<()> {
        self.entry(name, SYMLINK | 0o777, target.as_bytes())
    }

    /// Ends the archive.
    pub fn finish(mut self) -> io::Result<W> {
        self.entry("TRAILER!!!", 0, &[])?;
        self.to.flush()?;
        Ok(self.to)
    }

    fn entry(&mut self, name: &str, mode: u32, data: &[u8]) -> io::Result<()> {
        let size = |length: usize| {
            u32::try_from(length).map_err(|_| io::Error::other(format!("{name}: {length} bytes are too much for cpio")))
        };
        self.inode += 1;
        let (length, name_length) = (size(data.len())?, size(name.len() + 1)?);
        // ino, mode, uid, gid, nlink, mtime, filesize, device of the file (2), device that it is (2), namesize, check
        let fields = [self.inode, mode, 0, 0, 1, 0, length, 0, 0, 0, 0, name_length, 0];
        let mut head = String::from("070701");
        for field in fields {
            head += &format!("{field:08x}");
        }
        self.padded(&[head.as_bytes(), name.as_bytes(), b"\0"])?;
        self.padded(&[data])
    }

    /// Writes the parts, then zeros up to a multiple of four bytes.
    fn padded(&mut self, parts: &[&[u8]]) -> io::Result<()> {
        for part in parts {
            self.to.write_all(part)?;
        }
        let length: usize = parts.iter().map(|part| part.len()).sum();
        self.to.write_all(&[0; 3][..length.next_multiple_of(4) - length])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_is_laid_out_as_the_kernel_reads_it() {
        let mut archive = Archive::new(Vec::new());
        archive.file("etc/name", 0o644, b"hello").unwrap();
        let bytes = archive.finish().unwrap();
        let head = "070701\
            00000001000081a400000000000000000000000100000000\
            0000000500000000000000000000000000000000\
            0000000900000000";
        assert_eq!(head.len(), 110);
        assert_eq!(&bytes[..110], head.as_bytes());
        // The name ends at 119, the data begin at 120 and end at 125, the next entry begins at 128.
        assert_eq!(&bytes[110..128], b"etc/name\0\0hello\0\0\0");
        assert_eq!(&bytes[128..134], b"070701");
    }

    #[test]
    fn modes_tell_the_kind_and_every_entry_begins_aligned() {
        let mut archive = Archive::new(Vec::new());
        archive.directory("d", 0o755).unwrap();
        archive.link("d/link", "../target").unwrap();
        archive.file("d/empty", 0o755, b"").unwrap();
        let bytes = archive.finish().unwrap();
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let heads: Vec<_> = text.match_indices("070701").map(|(at, _)| at).collect();
        assert_eq!(heads.len(), 4);
        assert!(heads.iter().all(|at| at % 4 == 0), "{heads:?}");
        let modes: Vec<_> = heads.iter().map(|at| &text[at + 14..at + 22]).collect();
        assert_eq!(modes, ["000041ed", "0000a1ff", "000081ed", "00000000"]);
        assert!(text.contains("TRAILER!!!\0") && text.len().is_multiple_of(4));
    }
}
