//! One element with everything in it: read from text, built by hand, looked into, printed.
//!
//! Namespaces are resolved when an element is read, so the code above never sees a prefix of an element. Attributes
//! keep their names as written: XMPP has no prefixed attribute but `xml:lang`.

use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::{BytesStart, Event};
use quick_xml::name::{Namespace, NamespaceResolver, PrefixDeclaration, QName, ResolveResult};
use quick_xml::{NsReader, XmlVersion};

use super::{Error, write};
use crate::base::limits;
use std::borrow::Cow;

/// An element: name, namespace, attributes, content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Element {
    name: Name,
    ns: Name,
    attributes: Vec<(Name, String)>,
    nodes: Vec<Node>,
}

/// A name or a namespace: written in the program, or read.
pub type Name = Cow<'static, str>;

/// A piece of an element's content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Node {
    /// A child element.
    Element(Element),
    /// Character data, unescaped. Neighbours are joined.
    Text(String),
}

/// The namespaces that a stream's open tag declares for everything inside (RFC 6120 §4.8).
#[derive(Clone, Debug, Default)]
pub struct Namespaces(Vec<(Option<String>, String)>);

impl Namespaces {
    /// A default namespace and no prefixes.
    pub fn default_is(ns: &str) -> Namespaces {
        Namespaces(vec![(None, ns.to_string())])
    }

    /// Reads a stream's open tag: the element without content, and what it declares.
    pub fn of_open_tag(text: &str) -> Result<(Element, Namespaces), Error> {
        let closed = match text.strip_suffix('>') {
            Some(head) => format!("{head}/>"),
            None => return Err(malformed("no open tag")),
        };
        let element = Element::parse(&closed, &Namespaces::default())?;
        let mut reader = NsReader::from_str(&closed);
        let mut declared = Vec::new();
        if let Ok(Event::Empty(start)) = reader.read_event() {
            for attribute in start.attributes().flatten() {
                let prefix = match attribute.key.as_namespace_binding() {
                    Some(PrefixDeclaration::Default) => None,
                    Some(PrefixDeclaration::Named(prefix)) => Some(prefix.to_string()),
                    None => continue,
                };
                declared.push((prefix, value(&attribute)?));
            }
        }
        declared.shrink_to_fit();
        Ok((element, Namespaces(declared)))
    }

    fn declare(&self, resolver: &mut NamespaceResolver) -> Result<(), Error> {
        for (prefix, ns) in &self.0 {
            let prefix = prefix.as_deref().map_or(PrefixDeclaration::Default, PrefixDeclaration::Named);
            resolver.add(prefix, Namespace(ns)).map_err(malformed)?;
        }
        Ok(())
    }
}

impl Element {
    /// An empty element.
    pub fn new(name: impl Into<Name>, ns: impl Into<Name>) -> Element {
        Element { name: name.into(), ns: ns.into(), attributes: Vec::new(), nodes: Vec::new() }
    }

    /// Adds an attribute.
    pub fn with(mut self, name: &'static str, value: &str) -> Element {
        self.attributes.push((Cow::Borrowed(name), value.to_string()));
        self
    }

    /// Adds the attributes of another element.
    pub fn with_attributes_of(mut self, other: &Element) -> Element {
        self.attributes.extend_from_slice(&other.attributes);
        self
    }

    /// Adds a child.
    pub fn with_child(mut self, child: Element) -> Element {
        self.nodes.push(Node::Element(child));
        self
    }

    /// Adds character data.
    pub fn with_text(mut self, text: &str) -> Element {
        self.push_text(|out| out.push_str(text));
        self
    }

    /// The local name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The namespace; empty for none.
    pub fn ns(&self) -> &str {
        &self.ns
    }

    /// Whether this is the element of that name in that namespace.
    pub fn is(&self, name: &str, ns: &str) -> bool {
        self.name == name && self.ns == ns
    }

    /// All attributes but namespace declarations.
    pub fn attributes(&self) -> &[(Name, String)] {
        &self.attributes
    }

    /// An attribute's value.
    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// The content.
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// The child elements.
    pub fn children(&self) -> impl Iterator<Item = &Element> {
        self.nodes.iter().filter_map(|node| match node {
            Node::Element(child) => Some(child),
            Node::Text(_) => None,
        })
    }

    /// The child elements, taken out.
    pub fn into_children(self) -> impl Iterator<Item = Element> {
        self.nodes.into_iter().filter_map(|node| match node {
            Node::Element(child) => Some(child),
            Node::Text(_) => None,
        })
    }

