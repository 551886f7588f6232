//! Tokens: whose they are, what they allow, how long they hold. A bot has a main one, which allows everything and is shown
//! again; all others are kept as hashes. Finding one takes no SQL; that it was used is written once a day.

use std::ops::RangeInclusive;

use crate::base::id::{self, BotId};
use crate::base::jid::BareJid;
use crate::base::secret::Secret;
use crate::base::{crypto, limits};
use crate::core::Core;
use crate::core::batch::{Batch, Trouble};
use crate::core::failure::Failure;
use crate::core::handle::{NewToken, RightsAnswer, Role, Scope, Scopes, TokenInfo, TokenQuestion};
use crate::core::rights::{By, Tokens};
use crate::store;
use crate::store::row::{TokenHolder, TokenRow};

/// What whoever has no good token learns.
const INVALID: &str = "the token is not valid, was revoked, or its bot is disabled";
/// What only the holder of a token that was good learns.
const EXPIRED: &str = "this token has expired; whoever manages the bot makes a new one";

/// A bot as whoever shows one of its tokens has it.
#[derive(Clone, Copy)]
pub(crate) struct Bearer {
    pub(crate) bot: BotId,
    /// By the main token, which is the only one to see itself.
    pub(crate) is_main: bool,
}

/// A person by a token of his.
pub(crate) struct PersonBearer {
    pub(crate) person: BareJid,
    pub(crate) token: i64,
    /// What both he and the token may.
    pub(crate) role: Role,
    /// Whose bots he has to do with.
    pub(crate) owner: BareJid,
}

impl Batch {
    /// Reads all tokens and people anew: at the start, and after a batch was taken back.
    pub(crate) fn reload_rights(&mut self) -> Result<(), store::Error> {
        self.rights.tokens = Tokens::of(self.store.list_tokens()?);
        self.rights.by_key = self.store.list_bot_keys()?.into_iter().collect();
        let people = self.store.list_tenants()?;
        self.rights.people = people.into_iter().map(|row| (row.jid.clone(), row)).collect();
        self.rights.usage = Default::default();
        self.bound_storage();
        Ok(())
    }

    /// The bot of a token that allows this; why not, else.
    pub(crate) fn bot_of_token(&mut self, token: &Secret, needs: Scope) -> Result<Bearer, Trouble> {
        let hash = crypto::sha256(token.expose().as_bytes());
        if let Some(bot) = self.rights.by_token.get(&hash).copied().filter(|bot| self.is_active(*bot)) {
            self.rights.acting.by = By::Bot;
            return Ok(Bearer { bot, is_main: true });
        }
        if let Some(bot) = self.rights.by_key.get(&hash).copied().filter(|bot| self.is_active(*bot)) {
            self.rights.acting.by = By::Bot;
            return Ok(Bearer { bot, is_main: false });
        }
        let Some(row) = self.rights.tokens.find(&hash) else { return self.bearer_of_imported(token, hash) };
        let TokenHolder::Bot(bot) = row.holder else { return self.refuse_login(INVALID) };
        let words = row.rights.split(' ').filter(|word| !word.is_empty());
        let (id, scopes) = (row.id, Scopes::parse(words).ok());
        if !self.is_active(bot) {
            return self.refuse_login(INVALID);
        }
        self.rights.acting.by = By::Token(id);
        self.check_age(id)?;
        if !scopes.is_some_and(|scopes| scopes.allow(needs)) {
            return Err(Failure::Forbidden(format!("this token lacks the scope `{}`", needs.as_str())).into());
        }
        Ok(Bearer { bot, is_main: false })
    }

    fn bearer_of_imported(&mut self, token: &Secret, hash: [u8; 32]) -> Result<Bearer, Trouble> {
        match self.imported_bot(token, hash)?.filter(|bot| self.is_active(*bot)) {
            Some(bot) => {
                self.rights.acting.by = By::Bot;
                Ok(Bearer { bot, is_main: true })
            }
            None => self.refuse_login(INVALID),
        }
    }

    /// The bot of a token that is known by another hash, from where the bot was imported. From now on it is one like any other.
    fn imported_bot(&mut self, token: &Secret, hash: [u8; 32]) -> Result<Option<BotId>, Trouble> {
        for key in self.store.imported_keys()? {
            let imported = crypto::hmac_sha256(key.expose().as_bytes(), token.expose().as_bytes());
            let Some(id) = self.rights.by_token.remove(&imported) else { continue };
            self.rights.by_token.insert(hash, id);
            if let Some(bot) = self.bots.get_mut(&id) {
                bot.row.token = Some(token.clone());
                bot.row.token_hash = Some(hash);
                self.store.store_bot(&bot.row)?;
            }
            return Ok(Some(id));
        }
        Ok(None)
    }

