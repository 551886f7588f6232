//! Buttons that can be pressed now: kept in the store where a channel has none of its own, found again by what somebody says,
//! reacts or chooses, and given to whoever they tell.

use super::words::Named;
use super::{Hint, Keyboard, KeyboardKind, Press, Pressed};
use crate::base::id::{self, AccountId, BotId};
use crate::base::jid::Jid;
use crate::base::json::{Fields, Object};
use crate::base::limits;
use crate::base::secret::Secret;
use crate::core::batch::{Batch, Trouble};
use crate::core::channel::Sender;
use crate::core::failure::Failure;
use crate::core::incoming::Incoming;
use crate::core::{Core, Signal};
use crate::store;
use crate::store::row::{ConversationKind, KeyboardPlace, KeyboardRow, Turn};

/// A message with buttons, which goes out.
pub(crate) struct Shown<'a> {
    pub(crate) bot: BotId,
    pub(crate) account: Option<AccountId>,
    /// With whom the conversation is.
    pub(crate) address: &'a str,
    pub(crate) kind: ConversationKind,
    /// As the bot's program knows it.
    pub(crate) message_id: &'a str,
    /// The id of what shows them: of a correction its own.
    pub(crate) shown_id: &'a str,
    /// Without the lines of its buttons.
    pub(crate) text: &'a str,
    /// Its labels must not be seen in plain text.
    pub(crate) is_encrypted: bool,
}

/// What becomes of something that somebody says.
pub(crate) enum Meant {
    /// It is nothing but what it says.
    Itself,
    /// A button was pressed, and its bot is told of that.
    Button,
    /// A button of this bot was pressed that says its text.
    Words(BotId, String),
}

impl Hint {
    /// How buttons of such a conversation are answered.
    pub(crate) fn of(kind: ConversationKind) -> Hint {
        if kind == ConversationKind::Room { Hint::Room } else { Hint::Chat }
    }
}

impl Batch {
    /// A text with its buttons behind it in words; as it is where there are none.
    pub(crate) fn with_buttons(&self, text: &str, keyboard: Option<&Keyboard>, hint: Hint) -> String {
        let lines = keyboard.map(|keyboard| keyboard.in_words(hint, self.setup.settings.language));
        format!("{text}{}", lines.unwrap_or_default())
    }

    /// The buttons of a message that can be pressed now; `None` where it has none, or its channel keeps them itself.
    pub(crate) fn buttons_of(&self, bot: BotId, message_id: &str) -> Result<Option<Keyboard>, store::Error> {
        let row = match message_id.starts_with("local-") {
            // A line of the built-in chat is told by its number, under which it is shown.
            true => self.store.find_keyboard_shown(None, message_id)?.filter(|row| row.bot == bot),
            false => self.store.find_keyboard_of(bot, message_id)?,
        };
        Ok(row.as_ref().and_then(shown_by))
    }

    /// A bot says something: a number alone does not mean buttons any more that were answered before.
    pub(crate) fn note_bot_spoke(&mut self, sender: Sender, to: &Jid) -> Result<(), store::Error> {
        let (bot, account) = (sender.bot, sender.account);
        if !self.store.has_keyboards(bot)? {
            return Ok(());
        }
        self.store.turn_keyboards((account, to.bare_str(), Some(bot)), Turn::Answered, Turn::Past)?;
        match to.is_bare() {
            true => Ok(()),
            // An occupant of a room is somebody of his own.
            false => self.store.turn_keyboards((account, to.as_str(), Some(bot)), Turn::Answered, Turn::Past),
        }
    }
}

// --- what is shown ---

