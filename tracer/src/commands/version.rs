//! The text of `--version`: the version, the commit it was built from, and the digest of the kernel side's object (from `build.rs`).

/// The version of tracer.
pub fn own() -> String {
    format!("{}\nkernel side: sha256 {}\n", line(), env!("TRACER_OBJECT"))
}

/// Called as a peer, behind the peer's own words: scripts read its version there to know what they may ask for.
pub fn peer(words: &str) -> String {
    format!("{words}{}, with the options and the output of that version\n", line())
}

/// `tracer 0.1.0 (commit f9a5b306f1a2)`
fn line() -> String {
    format!("tracer {} (commit {})", env!("CARGO_PKG_VERSION"), env!("TRACER_COMMIT"))
}
