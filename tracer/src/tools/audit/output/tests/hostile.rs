//! Whatever bytes a program chooses for names, no form of the report hands them on raw. Every string of a report is tried, one
//! after the other; the patterns here name every field, so that a new one does not compile before it is tried too.

use quick_xml::events::Event;
use serde_json::Value as J;

use super::{FORMS, rendered, sample};
use crate::render::escape::never_raw;
use crate::tools::audit::evidence::timeline::{Process, Program};
use crate::tools::audit::evidence::*;

/// What terminals, XML, HTML, Markdown, workflow commands, JSON and SARIF messages obey.
const EVIL: &[&str] = &[
    "\n::error file=x::forged",
    "::add-mask::secret",
    " ::stop-commands::x",
    "##[add-mask]secret",
    "a\r\nb\x1b[2J\x07\x7f\u{9b}31m",
    "\u{202e}gnp.exe",
    "]]><script>alert(1)</script><![CDATA[",
    "<img src=x onerror=alert(1)>&amp;\"'",
    "a|b`|`|c``d\\|e\\",
    "[x](http://evil.example) ![y](http://evil.example) @octocat #1",
    "{0} %0A,title=x",
    "</details></code>|\n| - | - |",
    "\u{0}\u{feff}\u{fffe}\u{fffd}",
];

/// The same, and what is no UTF-8.
fn values() -> Vec<Vec<u8>> {
    let mut all: Vec<Vec<u8>> = EVIL.iter().map(|text| text.as_bytes().to_vec()).collect();
    all.push(b"\xff\xfe::\x80|`<".to_vec());
    all
}

/// A string of a report.
enum Field<'r> {
    Bytes(&'r mut Vec<u8>),
    Shared(&'r mut Shared),
    Text(&'r mut String),
}

impl Field<'_> {
    /// Puts the value there.
    fn set(&mut self, value: &[u8]) {
        match self {
            // A path is absolute.
            Field::Bytes(bytes) => **bytes = [b"/", value].concat(),
            Field::Shared(bytes) => **bytes = [b"/", value].concat().into(),
            Field::Text(text) => **text = String::from_utf8_lossy(value).into_owned(),
        }
    }
}

/// Every string of a report.
fn fields(report: &mut Report) -> Vec<Field<'_>> {
    let Report { evidence, variables, judgement, difference, verdict: _, timeline, extent: _ } = report;
    // What rules judge is never shown.
    let Evidence {
        command,
        status: _,
        not_run: _,
        source,
        units,
        accesses,
        real: _,
        kept: _,
        programs,
        effects,
        gaps,
        remarks,
    } = evidence;
    let mut all: Vec<Field<'_>> = command.iter_mut().map(Field::Bytes).collect();
    all.push(Field::Text(source));
    for Unit { runner: _, suite, name } in units {
        all.extend([Field::Text(suite), Field::Text(name)]);
    }
    for Access { unit: _, op: _, object, errno: _, to, passed, wrote: _, program, later: _ } in accesses {
        match object {
            Object::File(name) | Object::Unix(name) => all.push(Field::Shared(name)),
            Object::Inet { protocol: _, address: _, ephemeral: _, hosts } => {
                all.extend(hosts.iter_mut().map(|HostName { by: _, name }| Field::Text(name)));
            }
            Object::Other(_, address) => all.push(Field::Text(address)),
        }
        all.extend(to.iter_mut().chain(passed).chain([program]).map(Field::Shared));
    }
    for Ran { unit: _, program, words: Words { list, cut: _ }, by, status: _ } in programs {
        all.extend([program, by].into_iter().chain(list).map(Field::Bytes));
    }
    let Timeline { processes, left_out: _, length: _ } = timeline;
    for Process { parent: _, pid: _, unit: _, began: _, ended: _, status: _, programs } in processes {
        for Program { began: _, file, words: Words { list, cut: _ } } in programs {
            all.extend([file].into_iter().chain(list).map(Field::Bytes));
        }
    }
    for Effect { path, change, units: _, before, after, diff } in effects {
        all.push(Field::Bytes(path));
        match change {
            Change::Renamed(to) => all.push(Field::Bytes(to)),
            Change::Created | Change::Modified | Change::Deleted | Change::Temporary => {}
        }
        for Held { size: _, mode: _, sum } in [before, after] {
            all.extend(sum.as_mut().map(Field::Text));
        }
        match diff {
            Some(Diff::Lines(lines)) => all.extend(lines.iter_mut().map(Field::Text)),
            Some(Diff::Not(_)) | None => {}
        }
    }
    for Gap { kind: _, unit: _, what, count: _ } in gaps {
        all.push(Field::Text(what));
    }
    all.extend(remarks.iter_mut().map(Field::Text));
    let Variables(known) = variables;
    all.extend(known.iter_mut().map(|(_, path)| Field::Bytes(path)));
    let Judgement { policy, violations, unmet } = judgement;
    all.push(Field::Text(policy));
    for Violation { access: _, rule, line: _ } in violations {
        all.push(Field::Text(rule));
    }
    for Unmet { unit: _, rule, line: _ } in unmet {
        all.push(Field::Text(rule));
    }
    if let Some(Difference { baseline, new, gone }) = difference {
        all.push(Field::Text(baseline));
        all.extend(new.iter_mut().chain(gone).map(Field::Text));
    }
    all
}

