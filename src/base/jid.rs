//! XMPP addresses (RFC 7622), as liberal as the servers that let them pass: whoever has such an address can write to us,
//! and must be heard. Resources are RFC 8265's OpaqueString without its bans on what is merely odd, emoji of several code
//! points among it; local parts follow RFC 6122's stringprep, with the characters that Unicode has got since.
//!
//! A [`Jid`] is normalised when it is parsed, so comparing two is comparing text, and `User@Host` is `user@host`
//! everywhere: owner checks, table keys, sessions.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use stringprep::{nameprep, nodeprep};
use unicode_normalization::UnicodeNormalization;

use crate::base::text::is_hidden;

/// An address: `localpart@domainpart/resourcepart`, first and last optional. Normalised.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Jid {
    /// Shared, as addresses are copied all the time and never changed.
    text: Arc<str>,
    /// Where `@` stands, if there is a localpart.
    at: Option<u16>,
    /// Where the first `/` stands, if there is a resourcepart.
    slash: Option<u16>,
}

/// An address without resourcepart: an account, a room, a server.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BareJid(Jid);

/// Why a text is no address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JidError {
    /// There is no domainpart.
    NoDomain,
    /// A part is empty although its separator is there, or longer than 1,023 bytes (RFC 7622 §3.1).
    PartLength,
    /// A part has characters that are not allowed in it.
    Forbidden,
}

/// Longest part in bytes (RFC 7622 §3.1).
const PART_BYTES_MAX: usize = 1023;

/// Channels whose addresses are `channel:id`, as in `tg:-1001234`; a domain has no colon outside brackets, so no address
/// at an XMPP server looks like one.
const CHANNELS: [&str; 3] = ["tg", "web", "simplex"];

impl Jid {
    /// Parses and normalises.
    pub fn parse(text: &str) -> Result<Jid, JidError> {
        // RFC 7622 §3.1: the resourcepart begins at the first slash, whatever it contains.
        let (bare, resource) = match text.split_once('/') {
            Some((bare, resource)) => (bare, Some(resource)),
            None => (text, None),
        };
        let (local, domain) = match bare.split_once('@') {
            Some((local, domain)) => (Some(local), domain),
            None => (None, bare),
        };
        let local = local.map(|part| checked(part, localpart)).transpose()?;
        if domain.is_empty() {
            return Err(JidError::NoDomain);
        }
        let domain = checked(domain.strip_suffix('.').unwrap_or(domain), domainpart)?;
        let resource = resource.map(|part| checked(part, resourcepart)).transpose()?;
        Ok(Jid::join(local.as_deref(), &domain, resource.as_deref()))
    }

    /// The same for an address on any channel: `channel:id`, with `/nick` behind it for one of many who are there. What
    /// comes from an XMPP server is read with [`Jid::parse`], so that nobody there can pass for somebody elsewhere.
    pub fn parse_any(text: &str) -> Result<Jid, JidError> {
        let Some((channel, rest)) = text.split_once(':').filter(|(channel, _)| CHANNELS.contains(channel)) else {
            return Jid::parse(text);
        };
        let (id, nick) = match rest.split_once('/') {
            Some((id, nick)) => (id, Some(checked(nick, resourcepart)?)),
            None => (rest, None),
        };
        let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '+');
        match id.len() {
            0 | PART_BYTES_MAX.. => Err(JidError::PartLength),
            _ if !id.chars().all(is_plain) => Err(JidError::Forbidden),
            _ => Ok(Jid::join(None, &format!("{channel}:{id}"), nick.as_deref())),
        }
    }

    /// The channel, where it is no XMPP address: `tg` of `tg:-1001234`.
    pub fn channel(&self) -> Option<&str> {
        let channel = self.domain().split_once(':')?.0;
        CHANNELS.contains(&channel).then_some(channel)
    }

    /// What stands behind the channel: `-1001234` of `tg:-1001234/Ann`.
    pub fn channel_id(&self) -> Option<&str> {
        self.channel().map(|channel| &self.domain()[channel.len() + 1..])
    }

    fn join(local: Option<&str>, domain: &str, resource: Option<&str>) -> Jid {
        let length = |part: Option<&str>| part.map_or(0, |part| part.len() + 1);
        let mut text = String::with_capacity(length(local) + domain.len() + length(resource));
        let mut at = None;
        if let Some(local) = local {
            text.push_str(local);
            at = Some(text.len() as u16);
            text.push('@');
        }
        text.push_str(domain);
        let mut slash = None;
        if let Some(resource) = resource {
            slash = Some(text.len() as u16);
            text.push('/');
            text.push_str(resource);
        }
        Jid { text: text.into(), at, slash }
    }

    /// The whole address.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The localpart: the user or room name.
    pub fn local(&self) -> Option<&str> {
        self.at.map(|at| &self.text[..usize::from(at)])
    }

    /// The domainpart: the server.
    pub fn domain(&self) -> &str {
        let start = self.at.map_or(0, |at| usize::from(at) + 1);
        &self.text[start..self.bare_len()]
    }

    /// The resourcepart: the device, or the nick in a room.
    pub fn resource(&self) -> Option<&str> {
        self.slash.map(|slash| &self.text[usize::from(slash) + 1..])
    }

    /// The text without the resourcepart.
    pub fn bare_str(&self) -> &str {
        &self.text[..self.bare_len()]
    }

    /// The address without the resourcepart.
    pub fn bare(&self) -> BareJid {
        match self.slash {
            None => BareJid(self.clone()),
            Some(_) => BareJid(Jid { text: self.bare_str().into(), at: self.at, slash: None }),
        }
    }

    /// Whether there is no resourcepart.
    pub fn is_bare(&self) -> bool {
        self.slash.is_none()
    }

    fn bare_len(&self) -> usize {
        self.slash.map_or(self.text.len(), usize::from)
    }
}

