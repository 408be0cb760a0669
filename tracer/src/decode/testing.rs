//! Records for tests: a head, then blobs, laid out as a source lays them out.

use tracer_common::event::{Blob, File, Head, Sock, align, flag, kind, status};
use tracer_common::plan::{phase, shape};

use super::Options;
use super::value::Call;
use crate::schema::types::Row;
use crate::schema::{Abi, by_name};
use crate::spec::{Fds, Style};

/// A record in the making.
#[derive(Debug, Clone)]
pub(crate) struct Record {
    head: Head,
    blobs: Vec<u8>,
}

impl Record {
    /// A call by the name of its row.
    pub(crate) fn call(name: &str) -> Record {
        let nr = by_name(name).map_or(0x1d3, |row| u32::from(row.nr[Abi::NATIVE as usize]));
        Record::nr(nr)
    }

    /// A call by number.
    pub(crate) fn nr(nr: u32) -> Record {
        Record { head: Head { kind: kind::CALL, nr, tid: 7, tgid: 7, ..Head::default() }, blobs: Vec::new() }
    }

    /// An operation of io_uring, submitted with these flags.
    pub(crate) fn operation(opcode: u32, sqe_flags: u32) -> Record {
        let mut record = Record::nr(opcode);
        (record.head.kind, record.head.cpu) = (kind::OPERATION, sqe_flags);
        record
    }

    /// Its arguments, the rest 0.
    pub(crate) fn args(mut self, args: &[u64]) -> Record {
        self.head.args[..args.len()].copy_from_slice(args);
        self
    }

    /// Its return value.
    pub(crate) fn ret(mut self, ret: i64) -> Record {
        self.head.ret = ret;
        self
    }

    /// It is still running.
    pub(crate) fn pending(mut self) -> Record {
        self.head.kind = kind::PENDING;
        self
    }

    /// It never returned.
    pub(crate) fn never(mut self) -> Record {
        self.head.flags |= flag::NO_RETURN;
        self
    }

    /// Bits of `flag`.
    pub(crate) fn flags(mut self, flags: u8) -> Record {
        self.head.flags |= flags;
        self
    }

    /// How long it took, in ns.
    pub(crate) fn took(mut self, ns: u64) -> Record {
        self.head.dur = ns;
        self
    }

    /// A blob in full.
    pub(crate) fn blob(mut self, blob: Blob, bytes: &[u8]) -> Record {
        let blob =
            Blob { len: bytes.len() as u32, want: if blob.want == 0 { bytes.len() as u32 } else { blob.want }, ..blob };
        self.blobs.extend_from_slice(blob.bytes());
        self.blobs.extend_from_slice(bytes);
        self.blobs.resize(align(self.blobs.len()), 0);
        self.head.blobs += 1;
        self
    }

    /// Whole bytes of an argument, read at entry.
    pub(crate) fn enter(self, arg: u8, bytes: &[u8]) -> Record {
        self.part(arg, shape::BYTES, phase::ENTER, 0, bytes)
    }

    /// Whole bytes of an argument, read at the end.
    pub(crate) fn exit(self, arg: u8, bytes: &[u8]) -> Record {
        self.part(arg, shape::BYTES, phase::EXIT_OK, 0, bytes)
    }

    /// A string argument.
    pub(crate) fn text(self, arg: u8, bytes: &[u8]) -> Record {
        self.part(arg, shape::TEXT, phase::ENTER, 0, bytes)
    }

    /// A piece of a shape.
    pub(crate) fn part(self, arg: u8, shape: u8, phase: u8, part: u16, bytes: &[u8]) -> Record {
        self.blob(Blob { arg, shape, phase, part, status: status::WHOLE, ..Blob::default() }, bytes)
    }

    /// The file behind a descriptor.
    pub(crate) fn fd(self, arg: u8, phase: u8, file: File, sock: Option<Sock>, path: &[u8]) -> Record {
        let file = File { path_len: path.len() as u16, ..file };
        let mut bytes = file.bytes().to_vec();
        bytes.extend_from_slice(sock.as_ref().map_or(&[][..], Sock::bytes));
        bytes.extend_from_slice(path);
        self.part(arg, shape::FD, phase, 0, &bytes)
    }

    /// The record's bytes.
    pub(crate) fn build(mut self) -> Vec<u8> {
        self.head.len = (size_of::<Head>() + self.blobs.len()) as u32;
        let mut bytes = self.head.bytes().to_vec();
        bytes.extend_from_slice(&self.blobs);
        bytes
    }
}

/// Decodes a record as a call of a row that need not be in the table.
pub(crate) fn decode_row<'a>(record: &'a [u8], row: &'static Row, options: &Options) -> Call<'a> {
    let head = Head::read(record).unwrap_or_default();
    super::decode_as(record, head, &super::Blobs::new(record, &head), row, options)
}

/// strace's defaults.
pub(crate) fn style() -> Style {
    Style::new(32)
}

/// `-yy`.
pub(crate) const ALL_FDS: Fds = Fds { path: true, socket: true, dev: true, pidfd: true, eventfd: true, signalfd: true };
