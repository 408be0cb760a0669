//! Baselines: what happened, a line each, sorted: made to be kept beside the tests and to be read in a diff.
//!
//! A line is `UNIT<TAB>OPERATION<TAB>OBJECT[<TAB>MORE]...`; MORE is the new name of a rename (`-> NAME`), or an errno's name.
//! Programs are left out: which one of a unit's processes did it changes with every release of a shell.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::{Context, Result, bail};

use super::bytes_of;
use super::held::Held;
use crate::render::typed::show;
use crate::schema::errno;
use crate::tools::audit::evidence::units::shown;
use crate::tools::audit::evidence::{Access, Difference, Evidence, HostName, Object, Variables};

/// The first line.
const HEAD: &str = "# tracer baseline 1";

/// The lines of what happened.
pub fn lines(evidence: &Evidence, variables: &Variables) -> BTreeSet<String> {
    evidence.accesses.iter().map(|access| line(evidence, variables, access)).collect()
}

/// The file of these lines.
pub fn text(lines: &BTreeSet<String>) -> String {
    let mut text = format!("{HEAD}\n");
    for line in lines {
        text.push_str(line);
        text.push('\n');
    }
    text
}

/// Reads a baseline; `None` when there is none.
///
/// # Errors
/// The file cannot be read, or is no baseline.
pub fn read(path: &Path, held: &mut Held) -> Result<Option<BTreeSet<String>>> {
    let bytes = bytes_of(path).inspect(|bytes| held.read("baseline", path, bytes));
    let text = match bytes.map(String::from_utf8) {
        Ok(Ok(text)) => text,
        Ok(Err(_)) => bail!("baseline {}: is no baseline (it is not text)", show(path)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error).with_context(|| format!("baseline {}", show(path))),
    };
    let mut lines = text.lines();
    match lines.next() {
        Some(HEAD) => {
            Ok(Some(lines.filter(|line| !line.is_empty() && !line.starts_with('#')).map(str::to_owned).collect()))
        }
        Some(other) if other.starts_with("# tracer baseline ") => {
            bail!(
                "baseline {}: of another version ('{}'); --update writes it anew",
                show(path),
                shown(other.as_bytes())
            )
        }
        _ => bail!("baseline {}: is no baseline (its first line is not '{HEAD}')", show(path)),
    }
}

/// What differs.
pub fn compare(path: &Path, known: &BTreeSet<String>, lines: &BTreeSet<String>) -> Difference {
    Difference {
        baseline: shown(path.as_os_str().as_encoded_bytes()),
        new: lines.difference(known).cloned().collect(),
        gone: known.difference(lines).map(|line| shown_line(line)).collect(),
    }
}

/// A line of a file that anybody may have written.
fn shown_line(line: &str) -> String {
    line.split('\t').map(|word| shown(word.as_bytes())).collect::<Vec<_>>().join("\t")
}

fn line(evidence: &Evidence, variables: &Variables, access: &Access) -> String {
    let unit = evidence.units.get(access.unit).map_or_else(String::new, crate::tools::audit::evidence::Unit::label);
    let mut line = format!("{unit}\t{}\t{}", access.op.name(), object(&access.object, variables));
    if let Some(to) = &access.to {
        line += &format!("\t-> {}", shown(&variables.shorten(to)));
    }
    if access.errno != 0 {
        line +=
            &errno::name(access.errno).map_or_else(|| format!("\terrno {}", access.errno), |name| format!("\t{name}"));
    }
    line
}

fn object(object: &Object, variables: &Variables) -> String {
    match object {
        Object::File(path) => shown(&variables.shorten(path)),
        Object::Unix(name) => format!("unix {}", shown(&variables.shorten(name))),
        Object::Inet { protocol, address, ephemeral, hosts } => {
            let known = HostName::told(hosts).filter(|_| !address.ip().to_canonical().is_loopback());
            let host = known.map_or(String::new(), |host| format!(" ({host})"));
            format!("{protocol} {}{host}", Object::endpoint(address, *ephemeral))
        }
        Object::Other(family, address) => format!("{family} {address}").trim_end().to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tools::audit::evidence::{Op, Runner, Unit};

    #[test]
    fn what_is_written_is_read() {
        let unit = |name: &str| Unit { runner: Runner::Generic, suite: String::new(), name: name.to_owned() };
        let harness = Unit { runner: Runner::Harness, suite: String::new(), name: String::new() };
        let access = |unit, op, object, errno| Access {
            unit,
            op,
            object,
            errno,
            to: None,
            passed: None,
            wrote: false,
            program: b"/bin/x"[..].into(),
            later: false,
        };
        let inet = Object::Inet {
            protocol: "tcp",
            address: "[::1]:0".parse().expect("an address"),
            ephemeral: true,
            hosts: Vec::new(),
        };
        let renamed =
            Access { to: Some(b"/w/b"[..].into()), ..access(1, Op::Rename, Object::File(b"/w/a\nb"[..].into()), 0) };
        let evidence = Evidence {
            units: vec![harness, unit("t")],
            accesses: vec![
                access(0, Op::Read, Object::File(b"/x"[..].into()), 2),
                access(1, Op::Connect, inet, 0),
                renamed,
            ],
            ..Evidence::default()
        };
        let variables = Variables(vec![("WORKSPACE", b"/w".to_vec())]);
        let lines = lines(&evidence, &variables);
        let text = text(&lines);
        assert_eq!(
            text,
            "# tracer baseline 1\nharness\tread\t/x\tENOENT\nt\tconnect\ttcp [::1]:ephemeral\n\
             t\trename\t$WORKSPACE/a\\nb\t-> $WORKSPACE/b\n"
        );
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("baseline");
        let mut held = Held::default();
        assert_eq!(read(&path, &mut held).expect("none is no error"), None);
        std::fs::write(&path, &text).expect("written");
        let known = read(&path, &mut held).expect("a baseline").expect("it is there");
        assert_eq!(compare(&path, &known, &lines).new, Vec::<String>::new());
        let less: BTreeSet<String> = lines.iter().skip(1).cloned().collect();
        assert_eq!(compare(&path, &known, &less).gone, ["harness\tread\t/x\tENOENT"]);
        assert_eq!(compare(&path, &less, &lines).new, ["harness\tread\t/x\tENOENT"]);
        std::fs::write(&path, "something\n").expect("written");
        assert!(read(&path, &mut held).is_err());
    }
}
