//! What everything is written with. [`escape`], [`json`] and [`typed`] make text safe; [`amount`] has words for numbers;
//! [`sink`] and [`stdout`] are where bytes go. Nothing here knows a call, a report or a tool: what is written is its writer's business.

pub mod amount;
pub mod escape;
pub mod json;
pub mod sink;
pub mod stdout;
pub mod typed;
