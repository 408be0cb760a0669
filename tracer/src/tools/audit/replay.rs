//! `tracer replay FILE --html=PAGE`: the page of an audit, of what a recording has. Nothing is judged, and nothing of this machine is
//! asked: links are not followed, and what a recording was not told to keep is a gap or not there.

use std::io::Write;
use std::ops::ControlFlow;
use std::path::Path;

use anyhow::{Context, Result};
use tracer_common::event::Head;

use super::watch::{STRLEN, gaps};
use crate::capture::interrupt;
use crate::capture::replay::ReplaySource;
use crate::decode;
use crate::exit;
use crate::render::typed::show;
use crate::system::confine::Work;
use crate::system::place::Place;
use crate::tools::audit::evidence::collect::{Collector, Doubt, Look, World, lexical};
use crate::tools::audit::evidence::units::Rules;
use crate::tools::audit::evidence::{Extent, GapKind, Judgement, Report, Variables, Verdict};
use crate::tools::audit::links::Made;
use crate::tools::audit::output;
use crate::trace::drive::{Drive, Driven, Ended, Turn};
use crate::trace::output::Order;
use crate::trace::sequence::{Stage, Step};
use crate::trace::{notice, outputs, said};

/// Writes the page of a recording.
///
/// # Errors
/// A file that is no recording, or not a whole one, once the page of all that stands whole before was written; a page that cannot be
/// written.
pub fn replay(file: &Path, page: &Path) -> Result<u8> {
    // What cannot be written is better known before.
    outputs::attempt([page].into_iter().filter(|page| page.as_os_str() != "-"), [file])?;
    let source = ReplaySource::open(file)?;
    let mut place = if page.as_os_str() == "-" { None } else { Some(Place::find(page)?.create(false)?) };
    interrupt::install()?;
    notice::confine("tracer", Work::Read);
    let (report, whole) = report(source, &show(file))?;
    let mut bytes = Vec::new();
    output::recording(&report, &mut bytes);
    match &mut place {
        Some(place) => place.write_all(&bytes).with_context(|| format!("writing {}", show(page)))?,
        None => super::reports::print(&bytes).context("writing to stdout")?,
    }
    whole.map(|()| exit::OK)
}

/// What a recording of this name tells; and why it is not whole, where it is not: that is a gap of the report, too.
///
/// # Errors
/// None that a recording has: its end gives no events that could fail.
pub fn report(source: ReplaySource, name: &str) -> Result<(Report, Result<()>)> {
    let header = source.header().clone();
    let mut world = Recorded;
    let options = decode::Options::events(STRLEN);
    let mut collector = Collector::new(&mut world, options, Rules::default());
    if header.command_pid == 0 {
        collector.expect_others();
    } else {
        collector.expect(header.command_pid, b"");
    }
    let mut drive = Drive::new(Box::new(source), Order::Arrival, Keeper(collector), None);
    let followed = drive.follow();
    let Ended { mut source, stage: Keeper(mut collector), .. } = drive.end(None)?;
    if let Err(error) = &followed {
        collector.gap(GapKind::Unreadable, None, said(error), 1);
    }
    let (mut evidence, timeline) = collector.finish(&header.source, gaps(&source.losses()));
    evidence.command = header.command;
    evidence.remarks.push(format!("made of the recording {name}: links in paths are not followed"));
    let failed = header.command_pid != 0 && evidence.status != Some(0);
    let verdict = match (failed, evidence.gaps.is_empty()) {
        (true, _) => Verdict::CommandFailed,
        (false, false) => Verdict::Incomplete,
        (false, true) => Verdict::Clean,
    };
    let report = Report {
        evidence,
        variables: Variables::default(),
        judgement: Judgement::default(),
        difference: None,
        verdict,
        timeline,
        extent: Extent::default(),
    };
    Ok((report, followed.map(drop)))
}

/// Has evidence made of every record.
struct Keeper<'w>(Collector<'w>);

impl Stage for Keeper<'_> {
    fn visible(&mut self, _: &Head, _: &[u8]) -> bool {
        true
    }

    fn step(&mut self, step: Step<'_>) {
        self.0.take(step.record);
    }
}

impl Driven for Keeper<'_> {
    fn turn(&mut self, _: &Turn) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }
}

/// The machine of a recording, of which nothing is known but what stands in the records. Every path is its own; whose names begin
/// elsewhere later (chroot, setns) is lost from there on, and that is said.
struct Recorded;

impl World for Recorded {
    fn place(&mut self, _: u32) -> Option<usize> {
        None
    }

    fn rooted(&mut self, _: usize, _: &[u8]) -> Option<usize> {
        None
    }

    fn root(&self, _: usize) -> &[u8] {
        &[]
    }

    fn mounted(&mut self, _: usize) {}

    fn own(&self, _: usize, path: &[u8]) -> Option<Vec<u8>> {
        Some(path.to_vec())
    }

    fn others_stay(&self) -> bool {
        true
    }

    fn others(&self, _: &[u8]) -> Vec<Vec<u8>> {
        Vec::new()
    }

    fn resolve(&mut self, _: usize, path: &[u8]) -> Vec<u8> {
        lexical(path).into_owned()
    }

    fn follow(&mut self, _: usize, path: &[u8]) -> Vec<u8> {
        lexical(path).into_owned()
    }

    fn is_loader(&mut self, _: &[u8]) -> bool {
        false
    }

    fn hosts(&self) -> Vec<u8> {
        Vec::new()
    }

    fn others_then(&self, _: &[u8]) -> Vec<Vec<u8>> {
        Vec::new()
    }

    fn at(&mut self, _: u64) {}

    fn doubts(&mut self) -> Vec<Doubt> {
        Vec::new()
    }

    fn tell_looks(&mut self, _: bool) {}

    fn looks(&mut self) -> Vec<Look> {
        Vec::new()
    }

    fn is_link(&mut self, _: &[u8]) -> bool {
        false
    }

    fn is_directory(&self, _: &[u8]) -> bool {
        false
    }

    fn linked(&mut self, _: &[u8], _: &[u8]) {}

    fn made(&mut self, _: &[u8], _: Made) {}

    fn gone(&mut self, _: &[u8]) {}

    fn renamed(&mut self, _: &[u8], _: &[u8], _: bool) {}

    fn below(&self, _: &[u8], _: usize) -> Option<Vec<Vec<u8>>> {
        Some(Vec::new())
    }

    fn links(&self, _: &[u8]) -> u64 {
        1
    }

    fn unknown(&self, _: &[u8]) -> Option<String> {
        None
    }

    fn identity_behind(&self, _: &[u8]) -> Option<(u32, u64)> {
        None
    }

    fn are_same(&self, _: &[u8], _: &[u8]) -> Option<bool> {
        Some(false)
    }

    fn identity(&self, _: &[u8]) -> Option<(u32, u64)> {
        None
    }

    fn exists(&self, _: &[u8]) -> bool {
        false
    }

    fn interpreters(&mut self, _: &[u8]) -> Vec<Vec<u8>> {
        Vec::new()
    }

    fn unix_name(&self, _: u64) -> Option<Vec<u8>> {
        None
    }

    fn program(&self, _: u32) -> Vec<u8> {
        Vec::new()
    }
}
