//! What reads bytes of others, each as one function of bytes: it may refuse them, and nothing else. A panic is a fault.
//!
//! Called by tests/fuzz.rs with inputs of its own, and by libFuzzer (tests/fuzz/README.md).

#[path = "mutate.rs"]
pub(crate) mod mutate;
#[path = "omemo.rs"]
pub(crate) mod omemo;
#[path = "session.rs"]
pub(crate) mod session;
#[path = "stanzas.rs"]
mod stanzas;
#[path = "telegram.rs"]
mod telegram;

use std::io::Read;
use std::net::{IpAddr, Ipv4Addr};

use botmother::base::chunked::{Chunked, Decoder};
use botmother::base::crypto::Hash;
use botmother::base::jid::Jid;
use botmother::base::limits;
use botmother::base::secret::Secret;
use botmother::base::time::{from_rfc3339, to_rfc3339};
use botmother::base::{crypto, json, jwt, text, ulid};
use botmother::http::front::read_head;
use botmother::http::multipart::Form;
use botmother::net::{srv, tls, x509};
use botmother::xml::{Element, Frame, Framer, Namespaces};
use botmother::xmpp::mam::{ArchiveResult, CatchUp, Fin, Next, Turn, read_result};
use botmother::xmpp::sasl::{Channel, Exchange, LoginKey, Offer, choose};
use mutate::Random;

/// What reads one kind of input.
pub(crate) type Target = fn(&[u8]);

/// Every target by the name of its folder in `corpus/`.
pub(crate) const TARGETS: [(&str, Target); 15] = [
    ("dns", dns),
    ("framer", framer),
    ("head", head),
    ("json", fields),
    ("jwt", tokens),
    ("mam", mam),
    ("multipart", multipart),
    ("omemo", omemo::omemo),
    ("rich", telegram::rich),
    ("sasl", sasl),
    ("session", session::session),
    ("stanzas", stanzas::stanzas),
    ("telegram", telegram::telegram),
    ("texts", texts),
    ("x509", certificate),
];

/// Gives one input to one target.
pub(crate) fn run(name: &str, data: &[u8]) {
    let (_, target) = TARGETS.iter().find(|(known, _)| *known == name).expect("a target of this name");
    target(data);
}

/// An answer of a DNS server, to a question of ours.
fn dns(data: &[u8]) {
    let query = srv::query("_xmpp-client._tcp.example.org", 0x4242).expect("a name");
    let _ = srv::read_answer(data, &query);
}

/// A stream, whole and in pieces: whatever the cuts, the frames are the same and so is the verdict.
fn framer(data: &[u8]) {
    let mut random = Random::of(data);
    let (mut cut, mut whole) = (Framer::new(), Framer::new());
    whole.push(data);
    let mut rest = data;
    loop {
        let (piece, behind) = rest.split_at(random.below(rest.len() + 1));
        cut.push(piece);
        rest = behind;
        loop {
            let here = cut.poll();
            if here == Ok(None) {
                break;
            }
            assert_eq!(here, whole.poll());
            match here {
                Ok(Some(Frame::Element(text))) => {
                    let _ = Element::parse(text, &Namespaces::default_is("jabber:client"));
                }
                Ok(Some(Frame::Header(text))) => drop(Namespaces::of_open_tag(text)),
                Ok(Some(Frame::Skipped(_))) => {}
                _ => return,
            }
        }
        assert!(cut.rest().len() <= limits::STANZA_BYTES_MAX);
        if rest.is_empty() && random.below(2) == 0 {
            break;
        }
    }
    assert_eq!(whole.poll(), Ok(None));
}

/// The top elements of a text, as far as there are any.
fn elements(data: &[u8]) -> Vec<Element> {
    let mut framer = Framer::new();
    framer.push(b"<s xmlns='jabber:client'>");
    framer.push(data);
    let namespaces = Namespaces::default_is("jabber:client");
    let mut elements = Vec::new();
    while let Ok(Some(frame)) = framer.poll() {
        if let Frame::Element(text) = frame {
            elements.extend(Element::parse(text, &namespaces));
        }
    }
    elements
}

/// The head of a request, and what comes behind it as chunks.
fn head(data: &[u8]) {
    let peer = IpAddr::V4(Ipv4Addr::LOCALHOST);
    let whole = read_head(data, peer);
    let mut random = Random::of(data);
    // Read earlier, it is not there yet, or refused for what is in it.
    let before = &data[..random.below(data.len() + 1)];
    match (read_head(before, peer), &whole) {
        (Ok(None), _) | (Err(_), Err(_)) => {}
        (Ok(Some((_, end))), Ok(Some((_, other)))) => assert_eq!(end, *other),
        (early, late) => panic!("{early:?}, and then {late:?}"),
    }
    if let Ok(Some((request, end))) = &whole {
        assert!(request.path.starts_with('/') && !request.path.contains(['\r', '\n', ' ']), "{:?}", request.path);
        let _ = text::query_pairs(&request.query);
        chunks(&data[*end..], &mut random);
    }
    chunks(data, &mut random);
}

