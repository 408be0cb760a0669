//! What a Rust file names. The file is read as tokens, so comments and strings are none of it; use trees are taken apart, paths inside
//! code are found too, and what is compiled for tests alone is left out. It is no parser: it knows as much of items as it takes to
//! find their ends. (`syn` would know more and takes ten times as long to build, which everybody's first `cargo xtask` waits for.)

use std::iter::Peekable;
use std::vec::IntoIter;

use proc_macro2::{Delimiter, Ident, LexError, Spacing, TokenStream, TokenTree};

/// A path of at least two names, or a macro (`println!`), as it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Name {
    /// Where.
    pub line: usize,
    /// `std::fs::read`; a glob ends with `*`. What begins with `crate`, `self` or `super` begins with `crate` here.
    pub path: Vec<String>,
}

/// A `mod name;` for tests: the file is elsewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TestModule {
    /// Its name.
    pub name: String,
    /// What `#[path]` says.
    pub path: Option<String>,
}

/// What was read.
#[derive(Debug, Default)]
pub struct Source {
    /// What it names outside of tests.
    pub names: Vec<Name>,
    /// Its strings outside of tests, and where they stand.
    pub texts: Vec<(usize, String)>,
    /// Its modules that are for tests.
    pub tests: Vec<TestModule>,
}

/// Reads the text of the module with this path below `crate`.
pub fn read(text: &str, module: &[String]) -> Result<Source, LexError> {
    let tokens: TokenStream = text.parse()?;
    let mut source = Source::default();
    source.walk(tokens, &mut module.to_vec());
    Ok(source)
}

/// The tokens that are left.
type Rest = Peekable<IntoIter<TokenTree>>;

fn rest(tokens: TokenStream) -> Rest {
    tokens.into_iter().collect::<Vec<_>>().into_iter().peekable()
}

impl Source {
    /// Everything inside one pair of brackets, or the file.
    fn walk(&mut self, tokens: TokenStream, module: &mut Vec<String>) {
        let mut rest = rest(tokens);
        let mut test = false;
        let mut path = None;
        while let Some(token) = rest.next() {
            match token {
                TokenTree::Punct(p) if p.as_char() == '#' => {
                    // `#![..]` is about what it stands in.
                    rest.next_if(|token| is(token, '!'));
                    if let Some(TokenTree::Group(group)) = rest.next() {
                        test |= is_test(group.stream());
                        path = path.or_else(|| path_of(group.stream()));
                    }
                    continue;
                }
                token if test => self.skip(token, path.take(), &mut rest),
                TokenTree::Ident(word) if word == "use" && !rest.peek().is_some_and(|next| is(next, '<')) => {
                    self.tree(&mut rest, &[], module);
                }
                TokenTree::Ident(word) if word == "mod" => {
                    let name = rest.next();
                    if let (Some(TokenTree::Ident(name)), Some(TokenTree::Group(body))) = (name, rest.next()) {
                        module.push(name.to_string());
                        self.walk(body.stream(), module);
                        module.pop();
                    }
                }
                TokenTree::Ident(word) => self.inline(word, &mut rest, module),
                TokenTree::Group(group) => self.walk(group.stream(), module),
                TokenTree::Literal(literal) => {
                    let line = literal.span().start().line;
                    self.texts.extend(text_of(&literal.to_string()).map(|text| (line, text.to_owned())));
                }
                _ => {}
            }
            (test, path) = (false, None);
        }
    }

    /// An item, a field, an arm or a statement that is there for tests, from its first token to its end.
    fn skip(&mut self, first: TokenTree, path: Option<String>, rest: &mut Rest) {
        let mut token = Some(first);
        let mut last = None;
        // What ends with `;` even behind a `{..}`.
        let mut to_semicolon = false;
        let mut before_braces = false;
        while let Some(now) = token {
            match &now {
                TokenTree::Ident(word) => {
                    let word = word.to_string();
                    if last.as_deref() == Some("mod") && rest.peek().is_some_and(|next| is(next, ';')) {
                        self.tests.push(TestModule { name: word.clone(), path: path.clone() });
                    }
                    match word.as_str() {
                        "use" | "static" | "type" | "let" => to_semicolon |= !before_braces,
                        "const" => to_semicolon |= !before_braces && !begins_function(rest),
                        "fn" | "mod" | "impl" | "struct" | "enum" | "union" | "trait" => before_braces |= !to_semicolon,
                        _ => {}
                    }
                    last = Some(word);
                }
                TokenTree::Punct(p) if p.as_char() == ';' => return,
                TokenTree::Punct(p) if p.as_char() == ',' && !to_semicolon && !before_braces => return,
                TokenTree::Group(group) if group.delimiter() == Delimiter::Brace && !to_semicolon => return,
                _ => {}
            }
            token = rest.next();
        }
    }

