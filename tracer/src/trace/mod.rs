//! The pipeline: read from a source, put in order (`drive`), learn, filter, render, write (`stage`); and how a trace ends.
//! Everything happens on one thread, batch by batch: a source that has more keeps it until asked.

pub mod drive;
mod dumps;
pub mod ending;
pub mod filter;
mod interfaces;
mod leaving;
mod library;
mod naming;
pub mod notice;
pub mod output;
pub mod outputs;
mod passed;
mod pressure;
mod render;
pub mod sequence;
pub mod stage;
pub mod tasks;
mod verify;

use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use anyhow::Result;
use tracer_common::loss::Loss;

use self::drive::{Drive, Ended, Over};
pub use self::ending::{Ending, die, meant, said};
use self::output::Order;
use self::output::record::{Recorder, Reserved};
use self::stage::Shower;
pub use self::verify::verify;
use crate::capture::command::{StartError, Started};
use crate::capture::recording::{Header, HeaderLibrary};
use crate::capture::replay::ReplaySource;
use crate::capture::{self, Source, interrupt, ourselves, waker};
use crate::exit;
use crate::render::sink::Outcome;
use crate::schema::errno;
use crate::spec::{LibraryStyle, Output, OutputForm, Spec, Style, To, View, Watch};
use crate::system::confine::Work;

/// Carries a request out, from the source's opening to the loss report.
///
/// # Errors
/// Those of opening source and output, and of a source that breaks down.
pub fn run(spec: &Spec) -> Result<Ending> {
    let Spec { watch, view } = spec;
    for notice in &view.notices {
        notice::tell(&watch.program, notice);
    }
    outputs::attempt_those_of(view, watch.btf.as_deref(), view.failure == exit::FAILED)?;
    let daemonized = daemonize(watch, view.failure);
    let mut shower = Shower::open(spec)?;
    let daemonized = daemonized.transpose()?;
    let above = daemonized.as_ref().map(Started::pid);
    interrupt::install()?;
    ourselves::watch()?;
    if view.strict && watch.target.command.is_some() {
        waker::start();
    }
    // A command is given what tracer inherited, whatever is set here.
    ending::set_signals(view.interrupt)?;
    let reserved = view.output.record.as_deref().map(Reserved::make).transpose()?;
    let source = capture::open_started(watch, daemonized)?;
    let command = source.command().or(above);
    if let Some(pid) = command {
        shower.expect(pid);
    }
    if let Some(pid) = above {
        shower.attached(pid);
    }
    let header = Header { command_pid: command.unwrap_or(0), ..header(watch, Some(&spec.view), &*source) };
    let mut recorder = reserved.map(|file| Recorder::begin(file, &header)).transpose()?;
    if let Some(recorder) = &mut recorder {
        recorder.keep(&watch.calls);
    }
    ourselves::keep_to_ourselves();
    // After the outputs and the command: neither is to inherit it.
    notice::confine(&watch.program, if source.name() == "ebpf" { Work::Ebpf } else { Work::Others });
    let mut trace = Trace::new(spec, source, shower, recorder);
    let interrupted = trace.follow()?;
    trace.end(interrupted)
}

/// With `-D` this process becomes the command, and what returns is its grandchild: before anything is opened that only tracer is to have.
/// A command that cannot be started is told of once the output is there, as always.
fn daemonize(watch: &Watch, failure: u8) -> Option<Result<Started, StartError>> {
    let command = watch.target.command.as_ref()?;
    let how = command.daemonize?;
    Some(Started::daemonize(command, how, capture::ptrace::filter(watch).as_ref(), failure))
}