    /// The first child of that name in that namespace.
    pub fn find(&self, name: &str, ns: &str) -> Option<&Element> {
        self.children().find(|child| child.is(name, ns))
    }

    /// The element's own character data, without that of its children.
    pub fn text(&self) -> String {
        let mut out = String::new();
        for node in &self.nodes {
            if let Node::Text(text) = node {
                out.push_str(text);
            }
        }
        out
    }

    /// The text of a child.
    pub fn text_of(&self, name: &str, ns: &str) -> Option<String> {
        self.find(name, ns).map(Element::text)
    }

    /// Prints the element for a place where `outer` is the default namespace.
    pub fn print(&self, outer: &str) -> String {
        let mut out = String::with_capacity(128);
        write::push_element(&mut out, self, outer);
        out
    }

    /// What can be known of a stanza that is not read ([`super::framer::Skipped`]): its name and the attributes that can
    /// be read, and as its children the other tags. Nothing in it is sure to be what XML allows.
    pub fn of_tags(tags: &[Vec<u8>], outer: &Namespaces) -> Element {
        let mut tags = tags.iter().map(|tag| read_tag(tag, outer));
        let stanza = tags.next().unwrap_or_else(|| Element::new("", ""));
        tags.fold(stanza, Element::with_child)
    }

    /// About how many bytes it takes in memory.
    pub fn weight(&self) -> usize {
        let attributes: usize = self.attributes.iter().map(|(name, value)| 64 + name.len() + value.len()).sum();
        let nodes = self.nodes.iter().map(|node| match node {
            Node::Element(child) => child.weight(),
            Node::Text(text) => 32 + text.len(),
        });
        128 + self.name.len() + self.ns.len() + attributes + nodes.sum::<usize>()
    }

    /// Reads one complete element that stands inside `outer`.
    pub fn parse(text: &str, outer: &Namespaces) -> Result<Element, Error> {
        let mut reader = NsReader::from_str(text);
        outer.declare(reader.resolver_mut())?;
        let mut open: Vec<Element> = Vec::new();
        let (mut count, mut attributes) = (0, 0);
        loop {
            let event = reader.read_event().map_err(malformed)?;
            let complete = match event {
                Event::Start(start) => {
                    let element = read_start(reader.resolver(), &start)?;
                    attributes += element.attributes.len();
                    open.push(element);
                    None
                }
                Event::Empty(start) => {
                    let element = read_start(reader.resolver(), &start)?;
                    attributes += element.attributes.len();
                    Some(element)
                }
                // quick-xml has checked that the name is that of the start tag
                Event::End(_) => open.pop(),
                Event::Eof => return Err(malformed("the element is not complete")),
                other => {
                    let parent = open.last_mut().ok_or_else(|| malformed("text outside an element"))?;
                    read_text(parent, other)?;
                    None
                }
            };
            if let Some(element) = complete {
                count += 1;
                match open.last_mut() {
                    Some(parent) => parent.nodes.push(Node::Element(element)),
                    None => return only(element, &mut reader),
                }
            }
            if open.len() > limits::ELEMENT_DEPTH_MAX {
                return Err(Error::TooDeep);
            }
            if count > limits::ELEMENTS_MAX {
                return Err(Error::TooMany("elements in a stanza"));
            }
            if attributes > limits::STANZA_ATTRIBUTES_MAX {
                return Err(Error::TooMany("attributes in a stanza"));
            }
        }
    }

    fn push_text(&mut self, append: impl FnOnce(&mut String)) {
        if !matches!(self.nodes.last(), Some(Node::Text(_))) {
            self.nodes.push(Node::Text(String::new()));
        }
        if let Some(Node::Text(text)) = self.nodes.last_mut() {
            append(text);
        }
    }
}

/// Sees to it that nothing but whitespace follows.
fn only(element: Element, reader: &mut NsReader<&[u8]>) -> Result<Element, Error> {
    match reader.read_event().map_err(malformed)? {
        Event::Eof => Ok(element),
        Event::Text(text) if text.trim().is_empty() => only(element, reader),
        _ => Err(malformed("more than one element")),
    }
}

