//! Calls about people and rooms.

use crate::core::failure::Failure;
use crate::core::handle::{NumberedAsk, NumberedModeration, Question};

use super::calls::{self, Plan, Shown};
use super::params::Params;

/// `getChat`.
pub(super) fn get_chat(params: &Params) -> Result<Plan, Failure> {
    Ok(Plan::ask(NumberedAsk::Chat(calls::chat(params)?)))
}

/// `getChatMember`.
pub(super) fn get_member(params: &Params) -> Result<Plan, Failure> {
    let (chat, who) = (calls::chat(params)?, calls::named(params, "user_id")?);
    Ok(Plan::ask(NumberedAsk::Member { chat, who }))
}

/// `getChatAdministrators`.
pub(super) fn administrators(params: &Params) -> Result<Plan, Failure> {
    Ok(Plan::ask(NumberedAsk::Officials(calls::chat(params)?)))
}

/// `leaveChat`.
pub(super) fn leave(params: &Params) -> Result<Plan, Failure> {
    Ok(Plan::ask(NumberedAsk::Leave(calls::chat(params)?)))
}

/// `getUserProfilePhotos`.
pub(super) fn profile_photos(params: &Params) -> Result<Plan, Failure> {
    calls::named(params, "user_id")?;
    Ok(Plan::Other(Box::new(Question::WhoAmI), Shown::As(r#"{"total_count":0,"photos":[]}"#)))
}

/// `getChatMemberCount`.
pub(super) fn count(params: &Params) -> Result<Plan, Failure> {
    Ok(Plan::ask(NumberedAsk::Count(calls::chat(params)?)))
}

fn moderate(params: &Params, what: NumberedModeration) -> Result<Plan, Failure> {
    let (chat, who) = (calls::chat(params)?, calls::named(params, "user_id")?);
    Ok(Plan::ask(NumberedAsk::Moderate { chat, who, what }))
}

/// `banChatMember`.
pub(super) fn ban(params: &Params) -> Result<Plan, Failure> {
    moderate(params, NumberedModeration::Ban)
}

/// `unbanChatMember`.
pub(super) fn unban(params: &Params) -> Result<Plan, Failure> {
    moderate(params, NumberedModeration::Unban)
}

/// `restrictChatMember`: who may not send messages has no voice.
pub(super) fn restrict(params: &Params) -> Result<Plan, Failure> {
    let permissions =
        params.object("permissions")?.ok_or_else(|| Failure::invalid("permissions", "there: an object"))?;
    let may_speak = permissions.truth("can_send_messages").ok().flatten() == Some(true);
    moderate(params, if may_speak { NumberedModeration::Unmute } else { NumberedModeration::Mute })
}