    /// The person of a token, who must have this role.
    pub(crate) fn person_of_token(&mut self, token: &Secret, needs: Role) -> Result<PersonBearer, Trouble> {
        let hash = crypto::sha256(token.expose().as_bytes());
        let Some(row) = self.rights.tokens.find(&hash) else { return self.refuse_login(INVALID) };
        let TokenHolder::Person(person) = row.holder.clone() else { return self.refuse_login(INVALID) };
        // Without a role of its own a token follows whatever its person becomes.
        let most = if row.rights.is_empty() { Some(Role::Admin) } else { Role::parse(&row.rights) };
        let (id, most) = (row.id, most.unwrap_or(Role::Viewer));
        self.rights.acting.by = By::Person(person.clone());
        self.check_age(id)?;
        let role = self.role_of(&person).min(most);
        if role < needs {
            let text = format!("this needs the role {}, and you are {} here", needs.as_str(), role.as_str());
            return Err(Failure::Forbidden(text).into());
        }
        if role < Role::Admin && !self.store.owner_enabled(&person)? {
            return Err(Failure::Forbidden(format!("Botmother is switched off for {person}")).into());
        }
        let owner = self.seen_owner(&person);
        Ok(PersonBearer { person, token: id, role, owner })
    }

    /// Refuses a token that has expired; notes else that this one is used, once a day.
    fn check_age(&mut self, id: i64) -> Result<(), Trouble> {
        let now = self.now.unix();
        let Some(row) = self.rights.tokens.get_mut(id) else { return self.refuse_login(INVALID) };
        if row.expires_at.is_some_and(|at| at <= now) {
            return self.refuse_login(EXPIRED);
        }
        // The clock may have been set back.
        if (now - row.last_used).abs() < limits::TOKEN_USED_STEP_S {
            return Ok(());
        }
        let is_first = std::mem::replace(&mut row.last_used, now) == 0;
        let (holder, ending) = (row.holder.clone(), row.ending.clone());
        self.store.store_token_used(id, now)?;
        if is_first {
            self.audit_token(&holder, "token_first_used", &format!("token={id} ending={ending}"))?;
        }
        Ok(())
    }

    /// 401, noted for the audit log.
    pub(crate) fn refuse_login<T>(&mut self, why: &str) -> Result<T, Trouble> {
        if let Some(address) = self.rights.acting.address {
            self.rights.refused.note(address);
        }
        Err(Failure::Unauthorized(why.to_string()).into())
    }

    /// Makes a token of its holder. The row's own `id`, `hash` and `ending` are ignored.
    pub(crate) fn insert_token(&mut self, token: &Secret, row: TokenRow) -> Result<TokenInfo, Trouble> {
        let held = self.rights.tokens.held_by(&row.holder).count();
        if held >= limits::TOKENS_MAX {
            return Err(Failure::Quota(format!("there are {held} such tokens already; revoke one first")).into());
        }
        let hash = crypto::sha256(token.expose().as_bytes());
        let ending = token.expose().chars().rev().take(4).collect::<Vec<_>>().into_iter().rev().collect();
        let mut row = TokenRow { hash, ending, ..row };
        row.id = self.store.insert_token(&row)?;
        let details = format!("token={} ending={} rights={}", row.id, row.ending, row.rights.replace(' ', ","));
        self.audit_token(&row.holder, "token_made", &details)?;
        let info = info(&row);
        self.rights.tokens.insert(row);
        Ok(info)
    }

    /// One token of a holder goes.
    pub(crate) fn revoke_token(&mut self, holder: &TokenHolder, id: i64) -> Result<(), Trouble> {
        if !self.rights.tokens.held_by(holder).any(|row| row.id == id) {
            return Err(Failure::NotFound(format!("there is no token with number {id}")).into());
        }
        self.drop_token(id)?;
        Ok(self.audit_token(holder, "token_revoked", &format!("token={id}"))?)
    }

    /// All tokens of a holder go.
    pub(crate) fn drop_tokens_of(&mut self, holder: &TokenHolder) -> Result<(), store::Error> {
        let all: Vec<i64> = self.rights.tokens.held_by(holder).map(|row| row.id).collect();
        all.into_iter().try_for_each(|id| self.drop_token(id))
    }

    fn drop_token(&mut self, id: i64) -> Result<(), store::Error> {
        self.rights.tokens.remove(id);
        self.store.delete_token(id)
    }