/// A start tag as far as it can be read; it may be cut off.
fn read_tag(tag: &[u8], outer: &Namespaces) -> Element {
    let text = String::from_utf8_lossy(tag.strip_prefix(b"<").unwrap_or(tag));
    let text = text.trim_end_matches(['/', '>']);
    let length = text.find(|c: char| c.is_ascii_whitespace()).unwrap_or(text.len());
    let mut element = Element::new("", "");
    let mut declared = outer.0.clone();
    for attribute in BytesStart::from_content(text, length).attributes().with_checks(false).map_while(Result::ok) {
        let Ok(value) = value(&attribute) else { continue };
        let prefix = match attribute.key.as_namespace_binding() {
            Some(PrefixDeclaration::Default) => None,
            Some(PrefixDeclaration::Named(prefix)) => Some(prefix.to_string()),
            None => {
                element.attributes.push((Cow::Owned(attribute.key.0.to_string()), value));
                continue;
            }
        };
        declared.push((prefix, value));
    }
    let name = &text[..length];
    let (prefix, name) = name.split_once(':').map_or((None, name), |(prefix, name)| (Some(prefix), name));
    // The innermost counts.
    let ns = declared.into_iter().rev().find(|(known, _)| known.as_deref() == prefix);
    (element.name, element.ns) = (name.to_string().into(), ns.map(|(_, ns)| ns).unwrap_or_default().into());
    element
}

fn read_start(resolver: &NamespaceResolver, start: &BytesStart<'_>) -> Result<Element, Error> {
    let QName(written) = start.name();
    let (ns, name) = resolver.resolve_element(start.name());
    let ns = match ns {
        ResolveResult::Bound(Namespace(ns)) => ns,
        ResolveResult::Unbound => "",
        ResolveResult::Unknown(prefix) => return Err(malformed(format!("the prefix {prefix} is not declared"))),
    };
    let mut element = Element::new(name.as_ref().to_string(), unescaped(ns)?.into_owned());
    if element.name.is_empty() || written.contains(|c: char| "\"'&=/".contains(c) || !write::is_allowed(c)) {
        return Err(malformed("a name is not a name"));
    }
    if !is_plain(&element.ns) {
        return Err(malformed("a namespace has characters that XML has not"));
    }
    for (index, attribute) in start.attributes().enumerate() {
        if index >= limits::ATTRIBUTES_MAX {
            return Err(Error::TooMany("attributes"));
        }
        let attribute = attribute.map_err(malformed)?;
        if attribute.key.as_namespace_binding().is_none() {
            if !is_plain(attribute.key.0) {
                return Err(malformed("a name is not a name"));
            }
            element.attributes.push((Cow::Owned(attribute.key.0.to_string()), value(&attribute)?));
        }
    }
    Ok(element)
}

/// Whether it can be printed as it is; nearly always it is ASCII.
fn is_plain(name: &str) -> bool {
    name.bytes().all(|byte| (b' '..0x7f).contains(&byte)) || name.chars().all(write::is_allowed)
}

fn read_text(parent: &mut Element, event: Event<'_>) -> Result<(), Error> {
    match event {
        Event::Text(text) => parent.push_text(|out| write::push_allowed(out, &text.xml10_content())),
        Event::CData(text) => parent.push_text(|out| write::push_allowed(out, &text.xml10_content())),
        Event::GeneralRef(reference) => {
            let character = reference.resolve_char_ref().map_err(malformed)?;
            let mut buffer = [0; 4];
            let text = match character {
                Some(c) => &*c.encode_utf8(&mut buffer),
                // RFC 6120 §11.1: no entities but the five predefined ones.
                None => resolve_predefined_entity(&reference).ok_or(Error::Forbidden("an entity"))?,
            };
            parent.push_text(|out| write::push_allowed(out, text));
        }
        Event::Comment(_) => return Err(Error::Forbidden("a comment")),
        Event::DocType(_) => return Err(Error::Forbidden("a DTD")),
        _ => return Err(Error::Forbidden("a processing instruction")),
    }
    Ok(())
}

fn value(attribute: &quick_xml::events::attributes::Attribute<'_>) -> Result<String, Error> {
    let normalized = attribute.normalized_value(XmlVersion::Implicit1_0).map_err(malformed)?;
    let mut out = String::with_capacity(normalized.len());
    write::push_allowed(&mut out, &normalized);
    Ok(out)
}

/// The resolver hands out namespaces as they were written.
fn unescaped(ns: &str) -> Result<Cow<'_, str>, Error> {
    quick_xml::escape::unescape(ns).map_err(malformed)
}

