//! Table `ai_turn`: what people asked a bot's AI, and what it answered; and the settings of AIs, under DinoX's keys
//! (§9.2). A question is a row as soon as it is accepted, so that a restart forgets none.

use rusqlite::Row;

use crate::base::id::BotId;
use crate::base::jid::Jid;
use crate::store::row::{AiPlace, AiQuestion, AiRank, AiRow};
use crate::store::{Error, Store};

impl Store {
    /// How an AI of a bot is set up; `None` when it is not.
    pub fn ai(&self, bot: BotId, rank: AiRank) -> Result<Option<AiRow>, Error> {
        let prefix = prefix(bot, rank);
        let end = format!("{}`", prefix.trim_end_matches('_'));
        // '`' follows '_': the range holds what begins with the prefix.
        let all = self.rows("SELECT key, value FROM settings WHERE key >= ? AND key < ?", &[&prefix, &end], |row| {
            Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?))
        })?;
        let text = |name: &str| {
            let found = all.iter().find(|(key, _)| key.strip_prefix(prefix.as_str()) == Some(name));
            found.map(|(_, value)| value.clone()).filter(|value| !value.is_empty())
        };
        let number = |name: &str| text(name).and_then(|value| value.parse().ok());
        let Some(provider) = text("type") else { return Ok(None) };
        let key = self.opened(&key_place(&prefix), text("key"))?;
        Ok(Some(AiRow {
            provider,
            endpoint: text("endpoint").unwrap_or_default(),
            key: key.unwrap_or_default(),
            model: text("model").unwrap_or_default(),
            system: text("system").unwrap_or_default(),
            is_enabled: text("enabled").as_deref() == Some("true"),
            max_tokens: number("max_tokens"),
            temperature: number("temperature"),
            timeout_s: number("timeout"),
            is_streaming: text("stream").is_some(),
            is_confined: text("confined").is_some(),
        }))
    }

    /// Keeps how an AI of a bot is set up.
    pub fn store_ai(&mut self, bot: BotId, rank: AiRank, row: &AiRow) -> Result<(), Error> {
        let prefix = prefix(bot, rank);
        let flag = |is_set: bool| if is_set { "true".to_string() } else { String::new() };
        let number = |value: Option<u32>| value.map(|value| value.to_string()).unwrap_or_default();
        let key = self.sealed(&key_place(&prefix), Some(&row.key)).unwrap_or_default();
        for (name, value) in [
            ("type", row.provider.clone()),
            ("endpoint", row.endpoint.clone()),
            ("key", key),
            ("model", row.model.clone()),
            ("system", row.system.clone()),
            ("enabled", row.is_enabled.to_string()),
            ("max_tokens", number(row.max_tokens)),
            ("temperature", number(row.temperature)),
            ("timeout", number(row.timeout_s)),
            ("stream", flag(row.is_streaming)),
            ("confined", flag(row.is_confined)),
        ] {
            let name = format!("{prefix}{name}");
            if value.is_empty() { self.delete_setting(&name)? } else { self.store_setting(&name, &value)? }
        }
        Ok(())
    }

    /// Forgets how an AI of a bot is set up.
    pub fn delete_ai(&mut self, bot: BotId, rank: AiRank) -> Result<(), Error> {
        let prefix = prefix(bot, rank);
        let end = format!("{}`", prefix.trim_end_matches('_'));
        self.write("DELETE FROM settings WHERE key >= ? AND key < ?", &[&prefix, &end])?;
        Ok(())
    }

    /// Keeps a question that is to be answered; gives its number.
    pub fn insert_ai_question(&mut self, question: &AiQuestion, now_s: i64) -> Result<i64, Error> {
        self.insert(
            "INSERT INTO ai_turn (bot_id, peer, place, recipient, question, created_at) VALUES (?, ?, ?, ?, ?, ?)",
            &[
                &question.bot.0,
                &question.peer,
                &question.place.as_str(),
                &question.recipient.as_ref().map(|jid| jid.as_str()),
                &&*question.question,
                &now_s,
            ],
        )
    }

    /// Keeps what a question was answered, and of its conversation only the last `keep` turns.
    pub fn store_ai_answer(&mut self, id: i64, answer: &str, keep: usize) -> Result<(), Error> {
        self.write("UPDATE ai_turn SET answer = ? WHERE id = ?", &[&answer, &id])?;
        self.write(
            "DELETE FROM ai_turn WHERE answer IS NOT NULL AND (bot_id, peer) = (SELECT bot_id, peer FROM ai_turn WHERE id = ?1)
             AND id NOT IN (SELECT t.id FROM ai_turn t JOIN ai_turn a ON a.id = ?1 AND t.bot_id = a.bot_id
             AND t.peer = a.peer WHERE t.answer IS NOT NULL ORDER BY t.id DESC LIMIT ?2)",
            &[&id, &i64::try_from(keep).unwrap_or(i64::MAX)],
        )?;
        Ok(())
    }

    /// Forgets a question that gets no answer.
    pub fn delete_ai_question(&mut self, id: i64) -> Result<(), Error> {
        self.write("DELETE FROM ai_turn WHERE id = ?", &[&id])?;
        Ok(())
    }

    /// Questions without an answer, oldest first, with their numbers.
    pub fn list_ai_questions(&self) -> Result<Vec<(i64, AiQuestion)>, Error> {
        self.rows(
            "SELECT id, bot_id, peer, place, recipient, question FROM ai_turn WHERE answer IS NULL ORDER BY id",
            &[],
            read_question,
        )
    }

    /// The last questions and answers of a conversation, newest first.
    pub fn list_ai_turns(&self, bot: BotId, peer: &str, limit: usize) -> Result<Vec<(String, String)>, Error> {
        self.rows(
            "SELECT question, answer FROM ai_turn WHERE bot_id = ? AND peer = ? AND answer IS NOT NULL
             ORDER BY id DESC LIMIT ?",
            &[&bot.0, &peer, &i64::try_from(limit).unwrap_or(i64::MAX)],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
    }

    /// Forgets the answered turns of one conversation, or of all of a bot; gives how many.
    pub fn clear_ai_turns(&mut self, bot: BotId, peer: Option<&str>) -> Result<usize, Error> {
        self.write(
            "DELETE FROM ai_turn WHERE bot_id = ?1 AND (?2 IS NULL OR peer = ?2) AND answer IS NOT NULL",
            &[&bot.0, &peer],
        )
    }
}

fn prefix(bot: BotId, rank: AiRank) -> String {
    let name = match rank {
        AiRank::First => "ai",
        AiRank::Substitute => "ai2",
    };
    format!("bot_{bot}_{name}_")
}

/// What a key is sealed for.
fn key_place(prefix: &str) -> String {
    format!("settings.value:{prefix}key")
}

fn read_question(row: &Row<'_>) -> Result<(i64, AiQuestion), Error> {
    let place: String = row.get(3)?;
    let recipient: Option<String> = row.get(4)?;
    let question = AiQuestion {
        bot: BotId(row.get(1)?),
        peer: row.get(2)?,
        place: AiPlace::parse(&place).ok_or_else(|| Error::Corrupt(format!("{place} is no place")))?,
        recipient: recipient.and_then(|jid| Jid::parse_any(&jid).ok()),
        question: row.get::<_, String>(5)?.into(),
    };
    Ok((row.get(0)?, question))
}
