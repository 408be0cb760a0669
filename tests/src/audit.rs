//! What `tracer audit` reported, beside what is known of a suite: `fixtures/*/expected.txt`, whose form the first of them
//! explains. Nothing may be missed, nothing invented, and nothing given to another test.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use anyhow::{Context, Result, bail};
use regex::Regex;
use serde_json::Value;

/// One thing that a unit did, in the words of `expected.txt`.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Deed {
    /// The operation; `unwritten` for a file that was opened for writing only.
    pub op: String,
    /// A path with a variable in front, `PROTOCOL ADDRESS:PORT`, or `unix NAME`.
    pub object: String,
    /// A new name, or the target of a link.
    pub to: Option<String>,
    /// What the program passed, where that is another path.
    pub passed: Option<String>,
    /// The error's name.
    pub errno: Option<String>,
}

impl Deed {
    fn show(&self) -> String {
        let to = self.to.as_ref().map_or(String::new(), |to| format!(" -> {to}"));
        let passed = self.passed.as_ref().map_or(String::new(), |passed| format!(" <- {passed}"));
        let errno = self.errno.as_ref().map_or(String::new(), |errno| format!(" {errno}"));
        format!("{} {}{to}{passed}{errno}", self.op, self.object)
    }
}

/// What a report says.
#[derive(Debug, Clone, Default)]
pub struct Seen {
    /// What each unit did, by its label; the harness's is empty.
    pub units: BTreeMap<String, BTreeSet<Deed>>,
    /// Kinds of gaps, with the label of the unit that they concern.
    pub gaps: BTreeSet<(String, String)>,
    /// Net effects of units: the change and the path.
    pub effects: BTreeSet<(String, String)>,
    /// The verdict's word.
    pub verdict: String,
}

/// Reads a report in JSON; `variables` are the directories that have names, longest first where they overlap.
pub fn read(text: &str, variables: &[(&str, &Path)]) -> Result<Seen> {
    let report: Value = serde_json::from_str(text).context("the report is no JSON")?;
    let list = |name: &str| report[name].as_array().with_context(|| format!("the report has no list `{name}`"));
    let word = |value: &Value, name: &str| {
        value[name].as_str().map(str::to_owned).with_context(|| format!("no text `{name}` in {value}"))
    };
    let mut labels = Vec::new();
    for unit in list("units")? {
        let label = match word(unit, "runner")?.as_str() {
            "harness" => String::new(),
            _ => format!("{} {}", word(unit, "suite")?, word(unit, "name")?).trim().to_owned(),
        };
        labels.push(label);
    }
    let label = |value: &Value| match value.as_u64() {
        Some(index) => labels.get(index as usize).cloned().with_context(|| format!("no unit {index}")),
        None => Ok(String::new()),
    };
    let mut seen = Seen { verdict: word(&report, "verdict")?, ..Seen::default() };
    seen.units.extend(labels.iter().map(|label| (label.clone(), BTreeSet::new())));
    for access in list("accesses")? {
        let name = |value: &Value| Ok::<_, anyhow::Error>(bytes(value)?.map(|path| shorten(&path, variables)));
        let mut op = word(access, "op")?;
        if op == "write" && access["wrote"] == Value::Bool(false) {
            op = "unwritten".to_owned();
        }
        let deed = Deed {
            op,
            object: object(&access["object"], variables)?,
            to: name(&access["to"])?,
            passed: name(&access["passed"])?,
            errno: access["error"].as_str().map(str::to_owned),
        };
        seen.units.entry(label(&access["unit"])?).or_default().insert(deed);
    }
    for gap in list("gaps")? {
        seen.gaps.insert((label(&gap["unit"])?, word(gap, "kind")?));
    }
    for effect in list("effects")? {
        let path = bytes(&effect["path"])?.context("an effect without a path")?;
        let of_unit = |index: &Value| label(index).map(|label| !label.is_empty());
        let units = effect["units"].as_array().context("an effect without units")?;
        // What a runner keeps for itself is none of the tests'.
        if !units.iter().map(of_unit).collect::<Result<Vec<_>>>()?.contains(&true) {
            continue;
        }
        seen.effects.insert((word(effect, "change")?, shorten(&path, variables)));
    }
    Ok(seen)
}