/// Shows a recording as `spec` asks.
///
/// # Errors
/// A file that is no recording, or not a whole one, once all that stands whole before was shown.
pub fn replay(file: &Path, spec: &Spec) -> Result<Ending> {
    outputs::attempt_those_of(&spec.view, [file], spec.view.failure == exit::FAILED)?;
    let mut source = ReplaySource::open(file)?;
    let header = source.header();
    let mut spec = spec.clone();
    spec.watch.follow = header.follow;
    spec.watch.target.pids.clone_from(&header.pids);
    spec.view.show.quiet_attach = true;
    if let Some(library) = &header.library {
        show_functions(&mut spec, library);
    }
    let mut shower = Shower::open(&spec)?;
    shower.recorded(header.clock_offset);
    if header.command_pid != 0 {
        shower.expect(header.command_pid);
    }
    if let Some(counting) = spec.watch.counting {
        source.count_only(counting.by_process);
    }
    interrupt::install()?;
    let makes_files = matches!(spec.view.output.to, To::File(..)) || spec.view.output.record.is_some();
    notice::confine(&spec.watch.program, if makes_files { Work::Replay } else { Work::Read });
    let mut trace = Trace::new(&spec, Box::new(source), shower, None);
    let followed = trace.follow();
    let (ending, failed) = trace.ended(None)?;
    Ok(match followed? {
        Some(signal) => Ending::Signal(signal),
        None if failed => Ending::Code(spec.view.failure),
        // How the command ended was its recorder's to say.
        None => {
            if ending == Ending::Code(exit::LOSS) {
                ending
            } else {
                Ending::Code(exit::OK)
            }
        }
    })
}

/// Begins the recording that was asked for.
///
/// # Errors
/// A file that cannot be written.
pub fn recorder(file: Option<Reserved>, watch: &Watch, source: &dyn Source) -> Result<Option<Recorder>> {
    file.map(|file| Recorder::begin(file, &header(watch, None, source))).transpose()
}

/// Blanks that a recording may ask for.
const WIDEST: usize = 256;

/// Has calls of library functions shown as they were when they were recorded.
fn show_functions(spec: &mut Spec, recorded: &HeaderLibrary) {
    let HeaderLibrary { demangle, indent, callers, within, column } = *recorded;
    // A function is known by the record that names it, and only events have those.
    spec.watch.counting = None;
    let Output { form, style, .. } = &mut spec.view.output;
    if *form == OutputForm::TEXT {
        *form = OutputForm::LTRACE;
        style.always_pid |= spec.watch.follow;
    }
    if style.column == Style::new(style.strlen).column {
        style.column = column.min(WIDEST);
    }
    style.library = LibraryStyle { demangle, indent: indent.min(WIDEST), callers, within };
}

/// What a recording says of itself.
fn header(watch: &Watch, view: Option<&View>, source: &dyn Source) -> Header {
    let library = view.filter(|_| watch.library.is_some()).map(|view| {
        let Style { column, library: LibraryStyle { demangle, indent, callers, within }, .. } = view.output.style;
        HeaderLibrary { demangle, indent, callers, within, column }
    });
    let words = watch.target.command.iter().flat_map(|c| &c.argv);
    Header {
        source: source.name().to_owned(),
        command: words.map(|word| word.as_bytes().to_vec()).collect(),
        command_pid: source.command().unwrap_or(0),
        pids: watch.target.pids.clone(),
        follow: watch.follow,
        detail: watch.detail.into(),
        library,
        ..Header::of_host()
    }
}

/// A trace whose events are shown.
pub struct Trace<'a> {
    spec: &'a Spec,
    drive: Drive<Shower>,
}

