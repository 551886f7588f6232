//! What the panel asks: bots at a glance, the course of the day, and who watches a bot.
//!
//! A point of the course is noted with a batch that comes anyway, so nothing wakes up for it: while nothing happens the line
//! has no points.

use std::collections::VecDeque;
use std::time::Duration;

use crate::base::call::HttpCall;
use crate::base::id::BotId;
use crate::base::jid::BareJid;
use crate::base::limits;
use crate::core::batch::Trouble;
use crate::core::handle::{Answer, BotGlance, CoursePoint, PanelAnswer, PanelQuestion};
use crate::core::registry::Bot;
use crate::engine::{Engine, metrics};

/// How things went in the last day.
#[derive(Default)]
pub(super) struct Course {
    points: VecDeque<CoursePoint>,
    /// When the next point is noted (monotonic).
    next: Duration,
    /// What had been counted when the last one was.
    counted: (u64, u64),
}

/// Notes how things are, if the last time is long enough ago. Called after each batch.
pub(super) fn note_course(engine: &mut Engine) {
    let now = engine.core.batch.now.mono;
    if engine.upkeep.course.next > now {
        return;
    }
    let (point, counted) = point(engine);
    let course = &mut engine.upkeep.course;
    (course.next, course.counted) = (now + limits::COURSE_STEP, counted);
    if course.points.len() >= limits::COURSE_POINTS_MAX {
        course.points.pop_front();
    }
    course.points.push_back(point);
}

/// How things are, and what was counted since the start.
fn point(engine: &Engine) -> (CoursePoint, (u64, u64)) {
    let (batch, updates, course) = (&engine.core.batch, &engine.core.updates, &engine.upkeep.course);
    let counted: (u64, u64) = (updates.tally().map(|(_, count)| count).sum(), updates.watching.said());
    let (received, said) = course.counted;
    let point = CoursePoint {
        at: batch.now.unix(),
        received: counted.0.saturating_sub(received),
        said: counted.1.saturating_sub(said),
        queued: batch.bots.values().map(|bot| bot.queued).sum(),
        outbox: metrics::waiting(engine),
        memory: (batch.setup.memory)(),
        // A point without it is better than none.
        database: batch.store.bytes().unwrap_or(0),
    };
    (point, counted)
}

/// A question of the panel's.
pub(super) fn ask(engine: &mut Engine, question: &PanelQuestion) -> Result<Answer, Trouble> {
    let answer = match question {
        PanelQuestion::Overview(owner) => PanelAnswer::Overview(overview(engine, owner.as_ref())?),
        PanelQuestion::Course => {
            let now = point(engine).0;
            PanelAnswer::Course(engine.upkeep.course.points.iter().copied().chain([now]).collect())
        }
        PanelQuestion::Watch(bot) => {
            engine.core.batch.bot(*bot)?;
            PanelAnswer::Watch(engine.core.updates.watching.watch(*bot)?)
        }
    };
    Ok(Answer::Panel(answer))
}

fn overview(engine: &Engine, owner: Option<&BareJid>) -> Result<Vec<BotGlance>, Trouble> {
    let listed = engine.core.batch.listed()?;
    let bots = engine.core.batch.bots.values();
    bots.filter(|bot| owner.is_none_or(|owner| bot.row.owner == *owner))
        .map(|bot| glance(engine, bot, &listed))
        .collect()
}

fn glance(engine: &Engine, bot: &Bot, listed: &[BotId]) -> Result<BotGlance, Trouble> {
    let (core, xmpp, id) = (&engine.core, &engine.channels.xmpp, bot.row.id);
    let rooms = xmpp.rooms.members().filter(|(_, members)| members.contains(&id));
    // The rest of an address may be a secret.
    let origin = |url| HttpCall::new("POST", url).origin().to_string();
    let webhook = core.webhooks.webhook_url(id).map(origin).unwrap_or_default();
    Ok(BotGlance {
        info: bot.info(xmpp.accounts.bot_state(&core.batch, bot)?),
        queued: bot.queued,
        dropped: bot.row.updates_dropped,
        last_active: bot.row.last_active,
        is_listed: listed.contains(&id),
        last_error: if webhook.is_empty() { None } else { core.batch.store.webhook_error(id)? },
        webhook,
        rooms: rooms.map(|(room, _)| room.clone()).collect(),
    })
}
