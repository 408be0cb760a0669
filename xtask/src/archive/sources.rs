//! Where the machine's own apt finds Debian: sources.list(5) in both of its forms. What is downloaded for tests comes from the
//! archive that the machine trusts and reaches already, be it a mirror, a cache or behind a proxy.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

/// Names of suites that stand for a release of Debian wherever it is called by its age.
const BY_AGE: [&str; 5] = ["stable", "oldstable", "testing", "unstable", "sid"];

/// One entry of the machine's lists.
#[derive(Debug, PartialEq, Eq)]
pub struct Source {
    pub uri: String,
    suites: Vec<String>,
    components: Vec<String>,
    /// The file of keys, where the entry names one.
    pub keys: Option<String>,
}

impl Source {
    /// The archive of Debian's releases.
    pub fn releases<'a>(sources: &'a [Source], codename: Option<&str>) -> Option<&'a Source> {
        Source::of(sources, codename, "")
    }

    /// The archive of their security updates, which is a place of its own.
    pub fn security<'a>(sources: &'a [Source], codename: Option<&str>) -> Option<&'a Source> {
        Source::of(sources, codename, "-security")
    }

    /// The first that has the suite. Others than Debian call theirs by Debian's names too, and tell themselves by their keys.
    fn of<'a>(sources: &'a [Source], codename: Option<&str>, suffix: &str) -> Option<&'a Source> {
        let names = codename.into_iter().chain(BY_AGE).map(|name| format!("{name}{suffix}"));
        let debians = |source: &&Source| {
            let keys = source.keys.as_deref().map(|keys| Path::new(keys).file_name().unwrap_or_default());
            let trusted = keys.is_none_or(|keys| keys.to_string_lossy().starts_with("debian-archive-"));
            trusted && source.components.iter().any(|component| component == "main")
        };
        let has = |name: String| sources.iter().filter(debians).find(|source| source.suites.contains(&name));
        names.into_iter().find_map(has)
    }
}

/// All entries of the machine, in the order in which apt reads them.
pub fn of_machine() -> Result<Vec<Source>> {
    let etc = Path::new("/etc/apt");
    let mut files: Vec<PathBuf> = fs::read_dir(etc.join("sources.list.d"))
        .map(|dir| dir.flatten().map(|entry| entry.path()).collect())
        .unwrap_or_default();
    files.sort();
    files.insert(0, etc.join("sources.list"));
    let mut sources = Vec::new();
    for file in files.iter().filter(|file| file.is_file()) {
        let text = fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
        match file.extension().and_then(|extension| extension.to_str()) {
            Some("list") => sources.extend(text.lines().filter_map(line)),
            Some("sources") => sources.extend(stanzas(&text)),
            _ => {}
        }
    }
    if sources.is_empty() {
        bail!(
            "no entry in {0}/sources.list and {0}/sources.list.d: where Debian's packages are is not known",
            etc.display()
        );
    }
    Ok(sources)
}

/// The codename of the machine's release, os-release(5).
pub fn codename() -> Option<String> {
    let text = fs::read_to_string("/etc/os-release").ok()?;
    let name = text.lines().find_map(|line| line.strip_prefix("VERSION_CODENAME="))?;
    Some(name.trim_matches('"').to_owned())
}

/// An entry of the form of one line: `deb [signed-by=KEYS arch=...] URI SUITE COMPONENT...`.
pub fn line(text: &str) -> Option<Source> {
    let text = text.split('#').next().unwrap_or_default().trim();
    let mut rest = text.strip_prefix("deb").filter(|rest| rest.starts_with([' ', '\t', '[']))?.trim_start();
    let mut keys = None;
    if let Some(inner) = rest.strip_prefix('[') {
        let (options, after) = inner.split_once(']')?;
        keys = options.split_whitespace().find_map(|option| option.strip_prefix("signed-by=")).map(str::to_owned);
        rest = after;
    }
    let mut words = rest.split_whitespace().map(str::to_owned);
    let (uri, suite) = (words.next()?, words.next()?);
    is_reachable(&uri).then(|| Source { uri, suites: vec![suite], components: words.collect(), keys })
}

/// The entries of the form of stanzas, deb822(5).
fn stanzas(text: &str) -> Vec<Source> {
    let lines: Vec<_> = text.lines().filter(|line| !line.starts_with('#')).collect();
    lines.split(|line| line.trim().is_empty()).filter_map(stanza).collect()
}