impl Core {
    /// Remembers the buttons of a message that goes out, and forgets those whose place they take.
    pub(crate) fn keep_keyboard(&mut self, shown: &Shown<'_>, keyboard: &Keyboard) -> Result<(), store::Error> {
        let place = match &keyboard.kind {
            KeyboardKind::ForceReply => return Ok(()),
            KeyboardKind::Remove => {
                return self.batch.store.delete_reply_keyboards(shown.account, shown.address, shown.bot);
            }
            KeyboardKind::Inline => KeyboardPlace::Inline,
            KeyboardKind::Reply { is_once, .. } => {
                self.batch.store.delete_reply_keyboards(shown.account, shown.address, shown.bot)?;
                if *is_once { KeyboardPlace::Once } else { KeyboardPlace::Reply }
            }
        };
        if !keyboard.has_presses() {
            return Ok(());
        }
        let row = KeyboardRow {
            id: 0,
            bot: shown.bot,
            account: shown.account,
            address: shown.address.to_string(),
            kind: shown.kind,
            message_id: shown.message_id.to_string(),
            shown_id: shown.shown_id.to_string(),
            place,
            turn: Turn::Fresh,
            is_encrypted: shown.is_encrypted,
            content: Secret::new(print(shown.text, keyboard)),
        };
        self.batch.store.insert_keyboard(&row, self.batch.lived())
    }

    /// The buttons of a message are otherwise from now on, or gone.
    pub(crate) fn change_keyboard(
        &mut self,
        shown: &Shown<'_>,
        keyboard: Option<&Keyboard>,
    ) -> Result<(), store::Error> {
        self.drop_keyboard(shown.bot, shown.message_id)?;
        keyboard.map_or(Ok(()), |keyboard| self.keep_keyboard(shown, keyboard))
    }

    /// A message is gone, and its buttons with it.
    pub(crate) fn drop_keyboard(&mut self, bot: BotId, message_id: &str) -> Result<(), store::Error> {
        if !self.batch.store.has_keyboards(bot)? {
            return Ok(());
        }
        match self.batch.store.find_keyboard_of(bot, message_id)? {
            Some(row) => self.batch.store.delete_keyboard(row.id).map(drop),
            None => Ok(()),
        }
    }

    /// The buttons beneath a message that can be pressed now, and where they are.
    pub(crate) fn buttons_of(&mut self, bot: BotId, message_id: &str) -> Result<Option<Keyboard>, store::Error> {
        if !self.batch.store.has_keyboards(bot)? {
            return Ok(None);
        }
        let Some(row) = self.batch.store.find_keyboard_of(bot, message_id)? else { return Ok(None) };
        let Some((_, keyboard)) = read(&row) else { return Ok(None) };
        let kind = match row.place {
            KeyboardPlace::Inline => KeyboardKind::Inline,
            place => KeyboardKind::Reply { is_once: place == KeyboardPlace::Once, placeholder: None },
        };
        Ok(Some(Keyboard { kind, ..keyboard }))
    }

    /// What a message says whose buttons alone are to change: that is known of those that have some.
    pub(crate) fn text_above(&self, bot: BotId, message_id: &str) -> Result<String, Trouble> {
        let row = self.batch.store.find_keyboard_of(bot, message_id)?;
        let Some((text, _)) = row.as_ref().and_then(read) else {
            let why = format!("the message {message_id} has no buttons that could be changed; give its `text`, too");
            return Err(Failure::NotFound(why).into());
        };
        Ok(text)
    }
}

// --- what is pressed ---

impl Core {
    /// What somebody means with something he says to one of these bots: a button by its number or its text, where that is
    /// all he says, and it can mean nothing else.
    pub(crate) fn press_in_words(&mut self, bots: &[BotId], said: &Incoming<'_>) -> Result<Meant, store::Error> {
        let mut with_buttons = Vec::new();
        for bot in bots {
            with_buttons.extend(self.batch.store.has_keyboards(*bot)?.then_some(*bot));
        }
        let bots = with_buttons;
        if bots.is_empty() {
            return Ok(Meant::Itself);
        }
        let is_words = said.files.is_empty();
        let row = if is_words { self.keyboard_meant(&bots, said)? } else { None };
        let found = row.and_then(|row| {
            let (_, keyboard) = read(&row)?;
            let (number, named) = keyboard.meant_by(&said.text)?;
            let is_open = said.reply_to.is_some() || named == Named::ByText || row.turn != Turn::Past;
            is_open.then_some((row, keyboard, number))
        });
        if said.kind != ConversationKind::Room {
            let only = if let [bot] = bots[..] { Some(bot) } else { None };
            self.batch.store.turn_keyboards((said.account, said.peer(), only), Turn::Fresh, Turn::Answered)?;
        }
        match found {
            Some((row, keyboard, number)) => self.press(&row, &keyboard, number, Pressed::by(said)),
            None => Ok(Meant::Itself),
        }
    }

