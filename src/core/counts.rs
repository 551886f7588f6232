//! What has happened since the start, as numbers; counted where it happens, after the commit, or where it happens whatever
//! becomes of the batch. A count is an entry of a small map or a slot: nothing is printed or looked up until somebody asks.

use std::collections::{BTreeMap, HashMap};

use crate::base::jid::BareJid;
use crate::base::prometheus::Histogram;

/// Upper bounds of what it takes an update to come to its program, in seconds. Updates are stamped with whole seconds.
const DELIVERY_SECONDS: &[f64] = &[1.0, 2.0, 5.0, 15.0, 60.0, 300.0, 1800.0, 7200.0, 43200.0];

/// Upper bounds of what it takes an AI to begin its answer, in seconds.
const FIRST_TOKEN_SECONDS: &[f64] = &[0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0];

/// How updates come to programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Via {
    /// `getUpdates`.
    Poll,
    /// A webhook.
    Webhook,
    /// A broker.
    Mqtt,
}

impl Via {
    /// As in labels, in the order of [`Counts::deliveries`].
    pub(crate) const ALL: [&'static str; 3] = ["poll", "webhook", "mqtt"];
}

/// What has happened since the start.
pub(crate) struct Counts {
    /// Stanzas that sessions have skipped.
    pub(crate) stanzas_skipped: u64,
    /// The same of each owner's account and his bots', also of bots that are gone; and the last of them.
    pub(crate) skipped_of: HashMap<BareJid, (u64, String)>,
    /// Updates that nobody fetched in time.
    pub(crate) updates_dropped: u64,
    /// Connections that were lost or could not be made, by reason.
    pub(crate) reconnects: BTreeMap<&'static str, u64>,
    /// Returns after a break, by what became of the stream.
    pub(crate) resumes: BTreeMap<&'static str, u64>,
    /// Attempts of webhooks, by status; 0 where there was no answer.
    pub(crate) webhook_attempts: BTreeMap<u16, u64>,
    /// Encrypted messages for us that could not be read, by reason.
    pub(crate) undecrypted: BTreeMap<&'static str, u64>,
    /// Calls to AI services, by provider and outcome.
    pub(crate) ai_requests: BTreeMap<(String, &'static str), u64>,
    /// Tokens that AI services have counted, by provider and direction.
    pub(crate) ai_tokens: BTreeMap<(String, &'static str), u64>,
    /// How long it took AI services to say the first words of an answer that is heard while it comes.
    pub(crate) ai_first_tokens: Histogram,
    /// How long updates waited until they were handed over, by [`Via`].
    pub(crate) deliveries: [Histogram; 3],
}

impl Default for Counts {
    fn default() -> Counts {
        let deliveries = [(); 3].map(|()| Histogram::new(DELIVERY_SECONDS));
        Counts {
            stanzas_skipped: 0,
            skipped_of: HashMap::new(),
            updates_dropped: 0,
            reconnects: BTreeMap::new(),
            resumes: BTreeMap::new(),
            webhook_attempts: BTreeMap::new(),
            undecrypted: BTreeMap::new(),
            ai_requests: BTreeMap::new(),
            ai_tokens: BTreeMap::new(),
            ai_first_tokens: Histogram::new(FIRST_TOKEN_SECONDS),
            deliveries,
        }
    }
}

impl Counts {
    /// An update was handed over so many seconds after it came.
    pub(crate) fn note_delivery(&mut self, via: Via, waited_s: i64) {
        if let Some(times) = self.deliveries.get_mut(via as usize) {
            times.observe(waited_s.max(0) as f64);
        }
    }
}
