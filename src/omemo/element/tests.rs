//! Shapes that other programs send.

use super::*;
use crate::omemo::Envelope;
use crate::xml::Namespaces;

fn parse(text: &str) -> Element {
    Element::parse(text, &Namespaces::default_is("jabber:client")).unwrap()
}

fn key(byte: u8) -> String {
    text::base64(&[&[5], [byte; 32].as_slice()].concat())
}

#[test]
fn bundles_of_0_3() {
    let bundle = format!(
        "<bundle xmlns='eu.siacs.conversations.axolotl'><signedPreKeyPublic signedPreKeyId='7'>{}</signedPreKeyPublic>\
         <signedPreKeySignature>{}</signedPreKeySignature><identityKey>\n  {}\n</identityKey><extra/><prekeys>\
         <preKeyPublic preKeyId='1'>{}</preKeyPublic><preKeyPublic preKeyId='2'/><preKeyPublic preKeyId='x'>{}\
         </preKeyPublic></prekeys></bundle>",
        key(2),
        text::base64(&[3; 64]),
        key(1).replace('E', "E\n"),
        key(4),
        key(5)
    );
    let read = Bundle::read(Version::Legacy, &parse(&bundle)).unwrap();
    assert_eq!((read.identity, read.signed_prekey, read.signed_prekey_id), ([1; 32], [2; 32], 7));
    assert_eq!((read.signature, read.prekeys.as_slice()), ([3; 64], [(1, [4; 32])].as_slice()));
    assert_eq!(Bundle::read(Version::Legacy, &read.build(Version::Legacy)), Some(read.clone()));
    assert_eq!(Bundle::read(Version::Omemo2, &parse(&bundle)), None);
    let empty = bundle.replace(&key(1).replace('E', "E\n"), "");
    assert_eq!(Bundle::read(Version::Legacy, &parse(&empty)), None, "an empty identity key");
    let untyped = bundle.replace(&key(2), &text::base64(&[2; 32]));
    assert_eq!(Bundle::read(Version::Legacy, &parse(&untyped)), None, "a key without its type");
}

#[test]
fn bundles_of_2() {
    let short = |byte| text::base64(&[byte; 32]);
    let bundle = format!(
        "<bundle xmlns='urn:xmpp:omemo:2'><spk id='9'>{}</spk><spks>{}</spks><ik>{}</ik><prekeys/></bundle>",
        short(2),
        text::base64(&[3; 64]),
        short(1)
    );
    let read = Bundle::read(Version::Omemo2, &parse(&bundle)).unwrap();
    assert_eq!((read.identity, read.signed_prekey_id, read.prekeys.len()), ([1; 32], 9, 0));
    assert_eq!(Bundle::read(Version::Omemo2, &read.build(Version::Omemo2)), Some(read));
}

#[test]
fn device_lists() {
    let list = parse(
        "<devices xmlns='urn:xmpp:omemo:2'><device id='1' label='Phone'/><device id='2' label='Box'/><device id='3'/>\
         <device id='0' label='Box'/><other id='4' label='Box'/></devices>",
    );
    assert_eq!(labelled_devices(&list, "Box"), [2]);

    let list = "<list xmlns='eu.siacs.conversations.axolotl'><device id='5'/><device id='0'/><device id='5'/>\
                <device id='-3'/><device id='4294967295'/><device/><other id='8'/><device id=' 6 '/></list>";
    let list = parse(list);
    assert_eq!(read_devices(Version::Legacy, &list), [5, 6]);
    assert!(read_devices(Version::Omemo2, &list).is_empty());
    let added = add_device(Version::Legacy, Some(&list), 9, Some("unseen"));
    assert_eq!(read_devices(Version::Legacy, &added), [5, 6, 9]);
    assert!(!added.print("").contains("unseen"));
    assert_eq!(read_devices(Version::Legacy, &remove_device(Version::Legacy, &added, 5)), [6, 9]);
    let labelled = parse("<devices xmlns='urn:xmpp:omemo:2'><device id='1' label='Phone' labelsig='x'/></devices>");
    let added = add_device(Version::Omemo2, Some(&labelled), 2, Some("Bot")).print("");
    assert!(added.contains("id='1' label='Phone' labelsig='x'") && added.contains("id='2' label='Bot'"), "{added}");
    assert_eq!(add_device(Version::Omemo2, None, 2, None).children().count(), 1);
}

