//! Our own answer, the examples of XEP-0115, and what servers say of their services.

use super::*;
use crate::xmpp::tests::{each_damaged, parse};

/// XEP-0115 §5.3.
const COMPLEX: &str = "<query xmlns='http://jabber.org/protocol/disco#info' node='http://psi-im.org#q'>\
    <identity xml:lang='en' category='client' name='Psi 0.11' type='pc'/>\
    <identity xml:lang='el' category='client' name='Ψ 0.11' type='pc'/>\
    <feature var='http://jabber.org/protocol/caps'/><feature var='http://jabber.org/protocol/disco#info'/>\
    <feature var='http://jabber.org/protocol/disco#items'/><feature var='http://jabber.org/protocol/muc'/>\
    <x xmlns='jabber:x:data' type='result'>\
    <field var='FORM_TYPE' type='hidden'><value>urn:xmpp:dataforms:softwareinfo</value></field>\
    <field var='ip_version' type='text-multi'><value>ipv4</value><value>ipv6</value></field>\
    <field var='os'><value>Mac</value></field><field var='os_version'><value>10.5.1</value></field>\
    <field var='software'><value>Psi</value></field><field var='software_version'><value>0.11</value></field></x></query>";

/// Prosody's mod_http_file_share.
const UPLOAD: &str = "<query xmlns='http://jabber.org/protocol/disco#info'>\
    <identity category='store' type='file' name='HTTP File Upload'/>\
    <feature var='http://jabber.org/protocol/disco#info'/><feature var='urn:xmpp:http:upload:0'/>\
    <x xmlns='jabber:x:data' type='result'><field var='FORM_TYPE' type='hidden'><value>urn:xmpp:http:upload:0</value>\
    </field><field var='max-file-size' type='text-single'><value>10485760</value></field></x></query>";

/// ejabberd's mod_muc.
const ROOMS: &str = "<query xmlns='http://jabber.org/protocol/disco#info'>\
    <identity category='conference' type='text' name='Chatrooms'/>\
    <feature var='http://jabber.org/protocol/muc'/><feature var='jabber:iq:register'/></query>";

const ITEMS: &str = "<query xmlns='http://jabber.org/protocol/disco#items'>\
    <item jid='conference.x.example' name='Chatrooms'/><item jid='upload.x.example'/><item jid='a b@c'/><item/>\
    <item jid='x.example' node='announce' name=''/></query>";

fn caps(hash: &str, ver: &str) -> Caps {
    Caps { hash: hash.into(), node: "http://psi-im.org".into(), ver: ver.into() }
}

#[test]
fn answers_for_itself_and_its_node_only() {
    let own = Own::new(&[ns::COMMANDS, ns::PING, "urn:xmpp:bookmarks:1+notify"]);
    let node = format!("{NODE}#{}", own.hash);
    let info = own.answer(&build_query().with("node", &node)).unwrap();
    assert_eq!(info.attribute("node"), Some(node.as_str()));
    assert!(has_feature(&info, ns::COMMANDS) && has_feature(&info, "urn:xmpp:bookmarks:1+notify"));
    assert!(own.answer(&build_query().with("node", "x")).is_err());
    let plain = Own::new(&[]).answer(&build_query()).unwrap();
    assert!(!has_feature(&plain, "urn:xmpp:bookmarks:1+notify") && has_feature(&plain, ns::PING));
}

#[test]
fn what_presence_promises_is_what_is_answered() {
    for own in [Own::new(&[]), Own::new(&["zz", "aa", "aa", ns::PING])] {
        let caps = Caps::read(&own.build_caps()).unwrap();
        assert_eq!(caps.node, NODE);
        assert!(Info::read(&own.answer(&build_query()).unwrap()).unwrap().verifies(&caps));
    }
    assert_ne!(Own::new(&[]).hash, Own::new(&["aa"]).hash);
    // No hash may change by accident: servers and clients would ask all anew.
    assert_eq!(build_caps(), Own::new(&[]).build_caps());
}

#[test]
fn the_hash_is_that_of_the_xep() {
    let simple = Info {
        identities: vec![Identity::new("client", "pc", "Exodus 0.9.1")],
        features: [ns::MUC, ns::CAPS, ns::DISCO_ITEMS, ns::DISCO_INFO].map(Into::into).to_vec(),
        ..Info::default()
    };
    assert_eq!(simple.hash(Hash::Sha1), "QgayPKawpkPSDYmwT/WM94uAlu0=");
    let complex = Info::read(&parse(COMPLEX)).unwrap();
    assert_eq!(complex.hash(Hash::Sha1), "q07IKJEyjvHSyhy//CH0CxmKi8w=");
    assert!(complex.verifies(&caps("sha-1", "q07IKJEyjvHSyhy//CH0CxmKi8w=")));
    assert!(!complex.verifies(&caps("sha-1", "QgayPKawpkPSDYmwT/WM94uAlu0=")));
    assert!(!complex.verifies(&caps("md5", "q07IKJEyjvHSyhy//CH0CxmKi8w=")));
    let mut twice = simple.clone();
    twice.features.push(ns::MUC.into());
    assert!(!twice.verifies(&caps("sha-1", &twice.hash(Hash::Sha1))));
}

#[test]
fn services_are_recognised() {
    let upload = Info::read(&parse(UPLOAD)).unwrap();
    assert!(upload.offers(Service::Upload) && !upload.offers(Service::Rooms));
    assert_eq!(upload.form(ns::UPLOAD).and_then(|form| form.value("max-file-size")), Some("10485760"));
    let rooms = Info::read(&parse(ROOMS)).unwrap();
    assert!(rooms.offers(Service::Rooms) && !rooms.offers(Service::Upload));
    let irc = Info::read(&parse(&ROOMS.replace("'text'", "'irc'"))).unwrap();
    assert!(!irc.offers(Service::Rooms));
    assert_eq!(Info::read(&upload.build()).unwrap(), upload);
}

#[test]
fn items_are_read() {
    let items = read_items(&parse(ITEMS));
    assert_eq!(items.len(), 3);
    assert_eq!((items[0].jid.as_str(), items[0].name.as_deref()), ("conference.x.example", Some("Chatrooms")));
    assert_eq!((items[2].node.as_deref(), items[2].name.as_deref()), (Some("announce"), None));
    let many = format!("<query xmlns='{}'>{}</query>", ns::DISCO_ITEMS, "<item jid='x'/>".repeat(500));
    assert_eq!(read_items(&parse(&many)).len(), limits::SERVICES_MAX);
}

#[test]
fn damage_is_refused_or_read() {
    each_damaged(&[COMPLEX, UPLOAD, ROOMS, ITEMS], |element| {
        let _ = read_items(element);
        if let Some(info) = Info::read(element) {
            assert_eq!(Info::read(&info.build()).unwrap().hash(Hash::Sha1).len(), 28);
            let _ = info.verifies(&caps("sha-1", "q07IKJEyjvHSyhy//CH0CxmKi8w="));
        }
    });
}
