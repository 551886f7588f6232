//! What the rules know of a channel: which addresses are on it, and how something of a bot's goes out there. A channel
//! implements [`Channel`]; the engine lists them.

use std::sync::Arc;

use crate::base::call::Called;
use crate::base::id::{AccountId, BotId};
use crate::base::jid::{BareJid, Jid};
use crate::base::spool::SpoolFile;
use crate::core::actions::NewAction;
use crate::core::batch::{Batch, Trouble, Verdict, Waiting};
use crate::core::deed::Order;
use crate::core::effect::Effect;
use crate::core::failure::Failure;
use crate::core::handle::{
    ChatState, Kind, Metric, NewFile, NewMessage, OfferedChat, ReplyTo, TelegramQuestion, Upload,
};
use crate::core::incoming::SaidFile;
use crate::core::keyboard::PressAnswer;
use crate::core::registry::Bot;
use crate::core::{Confirmation, Core, Part, Signal};
use crate::store;
use crate::store::row::ConversationKind;

/// A channel. What its functions accept is stored in the batch under way, and goes out after the commit.
pub(crate) trait Channel: Part {
    /// Whether an address is on it.
    fn has(&self, address: &BareJid) -> bool;

    /// Through which account a bot writes there, where the channel has accounts; else why it cannot.
    fn account_for(&self, bot: &Bot) -> Result<Option<AccountId>, Failure>;

    /// How it is called where others read of it.
    fn label(&self) -> Label {
        Label::default()
    }

    /// Whether many are at an address, or one; `None`: this bot does not hear what is said there.
    fn kind_of(&self, _core: &Core, _bot: BotId, _address: &BareJid) -> Option<ConversationKind> {
        Some(ConversationKind::Chat)
    }

    /// What somebody with an address of his own is called, where that says more than the address.
    fn name_of(&self, _core: &Core, _bot: BotId, _address: &BareJid) -> Result<Option<String>, store::Error> {
        Ok(None)
    }

    /// Refuses what can be known to be wrong before anything of it goes out.
    fn check(&mut self, _core: &mut Core, _sender: Sender, _act: &NewAction) -> Result<(), Trouble> {
        Ok(())
    }

    /// Says a text under an id. Gives whether it goes out encrypted; `None` where that is not known yet.
    fn say(&mut self, core: &mut Core, sender: Sender, new: &NewMessage, id: &str) -> Result<Option<bool>, Trouble>;

    /// The largest file that can be said there, in bytes; `None`: none can, and they are told of in words.
    fn takes_files(&self) -> Option<u64> {
        None
    }

    /// Begins to fetch a file that was said there: [`Signal::Fetched`] with the number brings it.
    fn fetch(
        &mut self,
        _core: &mut Core,
        _bot: BotId,
        _file: &SaidFile,
        (_into, _carry): (&Arc<SpoolFile>, i64),
    ) -> Result<(), Trouble> {
        Err(Failure::NotBuilt("files cannot be fetched from this channel".to_string()).into())
    }

    /// Begins to say a file with a text, which may be empty, under an id: [`Signal::Carried`] with the number says when it is
    /// done.
    fn say_file(
        &mut self,
        _core: &mut Core,
        _sender: Sender,
        (_new, _file): (&NewMessage, &NewFile),
        (_id, _carry): (&str, i64),
    ) -> Result<(), Trouble> {
        Err(Failure::NotBuilt("this channel takes no files".to_string()).into())
    }

    /// Whether several pictures and films can be said as one there: [`Channel::say_album`].
    fn has_albums(&self) -> bool {
        false
    }

    /// Begins to say several files together. Of each [`Signal::Carried`] says when it is done.
    fn say_album(&mut self, core: &mut Core, sender: Sender, album: &Album<'_>) -> Result<(), Trouble> {
        let mut new = album.new.clone();
        for (file, id, carry) in album.files {
            self.say_file(core, sender, (&new, file), (id, *carry))?;
            (new.text, new.reply_to) = (String::new(), None);
        }
        Ok(())
    }

    /// Does something else that is kept, under an id. Gives the same.
    fn act(&mut self, core: &mut Core, sender: Sender, act: &NewAction, id: &str) -> Result<Option<bool>, Trouble>;

