//! Frames of recorded samples, drawn: against files in `tests/golden/top/`, byte by byte (`UPDATE_EXPECT=1` writes them anew), and of
//! every size.

use std::path::Path;

use super::*;
use crate::tools::top::output::text;
use crate::tools::top::testing::frame;
use crate::tools::top::words::width as columns;

fn drawn(frame: &Frame, sight: &Sight, width: usize, rows: Option<usize>) -> String {
    let mut out = Vec::new();
    text(&page(frame, sight, width, rows), false, &mut out);
    String::from_utf8(out).expect("UTF-8")
}

fn sight(at: At) -> Sight {
    Sight { at, keys: true, chosen: Some(77), ..Sight::default() }
}

#[test]
fn golden_frames() {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/golden/top");
    let mut all = Vec::new();
    for (width, rows) in [(80, 24), (120, 40), (200, 60), (40, 10)] {
        for (name, counted, at) in [("list", true, At::List), ("one", true, At::One), ("proc", false, At::One)] {
            let frame = frame(counted, true);
            all.push((format!("{name}-{width}x{rows}"), drawn(&frame, &sight(at), width, Some(rows))));
        }
    }
    all.push(("once".to_owned(), drawn(&frame(true, true), &Sight::default(), 120, None)));
    all.push(("help".to_owned(), drawn(&frame(true, true), &sight(At::Help), 80, Some(40))));
    let mut different = Vec::new();
    for (name, now) in all {
        let file = dir.join(format!("{name}.txt"));
        if std::env::var_os("UPDATE_EXPECT").is_some() {
            std::fs::create_dir_all(&dir).expect("the directory of golden files can be made");
            std::fs::write(&file, &now).expect("a golden file can be written");
        } else if std::fs::read_to_string(&file).ok().as_deref() != Some(now.as_str()) {
            different.push(format!("---- {name} is now\n{now}"));
        }
    }
    assert!(different.is_empty(), "UPDATE_EXPECT=1 takes these over:\n{}", different.join("\n"));
}

#[test]
fn any_size_is_filled_and_never_left() {
    for at in [At::List, At::One, At::Help, At::Text("a".into(), vec!["b".repeat(300); 90])] {
        for (counted, one) in [(true, true), (false, true), (true, false)] {
            let mut frame = frame(counted, one);
            frame.ended = Some("exited with 0".to_owned());
            for width in [0, 1, 7, 39, 40, 79, 80, 109, 110, 250] {
                for rows in [0, 1, 2, 3, 6, 9, 24, 70] {
                    let lines = page(&frame, &sight(at.clone()), width, Some(rows));
                    assert!(lines.len() <= rows, "{at:?} {width}x{rows}");
                    for line in lines {
                        assert!(line.width() <= width, "{at:?} {width}x{rows}: {line:?}");
                    }
                }
            }
        }
    }
}

#[test]
fn nothing_that_others_chose_comes_out_raw() {
    for sight in [sight(At::List), sight(At::One), Sight::default()] {
        let text = drawn(&frame(true, true), &sight, 200, None);
        assert!(text.chars().all(|c| c == '\n' || !crate::render::escape::never_raw(c)), "{text}");
        assert!(text.lines().all(|line| columns(line) <= 200));
    }
}

#[test]
fn a_challenge_is_met() {
    // State, memory, descriptors, threads, connections and the last calls: what the scenario of a process monitor asks for.
    let text = drawn(&frame(true, true), &Sight::default(), 120, None);
    for wanted in [
        "Process 42: /usr/bin/server --port 8642",
        "12:00:03",
        "S (sleeping)",
        "in RAM",
        "13 open",
        "Threads   3",
        "127.0.0.1:8642 > 127.0.0.1:40001",
        "read(48</srv/page-39.html>",
        "recvfrom",
    ] {
        assert!(text.contains(wanted), "{wanted}\n{text}");
    }
}

#[test]
fn losses_are_on_the_screen() {
    let frame = Frame { losses: vec![("ring_full", 7)], ..frame(true, false) };
    assert!(drawn(&frame, &sight(At::List), 80, Some(24)).contains("lost: 7 ring_full"));
}
