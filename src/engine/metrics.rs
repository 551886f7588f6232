//! Numbers that show how the daemon does: what is cheap to know and surely true.
//!
//! What happens is counted in [`Counts`](crate::core::counts::Counts) where it happens, after the commit; what is, is looked up when somebody asks.
//! A new number is a line in [`Engine::metrics`].

use crate::core::handle::Metric;
use crate::engine::Engine;
use crate::store;

fn counter(name: &'static str, help: &'static str, value: impl TryInto<i64>) -> Metric {
    Metric { name, help, is_counter: true, value: value.try_into().unwrap_or(i64::MAX) }
}

fn gauge(name: &'static str, help: &'static str, value: impl TryInto<i64>) -> Metric {
    Metric { is_counter: false, ..counter(name, help, value) }
}

impl Engine {
    /// All of them.
    pub(super) fn metrics(&self) -> Vec<Metric> {
        let up = self.core.batch.up();
        let (bots, accounts) = (self.core.batch.bots.values(), self.channels.xmpp.accounts.values());
        let waiting: i64 =
            self.channels.xmpp.accounts.keys().map(|id| self.channels.xmpp.outbox_depth(&self.core.batch, *id)).sum();
        let mut all = vec![
            gauge("uptime_seconds", "Seconds since the start.", up.as_secs()),
            gauge("bots", "Bots, disabled ones included.", bots.len()),
            gauge("bots_active", "Bots that are not disabled.", bots.clone().filter(|bot| bot.row.active).count()),
            gauge("xmpp_accounts", "Accounts to be signed in to, of people and of bots.", accounts.len()),
            gauge("xmpp_connected", "Accounts that are online.", accounts.filter(|account| account.is_online).count()),
            gauge("updates_queued", "Updates that wait to be fetched.", bots.map(|bot| bot.queued).sum::<i64>()),
            counter(
                "updates_dropped_total",
                "Updates that nobody fetched in time.",
                self.core.batch.counts.updates_dropped,
            ),
            gauge("outbox_depth", "Accepted messages that no server has acknowledged.", waiting),
            counter(
                "stanzas_skipped_total",
                "Stanzas from servers that were skipped, as they are too large or broken.",
                self.core.batch.counts.stanzas_skipped,
            ),
        ];
        // Not every kernel counts them.
        let written = store::written_bytes().and_then(|bytes| i64::try_from(bytes).ok());
        all.extend(written.map(|bytes| counter("written_bytes_total", "Bytes written to disks.", bytes)));
        all
    }
}
