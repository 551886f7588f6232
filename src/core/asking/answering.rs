//! An answer: who may give it, which question it is about, and what is told of it.

use crate::base::id::BotId;
use crate::base::jid::Jid;
use crate::base::limits;
use crate::base::text::shorten;
use crate::base::time::to_rfc3339;
use crate::core::asking::{by_of, is_asked, words};
use crate::core::batch::Trouble;
use crate::core::handle::{AskAnswerRow, AskStatus, Kind, NewMessage};
use crate::core::incoming::Incoming;
use crate::core::keyboard::{PressAnswer, Pressed};
use crate::core::texts::{Text, asking as texts};
use crate::core::{Confirmation, Context, Signal, Stage};
use crate::store;
use crate::store::row::{AskRow, ConversationKind};

/// What may be an answer.
#[derive(Clone, Copy)]
struct Words<'a> {
    from: &'a Jid,
    is_room: bool,
    text: &'a str,
    message_id: &'a str,
    /// `None`: it came in plain text; else how far its key is trusted, where that is known.
    encryption: Option<Option<&'static str>>,
    /// What is said about it names a question that goes encrypted only, and so does that.
    must_encrypt: bool,
}

impl<'a> Words<'a> {
    /// The same about this question.
    fn about(self, row: &AskRow) -> Words<'a> {
        Words { must_encrypt: row.must_encrypt, ..self }
    }
}