#[test]
fn encrypted_of_0_3() {
    let message = parse(
        "<message><body>I sent you an OMEMO encrypted message</body><encrypted \
         xmlns='eu.siacs.conversations.axolotl'><header sid='27183'><key rid='31415' prekey='1'>AA\nEC</key>\
         <key rid='12321'>BBBB</key><key rid='31415' prekey='false'>CCCC</key><key rid='31415'>?</key>\
         <iv>AAAAAAAAAAAAAAAAAAAAAA==</iv></header><payload>\n AAAA\n</payload></encrypted></message>",
    );
    let (version, element) = Encrypted::find(&message).unwrap();
    assert_eq!(version, Version::Legacy);
    let read = Encrypted::read(element, "a@b", 31415).unwrap();
    assert_eq!((read.sender, read.iv.len(), read.payload.as_deref()), (27183, 16, Some([0; 3].as_slice())));
    let keys: Vec<_> = read.keys.iter().map(|key| (key.is_exchange, key.data.as_slice())).collect();
    assert_eq!(keys, [(true, [0, 1, 2].as_slice()), (false, [8, 32, 130].as_slice())]);
    assert_eq!(Encrypted::read(element, "a@b", 1).unwrap().keys, []);
    assert_eq!(Encrypted::read(&read.build(), "a@b", 31415), Some(read));
    for bad in [
        "<encrypted xmlns='eu.siacs.conversations.axolotl'/>",
        "<encrypted xmlns='eu.siacs.conversations.axolotl'><header sid='1'/></encrypted>",
        "<encrypted xmlns='eu.siacs.conversations.axolotl'><header sid='0'><iv/></header></encrypted>",
        "<encrypted xmlns='eu.siacs.conversations.axolotl'><header sid='1'><iv/></header><payload>?</payload>\
         </encrypted>",
        "<encrypted xmlns='other'><header sid='1'><iv/></header></encrypted>",
    ] {
        assert_eq!(Encrypted::read(&parse(bad), "a@b", 1), None, "{bad}");
    }
}

#[test]
fn encrypted_of_2() {
    let element = parse(
        "<encrypted xmlns='urn:xmpp:omemo:2'><header sid='27183'><keys jid='Juliet@capulet.lit'><key rid='1'>AAAA</key>\
         <key rid='2'>BBBB</key></keys><keys jid='romeo@montague.lit'><key rid='1' kex='true'>CCCC</key></keys></header>\
         <payload>DDDD</payload></encrypted>",
    );
    let read = Encrypted::read(&element, "juliet@capulet.lit", 1).unwrap();
    assert_eq!(read.keys.len(), 1);
    assert!(!read.keys[0].is_exchange && read.keys[0].data == [0; 3]);
    let other = Encrypted::read(&element, "romeo@montague.lit", 1).unwrap();
    assert!(other.keys[0].is_exchange);
    let both = Encrypted { keys: [read.keys, other.keys].concat(), ..read };
    let printed = both.build().print("jabber:client");
    assert!(printed.contains("<keys jid='juliet@capulet.lit'><key rid='1'>AAAA</key></keys>"), "{printed}");
    assert!(printed.contains("<keys jid='romeo@montague.lit'><key rid='1' kex='true'>CCCC</key></keys>"), "{printed}");
}

#[test]
fn envelopes() {
    let mut fill = |out: &mut [u8]| out.fill(66);
    let envelope = Envelope {
        content: vec![Element::new("body", "jabber:client").with_text("<hello>")],
        from: Some("a@b".to_string()),
        to: None,
        time: Some("2026-11-21T00:00:00Z".to_string()),
    };
    let printed = envelope.print(&mut crate::omemo::Entropy::new(&mut fill));
    assert!(printed.contains("<body xmlns='jabber:client'>&lt;hello&gt;</body>"), "{printed}");
    assert_eq!(Envelope::parse(printed.as_bytes()), Some(envelope));
    let start = printed.find("<rpad>").unwrap();
    let end = printed.find("</rpad>").unwrap() + "</rpad>".len();
    let bare = format!("{}{}", &printed[..start], &printed[end..]);
    assert_eq!(Envelope::parse(bare.as_bytes()), None, "no padding");
    for bad in ["", "hello", "<envelope/>", "<envelope xmlns='urn:xmpp:sce:1'><rpad/></envelope>", "\u{1}"] {
        assert_eq!(Envelope::parse(bad.as_bytes()), None, "{bad}");
    }
    assert_eq!(Envelope::parse(&[0xff]), None);
}
