//! The terminal: a screen of its own while it is shown, whole again after any end: also a panic, a signal, a stop (Ctrl-Z). Nothing else
//! of the tool touches it.

mod tools;

use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use ratatui::backend::CrosstermBackend;
use ratatui::crossterm::cursor::{Hide, Show};
use ratatui::crossterm::event::{self, Event, KeyCode, KeyEventKind, KeyModifiers};
use ratatui::crossterm::execute;
use ratatui::crossterm::terminal::{self, EnterAlternateScreen, LeaveAlternateScreen};
use ratatui::style::{Color, Style};
use ratatui::text::Line;
use ratatui::widgets::Paragraph;
use ratatui::{Terminal, TerminalOptions, Viewport};
use rustix::event::{PollFd, PollFlags, Timespec};

use super::gather::{Ended, Gatherer};
use super::keys::{Act, Key, Tool, Ui};
use super::model::{Frame, Model};
use super::request::Top;
use super::view;
use crate::capture::interrupt;
use crate::render::sink::colored;
use crate::system::place::Place;

/// The longest wait for a key: then it is seen who lives, and whether a signal came.
const WAIT: Duration = Duration::from_millis(100);
/// The first frame comes so soon.
const SOON: Duration = Duration::from_millis(300);
/// Names of files that are tried for a frame.
const NAMES: u32 = 10_000;

/// Whether there is a terminal for it.
pub fn is_there() -> bool {
    io::stdin().is_terminal() && io::stdout().is_terminal()
}

/// How it came to an end.
pub struct Over {
    /// What is watched.
    pub gatherer: Gatherer,
    /// The process that was asked for has ended.
    pub ended: Option<Ended>,
    /// A signal asked for it.
    pub signal: Option<i32>,
    /// A key asked for it.
    pub quit: bool,
}

/// Shows frames until somebody or something ends it.
///
/// # Errors
/// The terminal or the source breaks down.
pub fn show(spec: &Top, gatherer: Gatherer) -> Result<Over> {
    let previous = std::panic::take_hook();
    // What a panic says is to be read, too.
    std::panic::set_hook(Box::new(move |info| {
        let _ = give_back();
        previous(info);
    }));
    let taken = Taken::take().context("the terminal")?;
    let color = colored(spec.color, || io::stdout().is_terminal());
    let mut screen = Screen {
        model: Model::new(gatherer.setting()),
        ui: Ui::new(gatherer.root()),
        gatherer,
        frame: Frame::default(),
        terminal: terminal()?,
        color,
    };
    let over = screen.run(spec);
    drop(taken);
    drop(std::panic::take_hook());
    let (ended, signal, quit) = over?;
    Ok(Over { gatherer: screen.gatherer, ended, signal, quit })
}

type Output = Terminal<CrosstermBackend<io::Stdout>>;

fn terminal() -> Result<Output> {
    let options = TerminalOptions { viewport: Viewport::Fullscreen };
    Terminal::with_options(CrosstermBackend::new(io::stdout()), options).context("the terminal")
}

/// The terminal is ours, until this is dropped.
struct Taken;

impl Taken {
    fn take() -> io::Result<Taken> {
        terminal::enable_raw_mode()?;
        let taken = Taken;
        execute!(io::stdout(), EnterAlternateScreen, Hide)?;
        Ok(taken)
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        // Nobody is left to be told of an error.
        let _ = give_back();
    }
}

fn give_back() -> io::Result<()> {
    let left = execute!(io::stdout(), LeaveAlternateScreen, Show);
    terminal::disable_raw_mode()?;
    left
}

struct Screen {
    model: Model,
    ui: Ui,
    gatherer: Gatherer,
    frame: Frame,
    terminal: Output,
    color: bool,
}

impl Screen {
    fn run(&mut self, spec: &Top) -> Result<(Option<Ended>, Option<i32>, bool)> {
        self.sample()?;
        self.draw()?;
        let mut next = Instant::now() + SOON.min(spec.interval);
        loop {
            if let Some(signal) = interrupt::take() {
                return Ok((None, Some(signal), false));
            }
            if let Some(ended) = self.gatherer.turn()? {
                return Ok((Some(ended), None, false));
            }
            let now = Instant::now();
            if now >= next {
                next = now + spec.interval;
                if !self.ui.sight.paused {
                    self.sample()?;
                    self.draw()?;
                }
            }
            let wait = next.saturating_duration_since(Instant::now()).min(WAIT);
            if is_gone(wait)? {
                return Ok((None, Some(libc::SIGHUP), false));
            }
            // What came is read to its end: the reader keeps what it has read of it.
            while event::poll(Duration::ZERO).context("the terminal")? {
                match event::read().context("the terminal")? {
                    Event::Key(pressed) if pressed.kind != KeyEventKind::Release => {
                        let Some(key) = key(pressed.code, pressed.modifiers) else { continue };
                        if self.press(key)? {
                            return Ok((None, None, true));
                        }
                    }
                    Event::Resize(..) => {}
                    _ => continue,
                }
                self.draw()?;
                if is_gone(Duration::ZERO)? {
                    return Ok((None, Some(libc::SIGHUP), false));
                }
            }
        }
    }

