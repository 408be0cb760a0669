//! The files of an audit itself: what it read before the run, the reports that it will write, its recording. The command can reach all
//! of them. They are looked at when it has ended, and again when they were written; what somebody else did to one is a gap.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::MOST;
use crate::render::typed::show;
use crate::schema::errno;
use crate::system::kept::{Changed, Kept};
use crate::system::place::{self, Place};
use crate::tools::audit::evidence::{Gap, GapKind};

/// Files that are to stay what they are.
#[derive(Debug, Default)]
pub struct Held {
    files: Vec<(String, Kept)>,
    /// Files that are not there yet.
    absent: Vec<(String, PathBuf)>,
    reports: Vec<Made>,
    /// Where files are to be written, as their paths led before the run.
    places: HashMap<PathBuf, (Place, bool)>,
    /// What was done to files that are looked at no more, in words.
    pub touched: Vec<String>,
}

impl Held {
    /// A file that was read, with what was in it.
    pub fn read(&mut self, what: &str, path: &Path, bytes: &[u8]) {
        let Ok(place) = Place::find(path) else { return };
        let Ok(file) = place.open() else { return };
        self.files.extend(Kept::whole(place, file, bytes).map(|kept| (named(what, path), kept)));
    }

    /// A file that will be written: it stays what it is, or is not there.
    pub fn reserve(&mut self, what: &str, path: &Path) {
        let ours = match place::read(path, MOST) {
            Ok(bytes) => {
                self.read(what, path, &bytes);
                true
            }
            Err(error) if error.is_missing() => {
                self.absent.push((named(what, path), path.to_owned()));
                true
            }
            // A pipe or a device.
            Err(_) => false,
        };
        if let Ok(place) = Place::find(path) {
            self.places.insert(path.to_owned(), (place, ours));
        }
    }

    /// Makes the file of a report, empty: what another run had left is not to be taken for this one's.
    ///
    /// # Errors
    /// It cannot be made.
    pub fn make(&mut self, path: &Path) -> Result<()> {
        let place = Place::find(path)?;
        let file = place.create(false)?;
        let kept = Kept::of(Place::find(path)?, &file);
        self.reports.push(Made { place, other: kept.is_none().then_some(file) });
        self.files.extend(kept.map(|kept| (named("report", path), kept)));
        Ok(())
    }

    /// Writes the next report into the file that was made for it, wherever its path leads by now.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn write(&mut self, bytes: &[u8]) -> Result<()> {
        let Made { place, other } = self.reports.remove(0);
        match other {
            Some(mut file) => file.write_all(bytes).with_context(|| format!("writing {}", show(place.path()))),
            None => self.put_at("report", place, true, bytes),
        }
    }

    /// The run is over: what was done to them meanwhile.
    pub fn gaps(&mut self) -> Vec<Gap> {
        for (name, kept) in std::mem::take(&mut self.files) {
            self.note(&name, kept);
        }
        for (name, path) in std::mem::take(&mut self.absent) {
            if std::fs::symlink_metadata(&path).is_ok() {
                self.touched.push(format!("{name}: others made it while tracer ran"));
            }
        }
        let gap = |what| Gap { kind: GapKind::Tampered, unit: None, what, count: 1 };
        self.touched.drain(..).map(gap).collect()
    }

    /// Puts a file in place that nobody could reach while it was written, and looks at it again.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn put(&mut self, what: &str, path: &Path, bytes: &[u8]) -> Result<()> {
        // A link that was put there meanwhile is replaced, not followed.
        let (place, ours) = match self.places.remove(path) {
            Some(place) => place,
            None => (Place::find(path)?, false),
        };
        self.put_at(what, place, ours, bytes)
    }

    fn put_at(&mut self, what: &str, place: Place, ours: bool, bytes: &[u8]) -> Result<()> {
        let name = named(what, place.path());
        match Held::replace(&place, ours, bytes) {
            Ok(file) => {
                if let Some(kept) = Kept::whole(place, &file, bytes) {
                    self.note(&name, kept);
                }
                Ok(())
            }
            // Before the run it could be written: what stands in the way was made since.
            Err(error) if ours && !is_of_disk(&error) => {
                self.touched.push(format!("{name}: others keep it from being written: {}", errno::said(&error)));
                Ok(())
            }
            Err(error) => Err(error).with_context(|| format!("writing {name}")),
        }
    }

    fn replace(place: &Place, ours: bool, bytes: &[u8]) -> io::Result<File> {
        let mut file = place.replace(ours)?;
        file.write_all(bytes)?;
        file.put()
    }

    fn note(&mut self, name: &str, kept: Kept) {
        let changed: Option<Changed> = kept.look().err();
        self.touched.extend(changed.map(|changed| format!("{name}: {changed}")));
    }
}

/// Where a report is to be.
#[derive(Debug)]
struct Made {
    place: Place,
    /// A pipe, a device, what somebody else had opened: it stays open.
    other: Option<File>,
}

/// Whether it is the file system that has no room, or fails.
fn is_of_disk(error: &io::Error) -> bool {
    let errors = [libc::ENOSPC, libc::EDQUOT, libc::EFBIG, libc::EIO, libc::ENOMEM, libc::EMFILE, libc::ENFILE];
    error.raw_os_error().is_some_and(|errno| errors.contains(&errno))
}

fn named(what: &str, path: &Path) -> String {
    format!("{what} {}", show(path))
}
