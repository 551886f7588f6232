//! The client: a connection after the other, and what is to be done over each.

use std::collections::{BTreeMap, VecDeque};
use std::convert::Infallible;
use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::task::{Context, Poll};
use std::time::Instant;

use async_channel::Receiver;
use smol::future::FutureExt;

use super::feed::{Asked, Fed, Feed};
use super::packet::{self, Came, Fault, Out, Said, Turn};
use super::sends::{Sends, Settled};
use super::{Setup, topics};
use crate::base::id::{BotId, UpdateId};
use crate::base::time::Backoff;
use crate::base::{crypto, limits};
use crate::core::handle::{Answer, BotInfo, Caller, Handle, Question};
use crate::reactor::Timer;
use crate::work::Link;

/// The client of one broker.
pub(super) struct Client {
    setup: Setup,
    handle: Handle,
    feeds: BTreeMap<BotId, Feed>,
    sends: Sends,
    /// What was published and not confirmed, in order; it goes out again over the next connection.
    open: VecDeque<Open>,
    /// What is kept at the broker, as far as this process has put it there.
    kept: BTreeMap<String, String>,
    last_pid: u16,
}

struct Open {
    pid: u16,
    out: Out,
    /// The update it tells of.
    update: Option<(BotId, UpdateId)>,
}

/// What the connection has to do with time.
struct Clock {
    /// When something was written last.
    written: Instant,
    /// When an answer is missing.
    awaited: Option<Instant>,
    /// When what failed is tried again, and states are looked at again.
    again: Option<Instant>,
    resend: Option<Instant>,
    look: Option<Instant>,
}

/// What happened.
enum Happened {
    Read(bool),
    Rang,
    Time,
    Fed(BotId, Fed),
    Settled(Settled),
}

/// Why a connection ends.
enum End {
    /// We were told to stop.
    Stopped,
    Fault(Fault),
}

impl<E: std::fmt::Display> From<E> for End {
    fn from(error: E) -> End {
        End::Fault(error.to_string())
    }
}

impl Client {
    pub(super) fn new(setup: Setup, handle: Handle) -> Client {
        Client {
            setup,
            handle,
            feeds: BTreeMap::new(),
            sends: Sends::default(),
            open: VecDeque::new(),
            kept: BTreeMap::new(),
            last_pid: 0,
        }
    }

    /// Connects again and again, until told to stop.
    pub(super) async fn run(mut self, bell: Receiver<()>, stop: Receiver<()>) {
        let mut backoff = Backoff::new(limits::MQTT_RETRY_FIRST, limits::MQTT_RETRY_MAX);
        let place = format!("{}:{}", self.setup.host, self.setup.port);
        loop {
            let stopped = async {
                let _ = stop.recv().await;
                Err(End::Stopped)
            };
            let outcome = stopped.or(self.connect()).await;
            let end = match outcome {
                Ok(mut link) => {
                    log::info!("mqtt: connected to {place}");
                    backoff.reset();
                    let end = self.serve(&mut link, &bell, &stop).await;
                    if matches!(end, End::Stopped) {
                        self.take_leave(&mut link).await;
                    }
                    end
                }
                Err(end) => end,
            };
            let End::Fault(why) = end else { return };
            // Once, and then about once an hour.
            let is_told = !backoff.tries().is_multiple_of(limits::MQTT_TRIES_TOLD);
            let level = if is_told { log::Level::Debug } else { log::Level::Warn };
            log::log!(level, "mqtt: {place}: {why}; it is tried again, and updates wait");
            self.rest();
            let pause = async {
                Timer::after(backoff.next(random())).await;
                false
            };
            let stopped = async {
                let _ = stop.recv().await;
                true
            };
            if stopped.or(pause).await {
                return;
            }
        }
    }

    /// Nothing is fetched without a broker, and what it brought comes again.
    fn rest(&mut self) {
        self.feeds.values_mut().for_each(Feed::rest);
        self.sends.forget();
        self.sends.resume();
        self.kept.clear();
    }

