//! Completion scripts for bash, zsh and fish, from the table of commands and their options.

use std::fmt::Write;

use super::own::SHELLS;
use super::table::{COMMANDS, Command, TRACE};
use crate::cli::help::first_sentence;
use crate::cli::table::{Completes, Flag, Takes};

/// The script for a shell, `None` for one that is not known.
pub fn script(shell: &str) -> Option<String> {
    let [is_bash, is_zsh, is_fish] = SHELLS.map(|known| known == shell);
    match (is_bash, is_zsh, is_fish) {
        (true, ..) => Some(bash()),
        (_, true, _) => Some(zsh()),
        (.., true) => Some(fish()),
        _ => None,
    }
}

fn flags(command: &Command) -> Vec<&'static Flag> {
    (command.manual.options)().into_iter().filter(|flag| !flag.refused()).collect()
}

/// Whether the value may be the next word. An optional value may not, but behind a letter without a long name (lsof's grammar).
fn takes_next(flag: &Flag) -> bool {
    matches!(flag.takes, Takes::Value(_)) || matches!(flag.takes, Takes::Maybe(_) if flag.long.is_empty())
}

/// The words that a value or a word may be, where these can be listed.
fn listed(completes: Completes) -> Option<Vec<String>> {
    match completes {
        Completes::Words(words) => Some(words.iter().map(|&word| word.to_owned()).collect()),
        Completes::From(words) => Some(words()),
        _ => None,
    }
}

/// The names of the commands, with something between.
fn names(between: &str) -> String {
    COMMANDS.iter().map(|command| command.name).collect::<Vec<_>>().join(between)
}

fn bash() -> String {
    let (mut values, mut options, mut words) = (String::new(), String::new(), String::new());
    for command in COMMANDS {
        let flags = flags(command);
        for flag in flags.iter().filter(|flag| flag.takes != Takes::Nothing) {
            let short = flag.short.filter(|_| takes_next(flag));
            let patterns: Vec<String> = short
                .into_iter()
                .chain(flag.long.iter().copied())
                .map(|name| format!("{}:{name}", command.name))
                .collect();
            let reply = bash_reply(flag.completes, "$value");
            // A letter that may stand alone leaves the next word open.
            let open = matches!(flag.takes, Takes::Maybe(_)) && flag.long.is_empty();
            let end = if open { "[[ $cur == [-+]* ]] || ((${#COMPREPLY[@]} == 0)) || return" } else { "return" };
            let _ = writeln!(values, "        {}) {reply}; {end} ;;", patterns.join("|").replace('?', "\\?"));
        }
        let valued: Vec<&str> =
            flags.iter().filter(|flag| matches!(flag.takes, Takes::Value(_))).flat_map(|flag| flag.names()).collect();
        let names: Vec<&str> = flags.iter().flat_map(|flag| flag.names()).collect();
        let _ = writeln!(
            options,
            "        {}) options='{}' valued='|{}|' program={} ;;",
            command.name,
            names.join(" "),
            valued.join("|"),
            u8::from(matches!(command.words, Completes::Command)),
        );
        let _ = writeln!(words, "        {}) {} ;;", command.name, bash_reply(command.words, "$cur"));
    }
    format!(
        r#"# Completion of tracer for bash.
_tracer() {{
    local cur prev value i start=1 command={trace} options valued program
    COMPREPLY=()
    _get_comp_words_by_ref -n =: cur prev 2>/dev/null || {{ cur=${{COMP_WORDS[COMP_CWORD]}}; prev=${{COMP_WORDS[COMP_CWORD-1]}}; }}
    if ((COMP_CWORD > 1)); then
        case ${{COMP_WORDS[1]}} in {alternatives}) command=${{COMP_WORDS[1]}}; start=2 ;; esac
    fi
    case $command in
{options}    esac
    case $cur in
        --*=*) prev=${{cur%%=*}}; value=${{cur#*=}} ;;
        *) value=$cur; case $prev in --*) case $valued in *"|$prev|"*) ;; *) prev= ;; esac ;; esac ;;
    esac
    case $command:$prev in
{values}    esac
    if ((program)); then
        for ((i = start; i < COMP_CWORD; i++)); do
            case $valued in *"|${{COMP_WORDS[i]}}|"*) ((i++)); continue ;; esac
            case ${{COMP_WORDS[i]}} in
                -*|=) ;;
                *) compopt -o filenames; COMPREPLY=($(compgen -f -- "$cur")); return ;;
            esac
        done
    fi
    case $cur in
        [-+]*) COMPREPLY=($(compgen -W "$options" -- "$cur")); return ;;
    esac
    case $command in
{words}    esac
    if ((COMP_CWORD == 1)); then COMPREPLY+=($(compgen -W '{names}' -- "$cur")); fi
}}
complete -o default -F _tracer tracer
"#,
        trace = TRACE.name,
        alternatives = names("|"),
        names = names(" "),
    )
}

fn bash_reply(completes: Completes, value: &str) -> String {
    match completes {
        Completes::Free => "COMPREPLY=()".to_owned(),
        Completes::Files => format!("compopt -o filenames; COMPREPLY=($(compgen -f -- \"{value}\"))"),
        Completes::Pids => format!("COMPREPLY=($(compgen -W \"$(cd /proc && printf '%s ' [0-9]*)\" -- \"{value}\"))"),
        Completes::Users => format!("COMPREPLY=($(compgen -u -- \"{value}\"))"),
        Completes::Command => format!("COMPREPLY=($(compgen -c -- \"{value}\"))"),
        Completes::Words(_) | Completes::From(_) => {
            let words = listed(completes).unwrap_or_default().join(" ");
            format!("COMPREPLY=($(compgen -W '{words}' -- \"{value}\"))")
        }
    }
}