impl Context<'_> {
    /// Somebody has said something to one of these bots: if it answers an open question it is taken, and nobody else hears
    /// of it.
    pub(crate) fn hear_answer(&mut self, bots: &[BotId], said: &Incoming<'_>) -> Result<bool, store::Error> {
        let bots: Vec<BotId> = bots.iter().copied().filter(|bot| self.core.asking.may_answer(*bot)).collect();
        let text = said.text.trim();
        if bots.is_empty() || text.is_empty() || text.starts_with('/') || said.replaces.is_some() {
            return Ok(false);
        }
        let is_room = said.kind == ConversationKind::Room;
        let encryption = said.encryption.as_ref().map(|encryption| encryption.trust);
        let text = if is_room && said.is_mentioned { words::addressed(text) } else { text };
        let words = Words { from: &said.from, is_room, text, message_id: &said.id, encryption, must_encrypt: false };
        let Some(bot) = self.take_words(&bots, words, said)? else { return Ok(false) };
        if !is_room {
            self.core.batch.note_heard(bot, said, "ask_answer", "");
        }
        if said.account.is_some() && !is_room {
            self.core.batch.store.insert_told(&said.conversation(bot), &said.told_row(), self.core.batch.lived())?;
        }
        if let Some((to, message_id)) = said.wish.receipt.clone() {
            self.core.signal(Signal::Confirmed(bot, Confirmation { to, message_id, stage: Stage::Arrived }));
        }
        Ok(true)
    }

    /// Gives the bot whose question they were about.
    fn take_words(
        &mut self,
        bots: &[BotId],
        words: Words<'_>,
        said: &Incoming<'_>,
    ) -> Result<Option<BotId>, store::Error> {
        if let Some(id) = &said.reply_to
            && let Some(row) = self.asked_by(bots, id, words.from)?
        {
            self.answer(&row, words)?;
            return Ok(Some(row.bot));
        }
        let open = self.open_for(bots, words.from)?;
        if let Some((number, text)) = words::numbered(words.text)
            && let Some(row) = open.iter().find(|row| row.number == number)
        {
            self.answer(row, Words { text, ..words })?;
            return Ok(Some(row.bot));
        }
        // In a room people talk to each other: without a reply only what is said to the bot, or by whom it has named.
        let is_to_us = |row: &&AskRow| !words.is_room || said.is_mentioned || row.people[0] == words.from.as_str();
        let fitting: Vec<&AskRow> = open.iter().filter(is_to_us).filter(|row| fits(row, words.text)).collect();
        match fitting[..] {
            [] => self.tell_late(bots, words).map(|()| None),
            [row] => {
                self.answer(row, words)?;
                Ok(Some(row.bot))
            }
            [first, ..] => {
                self.ask_which(&fitting, words)?;
                Ok(Some(first.bot))
            }
        }
    }

    /// A button was pressed; `false`: it is none of a question's.
    pub(crate) fn press_answer(&mut self, bot: BotId, pressed: &Pressed) -> Result<bool, store::Error> {
        let Some((id, index)) = pressed.data.strip_prefix("ask:").and_then(|rest| rest.split_once(':')) else {
            return Ok(false);
        };
        let (Ok(id), Ok(index)) = (id.parse::<i64>(), index.parse::<usize>()) else { return Ok(false) };
        let words = Words {
            from: &pressed.from,
            is_room: pressed.kind == ConversationKind::Room,
            text: "",
            message_id: "",
            encryption: pressed.encryption.as_ref().map(|encryption| encryption.trust),
            must_encrypt: false,
        };
        let row = self.core.batch.store.find_ask(bot, id)?;
        let is_his = |row: &AskRow| {
            let mut people = row.people.iter().take(row.asked).filter_map(|who| Jid::parse_any(who).ok());
            people.any(|who| is_asked(&who, words.from))
        };
        match row.as_ref().and_then(|row| Some((row, row.options.get(index)?))) {
            Some((row, option)) if is_his(row) => self.answer(row, Words { text: option, ..words })?,
            Some(_) => {}
            None => self.tell(bot, words, &texts::FORGOTTEN, &[])?,
        }
        if let Some((to, message_id)) = pressed.wish.receipt.clone() {
            self.core.signal(Signal::Confirmed(bot, Confirmation { to, message_id, stage: Stage::Arrived }));
        }
        self.release_press(bot, pressed).map(|()| true)
    }

    /// Some channels show a press as under way until it is answered; what became of it the question says itself.
    fn release_press(&mut self, bot: BotId, pressed: &Pressed) -> Result<(), store::Error> {
        if pressed.native.is_none() {
            return Ok(());
        }
        let (to, native) = (pressed.from.clone(), pressed.native.clone());
        let answer = PressAnswer { to, native, text: None, is_alert: false };
        let id = self.core.batch.new_message_id()?;
        let outcome = self.way(bot, &pressed.from).and_then(|sender| {
            let channel = self.channels.of(&pressed.from.bare())?;
            channel.answer_press(self.core, sender, &answer, &id).map(drop)
        });
        match outcome {
            Err(Trouble::Store(error)) => Err(error),
            Ok(()) | Err(Trouble::Failure(_)) => Ok(()),
        }
    }

    /// The question that a message asked, where this is somebody who was asked it.
    fn asked_by(&mut self, bots: &[BotId], message_id: &str, from: &Jid) -> Result<Option<AskRow>, store::Error> {
        let Some(message) = self.core.batch.store.find_ask_message(message_id)? else { return Ok(None) };
        for bot in bots {
            if let Some(row) = self.core.batch.store.find_ask(*bot, message.ask)? {
                let who = row.people.get(message.place).and_then(|who| Jid::parse_any(who).ok());
                return Ok(Some(row).filter(|_| who.is_some_and(|who| is_asked(&who, from))));
            }
        }
        Ok(None)
    }

    /// Open questions that somebody was asked, oldest first.
    fn open_for(&mut self, bots: &[BotId], from: &Jid) -> Result<Vec<AskRow>, store::Error> {
        let open = self.core.asking.open.iter();
        let his =
            open.filter(|(_, open)| bots.contains(&open.bot) && open.people.iter().any(|who| is_asked(who, from)));
        let ids: Vec<(BotId, i64)> = his.map(|(id, open)| (open.bot, *id)).collect();
        let mut rows = Vec::with_capacity(ids.len());
        for (bot, id) in ids {
            rows.extend(self.core.batch.store.find_ask(bot, id)?);
        }
        Ok(rows)
    }

    /// Takes an answer, or says why it is none.
    fn answer(&mut self, row: &AskRow, words: Words<'_>) -> Result<(), store::Error> {
        let words = words.about(row);
        if row.status != AskStatus::Waiting {
            return self.tell_over(row, words);
        }
        if row.must_encrypt && words.encryption.is_none() {
            // It names nothing, and whoever switched encryption off must be able to read it.
            let words = Words { must_encrypt: false, ..words };
            return self.tell(row.bot, words, &texts::MUST_ENCRYPT, &[]);
        }
        let option = words::choose(&row.options, words.text);
        if !row.options.is_empty() && option.is_none() {
            return self.tell(row.bot, words, &texts::ONE_OF, &[("options", &words::list(&row.options))]);
        }
        let text = option.and_then(|option| row.options.get(option)).map_or(words.text, String::as_str).to_string();
        let answer = AskAnswerRow {
            text,
            option,
            by: by_of(words.from, words.is_room),
            at: self.core.batch.now.unix(),
            message_id: words.message_id.to_string(),
            encrypted: words.encryption.is_some(),
            trust: words.encryption.flatten().map(str::to_string),
        };
        self.end_ask(row, AskStatus::Answered, Some(answer))
    }

    /// A bare answer to what is over no longer than a moment ago: somebody else was faster, or time.
    fn tell_late(&mut self, bots: &[BotId], words: Words<'_>) -> Result<(), store::Error> {
        if words.is_room {
            return Ok(());
        }
        let since = self.core.batch.lived_ms() - i64::try_from(limits::ASK_LATE.as_millis()).unwrap_or(0);
        let by = by_of(words.from, false);
        let is_his = |row: &&AskRow| {
            let is_other = row.answer.as_ref().is_none_or(|answer| answer.by != by);
            let mut people = row.people.iter().take(row.asked).filter_map(|who| Jid::parse_any(who).ok());
            is_other && !row.options.is_empty() && people.any(|who| is_asked(&who, words.from))
        };
        for bot in bots {
            let ended = self.core.batch.store.list_ended_asks(*bot, since)?;
            if let Some(row) = ended.iter().filter(is_his).find(|row| fits(row, words.text)) {
                return self.tell_over(row, words);
            }
        }
        Ok(())
    }

    fn tell_over(&mut self, row: &AskRow, words: Words<'_>) -> Result<(), store::Error> {
        let words = words.about(row);
        let text = match row.status {
            AskStatus::Expired => &texts::ALREADY_EXPIRED,
            AskStatus::Cancelled => &texts::ALREADY_CANCELLED,
            AskStatus::Answered | AskStatus::Waiting => &texts::ALREADY_ANSWERED,
        };
        let (by, at, answer) = row.answer.as_ref().map_or(Default::default(), |answer| {
            let time = to_rfc3339(answer.at.saturating_mul(1_000)).replace('T', " ");
            (answer.by.clone(), time.get(..16).unwrap_or(&time).to_string(), answer.text.clone())
        });
        self.tell(row.bot, words, text, &[("by", &by), ("at", &at), ("answer", &answer)])
    }

    fn ask_which(&mut self, rows: &[&AskRow], words: Words<'_>) -> Result<(), store::Error> {
        let line =
            |row: &&AskRow| format!("#{} {}", row.number, shorten(row.text.lines().next().unwrap_or_default(), 80));
        let lines = rows.iter().map(line).collect::<Vec<_>>().join("\n");
        let (number, bot) = rows.last().map_or((0, BotId(0)), |row| (row.number, row.bot));
        let values = [("questions", lines.as_str()), ("number", &number.to_string()), ("answer", words.text)];
        let must_encrypt = rows.iter().any(|row| row.must_encrypt);
        self.tell(bot, Words { must_encrypt, ..words }, &texts::WHICH, &values)
    }

    /// Says something to whoever has answered, where he did.
    fn tell(&mut self, bot: BotId, words: Words<'_>, text: &Text, values: &[(&str, &str)]) -> Result<(), store::Error> {
        let text = text.fill(self.core.batch.setup.settings.language, values);
        let kind = if words.is_room { Kind::Groupchat } else { Kind::Chat };
        let nick = words.from.resource().filter(|_| words.is_room).map(|nick| format!("{nick}: "));
        let to = if words.is_room { words.from.bare().to_jid() } else { words.from.clone() };
        let said = NewMessage::text(&to, kind, &(nick.unwrap_or_default() + &text));
        self.say_of_ask(bot, &NewMessage { encrypt: words.must_encrypt, ..said })
    }
}

fn fits(row: &AskRow, text: &str) -> bool {
    row.options.is_empty() || words::choose(&row.options, text).is_some()
}
