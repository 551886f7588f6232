//! A chat's picture from a web address: fetched by us, within bounds, from public addresses only where the API's network mode
//! asks for that, and handed to Telegram as a file. So Telegram learns no address, and the address nothing of Telegram.

use super::Telegram;
use super::notes::Wish;
use crate::base::call::{Called, HttpCall, Part, Reach, Trust};
use crate::base::id::BotId;
use crate::base::json::Fields;
use crate::base::{limits, text};
use crate::core::Core;
use crate::core::batch::Trouble;
use crate::core::calls::Calls;
use crate::remote::telegram as service;
use crate::remote::telegram::request::Attached;

/// Pictures on their way.
#[derive(Clone, Debug)]
pub(crate) struct Photo {
    bot: BotId,
    chat: i64,
    wish: Wish,
    step: Step,
}

#[derive(Clone, Copy, Debug)]
enum Step {
    /// From where it lies.
    Fetched,
    /// To Telegram.
    Sent,
}

/// Those calls.
pub(crate) type Photos = Calls<Photo>;

impl Telegram {
    /// Fetches a picture that a chat is to have.
    pub(super) fn fetch_photo(&mut self, core: &mut Core, (bot, chat): (BotId, i64), url: &str, wish: Wish) {
        let mut call = HttpCall::new("GET", url);
        call.answer_bytes_max = limits::CHAT_PHOTO_BYTES_MAX + 1;
        call.timeout = limits::TRANSFER_TIMEOUT;
        call.redirects_max = 3;
        call.reach = if core.batch.setup.api.may_call_private { Reach::Any } else { Reach::PublicOnly };
        call.trust = Trust { system_roots: core.batch.setup.settings.system_roots, ca_file: None };
        let photo = Photo { bot, chat, wish, step: Step::Fetched };
        self.people.photos.call_out(&mut core.batch, format!("photo {bot}"), call, photo);
    }

    /// A call for a picture is over; says whether it was one.
    pub(super) fn on_photo(&mut self, core: &mut Core, tag: u64, called: &Called) -> Result<bool, Trouble> {
        let Some(photo) = self.people.photos.end(tag) else { return Ok(false) };
        let place = (photo.bot, photo.chat);
        let refusal = match photo.step {
            Step::Sent => service::read(called).err().map(|refusal| refusal.why),
            Step::Fetched => match self.hand_over(core, &photo, called) {
                Ok(()) => return Ok(true),
                Err(why) => Some(why),
            },
        };
        let nothing = Fields::empty();
        let outcome = refusal.as_deref().map_or(Ok(&nothing), Err);
        self.on_wished(core, place, &photo.wish, outcome).map(|()| true)
    }

    fn hand_over(&mut self, core: &mut Core, photo: &Photo, called: &Called) -> Result<(), String> {
        let answer = called.as_ref().map_err(|error| format!("the picture cannot be fetched: {error}"))?;
        if !answer.is_success() {
            return Err(format!("the picture cannot be fetched: status {}", answer.status));
        }
        if answer.body.len() as u64 > limits::CHAT_PHOTO_BYTES_MAX {
            return Err(format!("the picture has more than {} bytes", limits::CHAT_PHOTO_BYTES_MAX));
        }
        let Some((name, media_type)) = picture(&answer.body) else {
            return Err("what is there is no picture in JPEG or PNG".to_string());
        };
        let line = self.lines.get(&photo.bot).ok_or("this bot is not connected to Telegram any more")?;
        let api = super::api(&line.row);
        let attached = Attached {
            field: "photo".to_string(),
            name: name.to_string(),
            media_type: media_type.to_string(),
            body: Part::Bytes(answer.body.clone()),
        };
        let members = [("chat_id".to_string(), photo.chat.to_string())];
        let boundary = text::hex(&core.batch.random::<16>());
        let call = api.call_with_files("setChatPhoto", &members, vec![attached], &boundary);
        let next = Photo { step: Step::Sent, ..photo.clone() };
        self.people.photos.call_out(&mut core.batch, format!("telegram {}", photo.bot), call, next);
        Ok(())
    }
}

/// What a picture is by its first bytes, and what it is called.
fn picture(bytes: &[u8]) -> Option<(&'static str, &'static str)> {
    if bytes.starts_with(b"\xff\xd8\xff") {
        return Some(("photo.jpg", "image/jpeg"));
    }
    bytes.starts_with(b"\x89PNG\r\n\x1a\n").then_some(("photo.png", "image/png"))
}
