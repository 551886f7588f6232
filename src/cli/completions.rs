//! What a shell completes after `botmother`, made from the table: `botmother completions bash`, `zsh` or `fish`.

use std::fmt::Write;

use super::args::made::{ACCESS, ENCRYPT, MODES};
use super::table::{COMMANDS, GROUPS, OPTIONS, OptionRow};

/// What there are scripts for.
const SHELLS: [&str; 3] = ["bash", "zsh", "fish"];

/// A word that may come, and what it is.
type Word = (&'static str, &'static str);

/// The shell of this name, or what is wrong with it.
pub(super) fn shell(name: &str) -> Result<&'static str, String> {
    let found = SHELLS.into_iter().find(|shell| *shell == name);
    found.ok_or_else(|| format!("SHELL must be {}, not {name}", SHELLS.join(" or ")))
}

/// The script for one of [`SHELLS`].
pub(super) fn script(shell: &str) -> String {
    match shell {
        "fish" => fish(),
        "zsh" => zsh(),
        _ => bash(),
    }
}

/// What the value of an option is.
enum Value {
    None,
    File,
    Free,
    OneOf(&'static [&'static str]),
}

fn value(option: &OptionRow) -> Value {
    match (option.long, option.value) {
        (_, "") => Value::None,
        (_, "FILE" | "F" | "DIR") => Value::File,
        ("mode", _) => Value::OneOf(&MODES),
        ("access", _) => Value::OneOf(&ACCESS),
        ("encrypt", _) => Value::OneOf(&ENCRYPT),
        _ => Value::Free,
    }
}

/// The words that may follow these: commands for none, verbs for a group, and what a command takes.
fn words(path: &str) -> Vec<Word> {
    let group = |path: &str| GROUPS.iter().find(|(group, _)| *group == path);
    match path {
        "" | "help" => {
            let single = COMMANDS.iter().filter(|row| !row.path.contains(' ')).map(|row| (row.path, row.brief));
            single.chain(GROUPS.iter().copied()).collect()
        }
        "completions" => SHELLS.iter().map(|shell| (*shell, "")).collect(),
        path if group(path).is_some() => {
            let verbs = COMMANDS.iter().filter_map(|row| Some((row.path.split_once(' ')?, row.brief)));
            verbs.filter(|((group, _), _)| *group == path).map(|((_, verb), brief)| (verb, brief)).collect()
        }
        _ => Vec::new(),
    }
}

/// All places of a command line: none yet, groups, commands; and whether further words may stand before the cursor.
fn places() -> impl Iterator<Item = (&'static str, bool)> {
    let groups = GROUPS.iter().map(|(group, _)| (*group, false));
    [("", false)].into_iter().chain(groups).chain(COMMANDS.iter().map(|row| (row.path, true)))
}

/// Options that may stand at a place, with what each is for.
fn options(path: &'static str) -> impl Iterator<Item = (&'static OptionRow, &'static str)> {
    OPTIONS.iter().filter_map(move |row| Some((row, row.brief(path)?)))
}

/// In single quotes.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// `--config|-c|--data|-d`: the options whose value is such.
fn names(wanted: fn(&Value) -> bool) -> String {
    let mut names = Vec::new();
    for row in OPTIONS.iter().filter(|row| wanted(&value(row))) {
        names.push(format!("--{}", row.long));
        names.extend(row.short.map(|short| format!("-{short}")));
    }
    names.join("|")
}

/// Branches on the word before the cursor: what completes an option's value in this shell.
fn values(files: &str, one_of: &str) -> String {
    let mut out = format!("    {}) {files}; return ;;\n", names(|value| matches!(value, Value::File)));
    for row in OPTIONS {
        if let Value::OneOf(words) = value(row) {
            let _ = writeln!(out, "    --{}) {}; return ;;", row.long, one_of.replace("WORDS", &words.join(" ")));
        }
    }
    let _ = writeln!(out, "    {}) return ;;", names(|value| matches!(value, Value::Free)));
    out
}

