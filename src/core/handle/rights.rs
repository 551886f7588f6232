//! Who may what: scopes of bots' tokens, roles of people, and what is asked and answered about both.

use crate::base::id::BotId;
use crate::base::jid::BareJid;
use crate::base::secret::Secret;
pub use crate::store::row::{AuditFilter, AuditRow};

/// What a bot's token must allow for a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Nothing in particular: any token of the bot will do.
    Any,
    /// To say something in the bot's name.
    Send,
    /// To read what it is told, and how it is set up.
    Read,
    /// To set it up: webhook, commands, rooms, AI, keys.
    Manage,
}

const SCOPES: [(Scope, &str, u8); 3] =
    [(Scope::Send, "send", 1), (Scope::Read, "read", 2), (Scope::Manage, "manage", 4)];

impl Scope {
    /// As spelled in the API; empty for [`Scope::Any`].
    pub fn as_str(self) -> &'static str {
        SCOPES.iter().find(|(scope, ..)| *scope == self).map_or("", |(_, word, _)| word)
    }
}

/// What a bot's token allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scopes(u8);

impl Scopes {
    /// Everything: the main token.
    pub const ALL: Scopes = Scopes(7);

    /// Of words; `Err` with the first that is none. None at all is nothing.
    pub fn parse<'a>(words: impl IntoIterator<Item = &'a str>) -> Result<Scopes, &'a str> {
        let bit = |word: &'a str| SCOPES.iter().find(|(_, known, _)| *known == word).map(|(.., bit)| *bit).ok_or(word);
        words.into_iter().try_fold(0, |bits, word| Ok(bits | bit(word)?)).map(Scopes)
    }

    /// Whether this is among them.
    pub fn allow(self, scope: Scope) -> bool {
        SCOPES.iter().find(|(known, ..)| *known == scope).is_none_or(|(.., bit)| self.0 & bit != 0)
    }

    /// Whether nothing is.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Their words.
    pub fn words(self) -> impl Iterator<Item = &'static str> {
        SCOPES.iter().filter(move |(.., bit)| self.0 & bit != 0).map(|(_, word, _)| *word)
    }
}

/// What somebody may do with bots; each may all that those before it may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// See those of one owner.
    Viewer,
    /// See and change his own.
    Owner,
    /// Everything.
    Admin,
}

const ROLES: [(Role, &str); 3] = [(Role::Viewer, "viewer"), (Role::Owner, "owner"), (Role::Admin, "admin")];

impl Role {
    /// As spelled in the API.
    pub fn as_str(self) -> &'static str {
        ROLES.iter().find(|(role, _)| *role == self).map_or("viewer", |(_, word)| word)
    }

    /// Reads the spelling.
    pub fn parse(text: &str) -> Option<Role> {
        ROLES.iter().find(|(_, word)| *word == text).map(|(role, _)| *role)
    }
}

/// How much an owner may have and use; 0 is no limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Quotas {
    /// Bots.
    pub bots: i64,
    /// Messages of them a day.
    pub messages: i64,
    /// MiB that their histories may hold.
    pub storage: i64,
    /// Calls of AI services a day.
    pub ai_calls: i64,
}

/// What is asked about the tokens of a bot.
#[derive(Clone, Debug)]
pub enum TokenQuestion {
    /// A new one beside the main one.
    Make(NewToken),
    /// Which there are.
    List(BotId),
    /// One goes.
    Revoke(BotId, i64),
}

impl TokenQuestion {
    /// Whose they are.
    pub fn bot(&self) -> BotId {
        match self {
            TokenQuestion::Make(new) => new.bot,
            TokenQuestion::List(bot) | TokenQuestion::Revoke(bot, _) => *bot,
        }
    }
}

/// A token to be made.
#[derive(Clone, Debug)]
pub struct NewToken {
    /// For which bot.
    pub bot: BotId,
    /// What it allows.
    pub scopes: Scopes,
    /// What it is for; may be empty.
    pub label: String,
    /// For how many seconds it holds; `None`: until it is revoked.
    pub lasts_s: Option<i64>,
}