impl BareJid {
    /// Parses and normalises; an address with a resourcepart is accepted and loses it.
    pub fn parse(text: &str) -> Result<BareJid, JidError> {
        Jid::parse(text).map(|jid| jid.bare())
    }

    /// The same for an address on any channel; see [`Jid::parse_any`].
    pub fn parse_any(text: &str) -> Result<BareJid, JidError> {
        Jid::parse_any(text).map(|jid| jid.bare())
    }

    /// See [`Jid::channel`].
    pub fn channel(&self) -> Option<&str> {
        self.0.channel()
    }

    /// See [`Jid::channel_id`].
    pub fn channel_id(&self) -> Option<&str> {
        self.0.channel_id()
    }

    /// The whole address.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// The localpart.
    pub fn local(&self) -> Option<&str> {
        self.0.local()
    }

    /// The domainpart.
    pub fn domain(&self) -> &str {
        self.0.domain()
    }

    /// The same as a [`Jid`].
    pub fn to_jid(&self) -> Jid {
        self.0.clone()
    }

    /// This account's address at one of its resources.
    pub fn with_resource(&self, resource: &str) -> Result<Jid, JidError> {
        let resource = checked(resource, resourcepart)?;
        Ok(Jid::join(self.local(), self.domain(), Some(&resource)))
    }
}

fn checked<'a>(part: &'a str, prepare: fn(&'a str) -> Option<Cow<'a, str>>) -> Result<Cow<'a, str>, JidError> {
    if part.is_empty() || part.len() > PART_BYTES_MAX {
        return Err(JidError::PartLength);
    }
    let prepared = prepare(part).ok_or(JidError::Forbidden)?;
    if prepared.is_empty() || prepared.len() > PART_BYTES_MAX {
        return Err(JidError::PartLength);
    }
    Ok(prepared)
}

/// Nodeprep (RFC 6122 appendix A). It knows the characters of the year 2002; with newer ones, which servers take, only what
/// would break an address is refused.
fn localpart(part: &str) -> Option<Cow<'_, str>> {
    if part.bytes().all(is_usual) {
        return Some(Cow::Borrowed(part));
    }
    if let Ok(prepared) = nodeprep(part) {
        return Some(prepared);
    }
    let folded: String = part.nfkc().flat_map(char::to_lowercase).nfkc().collect();
    // Of what is known as forbidden, nothing becomes allowed by standing beside something new.
    let is_known = |c: char| !stringprep::tables::unassigned_code_point(c);
    let old: String = folded.chars().filter(|c| is_known(*c)).collect();
    let is_new = old.len() < folded.len() && (old.is_empty() || nodeprep(&old).is_ok_and(|again| again == old));
    (is_new && !folded.contains(is_unspeakable)).then_some(Cow::Owned(folded))
}

/// What stringprep leaves as it is, and most addresses have nothing else.
fn is_usual(byte: u8) -> bool {
    matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_')
}

/// OpaqueString (RFC 8265 §4.2.2): spaces are plain ones, composed by NFC, no case folding.
fn resourcepart(part: &str) -> Option<Cow<'_, str>> {
    if part.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        return Some(Cow::Borrowed(part));
    }
    let is_space = |c: char| !c.is_ascii() && c.is_whitespace() && !c.is_control();
    let spaced = part.chars().map(|c| if is_space(c) { ' ' } else { c });
    let prepared: String = spaced.nfc().collect();
    (!prepared.contains(is_unspeakable)).then_some(Cow::Owned(prepared))
}

/// Control characters, those that turn the direction of what is around them, and code points that are none.
fn is_unspeakable(c: char) -> bool {
    let is_none = matches!(c, '\u{fdd0}'..='\u{fdef}') || u32::from(c) & 0xfffe == 0xfffe;
    is_none || is_hidden(c)
}

