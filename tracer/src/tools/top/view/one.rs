//! One process in all its parts. What is said in a line stands above; lists share the room below it.

use ratatui::style::Style;
use ratatui::text::Line;

use super::parts::{Ruler, beside, shares};
use super::{of_state, state_word, style};
use crate::capture::count::Histogram;
use crate::tools::top::model::{Counted, Frame, One};
use crate::tools::top::words::{bars, bytes, number, percent, plain, time};

/// From this width on lists stand in two columns.
const WIDE: usize = 110;
/// Lines of a list without bound.
const LONG: usize = 20;
/// From so many lines on there is room for a histogram.
const SHAPED: usize = 24;
/// Columns of names of values.
const NAME: usize = 10;

/// What it is about.
pub fn title(one: &One) -> String {
    let words: Vec<String> = one.command.iter().map(|word| plain(word)).collect();
    let command = if words.is_empty() { format!("[{}]", plain(&one.row.comm)) } else { words.join(" ") };
    format!("Process {}: {command}", one.row.pid)
}

/// The lines; at most `room`.
pub fn lines(frame: &Frame, one: &One, width: usize, room: Option<usize>) -> Vec<Line<'static>> {
    let mut lines = summary(frame, one, width);
    let Some(room) = room else {
        for list in lists(frame, one, width) {
            lines.push(Line::default());
            lines.extend(list.cut(LONG + 1, width));
        }
        return lines;
    };
    if room < lines.len() {
        lines.truncate(room);
        return lines;
    }
    let room = room - lines.len();
    if width < WIDE {
        let mut all = lists(frame, one, width);
        // A line or two of it say nothing.
        all.retain(|list| room >= SHAPED || !list.shape);
        lines.extend(stacked(all, room, width));
        return lines;
    }
    let wide = width / 2;
    let all = lists(frame, one, wide - 1);
    let (mut left, mut right, mut under) = (Vec::new(), Vec::new(), Vec::new());
    for list in all {
        match list.side {
            Side::Left => left.push(list),
            Side::Right => right.push(list),
            Side::Under => {}
        }
    }
    under.extend(lists(frame, one, width).into_iter().filter(|list| list.side == Side::Under));
    let below: usize = under.iter().map(|list| list.lines.len()).sum::<usize>().min(room / 3);
    lines.extend(beside(stacked(left, room - below, wide - 1), stacked(right, room - below, wide - 1), wide));
    lines.extend(stacked(under, below, width));
    lines
}

/// Lists below each other.
fn stacked(lists: Vec<List>, room: usize, width: usize) -> Vec<Line<'static>> {
    let wanted: Vec<usize> = lists.iter().map(|list| list.lines.len()).collect();
    let given = shares(&wanted, 2, room);
    lists.into_iter().zip(given).flat_map(|(list, given)| list.cut(given, width)).collect()
}

/// Where a list stands when there are two columns.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Left,
    Right,
    Under,
}

/// A list: its first line is its head.
struct List {
    side: Side,
    lines: Vec<Line<'static>>,
    /// Its last lines are those that matter.
    last: bool,
    /// Only its whole says something.
    shape: bool,
}

impl List {
    /// At most so many of its lines: how many more there are is said, where there is room for it.
    fn cut(mut self, room: usize, width: usize) -> Vec<Line<'static>> {
        if self.lines.len() <= room {
            return self.lines;
        }
        if room < 2 {
            self.lines.truncate(room);
            return self.lines;
        }
        let more = self.lines.len() - room;
        let said = format!("  ({more} more)");
        if self.lines[0].width() + said.len() <= width {
            self.lines[0].spans.push(ratatui::text::Span::styled(said, style::DIM));
        }
        if self.last {
            self.lines.drain(1..=more);
        }
        self.lines.truncate(room);
        self.lines
    }
}

fn named(name: &str, width: usize) -> Ruler {
    let mut line = Ruler::new(width);
    line.cell(name, NAME, style::HEAD);
    line
}