    /// The same, for whoever only tells programs: what they are told; `None`: a button was pressed.
    pub(crate) fn words_to_tell(
        &mut self,
        bots: &[BotId],
        said: &Incoming<'_>,
    ) -> Result<Option<String>, store::Error> {
        Ok(match self.press_in_words(bots, said)? {
            Meant::Button => None,
            Meant::Words(_, text) => Some(text),
            Meant::Itself => Some(said.text.to_string()),
        })
    }

    /// The buttons that words may mean: those of the message that is answered, else in a chat the newest.
    fn keyboard_meant(&self, bots: &[BotId], said: &Incoming<'_>) -> Result<Option<KeyboardRow>, store::Error> {
        let is_here = |row: &KeyboardRow| row.account == said.account && row.address == said.peer();
        if let Some(id) = &said.reply_to {
            let id = self.first_id(said.account, id)?;
            for bot in bots {
                if let Some(row) = self.batch.store.find_keyboard_of(*bot, &id)?.filter(is_here) {
                    return Ok(Some(row));
                }
            }
            return Ok(None);
        }
        if said.kind == ConversationKind::Room {
            return Ok(None);
        }
        let newest = self.batch.store.list_keyboards(said.account, said.peer(), None, limits::KEYBOARDS_LOOKED_AT)?;
        Ok(newest.into_iter().find(|row| bots.contains(&row.bot)))
    }

    /// The id of a message as a bot said it first, by that of a correction.
    fn first_id(&self, account: Option<AccountId>, id: &str) -> Result<String, store::Error> {
        let row = match account {
            Some(account) => self.batch.store.find_sent(account, id)?,
            None => None,
        };
        Ok(row.and_then(|row| row.original).unwrap_or_else(|| id.to_string()))
    }

    /// Somebody has these emoji on a message of a bot's now: whether a number among them that was not there before presses a
    /// button. What then is left of them is no button's.
    pub(crate) fn press_by_reaction(
        &mut self,
        bot: BotId,
        (message_id, emoji): (&str, &[String]),
        by: Pressed,
    ) -> Result<Option<Vec<String>>, store::Error> {
        if !self.batch.store.has_keyboards(bot)? {
            return Ok(None);
        }
        let message_id = self.first_id(by.account, message_id)?;
        let Some(row) = self.batch.store.find_keyboard_of(bot, &message_id)? else { return Ok(None) };
        let is_here = row.account == by.account && row.address == by.place();
        let Some((_, keyboard)) = read(&row).filter(|_| is_here) else { return Ok(None) };
        let who = by.from.as_str().to_string();
        let before = self.batch.store.reacted_numbers(row.id, &who)?;
        let mut now: Vec<usize> = emoji.iter().filter_map(|one| keyboard.meant_by_emoji(one)).collect();
        now.dedup();
        if now.is_empty() && before.is_empty() {
            return Ok(None);
        }
        self.batch.store.store_reacted(row.id, &who, &now)?;
        // Of several at once nobody knows which was meant.
        if let Some(number) = now.iter().find(|number| !before.contains(number)) {
            self.press_and_say(&row, &keyboard, *number, by)?;
        }
        Ok(Some(emoji.iter().filter(|one| keyboard.meant_by_emoji(one).is_none()).cloned().collect()))
    }

