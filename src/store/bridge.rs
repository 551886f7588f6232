//! Tables `bridge_link`, `bridge_message` and `bridge_reaction`: chats that are joined, what passed from one to the other,
//! and who reacts to that. Links go with their bot, the rest with its link, by age and by number.
//!
//! A message is found by 64 bits of the hash of where it stands and of its id there, whichever side it is on.

use rusqlite::Row;

use crate::base::id::{BotId, LinkId};
use crate::base::limits;
use crate::store::message::key;
use crate::store::row::{ConversationKind, LinkMode, LinkRow, LinkSide, NewPassed, PassedRow};
use crate::store::sql::bare_jid;
use crate::store::{Error, Store};

impl Store {
    /// All links, each bot's in the order in which they were made.
    pub fn list_links(&self) -> Result<Vec<LinkRow>, Error> {
        self.rows(
            "SELECT id, bot_id, here, here_kind, there, there_kind, alias, mode, is_enabled, is_default, format_here,
             format_there, trouble, created_at FROM bridge_link ORDER BY bot_id, id",
            &[],
            read_link,
        )
    }

    /// A new link; gives its number. The row's own `id` is ignored. A conflict where the bot has one with that chat.
    pub fn insert_link(&mut self, link: &LinkRow) -> Result<LinkId, Error> {
        let id = self.insert(
            "INSERT INTO bridge_link (bot_id, here, here_kind, there, there_kind, created_at) VALUES (?, ?, ?, ?, ?, ?)",
            &[
                &link.bot.0,
                &link.here.as_str(),
                &link.here_kind.as_str(),
                &link.there.as_str(),
                &link.there_kind.as_str(),
                &link.created_at,
            ],
        )?;
        self.store_link(&LinkRow { id: LinkId(id), ..link.clone() })?;
        Ok(LinkId(id))
    }

    /// Keeps a link as it is now. Nothing happens when it is gone.
    pub fn store_link(&mut self, link: &LinkRow) -> Result<(), Error> {
        self.write(
            "UPDATE bridge_link SET here = ?, here_kind = ?, there = ?, there_kind = ?, alias = ?, mode = ?, is_enabled = ?,
             is_default = ?, format_here = ?, format_there = ?, trouble = ? WHERE id = ?",
            &[
                &link.here.as_str(),
                &link.here_kind.as_str(),
                &link.there.as_str(),
                &link.there_kind.as_str(),
                &link.alias,
                &link.mode.as_str(),
                &link.is_enabled,
                &link.is_default,
                &link.format_here,
                &link.format_there,
                &link.trouble,
                &link.id.0,
            ],
        )?;
        Ok(())
    }

