//! Numbers with names, held against the headers of this machine in both directions: no name has another number there, and no number
//! of theirs lacks a name here. Parts that lack what they need say SKIP.

use std::collections::BTreeMap;
use std::path::Path;

use crate::schema::{errno, signal_names};

/// `#define PREFIX... NUMBER` of the headers that there are.
fn defined(test: &str, prefix: &str, headers: &[&str]) -> BTreeMap<String, i32> {
    let mut found = BTreeMap::new();
    for header in headers.iter().map(|header| Path::new("/usr/include").join(header)) {
        let Ok(text) = std::fs::read_to_string(&header) else {
            println!("SKIP {test}: {} cannot be read", header.display());
            continue;
        };
        for line in text.lines() {
            let mut words = line.split_whitespace();
            if let (Some("#define"), Some(name), Some(Ok(number))) =
                (words.next(), words.next(), words.next().map(str::parse))
                && name.starts_with(prefix)
            {
                found.insert(name.to_owned(), number);
            }
        }
    }
    found
}

#[test]
fn errors_are_those_of_the_headers() {
    let test = "errors_are_those_of_the_headers";
    let theirs = defined(test, "E", &["asm-generic/errno-base.h", "asm-generic/errno.h"]);
    for (name, number) in &theirs {
        assert_eq!(errno::name(*number as u16), Some(name.as_str()), "{number}");
        assert!(errno::text(*number as u16).is_some(), "{name} has no words");
    }
    if !theirs.is_empty() {
        for number in 0..4096 {
            if let Some(name) = errno::name(number).filter(|_| errno::text(number).is_some()) {
                assert_eq!(theirs.get(name), Some(&i32::from(number)), "{name}");
            }
        }
        assert_eq!(errno::ERRNO.choice.len(), theirs.len());
    }
}

#[test]
fn signals_are_those_of_the_headers() {
    let theirs = defined("signals_are_those_of_the_headers", "SIG", &["asm-generic/signal.h"]);
    // Second names, and the size of a stack.
    let others = ["SIGIOT", "SIGPOLL", "SIGLOST", "SIGUNUSED", "SIGSTKSZ"];
    for (name, number) in theirs.iter().filter(|(name, _)| !others.contains(&name.as_str())) {
        assert_eq!(signal_names::name(*number), name.as_str(), "{number}");
        assert_eq!(signal_names::number(name), Some(*number as u32));
    }
    assert!(theirs.is_empty() || theirs.len() > 30, "only {} signals found", theirs.len());
}

/// What strerror(3) says here in the C locale, when this is glibc.
#[test]
fn errors_are_said_in_the_c_library_s_words() {
    if !cfg!(target_env = "gnu") {
        return println!("SKIP errors_are_said_in_the_c_library_s_words: not glibc");
    }
    for number in 1..600 {
        let text = std::io::Error::from_raw_os_error(number).to_string();
        assert_eq!(text, format!("{} (os error {number})", errno::strerror(number)));
    }
}
