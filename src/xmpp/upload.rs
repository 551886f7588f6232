//! XEP-0363, HTTP upload: asking the server's upload service for a place, and reading where to put a file and where it
//! can be fetched. The transfer itself belongs to the caller, who sends the file with PUT, the headers given and the
//! content type asked for, and follows no redirect.

use std::fmt;

use crate::base::jid::Jid;
use crate::base::limits;
use crate::base::time::from_rfc3339;
use crate::xml::Element;
use crate::xmpp::disco::{Info, Service};
use crate::xmpp::ns;
use crate::xmpp::stanza::StanzaError;

/// A server's upload service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UploadService {
    /// Where to ask for slots.
    pub jid: Jid,
    /// Bytes of the largest file it takes, if it says so.
    pub file_bytes_max: Option<u64>,
}

/// Where a file goes.
#[derive(Clone, PartialEq, Eq)]
pub struct Slot {
    /// Where to put it.
    pub put_url: String,
    /// Headers to send with it: Authorization, Cookie, Expires. They are secret.
    pub put_headers: Vec<(&'static str, String)>,
    /// Where everybody who knows the URL can fetch it.
    pub get_url: String,
}

/// Why an answer is no slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SlotError {
    /// It is something else.
    NoSlot,
    /// A URL is missing, is not https, or is no URL.
    Url,
    /// A header is too long or has characters that no header has.
    Header,
}

/// Why there is no slot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SlotRefusal {
    /// The file is larger than this, if the service says how much it takes.
    TooLarge(Option<u64>),
    /// The quota is used up; there is room again at this time (milliseconds since 1970), if it is known.
    Quota(Option<i64>),
    /// We may not upload.
    NotAllowed(StanzaError),
    /// The service does not like name or type of the file.
    Policy(StanzaError),
    /// Something else.
    Other(StanzaError),
}

/// Headers a service may ask for (XEP-0363 §5); all others are ignored.
const HEADERS: [&str; 3] = ["Authorization", "Cookie", "Expires"];

impl UploadService {
    /// The service in what an item of our server says of itself.
    pub fn read(jid: &Jid, info: &Info) -> Option<UploadService> {
        if !info.offers(Service::Upload) {
            return None;
        }
        let max = info.form(ns::UPLOAD).and_then(|form| form.value("max-file-size"));
        Some(UploadService { jid: jid.clone(), file_bytes_max: max.and_then(read_size) })
    }
}

/// The question for a slot. `get`, to the service. `size` in bytes.
pub fn build_request(file_name: &str, size: u64, content_type: &str) -> Element {
    // A name is no path, and Prosody refuses one that looks so.
    let is_bad = |c: char| c == '/' || c == '\\' || c.is_control();
    let clean = |c| if is_bad(c) { '_' } else { c };
    let name: String = file_name.chars().take(limits::FILE_NAME_CHARS_MAX).map(clean).collect();
    Element::new("request", ns::UPLOAD)
        .with("filename", if name.is_empty() { "file" } else { &name })
        .with("size", &size.to_string())
        .with("content-type", content_type)
}

impl Slot {
    /// Reads the answer to [`build_request`].
    pub fn read(slot: &Element) -> Result<Slot, SlotError> {
        if !slot.is("slot", ns::UPLOAD) {
            return Err(SlotError::NoSlot);
        }
        let url = |name| {
            let url = slot.find(name, ns::UPLOAD).and_then(|child| child.attribute("url"));
            url.filter(|url| is_web_url(url, &["https"])).map(Into::into).ok_or(SlotError::Url)
        };
        let mut put_headers = Vec::new();
        let put = slot.find("put", ns::UPLOAD).into_iter().flat_map(Element::children);
        for header in put.filter(|child| child.is("header", ns::UPLOAD)) {
            put_headers.extend(read_header(header)?);
        }
        Ok(Slot { put_url: url("put")?, put_headers, get_url: url("get")? })
    }
}

fn read_header(header: &Element) -> Result<Option<(&'static str, String)>, SlotError> {
    // XEP-0363 §5: line ends are stripped from names and values, or they would begin headers of their own.
    let strip = |text: &str| text.chars().filter(|c| !matches!(c, '\r' | '\n')).collect::<String>();
    let name = strip(header.attribute("name").unwrap_or_default());
    let Some(name) = HEADERS.into_iter().find(|known| known.eq_ignore_ascii_case(name.trim())) else {
        return Ok(None);
    };
    let value = strip(&header.text()).trim().to_string();
    let is_visible = value.bytes().all(|byte| byte == b'\t' || (b' '..=b'~').contains(&byte));
    if !is_visible || value.len() > limits::UPLOAD_HEADER_BYTES_MAX {
        return Err(SlotError::Header);
    }
    Ok(Some((name, value)))
}