/// One entry. A key in the place of a file of keys is nobody's that we know.
fn stanza(lines: &[&str]) -> Option<Source> {
    let words = |name: &str| -> Vec<String> {
        let mut inside = false;
        let mut words = Vec::new();
        for line in lines {
            let value = if line.starts_with([' ', '\t']) {
                line
            } else {
                let (field, value) = line.split_once(':').unwrap_or((line, ""));
                inside = field.eq_ignore_ascii_case(name);
                value
            };
            if inside {
                words.extend(value.split_whitespace().map(str::to_owned));
            }
        }
        words
    };
    let off = words("Enabled").iter().any(|word| ["no", "false", "off", "0"].contains(&word.as_str()));
    if off || !words("Types").iter().any(|kind| kind == "deb") {
        return None;
    }
    Some(Source {
        uri: words("URIs").into_iter().find(|uri| is_reachable(uri))?,
        suites: words("Suites"),
        components: words("Components"),
        keys: words("Signed-By").into_iter().next(),
    })
}

/// Whether other suites than the entry's can be there: a disc holds no more than it holds.
fn is_reachable(uri: &str) -> bool {
    !uri.starts_with("cdrom:")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(uri: &str, suites: &str, components: &str, keys: Option<&str>) -> Source {
        let words = |text: &str| text.split_whitespace().map(str::to_owned).collect();
        Source {
            uri: uri.to_owned(),
            suites: words(suites),
            components: words(components),
            keys: keys.map(str::to_owned),
        }
    }

    #[test]
    fn lines() {
        for (text, expected) in [
            (
                "deb http://a/debian bookworm main contrib",
                Some(source("http://a/debian", "bookworm", "main contrib", None)),
            ),
            ("  deb\thttp://a  sid\tmain # why", Some(source("http://a", "sid", "main", None))),
            (
                "deb [arch=amd64 signed-by=/k/x.gpg] http://a s main",
                Some(source("http://a", "s", "main", Some("/k/x.gpg"))),
            ),
            ("deb [ trusted=yes ] file:/a ./", Some(source("file:/a", "./", "", None))),
            ("deb-src http://a bookworm main", None),
            ("#deb http://a bookworm main", None),
            ("debris http://a bookworm main", None),
            ("deb cdrom:[Debian 12 _Bookworm_]/ bookworm main", None),
            ("deb http://a", None),
            ("", None),
        ] {
            assert_eq!(line(text), expected, "{text:?}");
        }
    }

    #[test]
    fn stanzas_of_fields() {
        let one = || source("http://a", "x x-updates", "main", Some("/k/x.gpg"));
        let plain = "Types: deb\nURIs: http://a\nSuites: x x-updates\nComponents: main\nSigned-By: /k/x.gpg\n";
        let off = |word: &str| format!("{plain}Enabled: {word}\n");
        for (text, expected) in [
            (plain.to_owned(), vec![one()]),
            (plain.replace("URIs: ", "# deb822\nuris:cdrom:[a]/\n "), vec![one()]),
            (plain.replace("x x-updates", "\n x\n# between\n\tx-updates"), vec![one()]),
            (plain.replace(": deb", ": deb-src deb"), vec![one()]),
            (format!("\n{plain}\n \n{plain}"), vec![one(), one()]),
            (plain.replace(": deb", ": deb-src"), vec![]),
            (plain.replace("URIs", "URL"), vec![]),
            (off("yes"), vec![one()]),
            (off("no"), vec![]),
            ("# nothing\n\n".to_owned(), vec![]),
        ] {
            assert_eq!(stanzas(&text), expected, "{text}");
        }
    }

    #[test]
    fn debians_archives_are_told_from_others() {
        let debian = Some("/usr/share/keyrings/debian-archive-keyring.gpg");
        let other = || source("other", "bookworm stable", "main", Some("/k/other.gpg"));
        let inline = || source("inline", "bookworm", "main", Some("-----BEGIN"));
        let tools = || source("tools", "bookworm-tools", "main", None);
        let channel = || source("channel", "bookworm", "stable", None);
        let releases = |suites: &str, keys| source("releases", suites, "main", keys);
        let security = || source("security", "bookworm-security", "main", debian);
        for (sources, expected) in [
            (vec![releases("bookworm", debian), security()], (Some("releases"), Some("security"))),
            (
                vec![other(), inline(), tools(), channel(), security(), releases("bookworm", None)],
                (Some("releases"), Some("security")),
            ),
            (vec![releases("stable", debian)], (Some("releases"), None)),
            (vec![source("age", "sid", "main", None), releases("bookworm", debian)], (Some("releases"), None)),
            (vec![other(), inline(), tools(), channel()], (None, None)),
        ] {
            let uri = |source: Option<&Source>| source.map(|source| source.uri.clone());
            let found =
                (uri(Source::releases(&sources, Some("bookworm"))), uri(Source::security(&sources, Some("bookworm"))));
            assert_eq!((found.0.as_deref(), found.1.as_deref()), expected, "{sources:?}");
        }
    }
}