    /// A use tree, up to its `;`, or a part of it, up to its `,`.
    fn tree(&mut self, rest: &mut Rest, prefix: &[String], module: &[String]) {
        let mut path = prefix.to_vec();
        let mut line = None;
        while let Some(token) = rest.next() {
            match token {
                TokenTree::Ident(word) if word == "as" => {
                    rest.next();
                }
                TokenTree::Ident(word) => {
                    line = line.or(Some(word.span().start().line));
                    // `{self, ..}` is the path before it.
                    if word != "self" || path.is_empty() {
                        path.push(plain(&word));
                    }
                }
                TokenTree::Punct(p) if p.as_char() == '*' => {
                    line = line.or(Some(p.span().start().line));
                    path.push("*".to_owned());
                }
                TokenTree::Punct(p) if matches!(p.as_char(), ';' | ',') => break,
                TokenTree::Group(group) => {
                    let mut inner = self::rest(group.stream());
                    while inner.peek().is_some() {
                        self.tree(&mut inner, &path, module);
                    }
                    line = None;
                    path.truncate(0);
                }
                _ => {}
            }
        }
        if let Some(line) = line {
            self.push(line, path, module);
        }
    }

    /// A path inside code, or a macro.
    fn inline(&mut self, first: Ident, rest: &mut Rest, module: &[String]) {
        let line = first.span().start().line;
        let mut path = vec![plain(&first)];
        while rest.next_if(|token| is(token, ':')).is_some() {
            // One colon: a type follows.
            if rest.next_if(|token| is(token, ':')).is_none() {
                break;
            }
            match rest.next_if(|token| matches!(token, TokenTree::Ident(_))) {
                Some(TokenTree::Ident(word)) => path.push(plain(&word)),
                // `::<T>`, or `::$x` of a macro.
                _ => break,
            }
        }
        if path.len() > 1 {
            self.push(line, path, module);
        } else if matches!(rest.peek(), Some(TokenTree::Punct(p)) if p.as_char() == '!' && p.spacing() == Spacing::Alone)
        {
            path[0].push('!');
            self.names.push(Name { line, path });
        }
    }

    /// Adds a path; one that is relative becomes absolute.
    fn push(&mut self, line: usize, path: Vec<String>, module: &[String]) {
        let mut names = path.as_slice();
        let mut depth = module.len();
        let relative = matches!(names.first().map(String::as_str), Some("self" | "super"));
        while let [first, more @ ..] = names {
            match first.as_str() {
                "self" => {}
                "super" => depth = depth.saturating_sub(1),
                _ => break,
            }
            names = more;
        }
        let path = match relative {
            true => ["crate".to_owned()].into_iter().chain(module[..depth].iter().chain(names).cloned()).collect(),
            false => path,
        };
        self.names.push(Name { line, path });
    }
}

fn is(token: &TokenTree, wanted: char) -> bool {
    matches!(token, TokenTree::Punct(p) if p.as_char() == wanted)
}

/// Without the mark of a raw identifier.
fn plain(word: &Ident) -> String {
    word.to_string().trim_start_matches("r#").to_owned()
}

/// Whether `const` is the first word of a function's head.
fn begins_function(rest: &mut Rest) -> bool {
    matches!(rest.peek(), Some(TokenTree::Ident(word)) if ["fn", "unsafe", "async", "extern"].iter().any(|head| word == head))
}

/// What stands in a string, be it of bytes, of C or raw; escapes as they are written.
fn text_of(literal: &str) -> Option<&str> {
    let literal = literal.trim_start_matches(['b', 'c', 'r', '#']);
    let (text, _) = literal.strip_prefix('"')?.rsplit_once('"')?;
    Some(text)
}

/// `cfg(test)`, or `cfg(all(test, ..))`.
fn is_test(attribute: TokenStream) -> bool {
    let text: String = attribute.to_string().split_whitespace().collect();
    text == "cfg(test)" || text.starts_with("cfg(all(test,") || text.starts_with("cfg(all(") && text.contains(",test)")
}

