//! Tokens, people and the audit log (docs/rights.md): requests → questions, and how the answers are printed.

use crate::base::id::BotId;
use crate::base::jid::BareJid;
use crate::base::json::{self, Fields, Object};
use crate::base::limits;
use crate::base::secret::Secret;
use crate::core::failure::Failure;
use crate::core::handle::{
    AuditFilter, AuditRow, NewPersonalToken, NewToken, PeopleQuestion, PersonInfo, Question, Quotas, RightsAnswer,
    Role, Scopes, TenantChange, TokenInfo, TokenQuestion,
};
use crate::http::Request;

use super::manage::bot_id;
use super::{read, wire};

// --- tokens of bots ---

/// `POST /bot/tokens/create`.
pub(super) fn make_token(request: &Request) -> Result<Question, Failure> {
    let fields = read::fields(request)?;
    let bot = bot_id(&fields)?;
    let must_be = "there: an array with some of send, read, manage";
    let words = fields.texts("scopes")?.ok_or_else(|| Failure::invalid("scopes", must_be))?;
    let scopes = Scopes::parse(words).map_err(|_| Failure::invalid("scopes[]", "send, read or manage"))?;
    let (label, lasts_s) = label_and_age(&fields)?;
    Ok(Question::Tokens(TokenQuestion::Make(NewToken { bot, scopes, label, lasts_s })))
}

/// `GET /bot/tokens/list?id=`.
pub(super) fn list_tokens(request: &Request) -> Result<Question, Failure> {
    let id = read::query(request)?.number("id")?;
    let id = id.ok_or_else(|| Failure::invalid("id", "there: a whole number"))?;
    Ok(Question::Tokens(TokenQuestion::List(BotId(id))))
}

/// `POST /bot/tokens/revoke`.
pub(super) fn revoke_token(request: &Request) -> Result<Question, Failure> {
    let fields = read::fields(request)?;
    Ok(Question::Tokens(TokenQuestion::Revoke(bot_id(&fields)?, fields.need_number("token_id")?)))
}

fn label_and_age(fields: &Fields) -> Result<(String, Option<i64>), Failure> {
    Ok((fields.text("label")?.unwrap_or_default().to_string(), fields.number("expires_in")?))
}

// --- people ---

fn people(question: PeopleQuestion) -> Result<Question, Failure> {
    Ok(Question::People(question))
}

/// `account`, where it is given.
fn account(fields: &Fields) -> Result<Option<BareJid>, Failure> {
    fields.text("account")?.map(|text| read::account("account", text)).transpose()
}

fn need_account(fields: &Fields) -> Result<BareJid, Failure> {
    read::account("account", fields.need_text("account")?)
}

fn role(fields: &Fields) -> Result<Option<Role>, Failure> {
    let parse = |word: &str| Role::parse(word).ok_or_else(|| Failure::invalid("role", "viewer, owner or admin"));
    fields.text("role")?.map(parse).transpose()
}

/// `POST /user/login`.
pub(super) fn send_code(request: &Request) -> Result<Question, Failure> {
    people(PeopleQuestion::SendCode(need_account(&read::fields(request)?)?))
}

/// `POST /user/code`.
pub(super) fn sign_in(request: &Request) -> Result<Question, Failure> {
    let fields = read::fields(request)?;
    let code = Secret::new(fields.need_text("code")?);
    people(PeopleQuestion::SignIn(need_account(&fields)?, code))
}

/// `GET /user/me`.
pub(super) fn me(_: &Request) -> Result<Question, Failure> {
    people(PeopleQuestion::Me)
}

/// `POST /user/logout`.
pub(super) fn sign_out(_: &Request) -> Result<Question, Failure> {
    people(PeopleQuestion::SignOut)
}

/// `GET /user/tokens/list`.
pub(super) fn list_personal_tokens(request: &Request) -> Result<Question, Failure> {
    let query = read::query(request)?;
    people(PeopleQuestion::Tokens(query.text("account").map(|text| read::account("account", text)).transpose()?))
}

/// `POST /user/tokens/create`.
pub(super) fn make_personal_token(request: &Request) -> Result<Question, Failure> {
    let fields = read::fields(request)?;
    let (person, role, (label, lasts_s)) = (account(&fields)?, role(&fields)?, label_and_age(&fields)?);
    people(PeopleQuestion::MakeToken(NewPersonalToken { person, role, label, lasts_s }))
}

/// `POST /user/tokens/revoke`.
pub(super) fn revoke_personal_token(request: &Request) -> Result<Question, Failure> {
    let fields = read::fields(request)?;
    people(PeopleQuestion::RevokeToken(account(&fields)?, fields.need_number("token_id")?))
}

/// `GET /user/list`.
pub(super) fn list_people(_: &Request) -> Result<Question, Failure> {
    people(PeopleQuestion::List)
}

