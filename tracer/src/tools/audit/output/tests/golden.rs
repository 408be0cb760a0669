//! The forms against files in `tests/golden/audit/`, byte by byte. `UPDATE_EXPECT=1` writes the files anew. A runner in `tests/`
//! validates the same files against the published schemas of JUnit and SARIF.

use std::path::Path;

use super::{FORMS, hostile, rendered, sample};
use crate::tools::audit::evidence::Report;

fn check(name: &str, report: &Report) {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/golden/audit");
    let mut different = Vec::new();
    for (form, _) in FORMS {
        let (file, now) = (dir.join(format!("{name}.{form}")), rendered(form, report));
        if std::env::var_os("UPDATE_EXPECT").is_some() {
            std::fs::create_dir_all(&dir).expect("the directory of golden files can be made");
            std::fs::write(&file, &now).expect("a golden file can be written");
        } else if std::fs::read_to_string(&file).ok().as_deref() != Some(now.as_str()) {
            different.push(format!("---- {name}.{form} is now\n{now}"));
        }
    }
    assert!(different.is_empty(), "UPDATE_EXPECT=1 takes these over:\n{}", different.join("\n"));
}

#[test]
fn everything() {
    check("everything", &sample::everything());
}

#[test]
fn clean() {
    check("clean", &sample::clean());
}

#[test]
fn failed() {
    check("failed", &sample::failed());
}

#[test]
fn hostile() {
    check("hostile", &hostile::report());
}
