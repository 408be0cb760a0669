//! The expression that says which sockets: tests with `and`, `or`, `not` and parentheses. As in ss 6.1, words are
//! divided by blanks, operators have no precedence and are carried out from left to right, and a backslash takes
//! the meaning of the character behind it. Names are not resolved here. Errors show the word they are about.

use crate::cli::fault::{Fault, nearest, show};
use crate::tools::ss::request::{Expression, HostWord, Request, Word, tables};

/// Deepest nesting of parentheses and negations.
const DEPTH: usize = 200;
/// Most words.
const WORDS: usize = 10_000;

/// Reads an expression. A family that an address names becomes the request's own, as in ss.
pub fn parse(words: &[String], request: &mut Request) -> Result<Option<Expression>, Fault> {
    let mut parser = Parser { tokens: tokens(words)?, at: 0, request, depth: 0 };
    if parser.tokens.is_empty() {
        return Ok(None);
    }
    let expression = parser.list()?;
    match parser.tokens.get(parser.at).cloned() {
        None => Ok(Some(expression)),
        Some(token) => Err(parser.fault(&token, "this ')' closes nothing")),
    }
}

/// The words of a file of filters: lines that begin with `#` are comments.
pub fn file_words(text: &str) -> Vec<String> {
    text.lines().filter(|line| !line.starts_with('#')).map(str::to_owned).collect()
}

