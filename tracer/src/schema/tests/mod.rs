//! The tables, checked.

mod calls;
mod constants;
mod classes;
mod layouts;
