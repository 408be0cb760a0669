//! Options: the table of the tracer's own ([`flags`]), what becomes of them (`opts`), and what the grammars of all commands are made
//! of: `getopt`, `table`, [`fault`], `help`. Nothing is opened, started or printed here (only the user database is read, for
//! `-u`). Which command is meant, `commands` says.

pub mod fault;
pub mod flags;

pub(crate) mod getopt;
pub(crate) mod help;
pub(crate) mod opts;
pub(crate) mod table;
pub(crate) mod words;

mod sets;
