//! Globs over bytes: of paths, where `*` and `?` stay within a name, and of flat names.
//!
//! A library of globs takes patterns of text only, but the directories behind variables are any bytes, and an error in a glob
//! needs its column. So a glob is parsed here into components, and a variable's components are put before them at judge time.
//! Matching takes back only the last `*` and the last `**`, so its time is bounded by the product of both lengths.

mod escape;
pub mod keyed;

use std::ops::Range;

use super::fault::{Flaw, meant};
use crate::render::typed::nearest;

pub use self::escape::escape;

/// The most alternatives that the braces of one glob may give.
const MOST_ALTERNATIVES: usize = 256;
/// The most bytes of a glob.
pub const LONGEST: usize = 4096;

/// A part of a name.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Piece {
    Byte(u8),
    One,
    Star,
    Class { not: bool, ranges: Vec<(u8, u8)> },
}

/// One name of a path.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Component(Kind);

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Kind {
    /// `**`: any number of names, none too.
    Deep,
    /// The name itself.
    Literal(Vec<u8>),
    /// A name that fits.
    Wild(Vec<Piece>),
}

/// One way to read a glob with braces: a variable, maybe, and what follows it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Path {
    variable: Option<String>,
    components: Vec<Component>,
}

/// A glob over absolute paths.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct PathGlob(Vec<Path>);

/// A glob over anything that is no path: `*` goes over slashes too.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct NameGlob(Vec<Vec<Piece>>);

impl PathGlob {
    /// Parses a glob; `variables` are the names that a policy may use.
    pub fn parse(text: &str, variables: &[String]) -> Result<PathGlob, Flaw> {
        expand(text)?.into_iter().map(|lexemes| path(text, lexemes, variables)).collect::<Result<_, _>>().map(PathGlob)
    }

    /// In how many ways its braces can be read.
    pub fn ways(&self) -> usize {
        self.0.len()
    }

    /// The names of the variables it begins with.
    pub fn variables(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter_map(|path| path.variable.as_deref())
    }

    /// The variable and the names of a glob that is one path.
    pub fn directory(self) -> Option<(Option<String>, Vec<Vec<u8>>)> {
        let [path] = <[Path; 1]>::try_from(self.0).ok()?;
        let names = path.components.iter().map(|component| component.literal().map(<[u8]>::to_vec));
        Some((path.variable, names.collect::<Option<_>>()?))
    }

    /// The patterns of this machine, with the components of variables before those of the glob. An alternative whose
    /// variable is not known here gives none.
    pub fn resolve(&self, known: &dyn Fn(&str) -> Option<Vec<Vec<u8>>>) -> Vec<Vec<Component>> {
        let resolve = |path: &Path| {
            let front = match &path.variable {
                Some(name) => known(name)?,
                None => Vec::new(),
            };
            let front = front.into_iter().map(|name| Component(Kind::Literal(name)));
            Some(front.chain(path.components.iter().cloned()).collect())
        };
        self.0.iter().filter_map(resolve).collect()
    }
}

impl NameGlob {
    /// Parses a glob of a name, in which nothing is a variable.
    pub fn parse(text: &str) -> Result<NameGlob, Flaw> {
        let flat = |(at, lexeme): (Range<usize>, Lexeme)| match lexeme {
            Lexeme::Piece(piece) => Ok(piece),
            Lexeme::Slash => Ok(Piece::Byte(b'/')),
            Lexeme::Deep => Ok(Piece::Star),
            _ => Err(Flaw::new(at, "a variable stands only at the front of a path; '\\$' is a dollar sign")),
        };
        let all = expand(text)?.into_iter().map(|lexemes| lexemes.into_iter().map(flat).collect());
        all.collect::<Result<_, _>>().map(NameGlob)
    }

    /// A glob of a unit's name, where only `*`, `?` and `\` are special: names of tests have brackets of their own.
    pub fn unit(text: &str) -> Result<NameGlob, Flaw> {
        let (mut pieces, mut escaped) = (Vec::new(), false);
        for &byte in text.as_bytes() {
            match byte {
                b'\\' if !escaped => {
                    escaped = true;
                    continue;
                }
                b'*' if !escaped => pieces.push(Piece::Star),
                b'?' if !escaped => pieces.push(Piece::One),
                byte => pieces.push(Piece::Byte(byte)),
            }
            escaped = false;
        }
        if escaped {
            return Err(Flaw::new(text.len() - 1..text.len(), "nothing follows the '\\'; '\\\\' is a backslash"));
        }
        Ok(NameGlob(vec![pieces]))
    }

    /// In how many ways its braces can be read.
    pub fn ways(&self) -> usize {
        self.0.len()
    }

    /// Whether a name fits.
    pub fn matches(&self, name: &[u8]) -> bool {
        self.0.iter().any(|pieces| pieces_match(pieces, name))
    }
}