    /// Opens a connection and logs in.
    async fn connect(&self) -> Result<Link, End> {
        let Setup { host, port, tls, .. } = &self.setup;
        let mut link = Link::open(host, *port, tls.clone(), limits::MQTT_CONNECT_TIMEOUT).await?;
        let will = topics::gone(&self.setup);
        link.send(&packet::connect(&self.setup, &will)?).await?;
        let late = async {
            Timer::after(limits::MQTT_ANSWER_TIMEOUT).await;
            Err(End::Fault("the broker does not answer".to_string()))
        };
        let welcome = async {
            loop {
                if let Some((said, used)) = packet::read(link.unread())? {
                    link.forget(used);
                    return match said {
                        Said::Welcome => Ok(()),
                        Said::Refused(why) => Err(End::Fault(format!("the broker refuses us: {why}"))),
                        _ => Err(End::Fault("the broker speaks before it has let us in".to_string())),
                    };
                }
                if !link.fill().await? {
                    return Err(End::Fault("the broker closed the connection".to_string()));
                }
            }
        };
        welcome.or(late).await?;
        Ok(link)
    }

    /// Serves one connection to its end.
    async fn serve(&mut self, link: &mut Link, bell: &Receiver<()>, stop: &Receiver<()>) -> End {
        let stopped = async {
            let _ = stop.recv().await;
            End::Stopped
        };
        let served = async {
            let Err(end) = self.try_serve(link, bell).await;
            end
        };
        stopped.or(served).await
    }

    async fn try_serve(&mut self, link: &mut Link, bell: &Receiver<()>) -> Result<Infallible, End> {
        let now = Instant::now();
        let mut clock = Clock { written: now, awaited: None, again: None, resend: None, look: Some(now) };
        let mut out = Vec::new();
        for open in &self.open {
            out.extend(packet::publish(&open.out, open.pid, &Turn::Again)?);
        }
        if self.setup.send {
            let pid = self.next_pid();
            out.extend(packet::subscribe(&topics::sends(&self.setup), pid)?);
        }
        self.keep(topics::here(&self.setup), &mut out)?;
        loop {
            self.look_if_due(&mut clock, &mut out).await?;
            self.feeds.values_mut().for_each(|feed| feed.ask(&self.setup, &self.handle));
            self.sends.ask(&self.handle);
            if !out.is_empty() {
                write(link, &out).await?;
                out.clear();
                clock.written = Instant::now();
            }
            match self.wait(link, bell, &clock).await? {
                Happened::Rang => clock.look = clock.look.or(Some(Instant::now() + limits::MQTT_GATHER)),
                Happened::Read(false) => return Err(End::Fault("the broker closed the connection".to_string())),
                Happened::Read(true) => self.read(link, &mut clock, &mut out)?,
                Happened::Time => self.tick(&mut clock, &mut out)?,
                Happened::Fed(bot, fed) => self.publish_updates(bot, fed, &mut clock, &mut out)?,
                Happened::Settled(settled) => self.settle(settled, &mut clock, &mut out)?,
            }
        }
    }

    /// Waits until something is to be done. Nothing is read while too much of what was read waits for the engine.
    async fn wait(&mut self, link: &mut Link, bell: &Receiver<()>, clock: &Clock) -> Result<Happened, End> {
        let is_full = self.sends.is_full();
        let mut filled = pin!(link.fill());
        let mut rung = pin!(bell.recv());
        let mut timer = Timer::at(clock.next());
        poll_fn(|cx| {
            if !is_full && let Poll::Ready(filled) = filled.as_mut().poll(cx) {
                return Poll::Ready(filled.map(Happened::Read).map_err(End::from));
            }
            if let Some(happened) = self.poll_engine(cx) {
                return Poll::Ready(Ok(happened));
            }
            if matches!(rung.as_mut().poll(cx), Poll::Ready(Ok(()))) {
                return Poll::Ready(Ok(Happened::Rang));
            }
            Pin::new(&mut timer).poll(cx).map(|()| Ok(Happened::Time))
        })
        .await
    }

    fn poll_engine(&mut self, cx: &mut Context<'_>) -> Option<Happened> {
        for (bot, feed) in &mut self.feeds {
            if let Poll::Ready(fed) = feed.poll(cx) {
                return Some(Happened::Fed(*bot, fed));
            }
        }
        match self.sends.poll(cx) {
            Poll::Ready(settled) => Some(Happened::Settled(settled)),
            Poll::Pending => None,
        }
    }

