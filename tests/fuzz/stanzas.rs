//! One stanza, and everything that may be read from it.

use botmother::base::jid::{BareJid, Jid};
use botmother::omemo::{Bundle, Encrypted, Version, add_device, labelled_devices, read_devices, remove_device};
use botmother::xml::{Element, Namespaces};
use botmother::xmpp::avatar::{Avatar, read_metadata};
use botmother::xmpp::bookmarks::Bookmark;
use botmother::xmpp::dataform::Form;
use botmother::xmpp::disco::Info;
use botmother::xmpp::message::{self, Inbound, Reading};
use botmother::xmpp::muc::info::RoomInfo;
use botmother::xmpp::muc::members;
use botmother::xmpp::muc::message::RoomMessage;
use botmother::xmpp::muc::presence::RoomPresence;
use botmother::xmpp::muc::why::Departure;
use botmother::xmpp::presence::Presence;
use botmother::xmpp::register::RegistrationOffer;
use botmother::xmpp::stanza::{Iq, StanzaError};
use botmother::xmpp::upload::{Slot, SlotRefusal, UploadService};
use botmother::xmpp::vcard::VCard;
use botmother::xmpp::{adhoc, carbons, delay, disco, mam, pubsub, roster, sm, time};

/// What is printed is read as it was, and no reader minds anything.
pub(super) fn stanzas(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let namespaces = Namespaces::default_is("jabber:client");
    let Ok(element) = Element::parse(text, &namespaces) else { return };
    let printed = element.print("jabber:client");
    assert_eq!(Element::parse(&printed, &namespaces).as_ref(), Ok(&element), "{printed}");
    let account = BareJid::parse("me@example.org").expect("an address");
    match message::read(&element, &account) {
        Reading::Live(inbound) | Reading::Archived { message: inbound, .. } => message(&inbound),
        Reading::Forged(_) | Reading::Nothing => {}
    }
    let peer = Jid::parse("room@example.org/nick").expect("an address");
    let _ = (mam::read_result(&element), carbons::read(&element), delay::read(&element), delay::read_author(&element));
    if let Some(event) = pubsub::read_event(&element) {
        let _ = format!("{event:?}");
    }
    let _ = (members::read_changes(&element, &peer), members::read_author(&element));
    let _ = Presence::read(&element);
    let _ = RoomPresence::read(&element).map(|presence| Departure::read(&presence));
    let _ = (sm::read_h(&element), sm::read_enabled(&element));
    let error = StanzaError::read(&element);
    let _ = SlotRefusal::read(error.clone());
    let _ = pubsub::Refusal::read(error);
    element.children().for_each(payload);
    payload(&element);
    if let Some(iq) = Iq::read(element) {
        let _ = roster::read_push(&iq, &account);
        let _ = iq.print_result(None);
    }
}

fn message(inbound: &Inbound) {
    let _ =
        (inbound.is_for_engine(), inbound.text().is_some(), inbound.caption().is_some(), inbound.marker_reference());
    if let Some(said) = RoomMessage::of(inbound) {
        let _ = (said.bytes(), said.changes_room());
    }
}

/// What stands in a stanza.
fn payload(element: &Element) {
    if let Ok(form) = Form::read(element) {
        let again = Form::read(&form.build());
        assert!(again.is_ok(), "{form:?}");
        let _ = form.check(&form);
    }
    let _ = (disco::read_items(element), roster::read(element), time::read(element));
    if let Some(info) = Info::read(element) {
        let jid = Jid::parse("upload.example.org").expect("an address");
        let _ = UploadService::read(&jid, &info);
    }
    let _ = (RoomInfo::read(element), members::read_list(element));
    let _ = (VCard::read(element).map(|card| card.build()), Slot::read(element), RegistrationOffer::read(element));
    let _ = (Avatar::read_data(element, "id"), read_metadata(element));
    let _ = adhoc::Request::read(element);
    if let Some(items) = pubsub::read_items(element) {
        let _ = botmother::xmpp::bookmarks::read(&items).iter().map(Bookmark::build).count();
    }
    let _ = (pubsub::read_published(element), pubsub::read_configuration(element));
    for version in Version::ALL {
        if let Some(bundle) = Bundle::read(version, element) {
            assert_eq!(Bundle::read(version, &bundle.build(version)), Some(bundle));
        }
        let ids = read_devices(version, element);
        assert!(!read_devices(version, &remove_device(version, element, 7)).contains(&7));
        assert!(read_devices(version, &add_device(version, Some(element), 7, None)).contains(&7) || ids.len() > 20);
    }
    let _ = (labelled_devices(element, "Botmother"), Encrypted::read(element, "me@example.org", 7));
}