/// `POST /user/set`.
pub(super) fn set_person(request: &Request) -> Result<Question, Failure> {
    let fields = read::fields(request)?;
    let sees = match fields.text("sees")? {
        None => None,
        Some("") => Some(None),
        Some(text) => Some(Some(read::account("sees", text)?)),
    };
    people(PeopleQuestion::Set(TenantChange {
        person: need_account(&fields)?,
        role: role(&fields)?,
        sees,
        bots: quota(&fields, "bots")?,
        messages: quota(&fields, "messages")?,
        storage: quota(&fields, "storage")?,
        ai_calls: quota(&fields, "ai_calls")?,
    }))
}

/// A number, or what the configuration says.
fn quota(fields: &Fields, name: &str) -> Result<Option<Option<i64>>, Failure> {
    match (fields.number(name), fields.text(name)) {
        (Ok(None), _) => Ok(None),
        (Ok(Some(most)), _) => Ok(Some(Some(most))),
        (_, Ok(Some("default"))) => Ok(Some(None)),
        _ => Err(Failure::invalid(name, "a whole number (0 is no limit), or \"default\"")),
    }
}

/// `POST /user/remove`.
pub(super) fn remove_person(request: &Request) -> Result<Question, Failure> {
    people(PeopleQuestion::Remove(need_account(&read::fields(request)?)?))
}

// --- the audit log ---

/// `GET /bot/audit`.
pub(super) fn audit(request: &Request) -> Result<Question, Failure> {
    let query = read::query(request)?;
    Ok(Question::Audit(AuditFilter {
        bot: query.number("id")?.map(BotId),
        owner: query.text("account").map(|text| read::account("account", text)).transpose()?,
        since: query.number("since")?.unwrap_or(0),
        before: query.number("before")?,
        limit: query.number("limit")?.unwrap_or(limits::AUDIT_PER_ANSWER).clamp(1, limits::AUDIT_PER_ANSWER_MAX),
    }))
}

// --- answers ---

/// The whole body.
pub(super) fn print(answer: &RightsAnswer) -> String {
    match answer {
        RightsAnswer::Made(secret, info, person) => {
            let members = Object::new().text("token", secret.expose());
            wire::object(members.merge(&token(info, person.is_some())).text_if("account", jid(person)))
        }
        RightsAnswer::Tokens(all) => wire::list("tokens", all.iter().map(|info| token(info, is_personal(info)).end())),
        RightsAnswer::Revoked(id) => wire::object(Object::new().number("token_id", *id).truth("revoked", true)),
        RightsAnswer::Person(info) => wire::object(person(info)),
        RightsAnswer::People(all) => wire::list("users", all.iter().map(|info| person(info).end())),
        RightsAnswer::Audit(rows, has_more) => {
            let entries = json::array(rows.iter().map(entry));
            wire::object(Object::new().raw("entries", &entries).truth("more", *has_more))
        }
    }
}

fn jid(person: &Option<BareJid>) -> Option<&str> {
    person.as_ref().map(|jid| jid.as_str())
}

/// A person's token has a role, or follows its person's.
fn is_personal(info: &TokenInfo) -> bool {
    info.rights.is_empty() || info.rights.iter().any(|word| Role::parse(word).is_some())
}

fn token(info: &TokenInfo, is_personal: bool) -> Object {
    let members = Object::new().number("token_id", info.id).text("label", &info.label).text("ending", &info.ending);
    let members = match (is_personal, info.rights.first()) {
        (false, _) => members.raw("scopes", &json::array(info.rights.iter().map(|word| json::text(word)))),
        (true, Some(role)) => members.text("role", role),
        (true, None) => members,
    };
    let members = members.number("created_at", info.created_at);
    let members = info.expires_at.into_iter().fold(members, |members, at| members.number("expires_at", at));
    match info.last_used {
        0 => members,
        at => members.number("last_used", at),
    }
}

fn person(info: &PersonInfo) -> Object {
    Object::new()
        .text_if("account", jid(&info.person))
        .text("role", info.role.as_str())
        .text_if("sees", jid(&info.sees))
        .raw("quotas", &quotas(&info.quotas).number("storage", info.quotas.storage).end())
        .raw("used", &quotas(&info.used).end())
}

fn quotas(quotas: &Quotas) -> Object {
    Object::new().number("bots", quotas.bots).number("messages", quotas.messages).number("ai_calls", quotas.ai_calls)
}

fn entry(row: &AuditRow) -> String {
    let members = Object::new().number("id", row.id).number("at", row.at).text("action", &row.action);
    let members = row.bot.into_iter().fold(members, |members, bot| members.number("bot", bot.0));
    members
        .text_if("account", jid(&row.owner))
        .text_if("by", row.actor.as_deref())
        .text_if("address", row.address.as_deref())
        .text_if("details", Some(row.details.as_str()).filter(|text| !text.is_empty()))
        .end()
}
