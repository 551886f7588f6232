//! A made-up engine: answers each question from a table, and tells which it was asked.

use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread;

use botmother::base::id::{BotId, LinkId, UpdateId};
use botmother::base::jid::BareJid;
use botmother::base::json::Object;
use botmother::base::remedy::{CA_FILE, KEEP_HISTORY};
use botmother::base::secret::Secret;
use botmother::base::spool::Spool;
use botmother::core::failure::Failure;
use botmother::core::handle::{
    Access, AccountInfo, AiInfo, Answer, ApiChange, BotAction, BotCard, BotInfo, BotState, BridgeAnswer,
    BridgeQuestion, Button, Caller, CertificateInfo, Command, CommandCard, Connection, ConversationKind, Delivery,
    DeliveryAttempt, EjabberdInfo, Encrypt, FileInfo, FileQuery, FileWanted, Handle, HistoryInfo, HistoryMessage,
    HistoryPage, HistoryQuery, HistoryReaction, JoinedChats, KeyAnswer, KeyInfo, KeyQuestion, KeyboardKind,
    LeavingInfo, LinkRow, LocalLine, Metric, Mode, NewAction, NewBot, NewLink, OfferedChat, OmemoInfo, OmemoStatus,
    OrderQuestion, Outcome, OwnKey, PanelAnswer, PanelQuestion, PeopleQuestion, PersonInfo, Policy, Press, Question,
    Quotas, Readiness, Remains, RightsAnswer, Role, ServerInfo, TelegramInfo, TelegramQuestion, TelegramState,
    TokenInfo, TokenQuestion, Update, UpdateKinds, WayStep, WebAnswer, WebButtons, WebChat, WebCursor, WebEvent,
    WebEvents, WebLogin, WebMessage, WebPage, WebQuestion, WebReaction, WebTold, WebUser, WebhookInfo, WhyInfo,
    YardAnswer, YardQuestion,
};
use botmother::core::handle::{AskAnswerRow, AskInfo, AskQuestion, AskStatus, MemberInfo, MembersInfo};
use botmother::core::handle::{FaqAnswer, FaqEntry, FaqFound, FaqHit, FaqInfo, FaqKind, FaqQuestion, FaqRow};
use botmother::engine::event::Event;
use botmother::store::row::{AiRow, AuditRow};

/// What was asked, one line a question: the caller, then the question.
pub(crate) type Asked = Receiver<String>;

/// A text with everything that others have garbled.
pub(crate) const WILD: &str = "ü 👍 \u{2028} \" \\ \u{1} \n é";

/// Starts the engine; it ends with the last handle.
pub(crate) fn start() -> (Handle, Asked) {
    let (events, inbox) = mpsc::channel();
    let (told, asked) = mpsc::channel();
    thread::spawn(move || work(&inbox, &told));
    (Handle::new(events), asked)
}

/// A place for files of this test; it is left empty.
pub(crate) fn spool() -> Spool {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let number = COUNT.fetch_add(1, Ordering::Relaxed);
    Spool::open(&Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("face-{number}"))).unwrap()
}

/// How a question stands.
fn asked(id: i64, status: AskStatus) -> AskInfo {
    let answer = AskAnswerRow {
        text: WILD.to_string(),
        option: Some(1),
        by: "anna@example.org".to_string(),
        at: 1_739_478_000,
        message_id: "m-1".to_string(),
        encrypted: true,
        trust: Some("trusted".to_string()),
    };
    let answer = Some(answer).filter(|_| status == AskStatus::Answered);
    AskInfo { id, status, asked: vec!["anna@example.org".to_string()], answer, expires_in: 3_600 }
}

/// The way of a message that a webhook would not take.
fn way(message_id: String) -> WhyInfo {
    let step = |at_ms, what, why: &str| WayStep { at_ms, what, why: why.to_string() };
    let steps = vec![
        step(Some(1_739_478_000_123), "received", ""),
        step(Some(1_739_478_001_000), "webhook_failed", "attempt 1: status 503"),
        step(None, "waits_for_webhook", "tried again in 5 s"),
    ];
    WhyInfo { message_id, is_out: false, peer: "anna@example.org".to_string(), steps }
}

fn work(inbox: &Receiver<Event>, told: &Sender<String>) {
    while let Ok(event) = inbox.recv() {
        if let Event::Ask { caller, question, reply } = event {
            let who = match &caller {
                Caller::Bot(token, _) => token.expose().to_string(),
                other => format!("{other:?}"),
            };
            // Nobody may listen; that is no error.
            let _ = told.send(format!("{who} {question:?}"));
            reply.send(outcome(&caller, question));
        }
    }
}

