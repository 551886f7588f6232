//! Accounts for bots, made and removed through ejabberd's HTTP API (docs/xmpp.md).
//!
//! An account is a row marked for removal before it is asked for, and is taken off that list when the server has made it:
//! whatever happens in between, it is removed again and not forgotten. Before a removal the server is asked whether the
//! account has our password, so that a name which somebody else has is left alone.

use crate::base::call::{Called, Trust};
use crate::base::id::{AccountId, BotId};
use crate::base::jid::BareJid;
use crate::base::remedy::EJABBERD;
use crate::base::secret::Secret;
use crate::base::{limits, text};
use crate::channel::xmpp::accounts::Accounts;
use crate::channel::xmpp::{CallFor, Xmpp};
use crate::core::Core;
use crate::core::batch::{Batch, Trouble, Verdict};
use crate::core::calls::{End, wait_for};
use crate::core::failure::Failure;
use crate::core::handle::{Answer, EjabberdInfo, EjabberdSettings, NewBot, Remains};
use crate::remote::ejabberd::{self, Api, Outcome};
use crate::store::row::{AccountRow, EjabberdRow, Origin};

/// What stands in the place of a password that is there.
const HIDDEN: &str = "********";

/// A bot on its way: its account is being made.
#[derive(Clone, Debug)]
pub(crate) struct Making {
    new: NewBot,
    account: AccountId,
    /// Names tried so far.
    tries: u32,
}

/// An account on its way out.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Removal {
    account: AccountId,
    /// The bot that was deleted just now, whose deleter waits.
    bot: Option<BotId>,
}

// --- settings ---

impl Xmpp {
    /// `POST /bot/ejabberd/test`, with the settings given or else those that are saved.
    pub(crate) fn test_ejabberd(&mut self, core: &mut Core, given: &EjabberdSettings) -> Result<Verdict, Trouble> {
        let row = merge(&core.batch.store.ejabberd()?, given);
        let api = self.accounts.api_of(&core.batch, &row)?;
        Ok(wait_for(self.calls.call_out(
            &mut core.batch,
            "ejabberd test".to_string(),
            api.status(),
            CallFor::EjabberdTest,
        )))
    }
}

impl Xmpp {
    /// `POST /bot/ejabberd/settings`: what is absent stays, what is empty is cleared.
    pub(crate) fn set_ejabberd(&mut self, batch: &mut Batch, new: &EjabberdSettings) -> Result<Answer, Trouble> {
        let row = merge(&batch.store.ejabberd()?, new);
        check(&row)?;
        batch.store.store_ejabberd(&row)?;
        batch.audit(None, "ejabberd_settings", &format!("api_url={} host={}", row.api_url, row.host))?;
        // What could not be removed without them may be removed now.
        self.removals.remove_all_now(batch);
        Ok(Answer::EjabberdSaved { is_configured: self.accounts.api_of(batch, &row).is_ok() })
    }
}

impl Accounts {
    /// `GET /bot/ejabberd/settings`.
    pub(crate) fn ejabberd_settings(&self, batch: &Batch) -> Result<Answer, Trouble> {
        let row = batch.store.ejabberd()?;
        let admin_password = if row.admin_password.is_empty() { String::new() } else { HIDDEN.to_string() };
        let is_configured = self.api_of(batch, &row).is_ok();
        let (api_url, admin_jid, host) = (row.api_url, row.admin_jid, row.host);
        Ok(Answer::Ejabberd(EjabberdInfo { api_url, admin_jid, admin_password, host, is_configured }))
    }

    fn api_of(&self, batch: &Batch, row: &EjabberdRow) -> Result<Api, Failure> {
        if row.host.is_empty() || row.api_url.is_empty() || row.admin_jid.is_empty() || row.admin_password.is_empty() {
            return Err(Failure::NotConfigured(format!("ejabberd's API is not set up; {EJABBERD} does it")));
        }
        let near = self.account_near(&row.host, None).map(|near| near.ca_file.clone()).filter(|file| !file.is_empty());
        let trust = Trust { system_roots: batch.setup.settings.system_roots, ca_file: near.map(Into::into) };
        Api::new(&row.api_url, &row.admin_jid, row.admin_password.clone(), trust)
            .map_err(|wrong| Failure::NotConfigured(wrong.to_string()))
    }
}

