//! Which functions of libraries are traced, in ltrace's terms (ltrace(1), FILTER EXPRESSIONS): by their names, by the library that has them,
//! and by the one that calls them.

use std::time::Duration;

use globset::{GlobBuilder, GlobMatcher};
use regex::bytes::Regex;

/// What is wrong with an expression.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("invalid filter '{0}': {1}")]
pub struct Fault(String, String);

/// What is traced of library calls.
#[derive(Debug, Clone, Default)]
pub struct Library {
    /// Calls from one module to another (`-e`): the name of the function, and who calls it.
    pub calls: Rules,
    /// Calls to functions of these libraries, whoever makes them (`-l`).
    pub into: Vec<Files>,
    /// Functions themselves, whoever calls them (`-x`): their names, and who has them.
    pub entries: Rules,
    /// Blocks of memory that are not freed are told of, and no calls (`--leaks`).
    pub leaks: Option<Leaks>,
}

/// What is wanted of blocks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Leaks {
    /// Told of so often while processes run, too.
    pub every: Option<Duration>,
    /// Frames of each stack at most.
    pub frames: u32,
}

/// Rules, the last of which that fits holds.
#[derive(Debug, Clone, Default)]
pub struct Rules(Vec<Rule>);

/// A rule.
#[derive(Debug, Clone)]
struct Rule {
    adds: bool,
    symbol: Pattern,
    files: Files,
}

/// Which modules.
#[derive(Debug, Clone)]
pub enum Files {
    /// The program.
    Main,
    /// Those of this soname, or of this last name of their path where they have none.
    Named(Pattern),
    /// Those at this path.
    At(Pattern),
}

/// A pattern for a whole name.
#[derive(Debug, Clone)]
pub enum Pattern {
    /// Everything.
    Any,
    /// This name.
    Exactly(Vec<u8>),
    /// `*`, `?`, `[a-z]`.
    Glob(GlobMatcher),
    /// `/.../`.
    Regex(Regex),
}

/// A module, as far as rules speak of it.
#[derive(Debug, Clone, Copy)]
pub struct Module<'m> {
    /// It is the program.
    pub main: bool,
    /// Its soname, or the last name of its path.
    pub name: &'m [u8],
    /// Its path.
    pub path: &'m [u8],
}

impl Library {
    /// The program's own calls: what is traced where nothing is said.
    pub fn of_program() -> Library {
        let rule = Rule { adds: true, symbol: Pattern::Any, files: Files::Main };
        Library { calls: Rules(vec![rule]), ..Library::default() }
    }

    /// The functions of these names, whoever calls them, for their blocks.
    pub fn of_blocks<'n>(names: impl Iterator<Item = &'n str>, leaks: Leaks) -> Library {
        let rule = |name: &str| Rule {
            adds: true,
            symbol: Pattern::Exactly(name.as_bytes().to_vec()),
            files: Files::Named(Pattern::Any),
        };
        Library { entries: Rules(names.map(rule).collect()), leaks: Some(leaks), ..Library::default() }
    }

    /// Whether calls of a function from one module to another are.
    pub fn wants_call(&self, symbol: &[u8], from: &Module<'_>, to: Option<&Module<'_>>) -> bool {
        self.calls.hold(symbol, from) || to.is_some_and(|to| self.into.iter().any(|files| files.fit(to)))
    }

    /// Whether a module may call what is wanted.
    pub fn may_call(&self, from: &Module<'_>) -> bool {
        !self.into.is_empty() || self.calls.0.iter().any(|rule| rule.adds && rule.files.fit(from))
    }
}

