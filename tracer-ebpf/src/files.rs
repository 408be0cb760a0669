//! What a descriptor refers to, told by the kernel's own structures while the call runs: a process that
//! lives for a millisecond still has all its paths, and nothing can be changed in between.

use core::ffi::c_void;

use aya_ebpf::helpers::generated as helper;
use tracer_common::config::ABSENT;
use tracer_common::event::{File, Sock, details, path, status};
use tracer_common::loss::Loss;

use crate::capture::{put, room};
use crate::emit::lost;
use crate::kernel::{conf, current, member, off, peek, pointer, repeat};
use crate::maps::Buffer;
use crate::sockets;

/// Directories and mounts that a path is followed through at most.
const STEPS: u32 = 64;
/// Bytes of a path's names at most.
const NAMES_MAX: usize = 4096;
/// `PID_FS_MAGIC`, include/uapi/linux/magic.h (6.9).
const PIDFS_MAGIC: u32 = 0x5049_4446;
/// `AT_FDCWD`, include/uapi/linux/fcntl.h.
pub const AT_FDCWD: i64 = -100;
/// `FMODE_CREATED`, include/linux/fs.h: the open made the file.
const CREATED: u32 = 1 << 20;
/// What stands for it: a flag that the kernel takes out of `f_flags`.
const O_CREAT: u32 = 0o100;

/// What `resolve` is asked for: a descriptor; or AT_FDCWD too; the program's file; the open file at an address.
pub const DESCRIPTOR: u64 = 0;
pub const DIRECTORY: u64 = 1;
pub const EXE: u64 = 2;
pub const OPEN: u64 = 3;
/// Or the file of the unix socket whose `struct sock` is at an address: without type, for no `Sock` follows.
pub const BOUND: u64 = 4;

/// Tells a descriptor's file, the current directory or the program's file: one blob.
#[unsafe(no_mangle)]
#[inline(never)]
pub extern "C" fn resolve(buffer: *mut Buffer, fd: i64, what: u64) -> i64 {
    if buffer.is_null() {
        return 0;
    }
    // SAFETY: checked above.
    let b = unsafe { &mut *buffer };
    let mut file =
        File { ino: 0, dev: 0, rdev: 0, mode: 0, flags: 0, magic: 0, path: path::NONE, deleted: 0, path_len: 0 };
    let mut private = 0;
    let at = if fd == AT_FDCWD && what == DIRECTORY {
        directory()
    } else if what == BOUND {
        sockets::file_of(fd as u64)
    } else {
        let open = match what {
            EXE => program(),
            OPEN => fd as u64,
            _ => open_file(fd),
        };
        told(open, &mut file, &mut private)
    };
    let (mnt, dentry, mut inode) = at;
    if dentry == 0 {
        put(b, 0, 0, status::ABSENT);
        return 0;
    }
    if inode == 0 {
        inode = member!(dentry, dentry, dentry_inode);
    }
    let mode: u16 = member!(inode, inode, inode_mode);
    file.mode = if what == BOUND { mode as u32 & 0o7777 } else { mode as u32 };
    file.ino = member!(inode, inode, inode_ino);
    file.rdev = member!(inode, inode, inode_rdev);
    let sb: u64 = member!(inode, inode, inode_sb);
    file.dev = member!(sb, super_block, sb_dev);
    let magic: u64 = member!(sb, super_block, sb_magic);
    file.magic = magic as u32;
    if file.magic == PIDFS_MAGIC && off!(pid_numbers) != ABSENT {
        file.rdev = peek(peek::<u64>(inode, off!(inode_private)), off!(pid_numbers));
    }

    let to = room(b);
    if to.is_null() {
        return 0;
    }
    let mut len = size_of::<File>();
    if file.mode & 0o170000 == 0o140000 {
        len += size_of::<Sock>();
        b.socket = private;
        let name = sockets::describe(b) as usize & 127;
        file.path_len = name as u16;
        file.path = if name > 0 { path::TEXT } else { path::NONE };
        len += name;
    } else {
        b.vfsmount = mnt;
        b.dentry = dentry;
        b.path = 0;
        file.path = walk(b) as u8;
        if file.path == path::CUT {
            lost(Loss::FdUnresolved);
        }
        // A dentry that is in no hash chain was removed; roots are not in one either, but have no parent.
        let parent: u64 = member!(dentry, dentry, dentry_parent);
        let chained: u64 = member!(dentry, dentry, dentry_unhashed);
        if chained == 0 && (parent != dentry || nameless(mnt, dentry, file.magic)) {
            file.deleted = 1;
        }
        let names = b.forgotten(b.path) as usize & 0x1fff;
        file.path_len = names as u16;
        len += names + details(b, &file, private, names);
    }
    let to = room(b);
    if to.is_null() {
        return 0;
    }
    let end = b.forgotten(len as u64) as usize & 0x3fff;
    // SAFETY: as above; clears the padding behind the path.
    unsafe {
        core::ptr::write(to.cast::<File>(), file);
        to.add(if end > 8192 { 8192 } else { end }).cast::<u64>().write_unaligned(0);
    }
    put(b, len as u64, len as u64, status::WHOLE);
    0
}

