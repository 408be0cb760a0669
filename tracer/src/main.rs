//! The program: parse, run, exit code.

use std::io::{self, Write};
use std::process::ExitCode;

fn main() -> ExitCode {
    match tracer::commands::parse(std::env::args_os()) {
        Ok(action) => action.run(),
        Err(error) => {
            // Nobody is left to be told that stderr is closed.
            let _ = writeln!(io::stderr(), "{error}");
            ExitCode::from(error.code)
        }
    }
}
