//! Nodes as Prosody and ejabberd serve them.

use super::*;
use crate::xmpp::tests::{each_damaged, parse};

const ITEMS: &str = "<pubsub xmlns='http://jabber.org/protocol/pubsub'><items node='urn:xmpp:avatar:metadata'>\
    <item id='abc' publisher='alice@x.example/phone'><metadata xmlns='urn:xmpp:avatar:metadata'/></item><item id='def'/>\
    </items></pubsub>";
/// Prosody's notification.
const EVENT: &str = "<message from='alice@x.example' to='bot@x.example/botmother' type='headline' id='1'>\
    <event xmlns='http://jabber.org/protocol/pubsub#event'><items node='urn:xmpp:bookmarks:1'>\
    <item id='room@conference.x.example'><conference xmlns='urn:xmpp:bookmarks:1' autojoin='true'/></item>\
    <retract id='old@conference.x.example'/></items></event></message>";
/// ejabberd's, which adds addresses.
const DELETE: &str = "<message from='alice@x.example' type='headline'><addresses xmlns='http://jabber.org/protocol/address'/>\
    <event xmlns='http://jabber.org/protocol/pubsub#event'><delete node='urn:xmpp:vcard4'>\
    <redirect uri='xmpp:evil@y.example'/></delete></event></message>";
/// Part of ejabberd's configuration form.
const CONFIGURATION: &str = "<pubsub xmlns='http://jabber.org/protocol/pubsub#owner'><configure node='n'>\
    <x xmlns='jabber:x:data' type='form'><field var='FORM_TYPE' type='hidden'>\
    <value>http://jabber.org/protocol/pubsub#node_config</value></field>\
    <field var='pubsub#persist_items' type='boolean' label='Persist items to storage'><value>1</value></field>\
    <field var='pubsub#max_items' type='text-single'><value>1</value></field>\
    <field var='pubsub#access_model' type='list-single'><value>presence</value>\
    <option><value>open</value></option><option><value>presence</value></option></field></x></configure></pubsub>";

#[test]
fn publishes_with_options() {
    let options = Options { max_items: Some(MaxItems::Max), send_last: Some(SendLast::Never), ..Options::OPEN };
    assert_eq!(
        build_publish("n", Some("current"), Element::new("a", "urn:a"), Some(&options)).print(ns::CLIENT),
        "<pubsub xmlns='http://jabber.org/protocol/pubsub'><publish node='n'><item id='current'><a xmlns='urn:a'/>\
         </item></publish><publish-options><x xmlns='jabber:x:data' type='submit'>\
         <field type='hidden' var='FORM_TYPE'><value>http://jabber.org/protocol/pubsub#publish-options</value></field>\
         <field var='pubsub#persist_items'><value>true</value></field>\
         <field var='pubsub#max_items'><value>max</value></field>\
         <field var='pubsub#send_last_published_item'><value>never</value></field>\
         <field var='pubsub#access_model'><value>open</value></field></x></publish-options></pubsub>"
    );
    let plain = build_publish("n", None, Element::new("a", "urn:a"), None).print(ns::CLIENT);
    assert!(plain.contains("<item><a xmlns='urn:a'/></item>") && !plain.contains("publish-options"), "{plain}");
}

#[test]
fn other_orders() {
    assert_eq!(
        build_retract("n", "i'").print(ns::CLIENT),
        "<pubsub xmlns='http://jabber.org/protocol/pubsub'><retract node='n' notify='true'><item id='i&apos;'/></retract>\
         </pubsub>"
    );
    assert_eq!(
        build_delete("n").print(ns::CLIENT),
        "<pubsub xmlns='http://jabber.org/protocol/pubsub#owner'><delete node='n'/></pubsub>"
    );
    assert_eq!(
        build_items("n", &["a"], Some(3)).print(ns::CLIENT),
        "<pubsub xmlns='http://jabber.org/protocol/pubsub'><items node='n' max_items='3'><item id='a'/></items></pubsub>"
    );
    assert_eq!(build_get_configuration("n").find("configure", ns::PUBSUB_OWNER).unwrap().nodes().len(), 0);
    let options = Options { max_items: Some(MaxItems::Count(7)), ..Options::default() };
    let form = read_configuration(&build_configure("n", &options)).unwrap();
    assert_eq!((form.form_type(), form.value("pubsub#max_items")), (Some(ns::PUBSUB_NODE_CONFIG), Some("7")));
    assert_eq!(form.fields.len(), 2);
}