fn object(value: &Value, variables: &[(&str, &Path)]) -> Result<String> {
    let text = |name: &str| bytes(&value[name])?.with_context(|| format!("no `{name}` in {value}"));
    Ok(match value["kind"].as_str() {
        Some("file") => shorten(&text("path")?, variables),
        Some("unix") => format!("unix {}", shorten(&text("name")?, variables)),
        Some("inet") => {
            let port = match value["ephemeral"].as_bool() {
                Some(true) => "ephemeral".to_owned(),
                _ => value["port"].as_u64().context("no port")?.to_string(),
            };
            format!("{} {}:{port}", escape(&text("protocol")?), escape(&text("address")?))
        }
        Some("other") => format!("{} {}", escape(&text("family")?), escape(&text("address")?)),
        _ => bail!("what is the object {value}?"),
    })
}

/// Bytes that a report has as text, or as base64 where they are none.
fn bytes(value: &Value) -> Result<Option<Vec<u8>>> {
    match (value, &value["b64"]) {
        (Value::Null, _) => Ok(None),
        (Value::String(text), _) => Ok(Some(text.clone().into_bytes())),
        (_, Value::String(text)) => base64(text).map(Some).with_context(|| format!("{text:?} is no base64")),
        _ => bail!("{value} is neither text nor bytes"),
    }
}

fn base64(text: &str) -> Option<Vec<u8>> {
    let (mut out, mut held, mut bits) = (Vec::new(), 0_u32, 0);
    for byte in text.trim_end_matches('=').bytes() {
        let digit = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            _ => return None,
        };
        held = held << 6 | u32::from(digit);
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            out.push((held >> bits) as u8);
        }
    }
    Some(out)
}

fn shorten(path: &[u8], variables: &[(&str, &Path)]) -> String {
    let text = escape(path);
    let fits = |(name, front): &(&str, &Path)| {
        let rest = text.strip_prefix(&*front.to_string_lossy())?;
        (rest.is_empty() || rest.starts_with('/')).then(|| format!("${name}{rest}"))
    };
    variables.iter().find_map(fits).unwrap_or(text)
}

fn escape(bytes: &[u8]) -> String {
    let plain = |byte: &u8| matches!(byte, b' '..=b'~') && *byte != b'\\';
    let show = |byte: &u8| if plain(byte) { char::from(*byte).to_string() } else { format!("\\x{byte:02x}") };
    bytes.iter().map(show).collect()
}

/// A deed that may or must be there; its texts have holes.
#[derive(Debug, Clone)]
pub struct Wanted {
    text: Deed,
    object: Regex,
}

impl Wanted {
    /// `OP`, `OBJECT [-> TO] [<- PASSED]`, `ERRNO`.
    pub fn new(op: &str, object: &str, errno: Option<&str>) -> Result<Wanted> {
        let (object, passed) =
            object.split_once(" <- ").map_or((object, None), |(object, passed)| (object, Some(passed)));
        let (object, to) = object.split_once(" -> ").map_or((object, None), |(object, to)| (object, Some(to)));
        let regex = regex::escape(object).replace(r"\*\*", ".*").replace(r"\*", "[^/]*").replace(r"\?", "[^/]");
        let [to, passed, errno] = [to, passed, errno].map(|text| text.map(str::to_owned));
        let text = Deed { op: op.to_owned(), object: object.to_owned(), to, passed, errno };
        Ok(Wanted { text, object: Regex::new(&format!("^{regex}$"))? })
    }

    fn is(&self, deed: &Deed) -> bool {
        self.may_be(deed) && self.text.to == deed.to && self.text.passed == deed.passed
    }

    fn may_be(&self, deed: &Deed) -> bool {
        self.text.op == deed.op && self.text.errno == deed.errno && self.object.is_match(&deed.object)
    }
}

/// What is known of a suite.
#[derive(Debug, Clone, Default)]
pub struct Expected {
    /// What every unit may do besides.
    pub always: Vec<Wanted>,
    /// What each unit does, by its label.
    pub units: BTreeMap<String, Vec<Wanted>>,
    /// Gaps, as of [`Seen`].
    pub gaps: BTreeSet<(String, String)>,
    /// Net effects, as of [`Seen`], but for what is temporary.
    pub effects: BTreeSet<(String, String)>,
}