impl Component {
    /// The bytes of a name that stands for itself.
    pub fn literal(&self) -> Option<&[u8]> {
        match &self.0 {
            Kind::Literal(name) => Some(name),
            _ => None,
        }
    }

    fn matches(&self, name: &[u8]) -> bool {
        match &self.0 {
            Kind::Deep => true,
            Kind::Literal(literal) => literal == name,
            Kind::Wild(pieces) => pieces_match(pieces, name),
        }
    }
}

/// Whether the names of a path fit a pattern.
pub fn components_match(pattern: &[Component], path: &[&[u8]]) -> bool {
    let (mut at, mut name, mut back) = (0, 0, None);
    loop {
        match pattern.get(at) {
            Some(Component(Kind::Deep)) => {
                at += 1;
                back = Some((at, name));
                continue;
            }
            Some(component) if path.get(name).is_some_and(|bytes| component.matches(bytes)) => {
                (at, name) = (at + 1, name + 1);
                continue;
            }
            None if name == path.len() => return true,
            _ => {}
        }
        match back {
            Some((after, from)) if from < path.len() => {
                (at, name) = (after, from + 1);
                back = Some((after, from + 1));
            }
            _ => return false,
        }
    }
}

fn pieces_match(pieces: &[Piece], bytes: &[u8]) -> bool {
    let (mut at, mut byte, mut back) = (0, 0, None);
    loop {
        match (pieces.get(at), bytes.get(byte)) {
            (Some(Piece::Star), _) => {
                at += 1;
                back = Some((at, byte));
                continue;
            }
            (Some(piece), Some(&b)) if piece.matches(b) => {
                (at, byte) = (at + 1, byte + 1);
                continue;
            }
            (None, None) => return true,
            _ => {}
        }
        match back {
            Some((after, from)) if from < bytes.len() => {
                (at, byte) = (after, from + 1);
                back = Some((after, from + 1));
            }
            _ => return false,
        }
    }
}

impl Piece {
    fn matches(&self, byte: u8) -> bool {
        match self {
            Piece::Byte(literal) => *literal == byte,
            Piece::One | Piece::Star => true,
            Piece::Class { not, ranges } => ranges.iter().any(|&(low, high)| (low..=high).contains(&byte)) != *not,
        }
    }
}

/// A word of a glob.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Lexeme {
    Piece(Piece),
    Slash,
    Deep,
    Variable(String),
    Open,
    Comma,
    Close,
}

type Lexemes = Vec<(Range<usize>, Lexeme)>;

/// The ways to read a glob, without braces.
fn expand(text: &str) -> Result<Vec<Lexemes>, Flaw> {
    if text.len() > LONGEST {
        return Err(Flaw::new(0..text.len(), format!("longer than {LONGEST} bytes")));
    }
    let lexemes = lex(text)?;
    if !text.contains('{') {
        return Ok(vec![lexemes]);
    }
    sequence(&mut lexemes.into_iter(), None)
}

/// What stands up to the end, or up to the brace that closes the one at `open`.
fn sequence(
    lexemes: &mut dyn Iterator<Item = (Range<usize>, Lexeme)>,
    open: Option<Range<usize>>,
) -> Result<Vec<Lexemes>, Flaw> {
    let (mut done, mut current) = (Vec::new(), vec![Vec::new()]);
    loop {
        match lexemes.next() {
            None => match open {
                Some(at) => return Err(Flaw::new(at, "nothing closes this '{'; '\\{' is a brace")),
                None => break,
            },
            Some((_, Lexeme::Close)) => break,
            Some((_, Lexeme::Comma)) => done.append(&mut std::mem::replace(&mut current, vec![Vec::new()])),
            Some((at, Lexeme::Open)) => {
                let inner = sequence(lexemes, Some(at.clone()))?;
                if current.len() * inner.len() + done.len() > MOST_ALTERNATIVES {
                    return Err(Flaw::new(at, format!("more than {MOST_ALTERNATIVES} alternatives")));
                }
                let each = current.iter().flat_map(|front| inner.iter().map(move |rest| [&front[..], rest].concat()));
                current = each.collect();
            }
            Some(lexeme) => current.iter_mut().for_each(|way| way.push(lexeme.clone())),
        }
    }
    done.append(&mut current);
    Ok(done)
}

