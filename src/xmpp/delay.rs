//! XEP-0203, delayed delivery: when a stanza was really sent; and XEP-0091, which services of old still use.

use crate::base::jid::{BareJid, Jid};
use crate::base::time::from_rfc3339;
use crate::xml::Element;
use crate::xmpp::ns;

/// Whether `parent`, a message or a `<forwarded/>`, says that it is delayed, and be it without saying since when.
pub fn is_in(parent: &Element) -> bool {
    delays(parent).next().is_some()
}

/// The stamp in `parent`, in milliseconds since 1970.
pub fn read(parent: &Element) -> Option<i64> {
    delays(parent).find_map(stamp)
}

/// The stamp that `by` put into `parent` (XEP-0203 §2: `from` says who delayed it), in milliseconds since 1970.
pub fn read_by(parent: &Element, by: &BareJid) -> Option<i64> {
    let is_by = |delay: &&Element| {
        let from = delay.attribute("from").and_then(|from| BareJid::parse(from).ok());
        from.as_ref() == Some(by)
    };
    delays(parent).filter(is_by).find_map(stamp)
}

/// Who delayed `parent`, if he says so.
pub fn read_author(parent: &Element) -> Option<Jid> {
    delays(parent).find_map(|delay| Jid::parse(delay.attribute("from")?).ok())
}

/// The elements of today, then those of old: services send both.
fn delays(parent: &Element) -> impl Iterator<Item = &Element> {
    let of = |name: &'static str, ns: &'static str| parent.children().filter(move |child| child.is(name, ns));
    of("delay", ns::DELAY).chain(of("x", ns::DELAY_LEGACY))
}

fn stamp(delay: &Element) -> Option<i64> {
    let stamp = delay.attribute("stamp")?;
    if let (true, Some((date, time))) = (delay.ns() == ns::DELAY_LEGACY && stamp.is_ascii(), stamp.split_once('T')) {
        // 20020910T23:08:25, in UTC.
        let (year, month, day) = (date.get(..4)?, date.get(4..6)?, date.get(6..)?);
        return from_rfc3339(&format!("{year}-{month}-{day}T{time}Z"));
    }
    from_rfc3339(stamp)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::xml::Namespaces;

    #[test]
    fn stamps_of_today_and_of_old() {
        let parse = |inner: &str| {
            let text = format!("<message>{inner}</message>");
            Element::parse(&text, &Namespaces::default_is(ns::CLIENT)).unwrap()
        };
        let of = |inner: &str| (is_in(&parse(inner)), read(&parse(inner)));
        assert_eq!(of("<delay xmlns='urn:xmpp:delay' stamp='1970-01-01T00:00:01Z'/>"), (true, Some(1000)));
        assert_eq!(of("<x xmlns='jabber:x:delay' stamp='19700101T00:00:01'/>"), (true, Some(1000)));
        for broken in ["stamp='yesterday'", "stamp=''", "", "stamp='1970T'", "stamp='1970ö101T00:00:01'"] {
            assert_eq!(of(&format!("<x xmlns='jabber:x:delay' {broken}/>")), (true, None), "{broken}");
            assert_eq!(of(&format!("<delay xmlns='urn:xmpp:delay' {broken}/>")), (true, None), "{broken}");
        }
        assert_eq!(of("<x xmlns='jabber:x:oob'/>"), (false, None));
        let both =
            "<delay xmlns='urn:xmpp:delay' stamp='?'/><x xmlns='jabber:x:delay' stamp='19700101T00:00:01' from='a@b'/>";
        assert_eq!(of(both), (true, Some(1000)));
        assert_eq!(read_author(&parse(both)), Jid::parse("a@b").ok());
    }
}
