//! JSON, written without a tree in memory: strings that are escaped ([`escape`]) and objects ([`object`]).

pub mod escape;
pub mod object;
#[cfg(test)]
pub mod schema;
