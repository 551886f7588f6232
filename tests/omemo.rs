//! Does our OMEMO understand the others, and they ours? Random traffic between it and four other implementations:
//! loss, disorder, repetition, sessions begun anew, by both at once.
//!
//! The others run as processes of their own (tests/omemo/) and are talked to by lines of JSON: their licences are not
//! ours, so nothing of them is linked or copied. Skipped where one is not installed, unless REQUIRE_SERVERS=1.

#[path = "support/skip.rs"]
#[allow(unreachable_pub)]
mod skip;

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::OnceLock;

use botmother::base::text::hex;
use botmother::omemo::{
    Bundle, Device, DeviceKey, Encrypted, Entropy, Error, Reach, Recipient, Session, Version, decrypt, encrypt,
    new_device_id,
};
use miniserde::{Deserialize, json};

/// SplitMix64: the same choices of ours in every run.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, max: usize) -> usize {
        (self.next() % max as u64) as usize
    }

    fn one_in(&mut self, many: usize) -> bool {
        self.below(many) == 0
    }

    fn with<T>(&mut self, work: impl FnOnce(&mut Entropy<'_>) -> T) -> T {
        let mut fill = |out: &mut [u8]| out.iter_mut().for_each(|byte| *byte = self.next() as u8);
        work(&mut Entropy::new(&mut fill))
    }
}

#[derive(Deserialize, Default, Debug)]
struct Answer {
    error: Option<String>,
    text: Option<String>,
    exchange: Option<u32>,
    key: Option<String>,
    iv: Option<String>,
    payload: Option<String>,
    ik: Option<String>,
    spk_id: Option<u32>,
    spk: Option<String>,
    sig: Option<String>,
    prekeys: Option<String>,
}

fn unhex(text: &str) -> Vec<u8> {
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
}

fn array<const N: usize>(text: &Option<String>) -> [u8; N] {
    unhex(text.as_deref().unwrap()).try_into().unwrap()
}

/// A running implementation.
struct Process {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Process {
    fn start(command: &mut Command) -> Process {
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("the process starts");
        let input = child.stdin.take().unwrap();
        let output = BufReader::new(child.stdout.take().unwrap());
        Process { child, input, output }
    }