impl Rules {
    /// Adds those of an expression: `{[+-][symbol][@library]}`.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn add(&mut self, expression: &str) -> Result<(), Fault> {
        let mut rest = expression;
        let fault = |why: String| Fault(expression.to_owned(), why);
        if rest.is_empty() {
            return Err(fault("it is empty".to_owned()));
        }
        let mut first = true;
        while !rest.is_empty() {
            let (adds, signed) = match rest.as_bytes().first() {
                Some(b'+') => (true, true),
                Some(b'-') => (false, true),
                _ => (true, false),
            };
            rest = &rest[usize::from(signed)..];
            // A rule that begins by taking away takes away from everything.
            if first && !adds && self.0.is_empty() {
                self.0.push(Rule { adds: true, symbol: Pattern::Any, files: Files::Named(Pattern::Any) });
            }
            first = false;
            let end = end_of_rule(rest);
            self.0.push(Rule::of(adds, &rest[..end]).map_err(fault)?);
            rest = &rest[end..];
        }
        Ok(())
    }

    /// There are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether a function of a module is traced by them.
    pub fn hold(&self, symbol: &[u8], module: &Module<'_>) -> bool {
        let fits = |rule: &&Rule| rule.symbol.fits(symbol) && rule.files.fit(module);
        self.0.iter().rev().find(fits).is_some_and(|rule| rule.adds)
    }

    /// Names that are asked for as they are: one that no file has is worth a word.
    pub fn exact(&self) -> impl Iterator<Item = &[u8]> {
        self.0.iter().filter(|rule| rule.adds).filter_map(|rule| match &rule.symbol {
            Pattern::Exactly(name) => Some(name.as_slice()),
            _ => None,
        })
    }
}

/// Where the first rule ends: at a sign that is not within slashes or brackets.
fn end_of_rule(text: &str) -> usize {
    let (mut slash, mut bracket) = (false, false);
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'/' => slash = !slash,
            b'[' if !slash => bracket = true,
            b']' if !slash => bracket = false,
            b'+' | b'-' if !slash && !bracket && at > 0 => {
                // `libstdc++.so.6`, `ld-linux-x86-64.so.2`: a name goes on.
                let goes_on = text[..at].contains('@')
                    && !text[at..].trim_start_matches(['+', '-']).contains('@')
                    && text[at..].contains(".so");
                if !goes_on {
                    return at;
                }
            }
            _ => {}
        }
    }
    text.len()
}

impl Rule {
    fn of(adds: bool, text: &str) -> Result<Rule, String> {
        // `/x@y/` is `/x/@/y/`.
        let both = text.strip_prefix('/').and_then(|rest| rest.strip_suffix('/')).and_then(|rest| rest.split_once('@'));
        if let Some((symbol, library)) = both.filter(|(symbol, _)| !symbol.ends_with('/')) {
            let files = Files::Named(Pattern::regex(library)?);
            return Ok(Rule { adds, symbol: Pattern::regex(symbol)?, files });
        }
        let (symbol, library) = text.split_once('@').unwrap_or((text, ""));
        let symbol = if symbol.is_empty() { Pattern::Any } else { Pattern::of(symbol)? };
        Ok(Rule {
            adds,
            symbol,
            files: if library.is_empty() { Files::Named(Pattern::Any) } else { Files::of(library)? },
        })
    }
}

impl Files {
    /// Those that a pattern names.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn of(text: &str) -> Result<Files, String> {
        match text {
            "MAIN" => Ok(Files::Main),
            _ if text.starts_with('/') && !(text.len() > 1 && text.ends_with('/')) => Ok(Files::At(Pattern::of(text)?)),
            _ => Ok(Files::Named(Pattern::of(text)?)),
        }
    }

    /// Whether a module is one of them.
    pub fn fit(&self, module: &Module<'_>) -> bool {
        match self {
            Files::Main => module.main,
            Files::Named(pattern) => pattern.fits(module.name),
            Files::At(pattern) => pattern.fits(module.path),
        }
    }
}

impl Pattern {
    fn of(text: &str) -> Result<Pattern, String> {
        if let Some(inner) = text.strip_prefix('/').and_then(|rest| rest.strip_suffix('/')) {
            return Pattern::regex(inner);
        }
        // `^` and `$` stand for the beginning and the end, which a glob has anyway.
        let text = text.strip_prefix('^').unwrap_or(text);
        let text = text.strip_suffix('$').unwrap_or(text);
        match text {
            "*" => Ok(Pattern::Any),
            _ if !text.contains(['*', '?', '[', '\\']) => Ok(Pattern::Exactly(text.as_bytes().to_vec())),
            _ => {
                // Alternatives in braces are no part of this language.
                let plain = text.replace('{', "[{]").replace('}', "[}]");
                let glob = GlobBuilder::new(&plain).build().map_err(|error| error.kind().to_string())?;
                Ok(Pattern::Glob(glob.compile_matcher()))
            }
        }
    }

