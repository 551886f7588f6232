//! `botmother why`: the way of a message, for whoever looks for it on the command line.

use std::time::Duration;

use super::args::WhyAsked;
use super::client::Client;
use super::{Exit, Failed, print, send};
use crate::base::json::Fields;
use crate::base::time::to_rfc3339;
use crate::config::Config;

/// `why`
pub(super) fn run(config: &Config, asked: &WhyAsked) -> Result<(), Failed> {
    let mut unknown = None;
    for token in send::tokens(config, asked.bot.as_deref(), asked.token_file.as_deref())? {
        let mut client = Client::new(config).with_token(token);
        match client.get("/bot/why", &[("message_id", &asked.message_id)], Duration::ZERO) {
            Ok(answer) => return show(&answer),
            // Another bot may know it.
            Err(failed) if failed.exit == Exit::Failed => unknown = Some(failed),
            Err(failed) => return Err(failed),
        }
    }
    Err(unknown.unwrap_or_else(|| Failed::new(Exit::Failed, "no bot is switched on and has a token")))
}

/// A line for each step.
fn show(answer: &Fields) -> Result<(), Failed> {
    let text = |key: &str| answer.text(key).ok().flatten().unwrap_or_default();
    let head = if text("direction") == "out" { "said by the bot to" } else { "said to the bot by" };
    let mut out = format!("{} {head} {}\n", text("message_id"), text("with"));
    for step in answer.need_objects("steps").map_err(|wrong| Failed::new(Exit::Failed, wrong.to_string()))? {
        let time = step.number("at_ms").ok().flatten().map(to_rfc3339).unwrap_or_else(|| "now".to_string());
        let text = |key: &str| step.text(key).ok().flatten().unwrap_or_default();
        out.push_str(&format!("{time:<24}  {:<18}  {}\n", text("what"), text("text")));
    }
    print(out);
    Ok(())
}
