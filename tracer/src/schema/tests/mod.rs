//! The tables, checked.

mod calls;
mod classes;
mod constants;
mod effects;
mod layouts;
mod narrow;
mod operations;
mod plans;
mod words;
