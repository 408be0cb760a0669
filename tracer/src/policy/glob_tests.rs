//! Tests of globs.
