//! The texts of help and `-F?`.

use super::flags;
use crate::cli::help::Manual;
use crate::exit;

/// What help says.
pub const MANUAL: Manual = Manual {
    usage: &["[OPTION]... [NAME]..."],
    about: "Lists open files: all, or those that options and names select. A NAME is a file, or a file system and then all of its files. A file is listed if any selection holds; with -a, if every kind of selection holds. ^ before an item excludes it.",
    options: flags::flags,
    notes: "",
    ends: "When called as lsof, 1 for every error. Otherwise:",
    exits: &[
        (exit::OK, "Everything asked for was found."),
        (exit::NOTHING, "Something asked for was not found, or nothing was."),
        (exit::USAGE, "A usage error."),
        (exit::FAILED, "The files could not be listed."),
    ],
};

/// `-F?`
pub fn fields(program: &str) -> String {
    format!(
        "\
{program}: fields of -F, each begun by its letter:
  a access  c command  d device characters  D device number  f descriptor  g process group  G flags
  i inode  k links  K thread  l lock  L login  m mark between listings  M thread's command  n name
  o offset  p process (always)  P protocol  r raw device number  R parent  s size  t type
  T TCP: ST= state, QR= QS= queues  u user  0 ended by NUL instead of newline
"
    )
}