#[derive(Debug, Clone)]
struct Token {
    kind: WordKind,
    word: Word,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum WordKind {
    Not,
    And,
    Or,
    Open,
    Close,
    Subject(Subject),
    Compare(Compare),
    Other,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Subject {
    Source,
    Destination,
    SourcePort,
    DestinationPort,
    Device,
    Mark,
    Cgroup,
    Autobound,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Compare {
    Equal,
    NotEqual,
    Less,
    Greater,
    AtMost,
    AtLeast,
}

const NAMES: &[(&str, WordKind)] = &[
    ("!", WordKind::Not),
    ("not", WordKind::Not),
    ("&", WordKind::And),
    ("&&", WordKind::And),
    ("and", WordKind::And),
    ("|", WordKind::Or),
    ("||", WordKind::Or),
    ("or", WordKind::Or),
    ("(", WordKind::Open),
    (")", WordKind::Close),
    ("dst", WordKind::Subject(Subject::Destination)),
    ("src", WordKind::Subject(Subject::Source)),
    ("dport", WordKind::Subject(Subject::DestinationPort)),
    ("sport", WordKind::Subject(Subject::SourcePort)),
    ("dev", WordKind::Subject(Subject::Device)),
    ("fwmark", WordKind::Subject(Subject::Mark)),
    ("cgroup", WordKind::Subject(Subject::Cgroup)),
    ("autobound", WordKind::Subject(Subject::Autobound)),
    ("=", WordKind::Compare(Compare::Equal)),
    ("==", WordKind::Compare(Compare::Equal)),
    ("eq", WordKind::Compare(Compare::Equal)),
    ("!=", WordKind::Compare(Compare::NotEqual)),
    ("ne", WordKind::Compare(Compare::NotEqual)),
    ("neq", WordKind::Compare(Compare::NotEqual)),
    ("<", WordKind::Compare(Compare::Less)),
    ("lt", WordKind::Compare(Compare::Less)),
    (">", WordKind::Compare(Compare::Greater)),
    ("gt", WordKind::Compare(Compare::Greater)),
    ("<=", WordKind::Compare(Compare::AtMost)),
    ("le", WordKind::Compare(Compare::AtMost)),
    ("leq", WordKind::Compare(Compare::AtMost)),
    (">=", WordKind::Compare(Compare::AtLeast)),
    ("ge", WordKind::Compare(Compare::AtLeast)),
    ("geq", WordKind::Compare(Compare::AtLeast)),
];

/// Divides words at blanks.
fn tokens(words: &[String]) -> Result<Vec<Token>, Fault> {
    let line = words.join(" ");
    let mut tokens: Vec<Token> = Vec::new();
    let mut rest = line.char_indices().peekable();
    while let Some((at, first)) = rest.next() {
        if first == ' ' || first == '\t' {
            continue;
        }
        let mut text = String::new();
        let mut next = Some((at, first));
        while let Some((_, c)) = next.filter(|(_, c)| *c != ' ' && *c != '\t') {
            match c {
                '\\' => text.extend(rest.next().map(|(_, c)| c)),
                c => text.push(c),
            }
            next = rest.next();
        }
        let kind = NAMES.iter().find(|(name, _)| *name == text).map_or(WordKind::Other, |(_, kind)| *kind);
        tokens.push(Token { kind, word: Word { text, line: String::new(), at } });
        if tokens.len() > WORDS {
            return Err(Fault::usage(format!("the filter has more than {WORDS} words")));
        }
    }
    // Only a word that names something has to carry the line with it.
    for token in &mut tokens {
        if token.kind == WordKind::Other {
            token.word.line.clone_from(&line);
        }
    }
    if let [first, ..] = tokens.as_mut_slice() {
        first.word.line = line;
    }
    Ok(tokens)
}

/// An error about a word, with the filter and a mark under the word.
pub fn about(word: &Word, what: &str) -> Fault {
    let (before, text) = (word.line.get(..word.at).unwrap_or_default(), show(&word.text));
    // A long filter is shown around the word.
    let from = before.char_indices().rev().nth(40).map_or(0, |(at, _)| at);
    let before = show(&before[from..]);
    let after: String = word.line.get(word.at..).unwrap_or_default().chars().take(60).collect();
    let dots = if from > 0 { "..." } else { "" };
    let indent = dots.len() + before.chars().count();
    let mark = "^".repeat(text.chars().count().clamp(1, 60));
    Fault::usage(format!("filter: {what}\n  {dots}{before}{}\n  {:indent$}{mark}", show(&after), ""))
}

struct Parser<'a> {
    tokens: Vec<Token>,
    at: usize,
    request: &'a mut Request,
    depth: usize,
}

impl Parser<'_> {
    /// Tests one after the other, up to the end or a parenthesis.
    fn list(&mut self) -> Result<Expression, Fault> {
        let mut left = self.one()?;
        loop {
            let kind = self.tokens.get(self.at).map(|token| token.kind);
            left = match kind {
                None | Some(WordKind::Close) => return Ok(left),
                Some(WordKind::Or) => {
                    self.at += 1;
                    Expression::Or(Box::new(left), Box::new(self.one()?))
                }
                Some(WordKind::And) => {
                    self.at += 1;
                    Expression::And(Box::new(left), Box::new(self.one()?))
                }
                Some(_) => Expression::And(Box::new(left), Box::new(self.one()?)),
            };
        }
    }

    fn one(&mut self) -> Result<Expression, Fault> {
        let Some(token) = self.tokens.get(self.at).cloned() else {
            return Err(self.ends("a test is missing at the end"));
        };
        self.depth += 1;
        if self.depth > DEPTH {
            return Err(self.fault(&token, &format!("nested more than {DEPTH} deep")));
        }
        self.at += 1;
        let expression = match token.kind {
            WordKind::Open => {
                let inner = self.list()?;
                match self.tokens.get(self.at) {
                    Some(_) => self.at += 1,
                    None => return Err(self.fault(&token, "this '(' is never closed")),
                }
                inner
            }
            WordKind::Not => Expression::Not(Box::new(self.one()?)),
            WordKind::Subject(Subject::Autobound) => Expression::Autobound,
            WordKind::Subject(subject) => self.test(subject, &token)?,
            _ => {
                let names = NAMES
                    .iter()
                    .filter(|(_, kind)| matches!(kind, WordKind::Subject(_) | WordKind::Not))
                    .map(|(name, _)| *name);
                let meant =
                    nearest(&token.word.text, names).map_or(String::new(), |name| format!("; did you mean '{name}'?"));
                let what =
                    format!("a test is expected here, such as 'sport = :80', not '{}'{meant}", show(&token.word.text));
                return Err(self.fault(&token, &what));
            }
        };
        self.depth -= 1;
        Ok(expression)
    }

    /// A test: what is tested, how, with what.
    fn test(&mut self, subject: Subject, token: &Token) -> Result<Expression, Fault> {
        let mut compare = Compare::Equal;
        let mut sign = None;
        if let Some(Token { kind: WordKind::Compare(found), .. }) = self.tokens.get(self.at) {
            compare = *found;
            sign = self.tokens.get(self.at).cloned();
            self.at += 1;
        }
        let allowed: &[Compare] = match subject {
            Subject::SourcePort | Subject::DestinationPort => {
                &[Compare::Equal, Compare::NotEqual, Compare::Less, Compare::Greater, Compare::AtMost, Compare::AtLeast]
            }
            Subject::Source | Subject::Destination => &[Compare::Equal],
            _ => &[Compare::Equal, Compare::NotEqual],
        };
        if let Some(sign) = sign.filter(|_| !allowed.contains(&compare)) {
            let what = format!("'{}' takes no '{}'; put 'not' before it", token.word.text, sign.word.text);
            return Err(self.fault(&sign, &what));
        }
        let Some(value) = self.tokens.get(self.at).cloned() else {
            return Err(self.ends(&format!("'{}' needs {} behind it", token.word.text, needed(subject))));
        };
        if value.kind != WordKind::Other {
            let what = format!("'{}' needs {} here, not '{}'", token.word.text, needed(subject), value.word.text);
            return Err(self.fault(&value, &what));
        }
        self.at += 1;
        let local = matches!(subject, Subject::Source | Subject::SourcePort);
        let not = |inner| Expression::Not(Box::new(inner));
        let equal = match subject {
            Subject::Device => Expression::Device(value.word),
            Subject::Cgroup => Expression::Cgroup(value.word),
            Subject::Mark => {
                let (mark, mask) = mark(&value.word.text).ok_or_else(|| {
                    about(
                        &value.word,
                        &format!("'{}' is not a mark, such as 0x10 or 0x10/0xf0", show(&value.word.text)),
                    )
                })?;
                Expression::Mark(mark, mask)
            }
            _ => {
                let port_only = matches!(subject, Subject::SourcePort | Subject::DestinationPort);
                let host = self.host(value.word, port_only)?;
                return Ok(match compare {
                    Compare::Equal => Expression::Is(local, host),
                    Compare::NotEqual => not(Expression::Is(local, host)),
                    Compare::AtLeast => Expression::AtLeast(local, host),
                    Compare::AtMost => Expression::AtMost(local, host),
                    Compare::Greater => not(Expression::AtMost(local, host)),
                    Compare::Less => not(Expression::AtLeast(local, host)),
                });
            }
        };
        Ok(if compare == Compare::NotEqual { not(equal) } else { equal })
    }

    /// `[FAMILY:]ADDRESS[:PORT]`
    fn host(&mut self, word: Word, port_only: bool) -> Result<HostWord, Fault> {
        const NAMED: [(&str, i32); 6] = [
            ("unix:", libc::AF_UNIX),
            ("link:", libc::AF_PACKET),
            ("netlink:", libc::AF_NETLINK),
            ("vsock:", libc::AF_VSOCK),
            ("inet:", libc::AF_INET),
            ("inet6:", libc::AF_INET6),
        ];
        let named = NAMED.iter().find_map(|(name, family)| Some((word.text.strip_prefix(name)?, *family)));
        let (text, family) = named.unwrap_or((&word.text, i32::from(self.request.preferred)));
        let (address, port) = match family {
            libc::AF_UNIX => (Some(text), None),
            libc::AF_PACKET | libc::AF_NETLINK | libc::AF_VSOCK if port_only => {
                (None, Some(text.strip_prefix(':').unwrap_or(text)))
            }
            libc::AF_PACKET | libc::AF_NETLINK | libc::AF_VSOCK => {
                text.split_once(':').map_or((Some(text), None), |(address, port)| (Some(address), Some(port)))
            }
            _ if port_only => (None, Some(text.strip_prefix(':').unwrap_or(text))),
            _ => {
                inet_parts(text).ok_or_else(|| about(&word, &format!("'{}' has a '[' without its ']'", show(text))))?
            }
        };
        let some = |part: Option<&str>| part.filter(|part| !part.is_empty() && *part != "*").map(str::to_owned);
        let host = HostWord {
            family: family as u8,
            address: if family == libc::AF_UNIX { address.map(str::to_owned) } else { some(address) },
            port: some(port),
            tables: self.request.tables & (tables::TCP | tables::UDP),
            word,
        };
        if family != libc::AF_UNSPEC {
            self.request.families = 1 << family;
            self.request.preferred = family as u8;
        }
        Ok(host)
    }

    fn ends(&self, what: &str) -> Fault {
        let line = self.tokens.first().map(|token| token.word.line.clone()).unwrap_or_default();
        let at = line.len();
        about(&Word { text: String::new(), line: line + " ", at: at + 1 }, what)
    }

    fn fault(&self, token: &Token, what: &str) -> Fault {
        let line = self.tokens.first().map(|token| token.word.line.clone()).unwrap_or_default();
        about(&Word { line, ..token.word.clone() }, what)
    }
}

/// What a test needs behind it.
fn needed(subject: Subject) -> &'static str {
    match subject {
        Subject::Source | Subject::Destination => "an address",
        Subject::SourcePort | Subject::DestinationPort => "a port",
        Subject::Device => "the name of an interface",
        Subject::Mark => "a mark",
        Subject::Cgroup | Subject::Autobound => "the path of a cgroup",
    }
}

