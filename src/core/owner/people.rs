//! People: who may sign in, what his role is, whose bots he sees, how much he may have. Whoever owns a bot here or has his
//! account signed in here is an owner by that alone; an admin says what else there is.

use crate::base::jid::BareJid;
use crate::base::limits;
use crate::core::batch::{Batch, Trouble};
use crate::core::failure::Failure;
use crate::core::handle::{PersonInfo, Role, TenantChange};
use crate::store;
use crate::store::row::{QuotaRow, TenantRow, TokenHolder};

impl Batch {
    /// What somebody may.
    pub(crate) fn role_of(&self, person: &BareJid) -> Role {
        if self.setup.settings.admins.contains(person) {
            return Role::Admin;
        }
        let said = self.rights.people.get(person).map(|row| Role::parse(&row.role).unwrap_or(Role::Viewer));
        said.unwrap_or(Role::Owner)
    }

    /// Whose bots somebody has to do with: his own, or those that he was given to see.
    pub(crate) fn seen_owner(&self, person: &BareJid) -> BareJid {
        let sees = self.rights.people.get(person).filter(|row| row.role == Role::Viewer.as_str());
        sees.and_then(|row| row.sees.clone()).unwrap_or_else(|| person.clone())
    }

    /// Whether something is known of somebody, be it that he owns a bot.
    pub(crate) fn is_known_person(&self, person: &BareJid) -> bool {
        self.rights.people.contains_key(person)
            || self.setup.settings.admins.contains(person)
            || self.bots.values().any(|bot| bot.row.owner == *person)
    }

    /// Somebody as he is shown.
    pub(crate) fn person_info(&mut self, person: &BareJid) -> Result<PersonInfo, store::Error> {
        let sees = Some(self.seen_owner(person)).filter(|owner| owner != person);
        let (role, quotas, used) = (self.role_of(person), self.quotas_of(person), self.usage_of(person)?);
        Ok(PersonInfo { person: Some(person.clone()), role, sees, quotas, used })
    }

    /// Everybody who owns a bot, or of whom something was said.
    pub(crate) fn list_people(&mut self) -> Result<Vec<PersonInfo>, store::Error> {
        let owners = self.bots.values().map(|bot| bot.row.owner.clone());
        let said = self.rights.people.keys().chain(&self.setup.settings.admins).cloned();
        let all: std::collections::BTreeSet<BareJid> = owners.chain(said).collect();
        all.iter().map(|person| self.person_info(person)).collect()
    }

    /// Something is said of somebody.
    pub(crate) fn set_person(&mut self, change: &TenantChange) -> Result<PersonInfo, Trouble> {
        for (field, given) in [
            ("bots", change.bots),
            ("messages", change.messages),
            ("storage", change.storage),
            ("ai_calls", change.ai_calls),
        ] {
            if given.flatten().is_some_and(|most| !(0..=limits::QUOTA_MAX).contains(&most)) {
                let must_be = format!("a number from 0 (no limit) to {}, or default", limits::QUOTA_MAX);
                return Err(Failure::invalid(field, must_be).into());
            }
        }
        let person = &change.person;
        if self.rights.people.len() >= limits::TENANTS_MAX && !self.rights.people.contains_key(person) {
            return Err(Failure::Quota("no room for more people".to_string()).into());
        }
        let before = self.rights.people.get(person).cloned();
        let mut row = before.clone().unwrap_or_else(|| TenantRow {
            jid: person.clone(),
            role: Role::Owner.as_str().to_string(),
            sees: None,
            quotas: QuotaRow::default(),
            created_at: self.now.unix(),
        });
        if let Some(role) = change.role {
            row.role = role.as_str().to_string();
        }
        row.sees = change.sees.clone().unwrap_or(row.sees);
        if row.sees.is_some() && row.role != Role::Viewer.as_str() {
            return Err(Failure::invalid("sees", "left out, unless the role is viewer").into());
        }
        let quotas = &mut row.quotas;
        quotas.bots = change.bots.unwrap_or(quotas.bots);
        quotas.messages = change.messages.unwrap_or(quotas.messages);
        quotas.storage = change.storage.unwrap_or(quotas.storage);
        quotas.ai_calls = change.ai_calls.unwrap_or(quotas.ai_calls);
        if before.as_ref() != Some(&row) {
            self.store.store_tenant(&row)?;
            self.audit_of(person, "person_set", &described(&row))?;
            self.rights.people.insert(person.clone(), row);
            self.bound_storage();
        }
        Ok(self.person_info(person)?)
    }

    /// Nothing is said of somebody any more, and he signs in anew.
    pub(crate) fn remove_person(&mut self, person: &BareJid) -> Result<(), Trouble> {
        let holder = TokenHolder::Person(person.clone());
        let has_token = self.rights.tokens.held_by(&holder).next().is_some();
        if self.rights.people.remove(person).is_none() && !has_token {
            return Err(Failure::NotFound(format!("nothing is said of {person}, and he has no token")).into());
        }
        self.store.delete_tenant(person)?;
        self.drop_tokens_of(&holder)?;
        self.rights.codes.remove(person);
        self.bound_storage();
        Ok(self.audit_of(person, "person_removed", "")?)
    }
}

fn described(row: &TenantRow) -> String {
    let quota = |name: &str, most: Option<i64>| most.map(|most| format!(" {name}={most}")).unwrap_or_default();
    let sees = row.sees.as_ref().map(|jid| format!(" sees={jid}")).unwrap_or_default();
    format!(
        "role={}{sees}{}{}{}{}",
        row.role,
        quota("bots", row.quotas.bots),
        quota("messages", row.quotas.messages),
        quota("storage", row.quotas.storage),
        quota("ai_calls", row.quotas.ai_calls)
    )
}
