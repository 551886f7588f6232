//! Who the client is where a proxy stands in front. Pure.
//!
//! Headers about it are believed only from proxies that the operator has named (`api.trusted_proxies`), and only up to the
//! first hop that is none: everything left of that may have been written by the client itself. What others send is no
//! address; it only makes their requests come from elsewhere ([`guard`](super::guard)).

use std::net::{IpAddr, SocketAddr};

use crate::base::network::Network;
use crate::http::Request;
use crate::http::headers::Headers;

/// Whose word about clients counts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Proxies {
    /// By their addresses.
    pub networks: Vec<Network>,
    /// Whoever connects to the Unix socket.
    pub unix: bool,
}

/// How a connection came in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Via {
    /// By TCP, from this address.
    Tcp(IpAddr),
    /// Through the Unix socket: somebody on this machine.
    Unix,
}

impl Via {
    /// The address that counts for limits before anything is known: of the Unix socket, this machine's own.
    pub fn address(self) -> IpAddr {
        match self {
            Via::Tcp(address) => address,
            Via::Unix => IpAddr::from([127, 0, 0, 1]),
        }
    }
}

/// What a request has that came through a trusted proxy. No client can send it.
pub const TRUSTED: &str = "x-trusted-proxy";

/// Header fields by which a request says that it came through a proxy.
pub fn is_proxy_header(name: &str) -> bool {
    name == "forwarded" || name == "via" || name == "x-real-ip" || name.starts_with("x-forwarded-")
}

impl Proxies {
    fn trust(&self, via: Via) -> bool {
        match via {
            Via::Tcp(address) => self.knows(address),
            Via::Unix => self.unix,
        }
    }

    fn knows(&self, address: IpAddr) -> bool {
        self.networks.iter().any(|network| network.contains(address))
    }

    /// Puts the client's address into a request of a trusted proxy, and the sign that it came through one.
    pub fn resolve(&self, request: &mut Request, via: Via) {
        if !self.trust(via) {
            return;
        }
        request.peer = self.client(&request.headers, via.address());
        request.headers.push(TRUSTED, "yes");
        if !request.headers.iter().any(|(name, _)| is_proxy_header(name)) {
            // A proxy that says nothing is one nevertheless: nobody behind it is on this machine.
            request.headers.push("via", "1.1 proxy");
        }
    }

    /// The nearest hop that is no trusted proxy. Where `X-Forwarded-For` and `Forwarded` name different ones, the client
    /// has written one of them, and neither counts.
    fn client(&self, headers: &Headers, peer: IpAddr) -> IpAddr {
        let values = |name: &'static str| headers.iter().filter(move |(key, _)| *key == name).map(|(_, value)| value);
        let by_list = self.nearest(values("x-forwarded-for").flat_map(|value| value.split(',')).map(node), peer);
        let by_standard = self.nearest(values("forwarded").flat_map(elements).map(|element| node(hop(element))), peer);
        match (by_list, by_standard) {
            (Some(one), Some(other)) if one != other => peer,
            (one, other) => one.or(other).unwrap_or(peer),
        }
    }

    /// Walks hops from the nearest to the farthest; `None` without any.
    fn nearest(&self, hops: impl Iterator<Item = Option<IpAddr>>, peer: IpAddr) -> Option<IpAddr> {
        let hops: Vec<_> = hops.collect();
        let mut last = peer;
        for hop in hops.iter().rev() {
            // What is no address hides who was there; the proxy that says so is the nearest known one.
            let Some(address) = hop else { break };
            last = *address;
            if !self.knows(last) {
                break;
            }
        }
        (!hops.is_empty()).then_some(last)
    }
}

/// An address, with a port or without (RFC 7239 §6): `192.0.2.1:80`, `[2001:db8::1]`, `"[2001:db8::1]:80"`, and what
/// `X-Forwarded-For` has besides: `2001:db8::1`.
fn node(text: &str) -> Option<IpAddr> {
    let text = text.trim().trim_matches('"');
    let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
    let address = bare.parse().or_else(|_| text.parse().map(|address: SocketAddr| address.ip()));
    address.ok().map(|address: IpAddr| address.to_canonical())
}

/// The elements of a `Forwarded` field; commas in quotes part nothing (RFC 7239 §4). Where a quoted string does not end, a
/// client has opened it so that what the proxy appends is swallowed: then there is one element, and it names nobody.
fn elements(value: &str) -> Vec<&str> {
    parts(value, b',').unwrap_or_else(|| vec![""])
}

/// The value of `for` in one element; what is not there, or there twice, is no address.
fn hop(element: &str) -> &str {
    let pairs = parts(element, b';').unwrap_or_default();
    let mut values = pairs.iter().filter_map(|pair| pair.split_once('=')).filter(|(name, _)| is_for(name));
    match (values.next(), values.next()) {
        (Some((_, value)), None) => value,
        _ => "",
    }
}

fn is_for(name: &str) -> bool {
    name.trim().eq_ignore_ascii_case("for")
}

