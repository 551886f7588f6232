//! Managing bots and accounts (docs/api.md): requests that need management rights → questions.

use std::time::Duration;

use crate::base::id::BotId;
use crate::base::jid::BareJid;
use crate::base::json::Fields;
use crate::base::limits;
use crate::base::secret::Secret;
use crate::core::failure::Failure;
use crate::core::handle::{
    Access, Avatar, Encrypt, Mode, NewAccount, NewBot, NewProfile, OwnAccount, Question, Receive, Wait, read_avatar,
};
use crate::http::Request;

use super::read;

/// `GET /health`.
pub(super) fn health(_: &Request) -> Result<Question, Failure> {
    Ok(Question::Health)
}

/// `GET /metrics`.
pub(super) fn metrics(_: &Request) -> Result<Question, Failure> {
    Ok(Question::Metrics)
}

/// `POST /bot/create`.
pub(super) fn create(request: &Request) -> Result<Question, Failure> {
    let fields = read::fields(request)?;
    let name = fields.need_text("name")?.to_string();
    let owner = match fields.text("account")? {
        None if fields.text("owner")?.is_some() => read::account("owner", fields.need_text("owner")?)?,
        _ => read::account("account", fields.need_text("account")?)?,
    };
    let mode = match fields.text("mode")? {
        None => Mode::Personal,
        Some(word) => Mode::parse(word).ok_or_else(|| Failure::invalid("mode", "personal, dedicated or cloud"))?,
    };
    let receive = match fields.text("receive")? {
        None => Receive::SelfChat,
        Some(word) => Receive::parse(word).ok_or_else(|| Failure::invalid("receive", "self or all"))?,
    };
    let avatar = avatar(&fields)?;
    let account = own_account(&fields, mode)?;
    let access = fields.text("access")?.map_or(Ok(Access::Owner), read_access)?;
    let contacts = contacts(&fields)?.unwrap_or_default();
    let encrypt = fields.text("encrypt")?.map_or(Ok(None), |word| read_policy("encrypt", word))?;
    let wait = wait(&fields)?;
    Ok(Question::CreateBot(NewBot { name, owner, mode, receive, account, avatar, access, contacts, encrypt, wait }))
}

/// `wait`: whether there shall be a bot only if it comes online, and in how many seconds.
fn wait(fields: &Fields) -> Result<Wait, Failure> {
    let max = limits::ARRIVAL_SECONDS_MAX;
    match (fields.truth("wait"), fields.number("wait")) {
        (Ok(None), _) => Ok(Wait::Some),
        (Ok(Some(false)), _) => Ok(Wait::No),
        (Ok(Some(true)), _) => Ok(Wait::Online(limits::ARRIVAL_TIMEOUT)),
        (_, Ok(Some(seconds))) if (1..=max).contains(&seconds) => {
            Ok(Wait::Online(Duration::from_secs(seconds.unsigned_abs())))
        }
        _ => Err(Failure::invalid("wait", format!("true, false, or seconds from 1 to {max}"))),
    }
}

/// `avatar` and `avatar_type`.
fn avatar(fields: &Fields) -> Result<Option<Avatar>, Failure> {
    match (fields.text("avatar")?, fields.text("avatar_type")?) {
        (Some(avatar), kind) => read_avatar(avatar, kind).map(Some),
        (None, Some(kind)) if !kind.starts_with("image/") => {
            Err(Failure::invalid("avatar_type", "the type of an image, for example image/png"))
        }
        (None, _) => Ok(None),
    }
}

/// `POST /bot/profile`.
pub(super) fn set_profile(request: &Request) -> Result<Question, Failure> {
    let fields = read::fields(request)?;
    let text = |key: &str| fields.text(key).map(|text| text.map(str::to_string));
    let (name, description, avatar) = (text("name")?, text("description")?, avatar(&fields)?);
    if name.is_none() && description.is_none() && avatar.is_none() {
        return Err(Failure::invalid("name", "there, or `description`, or `avatar`"));
    }
    Ok(Question::SetProfile(NewProfile { bot: bot_id(&fields)?, name, description, avatar }))
}

/// `POST /bot/listed`.
pub(super) fn set_listed(request: &Request) -> Result<Question, Failure> {
    let fields = read::fields(request)?;
    Ok(Question::SetListed(bot_id(&fields)?, fields.need_truth("listed")?))
}

fn read_access(word: &str) -> Result<Access, Failure> {
    Access::parse(word).ok_or_else(|| Failure::invalid("access", "owner, roster, list or public"))
}

/// `contacts`: whom the policy `list` admits.
fn contacts(fields: &Fields) -> Result<Option<Vec<BareJid>>, Failure> {
    let Some(contacts) = fields.texts("contacts")? else { return Ok(None) };
    contacts.iter().map(|contact| read::account("contacts[]", contact)).collect::<Result<_, _>>().map(Some)
}

/// `GET /bot/access?id=`.
pub(super) fn access(request: &Request) -> Result<Question, Failure> {
    let id = read::query(request)?.number("id")?;
    id.map(|id| Question::BotAccess(BotId(id))).ok_or_else(|| Failure::invalid("id", "there: a whole number"))
}

/// `POST /bot/access`.
pub(super) fn set_access(request: &Request) -> Result<Question, Failure> {
    let fields = read::fields(request)?;
    let access = read_access(fields.need_text("access")?)?;
    Ok(Question::SetBotAccess(bot_id(&fields)?, access, contacts(&fields)?))
}

