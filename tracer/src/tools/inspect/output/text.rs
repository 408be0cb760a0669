//! The report as text: sections with a title each, facts as `name value`, lists as columns. Everything that others
//! chose goes through [`Line`], so that it is printable ASCII whatever it was.

use super::{Look, activity, lists, summary};
use crate::render::amount::{capabilities, size, time};
use crate::render::escape::{Color, Line};
use crate::spec::Hex;
use crate::system::snapshot::Descriptor;
use crate::tools::inspect::report::{Fate, Report, state_name};

/// Column of values.
const COLUMN: usize = 16;

/// Lines of text in the making.
pub struct Page<'o> {
    out: &'o mut Vec<u8>,
    look: Look,
}

impl Page<'_> {
    /// Lines of a list that are shown, where `cut` is how many are unless all are asked for.
    pub fn most(&self, cut: usize) -> usize {
        if self.look.full { usize::MAX } else { cut }
    }

    /// Ends a list of so many, where it was cut.
    pub fn more(&mut self, count: usize, cut: usize) {
        let most = self.most(cut);
        if count > most {
            self.line(|line| line.text(&format!("and {} more (--full shows all)", count - most)));
        }
    }

    /// The title of a section.
    pub fn title(&mut self, fill: impl FnOnce(&mut Line<'_>)) {
        self.out.push(b'\n');
        self.heading(fill);
    }

    fn heading(&mut self, fill: impl FnOnce(&mut Line<'_>)) {
        let mut line = Line::new(self.out, self.look.color);
        line.paint(Color::Name);
        fill(&mut line);
        line.plain();
        line.finish();
    }

    /// A line of a section.
    pub fn line(&mut self, fill: impl FnOnce(&mut Line<'_>)) {
        let mut line = Line::new(self.out, self.look.color);
        line.lit("  ");
        fill(&mut line);
        line.finish();
    }

    /// A fact.
    pub fn fact(&mut self, name: &'static str, fill: impl FnOnce(&mut Line<'_>)) {
        self.line(|line| {
            line.paint(Color::Dim);
            line.lit(name);
            line.plain();
            line.pad(COLUMN);
            fill(line);
        });
    }
}

/// Appends the report: what it comes to, then what that was taken from.
pub fn text(report: &Report, look: Look, out: &mut Vec<u8>) {
    let mut page = Page { out, look };
    page.heading(|line| {
        line.lit("Process ");
        line.uint(report.pid().into());
        line.lit(": ");
        line.plain_name(&report.stat.comm);
        if report.end == Fate::Ended {
            line.lit(" (ended while it was looked at)");
        }
    });
    summary::summary(report, &mut page);
    findings(report, &mut page);
    page.title(|line| line.lit("In full"));
    head(report, &mut page);
    lists::threads(report, &mut page);
    memory(report, &mut page);
    lists::descriptors(report, &mut page);
    lists::sockets(report, &mut page);
    lists::mapped(report, &mut page);
    lists::limits(report, &mut page);
    lists::environment(report, &mut page);
    if let Some(seen) = &report.activity {
        activity::text(seen, &mut page);
    }
}

fn head(report: &Report, page: &mut Page<'_>) {
    let status = &report.status;
    page.fact("command", |line| match &report.command {
        None => unknown(report, "command line", line),
        Some(words) if words.is_empty() => line.lit("none"),
        Some(words) => command(words, line),
    });
    if !report.kernel {
        page.fact("program", |line| place(report, &report.program, "program", line));
        page.fact("directory", |line| place(report, &report.directory, "current directory", line));
        page.fact("root", |line| place(report, &report.root, "root directory", line));
    }
    page.fact("started", |line| {
        line.text(&report.started_text);
        line.lit(", ");
        line.text(&time(report.age));
        line.lit(" ago");
    });
    page.fact("started by", |line| {
        line.lit(report.origin.kind.words());
        if !report.origin.name.is_empty() {
            line.lit(" ");
            line.plain_name(&report.origin.name);
        }
        line.lit(" (");
        line.plain_name(&report.origin.how);
        line.lit(")");
    });
    page.fact("parents", |line| {
        for (at, parent) in report.parents.iter().enumerate() {
            line.lit(if at > 0 { " < " } else { "" });
            line.uint(parent.pid.into());
            line.lit(" ");
            line.plain_name(&parent.comm);
        }
        if report.parents.is_empty() {
            line.lit("none");
        }
    });
    page.fact("ids", |line| {
        line.text(&format!("group {}, session {}", report.stat.pgid, report.stat.session));
        if report.stat.tty != Default::default() {
            line.text(&format!(", terminal {}:{}", report.stat.tty.major, report.stat.tty.minor));
        }
        if status.nested_pids.len() > 1 {
            let inner: Vec<String> = status.nested_pids[1..].iter().map(u32::to_string).collect();
            line.text(&format!(", in its own pid namespace {}", inner.join(" ")));
        }
    });
    page.fact("user", |line| user(report, line));
    page.fact("capabilities", |line| {
        line.text(&capabilities(status.capabilities[2], report.last_capability));
        if status.capabilities[1] != status.capabilities[2] {
            line.text(&format!("; permitted: {}", capabilities(status.capabilities[1], report.last_capability)));
        }
        line.lit(if status.no_new_privileges { "; gets no new privileges" } else { "" });
        line.lit(if status.seccomp != 0 { "; restricted by seccomp" } else { "" });
    });
    page.fact("state", |line| {
        line.text(&format!("{} ({})", report.stat.state as char, state_name(report.stat.state)));
        if report.stat.nice != 0 {
            line.text(&format!(", nice {}", report.stat.nice));
        }
        if status.tracer != 0 {
            line.text(&format!(", traced by {}", status.tracer));
        }
    });
    cpu(report, page);
    page.fact("I/O", |line| match &report.io {
        None => unknown(report, "I/O counters", line),
        Some(io) => line.text(&format!(
            "read {} in {} calls ({} from storage), wrote {} in {} calls ({} to storage)",
            size(io.read),
            io.read_calls,
            size(io.from_storage),
            size(io.written),
            io.write_calls,
            size(io.to_storage.saturating_sub(io.cancelled)),
        )),
    });
    page.fact("cgroup", |line| match &report.cgroup {
        None => unknown(report, "cgroup", line),
        Some(path) => line.plain_name(path),
    });
    page.fact("namespaces", |line| namespaces(report, line));
}

fn cpu(report: &Report, page: &mut Page<'_>) {
    let ticks = report.ticks.max(1) as f64;
    let (user, system) = (report.stat.user_time as f64 / ticks, report.stat.system_time as f64 / ticks);
    page.fact("CPU time", |line| {
        let share = 100.0 * report.ran();
        line.text(&format!("{user:.2} s user, {system:.2} s system: {share:.1} % of a CPU since it began"));
    });
    page.fact("switches", |line| match report.switches() {
        None => line.lit("not readable"),
        Some(((voluntary, involuntary), reading)) => {
            line.text(&format!("{voluntary} voluntary, {involuntary} involuntary: "));
            line.lit(reading.words());
        }
    });
}

fn user(report: &Report, line: &mut Line<'_>) {
    let [real, effective, saved, _] = report.status.uids;
    let name = |line: &mut Line<'_>, name: &Option<String>, uid: u32| {
        if let Some(name) = name {
            line.plain_name(name.as_bytes());
            line.lit(" ");
        }
        line.text(&format!("({uid})"));
    };
    name(line, &report.user_names[1], effective);
    if real != effective || saved != effective {
        line.lit(", really ");
        name(line, &report.user_names[0], real);
        line.text(&format!(", saved ({saved})"));
    }
    line.lit(", group ");
    name(line, &report.group_name, report.status.gids[1]);
}

