//! Who somebody with a browser is: a nickname, and a token that we have signed (RFC 7519). There are no passwords: who has lost
//! his cookie is somebody new. And whose chat is whose.

use std::net::IpAddr;
use std::time::Duration;

use crate::base::id::BotId;
use crate::base::json::Object;
use crate::base::ratelimit::client_key;
use crate::base::secret::Secret;
use crate::base::{jwt, limits, text, ulid};
use crate::channel::web::Web;
use crate::core::batch::{Batch, Trouble};
use crate::core::failure::Failure;
use crate::core::handle::{WebChat, WebLogin, WebUser};
use crate::core::web::no_chat;
use crate::core::yard::no_bot;
use crate::store::row::{WebChatRow, WebUserRow};

/// New people of one address since a time (monotonic).
pub(crate) struct Newcomers {
    since: Duration,
    count: u32,
}

const HOUR: Duration = Duration::from_secs(3600);

impl Web {
    /// Counts somebody new from an address; too many within an hour wait.
    pub(crate) fn count_newcomer(&mut self, batch: &Batch, address: Option<IpAddr>) -> Result<(), Failure> {
        let Some(address) = address.map(client_key) else { return Ok(()) };
        let now = batch.now.mono;
        self.newcomers.retain(|_, newcomers| now.saturating_sub(newcomers.since) < HOUR);
        let is_full = self.newcomers.len() >= limits::WEB_ADDRESSES_MAX && !self.newcomers.contains_key(&address);
        let newcomers = self.newcomers.entry(address).or_insert(Newcomers { since: now, count: 0 });
        if is_full || newcomers.count >= limits::WEB_USERS_PER_HOUR {
            let left = HOUR.saturating_sub(now.saturating_sub(newcomers.since));
            return Err(Failure::Busy { retry_after_s: left.as_secs() + 1 });
        }
        newcomers.count += 1;
        Ok(())
    }
}

impl Batch {
    /// Somebody new.
    pub(crate) fn new_web_user(&mut self, nickname: &str) -> Result<WebUserRow, Trouble> {
        let nickname = check_nickname(nickname)?;
        let ulid = self.new_ulid();
        let row = WebUserRow { id: 0, ulid, nickname, seen_at: self.now.unix() };
        if !self.store.insert_web_user(&row)? {
            return Err(Failure::Quota("there are too many people here already".to_string()).into());
        }
        Ok(row)
    }

    /// Who shows this token.
    pub(crate) fn web_user_of(&mut self, token: &Secret) -> Result<WebUserRow, Trouble> {
        let key = self.web_key()?;
        let claims = jwt::open(key.expose().as_bytes(), token.expose()).ok_or_else(nobody)?;
        let is_over = claims.number("exp").ok().flatten().is_none_or(|at| at <= self.now.unix());
        let id = claims.text("id").ok().flatten().filter(|_| !is_over).ok_or_else(nobody)?;
        let row = self.store.find_web_user(id)?.ok_or_else(nobody)?;
        self.store.store_web_seen(&row, self.now.unix())?;
        Ok(row)
    }

    /// A token that names somebody, from now on for as long as such tokens are good.
    pub(crate) fn web_login(&mut self, user: &WebUserRow) -> Result<WebLogin, Trouble> {
        let (now, max_age_s) = (self.now.unix(), self.setup.settings.web.login_minutes * 60);
        let claims = Object::new().text("id", &user.ulid).text("nickname", &user.nickname);
        let claims = claims.number("iat", now).number("exp", now + max_age_s).end();
        let token = jwt::sign(self.web_key()?.expose().as_bytes(), &claims);
        Ok(WebLogin { token: Secret::new(token), max_age_s })
    }

    /// What signs these tokens: as the configuration says, else made once.
    fn web_key(&mut self) -> Result<Secret, Trouble> {
        if !self.setup.settings.web.login_key.is_empty() {
            return Ok(self.setup.settings.web.login_key.clone());
        }
        if let Some(key) = self.store.web_key()? {
            return Ok(key);
        }
        let key = Secret::new(text::base64url(&self.random::<32>()));
        self.store.store_web_key(&key)?;
        Ok(key)
    }