fn outcome(caller: &Caller, question: Question) -> Outcome {
    if let Caller::Bot(token, _) = caller {
        match token.expose() {
            "bm_good" => {}
            "bm_busy" => return Err(Failure::Busy { retry_after_s: 7 }),
            "bm_broken" => return Err(Failure::Internal),
            "bm_polled" => return Err(Failure::Conflict("another program polls this bot now".into())),
            _ => return Err(Failure::Unauthorized("the token is not valid, or was revoked".into())),
        }
    }
    match question {
        Question::DeleteBot(BotId(404))
        | Question::ActivateBot(BotId(404), _)
        | Question::NewToken(BotId(404), _)
        | Question::BotAccess(BotId(404))
        | Question::SetBotAccess(BotId(404), ..)
        | Question::SetBotHistory(BotId(404), _)
        | Question::SetListed(BotId(404), _)
        | Question::Revoke(BotId(404)) => Err(Failure::no_bot(BotId(404))),
        Question::ChangeServer(ApiChange::All(all)) if all.contains(&ApiChange::Port(7000)) => {
            Err(Failure::Conflict("nothing was changed: cannot listen on 127.0.0.1:7000".into()))
        }
        Question::CreateBot(new) => create(new),
        Question::Ask(AskQuestion::Wait(404, _)) => Err(Failure::NotFound("this bot has no question 404".into())),
        Question::GetHistory(query) if query.chat.as_str() == "nothing@example.org" => {
            Err(Failure::NotEnabled(format!("this bot keeps no history; {KEEP_HISTORY} switches it on")))
        }
        Question::AskAi { text, .. } if text == "off" => Err(Failure::NotEnabled("this bot's AI is off".into())),
        Question::AskAi { text, .. } if text == "broken" => {
            Err(Failure::Remote { what: "ai_error", why: "openai does not accept the key".into() })
        }
        Question::JoinRoom(new) if new.password.is_some() => {
            Err(Failure::Remote { what: "join_failed", why: "the room's password is another one".into() })
        }
        Question::LeaveRoom(room) if room.as_str().starts_with("other@") => {
            Err(Failure::Remote { what: "leave_failed", why: format!("the bot is not in the room {room}") })
        }
        Question::Yard(question) => yard(*question),
        Question::Web(question) => web(caller, *question),
        question => Ok(answer(caller, question)),
    }
}

fn yard(question: YardQuestion) -> Outcome {
    const BOT: &str = "01arz3ndektsv4rrffq69g5fav";
    let bot = || card(BOT, "MyBot", "");
    let key = || Secret::new(format!("{BOT}:0123456789abcdefghjkmnpqrs"));
    let command = |ulid: &str, alias: &str, description: &str| CommandCard {
        ulid: ulid.into(),
        alias: alias.into(),
        description: description.into(),
    };
    Ok(Answer::Yard(Box::new(match question {
        YardQuestion::Me | YardQuestion::Change(_) => YardAnswer::Bot(bot()),
        YardQuestion::Commands => YardAnswer::Commands(vec![
            command("01arz3ndektsv4rrffq69g5fax", "start", "Begin"),
            command("01arz3ndektsv4rrffq69g5fay", "help", ""),
        ]),
        YardQuestion::SetWebhook(url, secret) => YardAnswer::Webhook(BOT.into(), url, secret),
        YardQuestion::Webhook => return Err(Failure::NotFound("webhook not found".into())),
        YardQuestion::Create(_) => YardAnswer::Made(bot(), key()),
        YardQuestion::Key(id) | YardQuestion::NewKey(id) if id != BOT => {
            return Err(Failure::NotFound("bot not found".into()));
        }
        YardQuestion::Key(_) | YardQuestion::NewKey(_) => YardAnswer::Key(key()),
        _ => YardAnswer::Done,
    })))
}

