//! `botmother flow …`: whether a flow can work, and a conversation with it in the terminal. No daemon is needed.

use std::fs;
use std::io::{BufRead, IsTerminal};
use std::path::Path;

use super::args::flow::{FlowAct, FlowWanted};
use super::{Exit, Failed, print, unix_now};
use crate::base::limits;
use crate::base::text::plain;
use crate::brain::faq::{self, FaqForm};
use crate::brain::flow::{Flow, FlowPlayer, FlowStage};

/// Does what was asked for.
pub(super) fn run(wanted: &FlowWanted) -> Result<(), Failed> {
    let (flow, shown) = (read(&wanted.file)?, wanted.file.display());
    match wanted.act {
        FlowAct::Check => {
            print(format_args!("{shown} is right: {}\n", flow.size()));
            Ok(())
        }
        FlowAct::Test { shows_vars, seed } => {
            let mut stage = FlowStage::new(unix_now(), seed.unwrap_or(1));
            for domain in flow.domains() {
                bring(&mut stage, &wanted.file, domain)?;
            }
            talk(FlowPlayer::new(flow, stage), shows_vars)
        }
    }
}

fn read(file: &Path) -> Result<Flow, Failed> {
    let text = contents(file)?;
    Flow::read(&text).map_err(|faults| {
        let lines: Vec<String> =
            faults.iter().map(|fault| format!("{}:{}: {}", file.display(), fault.line, fault.what)).collect();
        Failed::new(Exit::Failed, lines.join("\n"))
    })
}

fn contents(file: &Path) -> Result<String, Failed> {
    let wrong =
        |error: std::io::Error| Failed::new(Exit::Io, format!("{} cannot be read: {}", file.display(), plain(&error)));
    let size = fs::metadata(file).map_err(wrong)?.len();
    if size > 2 * limits::FLOW_BYTES_MAX as u64 {
        return Err(Failed::new(Exit::Failed, format!("{} is too large: {size} bytes", file.display())));
    }
    fs::read_to_string(file).map_err(wrong)
}

/// The list of questions of a domain, which stands beside the flow under its name.
fn bring(stage: &mut FlowStage, file: &Path, domain: &str) -> Result<(), Failed> {
    for (end, form) in [("csv", FaqForm::Csv), ("tsv", FaqForm::Tsv), ("json", FaqForm::Json)] {
        let list = file.with_file_name(format!("{domain}.{end}"));
        if !domain.contains('/') && list.exists() {
            let entries = faq::read(form, &contents(&list)?);
            let wrong = |fault| Failed::new(Exit::Failed, format!("{}: {fault}", list.display()));
            stage.add_list(domain, entries.map_err(wrong)?);
            return Ok(());
        }
    }
    print(format_args!("the list {domain} is empty: there is no {domain}.csv beside the flow\n"));
    Ok(())
}

fn talk(mut player: FlowPlayer, shows_vars: bool) -> Result<(), Failed> {
    let is_terminal = std::io::stdin().is_terminal();
    if is_terminal {
        print(
            "Write as somebody who talks to the bot; ! before an event, ? before the answer of a resource. Ctrl-D ends.\n",
        );
    }
    let prompt = || {
        if is_terminal {
            print("> ")
        }
    };
    prompt();
    for line in std::io::stdin().lock().lines() {
        let line = line.map_err(|error| Failed::new(Exit::Io, plain(&error)))?;
        if !line.trim().is_empty() {
            match player.take(line.trim()) {
                Ok(lines) => lines.iter().for_each(|line| print(format_args!("{line}\n"))),
                Err(why) => print(format_args!("= {why}\n")),
            }
            if shows_vars {
                print(format_args!("# {}\n", player.state()));
            }
        }
        prompt();
    }
    Ok(())
}
