//! The inputs that fuzzing begins with, made by our own code, dialogs and `openssl`. Nothing here is anybody else's.

use std::fs;
use std::path::Path;
use std::process::Command;

use botmother::base::crypto::{self, Hash};
use botmother::base::jid::Jid;
use botmother::base::jwt;
use botmother::base::text::{base64, base64url};
use botmother::net::srv;
use botmother::omemo::{Entropy, Envelope, FileKey, Version, add_device, fingerprint, print_uri};
use botmother::xml::Element;
use botmother::xmpp::message::{Kind, Outbound, Reactions};
use botmother::xmpp::presence;

use super::dialog;
use super::targets::TOKEN_KEY;
use super::targets::mutate::Random;
use super::targets::omemo::{Pair, pairs};
use super::targets::session::HEADER;

/// Names and contents.
type Inputs = Vec<(String, Vec<u8>)>;

/// What servers say in each dialog, in pieces between bytes of 1.
pub(crate) fn server_sides() -> Inputs {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/dialogs");
    let names = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = names.map(|name| name.trim_end_matches(".txt").to_string()).collect();
    names.sort();
    let said = |name: &String| {
        let steps = dialog::load(name);
        let said: Vec<&str> = steps.iter().filter_map(|step| step.text.strip_prefix("S: ")).collect();
        said.join("\u{1}").replace("{header}", HEADER).into_bytes()
    };
    names.iter().map(|name| (name.clone(), said(name))).collect()
}

/// Writes all of it.
pub(crate) fn write(folder: &Path) {
    let all: [(&str, Inputs); 15] = [
        ("dns", dns()),
        ("framer", framer()),
        ("head", texts_of(&HEADS)),
        ("json", texts_of(&BODIES)),
        ("jwt", tokens()),
        ("mam", archives()),
        ("multipart", texts_of(&FORMS)),
        ("omemo", omemo()),
        ("rich", texts_of(&RICH)),
        ("sasl", logins()),
        ("session", sessions()),
        ("stanzas", stanzas()),
        ("telegram", texts_of(&TELEGRAM)),
        ("texts", texts_of(&TEXTS)),
        ("x509", certificates()),
    ];
    for (target, inputs) in all {
        let folder = folder.join(target);
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).unwrap();
        for (name, bytes) in inputs {
            assert!(bytes.len() < 4096, "{target}/{name}: {}", bytes.len());
            fs::write(folder.join(name), bytes).unwrap();
        }
    }
}

fn texts_of(texts: &[(&str, &str)]) -> Inputs {
    texts.iter().map(|(name, text)| (name.to_string(), text.as_bytes().to_vec())).collect()
}

