//! `tracer top`: processes, watched live. Samples are read (`gather`), frames are made of them ([`model`], pure), and drawn ([`view`],
//! pure) as text, or on a terminal, where keys move through them ([`keys`], pure; only `screen` touches the terminal).

mod gather;
pub mod keys;
pub mod model;
pub mod options;
pub mod output;
pub mod request;
pub mod sample;
mod screen;
#[cfg(test)]
mod testing;
pub mod view;
pub mod words;

use std::io::{self, IsTerminal, Write};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use self::gather::{Ended, Gatherer, NoProcess, Written, ending};
use self::model::Frame;
use self::model::Model;
use self::request::{Top, Whom};
use self::view::Sight;
use crate::capture::{inherited, interrupt};
use crate::exit;
use crate::render::sink::colored;
use crate::render::stdout::Stdout;
use crate::system::procfs::machine;
use crate::trace::Ending;

/// The longest time between two looks at who lives.
const TURN: Duration = Duration::from_millis(100);

/// Carries a request out.
///
/// # Errors
/// What is watched cannot be, or the output cannot be written.
pub fn run(spec: &Top) -> Result<Ending> {
    machine::check().map_err(anyhow::Error::msg)?;
    interrupt::install()?;
    let on_screen = !spec.once && !spec.json && screen::is_there();
    // What a command writes is not to run through the screen.
    let command = matches!(spec.whom, Whom::Command(_));
    let mut written = (on_screen && command).then(Written::begin).transpose().context("what the command writes")?;
    let opened = Gatherer::open(spec);
    written.as_mut().map(Written::put_back).transpose()?;
    let gatherer = match opened {
        Err(error) if error.is::<NoProcess>() => {
            // Nobody is left to be told that stderr is closed.
            let _ = writeln!(io::stderr(), "{}: {error}", spec.program);
            return Ok(Ending::Code(exit::NOTHING));
        }
        opened => opened?,
    };
    if !on_screen {
        return stream(spec, gatherer);
    }
    let over = screen::show(spec, gatherer)?;
    let root = over.gatherer.root();
    // Who leaves takes the command along, as an interrupted trace does.
    let signal = over.signal.or((over.quit && command).then_some(libc::SIGTERM));
    let ended = over.gatherer.close(signal).or(over.ended);
    if let Some(written) = written {
        written.show(&spec.program, &mut Stdout).context("writing to stdout")?;
    }
    if let (Some(ended), Some(pid)) = (ended, root) {
        // Nobody is left to be told that stderr is closed.
        let _ = writeln!(io::stderr(), "{}: process {pid} {}", spec.program, ended.words());
    }
    match over.signal {
        Some(signal) => Ok(Ending::Signal(signal)),
        None => Ok(ending(ended, command)),
    }
}

/// Frames, one after the other, as text or as JSON.
fn stream(spec: &Top, mut gatherer: Gatherer) -> Result<Ending> {
    let mut model = Model::new(gatherer.setting());
    let root = gatherer.root();
    let color = colored(spec.color, || io::stdout().is_terminal());
    model.frame(gatherer.sample(root)?);
    let mut closed = false;
    let (over, interrupted) = loop {
        if let Some(pid) = root {
            gatherer.look(pid);
        }
        let mut ended = wait(&mut gatherer, spec.interval)?;
        if spec.once {
            gatherer.finish_look();
        }
        let mut frame = model.frame(gatherer.sample(root)?);
        ended = gatherer.turn()?.or(ended);
        frame.ended = ended.map(Ended::words);
        let mut out = Vec::new();
        if spec.json {
            output::json(&frame, &mut out);
        } else {
            text(&frame, color, &mut out);
        }
        match Stdout.write_all(&out) {
            Ok(()) => {}
            // `| head` has seen enough.
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => closed = true,
            Err(error) => return Err(error).context("writing to stdout"),
        }
        let signal = interrupt::take();
        if spec.once || closed || ended.is_some() || signal.is_some() {
            break (ended, signal);
        }
    };
    finish(spec, gatherer, over, interrupted)
}

/// Waits for the time of the next frame; less when there is nobody left, or a signal asks for an end.
fn wait(gatherer: &mut Gatherer, time: Duration) -> Result<Option<Ended>> {
    let begun = Instant::now();
    loop {
        if let Some(ended) = gatherer.turn()? {
            return Ok(Some(ended));
        }
        let left = time.saturating_sub(begun.elapsed());
        if left.is_zero() || interrupt::interrupted().is_some() {
            return Ok(None);
        }
        // A signal ends the sleep of this thread no later than that.
        std::thread::sleep(left.min(TURN));
    }
}

/// Ends: a command of which one frame was wanted goes on to its end.
fn finish(spec: &Top, mut gatherer: Gatherer, over: Option<Ended>, interrupted: Option<i32>) -> Result<Ending> {
    let command = matches!(spec.whom, Whom::Command(_));
    let (mut over, mut interrupted) = (over, interrupted);
    while command && over.is_none() && interrupted.is_none() {
        over = wait(&mut gatherer, TURN)?;
        interrupted = interrupt::take();
    }
    let ended = gatherer.close(interrupted);
    match interrupted {
        Some(signal) if !inherited::ignored(signal) => Ok(Ending::Signal(signal)),
        _ => Ok(ending(over.or(ended), command)),
    }
}

/// A frame as text, as long as it has something to say.
fn text(frame: &Frame, color: bool, out: &mut Vec<u8>) {
    let width = if io::stdout().is_terminal() { columns() } else { output::WIDTH };
    output::text(&view::page(frame, &Sight::default(), width, None), color, out);
}

/// Columns of the terminal.
fn columns() -> usize {
    let size = rustix::termios::tcgetwinsize(io::stdout());
    size.map_or(0, |size| usize::from(size.ws_col)).clamp(40, 1000)
}
