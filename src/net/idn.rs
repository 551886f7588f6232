//! Internationalised domain names in the form DNS and TLS want: `müller.example` is `xn--mller-kva.example`.
//!
//! Only the encoding (RFC 3492) is left to do here: an address of ours has been through nameprep when it was parsed.

/// The ASCII form of a domain; a domain that is ASCII already comes back as it is.
pub(super) fn to_ascii(domain: &str) -> String {
    domain.split('.').map(label).collect::<Vec<_>>().join(".")
}

fn label(label: &str) -> String {
    match idna::punycode::encode_str(label) {
        Some(encoded) if !label.is_ascii() => format!("xn--{encoded}"),
        _ => label.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::to_ascii;

    #[test]
    fn names() {
        assert_eq!(to_ascii("müller.example"), "xn--mller-kva.example");
        assert_eq!(to_ascii("例え.テスト"), "xn--r8jz45g.xn--zckzah");
        assert_eq!(to_ascii("plain.example"), "plain.example");
    }
}