impl Batch {
    pub(crate) fn on_ejabberd_tested(&self, called: &Called) -> Result<Answer, Trouble> {
        match ejabberd::read(called) {
            Outcome::Done(words) => Ok(Answer::EjabberdTested(words)),
            refused => Err(Failure::Remote { what: "connection_failed", why: refused.to_string() }.into()),
        }
    }
}

/// What is saved, with what is given in its place. A saved password never goes to another address or admin than the
/// one it was saved for.
fn merge(saved: &EjabberdRow, given: &EjabberdSettings) -> EjabberdRow {
    let or =
        |given: &Option<String>, saved: &str| given.clone().unwrap_or_else(|| saved.to_string()).trim().to_string();
    let api_url = or(&given.api_url, &saved.api_url);
    let admin_jid = or(&given.admin_jid, &saved.admin_jid);
    let admin_password = match &given.admin_password {
        Some(password) if password.expose() != HIDDEN => password.clone(),
        _ if api_url == saved.api_url && admin_jid == saved.admin_jid => saved.admin_password.clone(),
        _ => Secret::default(),
    };
    EjabberdRow { api_url, admin_jid, admin_password, host: or(&given.host, &saved.host) }
}

/// Whether what is given can be right; what is not given yet may follow.
fn check(row: &EjabberdRow) -> Result<(), Failure> {
    let probe = |url: &str, admin: &str| Api::new(url, admin, Secret::new("x"), Trust::default()).map(|_| ());
    let url = if row.api_url.is_empty() { "http://localhost/api" } else { &row.api_url };
    let admin = if row.admin_jid.is_empty() { "admin@localhost" } else { &row.admin_jid };
    match probe(url, admin) {
        Ok(()) => {}
        Err(ejabberd::Wrong::Url) => {
            let must = "an http or https URL, for example https://chat.example.org:5443/api";
            return Err(Failure::invalid("api_url", must));
        }
        Err(_) => return Err(Failure::invalid("admin_jid", "a whole JID, for example admin@chat.example.org")),
    }
    if !row.host.is_empty() && BareJid::parse(&row.host).is_ok_and(|host| host.local().is_none()) {
        return Ok(());
    }
    if row.host.is_empty() {
        Ok(())
    } else {
        Err(Failure::invalid("host", "the XMPP domain, for example chat.example.org"))
    }
}

// --- making ---

impl Xmpp {
    /// A bot without an account: has one made.
    pub(crate) fn make_account(&mut self, core: &mut Core, new: &NewBot) -> Result<Verdict, Trouble> {
        let settings = core.batch.store.ejabberd()?;
        if settings.api_url.is_empty() {
            return self.register_account(core, new);
        }
        let api = self.accounts.api_of(&core.batch, &settings)?;
        let jid = core.batch.name_for(&new.name, &settings.host)?;
        let row = AccountRow {
            password: Secret::new(text::base64url(&core.batch.random::<24>())),
            origin: Origin::Api,
            removing: true,
            ..core.batch.new_row(&jid)
        };
        let account = core.batch.store.insert_account(&row)?;
        core.batch.store.store_former_owner(account, &new.owner)?;
        let call = register(&api, &row);
        let making = Making { new: new.clone(), account, tries: 1 };
        Ok(wait_for(self.calls.call_out(
            &mut core.batch,
            format!("ejabberd {account}"),
            call,
            CallFor::Register(Box::new(making)),
        )))
    }

