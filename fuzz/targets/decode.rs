//! Any bytes are a record, and give one line of text and one of JSON, neither longer than the record deserves. The first byte chooses
//! between the short and the long form, and whether the bytes are mended first, so that those of chance have blobs, too.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use tracer::capture::widen::widen;
use tracer::cli::asked;
use tracer::decode::{Options, decode};
use tracer::spec::Style;
use tracer::trace::output::json::Json;
use tracer::trace::output::strace::{PidFormat, StraceText};
use tracer::trace::output::{Item, Line, Render, Stack};
use tracer_common::record::records;
use tracer_fuzz::{is_plain, whole_records};

static STYLES: LazyLock<[Style; 4]> = LazyLock::new(|| {
    [style(&["-s", "8"]), style(&["-v", "-yy"]), style(&["-xx", "-X", "verbose"]), style(&["-s", "9999", "-yy", "-T"])]
});

/// The style that options ask for.
fn style(options: &[&str]) -> Style {
    asked::spec(options.iter().chain(&["true"])).expect("a command line").view.output.style
}

fuzz_target!(|bytes: &[u8]| {
    let Some((choice, bytes)) = bytes.split_first() else { return };
    let style = &STYLES[usize::from(choice & 3)];
    if choice & 4 != 0 {
        return line(bytes, style);
    }
    let mut batch = whole_records(bytes);
    widen(&mut batch);
    records(&batch).for_each(|(_, record)| line(record, style));
});

fn line(record: &[u8], style: &Style) {
    let call = decode(record, &Options::new(style));
    let line =
        |item| Line { wall: 0, tid: 1, tgid: 1, comm: b"a", stack: Stack::of(record), below: &[], many: false, item };
    let most = (64 << 10) + 64 * record.len();
    let mut out = Vec::new();
    StraceText::new(style, PidFormat::File, false).line(&line(Item::Call(&call)), &mut out);
    assert!(out.ends_with(b"\n") && is_plain(&out), "{}", out.escape_ascii());
    let ends = out.iter().filter(|&&b| b == b'\n').count();
    assert!(ends == 1 || !Stack::of(record).is_empty(), "{}", out.escape_ascii());
    assert!(out.len() <= most, "{} bytes of text for {}", out.len(), record.len());
    out.clear();
    Json::new(true).line(&line(Item::Call(&call)), &mut out);
    let parsed = serde_json::from_slice::<serde_json::Value>(&out);
    assert!(parsed.is_ok_and(|value| value.is_object()), "{}", out.escape_ascii());
    assert!(str::from_utf8(&out).is_ok_and(|text| text.lines().count() == 1), "{}", out.escape_ascii());
    assert!(out.len() <= 8 * most, "{} bytes of JSON for {}", out.len(), record.len());
}