/// Somebody with a browser, in his one chat.
fn web(caller: &Caller, question: WebQuestion) -> Outcome {
    const BOT: &str = "01arz3ndektsv4rrffq69g5fav";
    const USER: &str = "01arz3ndektsv4rrffq69g5fab";
    const CHAT: &str = "01arz3ndektsv4rrffq69g5fac";
    if matches!(caller, Caller::User(token) if token.expose() != "good") {
        return Err(Failure::Unauthorized("user is unauthorized".into()));
    }
    let of = |id: &str| match id == CHAT {
        true => Ok(()),
        false => Err(Failure::Forbidden("chat is not related to current user".into())),
    };
    let chat = || WebChat { ulid: CHAT.into(), user: USER.into(), bot: BOT.into() };
    let message = |text: &str| WebMessage {
        ulid: "01arz3ndektsv4rrffq69g5fad".into(),
        chat: CHAT.into(),
        sender: BOT.into(),
        text: text.into(),
        attachments: Vec::new(),
        at_ms: 1_696_758_105_336,
        is_edited: false,
        reply_to: None,
        replaces: None,
        buttons: None,
        reactions: Vec::new(),
    };
    let what = match question {
        WebQuestion::NewUser(nickname) => WebTold::User(WebUser { ulid: USER.into(), nickname }),
        WebQuestion::User => WebTold::User(WebUser { ulid: USER.into(), nickname: WILD.into() }),
        WebQuestion::Commands(_) => return Err(Failure::NotFound("bot not found".into())),
        WebQuestion::NewChat(_) => WebTold::Chat(chat()),
        WebQuestion::Chats(_) => WebTold::Chats(vec![chat()]),
        WebQuestion::DeleteChat(id) => of(&id).map(|()| WebTold::Done)?,
        WebQuestion::Say(new) => of(&new.chat).map(|()| WebTold::Message(Box::new(message(&new.text))))?,
        WebQuestion::Message(_) => WebTold::Message(Box::new(message("one"))),
        WebQuestion::Press(_) => WebTold::Done,
        WebQuestion::AddFiles(_) => return Err(Failure::Full),
        WebQuestion::Messages(query) => {
            let press = |text: &str, press| Button { text: text.into(), press };
            let rows = vec![
                vec![press("Docs", Press::Url("https://example.org".into())), press("Yes", Press::Data("y".into()))],
                vec![press("No", Press::Say)],
            ];
            let wild = WebMessage {
                is_edited: true,
                reply_to: Some("01arz3ndektsv4rrffq69g5fae".into()),
                buttons: Some(WebButtons { kind: KeyboardKind::Reply { is_once: true, placeholder: None }, rows }),
                reactions: vec![WebReaction { sender: USER.into(), emoji: "👍".into() }],
                ..message(WILD)
            };
            let (page, limit) = (query.page.unwrap_or(1), query.limit.unwrap_or(20));
            WebTold::Page(WebPage { chat: query.chat, total: 7, page, limit, messages: vec![wild] })
        }
        WebQuestion::Watch(watch) => {
            of(&watch.chat)?;
            let events = vec![
                (Some(7), WebEvent::Message(Box::new(message("one")))),
                (None, WebEvent::Typing(true)),
                (None, WebEvent::Piece("p".into(), "so\nfar".into())),
            ];
            WebTold::Events(WebEvents { events, cursor: WebCursor::default(), is_over: true })
        }
    };
    let login = WebLogin { token: Secret::new("fresh"), max_age_s: 60 };
    Ok(Answer::Web(Box::new(WebAnswer { login: Some(login), what })))
}

fn create(new: NewBot) -> Outcome {
    match new.name.as_str() {
        "Twentyfirst" => return Err(Failure::Quota("an owner can have 20 bots".into())),
        "Refused" => return Err(Failure::Remote { what: "registration_failed", why: "ejabberd said no".into() }),
        _ => {}
    }
    let mut info = BotInfo { id: BotId(1), name: new.name, mode: new.mode, ..bot() };
    match new.mode {
        Mode::Personal => {}
        Mode::Dedicated => {
            info.jid = "bot_supportbot_c3a1@chat.example.com".into();
            let why = Some(format!("the certificate is not trusted; name its CA with {CA_FILE}"));
            info.state = BotState { connection: Connection::Registering, since: Some(1_739_478_001), why };
        }
        Mode::Cloud => return Err(Failure::NotBuilt("cloud bots are not built into this version yet".into())),
    }
    Ok(Answer::Created(info))
}

fn telegram(question: &TelegramQuestion) -> TelegramInfo {
    let BridgeAnswer::Links(links, _) = bridge(BridgeQuestion::List) else { panic!() };
    TelegramInfo {
        is_configured: true,
        is_enabled: !matches!(question, TelegramQuestion::Enable(false)),
        name: "MyBot".into(),
        username: "mybot_bot".into(),
        state: TelegramState::Listening,
        waiting: 2,
        is_tested: matches!(question, TelegramQuestion::Test | TelegramQuestion::Setup(_)),
        joined: JoinedChats { bot: None, links },
        ..TelegramInfo::default()
    }
}