    /// Somebody chose a button by its name: the id of what shows it, and its number. Gives what it says; `None`: it is gone,
    /// or not his.
    pub(crate) fn press_by_name(&mut self, name: &str, by: Pressed) -> Result<Option<String>, store::Error> {
        let Some((shown_id, number)) = name.rsplit_once('/') else { return Ok(None) };
        let Ok(number) = number.parse() else { return Ok(None) };
        let Some(row) = self.batch.store.find_keyboard_shown(by.account, shown_id)? else { return Ok(None) };
        let is_here = row.account == by.account && row.address == by.place();
        let Some((_, found)) = read(&row).filter(|_| is_here) else { return Ok(None) };
        let Some(button) = found.button(number) else { return Ok(None) };
        // Who is told what he pressed is told so in plain text.
        let text = if row.is_encrypted { number.to_string() } else { button.text.clone() };
        self.press_and_say(&row, &found, number, by)?;
        Ok(Some(text))
    }

    /// Somebody pressed a button by its number beneath a message of a bot's; `None`: it is gone, or not his. What it says, if
    /// it does that, is for the caller to say.
    pub(crate) fn press_number(
        &mut self,
        bot: BotId,
        (message_id, number): (&str, usize),
        by: Pressed,
    ) -> Result<Option<Meant>, store::Error> {
        let Some(row) = self.batch.store.find_keyboard_of(bot, message_id)? else { return Ok(None) };
        let is_here = row.account == by.account && row.address == by.place();
        let Some((_, keyboard)) = read(&row).filter(|_| is_here) else { return Ok(None) };
        if keyboard.button(number).is_none() {
            return Ok(None);
        }
        let which = (row.account, row.address.as_str(), Some(row.bot));
        self.batch.store.turn_keyboards(which, Turn::Fresh, Turn::Answered)?;
        self.press(&row, &keyboard, number, by).map(Some)
    }

    /// What somebody can press in a conversation now: name, number, label; the newest first. Labels of what went out
    /// encrypted are not given.
    pub(crate) fn pressable(
        &mut self,
        account: Option<AccountId>,
        address: &str,
        bots: &[BotId],
    ) -> Result<Vec<(String, usize, Option<String>)>, store::Error> {
        let rows = self.batch.store.list_keyboards(account, address, None, limits::KEYBOARDS_LOOKED_AT)?;
        let mut all = Vec::new();
        for row in rows.iter().filter(|row| bots.contains(&row.bot)) {
            let Some((_, keyboard)) = read(row) else { continue };
            let label = |text: &str| (!row.is_encrypted).then(|| text.to_string());
            let named = |(number, button): (usize, &super::Button)| {
                (format!("{}/{number}", row.shown_id), number, label(&button.text))
            };
            all.extend(keyboard.numbered().map(named));
        }
        Ok(all)
    }

    /// Presses; what the button says is said, if it does that.
    fn press_and_say(
        &mut self,
        row: &KeyboardRow,
        keyboard: &Keyboard,
        number: usize,
        by: Pressed,
    ) -> Result<(), store::Error> {
        let id = id::uuid(self.batch.random());
        let said = by.saying(&id);
        if row.kind != ConversationKind::Room {
            let which = (row.account, row.address.as_str(), Some(row.bot));
            self.batch.store.turn_keyboards(which, Turn::Fresh, Turn::Answered)?;
        }
        if let Meant::Words(bot, text) = self.press(row, keyboard, number, by)? {
            let said = said.saying(&text);
            self.tell_message(bot, &said, &text)?;
            self.note_said(bot)?;
            self.signal(Signal::Told(bot, said.into_owned()));
        }
        Ok(())
    }

