//! Exit codes, all of them. A traced command's own status (or its signal, repeated) goes before these;
//! they are used when there is no command, or when tracer has something to say itself.

/// Done; a snapshot found something; an audit is clean and complete.
pub const OK: u8 = 0;
/// A snapshot found nothing; an audited command failed.
pub const NOTHING: u8 = 1;
/// A usage error under strace's name or grammar, as strace has it.
pub const STRACE_USAGE: u8 = 1;
/// A usage error under the name of ss, as iproute2 has it.
pub const SS_USAGE: u8 = 255;
/// ss could not do what was asked, as iproute2 has it.
pub const SS_FAILED: u8 = 1;
/// A usage error under ltrace's name, or it could not do what was asked, as ltrace has it.
pub const LTRACE_FAILED: u8 = 1;
/// A usage error.
pub const USAGE: u8 = 2;
/// What a process waits for will not come by itself.
pub const STUCK: u8 = 3;
/// A policy was violated.
pub const VIOLATED: u8 = 3;
/// Something was lost: under `--strict`, and wherever evidence is incomplete.
pub const LOSS: u8 = 4;
/// tracer itself could not do its job.
pub const FAILED: u8 = 125;