fn bridge(question: BridgeQuestion) -> BridgeAnswer {
    let link = |new: NewLink| LinkRow {
        id: LinkId(1),
        bot: BotId(1),
        here: new.here.unwrap_or_else(|| BareJid::parse("ralf@chat.example.com").unwrap()),
        here_kind: ConversationKind::Chat,
        there: new.chat,
        there_kind: ConversationKind::Room,
        alias: new.alias.unwrap_or_default(),
        mode: new.mode.unwrap_or_default(),
        is_enabled: new.is_enabled.unwrap_or(true),
        is_default: new.is_default.unwrap_or(false),
        format_here: new.format_here,
        format_there: new.format_there,
        trouble: None,
        created_at: 1_739_478_000,
    };
    let family = || NewLink { alias: Some("family".into()), ..NewLink::new(BareJid::parse_any("tg:-1001").unwrap()) };
    match question {
        BridgeQuestion::List => {
            let offered = OfferedChat {
                address: BareJid::parse_any("tg:-1002").unwrap(),
                title: "Work".into(),
                last_name: "Ann".into(),
                count: 3,
                at: 1_739_478_000,
            };
            BridgeAnswer::Links(vec![link(family())], vec![offered])
        }
        BridgeQuestion::Link(new) => BridgeAnswer::Linked(Box::new(link(new))),
        BridgeQuestion::Unlink(_) => BridgeAnswer::Unlinked(Box::new(link(family()))),
        BridgeQuestion::Send(_) => BridgeAnswer::Sent("m-1".into()),
    }
}

