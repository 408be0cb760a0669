//! Help, manual page and completions hold every command and every option of it.

use std::io::Write as _;
use std::process::{Command as Program, Stdio};

use super::super::table::{COMMANDS, Command, TRACE};
use super::super::{Action, complete, help, man, own};
use super::{run, skip};
use crate::cli::flags::FLAGS;
use crate::cli::help::{spelling, spellings};
use crate::cli::table::{Completes, Flag, Standing, Takes};

fn flags(command: &Command) -> Vec<&'static Flag> {
    (command.manual.options)()
}

fn text(line: &str) -> String {
    match run(line) {
        Ok(Action::Help(text) | Action::Man(text) | Action::Completions(text) | Action::Version(text)) => text,
        other => panic!("{line}: {other:?}"),
    }
}

#[test]
fn rows_are_well_formed() {
    for command in COMMANDS {
        let name = command.name;
        assert!(command.summary.ends_with('.') && command.manual.about.ends_with(['.', '-']), "{name}");
        assert!(!command.manual.usage.is_empty() && !command.manual.exits.is_empty(), "{name}");
        assert!(command.manual.exits.is_sorted_by_key(|(code, _)| code), "{name}: exit codes");
        assert!(COMMANDS.iter().filter(|other| other.name == name).count() == 1, "{name}");
        let options = flags(command);
        let mut names: Vec<&str> = options.iter().flat_map(|flag| flag.names()).collect();
        let mut quals: Vec<&str> = options.iter().flat_map(|flag| flag.quals.iter().copied()).collect();
        assert!(names.contains(&"-h"), "{name} has no help");
        for list in [&mut names, &mut quals] {
            list.sort_unstable();
            let twice: Vec<_> = list.windows(2).filter(|pair| pair[0] == pair[1]).collect();
            assert!(twice.is_empty(), "{name}: {twice:?}");
        }
        let mut groups: Vec<&str> = options.iter().map(|flag| flag.group).collect();
        groups.dedup();
        assert!(groups.iter().all(|group| groups.iter().filter(|other| *other == group).count() == 1), "{groups:?}");
        for flag in options {
            assert!(flag.short.is_none_or(|s| s.len() == 2 && s.starts_with(['-', '+'])), "{flag:?}");
            assert!(flag.long.iter().all(|l| l.len() > 2 && l.starts_with("--")), "{flag:?}");
            assert!(!flag.name().is_empty() && flag.help.ends_with('.'), "{flag:?}");
        }
    }
}

/// What a value is called says how it is completed.
#[test]
fn values_are_completed_as_their_names_say() {
    for flag in COMMANDS.iter().flat_map(|command| flags(command)).filter(|flag| !flag.refused()) {
        let (Takes::Value(what) | Takes::Maybe(what)) = flag.takes else {
            assert!(matches!(flag.completes, Completes::Free), "{flag:?} takes nothing");
            continue;
        };
        let right = match what {
            "FILE" | "PATH" | "DIR" | "DIRECTORY" => matches!(flag.completes, Completes::Files),
            "PID" | "PIDS" => matches!(flag.completes, Completes::Pids),
            "USER" | "USERS" => matches!(flag.completes, Completes::Users),
            "WHEN" | "SOURCE" | "KEY" | "UNIT" | "FORMAT" => matches!(flag.completes, Completes::Words(_)),
            _ => true,
        };
        assert!(right, "{flag:?}");
    }
}

/// A word that a shell offers is one that the parser takes.
#[test]
fn offered_words_are_accepted() {
    let lines = [
        ("trace", "true"),
        ("strace", "true"),
        ("replay", "x"),
        ("audit", "true"),
        ("inspect", "7"),
        ("lsof", "/"),
        ("ss", "-n"),
    ];
    for (name, rest) in lines {
        let command = super::super::command(name).expect("a command");
        for flag in flags(command).into_iter().filter(|flag| !flag.refused()) {
            let words = match flag.completes {
                Completes::Words(words) => words.iter().map(|&word| word.to_owned()).collect(),
                Completes::From(words) => words(),
                _ => continue,
            };
            for word in words {
                // What ends with = wants more: a set, or a file.
                let whole = if word.ends_with('=') { format!("{word}none") } else { word };
                // Options of the table of counts want one.
                let name = if flag.group == "Statistics" { format!("{name} -c") } else { name.to_owned() };
                let line = match flag.long.first() {
                    Some(long) => format!("tracer {name} {long}={whole} {rest}"),
                    None => format!("tracer {name} {} {whole} {rest}", flag.name()),
                };
                let known = ["-e fd", "-e fds", "-e trace-fd", "-e namespace=none", "-e kvm=none"];
                assert!(run(&line).is_ok() || known.iter().any(|k| line.contains(k)), "{line}: {:?}", run(&line).err());
            }
        }
    }
}

