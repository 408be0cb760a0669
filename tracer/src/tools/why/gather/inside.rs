//! What stands in a process's memory: the call with its arguments as a trace has it, and the pieces that say what it waits for. A child
//! reads, for a page may be somebody's who does not answer.

use std::time::Duration;

use tracer_common::event::{Head, flag, kind};

use crate::capture::interpret::{Interpreter, Moment, Scratch};
use crate::capture::memory::Memory;
use crate::capture::plans::Plans;
use crate::capture::record::Record;
use crate::decode;
use crate::render::escape::Line;
use crate::spec::{Backend, Style, Target, Watch};
use crate::system::files::Files;
use crate::system::procfs::patience;
use crate::system::procfs::waiting::Entered;
use crate::trace::output::text::Look;

/// How long the child may be silent.
const PATIENCE: Duration = Duration::from_millis(300);
/// Bytes of a string that are shown.
const STRING: u32 = 32;
/// The most that is read of one piece.
const MOST: u64 = 16 << 10;

/// What is to be read of a task.
#[derive(Debug)]
pub struct Wanted {
    /// The task.
    pub tid: u32,
    /// The call that it is in.
    pub call: Entered,
    /// Addresses and lengths.
    pub spans: Vec<(u64, u64)>,
    /// The same of its time limit.
    pub limit: Option<(u64, u64)>,
}

/// What was read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Inside {
    /// The call: printable ASCII.
    pub text: String,
    /// The time limit; short where it could not be read.
    pub limit: Vec<u8>,
    /// Each piece; short where it could not be read.
    pub memory: Vec<Vec<u8>>,
}

/// Reads for each of these tasks of a process, in their order. The error says why nothing could be read.
pub fn look(pid: u32, compat: bool, wanted: &[Wanted]) -> Result<Vec<Inside>, String> {
    if wanted.is_empty() {
        return Ok(Vec::new());
    }
    let read = || {
        let mut out = Vec::new();
        let mut reader = Reader::new(pid, compat);
        for one in wanted {
            put(&mut out, reader.text(one).as_bytes());
            put(&mut out, &one.limit.map(|span| reader.span(one.tid, span)).unwrap_or_default());
            for &span in &one.spans {
                put(&mut out, &reader.span(one.tid, span));
            }
        }
        out
    };
    let bytes = patience::within(PATIENCE, read).map_err(|error| error.to_string())?;
    let mut rest = bytes.as_slice();
    let mut take = || take(&mut rest).unwrap_or_default().to_vec();
    let inside = wanted.iter().map(|one| Inside {
        text: String::from_utf8(take()).unwrap_or_default(),
        limit: take(),
        memory: one.spans.iter().map(|_| take()).collect(),
    });
    Ok(inside.collect())
}

/// A piece of a process's memory.
pub fn memory(pid: u32, address: u64, len: usize) -> std::io::Result<Vec<u8>> {
    patience::within(PATIENCE, || {
        let mut memory = Memory::default();
        memory.careful();
        let mut bytes = vec![0; len.min(MOST as usize)];
        let got = memory.read(pid, pid, address, &mut bytes);
        bytes.truncate(got);
        bytes
    })
}

/// Appends a piece with its length.
pub fn put(out: &mut Vec<u8>, bytes: &[u8]) {
    out.extend_from_slice(&(bytes.len() as u32).to_ne_bytes());
    out.extend_from_slice(bytes);
}

/// Takes a piece.
pub fn take<'b>(rest: &mut &'b [u8]) -> Option<&'b [u8]> {
    let (len, behind) = rest.split_first_chunk()?;
    let (piece, behind) = behind.split_at_checked(u32::from_ne_bytes(*len) as usize)?;
    *rest = behind;
    Some(piece)
}

/// Reads memory and makes calls of it.
struct Reader {
    pid: u32,
    compat: bool,
    plans: Plans,
    memory: Memory,
    files: Files,
    scratch: Scratch,
    style: Style,
}