    pub(crate) fn on_registered(
        &mut self,
        core: &mut Core,
        tag: u64,
        making: Making,
        called: &Called,
    ) -> Result<Option<End>, Trouble> {
        let Some(row) = core.batch.store.account(making.account)? else {
            return Err(Failure::Internal.into());
        };
        match ejabberd::read(called) {
            Outcome::Done(_) => {
                self.finish_making(core, row, &making.new).map(|bot| Some(End::Arrival(bot, making.new.wait)))
            }
            Outcome::Taken if making.tries < limits::ACCOUNT_NAMES_TRIED_MAX => {
                self.try_another_name(core, tag, row, making)?;
                Ok(None)
            }
            refused => {
                // After a timeout nobody knows whether there is an account now; the row stays and is looked after.
                if refused.retry() == crate::base::call::Retry::Never {
                    core.batch.store.delete_account(row.id)?;
                } else {
                    self.removals.remove_at(core.batch.now.mono + limits::REMOVAL_FIRST);
                }
                Err(Failure::Remote { what: "registration_failed", why: refused.to_string() }.into())
            }
        }
    }

    fn finish_making(&mut self, core: &mut Core, mut row: AccountRow, new: &NewBot) -> Result<BotId, Trouble> {
        let id = core.create_bot(new, Some(row.jid.clone()))?;
        (row.bot, row.removing) = (Some(id), false);
        self.sign_in_bot(core, row)?;
        Ok(id)
    }

    fn try_another_name(
        &mut self,
        core: &mut Core,
        tag: u64,
        mut row: AccountRow,
        making: Making,
    ) -> Result<(), Trouble> {
        let settings = core.batch.store.ejabberd()?;
        let api = self.accounts.api_of(&core.batch, &settings)?;
        row.jid = core.batch.name_for(&making.new.name, &settings.host)?;
        core.batch.store.store_account(&row)?;
        let (key, call) = (format!("ejabberd {}", row.id), register(&api, &row));
        let making = Making { tries: making.tries + 1, ..making };
        self.calls.call_again(&mut core.batch, tag, key, call, CallFor::Register(Box::new(making)));
        Ok(())
    }
}

impl Batch {
    /// `bot_<name>_<4 hex>` (docs/xmpp.md), not in use here.
    pub(crate) fn name_for(&self, name: &str, host: &str) -> Result<BareJid, Trouble> {
        let suffix = text::hex(&self.random::<2>());
        let local = format!("bot_{}_{suffix}", sanitize(name));
        BareJid::parse(&format!("{local}@{host}"))
            .map_err(|_| Failure::NotConfigured(format!("{host} is not an XMPP domain")).into())
    }
}

fn register(api: &Api, row: &AccountRow) -> crate::base::call::HttpCall {
    api.register(row.jid.local().unwrap_or_default(), row.jid.domain(), &row.password)
}

/// A name as part of an address: small letters, digits and `_` (docs/xmpp.md).
fn sanitize(name: &str) -> String {
    let mut out = String::new();
    for c in name.to_lowercase().chars() {
        match c {
            'a'..='z' | '0'..='9' => out.push(c),
            _ if out.ends_with('_') || out.is_empty() => {}
            _ => out.push('_'),
        }
        if out.len() >= limits::ACCOUNT_NAME_CHARS_MAX {
            break;
        }
    }
    let out = out.trim_end_matches('_');
    if out.is_empty() { "bot".to_string() } else { out.to_string() }
}

// --- removing ---

impl Xmpp {
    /// Begins to remove an account.
    pub(crate) fn remove(&mut self, core: &mut Core, row: AccountRow, bot: Option<BotId>) -> Result<u64, Trouble> {
        let api = self.accounts.api_of(&core.batch, &core.batch.store.ejabberd()?)?;
        let call = api.check_password(row.jid.local().unwrap_or_default(), row.jid.domain(), &row.password);
        let removal = Removal { account: row.id, bot };
        Ok(self.calls.call_out(&mut core.batch, format!("ejabberd {}", row.id), call, CallFor::Check(removal)))
    }