fn lex(text: &str) -> Result<Lexemes, Flaw> {
    let bytes = text.as_bytes();
    let (mut out, mut at, mut depth) = (Vec::new(), 0, 0usize);
    while let Some(&byte) = bytes.get(at) {
        let (lexeme, end) = match byte {
            b'/' => (Lexeme::Slash, at + 1),
            b'*' => {
                let stars = bytes[at..].iter().take_while(|&&b| b == b'*').count();
                (if stars == 1 { Lexeme::Piece(Piece::Star) } else { Lexeme::Deep }, at + stars)
            }
            b'?' => (Lexeme::Piece(Piece::One), at + 1),
            b'[' => class(text, at)?,
            b'\\' => {
                let (byte, end) = escaped(text, at)?;
                (Lexeme::Piece(Piece::Byte(byte)), end)
            }
            b'$' => variable(text, at)?,
            b'{' => {
                depth += 1;
                if depth > 8 {
                    return Err(Flaw::new(at..at + 1, "braces within braces, more than eight deep"));
                }
                (Lexeme::Open, at + 1)
            }
            b',' if depth > 0 => (Lexeme::Comma, at + 1),
            b'}' if depth > 0 => {
                depth -= 1;
                (Lexeme::Close, at + 1)
            }
            b'}' => return Err(Flaw::new(at..at + 1, "nothing opens what this '}' closes; '\\}' is a brace")),
            b']' => return Err(Flaw::new(at..at + 1, "nothing opens what this ']' closes; '\\]' is a bracket")),
            byte => (Lexeme::Piece(Piece::Byte(byte)), at + 1),
        };
        out.push((at..end, lexeme));
        at = end;
    }
    Ok(out)
}

/// The byte of an escape, and where it ends.
fn escaped(text: &str, at: usize) -> Result<(u8, usize), Flaw> {
    let bytes = text.as_bytes();
    match bytes.get(at + 1) {
        Some(b'x') => {
            let digits = bytes.get(at + 2..at + 4).and_then(|d| std::str::from_utf8(d).ok());
            let byte = digits.filter(|d| !d.starts_with('+')).and_then(|d| u8::from_str_radix(d, 16).ok());
            let end = text.ceil_char_boundary(text.len().min(at + 4));
            let byte = byte.ok_or_else(|| Flaw::new(at..end, "two hexadecimal digits follow '\\x'"))?;
            Ok((byte, at + 4))
        }
        Some(&b) if b.is_ascii_punctuation() || b == b' ' => Ok((b, at + 2)),
        Some(_) => {
            let c = text[at + 1..].chars().next().unwrap_or_default();
            let message = format!("'\\{c}' means nothing; '\\\\' is a backslash");
            Err(Flaw::new(at..at + 1 + c.len_utf8(), message))
        }
        None => Err(Flaw::new(at..at + 1, "nothing follows the '\\'; '\\\\' is a backslash")),
    }
}

fn class(text: &str, open: usize) -> Result<(Lexeme, usize), Flaw> {
    let bytes = text.as_bytes();
    let not = matches!(bytes.get(open + 1), Some(b'!' | b'^'));
    let first = open + 1 + usize::from(not);
    let (mut at, mut ranges) = (first, Vec::new());
    let one = |at: usize| match bytes.get(at) {
        Some(b'\\') => escaped(text, at),
        Some(&b) if b.is_ascii() => Ok((b, at + 1)),
        Some(_) => {
            let end = text.ceil_char_boundary(at + 1);
            Err(Flaw::new(at..end, "only ASCII stands between brackets; braces take the rest: '{ä,ö}'"))
        }
        None => Err(Flaw::new(open..open + 1, "nothing closes this '['; '\\[' is a bracket")),
    };
    loop {
        if bytes.get(at) == Some(&b']') && at > first {
            return Ok((Lexeme::Piece(Piece::Class { not, ranges }), at + 1));
        }
        let (low, mut end) = one(at)?;
        let mut high = low;
        if bytes.get(end) == Some(&b'-') && bytes.get(end + 1).is_some_and(|&b| b != b']') {
            (high, end) = one(end + 1)?;
            if high < low {
                let turned = format!("{}-{}", &text[end - 1..end], &text[at..at + 1]);
                return Err(Flaw::new(at..end, format!("the range is empty; did you mean '{turned}'?")));
            }
        }
        ranges.push((low, high));
        at = end;
    }
}

fn variable(text: &str, at: usize) -> Result<(Lexeme, usize), Flaw> {
    let rest = &text[at + 1..];
    let word = |rest: &str| rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
    let name = &rest[..word(rest)];
    if let Some(inner) = rest.strip_prefix('{') {
        let name = &inner[..word(inner)];
        let end = text[at..].find('}').map_or(text.len(), |close| at + close + 1);
        return Err(Flaw::new(at..end, format!("a variable has no braces{}", meant(Some(&format!("${name}"))))));
    }
    if name.is_empty() {
        return Err(Flaw::new(at..at + 1, "no name follows the '$'; '\\$' is a dollar sign"));
    }
    Ok((Lexeme::Variable(name.to_owned()), at + 1 + name.len()))
}

