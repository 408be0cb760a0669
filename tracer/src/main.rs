//! The program: parse, run, exit code.

use std::ffi::OsString;
use std::io::{self, Write};
use std::process::ExitCode;

use tracer::commands::{self, Action};
use tracer::tools::{audit, inspect, lsof, ss};
use tracer::trace::{self, Ending};
use tracer::{doctor, exit};

fn main() -> ExitCode {
    let args: Vec<OsString> = std::env::args_os().collect();
    match commands::parse(args) {
        Ok(action) => carry_out(action),
        Err(error) => {
            // Nobody is left to be told that stderr is closed.
            let _ = writeln!(io::stderr(), "{error}");
            ExitCode::from(error.code)
        }
    }
}

fn carry_out(action: Action) -> ExitCode {
    let (program, failure, result) = match action {
        Action::Trace(spec) => (spec.program.clone(), spec.failure, trace::run(&spec)),
        Action::Replay { file, spec } => (spec.program.clone(), spec.failure, trace::replay(&file, &spec)),
        Action::Lsof(spec) => {
            let (program, failure) = (spec.program.clone(), spec.failure);
            (program, failure, lsof::run(&spec).map(Ending::Code))
        }
        Action::Audit(spec) => return ExitCode::from(audit::run(&spec)),
        Action::Explain(rule) => return answer(audit::explain(&rule)),
        Action::CheckPolicy(file) => return answer(audit::check(&file)),
        Action::Inspect(spec) => return ExitCode::from(inspect::run(&spec)),
        Action::Sockets(request) => return ExitCode::from(ss::run(&request)),
        Action::Doctor { json } => {
            let report = doctor::examine();
            let code = if report.works() { exit::OK } else { exit::NOTHING };
            let text = if json { report.json() } else { report.text() };
            return print(&text, code);
        }
        Action::Help(text) | Action::Version(text) | Action::Completions(text) | Action::Man(text) => {
            return print(&text, exit::OK);
        }
    };
    match result {
        Ok(Ending::Code(code)) => ExitCode::from(code),
        Ok(Ending::Signal(signal)) => trace::die(signal),
        Err(error) => {
            let _ = writeln!(io::stderr(), "{program}: {}", trace::said(&error));
            ExitCode::from(failure)
        }
    }
}

/// Prints an answer to stdout, or to stderr why there is none, with its exit code.
fn answer(answer: Result<String, (String, u8)>) -> ExitCode {
    match answer {
        Ok(text) => print(&text, exit::OK),
        Err((text, code)) => {
            let _ = writeln!(io::stderr(), "{text}");
            ExitCode::from(code)
        }
    }
}

/// Prints to stdout and ends with `code`.
fn print(text: &str, code: u8) -> ExitCode {
    match io::stdout().write_all(text.as_bytes()) {
        Ok(()) => ExitCode::from(code),
        // `| head` has seen enough.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::from(code),
        Err(_) => ExitCode::from(exit::FAILED),
    }
}
