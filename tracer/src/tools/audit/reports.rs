//! Writing reports: those that were asked for, what GitHub's variables ask for, and the summary on stderr.

use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::render::sink::colored;
use crate::render::stdout::Stdout;
use crate::system::place::Place;
use crate::tools::audit::evidence::Report;
use crate::tools::audit::held::Held;
use crate::tools::audit::output;
use crate::tools::audit::request::{Audit, Form};

/// Columns of a summary that goes nowhere near a terminal.
const WIDTH: usize = 100;

/// Makes the files of all reports.
///
/// # Errors
/// One of them cannot be made.
pub fn make(spec: &Audit, held: &mut Held) -> Result<()> {
    for (_, path) in spec.reports.iter().filter(|(_, path)| !is_stdout(path)) {
        held.make(path)?;
    }
    Ok(())
}

/// Writes all of them.
///
/// # Errors
/// A file cannot be written.
pub fn write(spec: &Audit, held: &mut Held, report: &Report) -> Result<()> {
    for (form, path) in &spec.reports {
        let bytes = render(*form, report);
        if is_stdout(path) {
            print(&bytes).context("writing to stdout")?;
        } else {
            held.write(&bytes)?;
        }
    }
    if on_github() && !spec.reports.iter().any(|(form, _)| *form == Form::Github) {
        print(&render(Form::Github, report)).context("writing to stdout")?;
    }
    if let Some(path) = summary() {
        let mut file = Place::find(&path)?.create(true)?;
        file.write_all(&render(Form::Markdown, report)).context("writing GITHUB_STEP_SUMMARY")?;
    }
    if !spec.quiet {
        let color = colored(spec.color, || io::stderr().is_terminal());
        let width = rustix::termios::tcgetwinsize(io::stderr()).map_or(WIDTH, |size| usize::from(size.ws_col));
        let mut out = Vec::new();
        output::text(report, color, if width == 0 { WIDTH } else { width }, &mut out);
        // Nobody is left to be told that stderr is closed.
        let _ = io::stderr().write_all(&out);
    }
    Ok(())
}

/// The file that GitHub's runner made for what a step has to say.
pub fn summary() -> Option<PathBuf> {
    std::env::var_os("GITHUB_STEP_SUMMARY").filter(|path| on_github() && !path.is_empty()).map(PathBuf::from)
}

fn on_github() -> bool {
    std::env::var_os("GITHUB_ACTIONS").is_some_and(|value| value == "true")
}

fn is_stdout(path: &Path) -> bool {
    path.as_os_str() == "-"
}

fn render(form: Form, report: &Report) -> Vec<u8> {
    let mut out = Vec::new();
    match form {
        Form::Text => output::text(report, false, WIDTH, &mut out),
        Form::Json => output::json(report, &mut out),
        Form::Junit => output::junit(report, &mut out),
        Form::Sarif => output::sarif(report, &mut out),
        Form::Markdown => output::markdown(report, &mut out),
        Form::Github => output::github(report, &mut out),
        Form::Html => output::html(report, &mut out),
    }
    out
}

/// To stdout; that nobody reads it is no failure.
pub(super) fn print(bytes: &[u8]) -> io::Result<()> {
    match Stdout.write_all(bytes) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => other,
    }
}