    fn tick(&mut self, clock: &mut Clock, out: &mut Vec<u8>) -> Result<(), End> {
        let now = Instant::now();
        if clock.awaited.is_some_and(|at| at <= now) {
            return Err(End::Fault("the broker does not answer".to_string()));
        }
        if clock.again.take_if(|at| *at <= now).is_some() {
            self.feeds.values_mut().for_each(Feed::look_again);
        }
        if clock.resend.take_if(|at| *at <= now).is_some() {
            self.sends.resume();
        }
        if clock.written + limits::MQTT_KEEP_ALIVE <= now {
            out.extend(packet::ping()?);
            clock.awaited = Some(now + limits::MQTT_ANSWER_TIMEOUT);
        }
        Ok(())
    }

    /// Takes what the broker has said.
    fn read(&mut self, link: &mut Link, clock: &mut Clock, out: &mut Vec<u8>) -> Result<(), End> {
        clock.awaited = None;
        while let Some((said, used)) = packet::read(link.unread())? {
            link.forget(used);
            match said {
                Said::Published(pid) => self.confirmed(pid),
                Said::Subscribed(true) | Said::Pong => {}
                Said::Subscribed(false) => {
                    log::error!("mqtt: the broker does not let us subscribe to {}", topics::sends(&self.setup));
                }
                Said::Came(came) => self.take(&came, out)?,
                Said::Welcome | Said::Refused(_) => {
                    return Err(End::Fault("the broker answers a login that was not".to_string()));
                }
            }
        }
        Ok(())
    }

    /// Somebody published something.
    fn take(&mut self, came: &Came, out: &mut Vec<u8>) -> Result<(), End> {
        let bot = topics::bot_of_send(&self.setup, &came.topic).filter(|_| self.setup.send);
        match bot {
            // What a broker keeps is a state, and would be sent at each connection.
            Some(bot) if !came.is_retained && !came.payload.is_empty() => self.sends.push(bot, came),
            _ => {
                log::debug!("mqtt: what came on {} is not for us to send (again: {})", came.topic, came.is_again);
                if let Some(pid) = came.pid {
                    out.extend(packet::acknowledge(pid)?);
                }
            }
        }
        Ok(())
    }

    fn confirmed(&mut self, pid: u16) {
        let Some(at) = self.open.iter().position(|open| open.pid == pid) else { return };
        let Some(open) = self.open.remove(at) else { return };
        if let Some((bot, update)) = open.update
            && let Some(feed) = self.feeds.get_mut(&bot)
        {
            feed.confirmed(update);
        }
    }

    fn publish_updates(&mut self, bot: BotId, fed: Fed, clock: &mut Clock, out: &mut Vec<u8>) -> Result<(), End> {
        match fed {
            Fed::Updates(updates) => {
                for update in updates {
                    let told = topics::update(&self.setup, bot.0, &update);
                    self.publish(told, Some((bot, update.id)), out)?;
                }
            }
            Fed::Later => clock.try_again(),
        }
        Ok(())
    }

    fn settle(&mut self, settled: Settled, clock: &mut Clock, out: &mut Vec<u8>) -> Result<(), End> {
        for (bot, payload) in settled.answers {
            let told = Out { topic: topics::of_bot(&self.setup, bot, "sent"), payload, is_kept: false };
            self.publish(told, None, out)?;
        }
        for pid in settled.pids {
            out.extend(packet::acknowledge(pid)?);
        }
        if settled.later {
            clock.resend = clock.resend.or(Some(Instant::now() + limits::MQTT_SEND_RETRY));
        }
        Ok(())
    }

    /// Publishes something that must arrive.
    fn publish(&mut self, told: Out, update: Option<(BotId, UpdateId)>, out: &mut Vec<u8>) -> Result<(), End> {
        let pid = self.next_pid();
        out.extend(packet::publish(&told, pid, &Turn::First)?);
        self.open.push_back(Open { pid, out: told, update });
        Ok(())
    }