/// A token as it is shown; itself only when it is made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenInfo {
    /// Its number.
    pub id: i64,
    /// What it is for.
    pub label: String,
    /// What it allows: scopes, or a role.
    pub rights: Vec<String>,
    /// Its last four characters.
    pub ending: String,
    /// Unix time.
    pub created_at: i64,
    /// Unix time; `None`: it does not expire.
    pub expires_at: Option<i64>,
    /// Unix time to the day; 0: never.
    pub last_used: i64,
}

/// What is asked about people.
#[derive(Clone, Debug)]
pub enum PeopleQuestion {
    /// Anybody: send this person a code to sign in with, if he may.
    SendCode(BareJid),
    /// Anybody: here is the code.
    SignIn(BareJid, Secret),
    /// Who is it that asks, and what may he?
    Me,
    /// The token that this is asked with goes.
    SignOut,
    /// Tokens of a person; `None`: of who asks.
    Tokens(Option<BareJid>),
    /// A new one.
    MakeToken(NewPersonalToken),
    /// One goes.
    RevokeToken(Option<BareJid>, i64),
    /// Who there is.
    List,
    /// Something is said of somebody.
    Set(TenantChange),
    /// Nothing is said of him any more, and his tokens go.
    Remove(BareJid),
}

/// A person's token to be made.
#[derive(Clone, Debug)]
pub struct NewPersonalToken {
    /// Whose; `None`: of who asks.
    pub person: Option<BareJid>,
    /// What it allows at most; `None`: what its person may.
    pub role: Option<Role>,
    /// What it is for; may be empty.
    pub label: String,
    /// For how many seconds it holds; `None`: until it is revoked.
    pub lasts_s: Option<i64>,
}

/// What is to be different about somebody; what is `None` stays.
#[derive(Clone, Debug)]
pub struct TenantChange {
    /// Who.
    pub person: BareJid,
    /// What he may.
    pub role: Option<Role>,
    /// A viewer: whose bots he sees; the inner `None`: his own.
    pub sees: Option<Option<BareJid>>,
    /// How much of each; the inner `None`: what the configuration says.
    pub bots: Option<Option<i64>>,
    /// Messages a day.
    pub messages: Option<Option<i64>>,
    /// MiB of histories.
    pub storage: Option<Option<i64>>,
    /// Calls of AI services a day.
    pub ai_calls: Option<Option<i64>>,
}

/// Somebody who owns bots, may see them, or more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PersonInfo {
    /// Who; `None`: whoever has management rights without a name.
    pub person: Option<BareJid>,
    /// What he may.
    pub role: Role,
    /// Whose bots he sees, where they are not his own.
    pub sees: Option<BareJid>,
    /// How much he may have and use.
    pub quotas: Quotas,
    /// How much he has and has used today; of storage nothing is said.
    pub used: Quotas,
}

/// What is answered about tokens, people, and what was done.
#[derive(Clone, Debug)]
pub enum RightsAnswer {
    /// A token, shown this once; whose it is where it is a person's.
    Made(Secret, TokenInfo, Option<BareJid>),
    /// Which there are.
    Tokens(Vec<TokenInfo>),
    /// One is gone.
    Revoked(i64),
    /// One person.
    Person(PersonInfo),
    /// All of them.
    People(Vec<PersonInfo>),
    /// Entries of the audit log, the newest first, and whether there are more.
    Audit(Vec<AuditRow>, bool),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_are_words() {
        let some = Scopes::parse(["send", "read"]).unwrap();
        assert_eq!(some.words().collect::<Vec<_>>(), ["send", "read"]);
        assert!(some.allow(Scope::Send) && some.allow(Scope::Any) && !some.allow(Scope::Manage));
        assert_eq!(Scopes::parse(["send", "all"]), Err("all"));
        assert_eq!(Scopes::parse(["manage", "read", "send", "send"]), Ok(Scopes::ALL));
        let none = Scopes::parse([]).unwrap();
        assert!(none.is_empty() && none.allow(Scope::Any) && !none.allow(Scope::Send));
    }

    #[test]
    fn roles_are_in_order() {
        assert!(Role::Viewer < Role::Owner && Role::Owner < Role::Admin);
        assert!(ROLES.iter().all(|(role, word)| Role::parse(word) == Some(*role) && role.as_str() == *word));
    }
}
