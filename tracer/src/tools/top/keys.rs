//! What keys do: a state machine over what is seen of frames. It knows no terminal; what is to be done outside of it is an [`Act`].

use crate::tools::top::model::{Frame, Row};
use crate::tools::top::view::{At, Sight, list};

/// A key, as far as any does something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Key {
    /// A character.
    Char(char),
    /// A character with Ctrl.
    Ctrl(char),
    /// One up.
    Up,
    /// One down.
    Down,
    /// A screen up.
    PageUp,
    /// A screen down.
    PageDown,
    /// To the first.
    Home,
    /// To the last.
    End,
    /// Into it.
    Enter,
    /// Back.
    Esc,
    /// The last character goes.
    Backspace,
}

/// A key in help.
#[derive(Debug)]
pub struct KeyRow {
    /// As it stands on the keyboard.
    pub names: &'static str,
    /// In a word, for the line of keys; empty where it has no room.
    pub short: &'static str,
    /// What it does.
    pub about: &'static str,
    /// It works in the list.
    pub list: bool,
    /// It works in a process.
    pub one: bool,
    /// It works in text.
    pub text: bool,
    /// Keys that do it.
    pub keys: &'static [Key],
}

const fn row(
    names: &'static str,
    short: &'static str,
    about: &'static str,
    (list, one, text): (bool, bool, bool),
    keys: &'static [Key],
) -> KeyRow {
    KeyRow { names, short, about, list, one, text, keys }
}

/// All of them.
pub static KEYS: &[KeyRow] = &[
    row(
        "q",
        "quit",
        "end, as Ctrl-C does; a command that was started ends, too",
        (true, true, true),
        &[Key::Char('q'), Key::Ctrl('c')],
    ),
    row("?", "help", "what keys do", (true, true, false), &[Key::Char('?')]),
    row(
        "Up Down j k",
        "",
        "choose a process; scroll text",
        (true, false, true),
        &[Key::Up, Key::Down, Key::Char('j'), Key::Char('k')],
    ),
    row(
        "PgUp PgDn Home End",
        "",
        "the same, further",
        (true, false, true),
        &[Key::PageUp, Key::PageDown, Key::Home, Key::End],
    ),
    row("Enter", "look into", "look into the chosen process", (true, false, false), &[Key::Enter]),
    row("Esc", "back", "back; end a filter", (false, true, true), &[Key::Esc]),
    row(
        "/",
        "filter",
        "show only processes whose name or number has what is typed",
        (true, false, false),
        &[Key::Char('/')],
    ),
    row("s", "sort", "sort by the next column", (true, false, false), &[Key::Char('s')]),
    row("p Space", "pause", "let frames stand still, or go on", (true, true, false), &[Key::Char('p'), Key::Char(' ')]),
    row("f", "child", "follow into the child that does most", (true, true, false), &[Key::Char('f')]),
    row("y", "why", "what it waits for, and who is to blame (tracer why)", (true, true, false), &[Key::Char('y')]),
    row("i", "inspect", "everything known of it (tracer inspect)", (true, true, false), &[Key::Char('i')]),
    row("t", "trace", "trace it live; Ctrl-C comes back", (true, true, false), &[Key::Char('t')]),
    row("w", "write", "write the frame to a file in this directory", (true, true, true), &[Key::Char('w')]),
    row("Ctrl-Z", "", "suspend", (true, true, true), &[Key::Ctrl('z')]),
    row("Ctrl-L", "", "draw anew", (true, true, true), &[Key::Ctrl('l')]),
];

/// What is to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act {
    /// Draw, at most.
    Draw,
    /// Another process is looked into, or none.
    Focus,
    /// Draw from nothing.
    Redraw,
    /// Write what is on the screen to a file.
    Write,
    /// Run another command about a process.
    Run(Tool, u32),
    /// Stop, as a shell's job.
    Suspend,
    /// End.
    Quit,
}

/// Another command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tool {
    /// `tracer why`
    Why,
    /// `tracer inspect`
    Inspect,
    /// `tracer -f -p`
    Trace,
}

/// Where one is.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Ui {
    /// What is seen.
    pub sight: Sight,
    /// The process that is looked into, and those that one came from.
    path: Vec<u32>,
    /// Where text was asked for.
    from: At,
}

impl Ui {
    /// At the beginning: in a process, or in the list.
    pub fn new(root: Option<u32>) -> Ui {
        let at = if root.is_some() { At::One } else { At::List };
        let sight = Sight { at, keys: true, chosen: root, ..Sight::default() };
        Ui { sight, path: root.into_iter().collect(), from: At::List }
    }

    /// The process that is looked into.
    pub fn focus(&self) -> Option<u32> {
        self.path.last().copied()
    }

    /// Text of another command is on the screen.
    pub fn show(&mut self, title: String, lines: Vec<String>) {
        self.read(At::Text(title, lines));
    }

    fn read(&mut self, at: At) {
        if !matches!(self.sight.at, At::Help | At::Text(..)) {
            self.from = self.sight.at.clone();
        }
        self.sight.at = at;
        self.sight.scrolled = 0;
    }

