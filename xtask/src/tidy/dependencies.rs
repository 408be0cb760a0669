//! What the crates depend on: nothing that they do not name, nothing under a licence that `deny.toml` lacks, nothing twice that it does
//! not excuse; the same Rust and the same lints for all. (`cargo deny`, where it is installed, reads the same file and knows more.)

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};
use proc_macro2::{TokenStream, TokenTree};

use crate::command::{self, root};

/// Every crate, by the folder of its manifest; those of workspaces of their own have what others inherit written out.
const CRATES: [(&str, bool); 6] = [
    ("tracer", true),
    ("tracer-common", false),
    ("tests", true),
    ("xtask", true),
    ("tracer-ebpf", false),
    ("fuzz", false),
];

/// All of it; the complaints are added to `bad`.
pub fn check(bad: &mut Vec<String>) -> Result<()> {
    let workspace = read("Cargo.toml")?;
    let minimum = minimum_rust()?;
    for (dir, inherits) in CRATES {
        let name = format!("{dir}/Cargo.toml");
        let manifest = read(&name)?;
        unused(&name, &manifest, &idents(&root().join(dir))?, bad);
        if inherits {
            for line in ["rust-version.workspace = true", "[lints]\nworkspace = true"] {
                if !manifest.contains(line) {
                    bad.push(format!("{name}: lacks `{}`", line.replace('\n', " ")));
                }
            }
            continue;
        }
        if value(&section(&manifest, "package"), "rust-version").as_ref() != Some(&minimum) {
            bad.push(format!("{name}: its rust-version is not the workspace's, {minimum}"));
        }
        for lints in ["lints.rust", "lints.clippy"] {
            let here = section(&manifest, lints);
            if !section(&workspace, &format!("workspace.{lints}")).iter().all(|lint| here.contains(lint)) {
                bad.push(format!("{name}: its [{lints}] lack some of the workspace's"));
            }
        }
    }
    let mut tree = command::cargo();
    // What this machine takes of them: the rest may not have been downloaded.
    tree.args(["tree", "--workspace", "--edges", "normal,build,dev", "--prefix", "none", "--format", "{p}|{l}"]);
    let out = tree.output().context("cannot run cargo tree")?;
    if !out.status.success() {
        bail!("`{}`: {}", command::line(&tree), String::from_utf8_lossy(&out.stderr).trim());
    }
    let deny = read("deny.toml")?;
    licences_and_duplicates(&String::from_utf8_lossy(&out.stdout), &deny, bad);
    Ok(())
}

/// What the workspace promises.
pub fn minimum_rust() -> Result<String> {
    value(&section(&read("Cargo.toml")?, "workspace.package"), "rust-version").context("Cargo.toml has no rust-version")
}

fn read(name: &str) -> Result<String> {
    fs::read_to_string(root().join(name)).with_context(|| format!("cannot read {name}"))
}

/// The lines of a table that say something.
fn section(manifest: &str, name: &str) -> Vec<String> {
    let head = format!("[{name}]");
    let lines = manifest.lines().skip_while(|line| line.trim() != head).skip(1);
    let lines = lines.take_while(|line| !line.starts_with('[')).map(str::trim);
    lines.filter(|line| !line.is_empty() && !line.starts_with('#')).map(str::to_owned).collect()
}

/// The text of a key.
fn value(section: &[String], key: &str) -> Option<String> {
    let line = section.iter().find(|line| line.split('=').next().is_some_and(|name| name.trim() == key))?;
    quoted(line).next().map(str::to_owned)
}

/// What stands in quotation marks.
fn quoted(text: &str) -> impl Iterator<Item = &str> {
    text.split('"').skip(1).step_by(2)
}

/// Dependencies that no source of the crate names.
fn unused(name: &str, manifest: &str, idents: &BTreeSet<String>, bad: &mut Vec<String>) {
    for table in ["dependencies", "dev-dependencies", "build-dependencies"] {
        for line in section(manifest, table) {
            let package = line.split(['=', '.']).next().unwrap_or_default().trim();
            if !package.is_empty() && !idents.contains(&package.replace('-', "_")) {
                bad.push(format!("{name}: {package} is not used"));
            }
        }
    }
}