fn tokens() -> Inputs {
    let named = |name: &str, text: String| (name.to_string(), text.into_bytes());
    let claims = r#"{"id":"01kb71x0g0000000000000000","exp":1788000000}"#;
    let with = |header: &str| {
        let signed = format!("{}.{}", base64url(header.as_bytes()), base64url(claims.as_bytes()));
        let signature = base64url(&crypto::hmac_sha256(TOKEN_KEY, signed.as_bytes()));
        format!("{signed}.{signature}")
    };
    vec![
        named("ours", jwt::sign(TOKEN_KEY, claims)),
        named("of-another", jwt::sign(b"another", claims)),
        named("none", with(r#"{"alg":"none"}"#)),
        named("critical", with(r#"{"alg":"HS256","crit":["b64"],"b64":false}"#)),
        named("other-order", with(r#"{"typ":"JWT","alg":"HS256","kid":"ü"}"#)),
    ]
}

fn dns() -> Inputs {
    let query = srv::query("_xmpp-client._tcp.example.org", 0x4242).unwrap();
    let answer = |flags: u16, targets: &[&str]| {
        let mut out = query.clone();
        out[2..4].copy_from_slice(&flags.to_be_bytes());
        out[6..8].copy_from_slice(&(targets.len() as u16).to_be_bytes());
        for target in targets {
            let mut name: Vec<u8> = Vec::new();
            for label in target.split('.').filter(|label| !label.is_empty()) {
                name.push(label.len() as u8);
                name.extend(label.bytes());
            }
            name.push(0);
            // The name asked for, SRV, IN, an hour; priority, weight, port.
            out.extend([0xc0, 12, 0, 33, 0, 1, 0, 0, 0x0e, 0x10]);
            out.extend((name.len() as u16 + 6).to_be_bytes());
            out.extend([0, 5, 0, 10, 0x14, 0x66]);
            out.extend(name);
        }
        out
    };
    let named = |name: &str, bytes| (name.to_string(), bytes);
    vec![
        named("two", answer(0x8180, &["xmpp.example.org", "other.example.net"])),
        named("none", answer(0x8180, &[])),
        named("unknown", answer(0x8183, &[])),
        named("refused-service", answer(0x8180, &["."])),
        named("truncated", answer(0x8380, &[])),
    ]
}

/// Streams of chosen dialogs, as far as they fit.
fn framer() -> Inputs {
    let chosen = ["messages", "stream-bad-entity", "stream-bad-comment", "skipped", "carbons", "poison", "registers"];
    let sides = server_sides().into_iter().filter(|(name, _)| chosen.contains(&name.as_str()));
    sides.map(|(name, said)| (name, cut_off(said.into_iter().filter(|byte| *byte != 1).collect()))).collect()
}

fn cut_off(mut bytes: Vec<u8>) -> Vec<u8> {
    bytes.truncate(4000);
    bytes
}

fn sessions() -> Inputs {
    let chosen = [
        "archive-first-time-since",
        "archive-flood-forged",
        "archive-pages",
        "bind-refused",
        "login-plus-exporter",
        "login-starttls-scram",
        "messages",
        "register",
        "sm-acks-in",
        "sm-resume",
        "sm-resume-failed",
        "stream-error-see-other-host",
        "tls-injection",
    ];
    let sides = server_sides().into_iter().filter(|(name, _)| chosen.contains(&name.as_str()));
    sides.map(|(name, said)| (name, cut_off(said))).collect()
}

fn archives() -> Inputs {
    let is_of_archive = |piece: &&str| piece.contains("urn:xmpp:mam:2") && !piece.contains("disco#info");
    let mut out = Inputs::new();
    for (name, said) in server_sides().into_iter().filter(|(name, _)| name.starts_with("archive-")) {
        let said = String::from_utf8(said).unwrap().replace("{query}", "q").replace(" queryid='{", " queryid='q{");
        let pages: String = said.split('\u{1}').filter(is_of_archive).collect();
        if !pages.is_empty() && pages.len() < 4000 && !out.iter().any(|(_, other)| *other == pages.as_bytes()) {
            out.push((name, pages.into_bytes()));
        }
    }
    out
}

fn omemo() -> Inputs {
    let mut out = Inputs::new();
    for (at, Pair { alice, bob, written, session }) in pairs().iter().enumerate() {
        let version = ["legacy", "2"][at];
        let mut add = |kind: char, name: &str, record: &[u8]| {
            let kind = if at == 1 { kind.to_ascii_lowercase() } else { kind };
            out.push((format!("{name}-{version}"), [&[kind as u8], record].concat()));
        };
        add('S', "session", &session.to_bytes());
        add('D', "device", &bob.to_bytes());
        add('X', "exchange", &written[0].keys[0].data);
        add('M', "message", &written[1].keys[0].data);
        add('P', "element", written[0].build().print("jabber:client").as_bytes());
        add('P', "element-next", written[1].build().print("jabber:client").as_bytes());
        let mut random = Random::seeded(1);
        let mut fill = |bytes: &mut [u8]| random.fill(bytes);
        let entropy = &mut Entropy::new(&mut fill);
        let content = vec![Element::new("body", "jabber:client").with_text("hello")];
        let from = Some("alice@example.org".to_string());
        let envelope = Envelope { content, from, to: None, time: Some("2026-01-01T00:00:00Z".to_string()) };
        add('E', "envelope", envelope.print(entropy).as_bytes());
        let key = alice.identity().public;
        add('T', "fingerprint", fingerprint(&key).as_bytes());
        add('T', "uri", print_uri("alice@example.org", &[(1, key)]).as_bytes());
        let url = format!("aesgcm://example.org/a.jpg#{}", FileKey::new(entropy).print().expose());
        add('T', "url", url.as_bytes());
    }
    out
}

/// What a server says that knows the keys of `targets.rs`, and some that do not.
fn logins() -> Inputs {
    const FIRST: &str = "r=abcDEF,s=QQ==,i=4096";
    let mut out = Inputs::new();
    for (hash, name, bytes) in [(Hash::Sha1, "sha-1", 20), (Hash::Sha256, "sha-256", 32), (Hash::Sha512, "sha-512", 64)]
    {
        let transcript = format!("n=user,r=abc,{FIRST},c={},r=abcDEF", base64(b"n,,"));
        let signature = crypto::hmac(hash, &vec![2; bytes], transcript.as_bytes());
        out.push((name.to_string(), format!("{FIRST}\nv={}\n", base64(&signature)).into_bytes()));
    }
    out.extend(texts_of(&[
        ("other-nonce", "r=xyz,s=QQ==,i=4096\nv=AAAA"),
        ("few", "r=abcd,s=QQ==,i=1"),
        ("extension", "m=x,r=abcd,s=QQ==,i=4096"),
        ("error", "r=abcDEF,s=QQ==,i=4096\ne=other-error"),
        ("offer", "PLAIN\nSCRAM-SHA-1\nSCRAM-SHA-256-PLUS\nX-OAUTH2"),
    ]));
    out
}

/// Of our own making, and of all dialogs one of each kind.
fn stanzas() -> Inputs {
    let mut out: Vec<String> = STANZAS.iter().map(|text| text.to_string()).collect();
    let jid = || Jid::parse("anna@example.org/phone").unwrap();
    let reactions = Reactions { id: "m1".to_string(), emoji: vec!["👍".to_string(), "🐎".to_string()] };
    out.push(Outbound::text(jid(), Kind::Chat, "t1", "hello <&> ü").wanting_receipt().markable().print());
    out.push(Outbound::text(jid(), Kind::Chat, "t2", "hello").replacing("t1").print());
    out.push(Outbound::file(jid(), Kind::Chat, "f1", "https://example.org/a.jpg").print());
    out.push(Outbound::reactions(jid(), Kind::Chat, "r1", &reactions).print());
    out.push(Outbound::retraction(jid(), Kind::Groupchat, "x1", "m1", "This message was deleted").print());
    out.push(Outbound::receipt(jid(), "c1", "m1").print());
    out.push(Outbound::displayed(jid(), Kind::Chat, "d1", "m1").print());
    out.push(presence::print_available(5));
    for (version, pair) in Version::ALL.into_iter().zip(pairs()) {
        out.push(pair.bob.bundle().build(version).print("jabber:client"));
        out.push(add_device(version, None, 7, Some("Botmother")).print("jabber:client"));
        let message = Element::new("message", "jabber:client").with("from", "anna@example.org/phone");
        out.push(message.with_child(pair.written[0].build()).print(""));
    }
    let mut inputs: Inputs =
        out.into_iter().enumerate().map(|(number, text)| (format!("own-{number:02}"), text.into_bytes())).collect();
    let mut kinds: Vec<Vec<&str>> = Vec::new();
    let sides = server_sides();
    for (name, said) in &sides {
        for piece in std::str::from_utf8(said).unwrap().split('\u{1}').filter(|piece| piece.len() < 2000) {
            let tags: Vec<&str> = piece.split('<').filter_map(|tag| tag.split([' ', '>', '/']).next()).collect();
            let is_stanza = ["<message", "<iq", "<presence"].iter().any(|begin| piece.starts_with(begin));
            if is_stanza && !kinds.contains(&tags) && kinds.len() < 60 {
                kinds.push(tags);
                inputs.push((format!("{name}-{:02}", kinds.len()), piece.as_bytes().to_vec()));
            }
        }
    }
    inputs
}

fn certificates() -> Inputs {
    let kinds = [
        ("rsa", "rsa:2048", "-sha256"),
        ("p256", "ec -pkeyopt ec_paramgen_curve:P-256", "-sha256"),
        ("p384", "ec -pkeyopt ec_paramgen_curve:P-384", "-sha384"),
        ("p256-sha512", "ec -pkeyopt ec_paramgen_curve:P-256", "-sha512"),
        ("ed25519", "ed25519", "-sha256"),
        ("2060", "ec -pkeyopt ec_paramgen_curve:P-256", "-sha256 -days 12500"),
    ];
    let make = |(name, key, more): (&str, &str, &str)| {
        let arguments = format!(
            "req -x509 -nodes -newkey {key} {more} -keyout /dev/null -outform DER -subj /CN=localhost \
             -addext subjectAltName=DNS:localhost"
        );
        let output = Command::new("openssl").args(arguments.split(' ')).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        (name.to_string(), output.stdout)
    };
    kinds.into_iter().map(make).collect()
}

const HEADS: [(&str, &str); 9] = [
    (
        "get",
        "GET /bot/getUpdates?timeout=50&offset=7 HTTP/1.1\r\nHost: localhost:7842\r\nAuthorization: Bearer bm_x\r\n\r\n",
    ),
    (
        "post",
        "POST /bot/sendMessage HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 20\r\n\
         Idempotency-Key: k\r\n\r\n{\"to\":\"a\",\"text\":\"b\"}",
    ),
    (
        "chunked",
        "POST /bot/sendFile HTTP/1.1\r\nHost: [::1]:7842\r\nTransfer-Encoding: chunked\r\nExpect: 100-continue\r\n\r\n\
         5;name=\"x\"\r\nhello\r\n0\r\nTrailer: x\r\n\r\n",
    ),
    ("chunks", "5\r\nhello\r\nA\r\n0123456789\r\n0\r\n\r\n"),
    ("absolute", "GET http://localhost:7842/health HTTP/1.1\r\nHost: other\r\nConnection: close\r\n\r\n"),
    ("old", "HEAD / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"),
    ("both", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\nabc"),
    ("newer", "GET / HTTP/2.0\r\nHost: a\r\n\r\n"),
    (
        "origin",
        "OPTIONS * HTTP/1.1\r\nHost: localhost\r\nOrigin: http://evil.example\r\nX-Forwarded-For: 1.2.3.4\r\n\r\n",
    ),
];

const BODIES: [(&str, &str); 8] = [
    ("send", r#"{"to":"owner@local","text":"It rains","reply_to":"m1","n":7}"#),
    ("create", r#"{"name":"Weather","account":"owner@local","mode":"dedicated","url":null}"#),
    ("commands", r#"{"n":[{"command":"a","description":"b"},{"command":"c"}],"to":["a","b"]}"#),
    ("escapes", r#"{"text":"\u00fc\ud83d\udc0e\n\t\"\\\/","name":"\u0000"}"#),
    ("numbers", r#"{"n":-9223372036854775808,"to":1.5e3,"url":18446744073709551615,"text":0}"#),
    ("nested", r#"{"to":{"a":{"b":[[[[{}]]]]}},"text":{"a":"x"}}"#),
    ("twice", r#"{"to":"a","to":"b","n":true}"#),
    ("list", r#"[1,2,{"a":false}]"#),
];

const FORMS: [(&str, &str); 5] = [
    (
        "curl",
        "multipart/form-data; boundary=------------------------d74496d66958873e\n--------------------------d74496d66958873e\
         \r\nContent-Disposition: form-data; name=\"to\"\r\n\r\nanna@example.org\r\n--------------------------d74496d66958873e\
         \r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.txt\"\r\nContent-Type: text/plain\r\n\r\n\
         hello\r\n--\r\n\r\n--------------------------d74496d66958873e--\r\n",
    ),
    (
        "names",
        "multipart/form-data; boundary=\"x y\"\n--x y  \r\nContent-Disposition: form-data; name=\"file\"; \
         filename*=UTF-8''%c3%bc.txt\r\n\r\n\r\n--x y--",
    ),
    (
        "preamble",
        "multipart/form-data; boundary=x\nnothing\r\n--x\r\nContent-Disposition: form-data; name=a\r\n\r\n1\r\n--x--\r\nrest",
    ),
    ("cut", "multipart/form-data; boundary=x\n--x\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n--"),
    ("none", "application/json\n{}"),
];

const TEXTS: [(&str, &str); 10] = [
    ("jid", "Anna.Müller@Example.org/Büro 1"),
    ("domain", "xn--mller-kva.example.org"),
    ("local", "owner@local"),
    ("room", "room@conference.example.org/ℵ nick"),
    ("time", "2026-01-01T00:00:00.123Z"),
    ("zone", "2026-02-29T23:59:60+14:00"),
    ("query", "a=b+c&d=%C3%BC&e&=f&%zz"),
    ("base64", "aGVsbG8gd29ybGQ="),
    ("lines", "aGVs\nbG8g\r\nd29y bGQ="),
    ("emoji", "👩‍💻❤️ and ünï ½ text that is long enough to be shortened"),
];

const STANZAS: [&str; 20] = [
    "<iq type='result' id='1' from='example.org'><query xmlns='http://jabber.org/protocol/disco#info'><identity category='server' type='im' name='P'/><feature var='urn:xmpp:mam:2'/><feature var='urn:xmpp:http:upload:0'/><x xmlns='jabber:x:data' type='result'><field var='FORM_TYPE' type='hidden'><value>urn:xmpp:http:upload:0</value></field><field var='max-file-size'><value>10485760</value></field></x></query></iq>",
    "<iq type='result' id='1'><query xmlns='http://jabber.org/protocol/disco#items'><item jid='upload.example.org' name='files'/><item jid='a@b' node='c'/></query></iq>",
    "<iq type='set' id='2'><query xmlns='jabber:iq:roster' ver='3'><item jid='anna@example.org' name='Anna' subscription='both' ask='subscribe'><group>friends</group></item></query></iq>",
    "<iq type='result' id='3'><slot xmlns='urn:xmpp:http:upload:0'><put url='https://up.example.org/1'><header name='Authorization'>Basic x</header><header name='Cookie'>a=b</header></put><get url='https://down.example.org/1'/></slot></iq>",
    "<iq type='error' id='4'><error type='modify'><not-acceptable xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/><text xmlns='urn:ietf:params:xml:ns:xmpp-stanzas' xml:lang='en'>too large</text><file-too-large xmlns='urn:xmpp:http:upload:0'><max-file-size>20000</max-file-size></file-too-large></error></iq>",
    "<iq type='result' id='5'><query xmlns='jabber:iq:register'><instructions>Choose</instructions><username/><password/><x xmlns='jabber:x:data' type='form'><title>t</title><field var='username' type='text-single' label='n'><required/></field><field var='ocr' type='text-single'><media xmlns='urn:xmpp:media-element'><uri type='image/png'>cid:x</uri></media></field><field var='l' type='list-multi'><option label='a'><value>1</value></option><value>1</value></field></x></query></iq>",
    "<iq type='set' id='6' from='anna@example.org/p'><command xmlns='http://jabber.org/protocol/commands' node='n' action='next' sessionid='s' xml:lang='de'><x xmlns='jabber:x:data' type='submit'><field var='a'><value>1</value></field></x></command></iq>",
    "<iq type='result' id='7'><vCard xmlns='vcard-temp'><FN>Anna</FN><NICKNAME>a</NICKNAME><PHOTO><TYPE>image/png</TYPE><BINVAL>iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJ</BINVAL></PHOTO><DESC>d</DESC></vCard></iq>",
    "<iq type='result' id='8'><pubsub xmlns='http://jabber.org/protocol/pubsub'><items node='urn:xmpp:bookmarks:1'><item id='room@example.org'><conference xmlns='urn:xmpp:bookmarks:1' name='R' autojoin='true'><nick>bot</nick><password>p</password><extensions><e xmlns='urn:e'/></extensions></conference></item></items></pubsub></iq>",
    "<iq type='result' id='9'><pubsub xmlns='http://jabber.org/protocol/pubsub#owner'><configure node='n'><x xmlns='jabber:x:data' type='form'><field var='FORM_TYPE' type='hidden'><value>http://jabber.org/protocol/pubsub#node_config</value></field><field var='pubsub#access_model' type='list-single'><value>open</value></field></x></configure></pubsub></iq>",
    "<message from='anna@example.org'><event xmlns='http://jabber.org/protocol/pubsub#event'><items node='urn:xmpp:avatar:metadata'><item id='a'><metadata xmlns='urn:xmpp:avatar:metadata'><info bytes='12' id='a' type='image/png' height='1' width='1'/></metadata></item><retract id='b'/></items></event></message>",
    "<message type='groupchat' from='room@example.org/anna' to='me@example.org/r' id='g1'><body>bot: hi</body><stanza-id xmlns='urn:xmpp:sid:0' by='room@example.org' id='s1'/><occupant-id xmlns='urn:xmpp:occupant-id:0' id='o1'/><delay xmlns='urn:xmpp:delay' from='room@example.org' stamp='2026-01-01T00:00:00Z'/><reference xmlns='urn:xmpp:reference:0' type='mention' begin='0' end='3' uri='xmpp:room@example.org/bot'/></message>",
    "<message type='groupchat' from='room@example.org'><x xmlns='http://jabber.org/protocol/muc#user'><status code='104'/><status code='170'/></x><subject>s</subject></message>",
    "<message from='room@example.org' to='me@example.org'><x xmlns='http://jabber.org/protocol/muc#user'><invite from='anna@example.org/p'><reason>come</reason></invite><password>p</password></x></message>",
    "<message from='anna@example.org/p' to='me@example.org'><x xmlns='jabber:x:conference' jid='room@example.org' reason='r' password='p'/></message>",
    "<presence from='room@example.org/anna' to='me@example.org/r' id='j1'><x xmlns='http://jabber.org/protocol/muc#user'><item affiliation='admin' role='moderator' jid='anna@example.org/p'><actor nick='b'/><reason>r</reason></item><status code='110'/><status code='303'/></x><occupant-id xmlns='urn:xmpp:occupant-id:0' id='o1'/></presence>",
    "<presence from='room@example.org/anna' type='unavailable'><x xmlns='http://jabber.org/protocol/muc#user'><item affiliation='none' role='none'/><destroy jid='other@example.org'><reason>gone</reason></destroy></x></presence>",
    "<presence from='anna@example.org/p'><show>away</show><status>out</status><priority>-3</priority><c xmlns='http://jabber.org/protocol/caps' hash='sha-1' node='n' ver='q'/><x xmlns='vcard-temp:x:update'><photo>abc</photo></x><nick xmlns='http://jabber.org/protocol/nick'>A</nick></presence>",
    "<message from='anna@example.org/p' to='me@example.org' type='chat' id='q1'><body>&gt; old\nnew</body><reply xmlns='urn:xmpp:reply:0' id='m1' to='me@example.org/r'/><fallback xmlns='urn:xmpp:fallback:0' for='urn:xmpp:reply:0'><body start='0' end='6'/></fallback><composing xmlns='http://jabber.org/protocol/chatstates'/><x xmlns='jabber:x:oob'><url>https://example.org/a</url><desc>d</desc></x></message>",
    "<message from='me@example.org'><sent xmlns='urn:xmpp:carbons:2'><forwarded xmlns='urn:xmpp:forward:0'><message xmlns='jabber:client' from='me@example.org/x' to='anna@example.org' type='chat'><body>hi</body><retract xmlns='urn:xmpp:message-retract:1' id='a'/></message></forwarded></sent></message>",
];

const RICH: [(&str, &str); 6] = [
    (
        "html",
        "<b>bold <i>both</i></b> <a href=\"https://example.org/?a=1&amp;b=2\">link</a> <pre><code class=\"language-rust\">let a = 1;</code></pre> <blockquote expandable>said 👍🏽</blockquote> <tg-spoiler>x</tg-spoiler> &lt;&#252;&#x1F600;",
    ),
    ("markdown", "*bold* _italic_ [link](https://example.org/) `code` ```rust\nlet a = 1;\n``` \\_ü"),
    (
        "markdown-v2",
        "*bold _both __under__ _* ~gone~ ||hidden|| [link](https://example.org/a\\)b) ![👍](tg://emoji?id=5368324170671202286)\n>said\n>more||\n`c\\`d` 1\\.5 \\(ü\\)",
    ),
    ("styling", "*bold* _italic_ ~gone~ `code` *_both_*\n> said\n>> twice\n```\nblock\n```\nשלום 👨‍👩‍👧 e\u{301}"),
    ("found", "@anna #tag $USD /start@bot https://example.org/a_(b)?c=d#e anna@example.org +49 30 1234567 x.y"),
    (
        "long",
        "word word\n\nparagraph with 🇩🇪 flags and e\u{301} marks, which goes on and on\u{2028}until it must be cut",
    ),
];

const TELEGRAM: [(&str, &str); 8] = [
    (
        "message",
        r#"{"ok":true,"result":[{"update_id":7,"message":{"message_id":3,"from":{"id":42,"is_bot":false,"first_name":"Anna","last_name":"B","username":"anna"},"chat":{"id":-1001234567890,"title":"Garden","type":"supergroup","is_forum":true},"date":1788000000,"message_thread_id":5,"is_topic_message":true,"text":"hi 👍 bold @anna","entities":[{"offset":3,"length":2,"type":"custom_emoji","custom_emoji_id":"53"},{"offset":6,"length":4,"type":"bold"},{"offset":6,"length":9,"type":"text_link","url":"https://example.org/"},{"offset":11,"length":5,"type":"mention"}]}}]}"#,
    ),
    (
        "reply",
        r#"{"ok":true,"result":[{"update_id":8,"message":{"message_id":4,"from":{"id":42,"is_bot":false,"first_name":"Anna"},"chat":{"id":42,"first_name":"Anna","type":"private"},"date":1788000001,"reply_to_message":{"message_id":3,"from":{"id":9,"is_bot":true,"first_name":"Bot","username":"my_bot"},"chat":{"id":42,"type":"private","first_name":"Anna"},"date":1788000000,"text":"Well?"},"quote":{"text":"Well","position":0},"text":"yes"}}]}"#,
    ),
    (
        "files",
        r#"{"ok":true,"result":[{"update_id":9,"message":{"message_id":5,"from":{"id":42,"first_name":"A","is_bot":false},"chat":{"id":42,"type":"private"},"date":1,"media_group_id":"77","photo":[{"file_id":"a","file_unique_id":"b","width":90,"height":51,"file_size":1101},{"file_id":"c","file_unique_id":"d","width":800,"height":450,"file_size":51234}],"caption":"see","caption_entities":[{"offset":0,"length":3,"type":"italic"}]}},{"update_id":10,"message":{"message_id":6,"chat":{"id":42,"type":"private"},"date":1,"sticker":{"file_id":"s","file_unique_id":"t","emoji":"👍","is_animated":false,"is_video":true,"width":512,"height":512}}}]}"#,
    ),
    (
        "changes",
        r#"{"ok":true,"result":[{"update_id":11,"edited_message":{"message_id":3,"from":{"id":42,"first_name":"A","is_bot":false},"chat":{"id":-5,"title":"G","type":"group"},"date":1,"edit_date":2,"text":"now"}},{"update_id":12,"message_reaction":{"chat":{"id":-5,"title":"G","type":"group"},"message_id":3,"user":{"id":42,"first_name":"A","is_bot":false},"date":3,"old_reaction":[],"new_reaction":[{"type":"emoji","emoji":"🔥"},{"type":"custom_emoji","custom_emoji_id":"1"}]}},{"update_id":13,"callback_query":{"id":"4382","from":{"id":42,"first_name":"A","is_bot":false},"chat_instance":"-1","data":"yes","message":{"message_id":4,"chat":{"id":-5,"title":"G","type":"group"},"date":0}}}]}"#,
    ),
    (
        "members",
        r#"{"ok":true,"result":[{"update_id":14,"my_chat_member":{"chat":{"id":-5,"title":"G","type":"group"},"from":{"id":42,"first_name":"A","is_bot":false},"date":1,"old_chat_member":{"user":{"id":9,"is_bot":true,"first_name":"Bot"},"status":"left"},"new_chat_member":{"user":{"id":9,"is_bot":true,"first_name":"Bot"},"status":"administrator","can_delete_messages":true}}},{"update_id":15,"message":{"message_id":7,"chat":{"id":-5,"title":"G","type":"group"},"date":1,"new_chat_members":[{"id":43,"first_name":"B","is_bot":false}]}},{"update_id":16,"message":{"message_id":8,"chat":{"id":-5,"title":"G","type":"group"},"date":1,"migrate_to_chat_id":-1005}}]}"#,
    ),
    (
        "flood",
        r#"{"ok":false,"error_code":429,"description":"Too Many Requests: retry after 7","parameters":{"retry_after":7}}"#,
    ),
    (
        "moved",
        r#"{"ok":false,"error_code":400,"description":"Bad Request: group chat was upgraded to a supergroup chat","parameters":{"migrate_to_chat_id":-1001}}"#,
    ),
    (
        "me",
        r#"{"ok":true,"result":{"id":9,"is_bot":true,"first_name":"Bot","username":"my_bot","can_join_groups":true}}"#,
    ),
];