impl Reader {
    fn new(pid: u32, compat: bool) -> Reader {
        let watch = Watch::events("tracer why", Target::default(), Backend::Ptrace, STRING);
        let mut memory = Memory::default();
        // Whoever provides pages by userfaultfd is not asked for any.
        memory.careful();
        Reader {
            pid,
            compat,
            plans: Plans::new(&watch),
            memory,
            files: Files::default(),
            scratch: Scratch::default(),
            style: Style::events(STRING),
        }
    }

    fn span(&mut self, tid: u32, (address, len): (u64, u64)) -> Vec<u8> {
        let mut bytes = vec![0; len.min(MOST) as usize];
        let got = if address == 0 { 0 } else { self.memory.read(tid, self.pid, address, &mut bytes) };
        bytes.truncate(got);
        bytes
    }

    /// `read(3, `, as far as a call is known that has not ended.
    fn text(&mut self, one: &Wanted) -> String {
        let Entered { nr, args, sp, pc } = one.call;
        let (plan, variant) = self.plans.get(nr, self.compat, &args);
        let flags = if self.compat { flag::COMPAT } else { 0 } | if variant { flag::VARIANT } else { 0 };
        let mut record = Record::default();
        record.start(Head {
            kind: kind::PENDING,
            flags,
            tid: one.tid,
            tgid: self.pid,
            nr,
            ip: pc,
            args,
            ..Head::default()
        });
        // Addresses of 32-bit structures have other widths: they are not followed.
        if !self.compat {
            let (memory, files, scratch) = (&mut self.memory, &mut self.files, &mut self.scratch);
            Interpreter { tid: one.tid, tgid: self.pid, sp, memory, files, scratch }.run(
                plan,
                Moment::Enter,
                &args,
                &mut record,
            );
        }
        let mut bytes = Vec::new();
        record.send(&mut bytes);
        let call = decode::decode(&bytes, &decode::Options::new(&self.style));
        let look = Look::new(&self.style);
        let mut text = Vec::new();
        let mut line = Line::new(&mut text, false);
        line.text(call.row.map_or("call", |row| row.name));
        line.lit("(");
        for (at, (_, value)) in call.args.iter().enumerate() {
            line.lit(if at > 0 { ", " } else { "" });
            if at >= call.entered {
                line.lit("...");
                break;
            }
            look.value(&mut line, value);
        }
        line.lit(")");
        String::from_utf8(text).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::{Abi, by_name};

    #[test]
    fn pieces_come_back() {
        let mut out = Vec::new();
        [b"".as_slice(), b"abc", &[0xff; 300]].iter().for_each(|piece| put(&mut out, piece));
        let mut rest = out.as_slice();
        assert_eq!(take(&mut rest), Some(b"".as_slice()));
        assert_eq!(take(&mut rest), Some(b"abc".as_slice()));
        assert_eq!(take(&mut rest).map(<[u8]>::len), Some(300));
        assert_eq!(take(&mut rest), None);
        assert_eq!(take(&mut &[9, 0, 0, 0, 1][..]), None);
    }

    #[test]
    fn a_call_of_our_own_is_told() {
        let nr = |name: &str| u32::from(by_name(name).expect(name).nr[Abi::NATIVE as usize]);
        let time = [2i64, 500];
        let me = std::process::id();
        let call =
            Entered { nr: nr("clock_nanosleep"), args: [1, 0, time.as_ptr() as u64, 0, 0, 0], ..Entered::default() };
        let word = 7u32;
        let span = (&raw const word as u64, 4);
        let limit = Some((time.as_ptr() as u64, 16));
        let seen = look(me, false, &[Wanted { tid: me, call, spans: vec![span, (0, 8)], limit }]).expect("our own");
        assert_eq!(seen[0].text, "clock_nanosleep(CLOCK_MONOTONIC, 0, {tv_sec=2, tv_nsec=500}, ...)");
        assert_eq!((seen[0].limit.len(), &seen[0].memory), (16, &vec![7u32.to_ne_bytes().to_vec(), Vec::new()]));
    }
}