    /// A bot that people may speak to, by its ULID.
    pub(crate) fn web_bot(&mut self, ulid: &str) -> Result<BotId, Trouble> {
        match self.bot_of_ulid(ulid)? {
            Some(bot) if self.is_shown(bot)? => Ok(bot),
            _ => Err(no_bot().into()),
        }
    }

    /// A new chat of somebody with a bot.
    pub(crate) fn new_web_chat(&mut self, user: &WebUserRow, bot: BotId) -> Result<WebChatRow, Trouble> {
        let most = limits::WEB_CHATS_MAX;
        if self.store.count_web_chats(user.id, Some(bot))? >= most {
            let why = format!("cannot create more than {most} chat rooms with the same bot");
            return Err(Failure::Forbidden(why).into());
        }
        if self.store.count_web_chats(user.id, None)? >= limits::WEB_CHATS_PER_USER_MAX {
            let why = format!("cannot create more than {} chat rooms", limits::WEB_CHATS_PER_USER_MAX);
            return Err(Failure::Forbidden(why).into());
        }
        let user = (user.id, user.ulid.clone());
        let row = WebChatRow { id: 0, ulid: self.new_ulid(), user, bot, address: String::new() };
        let address = self.store.insert_web_chat(&row, self.lived())?;
        Ok(WebChatRow { address, ..row })
    }

    /// A chat by its ULID, if it is this person's.
    pub(crate) fn web_chat_of(&self, user: &WebUserRow, ulid: &str) -> Result<WebChatRow, Trouble> {
        let chat = self.store.find_web_chat(&ulid.to_ascii_lowercase())?.ok_or_else(no_chat)?;
        if chat.user.0 == user.id { Ok(chat) } else { Err(foreign("user").into()) }
    }

    /// The same of a bot.
    pub(crate) fn web_chat_with(&self, bot: BotId, ulid: &str) -> Result<WebChatRow, Trouble> {
        let chat = self.store.find_web_chat(&ulid.to_ascii_lowercase())?.ok_or_else(no_chat)?;
        if chat.bot == bot { Ok(chat) } else { Err(foreign("bot").into()) }
    }

    fn new_ulid(&self) -> String {
        ulid::ulid(u64::try_from(self.now.unix_ms).unwrap_or(0), self.random())
    }
}

/// As pages see it.
pub(crate) fn chat_shown(chat: &WebChatRow, bot: &str) -> WebChat {
    WebChat { ulid: chat.ulid.clone(), user: chat.user.1.clone(), bot: bot.to_string() }
}

/// The same of somebody.
pub(crate) fn user_shown(row: &WebUserRow) -> WebUser {
    WebUser { ulid: row.ulid.clone(), nickname: row.nickname.clone() }
}

/// A nickname is one line of letters, digits and a few marks, so that nobody can look like something else.
fn check_nickname(nickname: &str) -> Result<String, Failure> {
    let nickname = nickname.trim();
    let is_fine = |c: char| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_' | '.');
    let (least, most) = (limits::NICKNAME_CHARS_MIN, limits::NICKNAME_CHARS_MAX);
    let has_length = (least..=most).contains(&nickname.chars().count());
    if has_length && nickname.chars().all(is_fine) && nickname.chars().any(char::is_alphanumeric) {
        return Ok(nickname.to_string());
    }
    let rule = format!("{least} to {most} letters, digits, spaces, -, _ and . on one line");
    Err(Failure::invalid("nickname", rule))
}

fn foreign(whose: &str) -> Failure {
    Failure::Forbidden(format!("chat is not related to current {whose}"))
}

fn nobody() -> Trouble {
    Failure::Unauthorized("user is unauthorized".to_string()).into()
}

#[cfg(test)]
mod tests {
    use super::check_nickname;

    #[test]
    fn nicknames_are_names() {
        for fine in ["Ann", " Jürgen-2 ", "李小龙", "a_b.c", &"x".repeat(32)] {
            assert_eq!(check_nickname(fine).as_deref(), Ok(fine.trim()));
        }
        for wrong in ["", "ab", "   ", "---", "a\nbc", "<b>x</b>", "a\u{202e}bc", "ann@example.org", &"x".repeat(33)] {
            assert!(check_nickname(wrong).is_err(), "{wrong:?}");
        }
    }
}