/// Reads an `expected.txt`.
pub fn parse(text: &str) -> Result<Expected> {
    let mut expected = Expected::default();
    let mut section = "";
    for (number, line) in (1..).zip(text.lines()) {
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        if matches!(line, "ALWAYS" | "EXPECTED" | "EFFECTS") {
            section = line;
            continue;
        }
        let at = || format!("line {number}: {line:?}");
        match (section, line.split('\t').collect::<Vec<_>>().as_slice()) {
            ("ALWAYS", [op, object]) => expected.always.push(Wanted::new(op, object, None).with_context(at)?),
            ("ALWAYS", [op, object, errno]) => {
                expected.always.push(Wanted::new(op, object, Some(errno)).with_context(at)?);
            }
            ("EXPECTED", [unit, rest @ ..]) if rest.len() != 1 && rest.len() <= 3 => {
                let deeds = expected.units.entry((*unit).to_owned()).or_default();
                match rest {
                    ["gap", kind] => drop(expected.gaps.insert(((*unit).to_owned(), (*kind).to_owned()))),
                    [op, object, errno @ ..] => {
                        deeds.push(Wanted::new(op, object, errno.first().copied()).with_context(at)?);
                    }
                    _ => {}
                }
            }
            ("EFFECTS", [change, path]) => drop(expected.effects.insert(((*change).to_owned(), (*path).to_owned()))),
            _ => bail!("{}: no such line", at()),
        }
    }
    Ok(expected)
}

/// What pytest makes for itself when it runs in several processes: its base directory, and a file to see where it can write.
const OF_RUNNER: &[&str] = &["$TMPDIR/pytest-of-", "$TMPDIR/<random>"];

/// Directories in which only tests do something; the harness has no business with what the tests use there.
const OURS: [&str; 3] = ["$HOME/", "$TMPDIR/", "$OUTSIDE/"];

