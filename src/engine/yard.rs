//! What programs and managers ask that know bots by ULIDs, as far as it takes more than the core.

use crate::base::id::BotId;
use crate::core::batch::{Trouble, Verdict};
use crate::core::failure::Failure;
use crate::core::handle::{Answer, FileQuery, NewBot, NewProfile, YardAnswer, YardProfile, YardQuestion};
use crate::core::owner::local_owner;
use crate::core::yard::no_bot;
use crate::engine::Engine;

/// By a bot's program.
pub(super) fn ask(engine: &mut Engine, bot: BotId, question: &YardQuestion) -> Result<Verdict, Trouble> {
    let answer = match question {
        YardQuestion::Change(new) => {
            change(engine, bot, new)?;
            YardAnswer::Bot(engine.core.batch.bot_card(bot)?)
        }
        other => engine.core.ask_yard(bot, other)?,
    };
    Ok(answered(answer))
}

/// A file that somebody has sent, for anybody who knows where it lies.
pub(super) fn find_file(engine: &Engine, path: &str) -> Result<Verdict, Trouble> {
    let row = engine.core.batch.store.find_web_file_at(path)?;
    let row = row.ok_or_else(|| Failure::NotFound("file not found".to_string()))?;
    Ok(answered(YardAnswer::Files(vec![row])))
}

/// `getFile`: of a file that lies here, or of one that the bot was told of elsewhere.
pub(super) fn get_file(engine: &mut Engine, bot: BotId, query: &FileQuery) -> Result<Verdict, Trouble> {
    match engine.core.batch.get_page_file(bot, query)? {
        Some(answer) => Ok(Verdict::Outcome(Ok(answer))),
        None => engine.channels.xmpp.get_file(&mut engine.core, bot, query),
    }
}

/// By whoever has management rights.
pub(super) fn manage(engine: &mut Engine, question: &YardQuestion) -> Result<Verdict, Trouble> {
    let answer = match question {
        YardQuestion::Create(new) => {
            let bot = create(engine, new)?;
            let key = engine.core.batch.new_bot_key(bot)?;
            YardAnswer::Made(engine.core.batch.bot_card(bot)?, key)
        }
        YardQuestion::Delete(ulid) => {
            let bot = named(engine, ulid)?;
            return engine.delete_and_remove(bot);
        }
        YardQuestion::Key(ulid) => {
            let bot = named(engine, ulid)?;
            YardAnswer::Key(engine.core.batch.bot_key(bot)?)
        }
        YardQuestion::NewKey(ulid) => {
            let bot = named(engine, ulid)?;
            YardAnswer::Key(engine.core.batch.new_bot_key(bot)?)
        }
        _ => return engine.core.batch.refuse_login("a bot's key is needed"),
    };
    Ok(answered(answer))
}

fn answered(answer: YardAnswer) -> Verdict {
    Verdict::Outcome(Ok(Answer::Yard(Box::new(answer))))
}

fn named(engine: &mut Engine, ulid: &str) -> Result<BotId, Trouble> {
    Ok(engine.core.batch.bot_of_ulid(ulid)?.ok_or_else(no_bot)?)
}

/// A bot of the built-in account, listed at once: whoever makes it here wants it seen by people with a browser.
fn create(engine: &mut Engine, new: &YardProfile) -> Result<BotId, Trouble> {
    engine.core.batch.check_profile(new, None)?;
    let name = new.name.as_deref().unwrap_or_default();
    let bot = engine.core.create_bot(&NewBot::new(name, local_owner()), None)?;
    if let Some(description) = &new.description {
        engine.core.describe_bot(bot, description)?;
    }
    engine.core.batch.keep_page_avatar(bot, new)?;
    engine.core.batch.list_bot(bot)?;
    Ok(bot)
}

fn change(engine: &mut Engine, bot: BotId, new: &YardProfile) -> Result<(), Trouble> {
    engine.core.batch.check_profile(new, Some(bot))?;
    if new.name.is_some() || new.description.is_some() {
        let profile = NewProfile { bot, name: new.name.clone(), description: new.description.clone(), avatar: None };
        engine.channels.xmpp.set_profile(&mut engine.core, &profile)?;
    }
    engine.core.batch.keep_page_avatar(bot, new)
}
