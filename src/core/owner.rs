//! Whose bots they are: somebody with an XMPP account, or whoever uses the built-in one.

mod people;
mod quota;
mod signin;

use crate::base::jid::BareJid;

/// The address of the built-in account.
pub(crate) const LOCAL_OWNER: &str = "owner@local";

/// Whether this is the built-in account.
pub(crate) fn is_local(jid: &BareJid) -> bool {
    jid.as_str() == LOCAL_OWNER
}

/// The built-in account's address.
pub(crate) fn local_owner() -> BareJid {
    BareJid::parse(LOCAL_OWNER).expect("a constant address")
}
