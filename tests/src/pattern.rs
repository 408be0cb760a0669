//! Expected text with holes. A line is literal but for `{{regex}}`; the line `...` stands for any number of lines. Order counts,
//! and nothing may be left over.

use anyhow::{Context, Result};
use regex::Regex;

/// One expected line.
#[derive(Debug, Clone)]
pub enum Pattern {
    /// Any number of lines, also none.
    Skip,
    /// A line that the expression matches whole; beside it how it was written.
    Line(Regex, String),
}

impl Pattern {
    /// Reads a line of a case.
    pub fn new(text: &str) -> Result<Pattern> {
        if text == "..." {
            return Ok(Pattern::Skip);
        }
        let mut regex = String::from("^(?s:");
        let mut rest = text;
        while let Some((literal, more)) = rest.split_once("{{") {
            let (inside, after) =
                more.split_once("}}").with_context(|| format!("`{{{{` without `}}}}` in {text:?}"))?;
            // A quantifier's own brace may stand before the closing pair: `\d{3}}}`.
            let (inside, after) = match after.strip_prefix('}') {
                Some(after) => (format!("{inside}}}"), after),
                None => (inside.to_owned(), after),
            };
            regex += &regex::escape(literal);
            regex += &format!("(?:{inside})");
            rest = after;
        }
        regex += &regex::escape(rest);
        regex += ")$";
        Ok(Pattern::Line(Regex::new(&regex).with_context(|| format!("in {text:?}"))?, text.to_owned()))
    }
}

/// Whether the lines are the expected ones; else what was looked for and where it was not found.
pub fn matches(patterns: &[Pattern], lines: &[&str]) -> Result<(), String> {
    // `best` is the furthest that any way of spending the skips came: the most useful thing to show.
    let mut best = (0, 0);
    if walk(patterns, lines, (0, 0), &mut best, &mut Vec::new()) {
        return Ok(());
    }
    let (p, l) = best;
    let wanted = match patterns.get(p) {
        Some(Pattern::Line(_, text)) => text.as_str(),
        Some(Pattern::Skip) => "...",
        None => "the end",
    };
    Err(format!(
        "expected  {wanted}\nbut found {}\nin line {} of {}",
        lines.get(l).unwrap_or(&"the end"),
        l + 1,
        lines.len()
    ))
}

/// Greedy with one step back: when a line does not fit, the last skip takes one more. That is exact, as skips match anything.
fn walk(
    patterns: &[Pattern],
    lines: &[&str],
    from: (usize, usize),
    best: &mut (usize, usize),
    back: &mut Vec<(usize, usize)>,
) -> bool {
    let (mut p, mut l) = from;
    loop {
        if (p, l) > *best {
            *best = (p, l);
        }
        match patterns.get(p) {
            None if l == lines.len() => return true,
            Some(Pattern::Skip) => {
                back.clear();
                back.push((p, l));
                p += 1;
                continue;
            }
            Some(Pattern::Line(regex, _)) if l < lines.len() && regex.is_match(lines[l]) => {
                p += 1;
                l += 1;
                continue;
            }
            _ => {}
        }
        let Some((skip, at)) = back.pop() else { return false };
        if at >= lines.len() {
            return false;
        }
        back.push((skip, at + 1));
        (p, l) = (skip + 1, at + 1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(patterns: &[&str], text: &str, expected: bool) {
        let patterns: Vec<_> = patterns.iter().map(|p| Pattern::new(p).unwrap()).collect();
        let lines: Vec<_> = text.lines().collect();
        assert_eq!(matches(&patterns, &lines).is_ok(), expected, "{patterns:?} on {lines:?}");
    }

    #[test]
    fn order_and_ends_count() {
        check(&[], "", true);
        check(&[], "a", false);
        check(&["a"], "a", true);
        check(&["a"], "a\nb", false);
        check(&["..."], "a\nb", true);
        check(&["...", "b"], "a\nb", true);
        check(&["...", "b"], "b\nb", true);
        check(&["a", "...", "c"], "a\nb\nc", true);
        check(&["a", "...", "c"], "a\nc\nb", false);
        check(&["...", "c", "...", "a", "..."], "a\nb\nc", false);
        check(&["...", "a", "b", "..."], "a\na\nb\nc", true);
        check(&["a", "..."], "", false);
    }

    #[test]
    fn holes_are_expressions_and_the_rest_is_literal() {
        check(&["f(1) = {{\\d+}}"], "f(1) = 27", true);
        check(&["f(1) = {{\\d+}}"], "f(1) = 27 ", false);
        check(&["f(.) = 1"], "f(1) = 1", false);
        check(&["{{a|b}}c"], "ac", true);
        check(&["{{\\d{3}}}x"], "123x", true);
        assert!(Pattern::new("{{(}}").is_err());
        assert!(Pattern::new("{{a").is_err());
    }

    #[test]
    fn a_failure_names_the_line() {
        let patterns = [Pattern::new("a").unwrap(), Pattern::new("b").unwrap()];
        let error = matches(&patterns, &["a", "c"]).unwrap_err();
        assert_eq!(error, "expected  b\nbut found c\nin line 2 of 2");
    }
}