    fn press(
        &mut self,
        row: &KeyboardRow,
        keyboard: &Keyboard,
        number: usize,
        by: Pressed,
    ) -> Result<Meant, store::Error> {
        let Some(button) = keyboard.button(number) else { return Ok(Meant::Itself) };
        if row.place == KeyboardPlace::Once {
            self.batch.store.delete_keyboard(row.id)?;
        }
        let (message_id, text) = (row.message_id.clone(), button.text.clone());
        Ok(match &button.press {
            Press::Data(data) => {
                let pressed = Pressed { message_id, data: data.clone(), text: Some(text), ..by };
                self.signal(Signal::Pressed(row.bot, pressed));
                Meant::Button
            }
            Press::Say => Meant::Words(row.bot, text),
            Press::Url(_) => Meant::Itself,
        })
    }
}

impl Pressed {
    /// By whoever said this, whatever he presses.
    pub(crate) fn by(said: &Incoming<'_>) -> Pressed {
        Pressed {
            channel: said.channel,
            account: said.account,
            kind: said.kind,
            from: said.from.clone(),
            to: said.to.clone(),
            message_id: String::new(),
            data: String::new(),
            text: None,
            at: said.at,
            encryption: said.encryption.clone(),
            wish: said.wish.clone(),
            native: None,
        }
    }

    /// With whom the conversation is.
    fn place(&self) -> &str {
        if self.kind == ConversationKind::Private { self.from.as_str() } else { self.from.bare_str() }
    }

    /// What whoever pressed has said by that, under a new id.
    fn saying(&self, id: &str) -> Incoming<'static> {
        Incoming {
            channel: self.channel,
            account: self.account,
            kind: self.kind,
            encryption: self.encryption.clone(),
            wish: self.wish.clone(),
            from: self.from.clone(),
            ..Incoming::local(&self.from.bare(), &self.to, "", id, self.at)
        }
        .into_owned()
    }
}

/// Buttons alone, as they are kept.
pub(crate) fn print_buttons(keyboard: &Keyboard) -> String {
    print("", keyboard)
}

/// Reads them.
pub(crate) fn read_buttons(json: &str) -> Option<Keyboard> {
    read_content(json).map(|(_, keyboard)| keyboard)
}

/// What a message says and its buttons, as they are kept: in the form of the API.
fn print(text: &str, keyboard: &Keyboard) -> String {
    let rows = keyboard.rows.iter().map(|row| crate::base::json::array(row.iter().map(print_button)));
    Object::new().text("text", text).raw("buttons", &crate::base::json::array(rows)).end()
}

fn print_button(button: &super::Button) -> String {
    let object = Object::new().text("text", &button.text);
    match &button.press {
        Press::Data(data) => object.text("data", data).end(),
        Press::Url(url) => object.text("url", url).end(),
        Press::Say => object.truth("say", true).end(),
    }
}

/// The buttons of a row, as they are shown.
fn shown_by(row: &KeyboardRow) -> Option<Keyboard> {
    let kind = match row.place {
        KeyboardPlace::Inline => KeyboardKind::Inline,
        place => KeyboardKind::Reply { is_once: place == KeyboardPlace::Once, placeholder: None },
    };
    read(row).map(|(_, keyboard)| Keyboard { kind, ..keyboard })
}

/// Reads it.
fn read(row: &KeyboardRow) -> Option<(String, Keyboard)> {
    read_content(row.content.expose())
}

fn read_content(json: &str) -> Option<(String, Keyboard)> {
    let fields = Fields::parse(json.as_bytes()).ok()?;
    let rows = fields.rows("buttons").ok()??;
    let button = |fields: &Fields| {
        let text = fields.text("text").ok()??.to_string();
        let press = match (fields.text("data").ok()?, fields.text("url").ok()?) {
            (Some(data), _) => Press::Data(data.to_string()),
            (None, Some(url)) => Press::Url(url.to_string()),
            (None, None) => Press::Say,
        };
        Some(super::Button { text, press })
    };
    let rows: Option<Vec<Vec<_>>> = rows.iter().map(|row| row.iter().map(button).collect()).collect();
    let keyboard = Keyboard { kind: KeyboardKind::Inline, rows: rows? };
    Some((fields.text("text").ok()??.to_string(), keyboard))
}