    pub(crate) fn on_checked(
        &mut self,
        core: &mut Core,
        tag: u64,
        removal: Removal,
        called: &Called,
    ) -> Result<Option<End>, Trouble> {
        let Some(row) = core.batch.store.account(removal.account)? else {
            return Ok(removal.end(true));
        };
        match ejabberd::exists(&ejabberd::read(called)) {
            Some(true) => {
                let api = self.accounts.api_of(&core.batch, &core.batch.store.ejabberd()?)?;
                let call = api.unregister(row.jid.local().unwrap_or_default(), row.jid.domain());
                self.calls.call_again(
                    &mut core.batch,
                    tag,
                    format!("ejabberd {}", row.id),
                    call,
                    CallFor::Unregister(removal),
                );
                Ok(None)
            }
            // It is not there, or not ours; but perhaps it is only just being made, for a daemon that was killed then.
            Some(false) => {
                let first = *self.removals.absent.entry(row.id).or_insert(core.batch.now.mono);
                if removal.bot.is_none() && core.batch.now.mono < first + limits::REGISTER_LATE_MAX {
                    self.removals.remove_at(first + limits::REGISTER_LATE_MAX);
                    return Ok(None);
                }
                self.drop_account(&mut core.batch, row.id)?;
                Ok(removal.end(true))
            }
            None => self.try_removal_later(core, &row, removal, &ejabberd::read(called)),
        }
    }

    pub(crate) fn on_unregistered(
        &mut self,
        core: &mut Core,
        removal: Removal,
        called: &Called,
    ) -> Result<Option<End>, Trouble> {
        let Some(row) = core.batch.store.account(removal.account)? else {
            return Ok(removal.end(true));
        };
        match ejabberd::read(called) {
            Outcome::Done(_) => {
                log::info!("{}: the account was removed from its server", row.jid);
                self.drop_account(&mut core.batch, row.id)?;
                Ok(removal.end(true))
            }
            refused => self.try_removal_later(core, &row, removal, &refused),
        }
    }

    fn try_removal_later(
        &mut self,
        core: &mut Core,
        row: &AccountRow,
        removal: Removal,
        why: &Outcome,
    ) -> Result<Option<End>, Trouble> {
        self.put_off(core, row, &why.to_string())?;
        Ok(removal.end(false))
    }
}

impl Making {
    pub(crate) fn is_about(&self, account: AccountId) -> bool {
        self.account == account
    }
}

impl Removal {
    pub(crate) fn is_about(self, account: AccountId) -> bool {
        self.account == account
    }

    fn end(self, is_removed: bool) -> Option<End> {
        self.bot.map(|bot| End::Outcome(Ok(Answer::Deleted(bot, Some((Remains::Account, is_removed))))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_parts_of_addresses() {
        for (name, part) in [
            ("Support Bot", "support_bot"),
            ("  Ü 👍 ", "bot"),
            ("a--b__c", "a_b_c"),
            ("Über 9", "ber_9"),
            ("MyBot!", "mybot"),
        ] {
            assert_eq!(sanitize(name), part, "{name}");
        }
        assert!(sanitize(&"x".repeat(500)).len() <= limits::ACCOUNT_NAME_CHARS_MAX);
    }

    #[test]
    fn a_saved_password_goes_nowhere_else() {
        let saved = EjabberdRow {
            api_url: "http://localhost:5443/api".into(),
            host: "chat.example.org".into(),
            admin_jid: "admin@chat.example.org".into(),
            admin_password: Secret::new("secret"),
        };
        let given = |api_url: Option<&str>, password: Option<&str>| EjabberdSettings {
            api_url: api_url.map(Into::into),
            admin_password: password.map(Secret::new),
            ..EjabberdSettings::default()
        };
        assert_eq!(merge(&saved, &given(None, None)).admin_password.expose(), "secret");
        assert_eq!(merge(&saved, &given(None, Some(HIDDEN))).admin_password.expose(), "secret");
        assert_eq!(merge(&saved, &given(Some("http://evil/api"), None)).admin_password.expose(), "");
        assert_eq!(merge(&saved, &given(Some("http://evil/api"), Some(HIDDEN))).admin_password.expose(), "");
        assert_eq!(merge(&saved, &given(Some("http://other/api"), Some("new"))).admin_password.expose(), "new");
        assert_eq!(merge(&saved, &given(None, Some(""))).admin_password.expose(), "");
    }
}
