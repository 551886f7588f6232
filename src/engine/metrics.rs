//! Numbers that show how the daemon does: what is cheap to know and surely true.
//!
//! What happens is counted in [`Counts`](crate::core::counts::Counts) where it happens; what is, is looked up when somebody
//! asks. A new number is a line in one of the lists below, and a row in docs/operating.md.

use std::collections::BTreeMap;

use crate::base::prometheus::{MetricKind, labels};
use crate::channel::xmpp::accounts::Account;
use crate::core::batch::Batch;
use crate::core::counts::Via;
use crate::core::handle::Metric;
use crate::engine::Engine;
use crate::store;

fn counter(name: &'static str, help: &'static str, value: u64) -> Metric {
    Metric::counter(name, help, value as f64)
}

fn gauge(name: &'static str, help: &'static str, value: impl TryInto<i64>) -> Metric {
    Metric::gauge(name, help, value.try_into().unwrap_or(i64::MAX) as f64)
}

fn counters<'a>(
    name: &'static str,
    help: &'static str,
    label: &str,
    counts: impl IntoIterator<Item = (&'a str, u64)>,
) -> Metric {
    let samples = counts.into_iter().map(|(value, count)| (labels(&[(label, value)]), count as f64));
    Metric::labelled(MetricKind::Counter, (name, help), samples)
}

impl Engine {
    /// All of them.
    pub(super) fn metrics(&self) -> Result<Vec<Metric>, store::Error> {
        let mut all = about_us(&self.core.batch);
        all.push(bots(self)?);
        all.extend(about_xmpp(self));
        all.extend(self.channels.metrics(&self.core.batch));
        all.extend(about_updates(self));
        all.extend(about_calls(&self.core.batch));
        all.extend(about_store(&self.core.batch)?);
        Ok(all)
    }
}

fn about_us(batch: &Batch) -> Vec<Metric> {
    let version = labels(&[("version", env!("CARGO_PKG_VERSION"))]);
    let build = gauge("build_info", "1; what runs is in the labels.", 1);
    let samples = build.samples.into_iter().map(|sample| (version.clone(), sample.value)).collect::<Vec<_>>();
    vec![
        Metric::labelled(build.kind, (build.name, build.help), samples),
        gauge("uptime_seconds", "Seconds since the start.", batch.up().as_secs()),
        gauge("bots_active", "Bots that are not disabled.", batch.bots.values().filter(|bot| bot.row.active).count()),
    ]
}

fn bots(engine: &Engine) -> Result<Metric, store::Error> {
    let (batch, accounts) = (&engine.core.batch, &engine.channels.xmpp.accounts);
    let mut states: BTreeMap<&str, u64> = BTreeMap::from([("online", 0), ("offline", 0), ("disabled", 0)]);
    for bot in batch.bots.values() {
        *states.entry(accounts.bot_state(batch, bot)?.connection.as_str()).or_default() += 1;
    }
    let bots = counters("bots", "Bots, by how they are connected.", "state", states);
    Ok(Metric { kind: MetricKind::Gauge, ..bots })
}

fn about_xmpp(engine: &Engine) -> Vec<Metric> {
    let batch = &engine.core.batch;
    let all = || engine.channels.xmpp.accounts.values().filter(|account| !account.row.removing);
    let online = || all().filter(|account| account.is_online);
    let proven = online().filter_map(|account| account.course.proof.at).min();
    let slowest = online().filter_map(|account| account.course.proof.round_trip).max();
    let by =
        |counts: &BTreeMap<&'static str, u64>| counts.iter().map(|(why, count)| (*why, *count)).collect::<Vec<_>>();
    let waiting = waiting(engine);
    let mut metrics = vec![
        gauge("outbox_depth", "Accepted messages that no server has acknowledged.", waiting),
        gauge("xmpp_accounts", "Accounts to be signed in to, of people and of bots.", all().count()),
        gauge("xmpp_connected", "Accounts that are online.", online().count()),
        counters(
            "xmpp_reconnects_total",
            "Connections that were lost or could not be made.",
            "reason",
            by(&batch.counts.reconnects),
        ),
        counters(
            "xmpp_resume_total",
            "Returns of accounts after a break: on the stream of before, or a new one.",
            "result",
            by(&batch.counts.resumes),
        ),
        counter(
            "stanzas_skipped_total",
            "Stanzas from servers that were skipped, as they are too large or broken.",
            batch.counts.stanzas_skipped,
        ),
        counters(
            "omemo_decrypt_failures_total",
            "Encrypted messages for us that could not be read.",
            "reason",
            by(&batch.counts.undecrypted),
        ),
    ];
    metrics.extend(slowest.map(|time| {
        let help = "The slowest server's last answer to a ping, which only /readyz asks for.";
        Metric::gauge("xmpp_rtt_seconds", help, time.as_secs_f64())
    }));
    metrics.extend(proven.map(|at| {
        let help = "When the server of each online account had answered something: the oldest of them, Unix time.";
        gauge("last_proof_of_life_timestamp_seconds", help, batch.unix_at(at))
    }));
    metrics
}

