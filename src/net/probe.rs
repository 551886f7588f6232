//! One login attempt for the command line: `account test`, `account add`, `doctor`. Says what it finds as it goes.

use std::pin::pin;

use smol::future::{self, FutureExt};

pub use super::connect::Step;
use super::driver::{Account, Driver, Shared};
use super::inbox::{Sender, inbox};
use super::x509;
use crate::base::id::AccountId;
use crate::base::text::unbase64;
use crate::base::{crypto, limits};
use crate::core::effect::{Order, Route};
use crate::reactor::Timer;
use crate::xmpp::iq::Peer;
use crate::xmpp::session::{Event, Facts, Session, SessionConfig};
use crate::xmpp::stanza::IqKind;
use crate::xmpp::{disco, ns, time};

enum News {
    Step(Step),
    Event(Event),
}

/// Why there was no login: one sentence for the owner, with what to do.
#[derive(Debug)]
pub struct NoLogin {
    /// The sentence.
    pub why: String,
    /// The server was there and refused; the same again does not help.
    pub is_refused: bool,
}

fn failed(why: String) -> NoLogin {
    NoLogin { why, is_refused: false }
}

/// How much is asked of a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Depth {
    /// Only the login.
    Login,
    /// What it offers besides, and what its clock says.
    Offer,
}

/// What a server offers to an account besides what the login shows; `None` where it did not say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Offer {
    /// Nodes of one's own (PEP, XEP-0163).
    pub pep: Option<bool>,
    /// Upload of files (XEP-0363).
    pub upload: Option<bool>,
    /// How far its clock is ahead of ours (XEP-0202), in milliseconds.
    pub clock_ahead_ms: Option<i64>,
}

/// Logs in once and out again.
pub async fn probe(config: SessionConfig, route: Route, report: &mut dyn FnMut(Step)) -> Result<Facts, NoLogin> {
    visit(config, route, Depth::Login, report).await.map(|(facts, _)| facts)
}

/// The same, and asks the server in between what it offers and what its clock says.
pub async fn examine(
    config: SessionConfig,
    route: Route,
    report: &mut dyn FnMut(Step),
) -> Result<(Facts, Offer), NoLogin> {
    visit(config, route, Depth::Offer, report).await
}

async fn visit(
    config: SessionConfig,
    route: Route,
    depth: Depth,
    report: &mut dyn FnMut(Step),
) -> Result<(Facts, Offer), NoLogin> {
    if config.plaintext && !super::connect::is_loopback(&route) {
        return Err(failed("a login without TLS is for a server on this machine only".to_string()));
    }
    let (tell, news) = async_channel::unbounded();
    let tell_step = tell.clone();
    let shared = Shared::new(
        move |_, event| drop(tell.try_send(News::Event(event))),
        move |_, step| drop(tell_step.try_send(News::Step(step))),
    );
    // No such row: the account is not saved yet.
    let account = Account::new(AccountId(0), route, shared);
    let session = Session::new(config, Box::new(crypto::random));
    let (sender, mut orders) = inbox();
    let mut driver = pin!(Driver::new(account, session, None).for_questions().run(&mut orders));

    // The last words of a session that ends by itself are in `news`, which closes behind them.
    let drive = async {
        driver.as_mut().await;
        future::pending().await
    };
    let ask = async {
        let facts = watch(&news, report).await?;
        let offer = match depth {
            Depth::Login => Offer::default(),
            Depth::Offer => look(&sender, &news).await,
        };
        Ok((facts, offer))
    };
    let found = ask.or(drive).await?;
    sender.send(Order::Close);
    driver
        .or(async {
            Timer::after(limits::PROBE_GOODBYE_TIMEOUT).await;
        })
        .await;
    Ok(found)
}

/// Tags of our questions; those of services follow.
const ACCOUNT: u64 = 0;
const CLOCK: u64 = 1;
const SERVER: u64 = 2;
const SERVICES: u64 = 3;

/// Asks what there is; what has not been answered in time stays open.
async fn look(sender: &Sender, news: &async_channel::Receiver<News>) -> Offer {
    let mut offer = Offer::default();
    let ask = |tag, to, payload| sender.send(Order::Ask { tag, to, kind: IqKind::Get, payload });
    ask(ACCOUNT, Peer::Account, disco::build_query());
    ask(CLOCK, Peer::Server, time::build_query());
    ask(SERVER, Peer::Server, disco::build_query());
    ask(SERVICES, Peer::Server, disco::build_items_query());
    let mut open = SERVICES + 1;
    let mut timer = Timer::after(limits::PROBE_OFFER_TIMEOUT);
    while open > 0 {
        let next = async { news.recv().await.ok() };
        let late = async {
            (&mut timer).await;
            None
        };
        let Some(news) = next.or(late).await else { return offer };
        let News::Event(Event::Answer { tag, outcome }) = news else { continue };
        open -= 1;
        let answer = outcome.ok().flatten();
        match (tag, &answer) {
            (ACCOUNT, Some(answer)) => {
                let info = disco::Info::read(answer);
                let is_pep = |identity: &disco::Identity| identity.category == "pubsub" && identity.kind == "pep";
                offer.pep = info.map(|info| info.identities.iter().any(is_pep));
            }
            (CLOCK, Some(answer)) => {
                offer.clock_ahead_ms = time::read(answer).map(|theirs| theirs - super::now().unix_ms);
            }
            (SERVICES, Some(answer)) => {
                for (item, tag) in
                    disco::read_items(answer).into_iter().take(limits::PROBE_SERVICES_MAX).zip(SERVICES + 1..)
                {
                    ask(tag, Peer::Other(item.jid), disco::build_query());
                    open += 1;
                }
            }
            (SERVER | SERVICES.., Some(answer)) if disco::has_feature(answer, ns::UPLOAD) => offer.upload = Some(true),
            _ => {}
        }
    }
    offer.upload.get_or_insert(false);
    offer
}

/// When the first certificate in a PEM file expires, in milliseconds since 1970.
pub fn certificate_end(pem: &str) -> Option<i64> {
    let body = pem.split("-----BEGIN CERTIFICATE-----").nth(1)?.split("-----END").next()?;
    let body: String = body.split_whitespace().collect();
    x509::not_after(&unbase64(&body)?)
}

/// Passes the steps on until the login is done, refused, or late.
async fn watch(news: &async_channel::Receiver<News>, report: &mut dyn FnMut(Step)) -> Result<Facts, NoLogin> {
    let mut last = "nothing".to_string();
    let mut timer = Timer::after(limits::NEGOTIATE_TIMEOUT);
    loop {
        let ended = || failed("the session ended before the login was done".to_string());
        let next = async { news.recv().await.map_err(|_| ended()) };
        let late = async {
            (&mut timer).await;
            let seconds = limits::NEGOTIATE_TIMEOUT.as_secs();
            Err(failed(format!("no login within {seconds} s; the last thing that happened: {last}")))
        };
        match next.or(late).await? {
            News::Step(step) => {
                last = step.to_string();
                report(step);
            }
            News::Event(Event::Bound { facts, .. }) => return Ok(facts),
            News::Event(Event::Offline { why, .. }) => return Err(failed(why)),
            News::Event(Event::Stopped { why }) => return Err(NoLogin { why, is_refused: true }),
            News::Event(_) => {}
        }
    }
}