    fn ask(&mut self, command: &str) -> Answer {
        writeln!(self.input, "{command}").unwrap();
        let mut line = String::new();
        self.output.read_line(&mut line).unwrap();
        json::from_str(&line).unwrap_or_else(|_| panic!("no answer to {command}: {line:?}"))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

const US: &str = "us@example.org";

/// A message on its way.
struct Sent {
    text: String,
    encrypted: Encrypted,
}

/// One party of ours and one of theirs.
struct Pair<'a> {
    process: &'a mut Process,
    party: u64,
    version: Version,
    device: Device,
    session: Option<Session>,
    their_id: u32,
    their_bundle: Bundle,
    /// Whether they have a session.
    is_known: bool,
}

impl<'a> Pair<'a> {
    fn new(process: &'a mut Process, version: Version, party: u64, random: &mut Random) -> Pair<'a> {
        let their_id = 1_000 + party as u32;
        let answer = process.ask(&format!("{{\"do\":\"new\",\"party\":{party},\"device\":{their_id}}}"));
        assert_eq!(answer.error, None);
        let prekeys = answer.prekeys.as_deref().unwrap().split(',').map(|prekey| {
            let (id, key) = prekey.split_once(':').unwrap();
            (id.parse().unwrap(), unhex(key).try_into().unwrap())
        });
        let bundle = Bundle {
            identity: array(&answer.ik),
            signed_prekey_id: answer.spk_id.unwrap(),
            signed_prekey: array(&answer.spk),
            signature: array(&answer.sig),
            prekeys: prekeys.collect(),
        };
        // by way of its element
        let their_bundle = Bundle::read(version, &bundle.build(version)).unwrap();
        assert_eq!(their_bundle, bundle);
        let device = random.with(|entropy| {
            let (id, identity) = (new_device_id(entropy), entropy.key());
            Device::new(version, id, &identity, 0, entropy)
        });
        Pair { process, party, version, device, session: None, their_id, their_bundle, is_known: false }
    }

    fn send(&mut self, text: String, fresh: bool, random: &mut Random) -> Sent {
        let reach = match &self.session {
            Some(session) if !fresh => Reach::Session(session),
            before => Reach::Bundle(&self.their_bundle, before.as_ref()),
        };
        let recipient = Recipient { jid: "peer@example.org", device: self.their_id, reach };
        let sealed = random.with(|entropy| encrypt(&self.device, Some(text.as_bytes()), &[recipient], entropy));
        let session = sealed.sessions.into_iter().next().unwrap().unwrap();
        self.session = Some(Session::from_bytes(&session.to_bytes()).unwrap());
        let read = Encrypted::read(&sealed.encrypted.build(), "peer@example.org", self.their_id).unwrap();
        Sent { text, encrypted: read }
    }

    fn deliver(&mut self, sent: &Sent) -> Answer {
        let key = &sent.encrypted.keys[0];
        self.process.ask(&format!(
            "{{\"do\":\"open\",\"party\":{},\"from\":{},\"exchange\":{},\"key\":\"{}\",\"iv\":\"{}\",\"payload\":\"{}\"}}",
            self.party,
            self.device.id(),
            u8::from(key.is_exchange),
            hex(&key.data),
            hex(&sent.encrypted.iv),
            hex(sent.encrypted.payload.as_deref().unwrap())
        ))
    }

    fn let_send(&mut self, text: String, fresh: bool, random: &mut Random) -> Sent {
        let mut command = format!(
            "{{\"do\":\"seal\",\"party\":{},\"to\":{},\"text\":\"{}\"",
            self.party,
            self.device.id(),
            hex(text.as_bytes())
        );
        if fresh || !self.is_known {
            let bundle = Bundle::read(self.version, &self.device.bundle().build(self.version)).unwrap();
            let (prekey_id, prekey) = bundle.prekeys[random.below(bundle.prekeys.len())];
            command += &format!(
                ",\"ik\":\"{}\",\"spk_id\":{},\"spk\":\"{}\",\"sig\":\"{}\",\"prekey_id\":{prekey_id},\"prekey\":\"{}\"",
                hex(&bundle.identity),
                bundle.signed_prekey_id,
                hex(&bundle.signed_prekey),
                hex(&bundle.signature),
                hex(&prekey)
            );
        }
        self.is_known = true;
        let answer = self.process.ask(&(command + "}"));
        assert_eq!(answer.error, None);
        let key = DeviceKey {
            jid: (self.version == Version::Omemo2).then(|| US.to_string()),
            device: self.device.id(),
            is_exchange: answer.exchange == Some(1),
            data: unhex(answer.key.as_deref().unwrap()),
        };
        let encrypted = Encrypted {
            version: self.version,
            sender: self.their_id,
            keys: vec![key],
            iv: unhex(answer.iv.as_deref().unwrap()),
            payload: Some(unhex(answer.payload.as_deref().unwrap())),
        };
        let read = Encrypted::read(&encrypted.build(), US, self.device.id()).unwrap();
        assert_eq!(read, encrypted);
        Sent { text, encrypted: read }
    }

    fn receive(&mut self, sent: &Sent) -> Result<String, Error> {
        let opened = decrypt(&self.device, &sent.encrypted, self.session.as_ref())?;
        assert_eq!(opened.identity, self.their_bundle.identity(self.version).unwrap());
        if let Some(prekey) = opened.prekey {
            self.device.mark_used(prekey);
        }
        self.session = Some(opened.session);
        Ok(String::from_utf8(opened.payload.unwrap().to_vec()).unwrap())
    }
}

/// What was tried.
#[derive(Default, Debug)]
struct Count {
    messages: usize,
    repeated: usize,
    resets: usize,
    /// Pairs in which both began before either had heard from the other.
    simultaneous: usize,
}

/// One pair's traffic. With `resets`, either begins anew at times.
fn traffic(pair: &mut Pair<'_>, steps: usize, resets: bool, random: &mut Random, count: &mut Count) {
    let (mut to_them, mut to_us): (Vec<Sent>, Vec<Sent>) = Default::default();
    let (mut ours_first, mut theirs_first) = (false, false);
    for step in 0..steps {
        let text = format!("message {step} of {}, ü", pair.party);
        let fresh = resets && random.one_in(30);
        match random.below(4) {
            0 => {
                ours_first |= pair.session.is_none();
                count.resets += usize::from(fresh);
                to_them.push(pair.send(text, fresh, random));
            }
            1 => {
                theirs_first |= !pair.is_known;
                count.resets += usize::from(fresh);
                to_us.push(pair.let_send(text, fresh, random));
            }
            2 if !to_them.is_empty() => {
                let sent = to_them.remove(if random.one_in(3) { random.below(to_them.len()) } else { 0 });
                if random.one_in(10) {
                    continue;
                }
                let answer = pair.deliver(&sent);
                let context = format!("party {}, step {step}, to them: {answer:?}", pair.party);
                assert_eq!(answer.text.map(|text| unhex(&text)), Some(sent.text.into_bytes()), "{context}");
                pair.is_known = true;
                count.messages += 1;
            }
            3 if !to_us.is_empty() => {
                let sent = to_us.remove(if random.one_in(3) { random.below(to_us.len()) } else { 0 });
                if random.one_in(10) {
                    continue;
                }
                assert_eq!(pair.receive(&sent).as_ref(), Ok(&sent.text), "party {}, step {step}", pair.party);
                count.messages += 1;
                if random.one_in(8) {
                    let before = pair.session.clone();
                    assert_eq!(pair.receive(&sent), Err(Error::Duplicate), "party {}, step {step}", pair.party);
                    assert_eq!(pair.session, before);
                    count.repeated += 1;
                }
            }
            _ => {}
        }
    }
    count.simultaneous += usize::from(ours_first && theirs_first);
}

fn run(mut process: Process, version: Version, pairs: u64, resets: bool) {
    let mut count = Count::default();
    for party in 0..pairs {
        let random = &mut Random(party);
        let mut pair = Pair::new(&mut process, version, party, random);
        traffic(&mut pair, 140, resets, random, &mut count);
    }
    println!("{version:?}: {pairs} pairs, {count:?}");
    assert!(count.messages > pairs as usize * 25 && count.repeated > 0, "{count:?}");
    assert!(!resets || count.resets > 0 && count.simultaneous > 0, "{count:?}");
}

fn source(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/omemo").join(name)
}

/// Nothing, with a word about it, when something is not installed.
fn missing(what: &str) {
    skip::skip_missing(what);
}

/// A Python implementation.
fn python(name: &str) -> Option<Process> {
    let venv = std::env::var_os("BOTMOTHER_TEST_VENV").unwrap_or_else(|| "target/test-venv".into());
    let python = Path::new(env!("CARGO_MANIFEST_DIR")).join(venv).join("bin/python");
    let has = Command::new(&python).args(["-c", &format!("import {name}")]).stderr(Stdio::null()).status();
    if !has.is_ok_and(|status| status.success()) {
        missing(name);
        return None;
    }
    Some(Process::start(Command::new(python).arg(source("peer.py")).arg(name)))
}

#[test]
fn oldmemo() {
    if let Some(process) = python("oldmemo") {
        run(process, Version::Legacy, 40, true);
    }
}

#[test]
fn twomemo() {
    if let Some(process) = python("twomemo") {
        run(process, Version::Omemo2, 40, true);
    }
}

#[test]
fn omemo_dr() {
    if let Some(process) = python("omemo_dr") {
        run(process, Version::Legacy, 60, true);
    }
}

/// libomemo-c, in a driver compiled once.
fn libomemo(version: Version) -> Option<Process> {
    static DRIVER: OnceLock<Option<PathBuf>> = OnceLock::new();
    let driver = DRIVER.get_or_init(|| {
        let out = Path::new(env!("CARGO_TARGET_TMPDIR")).join("omemo-peer");
        let mut compiler = Command::new("cc");
        compiler.args(["-w", "-O1", "-o"]).arg(&out).arg(source("peer.c")).args(["-lomemo-c", "-lcrypto"]);
        compiler.stderr(Stdio::null()).status().is_ok_and(|status| status.success()).then_some(out)
    });
    let Some(driver) = driver else {
        missing("libomemo-c");
        return None;
    };
    let number = if version == Version::Legacy { "3" } else { "4" };
    Some(Process::start(Command::new(driver).arg(number)))
}

#[test]
fn libomemo_c_legacy() {
    if let Some(process) = libomemo(Version::Legacy) {
        run(process, Version::Legacy, 60, true);
    }
}

#[test]
fn libomemo_c_omemo2() {
    if let Some(process) = libomemo(Version::Omemo2) {
        run(process, Version::Omemo2, 60, true);
    }
}