/// Accepted messages that no server has acknowledged.
pub(super) fn waiting(engine: &Engine) -> i64 {
    let waiting = |account: &Account| engine.channels.xmpp.outbox_depth(&engine.core.batch, account.row.id);
    engine.channels.xmpp.accounts.values().map(waiting).sum()
}

fn about_updates(engine: &Engine) -> Vec<Metric> {
    let batch = &engine.core.batch;
    let via = Via::ALL.into_iter().map(|via| labels(&[("via", via)]));
    vec![
        gauge(
            "updates_queued",
            "Updates that wait to be fetched.",
            batch.bots.values().map(|bot| bot.queued).sum::<i64>(),
        ),
        counters("updates_total", "Updates that came into queues.", "type", engine.core.updates.tally()),
        counter("updates_dropped_total", "Updates that nobody fetched in time.", batch.counts.updates_dropped),
        Metric::histogram(
            (
                "update_delivery_seconds",
                "From the queue of a bot to its program; given to it, or accepted by the webhook or broker.",
            ),
            via.zip(&batch.counts.deliveries),
        ),
    ]
}

fn about_calls(batch: &Batch) -> Vec<Metric> {
    let attempts = batch.counts.webhook_attempts.iter().map(|(code, count)| {
        let code = if *code == 0 { "none".to_string() } else { code.to_string() };
        (labels(&[("code", &code)]), *count as f64)
    });
    let asked = batch
        .counts
        .ai_requests
        .iter()
        .map(|((provider, result), count)| (labels(&[("provider", provider), ("result", result)]), *count as f64));
    let tokens = batch.counts.ai_tokens.iter();
    let tokens = tokens.map(|((provider, direction), count)| {
        (labels(&[("provider", provider), ("direction", direction)]), *count as f64)
    });
    vec![
        Metric::labelled(
            MetricKind::Counter,
            ("webhook_attempts_total", "Attempts to post an update, by HTTP status; none: there was no answer."),
            attempts,
        ),
        Metric::labelled(MetricKind::Counter, ("ai_requests_total", "Questions to AI services that are over."), asked),
        Metric::labelled(
            MetricKind::Counter,
            ("ai_tokens_total", "Tokens of questions (input) and answers (output), as AI services count them."),
            tokens,
        ),
        Metric::histogram(
            ("ai_first_token_seconds", "What it took an AI to begin an answer that is heard while it comes."),
            [(String::new(), &batch.counts.ai_first_tokens)],
        ),
    ]
}

fn about_store(batch: &Batch) -> Result<Vec<Metric>, store::Error> {
    let oldest = batch.store.oldest_outbox()?.map_or(0, |at| (batch.lived() - at).max(0));
    let mut metrics = vec![
        gauge("outbox_oldest_seconds", "For how long the oldest of them has waited; 0 when none does.", oldest),
        gauge("db_bytes", "Bytes of the database, without what is only in its log.", batch.store.bytes()?),
    ];
    let help = "What it took to make a batch durable.";
    metrics.extend(
        batch
            .store
            .commit_times()
            .map(|times| Metric::histogram(("db_commit_seconds", help), [(String::new(), times)])),
    );
    // Not every kernel counts them.
    let written = store::written_bytes();
    metrics.extend(written.map(|bytes| counter("written_bytes_total", "Bytes written to disks.", bytes)));
    Ok(metrics)
}
