//! What a line of text costs: decoding and rendering of everyday calls, in ns of CPU time each (a busy machine
//! does not count), without a kernel.
//! `cargo run --release --example line_cost`

use std::hint::black_box;

use tracer::decode::{Options, decode};
use tracer::schema::{Abi, by_name};
use tracer::spec::{Stamp, Style};
use tracer::trace::output::strace::{PidFormat, StraceText};
use tracer::trace::output::{Item, Line, Render, Stack};
use tracer_common::event::{Blob, Head, align, kind};
use tracer_common::plan::{phase, shape};

fn main() {
    let style = Style::new(32);
    let text = |phase, shape, arg| Blob { arg, shape, phase, ..Blob::default() };
    let cases = [
        ("getppid", record("getppid", &[], 1, None)),
        ("close", record("close", &[3], 0, None)),
        (
            "read",
            record(
                "read",
                &[3, 0x7ffc_0000_1000, 4096],
                24,
                Some((text(phase::EXIT_OK, shape::BYTES, 1), b"hello, world of everyday\n")),
            ),
        ),
        (
            "write",
            record(
                "write",
                &[1, 0x7ffc_0000_1000, 25],
                25,
                Some((text(phase::ENTER, shape::BYTES, 1), b"hello, world of everyday\n")),
            ),
        ),
        (
            "openat",
            record(
                "openat",
                &[-100i64 as u64, 0x7ffc_0000_1000, 0o2000000],
                3,
                Some((text(phase::ENTER, shape::TEXT, 1), b"/etc/ld.so.cache")),
            ),
        ),
    ];
    for (label, style) in
        [("plain", style.clone()), ("-ttt -T -f", Style { stamp: Stamp::Unix(6), duration: Some(6), ..style })]
    {
        let options = Options::new(&style);
        let mut render = StraceText::new(&style, PidFormat::File, false);
        let mut out = Vec::with_capacity(1 << 16);
        for (name, bytes) in &cases {
            const ROUNDS: u32 = 1_000_000;
            let start = cpu_ns();
            for i in 0..ROUNDS {
                let call = decode(black_box(bytes), &options);
                let line = Line {
                    wall: u64::from(i) * 1000,
                    tid: 7895,
                    tgid: 7895,
                    comm: b"sh",
                    stack: Stack::default(),
                    below: &[],
                    many: true,
                    item: Item::Call(&call),
                };
                render.line(&line, &mut out);
                if out.len() > 60_000 {
                    black_box(&out);
                    out.clear();
                }
            }
            println!("{label:12} {name:8} {:4} ns", (cpu_ns() - start) / u64::from(ROUNDS));
        }
    }
}

/// CPU time of this thread.
fn cpu_ns() -> u64 {
    let t = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    t.tv_sec as u64 * 1_000_000_000 + t.tv_nsec as u64
}

fn record(name: &str, args: &[u64], ret: i64, blob: Option<(Blob, &[u8])>) -> Vec<u8> {
    let nr = by_name(name).map_or(0, |row| u32::from(row.nr[Abi::NATIVE as usize]));
    let mut head = Head { kind: kind::CALL, nr, tid: 7895, tgid: 7895, ret, dur: 12_345, ..Head::default() };
    head.args[..args.len()].copy_from_slice(args);
    let mut rest = Vec::new();
    if let Some((blob, bytes)) = blob {
        let blob = Blob { len: bytes.len() as u32, want: bytes.len() as u32, ..blob };
        rest.extend_from_slice(blob.bytes());
        rest.extend_from_slice(bytes);
        rest.resize(align(rest.len()), 0);
        head.blobs = 1;
    }
    head.len = (size_of::<Head>() + rest.len()) as u32;
    [head.bytes(), &rest].concat()
}
