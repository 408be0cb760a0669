//! `tracer replay --verify`: whether a recording is whole, and the one whose sum somebody kept. Its sections have sums of their own, which
//! show damage; whoever edits it can make those anew, but not have it get the sum that was said when it was made.

use std::cell::RefCell;
use std::io::{self, BufReader, Read, Write};
use std::path::Path;
use std::rc::Rc;
use std::time::Duration;

use anyhow::{Result, bail};
use sha2::{Digest, Sha256};
use tracer_common::record::records;

use super::notice;
use super::output::loss;
use crate::capture::replay::{ReplayError, ReplaySource};
use crate::capture::{Batch, Source, Status};
use crate::exit;
use crate::render::stdout::Stdout;
use crate::render::typed::show;
use crate::system::confine::Work;
use crate::system::kept::Sum;
use crate::system::place;

/// Checks a recording, and says on stdout what it is: a line in words, and one as `sha256sum` has it. The exit code is 4 when something
/// was lost while it was made.
///
/// # Errors
/// It is no recording, or not a whole one; its sum is not the `expected` one.
pub fn verify(file: &Path, expected: Option<&str>) -> Result<u8> {
    let name = show(file);
    let input =
        place::open(file).map_err(|error| ReplayError { path: name.clone(), what: io::Error::from(error).into() })?;
    let hasher = Rc::new(RefCell::new(Sha256::new()));
    let mut source = ReplaySource::from_reader(
        Box::new(Summed { input: BufReader::new(input), hasher: hasher.clone() }),
        name.clone(),
    )?;
    let (mut batch, mut count) = (Batch::new(), 0u64);
    notice::confine("tracer", Work::Read);
    while source.read(&mut batch, Duration::ZERO)? != Status::Done {
        count += records(&batch).count() as u64;
        batch.clear();
    }
    let losses = source.losses();
    drop(source);
    let sum = Sum::of(hasher.take());
    if expected.is_some_and(|expected| expected != sum.to_string()) {
        bail!("{name}: its sum is {sum}: it is not the recording that was meant, or it was altered");
    }
    let lost = loss::line("tracer", "replay", &losses);
    let lost = lost.as_ref().and_then(|line| line.strip_prefix("tracer: ")).unwrap_or("nothing was lost");
    writeln!(Stdout, "{name}: whole, {count} records; {lost}\n{sum}  {name}")?;
    Ok(if losses.total() > 0 { exit::LOSS } else { exit::OK })
}

/// Takes the sum of what is read.
struct Summed<R> {
    input: R,
    hasher: Rc<RefCell<Sha256>>,
}

impl<R: Read> Read for Summed<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let n = self.input.read(into)?;
        self.hasher.borrow_mut().update(&into[..n]);
        Ok(n)
    }
}
