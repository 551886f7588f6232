//! People who manage their bots by the API: who is let in, and what of management is theirs. What is not listed here is
//! for admins.

use crate::base::jid::BareJid;
use crate::base::secret::Secret;
use crate::core::access::tokens::PersonBearer;
use crate::core::batch::{Trouble, Verdict};
use crate::core::failure::Failure;
use crate::core::handle::{
    Answer, AuditFilter, NewPersonalToken, PanelQuestion, PeopleQuestion, PersonInfo, Question, Quotas, RightsAnswer,
    Role,
};
use crate::core::owner::is_local;
use crate::core::rights::By;
use crate::core::texts;
use crate::engine::Engine;
use crate::engine::ask::without_tokens;
use crate::store;
use crate::store::row::TokenHolder;

/// Whether nobody need be signed in for it.
pub(super) fn is_for_anybody(question: &PeopleQuestion) -> bool {
    matches!(question, PeopleQuestion::SendCode(_) | PeopleQuestion::SignIn(..))
}

/// Sends a code, or takes one. Whoever asks for a code learns nothing: the answer is the same for everybody.
pub(super) fn let_in(engine: &mut Engine, question: &PeopleQuestion) -> Result<Verdict, Trouble> {
    let answer = match question {
        PeopleQuestion::SignIn(person, code) => Answer::Rights(engine.core.batch.sign_in(person, code)?),
        PeopleQuestion::SendCode(person) => {
            send_code(engine, person)?;
            Answer::Done
        }
        _ => return engine.core.batch.refuse_login("sign in first"),
    };
    Ok(Verdict::Outcome(Ok(answer)))
}

/// The manager sends it, where the person's account is signed in here; else one of his bots does.
fn send_code(engine: &mut Engine, person: &BareJid) -> Result<(), store::Error> {
    let is_here = is_local(person) || engine.channels.xmpp.accounts.account_of(person).is_some();
    let is_known = is_here || engine.core.batch.is_known_person(person);
    if !is_known || !engine.core.batch.store.owner_enabled(person)? {
        return Ok(());
    }
    let Some(code) = engine.core.batch.new_code(person) else { return Ok(()) };
    let shown = format!("{} {}", &code[..4], &code[4..]);
    let text = texts::rights::CODE.fill(engine.core.batch.setup.settings.language, &[("code", &shown)]);
    if is_here {
        return engine.say(person, &text);
    }
    let own = engine.core.batch.bots.values().filter(|bot| bot.row.owner == *person && bot.row.active);
    let through = own.map(|bot| bot.row.id).find(|bot| engine.channels.xmpp.accounts.account_of_bot(*bot).is_some());
    match through {
        Some(bot) => engine.say_as_bot(bot, person, &text),
        None => {
            log::warn!(
                "a code for {person} has no way: his account is not signed in here, and none of his bots has one"
            );
            Ok(())
        }
    }
}

/// A question of a person.
pub(super) fn ask(engine: &mut Engine, token: &Secret, needs: Role, question: &Question) -> Result<Verdict, Trouble> {
    let bearer = engine.core.batch.person_of_token(token, needs)?;
    if let Question::People(question) = question
        && let Some(answer) = ask_of_himself(engine, &bearer, question)?
    {
        return Ok(Verdict::Outcome(Ok(Answer::Rights(answer))));
    }
    if bearer.role == Role::Admin {
        return engine.ask_as_admin(question);
    }
    if let Question::Forget(jid) = question {
        let remains = engine.channels.xmpp.forget_leaving(&mut engine.core, jid, Some(&bearer.owner))?;
        return Ok(Verdict::Outcome(Ok(Answer::Forgotten(jid.clone(), remains))));
    }
    let own = narrow(engine, &bearer, question)?;
    let verdict = engine.ask_as_admin(own.as_ref().unwrap_or(question))?;
    Ok(if bearer.role > Role::Viewer { verdict } else { without_tokens(verdict) })
}

