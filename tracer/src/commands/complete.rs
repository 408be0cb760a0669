//! Completion scripts for bash, zsh and fish, from the table of options.

use std::fmt::Write;

use super::SUBCOMMANDS;
use crate::cli::flags::{FLAGS, Flag, Standing, Takes};
use crate::cli::help::first_sentence;
use crate::schema::types::class;

/// The script for a shell, `None` for one that is not known.
pub fn script(shell: &str) -> Option<String> {
    match shell {
        "bash" => Some(bash()),
        "zsh" => Some(zsh()),
        "fish" => Some(fish()),
        _ => None,
    }
}

fn flags() -> impl Iterator<Item = &'static Flag> {
    FLAGS.iter().filter(|f| !matches!(f.standing, Standing::Refused(_)))
}

/// What a value is, as far as a shell can help with it.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Kind {
    Files,
    Pids,
    Users,
    Words(Vec<String>),
    Other,
}

fn kind(flag: &Flag) -> Kind {
    let words = |list: &str| Kind::Words(list.split(' ').map(str::to_owned).collect());
    match flag.long.first().copied().unwrap_or(flag.name()) {
        "--output" | "--record" | "--btf" | "--cgroup" | "--trace-path" => Kind::Files,
        "--attach" | "--pid" => Kind::Pids,
        "--user" | "--uid" => Kind::Users,
        "--backend" => words("auto ebpf ptrace"),
        "--color" => words("auto always never"),
        "--const-print-style" => words("raw abbrev verbose"),
        "--interruptible" => words("anywhere waiting never never_tstp"),
        "--status" => words("successful failed unfinished unavailable detached"),
        "--quiet" => words("attach exit path-resolution personality thread-execve all"),
        "--decode-fds" => words("path socket dev pidfd all"),
        "--decode-pids" => words("comm"),
        "--strings-in-hex" => words("none non-ascii-chars non-ascii all"),
        "--absolute-timestamps" => words("none time unix time,us unix,us"),
        "--relative-timestamps" | "--syscall-times" => words("s ms us ns"),
        "--summary-sort-by" => {
            words("time min-time max-time avg-time p50-time p90-time p99-time calls errors name nothing")
        }
        "--summary-columns" => {
            words("time-percent total-time min-time max-time avg-time p50-time p90-time p99-time calls errors name")
        }
        "--summary-by" => words("process"),
        "--trace" | "--abbrev" | "--verbose" | "--raw" => Kind::Words(call_words()),
        "-e" => Kind::Words(expressions()),
        _ => Kind::Other,
    }
}

/// `all`, `none` and the classes.
fn call_words() -> Vec<String> {
    ["all", "none"].into_iter().map(str::to_owned).chain(class::NAMES.iter().map(|(n, _)| format!("%{n}"))).collect()
}

/// `trace=`, `signal=` and so on, and classes after `trace=`.
fn expressions() -> Vec<String> {
    let quals = flags().filter_map(|f| f.quals.first()).map(|q| format!("{q}="));
    quals.chain(call_words().into_iter().map(|w| format!("trace={w}"))).collect()
}

fn bash() -> String {
    let mut cases = String::new();
    let mut options = Vec::new();
    for flag in flags() {
        options.extend(flag.short);
        options.extend(flag.long);
        if flag.takes == Takes::Nothing {
            continue;
        }
        let reply = match kind(flag) {
            Kind::Files => "compopt -o filenames; COMPREPLY=($(compgen -f -- \"$value\"))".to_owned(),
            Kind::Pids => "COMPREPLY=($(compgen -W \"$(cd /proc && printf '%s ' [0-9]*)\" -- \"$value\"))".to_owned(),
            Kind::Users => "COMPREPLY=($(compgen -u -- \"$value\"))".to_owned(),
            Kind::Words(words) => format!("COMPREPLY=($(compgen -W '{}' -- \"$value\"))", words.join(" ")),
            Kind::Other => "COMPREPLY=()".to_owned(),
        };
        // A short option with an optional value takes none, the long one takes it after `=`.
        let short = flag.short.filter(|_| matches!(flag.takes, Takes::Value(_)));
        let names: Vec<&str> = short.into_iter().chain(flag.long.iter().copied()).collect();
        let _ = writeln!(cases, "        {}) {reply}; return ;;", names.join("|"));
    }
    let subcommands: Vec<&str> = SUBCOMMANDS.iter().map(|s| s.name).collect();
    let valued: Vec<&str> = flags()
        .filter(|f| matches!(f.takes, Takes::Value(_)))
        .flat_map(|f| f.short.into_iter().chain(f.long.iter().copied()))
        .collect();
    format!(
        r#"# Completion of tracer for bash.
_tracer() {{
    local cur prev value i
    COMPREPLY=()
    _get_comp_words_by_ref -n =: cur prev 2>/dev/null || {{ cur=${{COMP_WORDS[COMP_CWORD]}}; prev=${{COMP_WORDS[COMP_CWORD-1]}}; }}
    case $cur in
        --*=*) prev=${{cur%%=*}}; value=${{cur#*=}} ;;
        *) value=$cur
            case "|{valued}|" in *"|$prev|"*) ;; *) prev= ;; esac ;;
    esac
    case $prev in
{cases}    esac
    for ((i = 1; i < COMP_CWORD; i++)); do
        case "|{valued}|" in *"|${{COMP_WORDS[i]}}|"*) ((i++)); continue ;; esac
        case ${{COMP_WORDS[i]}} in
            -*|=) ;;
            completions) COMPREPLY=($(compgen -W 'bash zsh fish' -- "$cur")); return ;;
            help) COMPREPLY=($(compgen -W 'compat {subcommands}' -- "$cur")); return ;;
            doctor) COMPREPLY=($(compgen -W '--json' -- "$cur")); return ;;
            replay|strace) break ;;
            *) compopt -o filenames; COMPREPLY=($(compgen -f -- "$cur")); return ;;
        esac
    done
    case $cur in
        -*) COMPREPLY=($(compgen -W '{options}' -- "$cur")) ;;
        *) COMPREPLY=($(compgen -c -- "$cur"))
            if ((COMP_CWORD == 1)); then COMPREPLY+=($(compgen -W '{subcommands}' -- "$cur")); fi ;;
    esac
}}
complete -o default -F _tracer tracer
"#,
        valued = valued.join("|"),
        subcommands = subcommands.join(" "),
        options = options.join(" "),
    )
}