impl SlotRefusal {
    /// Sorts the error that came instead of a slot.
    pub fn read(error: StanzaError) -> SlotRefusal {
        let specific = error.specific.as_deref().filter(|specific| specific.ns() == ns::UPLOAD);
        match (specific.map(Element::name), error.condition.as_str()) {
            (Some("file-too-large"), _) => {
                let max = specific.and_then(|specific| specific.text_of("max-file-size", ns::UPLOAD));
                SlotRefusal::TooLarge(max.and_then(|max| read_size(&max)))
            }
            (Some("retry"), _) => {
                let stamp = specific.and_then(|specific| specific.attribute("stamp"));
                SlotRefusal::Quota(stamp.and_then(from_rfc3339))
            }
            // Without a time: ejabberd's mod_http_upload_quota and Prosody's daily quota.
            (None, "resource-constraint") => SlotRefusal::Quota(None),
            (_, "forbidden" | "not-allowed" | "not-authorized" | "registration-required") => {
                SlotRefusal::NotAllowed(error)
            }
            (_, "not-acceptable" | "bad-request") => SlotRefusal::Policy(error),
            _ => SlotRefusal::Other(error),
        }
    }
}

fn read_size(text: &str) -> Option<u64> {
    text.trim().parse().ok().filter(|size| *size > 0)
}

/// Whether a text is an absolute URL of one of these schemes that can be handed to an HTTP client or to a person: with a
/// host, without user and password, in ASCII as RFC 3986 wants it.
pub(super) fn is_web_url(text: &str, schemes: &[&str]) -> bool {
    let Some((scheme, rest)) = text.split_once("://") else { return false };
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let is_right = |byte: u8| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'<' | b'>' | b'\\' | b'`');
    schemes.iter().any(|known| known.eq_ignore_ascii_case(scheme))
        && text.len() <= limits::URL_BYTES_MAX
        && rest.bytes().all(is_right)
        && !host.is_empty()
        && !host.starts_with(':')
        && !host.contains('@')
}

impl fmt::Debug for Slot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "slot with {} headers for {}", self.put_headers.len(), self.get_url)
    }
}

impl fmt::Display for SlotError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            SlotError::NoSlot => "the upload service gave something that is no slot",
            SlotError::Url => "the upload service gave an address that is not https",
            SlotError::Header => "the upload service wants a header that is none",
        })
    }
}

impl std::error::Error for SlotError {}