impl<'a> Trace<'a> {
    /// A trace of what `source` delivers; `recorder` keeps it.
    pub fn new(spec: &'a Spec, source: Box<dyn Source>, shower: Shower, recorder: Option<Recorder>) -> Trace<'a> {
        Trace { spec, drive: Drive::new(source, order(&spec.view), shower, recorder) }
    }

    /// Shows events until no traced task is left, or until a signal (which is returned) or a reader that
    /// went away ends it: the latter only where nothing else waits for the end.
    pub fn follow(&mut self) -> Result<Option<i32>> {
        Ok(match self.drive.follow()? {
            Over::Interrupted(signal) => Some(signal),
            Over::Done | Over::Enough => None,
        })
    }

    /// Ends a trace: lets the tasks go, shows what is left, reports, and says how tracer ends.
    pub fn end(self, interrupted: Option<i32>) -> Result<Ending> {
        let failure = self.spec.view.failure;
        let (ending, failed) = self.ended(interrupted)?;
        Ok(if failed { Ending::Code(failure) } else { ending })
    }

    /// The same; whether something could not be written besides.
    fn ended(self, interrupted: Option<i32>) -> Result<(Ending, bool)> {
        let Ended { mut source, stage: mut shower, recorder } = self.drive.end(interrupted)?;
        let view = &self.spec.view;
        let mut books = Books { program: &self.spec.watch.program, failed: false, changed: false };
        if view.output.summary.is_some() {
            shower.count(&source.counts()?, &source.counts_by_process()?);
            shower.count_functions(&source.called()?);
        }
        if let Some(errno) = source.exec_error() {
            shower.say(&format!("exec: {}", errno::strerror(errno)));
        }
        let mut losses = source.losses();
        for line in source.unwatched() {
            shower.say(&line);
        }
        let command = shower.command;
        let ending = ending::of(view.strict, interrupted, command.status, &losses);
        if let Some(recorder) = recorder {
            let outcome = recorder.finish(&losses, Some(ending.code()));
            books.report(&outcome, view.strict);
            if !view.show.quiet_exit {
                books.sum(&outcome);
            }
            losses.add(Loss::OutputFailed, outcome.unwritten);
        }
        losses.add(Loss::OutputFailed, shower.unwritten());
        books.report(&shower.finish(source.name(), &losses), view.strict);
        for ((_, what), _) in ourselves::noted() {
            books.changed = true;
            notice::tell_line(&format!("{}: {what}", books.program));
        }
        let Books { program, failed, changed } = books;
        for line in [output::loss::remark(program, &losses), output::loss::line(program, source.name(), &losses)]
            .into_iter()
            .flatten()
        {
            notice::tell_line(&line);
        }
        Ok((if view.strict && changed { Ending::Code(exit::LOSS) } else { ending }, failed))
    }
}

/// The order that an output needs.
pub(in crate::trace) fn order(view: &View) -> Order {
    match view.output.form {
        OutputForm::Summary | OutputForm::None => Order::Arrival,
        _ if matches!(view.output.to, To::Each(_)) => Order::Arrival,
        OutputForm::Lines(name) => output::form(name).map_or(Order::Ends, |form| (form.order)(view)),
    }
}

/// What became of the outputs.
struct Books<'a> {
    program: &'a str,
    /// Something could not be written.
    failed: bool,
    /// Somebody else laid hands on one.
    changed: bool,
}

impl Books<'_> {
    /// Says what could not be written of one, and what others did to it; where all is asked for, also that its reader went away.
    fn report(&mut self, outcome: &Outcome, strict: bool) {
        if strict && outcome.closed {
            self.changed = true;
            notice::tell_line(&format!(
                "{}: whoever read the output went away: the rest was not written",
                self.program
            ));
        }
        let line = outcome.line(self.program);
        self.failed |= line.is_some();
        self.changed |= outcome.changed.is_some();
        let changed = outcome.changed.as_ref().map(|changed| format!("{}: {changed}", self.program));
        line.iter().chain(&changed).for_each(|line| notice::tell_line(line));
    }

    /// Says the sum of a recording: whoever keeps it sees later whether it was edited.
    fn sum(&self, outcome: &Outcome) {
        if let Some((name, sum)) = &outcome.sum {
            notice::tell_line(&format!("{}: recording {}: sha256 {sum}", self.program, name));
        }
    }
}

#[cfg(test)]
mod tests;