#[test]
fn help_about_a_command_is_its_own() {
    for command in COMMANDS {
        let name = command.name;
        let asked = text(&format!("tracer help {name}"));
        for line in [format!("tracer {name} --help"), format!("tracer {name} -h")] {
            assert_eq!(text(&line), asked, "{line}");
        }
        assert!(asked.starts_with(if name == TRACE.name || name == "strace" { "Usage: " } else { "Usage: tracer " }));
    }
    assert_eq!(text("tracer help"), text("tracer --help"));
    assert_eq!(text("tracer help"), text("tracer help trace"));
}

#[test]
fn every_option_is_in_every_text() {
    let (page, compat) = (man::page(), help::compat());
    for command in COMMANDS {
        let usage = text(&format!("tracer help {}", command.name));
        let title = format!(".SH TRACER {}\n", command.name.to_uppercase());
        let section = page.split_once(&title).map(|(_, rest)| rest.split("\n.SH ").next().unwrap_or_default());
        let section = if command.name == TRACE.name { &*page } else { section.expect("a section of the page") };
        for flag in flags(command) {
            let form = spelling(flag);
            assert_eq!(usage.contains(&format!("  {form}")), !flag.refused(), "{form} in help of {}", command.name);
            let whole = section.contains(&format!("\\fB{}\\fR", man::escape(&spellings(flag))));
            let listed = section.contains(&format!(" {}", man::escape(flag.name())));
            assert!(whole || listed || flag.refused(), "{form} in the manual page of {}", command.name);
        }
    }
    for flag in FLAGS.iter().map(|row| &row.flag) {
        assert!(page.contains(&man::escape(&spellings(flag))), "{flag:?} in the manual page");
        assert!(compat.contains(&format!("  {}", spelling(flag))), "{flag:?} in the table of compatibility");
    }
}

#[test]
fn every_option_is_in_every_completion() {
    let [bash, zsh, fish] = own::SHELLS.map(|shell| complete::script(shell).expect("a shell that is known"));
    for command in COMMANDS {
        let name = command.name;
        let of_bash =
            bash.lines().find(|line| line.trim_start().starts_with(&format!("{name}) options='"))).expect(name);
        let (_, of_zsh) = zsh.split_once(&format!("_tracer_{name}() {{")).expect(name);
        let of_zsh = of_zsh.split("\n}\n").next().unwrap_or_default();
        let of_fish: Vec<_> = fish.lines().filter(|line| line.contains(&format!("'__tracer_is {name}'"))).collect();
        assert!(zsh.contains(&format!("'{name}:")) && fish.contains(&format!(" -a {name} -d")), "{name}");
        for flag in flags(command).into_iter().filter(|flag| !flag.refused()) {
            for option in flag.names() {
                assert!(of_bash.split([' ', '\'', '|']).any(|word| word == option), "{option} of {name} in bash");
                let of_zsh =
                    of_zsh.lines().any(|line| line.split(['\'', '*', '+', '=', '[']).any(|word| word == option))
                        || of_zsh.contains(&format!("*{option}"));
                assert!(of_zsh, "{option} of {name} in zsh");
                let form = match (option.strip_prefix("--"), option.strip_prefix('-')) {
                    (Some(long), _) => format!(" -l {long} "),
                    (None, Some("?")) => " -s '?' ".to_owned(),
                    (None, Some(letter)) => format!(" -s {letter} "),
                    (None, None) => format!(" -a '{option}' "),
                };
                assert!(of_fish.iter().any(|line| line.contains(&form)), "{option} of {name} in fish");
            }
        }
    }
}

