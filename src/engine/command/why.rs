//! `/why`: a bot explains its silence. The way of the message that it is a reply to, of one named by its id, or of the last
//! ones in the chat. Who is not the owner learns of his own messages only.

use std::fmt::Write;

use crate::base::id::BotId;
use crate::base::jid::BareJid;
use crate::base::remedy::Place;
use crate::base::time::to_rfc3339;
use crate::core::batch::Trouble;
use crate::core::handle::WhyInfo;
use crate::core::texts::why;
use crate::engine::Engine;
use crate::engine::command::{Chat, parse};
use crate::store::row::Heading;

/// What it is called.
const WORDS: [&str; 2] = ["why", "warum"];

type Answer = Result<String, Trouble>;

/// Whether it is this command.
pub(crate) fn is_it(body: &str) -> bool {
    parse(body).is_some_and(|(word, _)| WORDS.contains(&word.as_str()))
}

/// `/why` as a reply to a message is about that.
pub(crate) fn with_reply(body: &str, reply_to: Option<&str>) -> Option<String> {
    let (word, arguments) = parse(body)?;
    let is_bare = WORDS.contains(&word.as_str()) && arguments.is_empty();
    reply_to.filter(|_| is_bare).map(|id| format!("/{word} {id}"))
}

/// In a bot's own chat.
pub(super) fn in_chat(engine: &mut Engine, chat: &Chat, arguments: &str) -> Answer {
    explain(engine, &[chat.bot], &chat.who, arguments)
}

/// With the manager: about all the bots that speak there, and any bot of the owner's where a message is named.
pub(super) fn with_manager(engine: &mut Engine, owner: &BareJid, arguments: &str) -> Answer {
    let bots: Vec<BotId> = match arguments.is_empty() {
        true => engine.core.batch.personal_bots(owner).map(|bot| bot.row.id).collect(),
        false => engine.core.batch.bots_of(owner).iter().map(|bot| bot.row.id).collect(),
    };
    explain(engine, &bots, owner, arguments)
}

fn explain(engine: &Engine, bots: &[BotId], who: &BareJid, id: &str) -> Answer {
    let language = engine.core.batch.setup.settings.language;
    if !id.is_empty() {
        for bot in bots {
            if let Some(info) = find(engine, *bot, who, id)? {
                return told(engine, *bot, who, &info);
            }
        }
        return Ok(why::WHY_UNKNOWN.fill(language, &[("id", id)]));
    }
    let mut all = Vec::new();
    for heading in [Heading::In, Heading::Out] {
        let mut last: Option<(BotId, WhyInfo)> = None;
        for bot in bots {
            let Some(id) = engine.upkeep.ways.last(&engine.core, *bot, who, heading)? else { continue };
            let Some(info) = find(engine, *bot, who, &id)? else { continue };
            let begin = |info: &WhyInfo| info.steps.first().and_then(|step| step.at_ms);
            if last.as_ref().is_none_or(|(_, known)| begin(known) < begin(&info)) {
                last = Some((*bot, info));
            }
        }
        if let Some((bot, info)) = last {
            all.push(told(engine, bot, who, &info)?);
        }
    }
    if all.is_empty() { Ok(why::WHY_NOTHING.fill(language, &[])) } else { Ok(all.join("\n\n")) }
}

/// The way of a message, for its bot's program.
pub(crate) fn of_message(engine: &Engine, bot: BotId, id: &str) -> Result<WhyInfo, Trouble> {
    let state = engine.channels.xmpp.accounts.bot_state(&engine.core.batch, engine.core.batch.bot(bot)?)?;
    engine.upkeep.ways.explain(&engine.core, bot, id, &state)
}

/// The same, if he may hear of it.
fn find(engine: &Engine, bot: BotId, who: &BareJid, id: &str) -> Result<Option<WhyInfo>, Trouble> {
    let known = engine.core.batch.bot(bot)?;
    let info = match of_message(engine, bot, id) {
        Ok(info) => info,
        Err(Trouble::Failure(_)) => return Ok(None),
        Err(trouble) => return Err(trouble),
    };
    let is_his = known.row.owner == *who || BareJid::parse_any(&info.peer).is_ok_and(|peer| peer == *who);
    Ok(is_his.then_some(info))
}

fn told(engine: &Engine, bot: BotId, who: &BareJid, info: &WhyInfo) -> Answer {
    let language = engine.core.batch.setup.settings.language;
    let head = match (info.is_out, info.peer == who.as_str()) {
        (true, _) => &why::HEAD_OUT,
        (false, true) => &why::HEAD_IN,
        (false, false) => &why::HEAD_OTHER,
    };
    let values = [("name", engine.core.batch.bot(bot)?.row.name.as_str()), ("who", info.peer.as_str())];
    let mut out = head.fill(language, &values);
    for step in &info.steps {
        let time = step.at_ms.map(to_rfc3339).unwrap_or_default();
        let time = time.get(11..19).unwrap_or("→");
        let _ = write!(out, "\n{time} {}", step.say(Place::Chat(language)));
    }
    Ok(out)
}