    /// Answers whoever pressed a button, under an id as for a text: what is there to be shown to him. Gives the same.
    fn answer_press(
        &mut self,
        core: &mut Core,
        sender: Sender,
        answer: &PressAnswer,
        id: &str,
    ) -> Result<Option<bool>, Trouble> {
        let Some(text) = &answer.text else { return Ok(None) };
        self.say(core, sender, &NewMessage::text(&answer.to, Kind::Chat, text), id)
    }

    /// Shows what the bot does; nothing of it is kept.
    fn show(&mut self, _core: &mut Core, _sender: Sender, _doing: &Doing<'_>) -> Result<(), Failure> {
        Ok(())
    }

    /// Whether somebody may be shown an answer while it comes.
    fn shows_pieces(&self, _core: &Core, _sender: Sender, _to: &Jid) -> bool {
        false
    }

    /// Shows what there is of an answer; nothing of it is kept.
    fn show_piece(&mut self, _core: &mut Core, _sender: Sender, _to: &Jid, _piece: &Piece<'_>) {}

    /// Says a text under an id in the place of a piece that was shown. Gives the same as for a text.
    fn say_whole(
        &mut self,
        core: &mut Core,
        sender: Sender,
        new: &NewMessage,
        (id, _shown): (&str, &str),
    ) -> Result<Option<bool>, Trouble> {
        self.say(core, sender, new, id)
    }

    /// Tells whoever said something to a bot what became of it.
    fn confirm(&mut self, _core: &mut Core, _bot: BotId, _done: &Confirmation) -> Result<(), store::Error> {
        Ok(())
    }

    /// A bot, or who may speak to it, is changed.
    fn on(&mut self, _core: &mut Core, _signal: &Signal) -> Result<(), store::Error> {
        Ok(())
    }

    /// From now on what is said in a chat is told to a bot, or not any more.
    fn hear(&mut self, _core: &mut Core, _bot: BotId, _chat: &BareJid, _hearing: Hearing) -> Result<(), Trouble> {
        Ok(())
    }

    /// Chats that wrote to a bot and that nobody hears, the newest first.
    fn offers(&self, _core: &Core, _bot: BotId) -> Result<Vec<OfferedChat>, store::Error> {
        Ok(Vec::new())
    }

    /// Somebody asks how a bot is connected to another network, or changes it; `None`: that is none of this channel's.
    fn connection(
        &mut self,
        _core: &mut Core,
        _asked: (BotId, &Asker),
        _question: &TelegramQuestion,
    ) -> Result<Option<Verdict>, Trouble> {
        Ok(None)
    }

    /// Does what a moderator wishes in a linked chat; whoever asked is told what came of it.
    fn moderate(&mut self, _core: &mut Core, _asked: (BotId, &Asker), _order: &Order) -> Result<Verdict, Trouble> {
        Err(Failure::NotBuilt("nobody can keep order in this chat from here".to_string()).into())
    }

    /// How a bot is called there by who means it and no other one (`/help@name`).
    fn own_name(&self, _bot: BotId) -> Option<&str> {
        None
    }

    /// Answers a `/ping` of somebody, with the time that the service takes; says whether it does.
    fn ping(&mut self, _core: &mut Core, _asked: (BotId, &BareJid, &str)) -> Result<bool, Trouble> {
        Ok(false)
    }

    /// Offers these commands to who types there: each name, and what it does.
    fn offer(&mut self, _core: &mut Core, _bot: BotId, _commands: &[(String, String)]) -> Result<(), store::Error> {
        Ok(())
    }

    /// Sends again what went out and was never answered; gives how much that is.
    fn retry(&mut self, _core: &mut Core, _bot: BotId) -> Result<usize, store::Error> {
        Ok(0)
    }

    /// Numbers that show how it does.
    fn metrics(&self, _batch: &Batch) -> Vec<Metric> {
        Vec::new()
    }

    /// The bots were read from the store: at the start, and after a batch was taken back.
    fn reload(&mut self, _core: &mut Core) -> Result<(), store::Error> {
        Ok(())
    }

    /// `sendFile` with the file itself.
    fn upload(&mut self, _core: &mut Core, _bot: BotId, _upload: &Upload) -> Result<Verdict, Trouble> {
        let why = "this chat takes no files, only their addresses as `url`".to_string();
        Err(Failure::Remote { what: "send_failed", why }.into())
    }

    /// A call is over; says whether it was one of this channel's.
    fn on_called(&mut self, _core: &mut Core, _tag: u64, _called: &Called) -> Result<bool, store::Error> {
        Ok(false)
    }

    /// What became of a call could not be stored.
    fn on_call_lost(&mut self, _tag: u64) {}

    /// What time brings, beside what the core does: called with every batch, and when [`Part::deadline`] is over.
    fn due(&mut self, _core: &mut Core) -> Result<(), store::Error> {
        Ok(())
    }

    /// After the commit: somebody waits for something. Gives him back where that is another channel's.
    fn wait(&mut self, _batch: &mut Batch, _waiting: &Waiting, reply: ReplyTo) -> Option<ReplyTo> {
        Some(reply)
    }

    /// After the commit: answers those who wait for something here.
    fn wake(&mut self, _core: &mut Core, _out: &mut Vec<Effect>) {}

    /// The daemon ends: nobody is kept waiting.
    fn stop(&mut self, _batch: &mut Batch) {}

    /// The manager says something to an owner who is there.
    fn notify(&mut self, _core: &mut Core, _owner: &BareJid, _text: &str) -> Result<(), store::Error> {
        Ok(())
    }

    /// A bot says something by itself: an answer to a command. What cannot be said is worth a line in the log.
    fn answer(&mut self, core: &mut Core, bot: BotId, to: &BareJid, text: &str) -> Result<(), store::Error>;
}

/// All channels.
pub(crate) trait Channels {
    /// The channel that an address is on; `NotBuilt` where none has it.
    fn of(&mut self, address: &BareJid) -> Result<&mut dyn Channel, Failure>;