    /// Tokens that have expired long ago go.
    pub(crate) fn purge_tokens(&mut self) -> Result<(), store::Error> {
        let old = self.now.unix() - limits::TOKEN_EXPIRED_RETENTION.as_secs() as i64;
        let is_old = |row: &&TokenRow| row.expires_at.is_some_and(|at| at < old);
        let all: Vec<i64> = self.rights.tokens.iter().filter(is_old).map(|row| row.id).collect();
        all.into_iter().try_for_each(|id| self.drop_token(id))
    }

    /// Tokens of a holder, as they are shown.
    pub(crate) fn list_tokens_of(&self, holder: &TokenHolder) -> Vec<TokenInfo> {
        self.rights.tokens.held_by(holder).map(info).collect()
    }

    fn audit_token(&mut self, holder: &TokenHolder, action: &str, details: &str) -> Result<(), store::Error> {
        match holder {
            TokenHolder::Bot(bot) => self.audit(Some(*bot), action, details),
            TokenHolder::Person(jid) => self.audit_of(jid, action, details),
        }
    }
}

impl Core {
    /// `/bot/tokens/…`
    pub(crate) fn ask_tokens(&mut self, question: &TokenQuestion) -> Result<RightsAnswer, Trouble> {
        self.batch.bot(question.bot())?;
        Ok(match question {
            TokenQuestion::Make(new) => {
                let (token, info) = self.make_token(new)?;
                RightsAnswer::Made(token, info, None)
            }
            TokenQuestion::List(bot) => RightsAnswer::Tokens(self.batch.list_tokens_of(&TokenHolder::Bot(*bot))),
            TokenQuestion::Revoke(bot, id) => {
                self.batch.revoke_token(&TokenHolder::Bot(*bot), *id)?;
                RightsAnswer::Revoked(*id)
            }
        })
    }

    /// A token beside the main one.
    fn make_token(&mut self, new: &NewToken) -> Result<(Secret, TokenInfo), Trouble> {
        if new.scopes.is_empty() {
            return Err(Failure::invalid("scopes", "some of send, read, manage").into());
        }
        let row = new_row(TokenHolder::Bot(new.bot), &new.label, new.lasts_s, self.batch.now.unix())?;
        let rights = new.scopes.words().collect::<Vec<_>>().join(" ");
        let token = Secret::new(id::token(self.batch.random()));
        let info = self.batch.insert_token(&token, TokenRow { rights, ..row })?;
        Ok((token, info))
    }

    /// The main token that a new one replaces goes on working for so many seconds, as one of the others.
    pub(crate) fn keep_old_token(&mut self, bot: BotId, old: &Secret, overlap_s: i64) -> Result<(), Trouble> {
        let most = limits::TOKEN_OVERLAP_MAX;
        if !(0..=most).contains(&overlap_s) {
            return Err(Failure::invalid("overlap", format!("seconds from 0 to {most}")).into());
        }
        if overlap_s == 0 || old.is_empty() {
            return Ok(());
        }
        let row = new_row(TokenHolder::Bot(bot), "main token before", Some(overlap_s), self.batch.now.unix())?;
        let rights = Scopes::ALL.words().collect::<Vec<_>>().join(" ");
        self.batch.insert_token(old, TokenRow { rights, ..row }).map(drop)
    }
}

/// A row for a new token, checked.
pub(crate) fn new_row(holder: TokenHolder, label: &str, lasts_s: Option<i64>, now: i64) -> Result<TokenRow, Failure> {
    let label = label.trim();
    let is_line = !label.chars().any(char::is_control) && label.chars().count() <= limits::TOKEN_LABEL_CHARS_MAX;
    if !is_line {
        let must_be = format!("one line of at most {} characters", limits::TOKEN_LABEL_CHARS_MAX);
        return Err(Failure::invalid("label", must_be));
    }
    const LASTS: RangeInclusive<i64> = 1..=limits::TOKEN_SECONDS_MAX;
    if lasts_s.is_some_and(|seconds| !LASTS.contains(&seconds)) {
        return Err(Failure::invalid("expires_in", format!("seconds from 1 to {}", LASTS.end())));
    }
    Ok(TokenRow {
        id: 0,
        hash: [0; 32],
        holder,
        label: label.to_string(),
        ending: String::new(),
        rights: String::new(),
        created_at: now,
        expires_at: lasts_s.map(|seconds| now + seconds),
        last_used: 0,
    })
}

fn info(row: &TokenRow) -> TokenInfo {
    TokenInfo {
        id: row.id,
        label: row.label.clone(),
        rights: row.rights.split(' ').filter(|word| !word.is_empty()).map(str::to_string).collect(),
        ending: row.ending.clone(),
        created_at: row.created_at,
        expires_at: row.expires_at,
        last_used: row.last_used,
    }
}
