//! XEP-0077, in-band registration: making an account on a server that allows it, changing its password, removing it.
//!
//! Registration takes place on a stream that is not logged in; whoever drives that stream sends [`build_query`], reads
//! a [`RegistrationOffer`] of the answer and sends what [`Fields::build`] gives. We answer for a name and a password
//! only: a captcha, a web page or further questions are for people and are told as [`NeedsMore`].
//! The payloads carry passwords and must not be logged; neither must errors, in which ejabberd sends them back.

use std::fmt;

use crate::base::limits;
use crate::base::secret::Secret;
use crate::base::text::shorten;
use crate::xml::Element;
use crate::xmpp::dataform::Form;
use crate::xmpp::ns;
use crate::xmpp::stanza::StanzaError;
use crate::xmpp::upload::is_web_url;

/// What a server asks of newcomers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RegistrationOffer {
    /// A name and a password are enough.
    Ready(Fields),
    /// Something only a person can give.
    NeedsMore(NeedsMore),
    /// There is an account already (XEP-0077 §3.1.1); only in answers on a stream that is logged in.
    Registered,
}

/// The form in which the server wants name and password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fields {
    /// Elements of the query itself.
    Legacy,
    /// A data form.
    Form(Form),
}

/// What is asked beyond name and password.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct NeedsMore {
    /// There is a riddle to solve (XEP-0158).
    pub is_captcha: bool,
    /// A page where people can register, http or https.
    pub url: Option<String>,
    /// Names of further fields, such as `email`.
    pub fields: Vec<String>,
    /// The server's words.
    pub instructions: Option<String>,
}

/// Why the server refuses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RegistrationRefusal {
    /// Somebody has that name: try another.
    Taken,
    /// The server does not do this, or not for us.
    NotAllowed(StanzaError),
    /// It wants more than a name and a password.
    NeedsMore(NeedsMore),
    /// Name or password are not to its liking: too short, too weak, forbidden.
    Policy(StanzaError),
    /// Too many newcomers at once, or the server is in trouble.
    Later(StanzaError),
}

/// Whether stream features offer registration (XEP-0077 §9). Prosody and ejabberd answer also where they do not say so
/// before TLS; ask there once TLS is up.
pub fn is_offered(features: &Element) -> bool {
    features.find("register", ns::REGISTER_FEATURE).is_some()
}

/// The question what is needed. `get`.
pub fn build_query() -> Element {
    Element::new("query", ns::REGISTER)
}

/// The order to remove the account we are logged in with (XEP-0077 §3.2). `set`. The server may close the stream
/// instead of answering.
pub fn build_remove() -> Element {
    build_query().with_child(Element::new("remove", ns::REGISTER))
}

/// The order to change the password of the account we are logged in with (XEP-0077 §3.3). `set`, to the server.
pub fn build_change_password(username: &str, password: &Secret) -> Element {
    build_legacy(username, password)
}

fn build_legacy(username: &str, password: &Secret) -> Element {
    let child = |name, text| Element::new(name, ns::REGISTER).with_text(text);
    build_query().with_child(child("username", username)).with_child(child("password", password.expose()))
}

impl RegistrationOffer {
    /// Reads the answer to [`build_query`]; `None` when it is none.
    pub fn read(query: &Element) -> Option<RegistrationOffer> {
        if !query.is("query", ns::REGISTER) {
            return None;
        }
        if query.find("registered", ns::REGISTER).is_some() {
            return Some(RegistrationOffer::Registered);
        }
        // XEP-0077 §3.1.1 and §5: the form goes before the fields, and both before a web page.
        Some(match Form::find(query) {
            Ok(Some(form)) => read_form(query, form),
            Ok(None) => read_legacy(query),
            Err(_) => RegistrationOffer::NeedsMore(read_more(query)),
        })
    }
}

