//! The floor: an empty BPF program on both raw_syscalls tracepoints. No tracer that sees every call in the kernel can cost less.
//!
//! By bpf(2) itself, for a loader would bring more code than the two instructions that it loads. Also: which tracing programs
//! someone else left loaded, for they are in every figure.

use std::fs;
use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};

use anyhow::{Context, Result, bail};

/// Commands and types of bpf(2): linux/bpf.h.
const BPF_PROG_LOAD: i64 = 5;
const BPF_PROG_GET_NEXT_ID: i64 = 11;
const BPF_PROG_GET_FD_BY_ID: i64 = 13;
const BPF_OBJ_GET_INFO_BY_FD: i64 = 15;
const BPF_RAW_TRACEPOINT_OPEN: i64 = 17;
const BPF_ENABLE_STATS: i64 = 32;
const BPF_PROG_TYPE_TRACING: u32 = 26;
const BPF_TRACE_RAW_TP: u32 = 23;

/// Types of programs that run in someone's system calls: kprobe, tracepoint, perf_event, raw_tracepoint, tracing.
const TRACING_TYPES: [u32; 5] = [2, 5, 7, 17, 26];

/// `struct bpf_prog_info`: its size when run_cnt was the last field, and where that is.
const INFO_SIZE: usize = 208;
const RUN_CNT: usize = 200;

/// `r0 = 0; exit`
const EMPTY: [u64; 2] = [0x0000_0000_0000_00b7, 0x0000_0000_0000_0095];

/// Empty programs on both tracepoints, until it is dropped.
pub struct Floor {
    programs: Vec<OwnedFd>,
    _links: Vec<OwnedFd>,
}

impl Floor {
    /// Loads and attaches both.
    pub fn attach() -> Result<Floor> {
        let btf = fs::read("/sys/kernel/btf/vmlinux").context("cannot read the kernel's types")?;
        let mut floor = Floor { programs: Vec::new(), _links: Vec::new() };
        for name in ["btf_trace_sys_enter", "btf_trace_sys_exit"] {
            let id = typedef(&btf, name).with_context(|| format!("the kernel has no type {name}"))?;
            let program = load(id).with_context(|| format!("cannot load an empty program for {name}"))?;
            let mut attr = Attr::default();
            attr.set32(8, program.as_raw_fd().cast_unsigned());
            let link = fd(BPF_RAW_TRACEPOINT_OPEN, &mut attr).with_context(|| format!("cannot attach to {name}"))?;
            floor.programs.push(program);
            floor._links.push(link);
        }
        Ok(floor)
    }

    /// How often each has run while `work` ran: the proof that they are attached. The kernel counts only while asked to, for
    /// counting costs.
    pub fn runs(&self, work: impl FnOnce() -> Result<()>) -> Result<u64> {
        let counting = fd(BPF_ENABLE_STATS, &mut Attr::default()).context("cannot count runs of BPF programs")?;
        work()?;
        drop(counting);
        let mut least = u64::MAX;
        for program in &self.programs {
            let info = info(program)?;
            let count: [u8; 8] = info[RUN_CNT..RUN_CNT + 8].try_into()?;
            least = least.min(u64::from_ne_bytes(count));
        }
        Ok(least)
    }
}

/// How many programs of tracing kinds are loaded.
pub fn loaded_tracing_programs() -> Result<usize> {
    let mut found = 0;
    let mut id = 0;
    loop {
        let mut attr = Attr::default();
        attr.set32(0, id);
        match call(BPF_PROG_GET_NEXT_ID, &mut attr) {
            Ok(_) => id = attr.get32(4),
            Err(error) if error.raw_os_error() == Some(libc::ENOENT) => return Ok(found),
            Err(error) => bail!("cannot list BPF programs: {error}"),
        }
        let mut attr = Attr::default();
        attr.set32(0, id);
        // One that was unloaded meanwhile is none.
        let Ok(program) = fd(BPF_PROG_GET_FD_BY_ID, &mut attr) else { continue };
        let kind: [u8; 4] = info(&program)?[..4].try_into()?;
        found += usize::from(TRACING_TYPES.contains(&u32::from_ne_bytes(kind)));
    }
}

/// The empty program, checked against the arguments of the tracepoint with this type.
fn load(btf_id: u32) -> io::Result<OwnedFd> {
    let licence = c"GPL";
    let mut attr = Attr::default();
    attr.set32(0, BPF_PROG_TYPE_TRACING);
    attr.set32(4, 2);
    attr.set64(8, EMPTY.as_ptr().addr() as u64);
    attr.set64(16, licence.as_ptr().addr() as u64);
    attr.set32(68, BPF_TRACE_RAW_TP);
    attr.set32(108, btf_id);
    fd(BPF_PROG_LOAD, &mut attr)
}