/// A variable and components of one way to read a glob.
fn path(text: &str, lexemes: Lexemes, variables: &[String]) -> Result<Path, Flaw> {
    let whole = 0..text.len();
    let mut lexemes = lexemes.into_iter().peekable();
    let mut variable = None;
    if let Some((at, Lexeme::Variable(name))) = lexemes.next_if(|(_, lexeme)| matches!(lexeme, Lexeme::Variable(_))) {
        if !variables.contains(&name) {
            let near = nearest_variable(&name, variables).map(|near| format!("${near}"));
            return Err(Flaw::new(at, format!("unknown variable '${name}'{}", meant(near.as_deref()))));
        }
        if lexemes.peek().is_some_and(|(_, lexeme)| *lexeme != Lexeme::Slash) {
            return Err(Flaw::new(at, format!("a '/' follows a variable; did you mean '${name}/'?")));
        }
        variable = Some(name);
    }
    match lexemes.next() {
        None if variable.is_some() => return Ok(Path { variable, components: Vec::new() }),
        Some((_, Lexeme::Slash)) => {}
        _ => return Err(Flaw::new(whole, relative(text))),
    }
    let (mut components, mut pieces, mut names, mut start) = (Vec::new(), Vec::new(), 0, 0..0);
    let root = variable.is_none() && lexemes.peek().is_none();
    loop {
        let next = lexemes.next();
        match next {
            Some((at, Lexeme::Piece(piece))) => {
                start = if pieces.is_empty() { at.clone() } else { start.start..at.end };
                pieces.push(Some(piece));
                continue;
            }
            Some((at, Lexeme::Deep)) => {
                start = if pieces.is_empty() { at.clone() } else { start.start..at.end };
                pieces.push(None);
                continue;
            }
            Some((at, Lexeme::Variable(_))) => {
                return Err(Flaw::new(at, "a variable stands only at the front of a path; '\\$' is a dollar sign"));
            }
            _ => {}
        }
        names += 1;
        let last = next.is_none();
        if !(root && names == 1) {
            components.push(component(std::mem::take(&mut pieces), start.clone(), text, next.map(|(at, _)| at))?);
        }
        if last {
            return Ok(Path { variable, components });
        }
    }
}

/// The variable that a mistyped name may have meant.
fn nearest_variable<'a>(name: &str, variables: &'a [String]) -> Option<&'a str> {
    let same = variables.iter().find(|known| known.eq_ignore_ascii_case(name)).map(String::as_str);
    // The nearest is looked for in lower case, as every word is.
    let lower: Vec<String> = variables.iter().map(|known| known.to_ascii_lowercase()).collect();
    let near = || nearest(name, lower.iter().map(String::as_str));
    same.or_else(|| {
        near().and_then(|near| variables.iter().find(|known| known.eq_ignore_ascii_case(near))).map(|s| s.as_str())
    })
}

fn component(
    pieces: Vec<Option<Piece>>,
    at: Range<usize>,
    text: &str,
    slash: Option<Range<usize>>,
) -> Result<Component, Flaw> {
    if pieces.is_empty() {
        return Err(match slash {
            Some(slash) => {
                Flaw::new(slash.start.saturating_sub(1)..slash.end, "an empty name matches nothing; one '/' is enough")
            }
            None => {
                let front = text.trim_end_matches('/');
                let end = text.len();
                let message =
                    format!("no path ends in '/'; did you mean '{front}' or, with all beneath it, '{front}/**'?");
                Flaw::new(end.saturating_sub(1)..end, message)
            }
        });
    }
    if pieces.len() == 1 && pieces[0].is_none() {
        return Ok(Component(Kind::Deep));
    }
    let Some(pieces) = pieces.into_iter().collect::<Option<Vec<Piece>>>() else {
        return Err(Flaw::new(at, "'**' stands alone between slashes; '*' is any part of a name"));
    };
    let bytes = pieces.iter().map(|piece| if let Piece::Byte(b) = piece { Some(*b) } else { None });
    match bytes.collect::<Option<Vec<u8>>>() {
        Some(name) if name == b"." || name == b".." => {
            Err(Flaw::new(at, "paths are resolved: none has '.' or '..' in it"))
        }
        Some(name) => Ok(Component(Kind::Literal(name))),
        None => Ok(Component(Kind::Wild(pieces))),
    }
}

fn relative(text: &str) -> String {
    let better = if let Some(rest) = text.strip_prefix("~/") {
        format!("$HOME/{rest}")
    } else if text == "~" {
        "$HOME".to_owned()
    } else if text.starts_with("**") {
        format!("/{text}")
    } else {
        format!("$WORKSPACE/{}", text.trim_start_matches("./")).trim_end_matches('/').to_owned()
    };
    format!("a path is absolute or begins with a variable; did you mean '{better}'?")
}

#[cfg(test)]
#[path = "glob_tests.rs"]
mod tests;
