//! What help and `-F?` say.

use super::flags;
use crate::cli::help::Manual;
use crate::exit;

/// What help says.
pub const MANUAL: Manual = Manual {
    usage: &["[OPTION]... [NAME]..."],
    about: "Lists open files: of all processes, or what is selected by options and names. A name is a file, or a file system, whose files are then all meant. Options of one kind add up; kinds add up too, unless -a asks for all of them. ^ takes an item out.",
    options: flags::flags,
    notes: "",
    ends: "Called by the name lsof, 1 for every error. Else:",
    exits: &[
        (exit::OK, "All that was asked for was found."),
        (exit::NOTHING, "Not all of it, or nothing was."),
        (exit::USAGE, "A usage error."),
        (exit::FAILED, "The list could not be had."),
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
