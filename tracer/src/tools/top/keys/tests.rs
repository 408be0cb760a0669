//! What keys come to.

use super::*;
use crate::tools::top::testing::frame;

const ROWS: usize = 24;

/// The keys, one after the other; the last act.
fn press(ui: &mut Ui, frame: &Frame, keys: &[Key]) -> Act {
    keys.iter().fold(Act::Draw, |_, &key| ui.press(key, frame, ROWS))
}

fn typed(text: &str) -> Vec<Key> {
    text.chars().map(Key::Char).collect()
}

#[test]
fn into_a_process_and_back() {
    let frame = frame(true, false);
    let mut ui = Ui::new(None);
    // By calls: 77, 42, 50, ...
    assert_eq!(press(&mut ui, &frame, &[Key::Down, Key::Char('j')]), Act::Draw);
    assert_eq!(ui.sight.chosen, Some(42));
    assert_eq!(press(&mut ui, &frame, &[Key::Enter]), Act::Focus);
    assert_eq!((ui.focus(), &ui.sight.at), (Some(42), &At::One));
    assert_eq!(press(&mut ui, &frame, &[Key::Esc]), Act::Focus);
    assert_eq!((ui.focus(), &ui.sight.at, ui.sight.chosen), (None, &At::List, Some(42)));
    press(&mut ui, &frame, &[Key::Char('k'), Key::Up, Key::Up]);
    assert_eq!(ui.sight.chosen, Some(77));
    press(&mut ui, &frame, &[Key::PageDown]);
    assert_eq!(ui.sight.chosen, press_end(&frame));
    press(&mut ui, &frame, &[Key::Home]);
    assert_eq!(ui.sight.chosen, Some(77));
}

fn press_end(frame: &Frame) -> Option<u32> {
    let mut ui = Ui::new(None);
    press(&mut ui, frame, &[Key::End]);
    ui.sight.chosen
}

#[test]
fn a_filter_is_typed() {
    let frame = frame(true, false);
    let mut ui = Ui::new(None);
    press(&mut ui, &frame, &typed("/heqx"));
    assert!(ui.sight.typing && ui.sight.filter == "heqx", "keys that do something elsewhere are letters here");
    press(&mut ui, &frame, &[Key::Backspace, Key::Backspace, Key::Enter]);
    assert_eq!((ui.sight.typing, ui.sight.filter.as_str()), (false, "he"));
    assert_eq!(list::rows(&frame, &ui.sight).iter().map(|row| row.pid).collect::<Vec<_>>(), [50]);
    assert_eq!(press(&mut ui, &frame, &[Key::Enter]), Act::Focus);
    assert_eq!(ui.focus(), Some(50));
    press(&mut ui, &frame, &[Key::Esc, Key::Esc]);
    assert_eq!(ui.sight.filter, "");
}

#[test]
fn sorting_goes_through_all_columns() {
    for counted in [true, false] {
        let frame = frame(counted, false);
        let mut ui = Ui::new(None);
        let all: Vec<&str> = list::columns(&frame).map(|column| column.title).collect();
        let mut seen = vec![list::sorts(&frame, &ui.sight).expect("a column").title];
        for _ in 1..all.len() {
            press(&mut ui, &frame, &[Key::Char('s')]);
            seen.push(list::sorts(&frame, &ui.sight).expect("a column").title);
        }
        assert_eq!(seen, all);
        press(&mut ui, &frame, &[Key::Char('s')]);
        assert_eq!(list::sorts(&frame, &ui.sight).map(|column| column.title), Some(all[0]));
    }
}

#[test]
fn following_goes_to_the_child_that_does_most() {
    let frame = frame(true, true);
    let mut ui = Ui::new(Some(42));
    assert_eq!(ui.sight.at, At::One);
    assert_eq!(press(&mut ui, &frame, &[Key::Char('f')]), Act::Focus);
    assert_eq!(ui.focus(), Some(50));
    press(&mut ui, &frame, &[Key::Char('f')]);
    assert!(ui.sight.said.contains("no child"), "{}", ui.sight.said);
    press(&mut ui, &frame, &[Key::Esc]);
    assert_eq!((ui.focus(), &ui.sight.at), (Some(42), &At::One));
    press(&mut ui, &frame, &[Key::Esc]);
    assert_eq!((ui.focus(), &ui.sight.at), (None, &At::List));
}

#[test]
fn text_is_scrolled_and_left() {
    let frame = frame(true, true);
    let mut ui = Ui::new(Some(42));
    ui.show("tracer why 42".into(), vec!["line".into(); 100]);
    press(&mut ui, &frame, &[Key::Down, Key::PageDown]);
    assert_eq!(ui.sight.scrolled, 21);
    press(&mut ui, &frame, &[Key::End]);
    assert_eq!(ui.sight.scrolled, 80);
    press(&mut ui, &frame, &[Key::Up, Key::Char('?')]);
    assert_eq!(ui.sight.scrolled, 79);
    press(&mut ui, &frame, &[Key::Esc]);
    assert_eq!((&ui.sight.at, ui.sight.scrolled), (&At::One, 0));
}

#[test]
fn what_is_done_elsewhere_is_told() {
    let frame = frame(true, true);
    let check = |keys: &[Key], expected| {
        assert_eq!(press(&mut Ui::new(None), &frame, keys), expected, "{keys:?}");
    };
    check(&[Key::Char('y')], Act::Run(Tool::Why, 77));
    check(&[Key::Down, Key::Down, Key::Char('i')], Act::Run(Tool::Inspect, 42));
    check(&[Key::Char('t')], Act::Run(Tool::Trace, 77));
    check(&[Key::Char('w')], Act::Write);
    check(&[Key::Char('q')], Act::Quit);
    check(&[Key::Char('/'), Key::Char('q')], Act::Draw);
    check(&[Key::Char('/'), Key::Ctrl('c')], Act::Quit);
    check(&[Key::Ctrl('z')], Act::Suspend);
    check(&[Key::Char('?'), Key::Char('q')], Act::Quit);
    let mut ui = Ui::new(None);
    press(&mut ui, &frame, &[Key::Char('p')]);
    assert!(ui.sight.paused);
    press(&mut ui, &frame, &[Key::Char(' ')]);
    assert!(!ui.sight.paused);
}

#[test]
fn no_keys_break_it() {
    let keys = [
        Key::Up,
        Key::Down,
        Key::PageUp,
        Key::PageDown,
        Key::Home,
        Key::End,
        Key::Enter,
        Key::Esc,
        Key::Backspace,
        Key::Char('f'),
        Key::Char('s'),
        Key::Char('/'),
        Key::Char('x'),
        Key::Char('?'),
        Key::Char('p'),
    ];
    for frame in [Frame::default(), frame(true, true)] {
        let mut ui = Ui::new(None);
        let mut seed = 7u64;
        for _ in 0..5000 {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            ui.press(keys[(seed >> 33) as usize % keys.len()], &frame, ROWS);
            crate::tools::top::view::page(&frame, &ui.sight, 80, Some(ROWS));
        }
    }
}

#[test]
fn every_key_of_the_table_does_something() {
    for row in KEYS {
        assert!(!row.keys.is_empty() && (row.list || row.one || row.text), "{row:?}");
        assert!(row.short.is_empty() || row.names.len() + row.short.len() < 20, "{row:?}");
    }
}
