//! Operations of io_uring as whole records: the kernel side tells the begin of one and each of its results, and they are joined here by
//! the address of the request. What came to no result is told, too: when its request is used again, when its process is gone, or when
//! the trace ends.

use std::collections::HashMap;

use tracer_common::event::{Blob, Head, align, flag, kind};
use tracer_common::plan::{ARG_RET, phase, shape};

use crate::capture::Batch;

/// Operations that run, by the address of their request.
#[derive(Debug, Default)]
pub struct Joined(HashMap<u64, Vec<u8>>);

impl Joined {
    /// An operation began; what had its request before is over.
    pub fn begun(&mut self, head: &Head, record: &[u8], batch: &mut Batch) {
        if let Some(before) = self.0.insert(head.ret as u64, record.to_vec()) {
            unknown(&before, batch);
        }
    }

    /// An operation came to a result.
    pub fn ended(&mut self, head: &Head, record: &[u8], batch: &mut Batch) {
        let Some(request) = self.request(head) else { return };
        let Some(begun) = self.0.get(&request) else { return };
        let Some(first) = Head::read(begun) else { return };
        let more = head.args[2] != 0;
        let dur = if head.args[0] == 0 { head.time.saturating_sub(first.time) } else { head.dur };
        join(&first, begun, &Head { dur, ..*head }, record, batch);
        if !more {
            self.0.remove(&request);
        }
    }

    /// A process is gone: its operations come to no result.
    pub fn gone(&mut self, process: u32, batch: &mut Batch) {
        if !self.0.is_empty() {
            self.flush(|head| head.tgid == process, batch);
        }
    }

    /// The trace is over.
    pub fn finish(&mut self, batch: &mut Batch) {
        self.flush(|_| true, batch);
    }

    fn flush(&mut self, which: impl Fn(&Head) -> bool, batch: &mut Batch) {
        let mut over = Vec::new();
        self.0.retain(|_, record| {
            let is_over = Head::read(record).is_none_or(|head| which(&head));
            if is_over {
                over.push(std::mem::take(record));
            }
            !is_over
        });
        over.sort_by_key(|record| Head::read(record).map(|head| head.time));
        over.iter().for_each(|record| unknown(record, batch));
    }

    /// The request of a result. One that found no room among the completions names none: it is the oldest of its process with this
    /// `user_data`.
    fn request(&self, head: &Head) -> Option<u64> {
        if head.args[0] != 0 {
            let begun = self.0.get(&head.args[0]).and_then(|record| Head::read(record));
            return begun.is_some_and(|begun| begun.time == head.time).then_some(head.args[0]);
        }
        let heads = self.0.iter().filter_map(|(request, record)| Some((*request, Head::read(record)?)));
        let same = heads.filter(|(_, begun)| begun.tgid == head.tgid && begun.ip == head.ip);
        same.min_by_key(|(_, begun)| begun.time).map(|(request, _)| request)
    }
}

/// The record of an operation and a result of it.
fn join(first: &Head, begun: &[u8], last: &Head, ended: &[u8], batch: &mut Batch) {
    let blobs = |record: &[u8]| record.get(size_of::<Head>()..).map_or(0, <[u8]>::len);
    let completion = last.args[1] as u32;
    let note = if completion == 0 { 0 } else { size_of::<Blob>() + align(size_of_val(&completion)) };
    let head = Head {
        len: (size_of::<Head>() + blobs(begun) + blobs(ended) + note) as u32,
        kind: kind::OPERATION,
        flags: first.flags | last.flags,
        blobs: first.blobs + last.blobs + u16::from(note > 0),
        ret: last.ret,
        dur: last.dur,
        ..*first
    };
    batch.extend_from_slice(head.bytes());
    batch.extend_from_slice(&begun[begun.len() - blobs(begun)..]);
    batch.extend_from_slice(&ended[ended.len() - blobs(ended)..]);
    if note > 0 {
        let blob = Blob { arg: ARG_RET, shape: shape::BYTES, phase: phase::EXIT, len: 4, want: 4, ..Blob::default() };
        batch.extend_from_slice(blob.bytes());
        batch.extend_from_slice(&u64::from(completion).to_ne_bytes());
    }
}