/// Parts a text at a separator outside of quoted strings (RFC 9110 §5.6.4); `None` if one of those does not end.
fn parts(text: &str, separator: u8) -> Option<Vec<&str>> {
    let (mut all, mut begin) = (Vec::new(), 0);
    let (mut is_quoted, mut is_escaped) = (false, false);
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' if is_quoted => is_escaped = true,
            b'"' => is_quoted = !is_quoted,
            _ if byte == separator && !is_quoted => {
                all.push(&text[begin..at]);
                begin = at + 1;
            }
            _ => {}
        }
    }
    all.push(&text[begin..]);
    (!is_quoted).then_some(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn proxies(list: &[&str]) -> Proxies {
        let networks = list.iter().filter(|text| **text != "unix").map(|text| text.parse().unwrap()).collect();
        Proxies { networks, unix: list.contains(&"unix") }
    }

    fn client(trusted: &[&str], via: Via, headers: &[(&str, &str)]) -> (String, bool) {
        let mut request = Request {
            method: "GET".into(),
            path: "/".into(),
            query: String::new(),
            headers: headers.iter().copied().collect(),
            body: Vec::new(),
            file: None,
            peer: via.address(),
        };
        proxies(trusted).resolve(&mut request, via);
        (request.peer.to_string(), request.headers.iter().any(|(name, _)| is_proxy_header(name)))
    }

    fn from(peer: &str, headers: &[(&str, &str)]) -> String {
        client(&["127.0.0.1", "10.0.0.0/8", "2001:db8::/32"], Via::Tcp(peer.parse().unwrap()), headers).0
    }

    #[test]
    fn the_rightmost_hop_that_is_no_proxy_counts() {
        let xff = |value: &'static str| from("127.0.0.1", &[("x-forwarded-for", value)]);
        assert_eq!(xff("203.0.113.9"), "203.0.113.9");
        assert_eq!(xff("198.51.100.1, 203.0.113.9, 10.1.2.3"), "203.0.113.9", "what the client claims is not believed");
        assert_eq!(xff("203.0.113.9:4711"), "203.0.113.9");
        assert_eq!(xff("2001:db9::7"), "2001:db9::7");
        assert_eq!(xff("[2001:db9::7]:80, 2001:db8::1"), "2001:db9::7");
        assert_eq!(xff("::ffff:203.0.113.9"), "203.0.113.9");
        assert_eq!(xff("10.9.9.9, 10.1.2.3"), "10.9.9.9", "all are proxies: the first of them");
        assert_eq!(xff("203.0.113.9, unknown, 10.1.2.3"), "10.1.2.3", "who hides is not looked behind");
        assert_eq!(xff("nonsense"), "127.0.0.1");
        assert_eq!(xff(""), "127.0.0.1");
        // Two fields are one list (RFC 9110 §5.3).
        let twice = [("x-forwarded-for", "198.51.100.1"), ("x-forwarded-for", "203.0.113.9")];
        assert_eq!(from("127.0.0.1", &twice), "203.0.113.9");
    }

    #[test]
    fn forwarded_is_read_as_the_standard_has_it() {
        let forwarded = |value: &'static str| from("10.0.0.1", &[("forwarded", value)]);
        assert_eq!(forwarded("for=203.0.113.9;proto=https;by=10.0.0.1"), "203.0.113.9");
        assert_eq!(forwarded("For=\"[2001:db9::7]:4711\""), "2001:db9::7");
        assert_eq!(forwarded("for=198.51.100.1, for=203.0.113.9;host=\"a,b\", for=10.2.3.4"), "203.0.113.9");
        assert_eq!(forwarded("for=_hidden, for=10.2.3.4"), "10.2.3.4");
        assert_eq!(forwarded("proto=https"), "10.0.0.1");
        // A string that a client opens swallows nothing that the proxy appends.
        for opened in [
            "for=198.51.100.1;by=\", for=203.0.113.9",
            "for=198.51.100.1;by=\"\\\", for=203.0.113.9",
            "for=\"198.51.100.1, for=203.0.113.9",
            "for=198.51.100.1;for=203.0.113.9",
        ] {
            assert_eq!(forwarded(opened), "10.0.0.1", "{opened}");
        }
        assert_eq!(forwarded("by=\"\\\",\";for=198.51.100.1, for=203.0.113.9"), "203.0.113.9");
    }

    #[test]
    fn a_client_cannot_choose_by_the_other_header() {
        let both = |list: &'static str, standard: &'static str| {
            from("127.0.0.1", &[("x-forwarded-for", list), ("forwarded", standard)])
        };
        assert_eq!(both("203.0.113.9", "for=203.0.113.9"), "203.0.113.9");
        assert_eq!(both("203.0.113.9", "for=198.51.100.1"), "127.0.0.1");
    }

    #[test]
    fn others_are_not_believed_and_proxies_are_never_silent() {
        let spoof = [("x-forwarded-for", "127.0.0.1")];
        let stranger = Via::Tcp("203.0.113.9".parse().unwrap());
        assert_eq!(client(&["127.0.0.1"], stranger, &spoof), ("203.0.113.9".into(), true));
        assert_eq!(client(&[], Via::Unix, &spoof), ("127.0.0.1".into(), true));
        assert_eq!(client(&[], Via::Unix, &[]), ("127.0.0.1".into(), false), "a program on this machine");
        assert_eq!(client(&["unix"], Via::Unix, &[]), ("127.0.0.1".into(), true), "a proxy that says nothing");
        assert_eq!(client(&["unix"], Via::Unix, &[("x-forwarded-for", "203.0.113.9")]).0, "203.0.113.9");
        let proxy = Via::Tcp("10.0.0.1".parse().unwrap());
        assert_eq!(client(&["10.0.0.0/8"], proxy, &[]), ("10.0.0.1".into(), true));
    }
}