/// What the sources below a folder begin paths with, or import whole.
fn idents(dir: &Path) -> Result<BTreeSet<String>> {
    let mut files = Vec::new();
    super::walk(dir, &mut files)?;
    let mut found = BTreeSet::new();
    // Programs that are fixtures belong to no crate of ours.
    for path in files.iter().filter(|path| path.extension().is_some_and(|end| end == "rs")) {
        if path.strip_prefix(root().join("tests")).is_ok_and(|inside| inside.starts_with("fixtures")) {
            continue;
        }
        let text = fs::read_to_string(path)?;
        let tokens: TokenStream = text.parse().map_err(|error| anyhow::anyhow!("{}: {error}", path.display()))?;
        collect(tokens, &mut found);
    }
    Ok(found)
}

fn collect(tokens: TokenStream, found: &mut BTreeSet<String>) {
    let tokens: Vec<_> = tokens.into_iter().collect();
    let colon = |at: usize| matches!(tokens.get(at), Some(TokenTree::Punct(p)) if p.as_char() == ':');
    let after_use = |at: usize| at > 0 && matches!(&tokens[at - 1], TokenTree::Ident(word) if word == "use");
    for (at, token) in tokens.iter().enumerate() {
        match token {
            TokenTree::Group(group) => collect(group.stream(), found),
            TokenTree::Ident(ident) if colon(at + 1) && colon(at + 2) || after_use(at) => {
                found.insert(ident.to_string());
            }
            _ => {}
        }
    }
}

/// Judges what `cargo tree` lists: `NAME VERSION ...|LICENCE`.
fn licences_and_duplicates(tree: &str, deny: &str, bad: &mut Vec<String>) {
    let list = |head: &str| {
        let start = deny.find(head).map_or(deny.len(), |at| at + head.len());
        let rest = &deny[start..];
        rest[..rest.find("\n]").unwrap_or(rest.len())].to_owned()
    };
    let (allow, skip) = (list("\nallow = ["), list("\nskip = ["));
    let allowed: BTreeSet<&str> = quoted(&allow).collect();
    let excused: Vec<&str> = skip.lines().filter_map(|line| quoted(line).next()).collect();
    let mut versions: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    let mut told = BTreeSet::new();
    for line in tree.lines() {
        let Some((package, licence)) = line.split_once('|') else { continue };
        let licence = licence.trim_end_matches(" (*)");
        let mut words = package.split(' ');
        let (Some(name), Some(version)) = (words.next(), words.next()) else { continue };
        versions.entry(name).or_default().insert(version.trim_start_matches('v'));
        if !permits(licence, &allowed) && told.insert((name, version)) {
            bad.push(format!("deny.toml: does not allow the licence of {name} {version}: {licence:?}"));
        }
    }
    for (name, all) in &versions {
        let left = all.iter().filter(|version| {
            let exact = format!("{name}@{version}");
            !excused
                .iter()
                .any(|excuse| exact.strip_prefix(excuse).is_some_and(|rest| rest.is_empty() || rest.starts_with('.')))
        });
        if left.count() > 1 {
            let all = all.iter().copied().collect::<Vec<_>>().join(", ");
            bad.push(format!("deny.toml: does not excuse that {name} is there more than once: {all}"));
        }
    }
    for excuse in excused {
        let Some((name, version)) = excuse.split_once('@') else { continue };
        let starts = |all: &BTreeSet<&str>| all.len() > 1 && all.iter().any(|there| there.starts_with(version));
        if !versions.get(name).is_some_and(starts) {
            bad.push(format!("deny.toml: {excuse} is excused and not there twice"));
        }
    }
}