/// The sample without what is there for its length only.
fn small() -> Report {
    let mut report = sample::everything();
    report.evidence.units.truncate(9);
    report.evidence.accesses.retain(|access| access.unit < 9);
    // Those that did the same share a line, and with other names they would not.
    report.timeline.processes.truncate(8);
    report
}

/// A report in which every string is hostile.
pub fn report() -> Report {
    let mut report = small();
    let values = values();
    for (at, mut field) in fields(&mut report).into_iter().enumerate() {
        field.set(&values[at % values.len()]);
    }
    report
}

/// Lines, of forms that are lines; in those for a window a long name takes several.
fn lines(form: &str, text: &str) -> usize {
    if matches!(form, "pipe.txt" | "md" | "github.txt" | "html") { text.lines().count() } else { 0 }
}

fn check(form: &str, text: &str) -> Result<(), String> {
    let ascii = !matches!(form, "json" | "html");
    let bad = |c: char| match c {
        '\n' | ' '..='~' => false,
        '\x1b' => form != "color.txt",
        c => ascii || never_raw(c),
    };
    if let Some(c) = text.chars().find(|c| bad(*c)) {
        return Err(format!("{c:?} came out"));
    }
    match form {
        "json" | "sarif" => serde_json::from_str::<J>(text).map(drop).map_err(|error| error.to_string()),
        "junit.xml" => xml(text),
        "html" => html(text),
        "md" => text.lines().try_for_each(markdown),
        "github.txt" => text.lines().try_for_each(command),
        _ => match text.lines().find(|line| line.trim_start().starts_with("::") || line.contains("##[")) {
            Some(line) => Err(format!("a workflow would obey {line}")),
            None => Ok(()),
        },
    }
}

/// Only the elements that are ours, and well-formed.
fn xml(text: &str) -> Result<(), String> {
    let mut reader = quick_xml::Reader::from_str(text);
    reader.config_mut().check_end_names = true;
    loop {
        match reader.read_event().map_err(|error| error.to_string())? {
            Event::Start(tag) | Event::Empty(tag) => {
                let name = String::from_utf8_lossy(tag.name().as_ref()).into_owned();
                if !["testsuites", "testsuite", "testcase", "failure", "error"].contains(&name.as_str()) {
                    return Err(format!("an element {name}"));
                }
                if let Some(error) = tag.attributes().find_map(Result::err) {
                    return Err(error.to_string());
                }
            }
            Event::Eof => return Ok(()),
            Event::CData(_) | Event::Comment(_) | Event::PI(_) | Event::DocType(_) => return Err("forged".to_owned()),
            _ => {}
        }
    }
}