/// What the kernel says of a program.
fn info(program: &OwnedFd) -> Result<[u8; INFO_SIZE]> {
    let mut info = [0u8; INFO_SIZE];
    let mut attr = Attr::default();
    attr.set32(0, program.as_raw_fd().cast_unsigned());
    attr.set32(4, INFO_SIZE as u32);
    attr.set64(8, info.as_mut_ptr().addr() as u64);
    call(BPF_OBJ_GET_INFO_BY_FD, &mut attr).context("cannot ask about a BPF program")?;
    Ok(info)
}

/// `union bpf_attr`: fields by their offsets, the rest zero.
#[repr(C, align(8))]
struct Attr([u8; 128]);

impl Default for Attr {
    fn default() -> Attr {
        Attr([0; 128])
    }
}

impl Attr {
    fn set32(&mut self, at: usize, value: u32) {
        self.0[at..at + 4].copy_from_slice(&value.to_ne_bytes());
    }

    fn set64(&mut self, at: usize, value: u64) {
        self.0[at..at + 8].copy_from_slice(&value.to_ne_bytes());
    }

    fn get32(&self, at: usize) -> u32 {
        self.0[at..at + 4].try_into().map_or(0, u32::from_ne_bytes)
    }
}

/// bpf(2).
fn call(command: i64, attr: &mut Attr) -> io::Result<i64> {
    // SAFETY: `attr` is as long as is said, and whatever its fields point to lives in the callers until this returns.
    let done = unsafe { libc::syscall(libc::SYS_bpf, command, std::ptr::from_mut(attr), size_of::<Attr>()) };
    if done < 0 { Err(io::Error::last_os_error()) } else { Ok(done) }
}

/// bpf(2), for commands that give a descriptor.
fn fd(command: i64, attr: &mut Attr) -> io::Result<OwnedFd> {
    let fd = call(command, attr)?;
    let fd = i32::try_from(fd).map_err(io::Error::other)?;
    // SAFETY: the kernel has just made this descriptor, and nobody else has it.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

/// The id of a typedef in BTF (Documentation/bpf/btf.rst).
fn typedef(btf: &[u8], name: &str) -> Option<u32> {
    const KIND_TYPEDEF: u32 = 8;
    let word = |at: usize| Some(u32::from_le_bytes(btf.get(at..at.checked_add(4)?)?.try_into().ok()?));
    let header = word(4)? as usize;
    let (types, types_len) = (header + word(8)? as usize, word(12)? as usize);
    let strings = header + word(16)? as usize;
    let (mut at, mut id) = (types, 1);
    while at < types + types_len {
        let (name_at, info) = (word(at)? as usize, word(at + 4)?);
        let kind = info >> 24 & 0x1f;
        if kind == KIND_TYPEDEF {
            let text = btf.get(strings + name_at..)?;
            if text.starts_with(name.as_bytes()) && text.get(name.len()) == Some(&0) {
                return Some(id);
            }
        }
        let members = (info & 0xffff) as usize;
        at += 12
            + match kind {
                // int, variable, declaration tag: one word
                1 | 14 | 17 => 4,
                // array
                3 => 12,
                // struct, union, data section, 64-bit enum
                4 | 5 | 15 | 19 => 12 * members,
                // enum, parameters
                6 | 13 => 8 * members,
                _ => 0,
            };
        id += 1;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    /// BTF of these types (name, info, size, more words) over these strings.
    fn btf(types: &[(u32, u32, u32, &[u32])], strings: &str) -> Vec<u8> {
        let words: Vec<u32> = types
            .iter()
            .flat_map(|(name, info, size, more)| [*name, *info, *size].into_iter().chain(more.iter().copied()))
            .collect();
        let len = words.len() as u32 * 4;
        let header = [0x0001_eb9f, 24, 0, len, len, strings.len() as u32];
        let mut bytes: Vec<u8> = header.iter().chain(&words).flat_map(|word| word.to_le_bytes()).collect();
        bytes.extend_from_slice(strings.as_bytes());
        bytes
    }

    #[test]
    fn typedefs_are_found_behind_types_of_every_length() {
        let bytes = btf(
            &[
                (1, 1 << 24, 4, &[32]),
                (1, 4 << 24 | 2, 8, &[1, 1, 0, 1, 1, 32]),
                (1, 13 << 24 | 1, 0, &[0, 1]),
                (5, 8 << 24, 1, &[]),
                (12, 8 << 24, 1, &[]),
            ],
            "\0int\0abcdef\0abc\0",
        );
        assert_eq!(typedef(&bytes, "abc"), Some(5));
        assert_eq!(typedef(&bytes, "abcdef"), Some(4));
        assert_eq!(typedef(&bytes, "int"), None, "an int is no typedef");
        assert_eq!(typedef(&bytes[..40], "abc"), None, "cut off");
        assert_eq!(typedef(&[], "abc"), None);
    }

    #[test]
    fn this_kernel_has_the_tracepoints() {
        let Ok(bytes) = fs::read("/sys/kernel/btf/vmlinux") else {
            eprintln!("skipped: no BTF here");
            return;
        };
        assert!(typedef(&bytes, "btf_trace_sys_enter").is_some());
        assert!(typedef(&bytes, "btf_trace_sys_exit").is_some());
    }
}