/// `GET /bot/omemo/policy?id=`.
pub(super) fn omemo(request: &Request) -> Result<Question, Failure> {
    let id = read::query(request)?.number("id")?;
    id.map(|id| Question::BotOmemo(BotId(id))).ok_or_else(|| Failure::invalid("id", "there: a whole number"))
}

/// `POST /bot/omemo/policy`.
pub(super) fn set_omemo(request: &Request) -> Result<Question, Failure> {
    let fields = read::fields(request)?;
    let policy = read_policy("policy", fields.need_text("policy")?)?;
    Ok(Question::SetBotOmemo(bot_id(&fields)?, policy))
}

/// Whether a bot encrypts; nothing where the configuration decides.
fn read_policy(field: &str, word: &str) -> Result<Option<Encrypt>, Failure> {
    match (word, Encrypt::parse(word)) {
        ("default", _) => Ok(None),
        (_, None) => Err(Failure::invalid(field, "required, preferred, off or default")),
        (_, known) => Ok(known),
    }
}

/// `POST /bot/omemo/reset`.
pub(super) fn reset_omemo(request: &Request) -> Result<Question, Failure> {
    Ok(Question::ResetOmemo(bot_id(&read::fields(request)?)?))
}

/// `jid` and `password`: an account that the bot's owner has made for it.
fn own_account(fields: &Fields, mode: Mode) -> Result<Option<OwnAccount>, Failure> {
    let (jid, password) = (fields.text("jid")?, fields.text("password")?);
    match (jid, password) {
        (None, None) => Ok(None),
        _ if mode == Mode::Personal => Err(Failure::invalid("mode", "dedicated or cloud beside `jid` and `password`")),
        (Some(jid), Some(password)) => {
            Ok(Some(OwnAccount { jid: read::account("jid", jid)?, password: Secret::new(password) }))
        }
        (Some(_), None) => Err(Failure::invalid("password", "there beside `jid`: a string")),
        (None, Some(_)) => Err(Failure::invalid("jid", "there beside `password`: a JID")),
    }
}

/// `GET /bot/list`.
pub(super) fn list(request: &Request) -> Result<Question, Failure> {
    let query = read::query(request)?;
    let owner = query.text("account").map(|text| read::account("account", text)).transpose()?;
    Ok(Question::ListBots(owner))
}

/// `POST /bot/delete`.
pub(super) fn delete(request: &Request) -> Result<Question, Failure> {
    Ok(Question::DeleteBot(bot_id(&read::fields(request)?)?))
}

/// `DELETE /bot/delete?id=`.
pub(super) fn delete_by_query(request: &Request) -> Result<Question, Failure> {
    let id = read::query(request)?.number("id")?;
    id.map(|id| Question::DeleteBot(BotId(id))).ok_or_else(|| Failure::invalid("id", "there: a whole number"))
}

/// `GET /bot/forget`.
pub(super) fn leaving(request: &Request) -> Result<Question, Failure> {
    let query = read::query(request)?;
    let owner = query.text("account").map(|text| read::account("account", text)).transpose()?;
    Ok(Question::Leaving(owner))
}

/// `POST /bot/forget`.
pub(super) fn forget(request: &Request) -> Result<Question, Failure> {
    let fields = read::fields(request)?;
    Ok(Question::Forget(read::account("jid", fields.need_text("jid")?)?))
}

/// `POST /bot/activate`.
pub(super) fn activate(request: &Request) -> Result<Question, Failure> {
    let fields = read::fields(request)?;
    Ok(Question::ActivateBot(bot_id(&fields)?, fields.need_truth("active")?))
}

/// `POST /bot/token`.
pub(super) fn token(request: &Request) -> Result<Question, Failure> {
    let fields = read::fields(request)?;
    Ok(Question::NewToken(bot_id(&fields)?, fields.number("overlap")?.unwrap_or(0)))
}

/// `POST /bot/revoke`.
pub(super) fn revoke(request: &Request) -> Result<Question, Failure> {
    Ok(Question::Revoke(bot_id(&read::fields(request)?)?))
}

/// `GET /bot/account/status`.
pub(super) fn owner_status(request: &Request) -> Result<Question, Failure> {
    let query = read::query(request)?;
    let account = query.text("account").ok_or_else(|| Failure::invalid("account", "there: a JID"))?;
    Ok(Question::OwnerStatus(read::account("account", account)?))
}

/// `POST /bot/account/status`.
pub(super) fn set_owner_status(request: &Request) -> Result<Question, Failure> {
    let fields = read::fields(request)?;
    let account = read::account("account", fields.need_text("account")?)?;
    Ok(Question::SetOwnerStatus(account, fields.need_truth("enabled")?))
}

/// `GET /account/list`.
pub(super) fn list_accounts(_: &Request) -> Result<Question, Failure> {
    Ok(Question::ListAccounts)
}

/// `POST /account/add`.
pub(super) fn add_account(request: &Request) -> Result<Question, Failure> {
    let fields = read::fields(request)?;
    let optional = |key: &str| fields.text(key).map(|text| text.map(str::to_string));
    Ok(Question::AddAccount(NewAccount {
        jid: read::account("jid", fields.need_text("jid")?)?,
        password: Secret::new(fields.need_text("password")?),
        host: optional("host")?,
        ca_file: optional("ca_file")?,
        pin: optional("pin")?,
    }))
}

/// `POST /account/remove`.
pub(super) fn remove_account(request: &Request) -> Result<Question, Failure> {
    let fields = read::fields(request)?;
    Ok(Question::RemoveAccount(read::account("jid", fields.need_text("jid")?)?))
}

pub(super) fn bot_id(fields: &Fields) -> Result<BotId, Failure> {
    Ok(BotId(fields.need_number("id")?))
}