/// Every code of `exit` is in the manual page, and what a command says of its codes is among them.
#[test]
fn every_exit_code_is_in_the_manual_page() {
    let page = man::page();
    let (_, codes) = page.split_once(".SH EXIT STATUS").expect("a section");
    let source = include_str!("../../exit.rs");
    let values =
        source.lines().filter_map(|line| line.strip_prefix("pub const ")?.split_once(" = ")?.1.strip_suffix(';'));
    let values: Vec<&str> = values.collect();
    assert!(values.contains(&"3") && values.len() > 8, "{values:?}");
    for value in values {
        assert!(codes.contains(&format!("\\fB{value}\\fR\n")), "exit code {value}");
    }
    for (code, _) in COMMANDS.iter().flat_map(|command| command.manual.exits) {
        assert!(man::CODES.iter().any(|(known, _)| known == code), "{code}");
    }
}

#[test]
fn help_fits_a_terminal() {
    let texts = COMMANDS.iter().map(|command| text(&format!("tracer help {}", command.name)));
    for text in texts.chain([help::overview("tracer"), help::compat()]) {
        for line in text.lines() {
            let fits = line.chars().count() <= 80 && line.trim_end() == line;
            assert!(fits, "{line:?}");
        }
    }
}

/// `tracer -V` says which sources it is made of; a peer's name begins with the words of the peer.
#[test]
fn versions_name_the_commit() {
    let mine = format!("tracer {} (commit ", env!("CARGO_PKG_VERSION"));
    for line in ["tracer -V", "tracer --version", "tracer lsof -v", "tracer replay -V x"] {
        assert!(text(line).starts_with(&mine) && text(line).contains("\nkernel side: sha256 "), "{line}");
    }
    for (line, words) in [
        ("strace -V", "strace -- version 6.1\n"),
        ("lsof -v", "lsof version information:\n    revision: 4.99.4\n"),
        ("ss -V", "ss utility, iproute2-7.3.0\n"),
    ] {
        let rest = text(line);
        let rest = rest.strip_prefix(words).unwrap_or_else(|| panic!("{line}: {rest}"));
        assert!(rest.trim_start().starts_with(&mine), "{line}");
    }
    let commit = env!("TRACER_COMMIT");
    let named = commit == "unknown" || commit.len() == 12 && commit.bytes().all(|b| b.is_ascii_hexdigit());
    assert!(named || !commit.contains(char::is_whitespace), "{commit}");
}

/// The words bash offers for the last word of a command line.
fn bash_offers(line: &str) -> Option<Vec<String>> {
    let script = complete::script("bash")?;
    let words = line.split(' ').map(|w| format!("'{w}'")).collect::<Vec<_>>().join(" ");
    let drive = "compopt() { :; }; complete() { :; }\n";
    let ask = format!(
        "\nCOMP_WORDS=({words}); COMP_CWORD=$((${{#COMP_WORDS[@]}}-1)); _tracer; printf '%s\\n' \"${{COMPREPLY[@]}}\""
    );
    let out = Program::new("bash").args(["--norc", "-uc", &format!("{drive}{script}{ask}")]).output().ok()?;
    assert!(out.stderr.is_empty(), "{line}: {}", String::from_utf8_lossy(&out.stderr));
    Some(String::from_utf8_lossy(&out.stdout).lines().map(str::to_owned).collect())
}

#[test]
fn bash_completes() {
    if Program::new("bash").arg("-c").arg(":").output().is_err() {
        return skip("bash_completes", "no bash");
    }
    let check = |line: &str, expected: &[&str]| assert_eq!(bash_offers(line).expect("bash runs"), expected, "{line}");
    check("tracer --back", &["--backend"]);
    check("tracer --backend p", &["ptrace"]);
    check("tracer -f --color a", &["auto", "always"]);
    check("tracer --trace=%mem", &["%memory"]);
    check("tracer -e sta", &["status="]);
    check("tracer completions z", &["zsh"]);
    check("tracer help com", &["compat", "completions"]);
    check("tracer -o /dev/nul", &["/dev/null"]);
    check("tracer -s 7 cat /dev/nul", &["/dev/null"]);
    check("tracer audit --pol", &["--policy"]);
    check("tracer audit --report=sa", &["sarif="]);
    check("tracer audit --policy /dev/nul", &["/dev/null"]);
    check("tracer audit -q cat /dev/nul", &["/dev/null"]);
    check("tracer inspect --wa", &["--watch"]);
    check("tracer ss -f vs", &["vsock"]);
    check("tracer ss --all-", &["--all-netns"]);
    check("tracer ss spor", &["sport"]);
    check("tracer lsof +D /dev/nul", &["/dev/null"]);
    check("tracer lsof --sort=si", &["size"]);
    check("tracer lsof -f /dev/nul", &["/dev/null"]);
    check("tracer doctor --js", &["--json"]);
    check("tracer man --h", &["--help"]);
    // Only a first word is a command: behind options it is a program.
    check("tracer -f audit --pol", &[""]);
    assert!(bash_offers("tracer doc").expect("bash runs").contains(&"doctor".to_owned()));
}