    /// The same, to look at.
    fn look(&self, address: &BareJid) -> Result<&dyn Channel, Failure>;

    /// Chats on all of them that wrote to a bot and that nobody hears.
    fn offers(&self, core: &Core, bot: BotId) -> Result<Vec<OfferedChat>, store::Error>;
}

/// How a channel is called.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Label {
    /// In full.
    pub(crate) name: &'static str,
    /// In a few letters.
    pub(crate) short: &'static str,
}

impl Default for Label {
    fn default() -> Label {
        Label { name: "XMPP", short: "XMPP" }
    }
}

/// Whether a bot is told what is said in a chat.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Hearing {
    On,
    Off,
}

/// Who asks of a connection, and so how he hears what takes a while.
#[derive(Clone, Debug)]
pub(crate) enum Asker {
    /// A program: it waits.
    Program,
    /// Somebody in a chat: [`Signal::TelegramDone`] brings it.
    Chat(BareJid),
}

/// Files that are said together.
pub(crate) struct Album<'a> {
    /// What is said with them, and what they answer.
    pub(crate) new: &'a NewMessage,
    /// Each with the id it is said under, and its number.
    pub(crate) files: &'a [(NewFile, String, i64)],
}

/// What a bot is seen doing.
pub(crate) struct Doing<'a> {
    /// By whom.
    pub(crate) to: &'a Jid,
    pub(crate) kind: Kind,
    pub(crate) state: ChatState,
}

/// What there is of an answer.
pub(crate) struct Piece<'a> {
    /// The id it is shown under, and that of the piece whose place it takes.
    pub(crate) id: &'a str,
    pub(crate) shown: Option<&'a str>,
    pub(crate) text: &'a str,
}

/// In whose name something goes out.
#[derive(Clone, Copy)]
pub(crate) struct Sender {
    pub(crate) bot: BotId,
    /// Through which account, where the channel has accounts.
    pub(crate) account: Option<AccountId>,
}

impl Sender {
    /// The account of a channel that has accounts.
    pub(crate) fn needs_account(self) -> Result<(AccountId, BotId), Failure> {
        self.account.map(|account| (account, self.bot)).ok_or(Failure::Internal)
    }
}
