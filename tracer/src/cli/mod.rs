//! Options. For all commands: what an option is ([`table`]), how help shows it ([`help`]), and the parts of a grammar: `getopt`,
//! `words`, [`fault`]. For the tracer: its options ([`flags`]), what they become (`opts`), and whole command lines ([`asked`]).
//! Nothing is opened, started or printed here (only the user database is read, for `-u`). `commands` decides which command is meant.

pub mod asked;
pub mod fault;
pub mod flags;

pub(crate) mod getopt;
pub mod help;
pub mod ltrace;
pub(crate) mod opts;
pub mod table;
pub(crate) mod words;

mod inject;
mod sets;
mod stopping;
mod whom;
