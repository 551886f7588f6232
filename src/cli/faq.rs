//! `botmother faq …`: lists of questions of a bot of the running daemon, as files; and what a question is answered.

use std::fs;
use std::io::Read;
use std::path::Path;
use std::time::Duration;

use super::args::faq::{FaqAct, FaqWanted};
use super::client::Client;
use super::{Exit, Failed, print, send};
use crate::base::json::{Fields, Object};
use crate::base::limits;
use crate::config::Config;

/// Does what was asked for.
pub(super) fn run(config: &Config, wanted: &FaqWanted) -> Result<(), Failed> {
    let mut client = client(config, wanted)?;
    match &wanted.act {
        FaqAct::Import { file, is_more } => import(&mut client, wanted, (file, *is_more)),
        FaqAct::Export => {
            let query = [("name", wanted.list()), ("format", wanted.format.as_deref().unwrap_or("csv"))];
            let answer = client.get("/bot/faq/export", &query, Duration::ZERO)?;
            print(text(&answer, "text"));
            Ok(())
        }
        FaqAct::Ask(question) => ask(&mut client, wanted, question),
    }
}

fn client(config: &Config, wanted: &FaqWanted) -> Result<Client, Failed> {
    let mut tokens = send::tokens(config, wanted.bot.as_deref(), wanted.token_file.as_deref())?;
    match (tokens.pop(), tokens.is_empty()) {
        (Some(token), true) => Ok(Client::new(config).with_token(token)),
        (None, _) => {
            Err(Failed::new(Exit::Failed, "there is no bot that is switched on; `botmother bot create` makes one"))
        }
        _ => Err(Failed::new(Exit::Usage, "there are several bots; --bot says which, `botmother bot list` shows them")),
    }
}

fn import(client: &mut Client, wanted: &FaqWanted, (file, is_more): (&Path, bool)) -> Result<(), Failed> {
    let end = file.extension().and_then(|end| end.to_str()).map(str::to_lowercase);
    let Some(format) = wanted.format.clone().or(end) else {
        return Err(Failed::new(Exit::Usage, "--format says how it is written: csv, tsv or json"));
    };
    let text = read(file)?;
    let body = Object::new().text("name", wanted.list()).text("format", &format).text("text", &text);
    let answer = client.post("/bot/faq/import", body.truth("add", is_more))?;
    let count = answer.number("entries").ok().flatten().unwrap_or_default();
    print(format_args!(
        "{count} questions are in the list {} now{}\n",
        wanted.list(),
        if is_more { ", beside those that were" } else { "" }
    ));
    Ok(())
}

fn read(file: &Path) -> Result<String, Failed> {
    let wrong = |error: std::io::Error| {
        let why = crate::base::text::plain(&error);
        Failed::new(Exit::Io, format!("{} cannot be read: {why}", file.display()))
    };
    let mut text = String::new();
    let most = limits::CREATE_BODY_BYTES_MAX as u64;
    match file.to_str() {
        Some("-") => std::io::stdin().take(most).read_to_string(&mut text).map_err(wrong)?,
        _ => fs::File::open(file).and_then(|file| file.take(most).read_to_string(&mut text)).map_err(wrong)?,
    };
    if text.len() as u64 == most {
        let why = format!("{} is too large: at most {} KiB; --add brings more", file.display(), most / 1024);
        return Err(Failed::new(Exit::Failed, why));
    }
    Ok(text)
}

fn ask(client: &mut Client, wanted: &FaqWanted, question: &str) -> Result<(), Failed> {
    let body = Object::new().text("text", question).text_if("name", wanted.list.as_deref());
    let answer = client.post("/bot/faq/ask", body)?;
    let is_answered = answer.truth("fallback") == Ok(Some(false));
    if is_answered {
        print(format_args!("{}\n\n{}\n", text(&answer, "answer"), candidate(&answer)));
    }
    let others = answer.need_objects("suggestions").map_err(|wrong| Failed::new(Exit::Failed, wrong.to_string()))?;
    others.iter().for_each(|other| print(format_args!("{}\n", candidate(other))));
    match is_answered || !others.is_empty() {
        true => Ok(()),
        false => Err(Failed::new(Exit::Failed, "nothing is similar to that")),
    }
}

fn candidate(hit: &Fields) -> String {
    let score = hit.decimal("score").ok().flatten().unwrap_or_default();
    format!("{score:.2}  {}", text(hit, "question"))
}

fn text(fields: &Fields, key: &str) -> String {
    fields.text(key).ok().flatten().unwrap_or_default().to_string()
}