fn answer(caller: &Caller, question: Question) -> Answer {
    match question {
        Question::Panel(PanelQuestion::Overview(_)) => Answer::Panel(PanelAnswer::Overview(Vec::new())),
        Question::Panel(PanelQuestion::Course) => Answer::Panel(PanelAnswer::Course(Vec::new())),
        Question::Panel(PanelQuestion::Watch(_)) => Answer::Panel(PanelAnswer::Watch(async_channel::bounded(1).1)),
        Question::Bridge(question) => Answer::Bridge(bridge(question)),
        Question::Health => Answer::Health { active_bots: 3, accounts_online: 1, accounts: 2, bots_online: 2 },
        Question::Live => Answer::Done,
        Question::Ready => Answer::Ready(Readiness {
            accounts: 2,
            missing: vec![(BareJid::parse("ralf@chat.example.com").unwrap(), "its server does not answer".to_string())],
            is_detailed: matches!(caller, Caller::Admin),
        }),
        Question::Metrics => Answer::Metrics(vec![Metric::counter("stanzas_skipped_total", "Skipped.", 7.0)]),
        Question::ListBots(Some(owner)) if owner.as_str() != "ralf@chat.example.com" => Answer::Bots(Vec::new()),
        Question::ListBots(_) => Answer::Bots(vec![bot(), support_bot()]),
        Question::DeleteBot(id @ BotId(2)) => Answer::Deleted(id, Some((Remains::Account, true))),
        Question::DeleteBot(id @ BotId(5)) => Answer::Deleted(id, Some((Remains::Published, false))),
        Question::DeleteBot(id) => Answer::Deleted(id, None),
        Question::Leaving(owner) => Answer::Leaving(vec![LeavingInfo {
            jid: BareJid::parse("bot_gone_1f2e@chat.example.com").unwrap(),
            owner,
            why: Some("connection refused".into()),
            since: Some(1_739_478_000),
            next_try: Some(1_739_481_600),
        }]),
        Question::Forget(jid) => Answer::Forgotten(jid, Remains::Account),
        Question::Ejabberd => Answer::Ejabberd(EjabberdInfo {
            api_url: "http://localhost:5443/api".into(),
            admin_jid: "admin@chat.example.com".into(),
            admin_password: "********".into(),
            host: "chat.example.com".into(),
            is_configured: true,
        }),
        Question::Numbered(_) | Question::Yard(_) | Question::Web(_) | Question::PageFile(_) => Answer::Done,
        Question::SetEjabberd(settings) => Answer::EjabberdSaved { is_configured: settings.host.is_some() },
        Question::TestEjabberd(_) => Answer::EjabberdTested("ok".into()),
        Question::Server => Answer::Server(Box::new(ServerInfo {
            url: "http://localhost:7842".into(),
            port: 7842,
            addresses: vec!["127.0.0.1:7842".into(), "[::1]:7842".into()],
            rate_limit: 30,
            ..ServerInfo::default()
        })),
        Question::ChangeServer(_) => Answer::Server(Box::new(ServerInfo {
            url: "https://localhost:8443".into(),
            is_network: true,
            port: 8443,
            addresses: vec!["0.0.0.0:8443".into(), "[::]:8443".into()],
            socket: "/run/botmother/api.sock".into(),
            needs_admin_token: true,
            rate_limit: 0,
            trusted_proxies: vec!["10.0.0.0/8".into(), "unix".into()],
            certificate: Some(CertificateInfo {
                file: "/data/api-tls/server.crt".into(),
                is_ours: true,
                fingerprint: "sha256:00ff".into(),
                names: vec!["localhost".into(), "::1".into()],
                valid_from: 1_700_000_000,
                valid_until: 1_800_000_000,
            }),
        })),
        Question::ActivateBot(id, active) => Answer::Status(id, active),
        Question::NewToken(id, _) => Answer::Token(id, Secret::new("bm_new_token_here")),
        Question::Revoke(id) => Answer::Revoked(id),
        Question::People(PeopleQuestion::SendCode(_)) => Answer::Done,
        Question::Tokens(_) | Question::People(_) | Question::Audit(_) => Answer::Rights(rights(&question)),
        Question::BotAccess(id) => Answer::Access(id, Access::List, vec![BareJid::parse("eva@example.org").unwrap()]),
        Question::BotOmemo(id) | Question::ResetOmemo(id) => Answer::Omemo(OmemoInfo {
            bot: id,
            policy: Encrypt::Required,
            is_default: true,
            device: Some((77, "0011223344556677".repeat(4))),
        }),
        Question::SetBotOmemo(id, policy) => Answer::Omemo(OmemoInfo {
            bot: id,
            policy: policy.unwrap_or(Encrypt::Required),
            is_default: policy.is_none(),
            device: None,
        }),
        Question::SetBotAccess(id, access, contacts) => Answer::Access(id, access, contacts.unwrap_or_default()),
        Question::BotHistory(bot) => Answer::BotHistory(HistoryInfo { bot, days: 0, is_default: true }),
        Question::SetBotHistory(bot, days) => {
            let is_default = days.is_none();
            Answer::BotHistory(HistoryInfo { bot, days: days.unwrap_or(0), is_default })
        }
        Question::MessageState(_) => Answer::MessageState("sent"),
        Question::Ask(AskQuestion::List) => Answer::Asks(vec![asked(7, AskStatus::Waiting)]),
        Question::Ask(AskQuestion::Cancel(id)) => Answer::Ask(Box::new(asked(id, AskStatus::Cancelled))),
        Question::Ask(AskQuestion::Wait(id, _)) => Answer::Ask(Box::new(asked(id, AskStatus::Answered))),
        Question::Ask(AskQuestion::New(_)) => Answer::Ask(Box::new(asked(1_843_200_000_000_001, AskStatus::Waiting))),
        Question::Why(id) => Answer::Why(Box::new(way(id))),
        Question::GetHistory(query) => Answer::History(history(&query)),
        Question::Gallery => Answer::Gallery(vec![
            card("01arz3ndektsv4rrffq69g5fav", "MyBot", ""),
            card("01arz3ndektsv4rrffq69g5faw", WILD, "Customer support"),
        ]),
        Question::SetListed(id, listed) => Answer::Listed(id, listed),
        Question::OwnerStatus(owner) => Answer::Owner(owner, true),
        Question::SetOwnerStatus(owner, enabled) => Answer::Owner(owner, enabled),
        Question::ListAccounts => Answer::Accounts(accounts()),
        Question::AddAccount(new) => Answer::Account(new.jid),
        Question::RemoveAccount(jid) => Answer::Account(jid),
        Question::SendMessage(_) | Question::Upload(_) => {
            Answer::Sent { message_id: "uuid-123-456".into(), encrypted: Some(false) }
        }
        Question::GetFile(FileQuery { wanted, into }) => {
            let file = FileInfo {
                file_id: "f1".into(),
                message_id: "m1".into(),
                url: "https://example.com/k%C3%BC.jpg".into(),
                name: Some("k\u{fc} \"1\".jpg".into()),
                media_type: Some("image/jpeg".into()),
                size: matches!(wanted, FileWanted::Id(_)).then_some(5),
            };
            match into {
                None => Answer::File(file),
                Some(content) => {
                    std::fs::write(content.path(), "12345").unwrap();
                    Answer::Content { file, media_type: "image/jpeg".into(), bytes: 5, content }
                }
            }
        }
        Question::AnswerPress(_) => Answer::Done,
        Question::Act(NewAction {
            action: BotAction::File { .. } | BotAction::Edit { .. } | BotAction::Buttons { .. },
            ..
        }) => Answer::Sent { message_id: "uuid-123-456".into(), encrypted: Some(false) },
        Question::Act(_) => Answer::Done,
        Question::GetUpdates(_) => Answer::Updates(updates()),
        Question::MaySend => Answer::Done,
        Question::GetMe | Question::WhoAmI => Answer::Me(bot()),
        Question::SetProfile(new) => Answer::Me(BotInfo {
            name: new.name.unwrap_or(bot().name),
            description: new.description.unwrap_or_default(),
            ..bot()
        }),
        Question::GetInfo => Answer::Info(bot(), commands(), 0),
        Question::Order(OrderQuestion::Members(_)) => Answer::Members(MembersInfo {
            chat: BareJid::parse_any("tg:-100").unwrap(),
            members: vec![MemberInfo {
                id: 9,
                username: Some("ben".into()),
                name: "Ben".into(),
                seen_at: 1_700_000_000,
            }],
            seen: 1,
        }),
        Question::JoinRoom(_) | Question::LeaveRoom(_) | Question::ModerateRoom(_) | Question::Order(_) => Answer::Done,
        Question::SetWebhook(new) => Answer::Webhook {
            url: new.url,
            secret: new.secret.unwrap_or_else(|| Secret::new("hmac_secret_for_signature_verification")),
        },
        Question::WebhookInfo => Answer::WebhookInfo(WebhookInfo {
            url: "https://my-server.com/webhook/bot1".into(),
            pending: 2,
            last_error: Some((1_707_900_001, "connection refused".into())),
            allowed: UpdateKinds::default(),
            attempts: attempts(),
        }),
        Question::ReplayWebhook(Delivery::Update(_)) => Answer::Attempt(attempts().remove(0)),
        Question::DeleteWebhook { .. } | Question::ReplayWebhook(_) => Answer::Done,
        Question::SetAi(new) => {
            Answer::AiSet { provider: new.provider.unwrap_or_default(), model: new.model.unwrap_or_default() }
        }
        Question::Faq(FaqQuestion::Ask(_)) => Answer::Faq(FaqAnswer::Found(FaqFound {
            best: Some(FaqHit {
                id: 7,
                collection: "main".into(),
                question: WILD.into(),
                answer: "At 9".into(),
                kind: FaqKind::Text,
                score: 0.876,
            }),
            suggestions: vec![FaqHit { id: 8, kind: FaqKind::Redirect, score: 0.4, ..FaqHit::default() }],
        })),
        Question::Faq(FaqQuestion::List | FaqQuestion::Save(_)) => {
            let row =
                FaqRow { id: 3, name: "main".into(), is_answering: true, best: 55, least: 40, ..FaqRow::default() };
            Answer::Faq(FaqAnswer::Collections(vec![(FaqRow { suggestions: 3, ..row }, 12)]))
        }
        Question::Faq(FaqQuestion::Entries { .. }) => {
            let entry = FaqEntry { id: 7, question: "When?".into(), answer: WILD.into(), ..FaqEntry::default() };
            let from = Some("2026-12-24 18:00".to_string());
            Answer::Faq(FaqAnswer::Entries(vec![FaqInfo { entry, from, until: None }]))
        }
        Question::Faq(FaqQuestion::SetEntry { .. }) => Answer::Faq(FaqAnswer::Kept(7)),
        Question::Faq(FaqQuestion::Import { .. }) => Answer::Faq(FaqAnswer::Imported(2)),
        Question::Faq(FaqQuestion::Export { .. }) => Answer::Faq(FaqAnswer::Exported("question,answer\r\n".into(), 0)),
        Question::Faq(_) => Answer::Faq(FaqAnswer::Done),
        Question::AiStatus => Answer::Ai(AiInfo {
            is_enabled: true,
            row: Some(AiRow {
                provider: "openai".into(),
                endpoint: "https://api.openai.com/v1/chat/completions".into(),
                model: "gpt-4o".into(),
                temperature: Some(70),
                ..AiRow::default()
            }),
            system: "You are a helpful assistant.".into(),
            substitute: None,
        }),
        Question::EnableAi(is_enabled) => Answer::AiEnabled(is_enabled),
        Question::AskAi { .. } => {
            Answer::AiAnswer { text: "The capital of France is Paris.".into(), cut: None, is_continued: false }
        }
        Question::SetCommands(_) | Question::CreateBot(_) => Answer::Done,
        Question::GetCommands => Answer::Commands(commands()),
        Question::Keys(question) => Answer::Keys(match question {
            KeyQuestion::Status => KeyAnswer::Status(OmemoStatus {
                jid: BareJid::parse("bot_supportbot_c3a1@chat.example.com").unwrap(),
                device: Some(OwnKey {
                    device: 31337,
                    fingerprint: key().fingerprint,
                    uri: "xmpp:b?omemo-sid-31337=01".into(),
                }),
                policy: Policy::Tofu,
                encrypt: Encrypt::Required,
            }),
            KeyQuestion::Devices(_) => KeyAnswer::Devices(vec![key()]),
            KeyQuestion::Decide { .. } => KeyAnswer::Decided(key()),
            KeyQuestion::SetPolicy(policy) => KeyAnswer::Policy(policy),
        }),
        Question::Telegram(question) => Answer::Telegram(Box::new(telegram(&question))),
        Question::LocalSay { .. } => Answer::Said(17),
        Question::LocalRead { .. } => Answer::Lines(vec![
            LocalLine { id: 18, at: 1_739_478_000, from: "Botmother".into(), text: WILD.into() },
            LocalLine { id: 19, at: 1_739_478_001, from: "owner".into(), text: "/mybots".into() },
        ]),
    }
}

