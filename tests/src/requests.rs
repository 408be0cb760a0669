//! Lists that fixtures read, of what has a row: requests of ioctl(2) (`fixtures/ioctl.c`), options of sockets (`fixtures/options.c`).

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use anyhow::Result;
use tracer::schema::{ioctl, sockopt};

use crate::target;

/// A file with the number of every request of ioctl(2) that has a row, one a line.
pub fn list() -> Result<PathBuf> {
    let numbers: BTreeSet<u64> = ioctl::requests().map(|request| request.nr).collect();
    written("requests", &numbers.iter().map(|number| format!("{number:#x}\n")).collect::<String>())
}

/// A file with level and number of every option of sockets that has a row, and of one in each level that has none, a pair a line.
pub fn options() -> Result<PathBuf> {
    let mut pairs = BTreeSet::new();
    for level in sockopt::LEVELS {
        pairs.extend(level.rows.iter().map(|row| (level.nr, row.nr)));
        pairs.insert((level.nr, 200));
    }
    written("options", &pairs.iter().map(|(level, number)| format!("{level} {number}\n")).collect::<String>())
}

/// A file with this text among the fixtures. It is another file where the text is another: somebody may read it.
fn written(name: &str, text: &str) -> Result<PathBuf> {
    let path = target().join("fixtures").join(format!("{name}.list"));
    if fs::read_to_string(&path).ok().as_deref() != Some(text) {
        fs::create_dir_all(target().join("fixtures"))?;
        let new = path.with_extension(std::process::id().to_string());
        fs::write(&new, text)?;
        fs::rename(&new, &path)?;
    }
    Ok(path)
}