fn domainpart(part: &str) -> Option<Cow<'_, str>> {
    let prepared = if part.bytes().all(is_usual) { Cow::Borrowed(part) } else { nameprep(part).ok()? };
    let is_literal = prepared.starts_with('[') && prepared.ends_with(']');
    let forbidden = |c: char| c.is_ascii() && !(c.is_ascii_alphanumeric() || c == '-' || c == '.' || c == '_');
    // RFC 7622 §3.2: a domain name or an IP literal in brackets.
    let is_name = !prepared.contains(forbidden) && prepared.split('.').all(|label| !label.is_empty());
    let is_address = is_literal && prepared[1..prepared.len() - 1].parse::<std::net::Ipv6Addr>().is_ok();
    (is_name || is_address).then_some(prepared)
}

impl fmt::Display for Jid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for Jid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Display for BareJid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for BareJid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for JidError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            JidError::NoDomain => "the address has no server part",
            JidError::PartLength => "a part of the address is empty or longer than 1,023 bytes",
            JidError::Forbidden => "the address has characters that are not allowed in it",
        })
    }
}

impl std::error::Error for JidError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts() {
        let jid = Jid::parse("Ralf@Chat.Example.com/Phone @ home/1").unwrap();
        assert_eq!(jid.local(), Some("ralf"));
        assert_eq!(jid.domain(), "chat.example.com");
        assert_eq!(jid.resource(), Some("Phone @ home/1"));
        assert_eq!(jid.bare().as_str(), "ralf@chat.example.com");
        let server = Jid::parse("example.com.").unwrap();
        assert_eq!((server.local(), server.domain(), server.resource()), (None, "example.com", None));
        assert_eq!(Jid::parse("müller@straße.de").unwrap().domain(), "strasse.de");
        assert_eq!(Jid::parse("a@[::1]").unwrap().domain(), "[::1]");
        assert_eq!(jid.bare().with_resource("bot").unwrap().as_str(), "ralf@chat.example.com/bot");
    }

    #[test]
    fn addresses_on_other_channels() {
        let chat = Jid::parse_any("tg:-1001234.7/Ann B.").unwrap();
        assert_eq!(
            (chat.channel(), chat.channel_id(), chat.resource()),
            (Some("tg"), Some("-1001234.7"), Some("Ann B."))
        );
        assert_eq!(chat.bare().as_str(), "tg:-1001234.7");
        assert_eq!(BareJid::parse_any("web:01J").unwrap().channel(), Some("web"));
        let person = Jid::parse_any("Ralf@Chat.Example.com").unwrap();
        assert_eq!((person.as_str(), person.channel()), ("ralf@chat.example.com", None));
        for wrong in ["tg:", "tg:a b", "tg:/x", "tg:1/", "tg:1@x", "irc:x"] {
            assert!(Jid::parse_any(wrong).is_err(), "{wrong}");
        }
        // Nobody at an XMPP server is one of them.
        for wrong in ["tg:1", "tg:1/x", "web:01J", "a@tg:1"] {
            assert!(Jid::parse(wrong).is_err(), "{wrong}");
        }
        assert_eq!(Jid::parse("tg@[::1]").unwrap().channel(), None);
    }

    #[test]
    fn symbols_and_new_scripts() {
        for address in [
            "room@conference.example.org/🐎",
            "user@example.org/📱",
            "a@b/❤\u{fe0f}",
            "a@b/👩\u{200d}💻",
            "a@b/🏴\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}",
            "a@b/ⅷ½",
            "a@b/شات\u{200c}م",
            "ꞝ@b/x",
            "𞤢𞤣@b",
        ] {
            let jid = Jid::parse(address).unwrap_or_else(|error| panic!("{address}: {error}"));
            assert_eq!(jid.as_str(), address);
        }
        // Composed, and with plain spaces (RFC 8265 §4.2.2).
        assert_eq!(Jid::parse("a@b/u\u{308} \u{3000}\u{a0}x").unwrap().resource(), Some("ü   x"));
        for bad in ["a@b/\u{7}", "a@b/\u{85}", "a@b/\u{202e}x", "a@b/\u{fffe}", "ꞝ c@b", "ꞝ\"@b", "ꞝ/", "\u{202e}ꞝ@b"]
        {
            assert!(Jid::parse(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn refuses() {
        for bad in ["", "@", "@a", "a@", "/r", "a@b/", "a b@c", "a@b c", "a@b..c", "a@b@c", "a\"@b", "a@b\u{0}"] {
            assert!(Jid::parse(bad).is_err(), "{bad:?}");
        }
        assert_eq!(Jid::parse(&format!("{}@x", "a".repeat(1024))), Err(JidError::PartLength));
    }
}