/// A loop that leaves the words of the command in `place`, without options and their values.
fn find_place(all: &str) -> String {
    let with_value = names(|value| !matches!(value, Value::None));
    format!(
        "  for word in {all}; do\n    if [[ -n $skip ]]; then skip=; continue; fi\n    case $word in\n      \
         {with_value}) skip=1 ;;\n      -*) ;;\n      *) place+=\"${{place:+ }}$word\" ;;\n    esac\n  done\n"
    )
}

fn bash() -> String {
    let mut out = String::from(
        "# eval \"$(botmother completions bash)\"\n_botmother() {\n  local word skip= place= words=\n  COMPREPLY=()\n  \
         local now=${COMP_WORDS[COMP_CWORD]}\n  case ${COMP_WORDS[COMP_CWORD-1]} in\n",
    );
    out += &values(
        r#"compopt -o filenames 2>/dev/null || :; COMPREPLY=($(compgen -f -- "$now"))"#,
        r#"COMPREPLY=($(compgen -W "WORDS" -- "$now"))"#,
    );
    out += "  esac\n";
    out += &find_place("\"${COMP_WORDS[@]:1:COMP_CWORD-1}\"");
    out += "  case $place in\n";
    for (path, further) in places() {
        let commands = words(path).into_iter().map(|(word, _)| word.to_string());
        let all: Vec<String> = commands.chain(options(path).map(|(row, _)| format!("--{}", row.long))).collect();
        let _ = writeln!(out, "    '{path}'{}) words='{}' ;;", if further { "*" } else { "" }, all.join(" "));
    }
    out + "  esac\n  COMPREPLY=($(compgen -W \"$words\" -- \"$now\"))\n}\ncomplete -F _botmother botmother\n"
}

fn zsh() -> String {
    let mut out = String::from(
        "# eval \"$(botmother completions zsh)\"\n_botmother() {\n  local word skip= place=\n  local -a all\n  \
         case $words[CURRENT-1] in\n",
    );
    out += &values("_files", "compadd WORDS");
    out += "  esac\n";
    out += &find_place("\"${(@)words[2,CURRENT-1]}\"");
    out += "  case $place in\n";
    for (path, further) in places() {
        let _ = writeln!(out, "    '{path}'{}) all=(", if further { "*" } else { "" });
        let commands = words(path).into_iter().map(|(word, brief)| (word.to_string(), brief));
        for (word, brief) in commands.chain(options(path).map(|(row, brief)| (format!("--{}", row.long), brief))) {
            let _ = writeln!(out, "      {}", quoted(&format!("{word}:{brief}")));
        }
        out += "    ) ;;\n";
    }
    out + "  esac\n  _describe botmother all\n}\ncompdef _botmother botmother\n"
}

fn fish() -> String {
    let seen = |word: &str| format!("__fish_seen_subcommand_from {word}");
    let quoted = |text: &str| format!("'{}'", text.replace('\\', r"\\").replace('\'', r"\'"));
    let mut out = String::from("# botmother completions fish | source\ncomplete -c botmother -f\n");
    for (path, _) in places() {
        let below = words(path);
        let list: Vec<&str> = below.iter().map(|(word, _)| *word).collect();
        let here = match path {
            "" => "__fish_use_subcommand".to_string(),
            path => format!("{}; and not {}", seen(path), seen(&list.join(" "))),
        };
        for (word, brief) in &below {
            let _ = writeln!(out, "complete -c botmother -n {} -a {word} -d {}", quoted(&here), quoted(brief));
        }
    }
    for row in OPTIONS {
        let kind = match value(row) {
            Value::None => String::new(),
            Value::File => " -r -F".to_string(),
            Value::Free => " -x".to_string(),
            Value::OneOf(words) => format!(" -x -a {}", quoted(&words.join(" "))),
        };
        for (commands, brief) in row.uses {
            let short = row.short.map_or(String::new(), |short| format!(" -s {short}"));
            let rest = format!("-l {}{short}{kind} -d {}", row.long, quoted(brief));
            for path in *commands {
                let here = path.split(' ').map(seen).collect::<Vec<_>>().join("; and ");
                let _ = writeln!(out, "complete -c botmother -n {} {rest}", quoted(&here));
            }
            if commands.is_empty() {
                let _ = writeln!(out, "complete -c botmother {rest}");
            }
        }
    }
    out
}
