//! The examples of a Markdown file: every block marked `console`. A line that begins with `$ ` is run, what follows must be what
//! it prints. `...` alone on a line stands for any lines, inside a line for any text; numbers of a run (addresses, times, pids)
//! are compared as numbers only. A comment `<!-- requires root,bpf -->` above a block says what the machine must have.

use std::sync::LazyLock;

use regex::Regex;

use crate::pattern::Pattern;

/// A block of a Markdown file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Block {
    /// The line at which it begins, from 1.
    pub line: usize,
    /// What the machine must have.
    pub requires: Vec<String>,
    /// Commands, and what each prints.
    pub steps: Vec<(String, Vec<String>)>,
}

/// The blocks marked `console`.
pub fn blocks(markdown: &str) -> Vec<Block> {
    let (mut blocks, mut requires, mut inside) = (Vec::new(), Vec::new(), None::<Block>);
    for (number, line) in (1..).zip(markdown.lines()) {
        if let Some(block) = &mut inside {
            if line == "```" {
                blocks.extend(inside.take());
            } else if let Some(command) = line.strip_prefix("$ ") {
                block.steps.push((command.to_owned(), Vec::new()));
            } else if let Some((command, output)) = block.steps.last_mut() {
                match line.strip_prefix("> ") {
                    Some(more) if output.is_empty() => *command += &format!("\n{more}"),
                    _ => output.push(line.to_owned()),
                }
            }
        } else if line == "```console" {
            inside = Some(Block { line: number, requires: std::mem::take(&mut requires), steps: Vec::new() });
        } else if let Some(words) = line.strip_prefix("<!-- requires ").and_then(|rest| rest.strip_suffix(" -->")) {
            requires = words.split(',').map(|word| word.trim().to_owned()).collect();
        }
    }
    blocks
}

/// What an example says, as patterns for [`plain`] lines.
pub fn patterns(output: &[String]) -> anyhow::Result<Vec<Pattern>> {
    let pattern = |line: &String| match line.as_str() {
        "..." => Ok(Pattern::Skip),
        line => {
            let pieces: Vec<_> = plain(line).split("...").map(regex::escape).collect();
            Ok(Pattern::Line(Regex::new(&format!("^{}$", pieces.join(".*")))?, line.to_owned()))
        }
    };
    output.iter().map(pattern).collect()
}

/// The line with the numbers of a run masked, and with single blanks.
pub fn plain(line: &str) -> String {
    static NUMBERS: LazyLock<Vec<Regex>> = LazyLock::new(|| {
        let all = [r"\b0x[0-9a-f]{6,16}\b", r"\b\d+\.\d+\b", r"\b\d{4,}\b"];
        all.iter().filter_map(|regex| Regex::new(regex).ok()).collect()
    });
    let mut line = line.split_whitespace().collect::<Vec<_>>().join(" ");
    for (regex, by) in NUMBERS.iter().zip(["ADDR", "N.N", "N"]) {
        line = regex.replace_all(&line, by).into_owned();
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pattern::matches;

    #[test]
    fn blocks_are_found() {
        let text = "a\n```sh\n$ no\n```\n<!-- requires root, bpf -->\n```console\n$ b \\\n> c\nout\n$ d\n```\n```console\n$ e\n```\n";
        let found = blocks(text);
        assert_eq!(found.len(), 2);
        assert_eq!((found[0].line, found[0].requires.clone()), (6, vec!["root".to_owned(), "bpf".to_owned()]));
        assert_eq!(found[0].steps, [("b \\\nc".to_owned(), vec!["out".to_owned()]), ("d".to_owned(), vec![])]);
        assert!(found[1].requires.is_empty());
    }

    #[test]
    fn examples_are_compared_without_the_numbers_of_a_run() {
        let check = |expected: &str, line: &str, fits: bool| {
            let patterns = patterns(&[expected.to_owned()]).unwrap();
            assert_eq!(matches(&patterns, &[&plain(line)]).is_ok(), fits, "{expected} | {line}");
        };
        check("brk(NULL)            = 0x55d0c1234000", "brk(NULL) = 0x7f0011223344", true);
        check("12:00 read(3) = 0 <0.000012>", "12:00 read(3) = 0 <1.5>", true);
        check("read(3) = 1", "read(3) = 2", false);
        check("{...\"a\":{...", "{\"b\":1,\"a\":{}}", true);
        check(
            "execve(\"a\", ..., 0x7ffd00000000 /* 5 vars */) = 0",
            "execve(\"a\", [\"b\"], 0x7ffd00000001 /* 5 vars */) = 0",
            true,
        );
    }
}