fn summary(frame: &Frame, one: &One, width: usize) -> Vec<Line<'static>> {
    let row = &one.row;
    let plain_style = Style::new();
    let mut lines = Vec::new();

    let mut line = named("State", width);
    line.put(&format!("{} ({})", row.state as char, state_word(row.state)), of_state(row.state));
    line.put("  ", plain_style);
    let room = line.left().min(40);
    let skip = one.history.states.len().saturating_sub(room);
    for &state in one.history.states.iter().skip(skip) {
        line.put(&(state as char).to_string(), of_state(state));
    }
    lines.push(line.done());

    let mut line = named("CPU", width);
    line.put(&format!("{} %", percent(row.cpu)), if row.cpu >= 90.0 { style::ODD } else { plain_style });
    line.put(&format!(" (kernel {} %)  ", percent(row.system)), plain_style);
    line.put(&bars(one.history.cpu.iter().copied(), line.left().min(30)), style::GOOD);
    lines.push(line.done());

    let mut line = named("Memory", width);
    let kb = |name: &str| one.sizes.iter().find(|(known, _)| *known == name).map(|(_, kb)| *kb as f64 * 1024.0);
    line.put(&format!("{} in RAM", bytes(row.memory as f64)), plain_style);
    for (name, word) in [("VmHWM", "at most"), ("VmSwap", "swapped"), ("VmSize", "mapped")] {
        if let Some(size) = kb(name) {
            let style = if name == "VmSwap" && size > 0.0 { style::ODD } else { plain_style };
            line.put(&format!(", {word} {}", bytes(size)), style);
        }
    }
    line.put(&format!("; faults {}/s, {}/s with I/O", number(one.faults.0), number(one.faults.1)), plain_style);
    lines.push(line.done());

    let mut line = named("FDs", width);
    match one.descriptors {
        Some(count) => line.put(&format!("{count} open"), plain_style),
        None => line.put("may not be seen", style::ODD),
    }
    if !one.kinds.is_empty() {
        let kinds: Vec<String> = one.kinds.iter().map(|(kind, count)| format!("{count} {kind}")).collect();
        line.put(&format!(": {}", kinds.join(", ")), plain_style);
    }
    line.put("  ", plain_style);
    line.put(&bars(one.history.descriptors.iter().copied(), line.left().min(30)), style::GOOD);
    lines.push(line.done());

    let mut line = named("Threads", width);
    line.put(&row.threads.to_string(), plain_style);
    if let Some((asked, forced)) = one.switches {
        line.put(&format!("; switches {}/s, {}/s forced", number(asked), number(forced)), plain_style);
    }
    if !one.children.is_empty() {
        let names: Vec<String> = one.children.iter().map(|(pid, comm)| format!("{pid} {}", plain(comm))).collect();
        line.put(&format!("; children: {}", names.join(", ")), plain_style);
    }
    lines.push(line.done());

    let mut line = named("Calls", width);
    match (&frame.source, row.calls) {
        (Counted::Kernel, Some(calls)) => {
            line.put(&format!("{}/s", number(calls.calls)), plain_style);
            let share = if calls.calls > 0.0 { calls.errors * 100.0 / calls.calls } else { 0.0 };
            let style = if share >= 10.0 { style::ODD } else { plain_style };
            line.put(&format!(", {}/s failed ({} %)", number(calls.errors), percent(share)), style);
            line.put(&format!("; files {}/s, network {}/s  ", number(calls.files), number(calls.network)), plain_style);
            line.put(&bars(one.history.calls.iter().copied(), line.left().min(30)), style::GOOD);
        }
        _ => line.put("not counted", style::ODD),
    }
    lines.push(line.done());

    if let Some(moved) = row.moved {
        let mut line = named("I/O", width);
        line.put(&format!("read {}/s in {} calls", bytes(moved.read), number(moved.reads)), plain_style);
        line.put(&format!(", written {}/s in {} calls", bytes(moved.written), number(moved.writes)), plain_style);
        lines.push(line.done());
    }
    for (what, why) in &one.missing {
        let mut line = named("Not seen", width);
        line.put(&format!("{what}: {why}"), style::ODD);
        lines.push(line.done());
    }
    lines
}

fn lists(frame: &Frame, one: &One, width: usize) -> Vec<List> {
    let mut lists = vec![threads(one, width)];
    lists.push(links(one, width));
    if frame.source == Counted::Kernel {
        lists.push(called(one, width));
        lists.push(latency(&one.times, width));
    }
    lists.push(files(one, width));
    lists.push(latest(one, width));
    lists.retain(|list| !list.lines.is_empty());
    lists
}

fn head(text: &str, width: usize) -> Line<'static> {
    let mut line = Ruler::new(width);
    line.put(text, style::HEAD);
    line.done()
}

fn threads(one: &One, width: usize) -> List {
    let mut lines = vec![head("   Thread S  CPU% NAME             DOES", width)];
    for thread in &one.threads {
        let mut line = Ruler::new(width);
        line.number(&thread.tid.to_string(), 9, Style::new());
        line.put(" ", Style::new());
        line.put(&(thread.state as char).to_string(), of_state(thread.state));
        line.number(&percent(thread.cpu), 6, Style::new());
        line.put(" ", Style::new());
        line.cell(&plain(&thread.comm), 16, Style::new());
        line.put(" ", Style::new());
        line.put(&thread.does, Style::new());
        lines.push(line.done());
    }
    List { side: Side::Left, lines, last: false, shape: false }
}