    fn regex(text: &str) -> Result<Pattern, String> {
        Regex::new(&format!("^(?:{text})$")).map(Pattern::Regex).map_err(|error| {
            let said = error.to_string();
            said.lines().last().unwrap_or("no regular expression").trim_start_matches("error: ").to_owned()
        })
    }

    fn fits(&self, name: &[u8]) -> bool {
        match self {
            Pattern::Any => true,
            Pattern::Exactly(exactly) => exactly == name,
            Pattern::Glob(glob) => std::str::from_utf8(name).is_ok_and(|name| glob.is_match(name)),
            Pattern::Regex(regex) => regex.is_match(name),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAIN: Module<'_> = Module { main: true, name: b"tst", path: b"/bin/tst" };
    const LIBC: Module<'_> = Module { main: false, name: b"libc.so.6", path: b"/lib/libc.so.6" };
    const CPP: Module<'_> = Module { main: false, name: b"libstdc++.so.6", path: b"/lib/libstdc++.so.6" };

    fn hold(expression: &str, symbol: &str, module: &Module<'_>) -> bool {
        let mut rules = Rules::default();
        rules.add(expression).expect("an expression");
        rules.hold(symbol.as_bytes(), module)
    }

    #[test]
    fn expressions_are_those_of_ltrace() {
        for (expression, symbol, module, expected) in [
            ("malloc+free-@libc.so*", "malloc", &MAIN, true),
            ("malloc+free-@libc.so*", "malloc", &LIBC, false),
            ("malloc+free-@libc.so*", "strlen", &MAIN, false),
            ("malloc", "malloc", &LIBC, true),
            ("@MAIN", "anything", &MAIN, true),
            ("@MAIN", "anything", &LIBC, false),
            ("-@MAIN", "anything", &MAIN, false),
            ("-@MAIN", "anything", &LIBC, true),
            ("str*", "strlen", &MAIN, true),
            ("str[cl]*", "strlen", &MAIN, true),
            ("str[cl]*", "strdup", &MAIN, false),
            ("/^str.*|mem.*/", "memcpy", &MAIN, true),
            ("/str.*@libc.*/", "strlen", &LIBC, true),
            ("/str.*@libc.*/", "strlen", &MAIN, false),
            ("/str.*/@/libc.*/", "strlen", &LIBC, true),
            ("*@/lib/*", "strlen", &LIBC, true),
            ("*@/lib/*", "strlen", &MAIN, false),
            ("strlen-strlen", "strlen", &MAIN, false),
            ("@libstdc++.so.6", "x", &CPP, true),
            ("new+@libstdc++.so.6", "x", &CPP, true),
            ("^MAIN", "MAIN", &MAIN, true),
        ] {
            assert_eq!(hold(expression, symbol, module), expected, "{expression} {symbol}");
        }
    }

    #[test]
    fn what_is_none_is_said_to_be_none() {
        for expression in ["", "[z-a]", "/(/"] {
            let error = Rules::default().add(expression).expect_err("a fault").to_string();
            assert!(error.contains(expression), "{error}");
        }
    }

    #[test]
    fn calls_into_a_library_are_wanted_from_everywhere() {
        let into = Library { into: vec![Files::of("libc.so.6").expect("a pattern")], ..Library::default() };
        assert!(into.wants_call(b"puts", &MAIN, Some(&LIBC)) && into.may_call(&CPP));
        assert!(!into.wants_call(b"puts", &MAIN, Some(&CPP)) && !into.wants_call(b"puts", &MAIN, None));
        let own = Library::of_program();
        assert!(own.wants_call(b"puts", &MAIN, None) && !own.may_call(&LIBC));
    }
}
