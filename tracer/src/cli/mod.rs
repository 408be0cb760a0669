//! Options: what one is ([`table`]) and how help shows it ([`help`]), for all commands; the tracer's own ([`flags`]), what becomes of
//! them (`opts`) and of whole command lines ([`asked`]); and what other grammars are made of too: `getopt`, `words`, [`fault`].
//! Nothing is opened, started or printed here (only the user database is read, for `-u`). Which command is meant, `commands` says.

pub mod asked;
pub mod fault;
pub mod flags;

pub(crate) mod getopt;
pub mod help;
pub(crate) mod opts;
pub mod table;
pub(crate) mod words;

mod sets;
