//! Any words are a command line or a usage error that commands no terminal. The first byte chooses the grammar; the words are divided
//! by zero bytes, as in /proc/PID/cmdline; one that begins with a byte of 1 goes on with the number of a word of the help, which chance
//! would not find. Nothing is run.
#![no_main]

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use tracer::commands::{Action, parse};
use tracer_fuzz::is_calm;

/// The words before: the name by which the program was called, and the command.
const GRAMMARS: [&[&str]; 16] = [
    &["tracer"],
    &["strace"],
    &["tracer", "strace"],
    &["lsof"],
    &["tracer", "lsof"],
    &["ss"],
    &["tracer", "ss"],
    &["tracer", "inspect"],
    &["tracer", "audit"],
    &["tracer", "audit", "check"],
    &["tracer", "audit", "explain"],
    &["tracer", "replay"],
    &["tracer", "doctor"],
    &["tracer", "help"],
    &["tracer", "completions"],
    &[],
];

/// What the helps of all grammars mention: options, keywords, names.
static WORDS: LazyLock<Vec<String>> = LazyLock::new(|| {
    let mut words = BTreeSet::new();
    for grammar in GRAMMARS.iter().filter(|grammar| !grammar.is_empty()) {
        for option in ["-h", "--help", "-?"] {
            let Ok(Action::Help(text)) = parse(grammar.iter().chain(&[option]).map(OsString::from)) else { continue };
            let of_word = |c: char| c.is_ascii_alphanumeric() || "-_=:%@/+,.!".contains(c);
            words.extend(text.split(|c| !of_word(c)).filter(|word| word.len() > 1).map(str::to_owned));
        }
    }
    words.into_iter().collect()
});

/// The word that bytes stand for.
fn word(bytes: &[u8]) -> OsString {
    match bytes {
        [1, a, b, rest @ ..] => {
            let known = &WORDS[usize::from(u16::from_le_bytes([*a, *b])) % WORDS.len()];
            OsString::from_vec([known.as_bytes(), rest].concat())
        }
        _ => OsString::from_vec(bytes.to_vec()),
    }
}

fuzz_target!(|bytes: &[u8]| {
    let Some((choice, bytes)) = bytes.split_first() else { return };
    let front = GRAMMARS[usize::from(*choice) % GRAMMARS.len()].iter().map(OsString::from);
    let words = bytes.split(|&b| b == 0).map(word);
    if let Err(error) = parse(front.chain(words)) {
        let text = error.to_string();
        assert!(is_calm(&text), "{text:?}");
        // Where words are read one by one, a message quotes one of them, escaped; it never grows beyond what was typed.
        assert!(text.len() < 4096 + 64 * bytes.len(), "{} bytes for {}: {text:?}", text.len(), bytes.len());
    }
});