/// Tells more of an open file than its name, behind its `names` bytes (`Details`); how many bytes that takes.
#[inline(always)]
fn details(b: &mut Buffer, file: &File, private: u64, names: usize) -> usize {
    const ANON_INODE_FS_MAGIC: u32 = 0x0904_1934;
    /// The device of `/dev/ptmx`, drivers/tty/pty.c.
    const PTMX: u32 = 5 << 20 | 2;
    if private == 0 {
        return 0;
    }
    let mut words = [0u64; 4];
    let mut n = 0;
    if file.magic == ANON_INODE_FS_MAGIC {
        let to = room(b);
        if to.is_null() {
            return 0;
        }
        // SAFETY: the name stands behind the File, in the room for a blob.
        let begin = unsafe { to.add(size_of::<File>()).cast::<u64>().read_unaligned() }.to_le_bytes();
        if begin == *b"[eventfd" && off!(eventfd_count) != ABSENT && off!(eventfd_id) != ABSENT {
            let flags: u32 = peek(private, off!(eventfd_flags));
            let id: u32 = peek(private, off!(eventfd_id));
            words = [details::EVENTS, peek(private, off!(eventfd_count)), id as u64, flags as u64 & 1];
            n = 4;
        } else if begin == *b"[signalf" && off!(signalfd_mask) != ABSENT {
            // The kernel keeps those that it is not to take.
            words = [details::SIGNALS, !peek::<u64>(private, off!(signalfd_mask)), 0, 0];
            n = 2;
        }
    } else if file.rdev == PTMX && file.mode & 0o170000 == 0o020000 && off!(tty_index) != ABSENT {
        let index: u32 = peek(peek(private, off!(opened_tty)), off!(tty_index));
        words = [details::TERMINAL, index as u64, 0, 0];
        n = 2;
    }
    if n == 0 {
        return 0;
    }
    let to = room(b);
    if to.is_null() {
        return 0;
    }
    let at = b.forgotten(names as u64) as usize & 0xfff;
    // SAFETY: at most 4095 + 32 bytes behind the File, within the room for a blob.
    unsafe { to.add(size_of::<File>() + at).cast::<[u64; 4]>().write_unaligned(words) };
    8 * n
}

/// A file of a memory file system that never had a name in a directory: memfd, System V shared memory.
#[inline(always)]
fn nameless(mnt: u64, dentry: u64, magic: u32) -> bool {
    const TMPFS_MAGIC: u32 = 0x0102_1994;
    let root: u64 = member!(mnt, vfsmount, vfsmount_root);
    magic == TMPFS_MAGIC && root != dentry
}

/// The current directory: mount, dentry, no inode.
#[inline(always)]
fn directory() -> (u64, u64, u64) {
    let fs = pointer(current(), off!(task_fs));
    let pwd = off!(fs_pwd);
    (peek(fs, pwd + off!(path_mnt)), peek(fs, pwd + off!(path_dentry)), 0)
}

/// The address of the program's file; 0 for none.
#[inline(always)]
fn program() -> u64 {
    peek(pointer(current(), off!(task_mm)), off!(mm_exe))
}

/// The `struct sock` of a descriptor; 0 where it is no socket.
#[inline(always)]
pub fn sock(fd: u64) -> u64 {
    let open = open_file(fd as i32 as i64);
    if open == 0 {
        return 0;
    }
    let inode: u64 = member!(open, file, file_inode);
    let mode: u16 = member!(inode, inode, inode_mode);
    if mode & 0o170000 != 0o140000 {
        return 0;
    }
    peek(member!(open, file, file_private), off!(socket_sk))
}

/// The address of an open file; 0 for none.
#[inline(always)]
fn open_file(fd: i64) -> u64 {
    let fdt: u64 = member!(pointer(current(), off!(task_files)), files, files_fdt);
    let max: u32 = member!(fdt, fdtable, fdt_max);
    let table: u64 = member!(fdt, fdtable, fdt_fd);
    if fd < 0 || fd >= max as i64 {
        return 0;
    }
    crate::kernel::through(table.wrapping_add((fd as u64) << 3), conf!(types.pointer), 0)
}

/// An open file: mount, dentry, inode; its flags and private data besides.
#[inline(always)]
fn told(open: u64, file: &mut File, private: &mut u64) -> (u64, u64, u64) {
    if open == 0 {
        return (0, 0, 0);
    }
    file.flags = member!(open, file, file_flags);
    let mode: u32 = member!(open, file, file_mode);
    if mode & CREATED != 0 {
        file.flags |= O_CREAT;
    }
    *private = member!(open, file, file_private);
    (
        member!(open, file, file_path + path_mnt),
        member!(open, file, file_path + path_dentry),
        member!(open, file, file_inode),
    )
}

