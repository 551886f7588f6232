//! Files by their address: XEP-0066, out of band data, which all clients send, XEP-0447, stateless file sharing, which
//! says more about the file, and XEP-0454, encrypted files, whose address is the body. Nothing is fetched here, and an
//! address is a stranger's word.

use crate::base::limits;
use crate::xml::Element;
use crate::xmpp::ns;

/// How addresses of encrypted files begin.
const ENCRYPTED: &str = "aesgcm://";

/// A file somewhere else.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Attachment {
    /// Its address, usually `https:`, from OMEMO clients `aesgcm:` (XEP-0454). Unchecked but for having a scheme and no
    /// white space.
    pub url: String,
    /// What the sender says about it.
    pub description: Option<String>,
    /// Its name. Not safe as a path.
    pub name: Option<String>,
    /// Its type, such as `image/png`.
    pub media_type: Option<String>,
    /// Its size in bytes.
    pub size_bytes: Option<u64>,
}

/// The files of a message, each address once.
pub(super) fn read(stanza: &Element) -> Vec<Attachment> {
    let mut out: Vec<Attachment> = Vec::new();
    // Those that say more come first, and the others only add to them.
    let said = stanza.children().filter_map(read_sfs).chain(stanza.children().filter_map(read_oob));
    for attachment in said.chain(read_body(stanza)) {
        if let Some(known) = out.iter_mut().find(|known| known.url == attachment.url) {
            known.description = known.description.take().or(attachment.description);
        } else if out.len() < limits::ATTACHMENTS_MAX {
            out.push(attachment);
        }
    }
    out
}

fn read_oob(child: &Element) -> Option<Attachment> {
    let oob = Some(child).filter(|child| child.is("x", ns::OOB))?;
    let url = checked(&oob.text_of("url", ns::OOB)?)?;
    Some(Attachment { url, description: said(oob, "desc", ns::OOB), ..Attachment::default() })
}

/// XEP-0454 §3: the address of an encrypted file is all of the body, or its first line before a picture of it.
fn read_body(stanza: &Element) -> Option<Attachment> {
    let body = stanza.text_of("body", ns::CLIENT).filter(|body| body.starts_with(ENCRYPTED))?;
    let mut lines = body.trim_end().lines();
    let url = checked(lines.next()?)?;
    lines.all(|line| line.starts_with("data:")).then(|| Attachment { url, ..Attachment::default() })
}

fn read_sfs(child: &Element) -> Option<Attachment> {
    let sharing = Some(child).filter(|child| child.is("file-sharing", ns::SFS))?;
    let sources = sharing.find("sources", ns::SFS)?;
    let targets = sources.children().filter(|source| source.is("url-data", ns::URL_DATA));
    let url = targets.filter_map(|source| source.attribute("target")).find_map(checked)?;
    let file = sharing.find("file", ns::FILE_METADATA);
    let fact = |name| file.and_then(|file| said(file, name, ns::FILE_METADATA));
    Some(Attachment {
        url,
        description: fact("desc"),
        name: fact("name"),
        media_type: fact("media-type"),
        size_bytes: fact("size").and_then(|size| size.parse().ok()),
    })
}

fn said(parent: &Element, name: &str, ns: &str) -> Option<String> {
    let text = parent.text_of(name, ns)?;
    Some(text.trim().to_string()).filter(|text| !text.is_empty())
}

/// Whether it may be an address (RFC 3986 §3.1: a scheme, and nothing that needs escaping).
fn checked(url: &str) -> Option<String> {
    let url = url.trim();
    let (scheme, rest) = url.split_once(':')?;
    let is_scheme = scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme.chars().all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c));
    let is_fine = !rest.is_empty() && !rest.contains(|c: char| c.is_whitespace() || c.is_control());
    (is_scheme && is_fine && url.len() <= limits::URL_BYTES_MAX).then(|| url.to_string())
}

/// `<x/>` with the address; none for an encrypted file, whose address has its key in it (XEP-0454 §3).
pub(super) fn build(url: &str) -> Option<Element> {
    let is_open = !url.starts_with(ENCRYPTED);
    is_open.then(|| Element::new("x", ns::OOB).with_child(Element::new("url", ns::OOB).with_text(url)))
}