    /// Whether a bot that is connected to Telegram listens there, and what it is called; `None` where it is not connected.
    pub fn telegram_state(&self, bot: BotId) -> Result<Option<(bool, String)>, Error> {
        self.row("SELECT is_enabled, username FROM telegram_bot WHERE bot_id = ?", &[&bot.0], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })
    }

    /// Deletes a link with what is remembered of it.
    pub fn delete_link(&mut self, id: LinkId) -> Result<(), Error> {
        self.write("DELETE FROM bridge_link WHERE id = ?", &[&id.0])?;
        Ok(())
    }

    /// Remembers that something passes. `now_s` is in time lived through.
    pub fn insert_passed(&mut self, new: &NewPassed<'_>, now_s: i64) -> Result<(), Error> {
        let alias = new.origin_alias.filter(|alias| *alias != new.origin_id);
        let id = self.insert(
            "INSERT INTO bridge_message (link_id, origin, origin_id, origin_key, origin_alias, copy, copy_id, copy_key,
             created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            &[
                &new.link.0,
                &new.origin,
                &new.origin_id,
                &place_key(new.origin, new.origin_id),
                &alias.map(|alias| place_key(new.origin, alias)),
                &new.copy,
                &new.copy_id,
                &place_key(new.copy, new.copy_id),
                &now_s,
            ],
        )?;
        if id % limits::PASSED_COUNTED_EVERY == 0 {
            self.write(
                "DELETE FROM bridge_message WHERE link_id = ?1 AND id <=
                 (SELECT id FROM bridge_message WHERE link_id = ?1 ORDER BY id DESC LIMIT 1 OFFSET ?2)",
                &[&new.link.0, &limits::PASSED_PER_LINK_MAX],
            )?;
        }
        Ok(())
    }

    /// What stands on other sides of a bot's links for what has this id in a chat.
    pub fn list_passed(&self, bot: BotId, place: &str, id: &str) -> Result<Vec<PassedRow>, Error> {
        self.rows(
            "SELECT m.id, m.link_id, m.copy_key = ?1, m.origin, m.origin_id, m.copy, m.copy_id
             FROM bridge_message AS m JOIN bridge_link AS l ON l.id = m.link_id
             WHERE (m.origin_key = ?1 OR m.origin_alias = ?1 OR m.copy_key = ?1) AND l.bot_id = ?2 ORDER BY m.id",
            &[&place_key(place, id), &bot.0],
            read_passed,
        )
    }

    /// Whether this is what a bot here said in the place of something said elsewhere: whichever bot it was.
    pub fn is_copy(&self, place: &str, id: &str) -> Result<bool, Error> {
        let sql = "SELECT EXISTS (SELECT 1 FROM bridge_message WHERE copy_key = ? AND copy_id = ?)";
        Ok(self.number(sql, &[&place_key(place, id), &id])? != 0)
    }

    /// Notes what somebody on a side reacts with to something that passed; an empty `emoji`: with nothing any more. Gives
    /// what is the newest there now.
    pub fn store_passed_reaction(
        &mut self,
        passed: i64,
        (side, who): (LinkSide, &str),
        emoji: &str,
    ) -> Result<Option<String>, Error> {
        let side = side.as_str();
        self.write(
            "DELETE FROM bridge_reaction WHERE passed_id = ? AND side = ? AND who = ?",
            &[&passed, &side, &who],
        )?;
        if !emoji.is_empty() {
            self.write(
                "INSERT INTO bridge_reaction (passed_id, side, who, emoji, number) VALUES (?1, ?2, ?3, ?4,
                 (SELECT coalesce(max(number), 0) + 1 FROM bridge_reaction WHERE passed_id = ?1))",
                &[&passed, &side, &who, &emoji],
            )?;
            self.write(
                "DELETE FROM bridge_reaction WHERE passed_id = ?1 AND number <=
                 (SELECT max(number) - ?2 FROM bridge_reaction WHERE passed_id = ?1)",
                &[&passed, &limits::PASSED_REACTIONS_MAX],
            )?;
        }
        self.row(
            "SELECT emoji FROM bridge_reaction WHERE passed_id = ? AND side = ? ORDER BY number DESC LIMIT 1",
            &[&passed, &side],
            |row| Ok(row.get(0)?),
        )
    }
}

/// Under what something with this id in this chat is found. Topics of one chat count as one: not everything that is told of
/// a message says in which topic it stands.
fn place_key(place: &str, id: &str) -> i64 {
    key(&format!("{}\0{id}", without_topic(place)))
}

/// `tg:-1001234` of `tg:-1001234.7`.
fn without_topic(place: &str) -> &str {
    let is_elsewhere = |(channel, _): &(&str, &str)| channel.bytes().all(|byte| byte.is_ascii_lowercase());
    match place.split_once(':').filter(is_elsewhere) {
        Some((channel, id)) => &place[..channel.len() + 1 + id.find('.').unwrap_or(id.len())],
        None => place,
    }
}

fn read_link(row: &Row<'_>) -> Result<LinkRow, Error> {
    let text = |at: usize| row.get::<_, String>(at);
    Ok(LinkRow {
        id: LinkId(row.get(0)?),
        bot: BotId(row.get(1)?),
        here: bare_jid(&text(2)?)?,
        here_kind: kind(&text(3)?),
        there: bare_jid(&text(4)?)?,
        there_kind: kind(&text(5)?),
        alias: text(6)?,
        mode: LinkMode::parse(&text(7)?).unwrap_or_default(),
        is_enabled: row.get(8)?,
        is_default: row.get(9)?,
        format_here: row.get(10)?,
        format_there: row.get(11)?,
        trouble: row.get(12)?,
        created_at: row.get(13)?,
    })
}

fn kind(text: &str) -> ConversationKind {
    if text == ConversationKind::Room.as_str() { ConversationKind::Room } else { ConversationKind::Chat }
}

fn read_passed(row: &Row<'_>) -> Result<PassedRow, Error> {
    let is_copy: bool = row.get(2)?;
    let other: (String, String) = if is_copy { (row.get(3)?, row.get(4)?) } else { (row.get(5)?, row.get(6)?) };
    Ok(PassedRow {
        id: row.get(0)?,
        link: LinkId(row.get(1)?),
        is_origin: !is_copy,
        other: bare_jid(&other.0)?,
        other_id: other.1,
    })
}