    /// Has the broker keep something; over the next connection all of that is told anew.
    fn keep(&mut self, told: Out, out: &mut Vec<u8>) -> Result<(), End> {
        let pid = self.next_pid();
        out.extend(packet::publish(&told, pid, &Turn::First)?);
        Ok(())
    }

    fn next_pid(&mut self) -> u16 {
        loop {
            self.last_pid = self.last_pid.checked_add(1).unwrap_or(1);
            if self.open.iter().all(|open| open.pid != self.last_pid) {
                return self.last_pid;
            }
        }
    }

    /// Looks how accounts and bots are, and tells what is otherwise than before.
    async fn look_if_due(&mut self, clock: &mut Clock, out: &mut Vec<u8>) -> Result<(), End> {
        if clock.look.take_if(|at| *at <= Instant::now()).is_none() {
            return Ok(());
        }
        let accounts = self.handle.ask(Caller::Admin, Question::ListAccounts).outcome().await;
        let bots = self.handle.ask(Caller::Admin, Question::ListBots(None)).outcome().await;
        let (Ok(Answer::Accounts(accounts)), Ok(Answer::Bots(bots))) = (accounts, bots) else {
            clock.look = Some(Instant::now() + limits::MQTT_POLL_RETRY);
            return Ok(());
        };
        let kept = topics::kept(&self.setup, &accounts, &bots);
        let gone: Vec<String> = self.kept.keys().filter(|topic| !kept.contains_key(*topic)).cloned().collect();
        for topic in gone {
            self.keep(Out { topic, payload: String::new(), is_kept: true }, out)?;
        }
        for (topic, payload) in &kept {
            if self.kept.get(topic) != Some(payload) {
                self.keep(Out { topic: topic.clone(), payload: payload.clone(), is_kept: true }, out)?;
            }
        }
        self.kept = kept;
        self.choose(&bots);
        Ok(())
    }

    /// Whose updates are published now. What was published of others is still waited for.
    fn choose(&mut self, bots: &[BotInfo]) {
        // One that is disabled for a while goes on where it was.
        self.feeds.retain(|id, _| bots.iter().any(|bot| bot.id == *id));
        for bot in bots.iter().filter(|bot| bot.active && self.setup.wants(&bot.name)) {
            self.feeds.entry(bot.id).or_insert_with(|| Feed::new(bot.id)).look_again();
        }
    }

    /// Says goodbye, when what the broker has confirmed is noted.
    async fn take_leave(&mut self, link: &mut Link) {
        let last: Vec<Asked> =
            self.feeds.values_mut().filter_map(|feed| feed.last(&self.setup, &self.handle)).collect();
        let farewell = async {
            for asked in last {
                let _ = asked.await;
            }
            let mut out = Vec::new();
            let gone = topics::gone(&self.setup);
            let pid = self.last_pid.checked_add(1).unwrap_or(1);
            out.extend(packet::publish(&gone, pid, &Turn::First).unwrap_or_default());
            out.extend(packet::goodbye().unwrap_or_default());
            let _ = link.send(&out).await;
        };
        let late = async {
            Timer::after(limits::MQTT_GOODBYE_TIMEOUT).await;
        };
        farewell.or(late).await;
    }
}

impl Clock {
    /// When there is something to do by time.
    fn next(&self) -> Instant {
        let ping = self.written + limits::MQTT_KEEP_ALIVE;
        [self.awaited, self.again, self.resend, self.look].into_iter().flatten().fold(ping, Instant::min)
    }

    fn try_again(&mut self) {
        self.again = self.again.or(Some(Instant::now() + limits::MQTT_POLL_RETRY));
    }
}

async fn write(link: &mut Link, bytes: &[u8]) -> Result<(), End> {
    let late = async {
        Timer::after(limits::MQTT_ANSWER_TIMEOUT).await;
        Err(End::Fault("the broker takes nothing".to_string()))
    };
    let sent = async { link.send(bytes).await.map_err(End::from) };
    sent.or(late).await
}

fn random() -> u32 {
    let mut bytes = [0; 4];
    crypto::random(&mut bytes);
    u32::from_le_bytes(bytes)
}
