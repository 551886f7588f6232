//! Help pages, made from the table; `botmother help config` adds all keys of the configuration.

use std::fmt::Write;

use super::EXITS;
use super::table::{COMMANDS, CommandRow, GROUPS, OPTIONS, OptionRow};
use crate::config;

/// The page for a command's path, a group, or for all when empty.
pub(super) fn page(topic: &str) -> String {
    match COMMANDS.iter().find(|row| row.path == topic) {
        Some(row) => command_page(row),
        None => match GROUPS.iter().find(|(group, _)| *group == topic) {
            Some((group, text)) => group_page(group, text),
            None => overview(),
        },
    }
}

fn overview() -> String {
    let mut out = String::from(
        "botmother - a bot server for XMPP, with an HTTP API on this machine\n\n\
         usage: botmother [OPTIONS] [COMMAND]\n\n\
         Without a command it runs the server. First steps, in two terminals:\n\n\
         \x20 botmother                            runs the server\n\
         \x20 botmother chat                       talks to it; type /help there\n\
         \x20 botmother account add you@server     lets it speak through your XMPP account\n\ncommands:\n",
    );
    commands(&mut out, COMMANDS.iter());
    out.push_str("\noptions, before or after the command:\n");
    options(&mut out, OPTIONS.iter().filter(|row| row.is_common()), "");
    out.push_str("\nexit codes:\n");
    for (exit, text) in EXITS {
        let _ = writeln!(out, "  {:<3} {text}", *exit as u8);
    }
    out.push_str(
        "\n`botmother COMMAND --help` tells more. The configuration is explained by `botmother help config`.\n",
    );
    out
}

fn group_page(group: &str, text: &str) -> String {
    let mut out = format!("usage: botmother {group} COMMAND\n\n{text}\n\ncommands:\n");
    commands(&mut out, COMMANDS.iter().filter(|row| row.path.split(' ').next() == Some(group)));
    if group == "config" {
        let _ = write!(
            out,
            "\nThe file is the first that exists of: --config FILE, $BOTMOTHER_CONFIG, $XDG_CONFIG_HOME/botmother/config.toml\n\
             (mostly ~/.config/botmother/config.toml), /etc/botmother/config.toml. Without one the defaults hold. The\n\
             environment goes before the file, options go before the environment. All keys with their defaults:\n\n{}",
            config::explain()
        );
    }
    out
}

fn command_page(row: &CommandRow) -> String {
    let read = OPTIONS.iter().filter(|option| option.brief(row.path).is_some());
    let (common, own): (Vec<_>, Vec<_>) = read.partition(|option| option.is_common());
    let space = if row.words.is_empty() { "" } else { " " };
    let brackets = if own.is_empty() { "" } else { " [OPTIONS]" };
    let mut out = format!("usage: botmother {}{space}{}{brackets}\n\n", row.path, row.words);
    let mut brief = row.brief.chars();
    out.extend(brief.next().map(|first| first.to_ascii_uppercase()));
    let _ = writeln!(out, "{}.", brief.as_str());
    if !row.text.is_empty() {
        let _ = writeln!(out, "\n{}", row.text);
    }
    if !own.is_empty() {
        out.push_str("\noptions:\n");
        options(&mut out, own.into_iter(), row.path);
    }
    out.push_str("\noptions of all commands:\n");
    options(&mut out, common.into_iter(), row.path);
    if !row.examples.is_empty() {
        out.push_str("\nexamples:\n");
        for example in row.examples {
            let _ = writeln!(out, "  {example}");
        }
    }
    out
}

fn commands<'a>(out: &mut String, rows: impl Iterator<Item = &'a CommandRow>) {
    for row in rows {
        let _ = writeln!(out, "  {:<22} {}", format!("{} {}", row.path, row.words), row.brief);
    }
}

fn options<'a>(out: &mut String, rows: impl Iterator<Item = &'a OptionRow>, path: &str) {
    for row in rows {
        // Behind `send` some letters are what they are to sendxmpp.
        let short = row.short.filter(|short| path != "send" || !"cdp".contains(*short));
        let short = short.map_or("    ".to_string(), |short| format!("-{short}, "));
        let _ = writeln!(
            out,
            "  {:<24} {}",
            format!("{short}--{} {}", row.long, row.value),
            row.brief(path).unwrap_or_default()
        );
    }
}