/// The markup is the same whatever the report says, but for how long its lists are; and the data is JSON that is never markup.
fn html(text: &str) -> Result<(), String> {
    let (page, rest) = text.split_once("<script type=\"application/json\" id=\"data\">").ok_or("no data")?;
    let (data, rest) = rest.split_once("</script>").ok_or("data without end")?;
    if data.contains(['<', '>', '&']) {
        return Err("markup in the data".to_owned());
    }
    serde_json::from_str::<J>(data).map_err(|error| error.to_string())?;
    if rest != "\n<script></script>\n</body>\n</html>\n" {
        return Err(format!("behind the data stands {rest}"));
    }
    let known = regex::Regex::new(
        "^(/?(html|head|title|style|body|header|p|h1|h2|h3|span|code|dl|dt|dd|div|label|kbd|input|output|nav|noscript|main|section\
         |article|ul|li|footer|a|meta)|!doctype html)( [a-z-]+(=\"[^\"<>]*\")?)*$",
    );
    let known = known.map_err(|error| error.to_string())?;
    for tag in page.split('<').skip(1) {
        let (tag, words) = tag.split_once('>').ok_or(format!("a tag without end: {tag}"))?;
        if !known.is_match(tag) || tag.contains(" on") || words.contains('>') {
            return Err(format!("the tag {tag}"));
        }
    }
    Ok(())
}

/// Outside of spans of code there are only our own words.
fn markdown(line: &str) -> Result<(), String> {
    let outside: String = line.split('`').step_by(2).collect();
    if !line.matches('`').count().is_multiple_of(2) {
        return Err(format!("a span does not end: {line}"));
    }
    if line.split('`').skip(1).step_by(2).any(|code| code.contains('|')) {
        return Err(format!("a cell ends in a span: {line}"));
    }
    let outside = outside.replace("<details><summary>", "").replace("</summary>", "").replace("</details>", "");
    match outside.contains(['<', '>', '[', '@', '&', '!', '$']) || outside.contains("http") {
        true => Err(format!("markup: {line}")),
        false => Ok(()),
    }
}

/// One command for a line, whose properties are ours.
fn command(line: &str) -> Result<(), String> {
    let rest = ["::error ", "::warning "].iter().find_map(|start| line.strip_prefix(start));
    let (properties, _) = rest.and_then(|rest| rest.split_once("::")).ok_or(format!("no command: {line}"))?;
    let known = |property: &str| ["file=", "line=", "title="].iter().any(|name| property.starts_with(name));
    let mut names: Vec<&str> = properties.split(',').filter_map(|property| property.split('=').next()).collect();
    let count = names.len();
    names.dedup();
    match properties.split(',').all(known) && names.len() == count && !properties.contains(':') {
        true => Ok(()),
        false => Err(format!("properties: {line}")),
    }
}

#[test]
fn no_field_comes_out_raw_in_any_form() {
    let count = fields(&mut small()).len();
    assert!(count > 80, "{count}");
    let mut wrong = Vec::new();
    for (form, _) in FORMS {
        let mut harmless = small();
        fields(&mut harmless).iter_mut().for_each(|field| field.set(b"x"));
        let expected = lines(form, &rendered(form, &harmless));
        for at in 0..count {
            for value in values() {
                let mut report = harmless.clone();
                fields(&mut report)[at].set(&value);
                let text = rendered(form, &report);
                let forged = lines(form, &text) != expected;
                let found = check(form, &text).err().or_else(|| forged.then(|| "another number of lines".to_owned()));
                wrong.extend(
                    found.map(|why| format!("{form}, field {at}, {:?}: {why}", String::from_utf8_lossy(&value))),
                );
            }
        }
    }
    assert!(wrong.is_empty(), "{} in all\n{}", wrong.len(), wrong[..wrong.len().min(40)].join("\n"));
}

#[test]
fn all_at_once() {
    for (form, _) in FORMS {
        let text = rendered(form, &report());
        if let Err(why) = check(form, &text) {
            panic!("{form}: {why}\n{text}");
        }
    }
}

/// Indexes that lead nowhere are no panic.
#[test]
fn wrong_indexes_are_survived() {
    let mut report = small();
    report.evidence.units.clear();
    report.judgement.violations.iter_mut().for_each(|violation| violation.access += 1_000_000);
    for (form, _) in FORMS {
        check(form, &rendered(form, &report)).expect(form);
    }
    report = small();
    report.evidence.accesses.iter_mut().for_each(|access| access.unit = usize::MAX);
    for (form, _) in FORMS {
        check(form, &rendered(form, &report)).expect(form);
    }
}