#[test]
fn reads_items() {
    let answer = parse(ITEMS);
    let items = read_items(&answer).unwrap();
    assert_eq!((items.node, items.items.len()), ("urn:xmpp:avatar:metadata", 2));
    assert!(items.items[0].payload.unwrap().is("metadata", ns::AVATAR_METADATA));
    assert_eq!(items.items[1], NodeItem { id: Some("def"), payload: None });
    let foreign = parse(&ITEMS.replace("<item id='def'/>", "<item xmlns='urn:x' id='def'/>"));
    assert_eq!(read_items(&foreign).unwrap().items.len(), 1);
    assert_eq!(read_items(&parse("<pubsub xmlns='http://jabber.org/protocol/pubsub'/>")), None);
    let published =
        parse("<pubsub xmlns='http://jabber.org/protocol/pubsub'><publish node='n'><item id='x'/></publish></pubsub>");
    assert_eq!(read_published(&published), Some("x"));
}

#[test]
fn reads_notifications() {
    let message = parse(EVENT);
    let Some(Notification::Items(items)) = read_event(&message) else { panic!("no items") };
    assert_eq!(
        (items.items[0].id, items.retracted),
        (Some("room@conference.x.example"), vec!["old@conference.x.example"])
    );
    assert_eq!(read_event(&parse(DELETE)), Some(Notification::Deleted("urn:xmpp:vcard4")));
    for (name, event) in [("purge", Notification::Purged("n")), ("configuration", Notification::Configured("n"))] {
        let text = format!("<message><event xmlns='{}'><{name} node='n'/></event></message>", ns::PUBSUB_EVENT);
        assert_eq!(read_event(&parse(&text)), Some(event));
    }
    assert_eq!(read_event(&parse("<message><body>hi</body></message>")), None);
    assert_eq!(read_event(&parse(&EVENT.replace("node='urn:xmpp:bookmarks:1'", ""))), None);
}

#[test]
fn a_configuration_is_compared() {
    let form = read_configuration(&parse(CONFIGURATION)).unwrap();
    let open = Options::OPEN;
    assert!(!open.are_met_by(&form));
    let presence = Options { access_model: Some(AccessModel::Presence), ..open };
    assert!(presence.are_met_by(&form));
    assert!(!Options { persist_items: Some(false), ..presence }.are_met_by(&form));
    assert!(!Options { max_items: Some(MaxItems::Count(2)), ..presence }.are_met_by(&form));
    assert!(Options { send_last: Some(SendLast::Never), ..presence }.are_met_by(&form), "not told");
}

#[test]
fn errors_are_sorted() {
    let refusal = |kind: &str, condition: &str, text: &str, specific: &str| {
        let specific = match specific {
            "" => String::new(),
            name => format!("<{name} xmlns='http://jabber.org/protocol/pubsub#errors'/>"),
        };
        let stanzas = "xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'";
        let error = format!("<{condition} {stanzas}/><text {stanzas}>{text}</text>{specific}");
        let iq = format!("<iq type='error' id='1'><error type='{kind}'>{error}</error></iq>");
        Refusal::read(StanzaError::read(&parse(&iq)))
    };
    assert_eq!(refusal("cancel", "conflict", "", "precondition-not-met"), Refusal::PreconditionNotMet);
    let unknown = "Unknown field 'pubsub#max_items' of type 'http://jabber.org/protocol/pubsub#publish-options'";
    assert_eq!(refusal("wait", "resource-constraint", unknown, ""), Refusal::MaxItems);
    assert_eq!(refusal("modify", "bad-request", "max_items: out of bounds", ""), Refusal::MaxItems);
    assert_eq!(refusal("cancel", "item-not-found", "", ""), Refusal::NotFound);
    assert_eq!(refusal("modify", "not-acceptable", "", "payload-too-big"), Refusal::TooLarge);
    assert!(matches!(refusal("auth", "forbidden", "", ""), Refusal::NotAllowed(_)));
    let presence = refusal("auth", "not-authorized", "", "presence-subscription-required");
    assert!(matches!(presence, Refusal::NotAllowed(error)
        if error.is_specific("presence-subscription-required", ns::PUBSUB_ERRORS)));
    let unsupported = refusal("cancel", "feature-not-implemented", "", "unsupported");
    assert!(matches!(unsupported, Refusal::Other(_)) && unsupported.is_nothing_shown());
    assert!(refusal("auth", "not-authorized", "", "closed-node").is_nothing_shown());
    assert!(!refusal("wait", "service-unavailable", "", "").is_nothing_shown());
    assert!(!refusal("cancel", "remote-server-not-found", "", "").is_nothing_shown());
}

#[test]
fn damage_is_refused_or_read() {
    let mut read = 0;
    each_damaged(&[ITEMS, EVENT, DELETE, CONFIGURATION], |element| {
        let items = read_items(element);
        let event = read_event(element);
        let configuration = read_configuration(element);
        read += usize::from(items.is_some() || event.is_some() || configuration.is_some());
        let _ = configuration.map(|form| Options::OPEN.are_met_by(&form));
        let _ = read_published(element);
        if let Some(Notification::Items(items)) = event {
            assert!(!items.node.is_empty());
        }
    });
    assert!(read > 1_000, "{read}");
}
