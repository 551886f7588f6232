//! Order in linked chats (docs/telegram.md): requests with a token → questions, and their answers.

use crate::base::json::{Fields, Object, array};
use crate::core::failure::Failure;
use crate::core::handle::{
    GroupAction, GroupModeration, Member, MemberInfo, MembersInfo, OrderQuestion, Question, read_span,
};
use crate::http::Request;

use super::read;

/// `POST /bot/telegram/moderate`.
pub(super) fn moderate(request: &Request) -> Result<Question, Failure> {
    let fields = read::fields(request)?;
    let action = action(&fields)?;
    let chat = text_or_number(&fields, "chat")?;
    Ok(Question::Order(OrderQuestion::Moderate(GroupModeration { chat, action })))
}

/// `GET /bot/telegram/members`.
pub(super) fn members(request: &Request) -> Result<Question, Failure> {
    let query = read::query(request)?;
    Ok(Question::Order(OrderQuestion::Members(query.text("chat").map(str::to_string))))
}

fn action(fields: &Fields) -> Result<GroupAction, Failure> {
    let member = || member(fields);
    Ok(match fields.need_text("action")? {
        "kick" => GroupAction::Kick(member()?),
        "ban" => GroupAction::Ban(member()?, duration(fields)?),
        "unban" => GroupAction::Unban(member()?),
        "mute" => GroupAction::Mute(member()?, duration(fields)?),
        "unmute" => GroupAction::Unmute(member()?),
        "delete" => GroupAction::Delete(message(fields)?),
        "pin" => GroupAction::Pin(message(fields)?),
        "title" => GroupAction::Title(fields.need_text("title")?.to_string()),
        "photo" => GroupAction::Photo(fields.need_text("url")?.to_string()),
        _ => {
            let rule = "one of kick, ban, unban, mute, unmute, delete, pin, title, photo";
            return Err(Failure::invalid("action", rule));
        }
    })
}

/// A text, or a number as a text.
fn text_or_number(fields: &Fields, key: &str) -> Result<Option<String>, Failure> {
    if let Ok(Some(number)) = fields.number(key) {
        return Ok(Some(number.to_string()));
    }
    Ok(fields.text(key)?.filter(|text| !text.is_empty()).map(str::to_string))
}

fn member(fields: &Fields) -> Result<Member, Failure> {
    let rule = "a number, @name, or # and the id of a message";
    let text = text_or_number(fields, "user")?.ok_or_else(|| Failure::invalid("user", rule))?;
    Member::read(&text).ok_or_else(|| Failure::invalid("user", rule))
}

fn message(fields: &Fields) -> Result<String, Failure> {
    text_or_number(fields, "message_id")?.ok_or_else(|| Failure::invalid("message_id", "there: the id of a message"))
}

fn duration(fields: &Fields) -> Result<Option<i64>, Failure> {
    match text_or_number(fields, "duration")? {
        Some(text) => read_span("duration", &text).map(Some),
        None => Ok(None),
    }
}

/// The members of a linked chat.
pub(super) fn print_members(info: &MembersInfo) -> Object {
    let one = |member: &MemberInfo| {
        Object::new()
            .number("id", member.id)
            .text_if("username", member.username.as_deref())
            .text("name", &member.name)
            .number("seen_at", member.seen_at)
            .end()
    };
    let list = array(info.members.iter().map(one));
    Object::new().text("chat", info.chat.as_str()).number("seen", info.seen).raw("members", &list)
}