/// Everything that differs, a line each, by unit.
pub fn differences(expected: &Expected, seen: &Seen) -> Vec<String> {
    let mut lines = Vec::new();
    let nobody = BTreeSet::new();
    for (unit, wanted) in &expected.units {
        if !seen.units.contains_key(unit) {
            lines.push(format!("missed    the unit {unit}"));
            continue;
        }
        let deeds = seen.units.get(unit).unwrap_or(&nobody);
        for missed in wanted.iter().filter(|wanted| !deeds.iter().any(|deed| wanted.is(deed))) {
            lines.push(format!("missed    {unit}: {}", missed.text.show()));
        }
        for deed in deeds {
            // A file that is opened twice is written all the same.
            let written = Deed { op: "write".to_owned(), ..deed.clone() };
            let twice = deed.op == "unwritten" && deeds.iter().any(|other| *other == written);
            let known =
                wanted.iter().any(|wanted| wanted.is(deed)) || expected.always.iter().any(|may| may.may_be(deed));
            if !twice && !known {
                lines.push(format!("invented  {unit}: {}", deed.show()));
            }
        }
    }
    for unit in seen.units.keys().filter(|unit| !unit.is_empty() && !expected.units.contains_key(*unit)) {
        lines.push(format!("invented  the unit {unit}"));
    }
    let all = || expected.units.values().flatten();
    for deed in seen.units.get("").unwrap_or(&nobody) {
        let ours = OURS.iter().any(|front| deed.object.trim_start_matches("unix ").starts_with(front));
        if ours && all().any(|wanted| wanted.may_be(deed)) {
            lines.push(format!("invented  the harness: {}", deed.show()));
        }
    }
    let mut compare = |what: &str, wanted: &BTreeSet<(String, String)>, got: &BTreeSet<(String, String)>| {
        lines.extend(wanted.difference(got).map(|(a, b)| format!("missed    {what} {a} {b}")));
        lines.extend(got.difference(wanted).map(|(a, b)| format!("invented  {what} {a} {b}")));
    };
    compare("gap", &expected.gaps, &seen.gaps);
    let made: BTreeSet<&str> = all()
        .filter(|wanted| matches!(wanted.text.op.as_str(), "create" | "bind" | "rename"))
        .map(|wanted| wanted.text.to.as_ref().filter(|_| wanted.text.op == "rename").unwrap_or(&wanted.text.object))
        .flat_map(|object| [object.as_str(), object.trim_start_matches("unix ")])
        .collect();
    let lasting = seen.effects.iter().filter(|(change, path)| {
        let temporary = change == "temporary" && made.contains(path.as_str());
        let of_runner = OF_RUNNER.iter().any(|front| path.starts_with(front));
        OURS.iter().any(|front| path.starts_with(front)) && !temporary && !of_runner
    });
    compare("effect", &expected.effects, &lasting.cloned().collect());
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    const EXPECTED: &str = "# c\nALWAYS\nread\t/lib/*.so\n\nEXPECTED\ns one\nread\t\n";

    fn report(accesses: &str, gaps: &str, effects: &str) -> Seen {
        let units = r#"[{"runner":"harness","suite":"","name":""},{"runner":"nextest","suite":"s","name":"one"}]"#;
        let text = format!(
            r#"{{"units":{units},"accesses":[{accesses}],"gaps":[{gaps}],"effects":[{effects}],"verdict":"clean"}}"#
        );
        read(&text, &[("TMPDIR", Path::new("/t/tmp"))]).unwrap()
    }

    fn access(unit: u32, op: &str, path: &str, rest: &str) -> String {
        format!(r#"{{"unit":{unit},"op":"{op}","object":{{"kind":"file","path":{path}}},"wrote":false{rest}}}"#)
    }

    #[test]
    fn every_difference_is_told() {
        let expected =
            "ALWAYS\nread\t/lib/*.so\nEXPECTED\ns one\tcreate\t$TMPDIR/l -> /x\ns one\tread\t/x <- $TMPDIR/l\n";
        let expected = parse(&format!("{expected}EFFECTS\ncreated\t$TMPDIR/kept\n")).unwrap();
        let kept = r#"{"path":"/t/tmp/kept","change":"created","units":[0,1]},{"path":"/t/tmp/l","change":"temporary","units":[1]}"#;
        let check = |accesses: &[String], gaps: &str, effects: &str, wanted: &[&str]| {
            assert_eq!(differences(&expected, &report(&accesses.join(","), gaps, effects)), wanted);
        };
        let made = access(1, "create", r#""/t/tmp/l""#, r#","to":"/x""#);
        let read = access(1, "read", r#""/x""#, r#","passed":"/t/tmp/l""#);
        let library = access(1, "read", r#""/lib/a.so""#, "");
        check(&[made.clone(), read.clone(), library], "", kept, &[]);
        check(std::slice::from_ref(&made), "", kept, &["missed    s one: read /x <- $TMPDIR/l"]);
        let other = access(1, "read", r#"{"b64":"L2xpYi//"}"#, r#","error":"ENOENT""#);
        check(&[made.clone(), read.clone(), other], "", kept, &[r"invented  s one: read /lib/\xff ENOENT"]);
        let harness = access(0, "create", r#""/t/tmp/l""#, "");
        check(&[made.clone(), read.clone(), harness], "", kept, &["invented  the harness: create $TMPDIR/l"]);
        let gap = r#"{"unit":1,"kind":"io_uring"}"#;
        check(&[made.clone(), read.clone()], gap, kept, &["invented  gap s one io_uring"]);
        check(&[made, read], "", "", &["missed    effect created $TMPDIR/kept"]);
    }

    #[test]
    fn addresses_have_one_form() {
        let check = |object: &str, expected: &str| {
            assert_eq!(super::object(&serde_json::from_str(object).unwrap(), &[]).unwrap(), expected);
        };
        let port = r#"{"kind":"inet","protocol":"tcp","address":"127.0.0.1","port":9,"ephemeral":false,"host":null}"#;
        check(port, "tcp 127.0.0.1:9");
        check(&port.replace("false", "true"), "tcp 127.0.0.1:ephemeral");
        check(r#"{"kind":"unix","name":"@a\u0001"}"#, r"unix @a\x01");
        check(r#"{"kind":"other","family":"AF_NETLINK","address":"0"}"#, "AF_NETLINK 0");
    }

    #[test]
    fn mistakes_are_named() {
        for text in [EXPECTED, "ALWAYS\nread\n", "read\t/x\n", "EXPECTED\na\tread\n"] {
            assert!(parse(text).unwrap_err().to_string().contains("line "), "{text:?}");
        }
        assert!(read("{}", &[]).is_err() && read("", &[]).is_err());
        for (text, expected) in [("", Some("")), ("QQ==", Some("A")), ("QUJD", Some("ABC")), ("!", None)] {
            assert_eq!(base64(text), expected.map(|text| text.as_bytes().to_vec()));
        }
    }

    #[test]
    fn the_suites_are_known() {
        for (suite, units) in [("suite", 30), ("pytest_suite", 20), ("shell_suite", 20), ("node_suite", 19)] {
            let file = crate::root().join("tests/fixtures").join(suite).join("expected.txt");
            let expected = parse(&std::fs::read_to_string(file).unwrap()).unwrap();
            assert_eq!(expected.units.len(), units, "{suite}");
        }
    }
}
