//! The program: parse, run, exit code.

use std::process::ExitCode;

use tracer::cli::{self, Action};
use tracer::trace::{self, Ending};
use tracer::exit;

fn main() -> ExitCode {
    match cli::parse(std::env::args_os().collect()) {
        Ok(Action::Trace(spec)) => match trace::run(&spec) {
            Ok(Ending::Code(code)) => ExitCode::from(code),
            Ok(Ending::Signal(signal)) => die(signal),
            Err(error) => {
                eprintln!("{}: {error:#}", spec.program);
                ExitCode::from(exit::FAILED)
            }
        },
        _ => ExitCode::from(exit::OK),
    }
}