/// The record of an operation that came to no result that was told.
fn unknown(begun: &[u8], batch: &mut Batch) {
    let Some(first) = Head::read(begun) else { return };
    let flags = first.flags | flag::NO_RETURN;
    let head = Head { kind: kind::OPERATION, flags, ret: 0, ..first };
    batch.extend_from_slice(head.bytes());
    batch.extend_from_slice(&begun[size_of::<Head>()..]);
}

#[cfg(test)]
mod tests {
    use super::*;
    use tracer_common::record::{blobs, records, whole};

    const LEN: u32 = size_of::<Head>() as u32;

    fn begun(request: u64, data: u64, time: u64) -> Vec<u8> {
        let head = Head {
            len: LEN,
            kind: kind::BEGUN,
            tid: 7,
            tgid: 7,
            nr: 22,
            ip: data,
            time,
            ret: request as i64,
            ..Head::default()
        };
        head.bytes().to_vec()
    }

    fn ended(request: u64, data: u64, time: u64, flags: u64, more: u64) -> Vec<u8> {
        let args = [request, flags, more, 0, 0, 0];
        let head = Head {
            len: LEN,
            kind: kind::ENDED,
            tid: 7,
            tgid: 7,
            nr: 22,
            ip: data,
            time,
            dur: 5,
            ret: 3,
            args,
            ..Head::default()
        };
        head.bytes().to_vec()
    }

    /// What comes of records: `data=result`, with `!` where none was told, and the flags of the completion.
    fn told(list: &[Vec<u8>]) -> String {
        let (mut joined, mut batch) = (Joined::default(), Vec::new());
        for record in list {
            let head = Head::read(record).expect("a head");
            match head.kind {
                kind::BEGUN => joined.begun(&head, record, &mut batch),
                kind::ENDED => joined.ended(&head, record, &mut batch),
                _ => joined.gone(head.tgid, &mut batch),
            }
        }
        joined.finish(&mut batch);
        let word = |(head, record): (Head, &[u8])| {
            assert_eq!(head.kind, kind::OPERATION);
            whole(record).expect("a whole record");
            let flags = blobs(&head, record).next().map(|(_, bytes)| format!("+{}", bytes[0])).unwrap_or_default();
            let sign = if head.flags & flag::NO_RETURN != 0 { "!".to_owned() } else { format!("={}", head.ret) };
            format!("{}{sign}{flags}", head.ip)
        };
        records(&batch).map(word).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn begins_and_results_are_joined() {
        let gone = Head { len: LEN, kind: kind::EXIT, tgid: 7, ..Head::default() }.bytes().to_vec();
        assert_eq!(
            told(&[begun(1, 10, 100), begun(2, 20, 110), ended(2, 20, 110, 0, 0), ended(1, 10, 100, 0, 0)]),
            "20=3 10=3"
        );
        // Several results, the last by the request itself.
        let several = [begun(1, 10, 100), ended(1, 10, 100, 2, 1), ended(1, 10, 100, 2, 1), ended(1, 10, 100, 0, 0)];
        assert_eq!(told(&several), "10=3+2 10=3+2 10=3");
        // Without a result: the request is used again, the process is gone, the trace is over.
        assert_eq!(told(&[begun(1, 10, 100), begun(1, 11, 200), ended(1, 11, 200, 0, 0)]), "10! 11=3");
        assert_eq!(told(&[begun(2, 20, 110), begun(1, 10, 100), gone, begun(3, 30, 120)]), "10! 20! 30!");
        // A result of what had the address before, or of what nobody saw.
        assert_eq!(told(&[begun(1, 11, 200), ended(1, 10, 100, 0, 0), ended(5, 50, 90, 0, 0)]), "11!");
        // One that names no request.
        assert_eq!(told(&[begun(1, 10, 100), begun(2, 10, 90), ended(0, 10, 130, 0, 0)]), "10=3 10!");
    }
}
