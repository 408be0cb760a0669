//! How many records a second the pipeline takes from a source to a text file, without the source's own
//! cost: `cargo run --release -p tracer --example throughput [TASKS]`. Each task makes getppid calls.

use std::ffi::OsString;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow};
use tracer::capture::{Batch, Count, Losses, Source, Status};
use tracer::cli::asked;
use tracer::trace::Trace;
use tracer::trace::stage::Shower;
use tracer_common::event::{Head, kind};

/// Records in all, and in a batch.
const RECORDS: u64 = 4_000_000;
const BATCH: u64 = 4096;

/// Calls of several tasks in turn; each lasts until all others have made one.
struct Synthetic {
    tasks: u64,
    made: u64,
}

impl Synthetic {
    fn record(kind: u8, tid: u64, time: u64, dur: u64, batch: &mut Batch) {
        let len = size_of::<Head>() as u32;
        let head = Head { len, kind, tid: tid as u32, tgid: 1000, nr: 110, time, dur, ret: 1, ..Head::default() };
        batch.extend_from_slice(head.bytes());
    }
}

impl Source for Synthetic {
    fn read(&mut self, batch: &mut Batch, _: Duration) -> Result<Status> {
        if self.made == 0 {
            (0..self.tasks).for_each(|task| Self::record(kind::ATTACH, 1000 + task, 1, 0, batch));
        }
        for _ in 0..BATCH.min(RECORDS - self.made) {
            self.made += 1;
            Self::record(kind::CALL, 1000 + self.made % self.tasks, 1000 * self.made, 990 * self.tasks, batch);
        }
        Ok(if self.made == RECORDS { Status::Done } else { Status::More })
    }

    fn pending(&mut self, batch: &mut Batch) -> Result<()> {
        Self::record(kind::MARK, 0, 1000 * self.made.saturating_sub(self.tasks), 0, batch);
        Ok(())
    }

    fn detach(&mut self, _: &mut Batch) -> Result<()> {
        Ok(())
    }

    fn losses(&mut self) -> Losses {
        Losses::default()
    }

    fn counts(&mut self) -> Result<Vec<Count>> {
        Ok(Vec::new())
    }

    fn name(&self) -> &'static str {
        "synthetic"
    }
}

fn main() -> Result<()> {
    let tasks = std::env::args().nth(1).map_or(Ok(1), |n| n.parse()).context("the number of tasks")?;
    let file = std::env::temp_dir().join(format!("tracer-throughput-{}", std::process::id()));
    let words: [OsString; 4] = ["-f".into(), "-o".into(), file.clone().into(), "true".into()];
    let spec = asked::spec(words).map_err(|fault| anyhow!("{fault:?}"))?;
    let start = Instant::now();
    let mut trace = Trace::new(&spec, Box::new(Synthetic { tasks, made: 0 }), Shower::open(&spec)?, None);
    trace.follow()?;
    trace.end(None)?;
    let took = start.elapsed();
    let bytes = std::fs::metadata(&file)?.len();
    std::fs::remove_file(&file)?;
    println!(
        "{tasks} tasks: {RECORDS} records in {took:.2?}, {:.0} ns each, {:.2} M/s, {} MB written",
        took.as_nanos() as f64 / RECORDS as f64,
        RECORDS as f64 / took.as_secs_f64() / 1e6,
        bytes / 1_000_000
    );
    Ok(())
}