    /// A key was pressed, with this frame on a screen of so many lines.
    pub fn press(&mut self, key: Key, frame: &Frame, rows: usize) -> Act {
        self.sight.said.clear();
        match key {
            Key::Ctrl('c') => return Act::Quit,
            Key::Ctrl('z') => return Act::Suspend,
            Key::Ctrl('l') => return Act::Redraw,
            _ => {}
        }
        if self.sight.typing {
            return self.type_filter(key);
        }
        match (&self.sight.at, key) {
            (_, Key::Char('q')) => Act::Quit,
            (_, Key::Char('w')) => Act::Write,
            (At::Help | At::Text(..), _) => self.in_text(key, rows),
            (_, Key::Char('?')) => {
                self.read(At::Help);
                Act::Draw
            }
            (_, Key::Char('p' | ' ')) => {
                self.sight.paused = !self.sight.paused;
                Act::Draw
            }
            (_, Key::Char('y')) => self.run(Tool::Why, frame),
            (_, Key::Char('i')) => self.run(Tool::Inspect, frame),
            (_, Key::Char('t')) => self.run(Tool::Trace, frame),
            (_, Key::Char('f')) => self.follow(frame),
            (At::One, Key::Esc) => self.back(),
            (At::List | At::Fitting, _) => self.in_list(key, frame, rows),
            _ => Act::Draw,
        }
    }

    fn type_filter(&mut self, key: Key) -> Act {
        match key {
            Key::Char(c) => self.sight.filter.push(c),
            Key::Backspace => drop(self.sight.filter.pop()),
            Key::Enter => self.sight.typing = false,
            Key::Esc => {
                self.sight.typing = false;
                self.sight.filter.clear();
            }
            _ => {}
        }
        Act::Draw
    }

    fn in_text(&mut self, key: Key, rows: usize) -> Act {
        let page = rows.saturating_sub(4).max(1);
        let at = self.sight.scrolled;
        match key {
            Key::Esc => {
                self.sight.at = std::mem::take(&mut self.from);
                self.sight.scrolled = 0;
            }
            Key::Up | Key::Char('k') => self.sight.scrolled = at.saturating_sub(1),
            Key::Down | Key::Char('j') => self.sight.scrolled = at + 1,
            Key::PageUp => self.sight.scrolled = at.saturating_sub(page),
            Key::PageDown | Key::Char(' ') => self.sight.scrolled = at + page,
            Key::Home => self.sight.scrolled = 0,
            Key::End => self.sight.scrolled = usize::MAX / 2,
            _ => {}
        }
        let length = match &self.sight.at {
            At::Text(_, lines) => lines.len(),
            _ => KEYS.len() + list::COLUMNS.len() + 2,
        };
        self.sight.scrolled = self.sight.scrolled.min(length.saturating_sub(page));
        Act::Draw
    }

    fn in_list(&mut self, key: Key, frame: &Frame, rows: usize) -> Act {
        let page = rows.saturating_sub(5).max(1);
        let shown: Vec<u32> = list::rows(frame, &self.sight).iter().map(|row| row.pid).collect();
        let last = shown.len().saturating_sub(1);
        let at = self.sight.chosen.and_then(|pid| shown.iter().position(|&known| known == pid));
        let to = match key {
            Key::Up | Key::Char('k') => at.map_or(0, |at| at.saturating_sub(1)),
            Key::Down | Key::Char('j') => at.map_or(0, |at| at + 1),
            Key::PageUp => at.map_or(0, |at| at.saturating_sub(page)),
            Key::PageDown => at.unwrap_or(0) + page,
            Key::Home => 0,
            Key::End => last,
            Key::Enter => {
                let Some(pid) = at.map(|at| shown[at]).or(shown.first().copied()) else { return Act::Draw };
                return self.enter(pid);
            }
            Key::Esc => {
                self.sight.filter.clear();
                return Act::Draw;
            }
            Key::Char('/') => {
                self.sight.typing = true;
                return Act::Draw;
            }
            Key::Char('s') => {
                let titles: Vec<&'static str> = list::columns(frame).map(|column| column.title).collect();
                let now = list::sorts(frame, &self.sight).map(|column| column.title);
                let next =
                    titles.iter().position(|title| Some(*title) == now).map_or(0, |at| at + 1) % titles.len().max(1);
                self.sight.sort = titles.get(next).copied();
                self.sight.said = format!("sorted by {}", self.sight.sort.unwrap_or_default());
                return Act::Draw;
            }
            _ => return Act::Draw,
        };
        self.sight.chosen = shown.get(to.min(last)).copied();
        Act::Draw
    }

    fn enter(&mut self, pid: u32) -> Act {
        self.path.retain(|&known| known != pid);
        self.path.push(pid);
        self.sight.chosen = Some(pid);
        self.sight.at = At::One;
        Act::Focus
    }

    fn back(&mut self) -> Act {
        self.path.pop();
        match self.path.last() {
            Some(&pid) => self.sight.chosen = Some(pid),
            None => self.sight.at = At::List,
        }
        Act::Focus
    }

    /// The process that keys are about.
    fn meant(&self, frame: &Frame) -> Option<u32> {
        match self.sight.at {
            At::One => self.focus(),
            _ => self.sight.chosen.or_else(|| list::rows(frame, &self.sight).first().map(|row| row.pid)),
        }
    }

    fn run(&mut self, tool: Tool, frame: &Frame) -> Act {
        match self.meant(frame) {
            Some(pid) => Act::Run(tool, pid),
            None => Act::Draw,
        }
    }

    /// Into the child that does most.
    fn follow(&mut self, frame: &Frame) -> Act {
        let Some(parent) = self.meant(frame) else { return Act::Draw };
        let calls = |row: &Row| row.calls.map_or(0.0, |calls| calls.calls);
        let children = frame.rows.iter().filter(|row| row.ppid == parent && row.pid != parent);
        let most =
            children.max_by(|a, b| calls(a).total_cmp(&calls(b)).then(a.cpu.total_cmp(&b.cpu)).then(b.pid.cmp(&a.pid)));
        match most {
            Some(child) => {
                // Esc leads back to the parent.
                if self.focus() != Some(parent) {
                    self.path.push(parent);
                }
                self.enter(child.pid)
            }
            None => {
                self.sight.said = format!("process {parent} has no child");
                Act::Draw
            }
        }
    }
}

#[cfg(test)]
mod tests;
