//! What an account says of itself: vcard-temp (XEP-0054), which all clients read, and vCard4 (XEP-0292), which some do.
//! A bot's description stands in it, and its picture, whose hash then goes into presence (XEP-0153).

use crate::base::limits;
use crate::base::text::shorten;
use crate::xml::Element;
use crate::xmpp::avatar::Avatar;
use crate::xmpp::presence::Photo;
use crate::xmpp::{ns, pubsub};

/// A vCard, as far as bots need it.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct VCard {
    /// `FN`: the name.
    pub full_name: Option<String>,
    /// `NICKNAME`: the name that clients show.
    pub nickname: Option<String>,
    /// `DESC`, `note` in vCard4.
    pub description: Option<String>,
    /// `URL`: a page about it.
    pub url: Option<String>,
    /// `PHOTO`: the picture. Not in vCard4, where XEP-0084 has it.
    pub photo: Option<Avatar>,
}

/// The question for a vCard. `get`, to a bare address, or to nobody for our own.
pub fn build_get() -> Element {
    Element::new("vCard", ns::VCARD_TEMP)
}

impl VCard {
    /// vcard-temp; the payload that sets ours (`set`, to nobody). It replaces the whole vCard.
    pub fn build(&self) -> Element {
        let child = |name: &'static str, text: &str| Element::new(name, ns::VCARD_TEMP).with_text(text);
        let mut vcard = build_get();
        for (name, text) in [("FN", &self.full_name), ("NICKNAME", &self.nickname)] {
            if let Some(text) = text {
                vcard = vcard.with_child(child(name, text));
            }
        }
        if let Some(photo) = &self.photo {
            let element = Element::new("PHOTO", ns::VCARD_TEMP)
                .with_child(child("TYPE", photo.kind().media_type()))
                .with_child(child("BINVAL", &photo.to_base64()));
            vcard = vcard.with_child(element);
        }
        for (name, text) in [("URL", &self.url), ("DESC", &self.description)] {
            if let Some(text) = text {
                vcard = vcard.with_child(child(name, text));
            }
        }
        vcard
    }

    /// Reads vcard-temp; `None` when it is none. Empty texts and broken pictures count as not being there.
    pub fn read(vcard: &Element) -> Option<VCard> {
        if !vcard.is("vCard", ns::VCARD_TEMP) {
            return None;
        }
        let text = |name| {
            let text = vcard.text_of(name, ns::VCARD_TEMP)?;
            Some(shorten(text.trim(), limits::FOREIGN_TEXT_BYTES_MAX)).filter(|text| !text.is_empty())
        };
        let photo = vcard.find("PHOTO", ns::VCARD_TEMP).and_then(|photo| photo.text_of("BINVAL", ns::VCARD_TEMP));
        Some(VCard {
            full_name: text("FN"),
            nickname: text("NICKNAME"),
            // COMPAT(Prosody mod_vcard_legacy): what is set as DESC comes back as vCard4's NOTE.
            description: text("DESC").or_else(|| text("NOTE")),
            url: text("URL"),
            photo: photo.and_then(|photo| Avatar::from_base64(&photo).ok()),
        })
    }

    /// What our presence must say once this is our vCard (XEP-0153 §3.1).
    pub fn photo_hash(&self) -> Photo {
        self.photo.as_ref().map_or(Photo::None, |photo| Photo::Sha1(photo.id()))
    }

    /// vCard4: the payload of the item at [`ns::VCARD4_NODE`].
    pub fn build_vcard4(&self) -> Element {
        let properties = [
            ("fn", "text", &self.full_name),
            ("nickname", "text", &self.nickname),
            ("url", "uri", &self.url),
            ("note", "text", &self.description),
        ];
        let mut vcard = Element::new("vcard", ns::VCARD4);
        for (name, kind, value) in properties {
            if let Some(value) = value {
                let value = Element::new(kind, ns::VCARD4).with_text(value);
                vcard = vcard.with_child(Element::new(name, ns::VCARD4).with_child(value));
            }
        }
        vcard
    }