/// Chunks, whole and cut in two.
fn chunks(data: &[u8], random: &mut Random) {
    const MOST: usize = 1000;
    let new = || Decoder::Chunked(Chunked::new(MOST));
    let (mut whole, mut cut) = (Vec::new(), Vec::new());
    let mut decoder = new();
    let used = decoder.feed(data, &mut whole);
    let mut in_two = new();
    let early = in_two.feed(&data[..random.below(data.len() + 1)], &mut cut);
    let late = early.and_then(|early| Ok(early + in_two.feed(&data[early..], &mut cut)?));
    assert_eq!(used.is_err(), late.is_err());
    if let Ok(used) = used {
        assert!(used <= data.len() && whole.len() <= MOST);
        assert_eq!((Ok(used), &whole, decoder.is_done()), (late, &cut, in_two.is_done()));
    }
}

/// A body in JSON, and whatever may be asked of it.
fn fields(data: &[u8]) {
    let Ok(fields) = json::Fields::parse(data) else { return };
    for key in ["to", "text", "account", "name", "url", "n"] {
        let _ = (fields.number(key), fields.truth(key), fields.decimal(key));
        let _ = (fields.texts(key), fields.need_objects(key), fields.text_at(&[key, "a"]), fields.joined_at(&[key]));
        if let Ok(Some(text)) = fields.text(key) {
            let again =
                json::Fields::parse(json::Object::new().text(key, text).end().as_bytes()).expect("JSON of ours");
            assert_eq!(again.text(key), Ok(Some(text)));
        }
    }
}

/// The key of tokens in the corpus.
pub(crate) const TOKEN_KEY: &[u8] = b"a key of 32 bytes, or of so many";

/// A token of somebody with a browser: as it is, and with its parts signed as if we had made them.
fn tokens(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let is_ours = |token: &str| {
        let (signed, signature) = token.rsplit_once('.').expect("it was read");
        text::unbase64url(signature) == Some(crypto::hmac_sha256(TOKEN_KEY, signed.as_bytes()).to_vec())
    };
    assert!(jwt::open(TOKEN_KEY, &text).is_none() || is_ours(&text), "{text:?} is believed");
    let signed = text.rsplit_once('.').map_or(text.as_ref(), |(signed, _)| signed);
    let signature = text::base64url(&crypto::hmac_sha256(TOKEN_KEY, signed.as_bytes()));
    let token = format!("{signed}.{signature}");
    let _ = jwt::open(TOKEN_KEY, &token);
    assert!(jwt::open(b"another key", &token).is_none());
}

/// Results and ends of pages of an archive, however it is read: nothing is told twice, and what is held is bounded.
fn mam(data: &[u8]) {
    const MOST: usize = 2000;
    let elements = elements(data);
    let name = || "q".to_string();
    let readings: [CatchUp<usize>; 5] = [
        CatchUp::new(name(), Some("m0".to_string())),
        CatchUp::new(name(), None),
        CatchUp::since(name(), 1_700_000_000_000),
        CatchUp::behind(name(), "m9".to_string()),
        CatchUp::backward(name()),
    ];
    for mut reading in readings {
        let mut told = vec![0; elements.len()];
        for (number, element) in elements.iter().enumerate() {
            let out = match read_result(element) {
                Some(ArchiveResult { id, query, forwarded }) if reading.is_mine(query) => {
                    match reading.result(id, number, forwarded.weight(), MOST) {
                        Turn::Now(one) => vec![one],
                        Turn::Later => Vec::new(),
                        Turn::Never(all) => all,
                    }
                }
                Some(_) => Vec::new(),
                None => end_of_page(&mut reading, element),
            };
            out.into_iter().for_each(|number| told[number] += 1);
            assert!(reading.held_bytes() <= MOST);
            let _ = (reading.build_query(), reading.newest(), reading.tells_in_order());
        }
        reading.leave().into_iter().for_each(|number| told[number] += 1);
        assert!(told.iter().all(|times| *times <= 1), "{told:?}");
    }
}

/// What comes at the end of a page, if this is one.
fn end_of_page(reading: &mut CatchUp<usize>, iq: &Element) -> Vec<usize> {
    let error = iq.attribute("type") == Some("error");
    let Some(fin) = iq.children().find(|child| child.name() == "fin") else {
        if error {
            reading.id_is_unknown();
        }
        return Vec::new();
    };
    match reading.page_end(&Fin::read(fin)) {
        Next::Page => reading.asked(),
        Next::Done(all) => {
            reading.read_on(Some("m1"));
            if !reading.reads_on() {
                reading.look_again();
            }
            return all;
        }
    }
    Vec::new()
}

/// Gives what it has in pieces of chance.
struct Trickle<'a>(&'a [u8], Random);

impl Read for Trickle<'_> {
    fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        let most = 1 + self.1.below(60);
        let count = most.min(out.len()).min(self.0.len());
        out[..count].copy_from_slice(&self.0[..count]);
        self.0 = &self.0[count..];
        Ok(count)
    }
}