fn read_form(query: &Element, form: Form) -> RegistrationOffer {
    // XEP-0158 §4: the riddles' fields are named, and a picture or sound stands beside them.
    const RIDDLES: [&str; 8] =
        ["ocr", "qa", "audio_recog", "video_recog", "picture_recog", "picture_q", "speech_recog", "speech_q"];
    let is_captcha = form.form_type() == Some(ns::CAPTCHA)
        || form
            .fields
            .iter()
            .any(|field| field.has_media || field.var.as_deref().is_some_and(|v| RIDDLES.contains(&v)));
    let missing = form.fill(&[("username", "x"), ("password", "x")]).err().unwrap_or_default();
    let has_both = form.field("username").is_some() && form.field("password").is_some();
    if has_both && missing.is_empty() && !is_captcha {
        return RegistrationOffer::Ready(Fields::Form(form));
    }
    let mut more = read_more(query);
    let page = form.value("captcha-fallback-url").filter(|url| is_web_url(url, &["https", "http"]));
    more.url = more.url.or(page.map(Into::into));
    more.instructions = more.instructions.or_else(|| form.instructions.first().map(|text| cut(text)));
    RegistrationOffer::NeedsMore(NeedsMore { is_captcha, fields: missing, ..more })
}

fn read_legacy(query: &Element) -> RegistrationOffer {
    // XEP-0077 §3.1.1: each element listed is a question that must be answered.
    let names = query.children().filter(|child| child.ns() == ns::REGISTER).map(Element::name);
    let (ours, others): (Vec<_>, Vec<_>) = names
        .filter(|name| !matches!(*name, "instructions" | "key"))
        .partition(|name| matches!(*name, "username" | "password"));
    if ours.contains(&"username") && ours.contains(&"password") && others.is_empty() {
        return RegistrationOffer::Ready(Fields::Legacy);
    }
    let fields = others.into_iter().take(limits::FORM_FIELDS_MAX).map(Into::into).collect();
    RegistrationOffer::NeedsMore(NeedsMore { fields, ..read_more(query) })
}

fn read_more(query: &Element) -> NeedsMore {
    let url = query.find("x", ns::OOB).and_then(|oob| oob.text_of("url", ns::OOB));
    NeedsMore {
        url: url.map(|url| url.trim().to_string()).filter(|url| is_web_url(url, &["https", "http"])),
        instructions: query.text_of("instructions", ns::REGISTER).map(|text| cut(&text)),
        ..NeedsMore::default()
    }
}

fn cut(text: &str) -> String {
    shorten(text.trim(), limits::FOREIGN_TEXT_BYTES_MAX)
}

impl Fields {
    /// The payload that registers: `set`, without an address.
    pub fn build(&self, username: &str, password: &Secret) -> Element {
        let filled = match self {
            Fields::Form(form) => form.fill(&[("username", username), ("password", password.expose())]).ok(),
            Fields::Legacy => None,
        };
        match filled {
            Some(form) => build_query().with_child(form.build()),
            None => build_legacy(username, password),
        }
    }
}

impl RegistrationRefusal {
    /// Sorts an error of any of these questions; `payload` is what the error came with.
    pub fn read(error: StanzaError, payload: Option<&Element>) -> RegistrationRefusal {
        let more = payload.filter(|query| query.is("query", ns::REGISTER)).map(read_more);
        if let Some(more) = more.filter(|more| more.url.is_some()) {
            return RegistrationRefusal::NeedsMore(more);
        }
        match error.condition.as_str() {
            "conflict" => RegistrationRefusal::Taken,
            // Prosody refuses the hasty with policy-violation, ejabberd with resource-constraint; both say "wait".
            _ if error.kind == "wait" => RegistrationRefusal::Later(error),
            "resource-constraint" | "internal-server-error" | "remote-server-timeout" => {
                RegistrationRefusal::Later(error)
            }
            "not-acceptable" | "bad-request" | "jid-malformed" | "policy-violation" => {
                RegistrationRefusal::Policy(error)
            }
            _ => RegistrationRefusal::NotAllowed(error),
        }
    }
}

impl fmt::Display for NeedsMore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.is_captcha, self.fields.is_empty()) {
            (true, _) => f.write_str("the server asks a riddle that only people can solve")?,
            (false, false) => {
                write!(f, "the server wants more than a name and a password: {}", self.fields.join(", "))?
            }
            (false, true) => f.write_str("the server does not register by name and password")?,
        }
        match &self.url {
            Some(url) => write!(f, "; register at {url}"),
            None => Ok(()),
        }
    }
}