fn namespaces(report: &Report, line: &mut Line<'_>) {
    if report.namespaces.is_empty() {
        return unknown(report, "namespaces", line);
    }
    let other: Vec<_> = report.namespaces.iter().filter(|space| space.same == Some(false)).collect();
    if other.is_empty() {
        return line.lit("all are those of tracer");
    }
    line.lit("not those of tracer:");
    for space in other {
        line.text(&format!(" {}:[{}]", space.kind, space.inode.unwrap_or(0)));
    }
}

fn memory(report: &Report, page: &mut Page<'_>) {
    if report.status.memory.is_empty() {
        return;
    }
    page.title(|line| line.lit("Memory"));
    let kb = |name: &str| report.status.kb(name).map_or_else(|| "?".to_owned(), |kb| size(kb * 1024));
    page.fact("resident", |line| {
        line.text(&format!(
            "{} (anonymous {}, files {}, shared {}), at most {}",
            kb("VmRSS"),
            kb("RssAnon"),
            kb("RssFile"),
            kb("RssShmem"),
            kb("VmHWM")
        ));
    });
    page.fact("virtual", |line| line.text(&format!("{}, at most {}", kb("VmSize"), kb("VmPeak"))));
    page.fact("swapped out", |line| line.text(&kb("VmSwap")));
    page.fact("locked", |line| line.text(&kb("VmLck")));
}

fn findings(report: &Report, page: &mut Page<'_>) {
    let count = report.findings.len();
    page.title(|line| match count {
        0 => line.lit("Findings: none"),
        _ => line.text(&format!("Findings ({count})")),
    });
    for finding in &report.findings {
        page.line(|line| {
            line.paint(Color::Error);
            line.lit(finding.kind);
            line.plain();
            line.lit(": ");
            line.lit(finding.title);
        });
        for evidence in &finding.evidence {
            page.line(|line| {
                line.lit("    ");
                line.plain_name(evidence);
            });
        }
    }
    if !report.missing.is_empty() {
        page.title(|line| line.lit("Not readable"));
        for missing in &report.missing {
            page.line(|line| {
                line.lit(missing.what);
                line.lit(": ");
                line.text(&missing.why);
            });
        }
    }
}

/// Words of a command line; those with blanks, quotes or what is not printable in quotes.
pub fn command(words: &[Vec<u8>], line: &mut Line<'_>) {
    for (at, word) in words.iter().enumerate() {
        line.lit(if at > 0 { " " } else { "" });
        let plain = |b: &u8| b.is_ascii_alphanumeric() || b"/._-+=:,@%".contains(b);
        if word.is_empty() || !word.iter().all(plain) {
            line.quoted(word, Hex::None, false);
        } else {
            line.plain_name(word);
        }
    }
}

/// A directory or a program.
fn place(report: &Report, file: &Option<Descriptor>, what: &str, line: &mut Line<'_>) {
    match file {
        None => unknown(report, what, line),
        Some(file) => {
            line.plain_name(&file.path);
            if let Some(lack) = &file.lack {
                line.lit(" ");
                line.text(&lack.to_string());
            }
        }
    }
}

/// Why something is not known.
pub fn unknown(report: &Report, what: &str, line: &mut Line<'_>) {
    match report.missing.iter().find(|missing| missing.what == what) {
        Some(missing) => {
            line.lit("not readable: ");
            line.text(&missing.why);
        }
        None => line.lit("none"),
    }
}
