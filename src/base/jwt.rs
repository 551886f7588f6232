//! JSON Web Tokens (RFC 7519) signed with HMAC-SHA256 (RFC 7515 with RFC 7518 §3.2), and nothing else: who brings another
//! algorithm, or none, is not let in.

use super::crypto;
use super::json::Fields;
use super::limits;
use super::text::{base64url, unbase64url};

/// `{"alg":"HS256","typ":"JWT"}`
const HEADER: &str = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9";

/// The token with these claims, which are JSON.
pub fn sign(key: &[u8], claims: &str) -> String {
    let signed = format!("{HEADER}.{}", base64url(claims.as_bytes()));
    let signature = base64url(&crypto::hmac_sha256(key, signed.as_bytes()));
    format!("{signed}.{signature}")
}

/// The claims of a token that was signed with this key. Whether it is over is for the caller to see.
pub fn open(key: &[u8], token: &str) -> Option<Fields> {
    if key.is_empty() || token.len() > limits::WEB_TOKEN_BYTES_MAX {
        return None;
    }
    let (signed, signature) = token.rsplit_once('.')?;
    let (header, claims) = signed.split_once('.')?;
    if !crypto::is_same(&crypto::hmac_sha256(key, signed.as_bytes()), &unbase64url(signature)?) {
        return None;
    }
    let header = Fields::parse(&unbase64url(header)?).ok()?;
    // RFC 7515 §4.1.11: what is critical and not understood.
    if header.text("alg").ok()? != Some("HS256") || header.has(&["crit"]) {
        return None;
    }
    Fields::parse(&unbase64url(claims)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &[u8] = b"a key of 32 bytes, or of so many";

    #[test]
    fn what_was_signed_is_read_and_nothing_else() {
        let token = sign(KEY, r#"{"id":"01","exp":7}"#);
        let claims = open(KEY, &token).unwrap();
        assert_eq!((claims.text("id"), claims.number("exp")), (Ok(Some("01")), Ok(Some(7))));
        assert!(open(b"another", &token).is_none() && open(b"", &token).is_none());
        let (signed, signature) = token.rsplit_once('.').unwrap();
        let forged = base64url(br#"{"id":"02","exp":7}"#);
        for wrong in [
            String::new(),
            "..".into(),
            signed.into(),
            format!("{signed}."),
            format!("{signed}.{}", &signature[1..]),
            format!("{HEADER}.{forged}.{signature}"),
            format!("{token}."),
            format!("{token}="),
            format!("{token}.{signature}"),
            format!("{token}{}", "x".repeat(limits::WEB_TOKEN_BYTES_MAX)),
        ] {
            assert!(open(KEY, &wrong).is_none(), "{wrong}");
        }
    }

    #[test]
    fn other_algorithms_are_refused_whoever_signed() {
        for header in [
            r#"{"alg":"none"}"#,
            r#"{"alg":"HS512"}"#,
            r#"{}"#,
            r#"{"alg":"HS256","crit":["x"]}"#,
            r#"{"alg":"hs256"}"#,
        ] {
            let signed = format!("{}.{}", base64url(header.as_bytes()), base64url(b"{}"));
            let signature = base64url(&crypto::hmac_sha256(KEY, signed.as_bytes()));
            assert!(open(KEY, &format!("{signed}.{signature}")).is_none(), "{header}");
            assert!(open(KEY, &format!("{signed}.")).is_none(), "{header}");
        }
    }

    /// Of RFC 7515 A.1, whose key has 64 bytes.
    #[test]
    fn the_example_of_the_rfc() {
        let key = "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow";
        let token = "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
        let claims = open(&unbase64url(key).unwrap(), token).unwrap();
        assert_eq!(claims.text("iss"), Ok(Some("joe")));
    }
}