    /// A key; whether it ends it.
    fn press(&mut self, key: Key) -> Result<bool> {
        let rows = self.terminal.size().map_or(24, |size| usize::from(size.height));
        match self.ui.press(key, &self.frame, rows) {
            Act::Quit => return Ok(true),
            Act::Draw => {}
            Act::Redraw => self.terminal.clear()?,
            Act::Focus if self.ui.sight.paused => {
                self.ui.sight.paused = false;
                self.sample()?;
            }
            Act::Focus => self.sample()?,
            Act::Write => self.ui.sight.said = self.write(),
            Act::Suspend => {
                give_back()?;
                // SAFETY: raises a signal for ourselves; its default is to stop, as a shell's job does.
                unsafe { libc::raise(libc::SIGTSTP) };
                self.take_again()?;
            }
            Act::Run(Tool::Trace, pid) => {
                give_back()?;
                let said = tools::trace(pid);
                // The signal that ended it was not for us.
                interrupt::take();
                self.take_again()?;
                if let Err(error) = said {
                    self.ui.sight.said = format!("tracer -p {pid}: {error}");
                }
            }
            Act::Run(tool, pid) => {
                let name = if tool == Tool::Why { "why" } else { "inspect" };
                self.ui.sight.said = format!("tracer {name} {pid} ...");
                self.draw()?;
                self.ui.sight.said.clear();
                match tools::said(name, pid) {
                    Ok(lines) => self.ui.show(format!("tracer {name} {pid}"), lines),
                    Err(error) => self.ui.sight.said = format!("tracer {name} {pid}: {error}"),
                }
            }
        }
        Ok(false)
    }

    fn take_again(&mut self) -> Result<()> {
        terminal::enable_raw_mode()?;
        execute!(io::stdout(), EnterAlternateScreen, Hide)?;
        self.terminal.clear()?;
        Ok(())
    }

    fn sample(&mut self) -> Result<()> {
        let focus = self.ui.focus();
        if let Some(pid) = focus {
            self.gatherer.look(pid);
        }
        self.frame = self.model.frame(self.gatherer.sample(focus)?);
        Ok(())
    }

    fn lines(&self, width: usize, rows: usize) -> Vec<Line<'static>> {
        let mut lines = view::page(&self.frame, &self.ui.sight, width, Some(rows));
        if !self.color {
            lines.iter_mut().for_each(without_color);
        }
        lines
    }

    fn draw(&mut self) -> Result<()> {
        self.terminal.autoresize()?;
        let size = self.terminal.size()?;
        let lines = self.lines(usize::from(size.width), usize::from(size.height));
        self.terminal.draw(|frame| frame.render_widget(Paragraph::new(lines), frame.area()))?;
        Ok(())
    }

    /// Writes what is on the screen to a new file of this directory; what there is to say of it.
    fn write(&self) -> String {
        let size = self.terminal.size().unwrap_or_default();
        let mut out = Vec::new();
        super::output::text(&self.lines(usize::from(size.width), usize::from(size.height)), false, &mut out);
        match keep(&out) {
            Ok(path) => format!("written to {}", path.display()),
            Err(error) => format!("not written: {error}"),
        }
    }
}

/// Waits for keys; whether the terminal is gone meanwhile: whoever reads keys would read nothing from it for ever.
fn is_gone(wait: Duration) -> Result<bool> {
    let stdin = io::stdin();
    let mut polled = [PollFd::new(&stdin, PollFlags::IN)];
    let time = Timespec { tv_sec: wait.as_secs() as i64, tv_nsec: wait.subsec_nanos().into() };
    match rustix::event::poll(&mut polled, Some(&time)) {
        Ok(_) => Ok(polled[0].revents().intersects(PollFlags::HUP | PollFlags::ERR | PollFlags::NVAL)),
        // A signal: the size of the terminal, or an end.
        Err(rustix::io::Errno::INTR) => Ok(false),
        Err(error) => Err(error).context("the terminal"),
    }
}

/// Writes to the first file of that name that is not there yet. Who is watched may own this directory: a link or a file that stands there
/// is never followed or changed.
fn keep(bytes: &[u8]) -> Result<PathBuf> {
    for number in 1..=NAMES {
        let path = PathBuf::from(format!("tracer-top-{number}.txt"));
        if std::fs::symlink_metadata(&path).is_ok() {
            continue;
        }
        let mut file = Place::find(Path::new(&path))?.create(false)?;
        file.write_all(bytes)?;
        return Ok(path);
    }
    anyhow::bail!("there are {NAMES} such files already")
}

/// Colours go; what is bold, dim or reversed stays.
fn without_color(line: &mut Line<'static>) {
    let plain = |style: Style| Style { fg: style.fg.map(|_| Color::Reset), ..style };
    line.style = plain(line.style);
    line.spans.iter_mut().for_each(|span| span.style = plain(span.style));
}

/// A key as the state machine knows it.
fn key(code: KeyCode, modifiers: KeyModifiers) -> Option<Key> {
    let ctrl = modifiers.contains(KeyModifiers::CONTROL);
    Some(match code {
        KeyCode::Char(c) if ctrl => Key::Ctrl(c.to_ascii_lowercase()),
        KeyCode::Char(c) => Key::Char(c),
        KeyCode::Up => Key::Up,
        KeyCode::Down => Key::Down,
        KeyCode::PageUp => Key::PageUp,
        KeyCode::PageDown => Key::PageDown,
        KeyCode::Home => Key::Home,
        KeyCode::End => Key::End,
        KeyCode::Enter | KeyCode::Right => Key::Enter,
        KeyCode::Esc | KeyCode::Left => Key::Esc,
        KeyCode::Backspace => Key::Backspace,
        _ => return None,
    })
}
