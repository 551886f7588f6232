//! Credentials → [`Principal`]: who is calling, decided here for all faces and before a body is looked at.
//!
//! A face says what an endpoint needs ([`Need`]), its row in the mount table how its callers show who they are
//! ([`Login`]). What the two mean is decided in this file and nowhere else: the check that a request comes from this
//! machine, the admin token, and the limits by address. Bots show their token, which only the engine can judge.

use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

use crate::base::id::is_personal;
use crate::base::ratelimit::{Limited, RateLimit, client_key};
use crate::base::secret::Secret;
use crate::base::time::Now;
use crate::core::handle::{Caller, Role, Scope};
use crate::face::session::{Sessions, SignedIn};
use crate::http::refusal::Refusal;
use crate::http::{Request, guard};

const FOR_NOBODY: Refusal = Refusal::new(403, "forbidden", "the policy admits nobody to this endpoint");

/// Who is calling. A web user comes with the face that logs him in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Principal {
    /// Anybody: no credentials were asked for.
    Nobody,
    /// Somebody with management rights.
    Admin,
    /// A bot's program, by a token that the engine has still to judge, and that must allow this.
    Bot(Secret, Scope),
    /// A person, by a token that the engine has still to judge, and who must have this role.
    Person(Secret, Role),
    /// Somebody with a browser, by a token that the engine has still to judge.
    User(Secret),
}

impl Principal {
    /// Whether the engine has still to judge the credentials.
    pub fn is_to_be_judged(&self) -> bool {
        matches!(self, Principal::Bot(..) | Principal::Person(..) | Principal::User(..))
    }
}

impl From<Principal> for Caller {
    fn from(principal: Principal) -> Caller {
        match principal {
            Principal::Nobody => Caller::Anybody,
            Principal::Admin => Caller::Admin,
            Principal::Bot(token, scope) => Caller::Bot(token, scope),
            Principal::Person(token, role) => Caller::Person(token, role),
            Principal::User(token) => Caller::User(token),
        }
    }
}

/// What an endpoint needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// What nobody has: the policy does not know the endpoint.
    Nobody,
    /// Nothing.
    Nothing,
    /// Nothing, and it is not counted: a file from memory costs hardly more than a refusal, and a page is several of them.
    Asset,
    /// Nothing, but no page of another web site may ask.
    OwnPages,
    /// Nothing; whoever has management rights learns more.
    Optional,
    /// Management rights, or a person with this role. What he may do with whose bots, the engine says.
    Role(Role),
    /// A bot's token that allows this.
    Bot(Scope),
    /// A cookie of somebody with a browser; no page of another web site may ask.
    User,
}

impl Need {
    /// Whether whoever has it is known, so that he may send a large body.
    pub fn is_credentials(self) -> bool {
        matches!(self, Need::Role(_) | Need::Bot(_) | Need::User)
    }
}

/// How callers of a face show who they are.
#[derive(Clone, Copy, Debug)]
pub enum Login {
    /// They cannot.
    None,
    /// By a token: `Authorization: Bearer …` (RFC 6750 §2.1).
    Bearer,
    /// By a token that is all of `Authorization`; before it may stand Bearer.
    Whole,
    /// By a cookie of this name, or by a token as with Bearer.
    Cookie(&'static str),
    /// By a token in the path, where this finds it.
    InPath(fn(&str) -> Option<String>),
}

/// When management needs the admin token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AdminNeeds {
    /// Not on this machine: the local check or the token.
    LoopbackOrToken,
    /// Always.
    Token,
}

/// Who has management rights.
pub struct AdminRule {
    /// When the token is needed.
    pub needs: AdminNeeds,
    /// The admin token; an empty one admits nobody.
    pub token: Secret,
}

/// Why a request is not let in; the face says it in its own dialect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Denied {
    /// Its address asks or fails too often.
    Busy(Limited),
    /// The credentials are missing or wrong: what must be there.
    Unauthorized(&'static str),
    /// What it says of itself or where it comes from is not enough, or its body is none we take.
    Guard(Refusal),
}

/// Lets requests in.
pub struct Gate {
    admin: AdminRule,
    /// Requests by address. Logged-in bots are counted by the engine instead: on a router all of them come from 127.0.0.1,
    /// and one must not use up what the others need.
    requests: Mutex<RateLimit<IpAddr>>,
    failed_logins: Mutex<RateLimit<IpAddr>>,
    /// Who has signed in with a browser.
    sessions: Sessions,
    /// Reads the clocks.
    now: fn() -> Now,
}

impl Gate {
    /// A gate that lets so many requests a second of one address pass; with 0 all.
    pub fn new(admin: AdminRule, per_second: u32, now: fn() -> Now) -> Gate {
        let limit = || Mutex::new(RateLimit::new(per_second));
        Gate { admin, requests: limit(), failed_logins: limit(), sessions: Sessions::default(), now }
    }

    /// Counts a request, and says who is calling.
    pub(super) fn enter(&self, login: Login, need: Need, request: &Request) -> Result<Principal, Denied> {
        if !matches!(need, Need::Bot(_) | Need::Asset) {
            self.admit(&self.requests, request.peer)?;
        }
        self.judge(login, need, request)
    }