impl fmt::Display for RegistrationRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            RegistrationRefusal::Taken => f.write_str("that name is taken"),
            RegistrationRefusal::NotAllowed(error) => write!(f, "the server does not allow it: {error}"),
            RegistrationRefusal::NeedsMore(more) => more.fmt(f),
            RegistrationRefusal::Policy(error) => write!(f, "the server does not like name or password: {error}"),
            RegistrationRefusal::Later(error) => write!(f, "the server wants us to wait: {error}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::xmpp::stanza::Iq;
    use crate::xmpp::tests::{each_damaged, parse};

    /// Prosody with mod_register_ibr.
    const PROSODY: &str = "<query xmlns='jabber:iq:register'>\
        <instructions>Choose a username and password for use with this service.</instructions>\
        <username/><password/><x xmlns='jabber:x:data' type='form'><title>Creating a new account</title>\
        <field type='hidden' var='FORM_TYPE'><value>jabber:iq:register</value></field>\
        <field label='Username' var='username' type='text-single'><required/></field>\
        <field label='Password' var='password' type='text-private'><required/></field></x></query>";
    /// ejabberd without captcha.
    const EJABBERD: &str = "<query xmlns='jabber:iq:register'><username/><password/>\
        <instructions>Choose a username and password to register with this server</instructions></query>";
    /// ejabberd with `captcha_protected: true`.
    const CAPTCHA: &str = "<query xmlns='jabber:iq:register'>\
        <instructions>You need a client that supports x:data and CAPTCHA to register</instructions>\
        <x xmlns='jabber:x:data' type='form'>\
        <instructions>Choose a username and password to register with this server</instructions>\
        <field type='hidden' var='FORM_TYPE'><value>urn:xmpp:captcha</value></field>\
        <field type='text-single' var='username'><required/></field>\
        <field type='text-private' var='password'><required/></field>\
        <field type='fixed' var='captcha-fallback-text'><value>If you don't see the image, visit the page.</value></field>\
        <field type='text-single' var='captcha-fallback-url'><value>https://x.example/captcha/12</value></field>\
        <field type='hidden' var='challenge'><value>12</value></field>\
        <field label='Enter the text you see' var='ocr' type='text-single'><required/>\
        <media xmlns='urn:xmpp:media-element'><uri type='image/png'>cid:sha1+a@bob.xmpp.org</uri></media></field></x>\
        <data xmlns='urn:xmpp:bob' cid='sha1+a@bob.xmpp.org' type='image/png'>AAAA</data></query>";
    const REDIRECT: &str = "<query xmlns='jabber:iq:register'>\
        <instructions>To register, visit our page.</instructions>\
        <x xmlns='jabber:x:oob'><url>https://x.example/register</url></x></query>";

    fn read(text: &str) -> RegistrationOffer {
        RegistrationOffer::read(&parse(text)).unwrap()
    }

    #[test]
    fn a_form_goes_before_the_fields() {
        let RegistrationOffer::Ready(fields) = read(PROSODY) else { panic!("not ready") };
        assert_eq!(
            fields.build("bot_a", &Secret::new("p&w")).print(ns::CLIENT),
            "<query xmlns='jabber:iq:register'><x xmlns='jabber:x:data' type='submit'>\
             <field type='hidden' var='FORM_TYPE'><value>jabber:iq:register</value></field>\
             <field var='username'><value>bot_a</value></field>\
             <field var='password'><value>p&amp;w</value></field></x></query>"
        );
    }

    #[test]
    fn fields_without_a_form() {
        let RegistrationOffer::Ready(fields) = read(EJABBERD) else { panic!("not ready") };
        assert_eq!(
            fields.build("bot_a", &Secret::new("pw")).print(ns::CLIENT),
            "<query xmlns='jabber:iq:register'><username>bot_a</username><password>pw</password></query>"
        );
        assert_eq!(
            read("<query xmlns='jabber:iq:register'><registered/><username>a</username></query>"),
            RegistrationOffer::Registered
        );
        assert_eq!(RegistrationOffer::read(&parse("<query xmlns='jabber:iq:roster'/>")), None);
    }

    #[test]
    fn what_needs_a_person_is_told() {
        let RegistrationOffer::NeedsMore(more) = read(CAPTCHA) else { panic!("ready") };
        assert!(more.is_captcha && more.fields == ["ocr"], "{more:?}");
        assert_eq!(more.url.as_deref(), Some("https://x.example/captcha/12"));
        let RegistrationOffer::NeedsMore(more) = read(REDIRECT) else { panic!("ready") };
        assert_eq!((more.is_captcha, more.url.as_deref()), (false, Some("https://x.example/register")));
        assert!(more.to_string().contains("https://x.example/register"));
        // A riddle that need not be solved, they say, is one all the same.
        let RegistrationOffer::NeedsMore(more) = read(&CAPTCHA.replace("<required/><media", "<media")) else {
            panic!("ready")
        };
        assert!(more.is_captcha && more.fields.is_empty());
        let email = EJABBERD.replace("<password/>", "<password/><email/>");
        let RegistrationOffer::NeedsMore(more) = read(&email) else { panic!("ready") };
        assert_eq!(more.fields, ["email"]);
        let evil = REDIRECT.replace("https://x.example/register", "javascript:alert(1)");
        let RegistrationOffer::NeedsMore(more) = read(&evil) else { panic!("ready") };
        assert_eq!(more.url, None);
    }

    #[test]
    fn orders() {
        assert_eq!(build_remove().print(ns::CLIENT), "<query xmlns='jabber:iq:register'><remove/></query>");
        assert_eq!(
            build_change_password("bot", &Secret::new("n")).print(ns::CLIENT),
            "<query xmlns='jabber:iq:register'><username>bot</username><password>n</password></query>"
        );
    }

    #[test]
    fn features_offer_it() {
        let features =
            |inside| parse(&format!("<features xmlns='http://etherx.jabber.org/streams'>{inside}</features>"));
        assert!(is_offered(&features("<register xmlns='http://jabber.org/features/iq-register'/>")));
        assert!(!is_offered(&features("<register xmlns='urn:xmpp:ibr-token:0'/>")));
    }

    #[test]
    fn errors_are_sorted() {
        let refusal = |error: &str| {
            let text = format!("<iq type='error' id='1'><query xmlns='jabber:iq:register'/>{error}</iq>");
            let iq = Iq::read(parse(&text)).unwrap();
            RegistrationRefusal::read(iq.error.unwrap(), iq.payload.as_ref())
        };
        let error = |kind, condition| {
            format!("<error type='{kind}'><{condition} xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>")
        };
        assert_eq!(refusal(&error("cancel", "conflict")), RegistrationRefusal::Taken);
        assert!(matches!(refusal(&error("modify", "not-acceptable")), RegistrationRefusal::Policy(_)));
        assert!(matches!(refusal(&error("modify", "jid-malformed")), RegistrationRefusal::Policy(_)));
        assert!(matches!(refusal(&error("wait", "resource-constraint")), RegistrationRefusal::Later(_)));
        assert!(matches!(refusal(&error("wait", "policy-violation")), RegistrationRefusal::Later(_)));
        assert!(matches!(refusal(&error("cancel", "service-unavailable")), RegistrationRefusal::NotAllowed(_)));
        assert!(matches!(refusal(&error("auth", "forbidden")), RegistrationRefusal::NotAllowed(_)));
        assert!(matches!(refusal(""), RegistrationRefusal::NotAllowed(_)));
        let redirect = RegistrationRefusal::read(StanzaError::new("cancel", "not-allowed"), Some(&parse(REDIRECT)));
        assert!(matches!(redirect, RegistrationRefusal::NeedsMore(more) if more.url.is_some()));
    }

    #[test]
    fn damage_is_refused_or_read() {
        each_damaged(&[PROSODY, EJABBERD, CAPTCHA, REDIRECT], |element| match RegistrationOffer::read(element) {
            Some(RegistrationOffer::Ready(fields)) => {
                assert!(fields.build("a", &Secret::new("b")).children().count() > 0)
            }
            Some(RegistrationOffer::NeedsMore(more)) => assert!(more.url.is_none_or(|url| url.starts_with("http"))),
            _ => {}
        });
    }
}