/// What a person asks about himself; `None` where it is about others.
fn ask_of_himself(
    engine: &mut Engine,
    bearer: &PersonBearer,
    question: &PeopleQuestion,
) -> Result<Option<RightsAnswer>, Trouble> {
    let person = &bearer.person;
    let is_about_him = |who: &Option<BareJid>| who.as_ref().is_none_or(|who| who == person);
    let holder = TokenHolder::Person(person.clone());
    let batch = &mut engine.core.batch;
    Ok(Some(match question {
        PeopleQuestion::Me => RightsAnswer::Person(PersonInfo { role: bearer.role, ..batch.person_info(person)? }),
        PeopleQuestion::SignOut => {
            batch.revoke_token(&holder, bearer.token)?;
            RightsAnswer::Revoked(bearer.token)
        }
        PeopleQuestion::Tokens(who) if is_about_him(who) => RightsAnswer::Tokens(batch.list_tokens_of(&holder)),
        PeopleQuestion::MakeToken(new) if is_about_him(&new.person) => {
            // No token makes another one that may more.
            let role = new.role.unwrap_or(bearer.role);
            if role > bearer.role {
                let text =
                    format!("a token that is {} cannot make one that is {}", bearer.role.as_str(), role.as_str());
                return Err(Failure::Forbidden(text).into());
            }
            batch.make_personal_token(person, &NewPersonalToken { role: Some(role), ..new.clone() })?
        }
        PeopleQuestion::RevokeToken(who, id) if is_about_him(who) => {
            batch.revoke_token(&holder, *id)?;
            RightsAnswer::Revoked(*id)
        }
        _ => return Ok(None),
    }))
}

/// What is asked about people by who has management rights.
pub(super) fn manage(engine: &mut Engine, question: &PeopleQuestion) -> Result<RightsAnswer, Trouble> {
    let batch = &mut engine.core.batch;
    let need = |person: &Option<BareJid>| {
        person.clone().ok_or_else(|| Failure::invalid("account", "there: whose token it is"))
    };
    Ok(match question {
        PeopleQuestion::Me => {
            let (quotas, used) = (Quotas::default(), Quotas::default());
            RightsAnswer::Person(PersonInfo { person: None, role: Role::Admin, sees: None, quotas, used })
        }
        PeopleQuestion::Tokens(person) => {
            RightsAnswer::Tokens(batch.list_tokens_of(&TokenHolder::Person(need(person)?)))
        }
        PeopleQuestion::MakeToken(new) => batch.make_personal_token(&need(&new.person)?, new)?,
        PeopleQuestion::RevokeToken(person, id) => {
            batch.revoke_token(&TokenHolder::Person(need(person)?), *id)?;
            RightsAnswer::Revoked(*id)
        }
        PeopleQuestion::List => RightsAnswer::People(batch.list_people()?),
        PeopleQuestion::Set(change) => RightsAnswer::Person(batch.set_person(change)?),
        PeopleQuestion::Remove(person) => {
            batch.remove_person(person)?;
            RightsAnswer::Person(batch.person_info(person)?)
        }
        PeopleQuestion::SignOut => {
            return Err(Failure::Conflict("nobody is signed in by a token of his own".into()).into());
        }
        PeopleQuestion::SendCode(_) | PeopleQuestion::SignIn(..) => return batch.refuse_login("sign in first"),
    })
}

/// Lets pass what is about the person's own bots, or narrows the question to them; `None`: it is as it should be. Of what
/// is others' he learns as little as of what is not there.
fn narrow(engine: &Engine, bearer: &PersonBearer, question: &Question) -> Result<Option<Question>, Failure> {
    let owner = &bearer.owner;
    let is_own = |who: &BareJid| {
        let failure = || Failure::NotFound(format!("{who} has nothing here that is yours"));
        if who == owner { Ok(None) } else { Err(failure()) }
    };
    if let Some(bot) = question.managed_bot() {
        let is_theirs = engine.core.batch.bot(bot).is_ok_and(|bot| bot.row.owner == *owner);
        return if is_theirs { Ok(None) } else { Err(Failure::no_bot(bot)) };
    }
    match question {
        Question::WhoAmI | Question::MaySend => Ok(None),
        Question::CreateBot(new) => is_own(&new.owner),
        Question::ListBots(None) => Ok(Some(Question::ListBots(Some(owner.clone())))),
        Question::Leaving(None) => Ok(Some(Question::Leaving(Some(owner.clone())))),
        Question::ListBots(Some(who)) | Question::Leaving(Some(who)) => is_own(who),
        Question::OwnerStatus(who) => is_own(who),
        Question::Panel(PanelQuestion::Overview(None)) => {
            Ok(Some(Question::Panel(PanelQuestion::Overview(Some(owner.clone())))))
        }
        Question::Panel(PanelQuestion::Overview(Some(who))) => is_own(who),
        Question::Audit(wanted) => match &wanted.owner {
            Some(who) if who != owner => is_own(who),
            _ => Ok(Some(Question::Audit(AuditFilter { owner: Some(owner.clone()), ..wanted.clone() }))),
        },
        _ => Err(Failure::Forbidden("this is for admins".to_string())),
    }
}

/// A person causes what is under way, if what he says in a chat is a command.
pub(super) fn acts(engine: &mut Engine, person: &BareJid, said: &str) {
    if said.trim_start().starts_with('/') {
        engine.core.batch.rights.acting.by = By::Person(person.clone());
    }
}