impl fmt::Display for SlotRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SlotRefusal::TooLarge(Some(max)) => {
                write!(f, "the file is larger than the {max} bytes that the server takes")
            }
            SlotRefusal::TooLarge(None) => f.write_str("the file is larger than the server takes"),
            SlotRefusal::Quota(_) => f.write_str("the server has no room for more files of ours at present"),
            SlotRefusal::NotAllowed(error) => write!(f, "the server does not let us upload: {error}"),
            SlotRefusal::Policy(error) => write!(f, "the server does not like the file: {error}"),
            SlotRefusal::Other(error) => write!(f, "the server cannot take the file: {error}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::xmpp::tests::{each_damaged, parse};

    /// Prosody's mod_http_file_share.
    const PROSODY: &str = "<slot xmlns='urn:xmpp:http:upload:0'>\
        <put url='https://upload.x.example:5281/file_share/aKc/k%C3%BC.jpg'>\
        <header name='Authorization'>Bearer eyJhbGciOiJIUzI1NiJ9.e30.x-_</header></put>\
        <get url='https://upload.x.example:5281/file_share/aKc/k%C3%BC.jpg'/></slot>";
    /// ejabberd's mod_http_upload.
    const EJABBERD: &str = "<slot xmlns='urn:xmpp:http:upload:0'>\
        <get url='https://x.example:5443/upload/ab/cd/x.png'/><put url='https://x.example:5443/upload/ab/cd/x.png'/></slot>";

    fn refusal(error: &str) -> SlotRefusal {
        let text = format!("<iq type='error' id='1'>{error}</iq>");
        SlotRefusal::read(StanzaError::read(&parse(&text)))
    }

    #[test]
    fn asks() {
        assert_eq!(
            build_request("../a\n/k\u{fc} & b.jpg", 23, "image/jpeg").print(ns::CLIENT),
            "<request xmlns='urn:xmpp:http:upload:0' filename='.._a__kü &amp; b.jpg' size='23' content-type='image/jpeg'/>"
        );
        assert_eq!(build_request("", 1, "a/b").attribute("filename"), Some("file"));
        assert_eq!(build_request(&"x".repeat(999), 1, "a/b").attribute("filename").unwrap().len(), 255);
    }

    #[test]
    fn reads_slots() {
        let slot = Slot::read(&parse(PROSODY)).unwrap();
        assert_eq!(slot.put_headers, [("Authorization", "Bearer eyJhbGciOiJIUzI1NiJ9.e30.x-_".to_string())]);
        assert_eq!(slot.get_url, "https://upload.x.example:5281/file_share/aKc/k%C3%BC.jpg");
        assert!(!format!("{slot:?}").contains("eyJ"), "the token is secret");
        let slot = Slot::read(&parse(EJABBERD)).unwrap();
        assert!(slot.put_headers.is_empty() && slot.put_url == slot.get_url);
    }

    #[test]
    fn headers_cannot_smuggle_anything() {
        let with = |header: &str| {
            Slot::read(&parse(&EJABBERD.replace("cd/x.png'/></slot>", &format!("cd/x.png'>{header}</put></slot>"))))
        };
        let headers = |header| with(header).unwrap().put_headers;
        assert_eq!(headers("<header name='Host'>evil</header><header name='X-A'>b</header>"), []);
        assert_eq!(headers("<header name='cookie'>a=b</header>"), [("Cookie", "a=b".to_string())]);
        assert_eq!(
            headers("<header name='Expires'>a&#13;&#10;Host: evil</header>"),
            [("Expires", "aHost: evil".into())]
        );
        assert_eq!(headers("<header name='Coo&#10;kie'>a</header>"), [("Cookie", "a".to_string())]);
        assert_eq!(with("<header name='Cookie'>ü</header>"), Err(SlotError::Header));
        let long = "x".repeat(limits::UPLOAD_HEADER_BYTES_MAX + 1);
        assert_eq!(with(&format!("<header name='Cookie'>{long}</header>")), Err(SlotError::Header));
    }

    #[test]
    fn urls_are_https() {
        let long = format!("https://x/{}", "a".repeat(limits::URL_BYTES_MAX));
        for bad in
            ["http://x/a", "https://", "https:///a", "https://u@x/a", "https://x/a b", "https://x/ü", "", "//x", &long]
        {
            let slot =
                EJABBERD.replace("put url='https://x.example:5443/upload/ab/cd/x.png'", &format!("put url='{bad}'"));
            assert_eq!(Slot::read(&parse(&slot)), Err(SlotError::Url), "{bad}");
        }
        assert_eq!(Slot::read(&parse("<slot xmlns='urn:xmpp:http:upload:0'/>")), Err(SlotError::Url));
        assert_eq!(Slot::read(&parse("<slot xmlns='urn:xmpp:http:upload'/>")), Err(SlotError::NoSlot));
        assert!(is_web_url("HTTPS://x?a=b@c", &["https"]) && is_web_url("https://[::1]:5443/a", &["https"]));
    }

    #[test]
    fn the_service_says_how_much_it_takes() {
        let info = |size| {
            format!(
                "<query xmlns='http://jabber.org/protocol/disco#info'><feature var='urn:xmpp:http:upload:0'/>\
                 <x xmlns='jabber:x:data' type='result'><field var='FORM_TYPE' type='hidden'>\
                 <value>urn:xmpp:http:upload:0</value></field><field var='max-file-size'><value>{size}</value></field>\
                 </x></query>"
            )
        };
        let jid = Jid::parse("upload.x.example").unwrap();
        let max = |size| UploadService::read(&jid, &Info::read(&parse(&info(size))).unwrap()).unwrap().file_bytes_max;
        assert_eq!((max("104857600"), max("-1"), max("much"), max("")), (Some(104_857_600), None, None, None));
        assert_eq!(UploadService::read(&jid, &Info::default()), None);
    }

    #[test]
    fn errors_are_sorted() {
        let stanzas = "xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'";
        let upload = "xmlns='urn:xmpp:http:upload:0'";
        let error =
            |kind, condition, more| refusal(&format!("<error type='{kind}'><{condition} {stanzas}/>{more}</error>"));
        let large = format!("<file-too-large {upload}><max-file-size>20000</max-file-size></file-too-large>");
        assert_eq!(error("modify", "not-acceptable", large.as_str()), SlotRefusal::TooLarge(Some(20_000)));
        let retry = format!("<retry {upload} stamp='1970-01-01T00:00:01Z'/>");
        assert_eq!(error("wait", "resource-constraint", &retry), SlotRefusal::Quota(Some(1000)));
        assert_eq!(error("wait", "resource-constraint", ""), SlotRefusal::Quota(None));
        assert!(matches!(error("auth", "forbidden", ""), SlotRefusal::NotAllowed(_)));
        assert!(matches!(error("modify", "bad-request", ""), SlotRefusal::Policy(_)));
        assert!(matches!(refusal(""), SlotRefusal::Other(_)));
    }

    #[test]
    fn damage_is_refused_or_read() {
        let mut read = 0;
        each_damaged(&[PROSODY, EJABBERD], |element| {
            if let Ok(slot) = Slot::read(element) {
                read += 1;
                assert!(slot.put_url.starts_with("https://") && slot.get_url.starts_with("https://"));
                assert!(slot.put_headers.iter().all(|(_, value)| !value.contains(['\r', '\n'])));
            }
        });
        assert!(read > 500, "{read}");
    }
}