#[test]
fn other_programs_accept_what_is_made_for_them() {
    let test = "other_programs_accept_what_is_made_for_them";
    let feed = |program: &str, args: &[&str], text: &str| {
        let started = Program::new(program)
            .args(args)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn();
        let Ok(mut child) = started else { return skip(test, &format!("no {program}")) };
        // A reader that ends early says why on stderr, which is looked at below.
        let _ = child.stdin.take().map(|mut pipe| pipe.write_all(text.as_bytes()));
        let out = child.wait_with_output().expect("a child can be waited for");
        assert!(out.status.success() && out.stderr.is_empty(), "{program}: {}", String::from_utf8_lossy(&out.stderr));
    };
    for shell in own::SHELLS {
        feed(shell, &["-n"], &complete::script(shell).expect("a shell that is known"));
    }
    feed("groff", &["-man", "-ww", "-Tascii"], &man::page());
}

/// What the documents call a command is one: the word behind `tracer`, in code, where it is no option and no program.
#[test]
fn documents_name_commands_that_exist() {
    let documents = [
        ("README.md", include_str!("../../../../README.md")),
        ("ARCHITECTURE.md", include_str!("../../../../ARCHITECTURE.md")),
        ("CONTRIBUTING.md", include_str!("../../../../CONTRIBUTING.md")),
        ("CHANGELOG.md", include_str!("../../../../CHANGELOG.md")),
        ("docs/bench.md", include_str!("../../../../docs/bench.md")),
        ("docs/ci-audit.md", include_str!("../../../../docs/ci-audit.md")),
        ("docs/differences.md", include_str!("../../../../docs/differences.md")),
        ("docs/policy.md", include_str!("../../../../docs/policy.md")),
    ];
    // Programs that examples trace.
    let programs = ["true", "ls", "cat", "sh"];
    let mut named = 0;
    for (file, text) in documents {
        for line in text.lines() {
            // `tracer X` in a line of prose, `$ tracer X` in an example.
            let spans = line.split('`').skip(1).step_by(2).chain(line.split("$ ").skip(1));
            for words in spans.filter_map(|span| span.strip_prefix("tracer ")) {
                let word = words.split([' ', '|', ';', ')', '&']).next().unwrap_or_default();
                if word.starts_with(['-', '.']) || word.is_empty() || programs.contains(&word) {
                    continue;
                }
                named += 1;
                let known = super::super::command(word).is_some() || word.chars().all(|c| !c.is_ascii_lowercase());
                assert!(known, "{file}: `tracer {word}` is no command: {line}");
            }
        }
    }
    assert!(named > 10, "only {named} were found");
}

/// The README's table of questions: each answer is a command line that is accepted.
#[test]
fn answers_to_questions_are_command_lines() {
    let readme = include_str!("../../../../README.md");
    let (_, rows) = readme.split_once("\n| Question | Command |\n|---|---|\n").expect("a table of questions");
    let rows: Vec<&str> = rows.lines().take_while(|line| line.starts_with('|')).collect();
    assert!(rows.len() > 5, "{rows:?}");
    for row in rows {
        let commands: Vec<&str> = row.split('`').skip(1).step_by(2).collect();
        assert!(!commands.is_empty(), "{row}");
        for command in commands {
            let line = command.replace("PID", "1");
            assert!(matches!(run(&line), Ok(Action::Run(_))), "{command}: {:?}", run(&line).err());
        }
    }
}

#[test]
fn a_row_of_compatibility_says_why() {
    for flag in FLAGS.iter().map(|row| &row.flag) {
        if let Standing::Ignored(why) | Standing::Refused(why) = flag.standing {
            assert!(!why.is_empty() && !why.ends_with('.'), "{flag:?}");
        }
    }
}
