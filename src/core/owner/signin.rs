//! Signing in: a code that is sent to somebody over XMPP, and the tokens of people. A code holds for ten minutes, once, and
//! for few tries; whoever asks for one learns nothing of whether its person is known here.

use crate::base::jid::BareJid;
use crate::base::secret::Secret;
use crate::base::{crypto, id, limits};
use crate::core::access::tokens::new_row;
use crate::core::batch::{Batch, Trouble};
use crate::core::failure::Failure;
use crate::core::handle::{NewPersonalToken, RightsAnswer, Role};
use crate::core::rights::Code;
use crate::store::row::{TokenHolder, TokenRow};

/// Whatever is wrong with a code.
const BAD_CODE: &str = "the code is wrong, was used, or is older than ten minutes; ask for a new one";
/// What a code is drawn from: eight digits.
const CODES: u64 = 100_000_000;

impl Batch {
    /// A new code for somebody, to be sent; `None` while the one before is fresh.
    pub(crate) fn new_code(&mut self, person: &BareJid) -> Option<String> {
        let now = self.now.unix();
        let is_recent = |code: &Code, pause: u64| (now - code.made_at).unsigned_abs() < pause;
        let unused = self.rights.codes.get(person).map_or(0, |code| code.unused + 1);
        // Anybody may ask for codes that somebody else gets: ever more rarely, while none of them is used.
        let pause = limits::CODE_PAUSE.as_secs() << unused.saturating_sub(1).min(limits::CODE_PAUSE_DOUBLED_MAX);
        if self.rights.codes.get(person).is_some_and(|code| is_recent(code, pause)) {
            return None;
        }
        self.rights.codes.retain(|_, code| is_recent(code, limits::CODE_FORGOTTEN.as_secs()));
        // 64 bits are so many times more than there are codes that each is as likely as any other.
        let number = u64::from_be_bytes(self.random()) % CODES;
        let text = format!("{number:08}");
        let hash = crypto::sha256(text.as_bytes());
        let code = Code { hash, made_at: now, tries_left: limits::CODE_TRIES_MAX, unused };
        self.rights.codes.insert(person.clone(), code);
        Some(text)
    }

    /// Somebody shows a code: he gets a token of his own. Spaces and hyphens in it are those of whoever wrote it down.
    pub(crate) fn sign_in(&mut self, person: &BareJid, code: &Secret) -> Result<RightsAnswer, Trouble> {
        let digits: String = code.expose().chars().filter(|c| !c.is_whitespace() && *c != '-').collect();
        let (hash, now) = (crypto::sha256(digits.as_bytes()), self.now.unix());
        let Some(known) = self.rights.codes.get_mut(person).filter(|code| holds(code, now)) else {
            return self.refuse_login(BAD_CODE);
        };
        known.tries_left -= 1;
        // What was taken back with a batch is not given again: here too little is better than too much.
        if !crypto::is_same(&known.hash, &hash) {
            return self.refuse_login(BAD_CODE);
        }
        self.rights.codes.remove(person);
        let holder = TokenHolder::Person(person.clone());
        // Whoever signs in again and again pushes out his oldest sign-ins.
        let held: Vec<i64> = self.rights.tokens.held_by(&holder).map(|row| row.id).collect();
        if held.len() >= limits::TOKENS_MAX {
            self.revoke_token(&holder, held[0])?;
        }
        let new = NewPersonalToken {
            person: Some(person.clone()),
            role: None,
            label: "signed in".to_string(),
            lasts_s: Some(limits::SIGN_IN.as_secs() as i64),
        };
        let answer = self.make_personal_token(person, &new)?;
        self.audit_of(person, "signed_in", "")?;
        Ok(answer)
    }

    /// A token of a person.
    pub(crate) fn make_personal_token(
        &mut self,
        person: &BareJid,
        new: &NewPersonalToken,
    ) -> Result<RightsAnswer, Trouble> {
        let most = self.role_of(person);
        if new.role.is_some_and(|role| role > most) {
            let must_be = format!("at most {}, which {person} is here", most.as_str());
            return Err(Failure::invalid("role", must_be).into());
        }
        let row = new_row(TokenHolder::Person(person.clone()), &new.label, new.lasts_s, self.now.unix())?;
        let rights = new.role.map_or("", Role::as_str).to_string();
        let token = Secret::new(id::personal_token(self.random()));
        let info = self.insert_token(&token, TokenRow { rights, ..row })?;
        Ok(RightsAnswer::Made(token, info, Some(person.clone())))
    }
}

fn holds(code: &Code, now: i64) -> bool {
    code.tries_left > 0 && (now - code.made_at).unsigned_abs() < limits::CODE_TIMEOUT.as_secs()
}
