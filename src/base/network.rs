//! Sets of addresses as they stand in configurations: `10.0.0.0/8`, `2001:db8::/32`, `127.0.0.1`.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

/// One network, or one address. An IPv4 address inside an IPv6 one (`::ffff:10.0.0.1`) counts as itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    first: IpAddr,
    /// Bits that all its addresses have in common.
    prefix: u32,
}

impl Network {
    /// Whether an address belongs to it.
    pub fn contains(&self, address: IpAddr) -> bool {
        match (self.first, address.to_canonical()) {
            (IpAddr::V4(first), IpAddr::V4(other)) => {
                (first.to_bits() ^ other.to_bits()).leading_zeros() >= self.prefix
            }
            (IpAddr::V6(first), IpAddr::V6(other)) => {
                (first.to_bits() ^ other.to_bits()).leading_zeros() >= self.prefix
            }
            _ => false,
        }
    }
}

impl FromStr for Network {
    type Err = String;

    /// The error says what would be right.
    fn from_str(text: &str) -> Result<Network, String> {
        let (address, prefix) = text.split_once('/').map_or((text, None), |(address, prefix)| (address, Some(prefix)));
        let wrong = || "an address or a network, like 10.0.0.1 or 10.0.0.0/8".to_string();
        let first: IpAddr = address.parse::<IpAddr>().map_err(|_| wrong())?.to_canonical();
        let most = if first.is_ipv4() { 32 } else { 128 };
        let prefix = match prefix {
            None => most,
            Some(text) => {
                let digits = text.bytes().all(|byte| byte.is_ascii_digit());
                text.parse().ok().filter(|prefix| digits && *prefix <= most).ok_or_else(wrong)?
            }
        };
        let network = Network { first, prefix };
        let lowest = network.lowest();
        if lowest != first {
            return Err(format!("a network that begins at its first address: {lowest}/{prefix}"));
        }
        Ok(network)
    }
}

impl Network {
    /// Its first address.
    fn lowest(&self) -> IpAddr {
        match self.first {
            IpAddr::V4(first) => {
                Ipv4Addr::from_bits(first.to_bits() & u32::MAX.checked_shl(32 - self.prefix).unwrap_or(0)).into()
            }
            IpAddr::V6(first) => {
                Ipv6Addr::from_bits(first.to_bits() & u128::MAX.checked_shl(128 - self.prefix).unwrap_or(0)).into()
            }
        }
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let is_one = self.prefix == if self.first.is_ipv4() { 32 } else { 128 };
        if is_one { self.first.fmt(f) } else { write!(f, "{}/{}", self.first, self.prefix) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_belong_to_networks() {
        for (network, inside, outside) in [
            ("10.0.0.0/8", "10.255.0.1", "11.0.0.0"),
            ("127.0.0.1", "127.0.0.1", "127.0.0.2"),
            ("10.1.2.0/24", "::ffff:10.1.2.3", "::10.1.2.3"),
            ("::ffff:10.0.0.1", "10.0.0.1", "10.0.0.2"),
            ("2001:db8::/32", "2001:db8:ffff::1", "2001:db9::"),
            ("::1", "::1", "127.0.0.1"),
            ("0.0.0.0/0", "203.0.113.9", "::1"),
            ("::/0", "2001:db8::1", "10.0.0.1"),
        ] {
            let network: Network = network.parse().unwrap();
            assert!(network.contains(inside.parse().unwrap()), "{network} {inside}");
            assert!(!network.contains(outside.parse().unwrap()), "{network} {outside}");
        }
    }

    #[test]
    fn what_is_none_is_said() {
        for text in
            ["", "10.0.0", "10.0.0.0/33", "10.0.0.0/+8", "10.0.0.0/", "::/129", "localhost", "10.0.0.0/8/8", "[::1]"]
        {
            assert!(text.parse::<Network>().unwrap_err().contains("like 10.0.0.1 or"), "{text}");
        }
        assert!("10.0.0.1/8".parse::<Network>().unwrap_err().contains("first address: 10.0.0.0/8"));
        for text in ["10.0.0.0/8", "::1", "2001:db8::/32", "192.0.2.7"] {
            assert_eq!(text.parse::<Network>().unwrap().to_string(), text);
        }
    }
}
