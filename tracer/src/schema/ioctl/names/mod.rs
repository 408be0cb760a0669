//! Requests of which only names are known: a file for each kind of what is asked.

use super::Request;

mod drm;
mod files;
mod guests;
mod machines;
mod media;
mod network;
mod others;
mod sound;
mod storage;

/// The tables of all files.
pub const TABLES: &[&[&[Request]]] = &[
    drm::TABLES,
    files::TABLES,
    guests::TABLES,
    machines::TABLES,
    media::TABLES,
    network::TABLES,
    others::TABLES,
    sound::TABLES,
    storage::TABLES,
];
