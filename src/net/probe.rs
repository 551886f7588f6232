//! One login attempt for the command line: `account test`, `account add`, `doctor`. Says what it finds as it goes.

use std::pin::pin;

use smol::future::{self, FutureExt};

pub use super::connect::Step;
use super::driver::{Account, Driver, Shared};
use super::inbox::inbox;
use crate::base::id::AccountId;
use crate::base::{crypto, limits};
use crate::core::effect::{Order, Route};
use crate::reactor::Timer;
use crate::xmpp::session::{Event, Facts, Session, SessionConfig};

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

/// Logs in once and out again.
pub async fn probe(config: SessionConfig, route: Route, report: &mut dyn FnMut(Step)) -> Result<Facts, NoLogin> {
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
    let mut driver = pin!(Driver::new(account, session, None).run(&mut orders));

    // The last words of a session that ends by itself are in `news`, which closes behind them.
    let drive = async {
        driver.as_mut().await;
        future::pending().await
    };
    let facts = watch(&news, report).or(drive).await?;
    sender.send(Order::Close);
    driver
        .or(async {
            Timer::after(limits::PROBE_GOODBYE_TIMEOUT).await;
        })
        .await;
    Ok(facts)
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