/// Whether an SPDX expression (or the older `A/B`) can be met with these licences. Exceptions only ever grant more.
fn permits(licence: &str, allowed: &BTreeSet<&str>) -> bool {
    let text = licence.replace('/', " OR ").replace('(', " ( ").replace(')', " ) ");
    let words: Vec<_> = text.split_whitespace().collect();
    let mut at = 0;
    let met = either(&words, &mut at, allowed);
    met && at == words.len()
}

fn either(words: &[&str], at: &mut usize, allowed: &BTreeSet<&str>) -> bool {
    let mut met = both(words, at, allowed);
    while words.get(*at) == Some(&"OR") {
        *at += 1;
        met |= both(words, at, allowed);
    }
    met
}

fn both(words: &[&str], at: &mut usize, allowed: &BTreeSet<&str>) -> bool {
    let mut met = one(words, at, allowed);
    while words.get(*at) == Some(&"AND") {
        *at += 1;
        met &= one(words, at, allowed);
    }
    met
}

fn one(words: &[&str], at: &mut usize, allowed: &BTreeSet<&str>) -> bool {
    let Some(word) = words.get(*at) else { return false };
    *at += 1;
    if *word == "(" {
        let met = either(words, at, allowed);
        *at += 1;
        return met;
    }
    if words.get(*at) == Some(&"WITH") {
        *at += 2;
    }
    allowed.contains(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn licences_are_judged_as_expressions() {
        let allowed: BTreeSet<&str> = ["MIT", "Apache-2.0", "Unicode-3.0"].into_iter().collect();
        for (licence, expected) in [
            ("MIT", true),
            ("GPL-2.0", false),
            ("GPL-2.0 OR MIT", true),
            ("MIT AND GPL-2.0", false),
            ("(MIT OR GPL-2.0) AND Unicode-3.0", true),
            ("(MIT OR Apache-2.0) AND GPL-2.0", false),
            ("Apache-2.0 WITH LLVM-exception OR GPL-2.0", true),
            ("Apache-2.0 / MIT", true),
            ("MIT/GPL-2.0", true),
            ("", false),
            ("MIT MIT", false),
        ] {
            assert_eq!(permits(licence, &allowed), expected, "{licence:?}");
        }
    }

    #[test]
    fn lists_are_judged() {
        let deny =
            "[licenses]\nallow = [\n    \"MIT\",\n]\n[bans]\nskip = [\n    { crate = \"b@1\", reason = \"r\" },\n]\n";
        for (tree, expected) in [
            ("a v1.0.0|MIT\nb v1.2.0|MIT\nb v2.0.0|MIT (*)\n", vec![]),
            (
                "a v1.0.0|MIT\na v2.0.0|MIT\nb v1.2.0|MIT\nb v2.0.0|MIT\n",
                vec!["a is there more than once: 1.0.0, 2.0.0"],
            ),
            ("a v1.0.0|GPL-2.0\nb v1.2.0|MIT\nb v2.0.0|MIT\n", vec!["licence of a v1.0.0"]),
            ("b v10.0.0|MIT\nb v11.0.0|MIT\n", vec!["b is there more than once"]),
            ("a v1.0.0 (/x)|MIT\n", vec!["b@1 is excused and not there twice"]),
        ] {
            let mut bad = Vec::new();
            licences_and_duplicates(tree, deny, &mut bad);
            assert!(
                bad.len() == expected.len() && bad.iter().zip(&expected).all(|(bad, expected)| bad.contains(expected)),
                "{tree:?} gave {bad:?}"
            );
        }
    }

    #[test]
    fn what_no_source_names_is_not_used() {
        let manifest = "[dependencies]\none-two = \"1\"\nthree.workspace = true\n# four = \"1\"\nfive = { version = \"1\" }\n\n[lints]\n";
        let mut found = BTreeSet::new();
        let text = "use one_two; /* three::x */ fn f() { \"five::x\"; g(five::x()) }";
        collect(text.parse().expect("tokens"), &mut found);
        let mut bad = Vec::new();
        unused("Cargo.toml", manifest, &found, &mut bad);
        assert_eq!(bad, ["Cargo.toml: three is not used"]);
    }
}