    /// Says who is calling, where only the head of a request has come yet.
    pub(super) fn judge(&self, login: Login, need: Need, request: &Request) -> Result<Principal, Denied> {
        let principal = match need {
            Need::Nobody => Err(Denied::Guard(FOR_NOBODY)),
            Need::Nothing | Need::Asset => Ok(Principal::Nobody),
            Need::OwnPages => guard::is_own_page(request).map(|()| Principal::Nobody).map_err(Denied::Guard),
            Need::Optional => Ok(self
                .manager(login, Role::Admin, request)
                .ok()
                .filter(|principal| *principal == Principal::Admin)
                .unwrap_or(Principal::Nobody)),
            Need::Role(role) => self.manager(login, role, request),
            Need::User => guard::is_own_page(request).map_err(Denied::Guard).and_then(|()| {
                login.token(request).map(Principal::User).ok_or(Denied::Unauthorized("a cookie must be there"))
            }),
            Need::Bot(scope) => self.keep_pages_out(login, request).and_then(|()| {
                login
                    .token(request)
                    .map(|token| Principal::Bot(token, scope))
                    .ok_or(Denied::Unauthorized("the header `Authorization` must be there: Bearer and the bot's token"))
            }),
        };
        if matches!(principal, Err(Denied::Unauthorized(_))) {
            self.count_failed_login(request.peer)?;
        }
        principal
    }

    /// A browser sends a request whose token stands in the path without asking first, so no page of another site may. In
    /// network mode a page's name cannot be made to point here, as TLS checks it.
    fn keep_pages_out(&self, login: Login, request: &Request) -> Result<(), Denied> {
        if !matches!(login, Login::InPath(_)) {
            return Ok(());
        }
        guard::is_own_page(request).map_err(Denied::Guard)?;
        match self.admin.needs {
            AdminNeeds::LoopbackOrToken => guard::is_no_rebound_page(request).map_err(Denied::Guard),
            AdminNeeds::Token => Ok(()),
        }
    }

    /// Counts a failed login. A good token is never kept waiting for the bad ones of its neighbours: tokens are too long to
    /// be guessed, so this only bounds noise.
    pub(super) fn count_failed_login(&self, peer: IpAddr) -> Result<(), Denied> {
        self.admit(&self.failed_logins, peer)
    }

    /// Who shows a token of a person is that person, also on this machine.
    fn manager(&self, login: Login, role: Role, request: &Request) -> Result<Principal, Denied> {
        let rule = &self.admin;
        let token = login.token(request);
        let is_known = token.as_ref().is_some_and(|token| self.is_admin_token(token));
        match (rule.needs, token) {
            _ if is_known => Ok(Principal::Admin),
            (_, Some(token)) if is_personal(token.expose()) => Ok(Principal::Person(token, role)),
            (needs, None) => match self.session(request) {
                Some(SignedIn::Admin) => Ok(Principal::Admin),
                Some(SignedIn::Person(token)) => Ok(Principal::Person(token, role)),
                None => self.admin(needs, request),
            },
            (needs, Some(_)) => self.admin(needs, request),
        }
    }

    /// Whose session a request belongs to.
    pub(super) fn session(&self, request: &Request) -> Option<SignedIn> {
        self.sessions.of(request, (self.now)().mono)
    }

    /// Begins the session of somebody who has shown who he is; gives the value of its cookie.
    pub(super) fn begin_session(&self, who: SignedIn) -> Secret {
        self.sessions.begin(who, (self.now)().mono)
    }

    /// Ends the session of a request.
    pub(super) fn end_session(&self, request: &Request) {
        self.sessions.end(request, (self.now)().mono);
    }

    /// Whether this is the admin token.
    pub(super) fn is_admin_token(&self, token: &Secret) -> bool {
        !self.admin.token.is_empty() && *token == self.admin.token
    }

    /// Whether whoever asks has management rights as he is on this machine.
    pub(super) fn is_local_admin(&self, request: &Request) -> bool {
        self.admin(self.admin.needs, request).is_ok()
    }

    /// Somebody who shows no token that says who he is.
    fn admin(&self, needs: AdminNeeds, request: &Request) -> Result<Principal, Denied> {
        match needs {
            AdminNeeds::Token => {
                Err(Denied::Unauthorized("the header `Authorization` must be there: Bearer and the admin token"))
            }
            AdminNeeds::LoopbackOrToken => guard::is_local(request).map(|()| Principal::Admin).map_err(Denied::Guard),
        }
    }

    fn admit(&self, limit: &Mutex<RateLimit<IpAddr>>, peer: IpAddr) -> Result<(), Denied> {
        // A panic elsewhere leaves a counter behind that is as good as any.
        let mut limit = limit.lock().unwrap_or_else(PoisonError::into_inner);
        limit.admit(client_key(peer), (self.now)()).map_err(Denied::Busy)
    }
}

impl Login {
    fn token(self, request: &Request) -> Option<Secret> {
        match self {
            Login::None => None,
            Login::InPath(find) => find(&request.path).map(Secret::new),
            Login::Whole => guard::whole(request).map(Secret::new),
            Login::Cookie(name) => {
                let bearer = || guard::bearer(request).ok().flatten();
                guard::cookie(request, name).or_else(bearer).map(Secret::new)
            }
            Login::Bearer => guard::bearer(request).ok().flatten().map(Secret::new),
        }
    }
}
