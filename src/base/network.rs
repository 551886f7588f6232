//! Networks as people write them: `192.168.0.0/16`, `fd00::/8`, or one address.

use std::net::IpAddr;

/// Addresses that begin with the same bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    /// One of them.
    address: IpAddr,
    /// How many bits they share.
    bits: u8,
}

impl Network {
    /// Reads one; the error is what it must be.
    pub fn parse(text: &str) -> Result<Network, String> {
        let must_be = || "a network like 192.168.0.0/16 or fd00::/8, or one address".to_string();
        let (address, bits) = match text.split_once('/') {
            Some((address, bits)) => (address, Some(bits.parse::<u8>().map_err(|_| must_be())?)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().map_err(|_| must_be())?;
        let most = if address.is_ipv4() { 32 } else { 128 };
        let bits = bits.unwrap_or(most);
        if bits > most { Err(must_be()) } else { Ok(Network { address, bits }) }
    }

    /// Whether an address is one of them. An IPv4 address that came in the form of IPv6 is IPv4.
    pub fn has(&self, address: IpAddr) -> bool {
        match (self.address, address.to_canonical()) {
            (IpAddr::V4(own), IpAddr::V4(other)) => {
                let rest = 32 - u32::from(self.bits);
                (own.to_bits() ^ other.to_bits()).checked_shr(rest).unwrap_or(0) == 0
            }
            (IpAddr::V6(own), IpAddr::V6(other)) => {
                let rest = 128 - u32::from(self.bits);
                (own.to_bits() ^ other.to_bits()).checked_shr(rest).unwrap_or(0) == 0
            }
            _ => false,
        }
    }
}

impl std::fmt::Display for Network {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.address, self.bits)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whom_a_network_has() {
        let has = |network: &str, address: &str| Network::parse(network).unwrap().has(address.parse().unwrap());
        assert!(has("192.168.0.0/16", "192.168.7.1") && !has("192.168.0.0/16", "192.169.0.1"));
        assert!(has("10.0.0.7", "10.0.0.7") && has("10.0.0.7", "::ffff:10.0.0.7") && !has("10.0.0.7", "10.0.0.6"));
        assert!(has("0.0.0.0/0", "1.2.3.4") && !has("0.0.0.0/0", "::1") && has("::/0", "2001:db8::1"));
        assert!(has("fd00::/8", "fd12::1") && !has("fd00::/8", "fe80::1"));
        for bad in ["", "192.168.0.0/33", "::/129", "10.0.0/8", "a/8", "10.0.0.0/-1", "10.0.0.0/"] {
            assert!(Network::parse(bad).is_err(), "{bad}");
        }
    }
}
