//! The list of requests of ioctl(2) that `fixtures/ioctl.c` asks for: every number that has a row.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use anyhow::Result;

use crate::target;

/// A file with the number of every request of ioctl(2) that has a row, one a line.
pub fn list() -> Result<PathBuf> {
    let path = target().join("fixtures/requests");
    let numbers: BTreeSet<u64> = tracer::schema::ioctl::requests().map(|request| request.nr).collect();
    let text: String = numbers.iter().map(|number| format!("{number:#x}\n")).collect();
    if fs::read_to_string(&path).ok().as_ref() != Some(&text) {
        fs::create_dir_all(target().join("fixtures"))?;
        let new = path.with_extension(std::process::id().to_string());
        fs::write(&new, text)?;
        fs::rename(&new, &path)?;
    }
    Ok(path)
}