fn malformed(why: impl ToString) -> Error {
    Error::Malformed(why.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Element, Error> {
        Element::parse(text, &Namespaces::default_is("jabber:client"))
    }

    #[test]
    fn the_stream_header_declares_prefixes() {
        let header = "<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' id='1'>";
        let (root, namespaces) = Namespaces::of_open_tag(header).unwrap();
        assert!(root.is("stream", "http://etherx.jabber.org/streams"));
        assert_eq!(root.attribute("id"), Some("1"));
        let features = Element::parse("<stream:features><a xmlns='b'/><c/></stream:features>", &namespaces).unwrap();
        assert!(features.is("features", "http://etherx.jabber.org/streams"));
        assert!(features.find("a", "b").is_some() && features.find("c", "jabber:client").is_some());
    }

    #[test]
    fn reads_what_it_prints() {
        let text = "a < b & ü \u{1f44d}\r\n ]]> \t'\"";
        let element = Element::new("m", "jabber:client")
            .with("id", "'\"\n<")
            .with_child(Element::new("b", "jabber:client").with_text(text))
            .with_child(Element::new("x", "other").with_child(Element::new("y", "other")));
        let printed = element.print("jabber:client");
        assert!(printed.contains("<x xmlns='other'><y/></x>"), "{printed}");
        assert_eq!(parse(&printed).unwrap(), element);
    }

    #[test]
    fn references_and_sections() {
        let read = |text| parse(text).map(|element| element.text());
        assert_eq!(read("<a>&lt;&#65;&#x1F44D;<![CDATA[<&]]>&amp;</a>").unwrap(), "<A👍<&&");
        assert_eq!(read("<a>&#1;\u{1}</a>").unwrap(), "\u{fffd}\u{fffd}");
        assert_eq!(read("<a>&lol;</a>"), Err(Error::Forbidden("an entity")));
        assert_eq!(read("<a>1<b>2</b>3</a>").unwrap(), "13");
    }

    #[test]
    fn what_is_left_of_a_stanza_is_read() {
        let outer = Namespaces::default_is("jabber:client");
        let tags =
            ["<message id='&#x41;' from='a@b/&amp;' x='cut o", "<m:result xmlns:m='urn:xmpp:mam:2' id='1'/>", "<y>"];
        let tags: Vec<Vec<u8>> = tags.iter().map(|tag| tag.as_bytes().to_vec()).collect();
        let head = Element::of_tags(&tags, &outer);
        assert!(head.is("message", "jabber:client"));
        assert_eq!((head.attribute("id"), head.attribute("from")), (Some("A"), Some("a@b/&")));
        assert_eq!(head.attribute("x"), None);
        assert_eq!(head.find("result", "urn:xmpp:mam:2").and_then(|result| result.attribute("id")), Some("1"));
        for broken in ["", "<", "<a", "< ", "<a b", "<a b=", "<a &='1'", "<:", "<a:b/>"] {
            let _ = Element::of_tags(&[broken.as_bytes().to_vec()], &outer);
        }
        assert_eq!(Element::of_tags(&[], &outer).name(), "");
    }

    #[test]
    fn refuses() {
        for bad in [
            "",
            "x",
            "<a>",
            "<a></b>",
            "<a><b></a></b>",
            "<p:a/>",
            "<a/><b/>",
            "<a b='1' b='2'/>",
            "<a b=1/>",
            "<a b/>",
            "<a b='&x;'/>",
            "<a>&#0;</a>",
            "<a>&</a>",
            "<a><!-- --></a>",
            "<a><?b?></a>",
            "<:a/>",
            "<a xmlns='x\u{fffe}'/>",
            "<a xmlns='x&#1;'/>",
            "<a b\u{fffe}='1'/>",
        ] {
            assert!(parse(bad).is_err(), "{bad}");
        }
        let many: String = (0..=limits::ATTRIBUTES_MAX).map(|n| format!(" a{n}=''")).collect();
        assert_eq!(parse(&format!("<a{many}/>")), Err(Error::TooMany("attributes")));
        assert!(parse(&format!("<a>{}</a>", "<b/>".repeat(limits::ELEMENTS_MAX + 1))).is_err());
        let deep = limits::ELEMENT_DEPTH_MAX + 1;
        assert_eq!(parse(&format!("{}{}", "<a>".repeat(deep), "</a>".repeat(deep))), Err(Error::TooDeep));
    }
}
