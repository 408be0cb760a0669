//! The tables, checked.

mod calls;
mod classes;
mod constants;
mod layouts;
mod words;
