//! XMPP addresses (RFC 7622, in the form servers of today enforce: RFC 6122's stringprep profiles).
//!
//! A [`Jid`] is normalised when it is parsed, so comparing two is comparing text, and `User@Host` is `user@host`
//! everywhere: owner checks, table keys, sessions.

use std::fmt;

use stringprep::{nameprep, nodeprep, resourceprep};

/// An address: `localpart@domainpart/resourcepart`, first and last optional. Normalised.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Jid {
    text: String,
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
        let local = local.map(|part| checked(part, |p| nodeprep(p).ok().map(Into::into))).transpose()?;
        if domain.is_empty() {
            return Err(JidError::NoDomain);
        }
        let domain = checked(domain.strip_suffix('.').unwrap_or(domain), domainpart)?;
        let resource = resource.map(|part| checked(part, |p| resourceprep(p).ok().map(Into::into))).transpose()?;
        Ok(Jid::join(local.as_deref(), &domain, resource.as_deref()))
    }

    fn join(local: Option<&str>, domain: &str, resource: Option<&str>) -> Jid {
        let mut text = String::with_capacity(64);
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
        text.shrink_to_fit();
        Jid { text, at, slash }
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
        BareJid(Jid { text: self.bare_str().to_string(), at: self.at, slash: None })
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
        let resource = checked(resource, |p| resourceprep(p).ok().map(Into::into))?;
        Ok(Jid::join(self.local(), self.domain(), Some(&resource)))
    }
}

fn checked(part: &str, prepare: impl Fn(&str) -> Option<String>) -> Result<String, JidError> {
    if part.is_empty() || part.len() > PART_BYTES_MAX {
        return Err(JidError::PartLength);
    }
    let prepared = prepare(part).ok_or(JidError::Forbidden)?;
    if prepared.is_empty() || prepared.len() > PART_BYTES_MAX {
        return Err(JidError::PartLength);
    }
    Ok(prepared)
}

fn domainpart(part: &str) -> Option<String> {
    let prepared = nameprep(part).ok()?;
    let is_literal = prepared.starts_with('[') && prepared.ends_with(']');
    let forbidden = |c: char| c.is_ascii() && !(c.is_ascii_alphanumeric() || c == '-' || c == '.' || c == '_');
    // RFC 7622 §3.2: a domain name or an IP literal in brackets.
    let is_name = !prepared.contains(forbidden) && prepared.split('.').all(|label| !label.is_empty());
    let is_address = is_literal && prepared[1..prepared.len() - 1].parse::<std::net::Ipv6Addr>().is_ok();
    (is_name || is_address).then(|| prepared.into_owned())
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
    fn refuses() {
        for bad in ["", "@", "@a", "a@", "/r", "a@b/", "a b@c", "a@b c", "a@b..c", "a@b@c", "a\"@b", "a@b\u{0}"] {
            assert!(Jid::parse(bad).is_err(), "{bad:?}");
        }
        assert_eq!(Jid::parse(&format!("{}@x", "a".repeat(1024))), Err(JidError::PartLength));
    }
}
