//! A look at the calls of a process one by one, for a moment: counts do not tell the last calls, nor on which files they were. It costs
//! the process more than counting does, so it is short, and ends after some thousand calls.

use std::collections::{BTreeMap, VecDeque};
use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use anyhow::Result;
use tracer_common::event::Head;

use crate::capture::ebpf::EbpfSource;
use crate::decode::calls::{fd_of, path_of, positive};
use crate::decode::value::{Call, Ret, Value};
use crate::decode::{self, Options};
use crate::schema::effects::Effect;
use crate::schema::records::{Told, is_restarted};
use crate::schema::types::class;
use crate::spec::{Backend, Style, Target, Watch};
use crate::tools::top::sample::{File, Looked};
use crate::trace::drive::{Drive, Driven, Turn};
use crate::trace::output::strace::{PidFormat, StraceText};
use crate::trace::output::{Item, Line, Order, Render, Stack};
use crate::trace::sequence::{Part, Stage, Step};

/// Calls after which it is enough.
const CALLS: u64 = 4000;
/// The last calls that are told.
const LINES: usize = 64;
/// Files that are told.
const FILES: usize = 256;
/// Bytes of strings that are read.
const STRLEN: u32 = 32;

/// Looks at a process for a while.
pub fn look(program: &str, pid: u32, time: Duration) -> Looked {
    let begun = Instant::now();
    match watch(program, pid, time) {
        Ok(mut looked) => {
            looked.time = looked.time.max(1e-3);
            looked
        }
        Err(error) => {
            Looked { why_not: crate::trace::said(&error), time: begun.elapsed().as_secs_f64(), ..Looked::default() }
        }
    }
}

fn watch(program: &str, pid: u32, time: Duration) -> Result<Looked> {
    let target = Target { pids: vec![pid as i32], ..Target::default() };
    let watch = Watch { follow: false, ..Watch::events(program, target, Backend::Ebpf, STRLEN) };
    let source = EbpfSource::open(&watch, &mut None)?;
    let watcher = Watcher {
        options: Options::new(&Style::events(STRLEN)),
        begun: Instant::now(),
        time,
        calls: 0,
        last: VecDeque::new(),
        files: BTreeMap::new(),
    };
    let mut drive = Drive::new(Box::new(source), Order::Arrival, watcher, None);
    drive.follow()?;
    let took = drive.stage.begun.elapsed();
    let ended = drive.end(None)?;
    let mut looked = ended.stage.told();
    looked.time = took.as_secs_f64();
    Ok(looked)
}

/// Keeps the last calls, and what was done to files.
struct Watcher {
    options: Options,
    begun: Instant,
    time: Duration,
    calls: u64,
    /// Records of calls, and whether each still ran.
    last: VecDeque<(Vec<u8>, bool)>,
    files: BTreeMap<Vec<u8>, File>,
}

impl Watcher {
    fn told(self) -> Looked {
        let style = Style::events(STRLEN);
        let mut text = StraceText::new(&style, PidFormat::None, false);
        let mut lines = Vec::new();
        for (record, runs) in &self.last {
            let call = decode::decode(record, &self.options);
            let item = if *runs { Item::Unfinished(&call) } else { Item::Call(&call) };
            let line = Line {
                wall: 0,
                tid: call.head.tid,
                tgid: call.head.tgid,
                comm: b"",
                stack: Stack::default(),
                below: &[],
                many: false,
                item,
            };
            let mut bytes = Vec::new();
            text.line(&line, &mut bytes);
            lines.push((call.head.tid, String::from_utf8_lossy(bytes.trim_ascii_end()).into_owned()));
        }
        let mut files: Vec<File> = self.files.into_values().collect();
        files.sort_by(|a, b| b.calls.cmp(&a.calls).then_with(|| a.path.cmp(&b.path)));
        files.truncate(FILES);
        Looked { calls: self.calls, lines, files, ..Looked::default() }
    }

    /// What a call did to the file that it is on.
    fn used(&mut self, call: &Call<'_>) {
        let Some(row) = call.row.filter(|row| row.class & (class::FILE | class::DESC) != 0) else { return };
        let path = match call.args.first() {
            Some((_, Value::Fd(_, Some(view)))) if fd_of(call).is_some() => path_of(view),
            _ => None,
        };
        let named = || {
            call.args.iter().find_map(|(_, value)| match value {
                Value::Path { bytes, .. } if !bytes.is_empty() => Some(bytes.to_vec()),
                _ => None,
            })
        };
        let Some(path) = path.or_else(named).filter(|path| path.first() == Some(&b'/') || !path.contains(&b':')) else {
            return;
        };
        let file = self.files.entry(path.clone()).or_insert_with(|| File { path, ..File::default() });
        file.calls += 1;
        match &call.ret {
            Ret::Value(value) => {
                let bytes = positive(value).unwrap_or(0);
                let (does, _) = row.does(&call.head.args);
                for effect in does.effects() {
                    match effect {
                        Effect::Reads(0) => file.read += bytes,
                        Effect::Writes(0) => file.written += bytes,
                        _ => {}
                    }
                }
            }
            _ => file.errors += 1,
        }
    }
}

impl Stage for Watcher {
    fn visible(&mut self, _: &Head, _: &[u8]) -> bool {
        true
    }

    fn step(&mut self, step: Step<'_>) {
        let runs = step.part == Part::Detached;
        match Told::of(step.head) {
            _ if runs => {}
            // To let a task go may cut its call short: that was not its doing.
            Told::Call {} if is_restarted(step.head) => return,
            Told::Call {} => {}
            _ => return,
        }
        if !runs {
            self.calls += 1;
            let call = decode::decode(step.record, &self.options);
            self.used(&call);
        }
        if self.last.len() == LINES {
            self.last.pop_front();
        }
        self.last.push_back((step.record.to_vec(), runs));
    }
}

impl Driven for Watcher {
    fn patience(&self) -> Duration {
        self.time.saturating_sub(self.begun.elapsed())
    }

    fn turn(&mut self, _: &Turn) -> ControlFlow<()> {
        let enough = self.begun.elapsed() >= self.time || self.calls >= CALLS;
        if enough { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }
}