fn key() -> KeyInfo {
    KeyInfo {
        jid: BareJid::parse("ralf@chat.example.com").unwrap(),
        device: 4711,
        fingerprint: ["01234567"; 8].join(" "),
        standing: "trusted",
        is_verified: true,
        first_seen: 1_739_478_000,
    }
}

fn card(ulid: &str, name: &str, description: &str) -> BotCard {
    BotCard { ulid: ulid.into(), name: name.into(), description: description.into(), avatar: None }
}

fn bot() -> BotInfo {
    BotInfo {
        id: BotId(1),
        name: "MyBot".into(),
        owner: Box::new(BareJid::parse("ralf@chat.example.com").unwrap()),
        jid: String::new(),
        mode: Mode::Personal,
        access: Access::Owner,
        active: true,
        description: String::new(),
        created_at: 1_739_478_000,
        token: Some(Secret::new("bm_a7f2c")),
        state: BotState { connection: Connection::Online, since: Some(1_739_478_000), why: None },
    }
}

fn support_bot() -> BotInfo {
    BotInfo {
        id: BotId(2),
        name: WILD.into(),
        owner: Box::new(BareJid::parse("ralf@chat.example.com").unwrap()),
        jid: "bot_supportbot_c3a1@chat.example.com".into(),
        mode: Mode::Dedicated,
        access: Access::Owner,
        active: false,
        description: "Customer support".into(),
        created_at: 1_739_478_100,
        token: None,
        state: BotState { connection: Connection::Disabled, since: None, why: None },
    }
}