/// Address and port of an internet host: `[::1]:80`, `*:80`, `10.0.0.0/8:80`, `10.0.0.1`. The address keeps no
/// brackets. `None` when a bracket is not closed.
fn inet_parts(text: &str) -> Option<(Option<&str>, Option<&str>)> {
    if let Some(inner) = text.strip_prefix('[') {
        let (address, port) = inner.split_once(']')?;
        return Some((Some(address), Some(port.strip_prefix(':').unwrap_or(port))));
    }
    if let Some(port) = text.strip_prefix('*') {
        return Some((None, Some(port.strip_prefix(':').unwrap_or(port))));
    }
    // Behind a length only: an IPv6 address without brackets has colons of its own.
    let from = text.find('/').unwrap_or(0);
    Some(match text[from..].rfind(':') {
        Some(colon) => (Some(&text[..from + colon]), Some(&text[from + colon + 1..])),
        None => (Some(text), None),
    })
}

/// `0x1` or `0x1/0xff`; numbers as C writes them.
fn mark(text: &str) -> Option<(u32, u32)> {
    match text.split_once('/') {
        Some((mark, mask)) => Some((number(mark)? as u32, number(mask)? as u32)),
        None => Some((number(text)? as u32, u32::MAX)),
    }
}

/// A number as strtol(3) reads it with base 0: decimal, 0x hexadecimal, 0 octal, with a sign or without.
pub fn number(text: &str) -> Option<i64> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let (digits, base) = match digits.strip_prefix("0x").or_else(|| digits.strip_prefix("0X")) {
        Some(hex) => (hex, 16),
        None if digits.len() > 1 && digits.starts_with('0') => (&digits[1..], 8),
        None => (digits, 10),
    };
    if !digits.bytes().next()?.is_ascii_hexdigit() {
        return None;
    }
    let value = i64::from_str_radix(digits, base).ok()?;
    Some(if negative { -value } else { value })
}