/// Everything in a form, and whether it came to its end.
fn read_form(content_type: &str, input: &mut dyn Read) -> (String, bool) {
    let mut seen = String::new();
    let Ok(mut form) = Form::new(content_type, input) else { return (seen, false) };
    loop {
        match form.next_part() {
            Ok(Some(part)) => seen.push_str(&format!("{part:?}\n")),
            Ok(None) => return (seen, true),
            Err(_) => return (seen, false),
        }
        loop {
            match form.piece() {
                Ok(Some(piece)) => seen.extend(piece.iter().map(|byte| char::from(*byte))),
                Ok(None) => break,
                Err(_) => return (seen, false),
            }
        }
    }
}

/// A form: its Content-Type in the first line, then the body; whole, and in pieces.
fn multipart(data: &[u8]) {
    let at = data.iter().position(|byte| *byte == b'\n').unwrap_or(data.len());
    let (content_type, body) = data.split_at(at);
    let (content_type, mut body) = (String::from_utf8_lossy(content_type), body.get(1..).unwrap_or_default());
    let cut = read_form(&content_type, &mut Trickle(body, Random::of(data)));
    let whole = read_form(&content_type, &mut body);
    assert_eq!(whole.1, cut.1);
    // Of a broken form more may be seen before it breaks.
    assert!(!whole.1 || whole.0 == cut.0);
}

/// The first message that the inputs with a valid proof begin with.
const SERVER_FIRST: &str = "r=abcDEF,s=QQ==,i=4096";

/// What a server says in a login, a line each: whatever it is, it has not proved that it knows the password.
fn sasl(data: &[u8]) {
    let lines: Vec<&[u8]> = data.split(|byte| *byte == b'\n').collect();
    for (hash, name, bytes) in
        [(Hash::Sha1, "SCRAM-SHA-1", 20), (Hash::Sha256, "SCRAM-SHA-256", 32), (Hash::Sha512, "SCRAM-SHA-512", 64)]
    {
        let offer = Offer { mechanisms: vec![name.to_string()], bindings: Vec::new() };
        let choice = choose(&offer, None, Channel::Open).expect("a mechanism");
        // With the key there is nothing to derive, which is slow as it is meant to be.
        let keys = (vec![1; bytes], vec![2; bytes]);
        let key = LoginKey { hash, salt: b"A".to_vec(), iterations: 4096, client_key: keys.0, server_key: keys.1 };
        if !lines.iter().all(|line| is_quick(line)) {
            return;
        }
        let (mut exchange, _) = Exchange::start(choice, "user", Secret::new("pencil"), Some(key), "abc".to_string());
        for line in &lines {
            let challenged = exchange.challenge(line);
            if challenged.is_err() && exchange.success(line).is_ok() {
                assert_eq!(lines[0], SERVER_FIRST.as_bytes(), "a proof for what nobody asked");
            }
        }
    }
    let mechanisms = lines.iter().map(|line| String::from_utf8_lossy(line).into_owned()).collect();
    let _ = choose(&Offer { mechanisms, bindings: Vec::new() }, None, Channel::Private).map(|choice| choice.name());
}

/// Whether no key has to be derived: what else is asked is refused at once, or is the salt and count of the key above.
fn is_quick(line: &[u8]) -> bool {
    let text = String::from_utf8_lossy(line);
    let count = text.split(',').nth(2).and_then(|part| part.strip_prefix("i=")).and_then(|count| count.parse().ok());
    let salt = text.split(',').nth(1).and_then(|part| part.strip_prefix("s=")).and_then(text::unbase64);
    let would_derive = count.is_some_and(|count: u32| limits::SCRAM_ITERATIONS.contains(&count));
    !would_derive || (salt.as_deref() == Some(b"A") && count == Some(4096))
}

/// Addresses, times, names by time, and the escapes of URLs.
fn texts(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    if let Ok(jid) = Jid::parse(&text) {
        assert_eq!(Jid::parse(jid.as_str()).as_ref(), Ok(&jid), "{text:?} is not normalised at once");
    }
    let _ = text::unpercent(&text, text::Plus::IsSpace);
    let _ = text::query_pairs(&text);
    let _ = text::shorten(&text, 3 + data.len() % 20);
    if let Some(bytes) = text::unbase64(&text) {
        assert_eq!(text::unbase64(&text::base64(&bytes)), Some(bytes));
    }
    if let Some((at_ms, random)) = ulid::read(&text) {
        assert_eq!(ulid::ulid(at_ms, random), text.to_ascii_lowercase());
    }
    if let Some(ms) = from_rfc3339(&text) {
        assert_eq!(from_rfc3339(&to_rfc3339(ms)), Some(ms));
    }
}

/// A certificate, as the server shows it.
fn certificate(data: &[u8]) {
    let _ = (x509::signature_hash(data), tls::pin_of(data));
    if let Some(ms) = x509::not_after(data) {
        let _ = x509::date(ms);
    }
}