fn accounts() -> Vec<AccountInfo> {
    let account = |jid: &str, online: bool, state: &str| AccountInfo {
        jid: BareJid::parse(jid).unwrap(),
        online,
        state: state.into(),
        from_config: !online,
    };
    vec![
        account("ralf@chat.example.com", true, "online"),
        account("eva@example.org", false, "offline: connection refused; next try in 4 s"),
    ]
}

fn updates() -> Vec<Update> {
    let data = Object::new()
        .text("from", "sender@server.tld")
        .text("to", "bot@server.tld")
        .text("body", WILD)
        .text("type", "chat")
        .text("stanza_id", "msg-uuid-789")
        .number("timestamp", 1_707_900_000);
    vec![
        Update { id: UpdateId(42), kind: "message".into(), payload: data.end() },
        Update { id: UpdateId(4_294_967_339), kind: "receipt".into(), payload: "{}".into() },
    ]
}

fn history(query: &HistoryQuery) -> HistoryPage {
    let first = HistoryMessage {
        id: 1_781_225_472_000_001,
        message_id: "m-1".into(),
        from: query.chat.to_string(),
        is_bot: false,
        text: WILD.into(),
        at: 1_739_478_000,
        is_edited: true,
        is_deleted: false,
        reply_to: Some("uuid-123-456".into()),
        files: vec![Object::new().text("url", "https://example.com/a.jpg").text("file_id", "f1").end()],
        reactions: vec![HistoryReaction { from: "bot@server.tld".into(), is_bot: true, emoji: "👍".into() }],
        keyboard: None,
    };
    let second = HistoryMessage {
        id: first.id + 1,
        message_id: "uuid-7".into(),
        from: "bot@server.tld".into(),
        is_bot: true,
        text: String::new(),
        is_edited: false,
        is_deleted: true,
        reply_to: None,
        files: Vec::new(),
        reactions: Vec::new(),
        ..first.clone()
    };
    HistoryPage { messages: vec![first, second], more: query.before.is_none() }
}

