//! A request together with what carries it out, whatever its type.

use std::any::Any;
use std::fmt;
use std::io::{self, Write};
use std::process::ExitCode;

use super::table::COMMANDS;
use crate::exit;
use crate::render::stdout::Stdout;
use crate::trace::outputs::PlaceError;
use crate::trace::{self, Ending};

/// A request that can be carried out.
pub trait Job: fmt::Debug {
    /// Carries it out.
    fn run(self: Box<Self>) -> ExitCode;
    /// The request, for a caller that knows its type.
    fn request(&self) -> &dyn Any;
}

struct Typed<R> {
    request: R,
    run: fn(R) -> ExitCode,
}

impl<R: fmt::Debug> fmt::Debug for Typed<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.request.fmt(f)
    }
}

impl<R: fmt::Debug + 'static> Job for Typed<R> {
    fn run(self: Box<Self>) -> ExitCode {
        (self.run)(self.request)
    }

    fn request(&self) -> &dyn Any {
        &self.request
    }
}

/// A request and what carries it out.
pub fn job<R: fmt::Debug + 'static>(request: R, run: fn(R) -> ExitCode) -> Box<dyn Job> {
    Box::new(Typed { request, run })
}

/// Ends as the trace did, or says why there was none.
pub fn end(program: &str, failure: u8, result: anyhow::Result<Ending>) -> ExitCode {
    match result {
        Ok(Ending::Code(code)) => ExitCode::from(code),
        Ok(Ending::Signal(signal)) => trace::die(signal),
        Err(error) => {
            // Nobody is left to be told that stderr is closed.
            let _ = writeln!(io::stderr(), "{program}: {}", trace::said(&error));
            if failure == exit::FAILED
                && let Some(meant) = trace::meant(&error, COMMANDS.iter().map(|command| command.name))
            {
                let _ = writeln!(io::stderr(), "{program}: did you mean the command '{meant}'?");
            }
            // Under our own name an output that cannot be written is a request that cannot be carried out, and nothing was.
            let output = failure == exit::FAILED && error.is::<PlaceError>();
            ExitCode::from(if output { exit::USAGE } else { failure })
        }
    }
}

/// Prints an answer; or says why there is none, and ends with the code of that.
pub fn answer(answer: Result<String, (String, u8)>) -> ExitCode {
    match answer {
        Ok(text) => print(&text, exit::OK),
        Err((text, code)) => {
            // Nobody is left to be told that stderr is closed.
            let _ = writeln!(io::stderr(), "{text}");
            ExitCode::from(code)
        }
    }
}

/// Prints to stdout and ends with `code`.
pub fn print(text: &str, code: u8) -> ExitCode {
    match Stdout.write_all(text.as_bytes()) {
        Ok(()) => ExitCode::from(code),
        // `| head` has seen enough.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::from(code),
        Err(error) => {
            let _ = writeln!(io::stderr(), "tracer: writing to stdout: {error}");
            ExitCode::from(exit::FAILED)
        }
    }
}