    /// The order to publish vCard4 for all to read. `set`.
    pub fn build_publish_vcard4(&self) -> Element {
        // XEP-0292 §4: there is one, and its id is "current".
        pubsub::build_publish(ns::VCARD4_NODE, Some("current"), self.build_vcard4(), Some(&pubsub::Options::OPEN))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::xmpp::tests::{each_damaged, parse};

    const GIF: &str = "R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7";

    /// As Conversations and Gajim leave it.
    fn theirs() -> String {
        format!(
            "<vCard xmlns='vcard-temp'><FN> Alice A. </FN><N><FAMILY>A</FAMILY></N><NICKNAME/>\
             <PHOTO><TYPE>image/jpeg</TYPE><BINVAL>\n{}\n {}\n</BINVAL></PHOTO>\
             <ADR><HOME/></ADR><DESC>Tea &amp; chess</DESC></vCard>",
            &GIF[..20],
            &GIF[20..]
        )
    }

    #[test]
    fn reads_others() {
        let vcard = VCard::read(&parse(&theirs())).unwrap();
        assert_eq!((vcard.full_name.as_deref(), vcard.nickname.as_deref()), (Some("Alice A."), None));
        assert_eq!(vcard.description.as_deref(), Some("Tea & chess"));
        // The kind is that of the bytes, whatever the type says.
        assert_eq!(vcard.photo.unwrap().kind().media_type(), "image/gif");
        let prosody = "<vCard xmlns='vcard-temp'><FN>Bot</FN><N><FAMILY/><GIVEN/></N><NOTE>Cooks</NOTE></vCard>";
        assert_eq!(VCard::read(&parse(prosody)).unwrap().description.as_deref(), Some("Cooks"));
        assert_eq!(VCard::read(&build_get()), Some(VCard::default()));
        assert_eq!(VCard::read(&parse("<vcard xmlns='vcard-temp'/>")), None);
        let broken = VCard::read(&parse("<vCard xmlns='vcard-temp'><PHOTO><BINVAL>PHN2Zy8+</BINVAL></PHOTO></vCard>"));
        assert_eq!(broken, Some(VCard::default()));
        let long = format!("<vCard xmlns='vcard-temp'><DESC>{}</DESC></vCard>", "ü".repeat(5_000));
        assert!(VCard::read(&parse(&long)).unwrap().description.unwrap().len() <= limits::FOREIGN_TEXT_BYTES_MAX);
    }

    #[test]
    fn builds_ours() {
        let vcard = VCard {
            full_name: Some("Küche".into()),
            nickname: Some("kitchen".into()),
            description: Some("Cooks <well>".into()),
            url: None,
            photo: Some(Avatar::from_base64(GIF).unwrap()),
        };
        assert_eq!(
            vcard.build().print(ns::CLIENT),
            format!(
                "<vCard xmlns='vcard-temp'><FN>Küche</FN><NICKNAME>kitchen</NICKNAME><PHOTO><TYPE>image/gif</TYPE>\
                 <BINVAL>{GIF}</BINVAL></PHOTO><DESC>Cooks &lt;well&gt;</DESC></vCard>"
            )
        );
        assert_eq!(VCard::read(&vcard.build()), Some(vcard.clone()));
        assert_eq!(vcard.photo_hash(), Photo::Sha1(vcard.photo.as_ref().unwrap().id()));
        assert_eq!(VCard::default().photo_hash(), Photo::None);
    }

    #[test]
    fn vcard4_has_its_own_shape() {
        let vcard = VCard {
            nickname: Some("bot".into()),
            description: Some("d".into()),
            url: Some("https://x/".into()),
            ..VCard::default()
        };
        assert_eq!(
            vcard.build_vcard4().print(ns::CLIENT),
            "<vcard xmlns='urn:ietf:params:xml:ns:vcard-4.0'><nickname><text>bot</text></nickname>\
             <url><uri>https://x/</uri></url><note><text>d</text></note></vcard>"
        );
        let publish = vcard.build_publish_vcard4().print(ns::CLIENT);
        assert!(publish.contains("<publish node='urn:xmpp:vcard4'><item id='current'><vcard"), "{publish}");
    }

    #[test]
    fn damage_is_refused_or_read() {
        let mut read = 0;
        each_damaged(&[&theirs()], |element| {
            if let Some(vcard) = VCard::read(element) {
                read += 1;
                assert_eq!(VCard::read(&vcard.build()), Some(vcard));
            }
        });
        assert!(read > 1_000, "{read}");
    }
}
