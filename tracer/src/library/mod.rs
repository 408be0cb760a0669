//! Calls of libraries: where the functions are that a program calls in the files it has mapped, and where in them a probe may stand.
//!
//! A file tells its functions and what it wants of others ([`object`], out of the tables in `dynamic`); which function a call
//! reaches follows from all files of a process together, and from its memory, where the dynamic linker has written what it chose
//! ([`resolve`]; [`modules`] finds the files). A breakpoint at the callee sees every way to call it: through a PLT of any kind, through
//! a slot of the GOT alone (`-fno-plt`), through a pointer. Which instruction of the callee it replaces decides what it costs, by 25
//! times, and whether the kernel takes it at all ([`place`]).
//! Nothing here sets a probe. All of the files are chosen by whoever is traced: nothing in them is believed, and every size has a bound.

mod dynamic;
pub mod modules;
pub mod object;
pub mod place;
pub mod resolve;
pub mod targets;

#[cfg(test)]
mod tests;
