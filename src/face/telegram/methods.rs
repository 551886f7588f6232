//! The table of methods: which there are, what each needs, and what is otherwise here than at Telegram. Names are compared
//! without regard to case, as Telegram does.

use crate::core::failure::Failure;
use crate::face::policy;
use crate::face::principal::Need;

use super::calls::{self, Plan};
use super::params::Params;
use super::refused::REFUSED;
use super::{chats, files, settings};

/// Makes a plan of a call.
pub(super) type Work = fn(&Params) -> Result<Plan, Failure>;

/// One method.
pub struct Method {
    /// Its path, as the policy has it.
    pub path: &'static str,
    /// How far it is as at Telegram.
    pub state: State,
    /// What it needs.
    pub(super) need: Need,
    /// Whether files come with it.
    pub(super) takes_files: bool,
    pub(super) work: Work,
}

/// How far a method is as at Telegram.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// It does what it does there, as far as a chat on another channel can.
    Works,
    /// The same otherwise: how.
    Differs(&'static str),
}

const BASE: &str = "/bot:token/";

/// What methods that are not here need.
pub(super) const OTHERS: Need = policy::need("telegram", "POST", "/bot:token/:other");

impl Method {
    /// Its name.
    pub fn name(&self) -> &'static str {
        self.path.strip_prefix(BASE).unwrap_or(self.path)
    }
}

const fn works(path: &'static str, work: Work) -> Method {
    Method { path, state: State::Works, need: policy::need("telegram", "POST", path), takes_files: false, work }
}

const fn differs(path: &'static str, work: Work, how: &'static str) -> Method {
    Method { state: State::Differs(how), ..works(path, work) }
}

const fn file(path: &'static str, work: Work, how: &'static str) -> Method {
    Method { takes_files: true, ..differs(path, work, how) }
}

const AS_FILE: &str = "a file by its address or uploaded; a caption is a message of its own behind it";
const ONE_LIST: &str = "there is one list for all people and languages; lists for other scopes are not kept";
const ONE_TEXT: &str = "there is one text for all languages, which is the bot's description for both methods";

/// All methods that do something.
pub const METHODS: &[Method] = &[
    works("/bot:token/getMe", settings::get_me),
    differs("/bot:token/logOut", settings::nothing, "nothing happens: the bot is not at Telegram"),
    differs("/bot:token/close", settings::nothing, "nothing happens: the bot does not move"),
    works("/bot:token/getUpdates", settings::get_updates),
    differs(
        "/bot:token/setWebhook",
        settings::set_webhook,
        "without certificate and ip_address; how many deliveries run at once is ours to say",
    ),
    works("/bot:token/deleteWebhook", settings::delete_webhook),
    works("/bot:token/getWebhookInfo", settings::webhook_info),
    works("/bot:token/sendMessage", calls::send_message),
    file("/bot:token/sendPhoto", files::send_photo, AS_FILE),
    file("/bot:token/sendDocument", files::send_document, AS_FILE),
    file("/bot:token/sendAudio", files::send_audio, AS_FILE),
    file("/bot:token/sendVoice", files::send_voice, AS_FILE),
    file("/bot:token/sendVideo", files::send_video, AS_FILE),
    file("/bot:token/sendVideoNote", files::send_video_note, AS_FILE),
    file("/bot:token/sendAnimation", files::send_animation, AS_FILE),
    file("/bot:token/sendSticker", files::send_sticker, AS_FILE),
    file("/bot:token/sendMediaGroup", files::send_media_group, "one message behind the other"),
    differs("/bot:token/sendLocation", calls::send_location, "a geo: address"),
    differs("/bot:token/sendVenue", calls::send_venue, "its name, its address and a geo: address"),
    differs("/bot:token/sendContact", calls::send_contact, "a name and a tel: address"),
    differs("/bot:token/sendPoll", calls::send_poll, "the question with its options as text; votes are not counted"),
    differs("/bot:token/sendDice", calls::send_dice, "the emoji and its value as text"),
    differs("/bot:token/editMessageText", calls::edit_text, "a correction; in the built-in chat it is said anew"),
    works("/bot:token/editMessageCaption", calls::edit_caption),
    works("/bot:token/editMessageReplyMarkup", calls::edit_markup),
    differs(
        "/bot:token/deleteMessage",
        calls::delete_message,
        "the bot's own messages, and others' in a room whose moderator it is",
    ),
    differs("/bot:token/deleteMessages", calls::delete_messages, "the same, one behind the other"),
    differs(
        "/bot:token/forwardMessage",
        calls::forward_message,
        "what a history, the built-in chat or the last hundred messages since the start still have, quoted",
    ),
    differs("/bot:token/forwardMessages", calls::forward_messages, "the same, one behind the other"),
    differs(
        "/bot:token/copyMessage",
        calls::copy_message,
        "what a history, the built-in chat or the last hundred messages since the start still have",
    ),
    differs("/bot:token/copyMessages", calls::copy_messages, "the same, one behind the other"),
    differs("/bot:token/setMessageReaction", calls::react, "one emoji; no emoji of Telegram's own"),
    differs("/bot:token/sendChatAction", calls::chat_action, "each action is shown as typing"),
    differs(
        "/bot:token/sendMessageDraft",
        calls::draft,
        "shown to one person whose chat is not encrypted, as a message that is corrected; elsewhere as typing",
    ),
    works("/bot:token/answerCallbackQuery", calls::answer_press),
    works("/bot:token/getFile", files::get_file),
    differs("/bot:token/getChat", chats::get_chat, "the address stands in bio, or in description for a room"),
    differs(
        "/bot:token/getChatMember",
        chats::get_member,
        "creator, administrator or member, by the room's affiliations",
    ),
    differs("/bot:token/getChatAdministrators", chats::administrators, "those of them who are in the room now"),
    differs("/bot:token/getChatMemberCount", chats::count, "as many as are in the room now"),
    differs("/bot:token/banChatMember", chats::ban, "where the bot is the room's moderator; until_date does not count"),
    differs("/bot:token/unbanChatMember", chats::unban, "by his address"),
    differs("/bot:token/restrictChatMember", chats::restrict, "voice in a moderated room, nothing finer"),
    works("/bot:token/leaveChat", chats::leave),
    differs("/bot:token/getUserProfilePhotos", chats::profile_photos, "none"),
    differs("/bot:token/setMyCommands", settings::set_commands, ONE_LIST),
    differs("/bot:token/getMyCommands", settings::get_commands, ONE_LIST),
    differs("/bot:token/deleteMyCommands", settings::delete_commands, ONE_LIST),
    differs("/bot:token/setMyName", settings::set_name, "there is one name for all languages"),
    works("/bot:token/getMyName", settings::get_name),
    differs("/bot:token/setMyDescription", settings::set_description, ONE_TEXT),
    works("/bot:token/getMyDescription", settings::get_description),
    differs("/bot:token/setMyShortDescription", settings::set_short_description, ONE_TEXT),
    works("/bot:token/getMyShortDescription", settings::get_short_description),
];

/// The method of that name.
pub(super) fn find(name: &str) -> Option<&'static Method> {
    METHODS.iter().find(|method| method.name().eq_ignore_ascii_case(name))
}

/// Why a method of Telegram's is not here; `None` for what Telegram does not have either.
pub(super) fn refused(name: &str) -> Option<&'static str> {
    let has = |names: &&[&str]| names.iter().any(|known| known.eq_ignore_ascii_case(name));
    REFUSED.iter().find(|(_, names)| has(names)).map(|(why, _)| *why)
}