fn zsh() -> String {
    let mut out = String::from(
        "#compdef tracer\n# Completion of tracer for zsh.\n_tracer() {\n  local -a subcommands\n  subcommands=(\n",
    );
    for s in SUBCOMMANDS {
        let _ = writeln!(out, "    '{}:{}'", s.name, quote_zsh(s.help));
    }
    out.push_str("  )\n  if (( CURRENT == 2 )) && [[ $words[2] != -* ]]; then\n    _describe -t subcommands subcommand subcommands\n  fi\n  _arguments -s -S \\\n");
    for flag in flags() {
        let action = match kind(flag) {
            Kind::Files => "_files".to_owned(),
            Kind::Pids => "_pids".to_owned(),
            Kind::Users => "_users".to_owned(),
            Kind::Words(words) => format!("({})", words.join(" ")),
            Kind::Other => " ".to_owned(),
        };
        let help = quote_zsh(first_sentence(flag.help));
        if let Some(short) = flag.short {
            let value = match flag.takes {
                Takes::Value(what) => format!("+:{}:{action}", quote_zsh(what)),
                _ => String::new(),
            };
            let (plus, rest) = value.strip_prefix('+').map_or(("", ""), |rest| ("+", rest));
            let _ = writeln!(out, "    '*{short}{plus}[{help}]{rest}' \\");
        }
        for long in flag.long {
            let _ = match flag.takes {
                Takes::Nothing => writeln!(out, "    '*{long}[{help}]' \\"),
                Takes::Value(what) => writeln!(out, "    '*{long}=[{help}]:{}:{action}' \\", quote_zsh(what)),
                Takes::Maybe(what) => writeln!(out, "    '*{long}=-[{help}]::{}:{action}' \\", quote_zsh(what)),
            };
        }
    }
    out.push_str("    '(-):command:_command_names -e' \\\n    '*::arguments:_normal'\n}\n_tracer \"$@\"\n");
    out
}

fn fish() -> String {
    let mut out = String::from("# Completion of tracer for fish.\n");
    for s in SUBCOMMANDS {
        let _ =
            writeln!(out, "complete -c tracer -n '__fish_is_first_token' -a {} -d '{}'", s.name, quote_fish(s.help));
    }
    let _ = writeln!(out, "complete -c tracer -n '__fish_seen_subcommand_from completions' -x -a 'bash zsh fish'");
    for flag in flags() {
        let mut line = String::from("complete -c tracer");
        if let Some(short) = flag.short {
            let _ = write!(line, " -s {}", &short[1..]);
        }
        for long in flag.long {
            let _ = write!(line, " -l {}", &long[2..]);
        }
        if let Takes::Value(_) = flag.takes {
            let _ = match kind(flag) {
                Kind::Files => write!(line, " -r -F"),
                Kind::Pids => write!(line, " -x -a '(__fish_complete_pids)'"),
                Kind::Users => write!(line, " -x -a '(__fish_complete_users)'"),
                Kind::Words(words) => write!(line, " -x -a '{}'", words.join(" ")),
                Kind::Other => write!(line, " -x"),
            };
        }
        let _ = writeln!(out, "{line} -d '{}'", quote_fish(first_sentence(flag.help)));
    }
    out.push_str("complete -c tracer -x -a '(__fish_complete_subcommand)'\n");
    out
}

/// Inside single quotes, where brackets and colons mean something to `_arguments`.
fn quote_zsh(text: &str) -> String {
    text.replace('\'', "'\\''").replace('[', "\\[").replace(']', "\\]").replace(':', "\\:")
}

fn quote_fish(text: &str) -> String {
    text.replace('\\', "\\\\").replace('\'', "\\'")
}