/// Writes the names from `b.dentry` up to the root behind the `File` of the blob being made; `b.path` is
/// their length. Gives a word of `event::path`.
#[unsafe(no_mangle)]
#[inline(never)]
extern "C" fn walk(buffer: *mut Buffer) -> i64 {
    if buffer.is_null() {
        return 0;
    }
    // SAFETY: checked above.
    let end = unsafe { &mut *buffer }.forgotten(0) as i64;
    let mut walked = Walked { buffer, end };
    repeat(STEPS, step, &mut walked);
    if walked.end == ROOT { path::NAMES as i64 } else { path::CUT as i64 }
}

/// A walk, and what has ended it.
struct Walked {
    buffer: *mut Buffer,
    end: i64,
}

/// How a step of the walk ends it: at the root, or because there is no room for the name.
const ROOT: i64 = 1;
const FULL: i64 = 2;

/// One step of the walk.
unsafe extern "C" fn step(_: u64, walked: *mut Walked) -> i64 {
    // SAFETY: `walk`'s own, with a buffer that it has checked.
    let (walked, b) = unsafe { (&mut *walked, &mut *(*walked).buffer) };
    let end = upwards(b);
    // What is known of it would have the body verified for each of its values.
    walked.end = b.forgotten(end as u64) as i64;
    (end != 0) as i64
}

/// To the directory above: a name, or a mount; `ROOT` or `FULL` where the walk ends.
#[inline(always)]
fn upwards(b: &mut Buffer) -> i64 {
    let dentry = b.dentry;
    let root: u64 = member!(b.vfsmount, vfsmount, vfsmount_root);
    if dentry == root {
        let mount = b.vfsmount.wrapping_sub(off!(mount_mnt) as u64);
        let parent: u64 = member!(mount, mount, mount_parent);
        if parent == mount || parent == 0 {
            // A file system that is mounted nowhere (pipes, memfd) has its file's name at its root.
            if b.path == 0 && !name(b, dentry) {
                return FULL;
            }
            return ROOT;
        }
        b.dentry = member!(mount, mount, mount_mountpoint);
        b.vfsmount = parent.wrapping_add(off!(mount_mnt) as u64);
        return 0;
    }
    let parent: u64 = member!(dentry, dentry, dentry_parent);
    if !name(b, dentry) {
        return FULL;
    }
    if parent == dentry || parent == 0 {
        return ROOT;
    }
    b.dentry = parent;
    0
}

/// Bytes of a name, with its NUL, that are copied by loads: as many as stand in the dentry itself.
const SHORT: usize = 40;

/// Copies a name of `len` bytes with its NUL, and perhaps a few bytes behind it; gives `len`.
///
/// # Safety
/// `SHORT` bytes must be writable at `to`.
#[inline(always)]
unsafe fn short_name(b: &mut Buffer, to: *mut u8, from: u64, len: u32) -> u64 {
    let all = b.forgotten(len as u64);
    let mut i = 0;
    while i < SHORT / 8 {
        if (i * 8) as u32 > len {
            break;
        }
        let word: u64 = crate::kernel::through(from.wrapping_add(8 * i as u64), conf!(types.word), 0);
        // SAFETY: the caller's promise.
        unsafe { to.add(8 * i).cast::<u64>().write_unaligned(word) };
        i += 1;
    }
    // SAFETY: `len` is less than `SHORT`. Also where the name has changed meanwhile.
    unsafe { to.add(all as usize & 63).write(0) };
    all
}

/// Appends a dentry's name with its NUL; false when there is no room for it, or it cannot be read.
#[inline(always)]
fn name(b: &mut Buffer, dentry: u64) -> bool {
    const START: usize = size_of::<File>();
    let at = b.path as usize;
    if at > NAMES_MAX - 256 {
        return false;
    }
    let at = b.forgotten(at as u64) as usize & 0xfff;
    let to = room(b);
    if to.is_null() {
        return false;
    }
    let from: u64 = member!(dentry, dentry, dentry_name);
    if conf!(types.word) != 0 {
        let len: u32 = member!(dentry, dentry, dentry_len);
        if len < SHORT as u32 {
            // SAFETY: at most 4095 + 40 bytes behind the File, within the room for a blob.
            let len = unsafe { short_name(b, to.add(START + at), from, len) };
            b.path = at as u64 + len + 1;
            return true;
        }
    }
    // SAFETY: at most 4095 + 256 bytes behind the File, within the room for a blob.
    let got = unsafe { helper::bpf_probe_read_kernel_str(to.add(START + at).cast(), 256, from as *const c_void) };
    if got > 0 {
        b.path = at as u64 + got as u64;
    }
    got > 0
}