fn attempts() -> Vec<DeliveryAttempt> {
    let first = DeliveryAttempt {
        update: UpdateId(43),
        delivery_id: "d-43".into(),
        attempt: 1,
        status: None,
        latency_ms: 1,
        at: 1_707_900_001,
        error: Some("connection refused".into()),
    };
    let second = DeliveryAttempt {
        attempt: 2,
        status: Some(200),
        latency_ms: 12,
        at: 1_707_900_002,
        error: None,
        ..first.clone()
    };
    vec![second, first]
}

fn commands() -> Vec<Command> {
    let command = |name: &str, text: &str| Command { command: name.into(), description: text.into() };
    vec![command("weather", "Get weather info"), command("help", WILD)]
}

fn rights(question: &Question) -> RightsAnswer {
    let anna = || BareJid::parse("anna@example.org").unwrap();
    let token = |id, rights: &[&str]| TokenInfo {
        id,
        label: WILD.into(),
        rights: rights.iter().map(|word| word.to_string()).collect(),
        ending: "zZ_9".into(),
        created_at: 1_739_478_000,
        expires_at: (id == 7).then_some(1_739_488_000),
        last_used: if id == 7 { 0 } else { 1_739_480_000 },
    };
    let quotas = Quotas { bots: 20, messages: 100, storage: 8, ai_calls: 0 };
    let used = Quotas { bots: 1, messages: 3, ..Quotas::default() };
    let person = PersonInfo { person: Some(anna()), role: Role::Owner, sees: None, quotas, used };
    match question {
        Question::Tokens(TokenQuestion::Make(_)) => {
            RightsAnswer::Made(Secret::new("bm_narrow"), token(7, &["send", "read"]), None)
        }
        Question::Tokens(TokenQuestion::List(_)) => {
            RightsAnswer::Tokens(vec![token(7, &["send", "read"]), token(8, &["manage"])])
        }
        Question::Tokens(TokenQuestion::Revoke(_, id)) | Question::People(PeopleQuestion::RevokeToken(_, id)) => {
            RightsAnswer::Revoked(*id)
        }
        Question::People(PeopleQuestion::SignOut) => RightsAnswer::Revoked(9),
        Question::People(PeopleQuestion::SignIn(..)) => {
            RightsAnswer::Made(Secret::new("bmu_own"), token(7, &[]), Some(anna()))
        }
        Question::People(PeopleQuestion::MakeToken(_)) => {
            RightsAnswer::Made(Secret::new("bmu_own"), token(8, &["viewer"]), Some(anna()))
        }
        Question::People(PeopleQuestion::Tokens(_)) => RightsAnswer::Tokens(vec![token(8, &["owner"])]),
        Question::People(PeopleQuestion::List) => {
            let viewer = PersonInfo { role: Role::Viewer, sees: Some(anna()), ..person.clone() };
            RightsAnswer::People(vec![person, viewer])
        }
        Question::Audit(_) => {
            let entry = AuditRow { id: 4, action: "deleted".into(), at: 1_739_478_000, ..AuditRow::default() };
            let whole = AuditRow {
                bot: Some(BotId(3)),
                owner: Some(anna()),
                details: "token=7".into(),
                actor: Some("token:7".into()),
                address: Some("192.0.2.7".into()),
                ..entry.clone()
            };
            RightsAnswer::Audit(vec![whole, AuditRow { id: 3, ..entry }], true)
        }
        _ => RightsAnswer::Person(person),
    }
}
