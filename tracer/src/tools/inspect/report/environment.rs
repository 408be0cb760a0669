//! The environment of a process, with what looks like a secret masked: by the variable's name, and passwords
//! in URLs.

/// A variable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variable {
    /// Name; the whole word when it has no `=`.
    pub name: Vec<u8>,
    /// Value, as it may be shown.
    pub value: Vec<u8>,
    /// Something of the value was masked.
    pub masked: bool,
}

/// Parts of names whose values are secrets, in capitals.
const SECRETS: &[&[u8]] =
    &[b"KEY", b"TOKEN", b"SECRET", b"PASS", b"CREDENTIAL", b"COOKIE", b"PRIVATE", b"AUTHORIZATION"];

/// What stands for a secret.
pub const MASK: &[u8] = b"***";

/// Whether a name is one of a secret.
pub fn is_secret(name: &[u8]) -> bool {
    let upper = name.to_ascii_uppercase();
    SECRETS.iter().any(|part| upper.windows(part.len()).any(|window| window == *part))
}

/// Reads the words of `/proc/PID/environ`; `open`: nothing is masked.
pub fn variables(environ: &[u8], open: bool) -> Vec<Variable> {
    let words = environ.split(|&b| b == 0).filter(|word| !word.is_empty());
    words.map(|word| variable(word, open)).collect()
}

fn variable(word: &[u8], open: bool) -> Variable {
    let at = word.iter().position(|&b| b == b'=').unwrap_or(word.len());
    let (name, value) = (&word[..at], word.get(at + 1..).unwrap_or_default());
    let (value, masked) = match () {
        () if open || value.is_empty() => (value.to_vec(), false),
        () if is_secret(name) => (MASK.to_vec(), true),
        () => mask_urls(value),
    };
    Variable { name: name.to_vec(), value, masked }
}

/// Masks the password in each `scheme://user:password@host`.
pub fn mask_urls(value: &[u8]) -> (Vec<u8>, bool) {
    let mut out = Vec::with_capacity(value.len());
    let mut rest = value;
    let mut masked = false;
    while let Some(at) = rest.windows(3).position(|window| window == b"://") {
        let (before, after) = rest.split_at(at + 3);
        out.extend_from_slice(before);
        let ends = |b: &u8| matches!(b, b'/' | b'?' | b'#' | b' ' | b'"' | b'\'' | b',' | b'\n');
        let authority = &after[..after.iter().position(ends).unwrap_or(after.len())];
        // A password may have an @ in it: the last one ends it.
        let password = authority.iter().rposition(|&b| b == b'@').and_then(|end| {
            let from = authority[..end].iter().position(|&b| b == b':')? + 1;
            (from < end).then_some((from, end))
        });
        rest = match password {
            Some((from, end)) => {
                out.extend_from_slice(&after[..from]);
                out.extend_from_slice(MASK);
                masked = true;
                &after[end..]
            }
            None => after,
        };
    }
    out.extend_from_slice(rest);
    (out, masked)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_masked() {
        for (word, value, masked) in [
            ("HOME=/root", "/root", false),
            ("AWS_SECRET_ACCESS_KEY=abc", "***", true),
            ("github_token=abc", "***", true),
            ("PGPASSWORD=x", "***", true),
            ("MY_CREDENTIALS=x", "***", true),
            ("PASSWORD=", "", false),
            ("DATABASE_URL=postgres://u:p@db:5432/x", "postgres://u:***@db:5432/x", true),
            ("DATABASE_URL=postgres://u:p@ss@db/x", "postgres://u:***@db/x", true),
            ("U=http://a/ http://b:c@d", "http://a/ http://b:***@d", true),
            ("U=http://host:80/a@b", "http://host:80/a@b", false),
            ("U=http://user@host", "http://user@host", false),
            ("PWD=/a", "/a", false),
            ("nothing", "", false),
            ("=x", "x", false),
        ] {
            let found = variable(word.as_bytes(), false);
            assert_eq!((String::from_utf8_lossy(&found.value).as_ref(), found.masked), (value, masked), "{word}");
            let open = variable(word.as_bytes(), true);
            assert!(!open.masked && word.as_bytes().ends_with(&open.value), "{word}");
        }
    }

    #[test]
    fn words_end_at_zeroes() {
        let list = variables(b"A=1\0B=\xff\0\0C", true);
        assert_eq!(list.len(), 3);
        assert_eq!((list[1].value.as_slice(), list[2].name.as_slice()), (b"\xff".as_slice(), b"C".as_slice()));
        assert_eq!(variables(b"", false), []);
    }
}