fn zsh() -> String {
    let mut out = String::from("#compdef tracer\n# Completion of tracer for zsh.\n");
    for command in COMMANDS {
        let _ = writeln!(out, "_tracer_{}() {{\n  _arguments -s -S \\", command.name);
        for flag in flags(command) {
            zsh_option(&mut out, flag);
        }
        match command.words {
            Completes::Command => {
                out.push_str("    '(-):command:_command_names -e' \\\n    '*::arguments:_normal'\n}\n");
            }
            words => {
                let _ = writeln!(out, "    '*:word:{}'\n}}", zsh_action(words));
            }
        }
    }
    out.push_str("_tracer() {\n  local -a commands\n  commands=(\n");
    for command in COMMANDS {
        let _ = writeln!(out, "    '{}:{}'", command.name, quote_zsh(command.summary));
    }
    let _ = write!(
        out,
        "  )\n  if (( CURRENT > 2 )); then\n    case $words[2] in\n      {}) local name=$words[2]; shift words; (( CURRENT-- )); _tracer_$name; return ;;\n    esac\n  elif [[ $words[2] != -* ]]; then\n    _describe -t commands command commands\n  fi\n  _tracer_{}\n}}\n_tracer \"$@\"\n",
        names("|"),
        TRACE.name,
    );
    out
}

fn zsh_option(out: &mut String, flag: &Flag) {
    let (action, help) = (zsh_action(flag.completes), quote_zsh(first_sentence(flag.help)));
    if let Some(short) = flag.short {
        let _ = match flag.takes {
            Takes::Value(what) => writeln!(out, "    '*{short}+[{help}]:{}:{action}' \\", quote_zsh(what)),
            Takes::Maybe(what) if flag.long.is_empty() => {
                writeln!(out, "    '*{short}+[{help}]::{}:{action}' \\", quote_zsh(what))
            }
            _ => writeln!(out, "    '*{short}[{help}]' \\"),
        };
    }
    for long in flag.long {
        let _ = match flag.takes {
            Takes::Nothing => writeln!(out, "    '*{long}[{help}]' \\"),
            Takes::Value(what) => writeln!(out, "    '*{long}=[{help}]:{}:{action}' \\", quote_zsh(what)),
            Takes::Maybe(what) => writeln!(out, "    '*{long}=-[{help}]::{}:{action}' \\", quote_zsh(what)),
        };
    }
}

fn zsh_action(completes: Completes) -> String {
    match completes {
        Completes::Free => " ".to_owned(),
        Completes::Files => "_files".to_owned(),
        Completes::Pids => "_pids".to_owned(),
        Completes::Users => "_users".to_owned(),
        Completes::Command => "_command_names -e".to_owned(),
        Completes::Words(_) | Completes::From(_) => format!("({})", listed(completes).unwrap_or_default().join(" ")),
    }
}

fn fish() -> String {
    let mut out = String::from("# Completion of tracer for fish.\n");
    let _ = write!(
        out,
        "function __tracer_is\n    set -l words (commandline -opc)\n    set -l command {}\n    if contains -- \"$words[2]\" {}\n        set command $words[2]\n    end\n    test \"$command\" = $argv[1]\nend\n",
        TRACE.name,
        names(" "),
    );
    for command in COMMANDS {
        let _ = writeln!(
            out,
            "complete -c tracer -n __fish_is_first_token -a {} -d '{}'",
            command.name,
            quote_fish(command.summary)
        );
    }
    for command in COMMANDS {
        let condition = format!("complete -c tracer -n '__tracer_is {}'", command.name);
        for flag in flags(command) {
            fish_option(&mut out, &condition, flag);
        }
        let _ = match command.words {
            Completes::Command => writeln!(out, "{condition} -x -a '(__fish_complete_subcommand)'"),
            words => writeln!(out, "{condition}{}", fish_value(words)),
        };
    }
    out
}

fn fish_option(out: &mut String, condition: &str, flag: &Flag) {
    let help = quote_fish(first_sentence(flag.help));
    let mut line = condition.to_owned();
    match flag.short.and_then(|short| short.strip_prefix('-')) {
        Some(letter) => {
            let _ = write!(line, " -s {}", if letter == "?" { "'?'" } else { letter });
        }
        // What fish does not take for an option is a word.
        None if flag.short.is_some() => {
            let _ = write!(line, " -a '{}'", flag.name());
        }
        None => {}
    }
    for long in flag.long {
        let _ = write!(line, " -l {}", &long[2..]);
    }
    if let Takes::Value(_) = flag.takes {
        line += &fish_value(flag.completes);
    }
    let _ = writeln!(out, "{line} -d '{help}'");
}

fn fish_value(completes: Completes) -> String {
    match completes {
        Completes::Free => " -x".to_owned(),
        Completes::Files => " -r -F".to_owned(),
        Completes::Pids => " -x -a '(__fish_complete_pids)'".to_owned(),
        Completes::Users => " -x -a '(__fish_complete_users)'".to_owned(),
        Completes::Command => " -x -a '(__fish_complete_command)'".to_owned(),
        Completes::Words(_) | Completes::From(_) => {
            format!(" -x -a '{}'", listed(completes).unwrap_or_default().join(" "))
        }
    }
}

/// Inside single quotes, where brackets and colons mean something to `_arguments`.
fn quote_zsh(text: &str) -> String {
    text.replace('\'', "'\\''").replace('[', "\\[").replace(']', "\\]").replace(':', "\\:")
}

fn quote_fish(text: &str) -> String {
    text.replace('\\', "\\\\").replace('\'', "\\'")
}