/// `path = "file.rs"`
fn path_of(attribute: TokenStream) -> Option<String> {
    let text: String = attribute.to_string().split_whitespace().collect();
    Some(text.strip_prefix("path=\"")?.strip_suffix('"')?.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `LINE PATH` of everything that is named.
    fn named(module: &str, text: &str) -> Vec<String> {
        let module: Vec<String> = module.split("::").filter(|name| !name.is_empty()).map(str::to_owned).collect();
        let source = read(text, &module).expect("tokens");
        source.names.iter().map(|name| format!("{} {}", name.line, name.path.join("::"))).collect()
    }

    #[test]
    fn use_trees_are_taken_apart() {
        let check = |text: &str, expected: &[&str]| assert_eq!(named("a::b", text), expected, "{text}");
        check("use crate::x::Y;", &["1 crate::x::Y"]);
        check("use crate::{x, y::Z};", &["1 crate::x", "1 crate::y::Z"]);
        check("use crate::{\n    x::{self, Y as N},\n    z::*,\n};", &["2 crate::x", "2 crate::x::Y", "3 crate::z::*"]);
        check("pub(crate) use super::x::{A, B};", &["1 crate::a::x::A", "1 crate::a::x::B"]);
        check("use super::super::x; use self::y::Z;", &["1 crate::x", "1 crate::a::b::y::Z"]);
        check("use ::std::fs; use {std::io, crate::r#x};", &["1 std::fs", "1 std::io", "1 crate::x"]);
        check("fn f<'a>() -> impl Iterator<Item = ()> + use<'a> { g::h() }", &["1 g::h"]);
    }

    #[test]
    fn paths_inside_code_are_found() {
        let check = |text: &str, expected: &[&str]| assert_eq!(named("a", text), expected, "{text}");
        check("fn f(x: &crate::x::Y) -> T { super::y::z() }", &["1 crate::x::Y", "1 crate::y::z"]);
        check("fn f() {\n    println!(\"{}\", crate::x::y());\n}", &["2 println!", "2 crate::x::y"]);
        check("macro_rules! m { () => { $crate::x::S } }", &["1 macro_rules!", "1 crate::x::S"]);
        check("fn f() { let a: u8 = b; c.d(); e::<F>(); a != b }", &[]);
        check("mod inner { fn f() { super::g(); super::super::x::h() } }", &["1 crate::a::g", "1 crate::x::h"]);
        check("/// crate::x::Y\nconst A: &str = \"crate::x::Y\"; // crate::x::Y\n#[doc = \"crate::x\"] fn f() {}", &[]);
    }

    #[test]
    fn only_what_is_for_tests_is_left_out() {
        for skipped in [
            "mod tests { use crate::x::Y; }",
            "use crate::x::{self, Y};",
            "pub mod testing;",
            "fn f<A, B>() -> crate::x::Y { crate::x::y() }",
            "const fn f() { crate::x::y() }",
            "pub const A: Y = crate::x::Y { a: 1 };",
            "impl crate::x::Y { fn f() {} }",
            "#[derive(Debug)] struct Y { a: crate::x::Y }",
        ] {
            let text = format!("#[cfg(test)]\n{skipped}\nuse crate::z::A;");
            assert_eq!(named("a", &text), ["3 crate::z::A"], "{text}");
        }
        assert_eq!(named("a", "struct S { #[cfg(test)] a: crate::x::Y, b: crate::z::A }"), ["1 crate::z::A"]);
        assert_eq!(named("a", "#[cfg(not(test))]\nuse crate::x::Y;"), ["2 crate::x::Y"]);
        assert_eq!(named("a", "#[cfg(all(test, unix))]\nuse crate::x::Y;"), Vec::<String>::new());
    }

    #[test]
    fn files_of_tests_are_known() {
        let text = "#[cfg(test)]\nmod tests;\n#[cfg(test)]\n#[path = \"a_tests.rs\"]\nmod more;\nmod code;";
        let tests = read(text, &[]).expect("tokens").tests;
        let expected = [("tests", None), ("more", Some("a_tests.rs"))];
        assert_eq!(tests.iter().map(|t| (t.name.as_str(), t.path.as_deref())).collect::<Vec<_>>(), expected);
    }
}
