//! What sessions can do besides what every session can: what their presence promises (XEP-0115).

use crate::channel::xmpp::accounts::Login;
use crate::store::row::{AccountRow, Origin};
use crate::xmpp::ns;

/// What a bot's session can do besides what every session can.
pub(crate) const FEATURES: &[&str] = &[
    ns::NICK,
    // Some clients offer corrections, reactions and their kin only to who says so.
    ns::RECEIPTS,
    ns::MARKERS,
    ns::CHAT_STATES,
    ns::CORRECT,
    ns::REACTIONS,
    ns::REPLY,
    ns::RETRACT,
    ns::OOB,
    ns::MUC,
    ns::CONFERENCE,
    // XEP-0163 §4: what others publish of their devices is told unasked.
    ns::OMEMO_LEGACY_NOTIFY,
    ns::OMEMO_NOTIFY,
];

/// What a person's session can do while it encrypts.
const ENCRYPTING: &[&str] = &[ns::OMEMO_LEGACY_NOTIFY, ns::OMEMO_NOTIFY];

/// What an account's session can do besides what every session can.
pub(super) fn features(row: &AccountRow, login: Login) -> &'static [&'static str] {
    match row.origin {
        Origin::Person if !login.encrypts => &[],
        Origin::Person => ENCRYPTING,
        _ => FEATURES,
    }
}