fn links(one: &One, width: usize) -> List {
    let mut lines = vec![head("Network  STATE       RECV-Q SEND-Q   IN/s  OUT/s  LOCAL > REMOTE", width)];
    for link in &one.links {
        let socket = &link.socket;
        let mut line = Ruler::new(width);
        line.cell(socket.kind, 9, Style::new());
        line.cell(socket.state, 11, Style::new());
        let listens = socket.state == "LISTEN";
        let unread = if listens { socket.recv_q > socket.send_q && socket.recv_q > 0 } else { socket.recv_q > 0 };
        line.number(&bytes(socket.recv_q as f64), 7, if unread { style::ODD } else { Style::new() });
        let unsent = !listens && socket.send_q > 0;
        line.number(&bytes(socket.send_q as f64), 7, if unsent { style::ODD } else { Style::new() });
        let (came, went) =
            link.rates.map_or_else(|| ("-".into(), "-".into()), |(came, went)| (bytes(came), bytes(went)));
        line.number(&came, 7, Style::new());
        line.number(&went, 7, Style::new());
        let ends = if socket.remote.is_empty() {
            socket.local.clone()
        } else {
            format!("{} > {}", socket.local, socket.remote)
        };
        line.put(&format!("  {ends}"), Style::new());
        lines.push(line.done());
    }
    if one.links.is_empty() {
        lines.push(Line::from("  none"));
    }
    if one.more_links > 0 {
        lines.push(Line::from(format!("  {} more sockets of other kinds", one.more_links)));
    }
    List { side: Side::Right, lines, last: false, shape: false }
}

fn called(one: &One, width: usize) -> List {
    let mut lines = vec![head("Calls/s ERR/s  TIME%   p50   p99 CALL", width)];
    for call in &one.called {
        let mut line = Ruler::new(width);
        line.number(&number(call.calls), 7, Style::new());
        line.number(&number(call.errors), 6, if call.errors > 0.0 { style::ODD } else { Style::new() });
        line.number(&percent(call.time * 100.0), 7, Style::new());
        line.number(&time(call.half), 6, Style::new());
        line.number(&time(call.most), 6, Style::new());
        line.put(&format!(" {}", call.name), Style::new());
        lines.push(line.done());
    }
    if one.called.is_empty() {
        lines.push(Line::from("  none ended in this time"));
    }
    List { side: Side::Left, lines, last: false, shape: false }
}

/// How long calls took: from power of two to power of two.
fn latency(times: &Histogram, width: usize) -> List {
    let mut lines = Vec::new();
    let used: Vec<usize> = (0..times.0.len()).filter(|&at| times.0[at] > 0).collect();
    if !used.is_empty() {
        lines.push(head("Latency of calls", width));
        let most = times.0.iter().copied().max().unwrap_or(1).max(1);
        for at in used {
            let (from, to) = Histogram::bounds(at);
            let to = to.map_or_else(|| "".to_owned(), time);
            let mut line = Ruler::new(width);
            line.number(&format!("{}-{to}", time(from)), 12, Style::new());
            line.number(&number(times.0[at] as f64), 7, Style::new());
            line.put(" ", Style::new());
            let room = line.left().min(40) as u128;
            let bar = (u128::from(times.0[at]) * room).div_ceil(u128::from(most)) as usize;
            line.put(&"█".repeat(bar), style::GOOD);
            lines.push(line.done());
        }
    }
    List { side: Side::Left, lines, last: false, shape: true }
}

fn files(one: &One, width: usize) -> List {
    let looked = &one.looked;
    if looked.files.is_empty() {
        return List { side: Side::Right, lines: Vec::new(), last: false, shape: false };
    }
    let mut lines = vec![head("Files: CALLS   ERR   READ WRITTEN PATH", width)];
    for file in &looked.files {
        let mut line = Ruler::new(width);
        line.number(&number(file.calls as f64), 12, Style::new());
        line.number(&number(file.errors as f64), 6, if file.errors > 0 { style::ODD } else { Style::new() });
        line.number(&bytes(file.read as f64), 7, Style::new());
        line.number(&bytes(file.written as f64), 8, Style::new());
        line.put(&format!(" {}", plain(&file.path)), Style::new());
        lines.push(line.done());
    }
    List { side: Side::Right, lines, last: false, shape: false }
}

fn latest(one: &One, width: usize) -> List {
    let looked = &one.looked;
    let mut lines = Vec::new();
    if !looked.why_not.is_empty() {
        lines.push(head(&format!("Latest calls: {}", looked.why_not), width));
    } else if looked.time > 0.0 {
        let (calls, took) = (number(looked.calls as f64), looked.time * 1000.0);
        lines.push(head(&format!("Latest calls: {calls} in {took:.0} ms, {:.0} s ago", one.looked_ago), width));
        for (tid, text) in &looked.lines {
            let mut line = Ruler::new(width);
            if one.row.threads > 1 {
                line.put(&format!("{tid} "), style::DIM);
            }
            line.put(text, Style::new());
            lines.push(line.done());
        }
        if looked.lines.is_empty() {
            lines.push(Line::from("  none"));
        }
    }
    List { side: Side::Under, lines, last: true, shape: false }
}
