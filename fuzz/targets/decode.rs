//! Any bytes are a record, and give one line of text and one of JSON. The first byte chooses between the short and the long form.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use tracer::cli::asked;
use tracer::decode::{Options, decode};
use tracer::spec::Style;
use tracer::trace::output::json::Json;
use tracer::trace::output::strace::{PidFormat, StraceText};
use tracer::trace::output::{Item, Line, Render, Stack};

static STYLES: LazyLock<[Style; 2]> = LazyLock::new(|| [style(&["-s", "8"]), style(&["-v", "-yy"])]);

/// The style that options ask for.
fn style(options: &[&str]) -> Style {
    asked::spec(options.iter().chain(&["true"])).expect("a command line").output.style
}

fuzz_target!(|bytes: &[u8]| {
    let Some((choice, record)) = bytes.split_first() else { return };
    let style = &STYLES[usize::from(choice & 1)];
    let call = decode(record, &Options::new(style));
    let line = |item| Line { wall: 0, tid: 1, tgid: 1, comm: b"a", stack: Stack::default(), many: false, item };
    let mut out = Vec::new();
    StraceText::new(style, PidFormat::File, false).line(&line(Item::Call(&call)), &mut out);
    assert_eq!(out.iter().filter(|&&b| b == b'\n').count(), 1, "{}", out.escape_ascii());
    assert!(out.iter().all(|&b| b == b'\n' || (b' '..=b'~').contains(&b)), "{}", out.escape_ascii());
    out.clear();
    Json::new(true).line(&line(Item::Call(&call)), &mut out);
    assert!(str::from_utf8(&out).is_ok_and(|text| text.lines().count() == 1), "{}", out.escape_ascii());
});
