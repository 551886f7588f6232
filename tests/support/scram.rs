//! The server's side of SCRAM (RFC 5802) for dialogs, honest or not.

use std::collections::HashMap;
use std::num::NonZeroU32;

use botmother::base::crypto::{self, Hash};
use botmother::base::text::{base64, unbase64};
use botmother::xmpp::sasl::LoginKey;

/// What a server answers to a stream header.
pub(crate) const HEADER: &str = "<?xml version='1.0'?><stream:stream xmlns='jabber:client' \
    xmlns:stream='http://etherx.jabber.org/streams' id='s1' from='example.org' version='1.0' xml:lang='en'>";

const SALT: &[u8] = b"salt and pepper";

/// A server that knows the password.
pub(crate) struct Server {
    hash: Hash,
    mechanism: String,
    password: String,
    iterations: u32,
    binding: Option<String>,
    options: HashMap<String, String>,
    auth_message: String,
    nonce: String,
}

/// The keys that a client has saved which knew this password, or the wrong ones.
pub(crate) fn key(password: &str) -> LoginKey {
    let salted = salted(Hash::Sha256, password, 4096);
    LoginKey {
        hash: Hash::Sha256,
        salt: SALT.to_vec(),
        iterations: 4096,
        client_key: crypto::hmac(Hash::Sha256, &salted, b"Client Key"),
        server_key: crypto::hmac(Hash::Sha256, &salted, b"Server Key"),
    }
}

fn salted(hash: Hash, password: &str, iterations: u32) -> Vec<u8> {
    crypto::pbkdf2(hash, password.as_bytes(), SALT, NonZeroU32::new(iterations).unwrap())
}

impl Server {
    /// A server for `SHA-256-PLUS iterations=… binding=…`.
    pub(crate) fn new(arguments: &str) -> Server {
        let (name, options) = arguments.split_once(' ').unwrap_or((arguments, ""));
        let options: HashMap<String, String> =
            options.split_whitespace().filter_map(|o| o.split_once('=')).map(|(k, v)| (k.into(), v.into())).collect();
        let option = |name: &str, default: &str| options.get(name).cloned().unwrap_or(default.to_string());
        Server {
            hash: match name.trim_end_matches("-PLUS") {
                "SHA-1" => Hash::Sha1,
                "SHA-256" => Hash::Sha256,
                _ => Hash::Sha512,
            },
            mechanism: format!("SCRAM-{name}"),
            password: option("password", "secret"),
            iterations: option("iterations", "4096").parse().unwrap(),
            binding: options.get("binding").cloned(),
            options,
            auth_message: String::new(),
            nonce: String::new(),
        }
    }

    /// Answers `<auth/>`.
    pub(crate) fn challenge(&mut self, auth: &str) -> Result<String, String> {
        if !auth.contains(&format!("mechanism='{}'", self.mechanism)) {
            return Err(format!("another mechanism: {auth}"));
        }
        let first = data(auth)?;
        let bare_at = first.find("n=").ok_or("no user")?;
        let (gs2, bare) = first.split_at(bare_at);
        let expected = match self.options.get("gs2") {
            Some(flag) => format!("{flag},,"),
            None => self.binding.as_ref().map_or("n,,".into(), |kind| format!("p={kind},,")),
        };
        if gs2 != expected || !bare.starts_with("n=me,r=") {
            return Err(format!("gs2 header {gs2}, message {bare}"));
        }
        self.nonce = format!("{}-and-mine", bare.trim_start_matches("n=me,r="));
        let server_first = format!("r={},s={},i={}", self.nonce, base64(SALT), self.iterations);
        self.auth_message = format!("{bare},{server_first}");
        Ok(format!(
            "<challenge xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>{}</challenge>",
            base64(server_first.as_bytes())
        ))
    }

    /// Whether the client should go on after this challenge.
    pub(crate) fn expects_response(&self) -> bool {
        self.iterations >= 4096
    }

    /// Answers `<response/>`.
    pub(crate) fn finish(&mut self, response: &str) -> Result<Vec<String>, String> {
        let last = data(response)?;
        let (without_proof, proof) = last.rsplit_once(",p=").ok_or("no proof")?;
        let gs2 = self.options.get("gs2").map_or("n,,".to_string(), |flag| format!("{flag},,"));
        let binding = match self.binding.as_deref() {
            Some("tls-exporter") => base64(b"p=tls-exporter,,exported"),
            Some(_) => base64(b"p=tls-server-end-point,,end-point"),
            None => base64(gs2.as_bytes()),
        };
        if without_proof != format!("c={binding},r={}", self.nonce) {
            return Err(format!("wrong binding or nonce: {without_proof}"));
        }
        let auth_message = format!("{},{without_proof}", self.auth_message);
        let salted = salted(self.hash, &self.password, self.iterations);
        let client_key = crypto::hmac(self.hash, &salted, b"Client Key");
        let signature = crypto::hmac(self.hash, &crypto::digest(self.hash, &client_key), auth_message.as_bytes());
        let expected: Vec<u8> = client_key.iter().zip(&signature).map(|(a, b)| a ^ b).collect();
        if unbase64(proof) != Some(expected) {
            return Ok(vec!["<failure xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><not-authorized/></failure>".into()]);
        }
        let server_key = crypto::hmac(self.hash, &salted, b"Server Key");
        let mut signature = crypto::hmac(self.hash, &server_key, auth_message.as_bytes());
        if self.options.get("signature").is_some_and(|how| how == "wrong") {
            signature[0] ^= 1;
        }
        let verifier = base64(format!("v={}", base64(&signature)).as_bytes());
        let element = |name, text: &str| format!("<{name} xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>{text}</{name}>");
        if self.options.get("final").is_some_and(|how| how == "challenge") {
            return Ok(vec![element("challenge", &verifier), element("success", "")]);
        }
        match self.options.get("signature").map(String::as_str) {
            Some("missing") => Ok(vec![element("success", "")]),
            _ => Ok(vec![element("success", &verifier)]),
        }
    }
}

/// The text of the element, decoded.
fn data(element: &str) -> Result<String, String> {
    let text = element.split_once('>').and_then(|(_, rest)| rest.split_once('<')).map(|(text, _)| text);
    let decoded = text.and_then(unbase64).ok_or_else(|| format!("no base64: {element}"))?;
    String::from_utf8(decoded).map_err(|_| "not UTF-8".into())
}
