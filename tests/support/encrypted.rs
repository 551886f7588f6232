//! What the tests of OMEMO on real servers share: a server that writes down every stanza, the daemon there with a bot's
//! program, and clients with another implementation (slixmpp-omemo).

use std::fmt::Debug;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use super::daemon::Daemon;
use super::http::Json;
use super::peer::{Iq, Login, Message, Peer};
use super::server::{Kind, Options, Server};

pub const SOON: Duration = Duration::from_secs(40);
/// Long enough for something to come that must not.
pub const QUIET: Duration = Duration::from_secs(2);
/// Both versions, as a peer names them.
pub const BOTH: &str = "0.3 2";

/// A server that logs every stanza, where these have accounts.
pub fn serve(kind: Kind, users: &[&str]) -> Option<Server> {
    let server = Server::start_with(kind, Options { debug: true, ..Options::default() })?;
    users.iter().for_each(|user| server.add_user(user, "pw"));
    Some(server)
}

pub fn login(server: &Server, user: &str, resource: &str, omemo: &'static str) -> Peer {
    Peer::login_with(server, user, "pw", resource, &Login { omemo, ..Login::default() })
}

/// Asks again and again until the answer is good; what it is instead is told when it takes too long.
pub fn until<T, D: Debug>(daemon: &Daemon, mut ask: impl FnMut() -> Result<T, D>) -> T {
    let begun = Instant::now();
    loop {
        match ask() {
            Ok(answer) => return answer,
            Err(instead) => assert!(begun.elapsed() < SOON, "{instead:?}\n{}", daemon.log_text()),
        }
        thread::sleep(Duration::from_millis(200));
    }
}

/// Asks or orders something as `peer`; of its own account if `to` is empty.
pub fn iq(peer: &mut Peer, kind: &str, to: &str, payload: &str) -> Iq {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let id = format!("iq-{}", COUNT.fetch_add(1, Ordering::Relaxed));
    let to = if to.is_empty() { String::new() } else { format!(" to='{to}'") };
    peer.raw(&format!("<iq type='{kind}' id='{id}'{to}>{payload}</iq>"));
    peer.expect_iq(SOON, &id)
}

/// What stands in somebody's personal node, as XML.
pub fn items(peer: &mut Peer, of: &str, node: &str) -> String {
    let query = format!("<pubsub xmlns='http://jabber.org/protocol/pubsub'><items node='{node}'/></pubsub>");
    iq(peer, "get", of, &query).xml
}

/// A message that the bot has sent is read by this client, and was encrypted.
pub fn reads(peer: &mut Peer, id: &str, text: &str) -> Message {
    let message = peer.expect(SOON, |message| message.id == id);
    assert_eq!((message.body.as_str(), message.error.as_str()), (text, ""), "{message:?}");
    assert!(!message.encrypted.is_empty() && !message.xml.contains(text), "{message:?}");
    message
}

/// A daemon, its server, and the program of one bot there.
pub struct Scene {
    pub daemon: Daemon,
    pub server: Server,
    /// The owner's address, and the bot's if it has one of its own.
    pub owner: String,
    pub bot: String,
    pub id: i64,
    pub token: String,
    pub offset: i64,
}

impl Scene {
    /// A daemon that is signed in to the account of `user`, and no bot yet. `policy` is a line of `[omemo]`.
    pub fn on(server: Server, user: &str, policy: &str) -> Scene {
        let more = format!("[api]\nrate_limit = 0\n[omemo]\n{policy}\n");
        let daemon = Daemon::with_account(&server, user, "pw", server.c2s_port, &more);
        daemon.wait_online(1, SOON);
        Scene::of(daemon, server, user)
    }

    /// The same with a daemon that is there, for bots of `owner`.
    pub fn of(daemon: Daemon, server: Server, owner: &str) -> Scene {
        let owner = server.jid(owner);
        Scene { daemon, server, owner, bot: String::new(), id: 0, token: String::new(), offset: 0 }
    }

    /// A daemon that is signed in as `keeper`, with the bot `bot`, which has an account of its own and is `owner`'s.
    pub fn with_bot(server: Server, policy: &str, owner: &str, access: &str) -> Scene {
        let mut scene = Scene::on(server, "keeper", &format!("default = \"{policy}\""));
        (scene.owner, scene.bot) = (scene.server.jid(owner), scene.server.jid("bot"));
        let (account, jid) = (&scene.owner, &scene.bot);
        let body = format!(
            r#"{{"name":"Robo","account":"{account}","mode":"cloud","jid":"{jid}","password":"pw","access":"{access}"}}"#
        );
        let created = scene.daemon.http().post("/bot/create", None, &body).ok();
        (scene.token, scene.id) = (created.at("token").text(), created.at("id").number());
        scene
    }

    pub fn login(&self, user: &str, resource: &str, omemo: &'static str) -> Peer {
        login(&self.server, user, resource, omemo)
    }

    /// The bot's device, as soon as others can see it in both versions.
    pub fn announced(&self, peer: &mut Peer) -> String {
        until(&self.daemon, || match &peer.devices(&self.bot)[..] {
            [(device, versions)] if versions == BOTH => Ok(device.clone()),
            others => Err(others.to_vec()),
        })
    }

    /// The next update of this kind; others are passed over.
    pub fn heard(&mut self, kind: &str) -> Json {
        let begun = Instant::now();
        loop {
            let path = format!("/bot/getUpdates?limit=1&timeout=5&offset={}", self.offset);
            for update in self.daemon.http().get(&path, Some(&self.token)).ok().at("result").list() {
                self.offset = update.at("update_id").number() + 1;
                if update.at("type").text() == kind {
                    return update.at("data");
                }
            }
            assert!(begun.elapsed() < SOON, "no {kind} came\n{}", self.daemon.log_text());
        }
    }

    /// The next message for the bot's program is this, and came encrypted.
    pub fn hears(&mut self, text: &str) -> Json {
        let data = self.heard("message");
        assert_eq!((data.at("body").text().as_str(), data.at("encrypted").truth()), (text, true), "{data:?}");
        data
    }

    /// The bot says something; gives the id, and whether it is told that it goes encrypted.
    pub fn say(&self, to: &str, text: &str) -> (String, bool) {
        self.send(&format!(r#"{{"to":"{to}","text":"{text}"}}"#))
    }

    /// The same with a whole question.
    pub fn send(&self, body: &str) -> (String, bool) {
        let answer = self.daemon.http().post("/bot/sendMessage", Some(&self.token), body).ok().at("result");
        (answer.at("message_id").text(), answer.at("encrypted").truth())
    }

    /// The bot says something, and is told that it goes encrypted; gives the id.
    pub fn say_encrypted(&self, to: &str, text: &str) -> String {
        let (id, is_encrypted) = self.say(to, text);
        assert!(is_encrypted, "{text}");
        id
    }

    /// The bot sends a file, which goes encrypted.
    pub fn send_file(&self, path: &Path, fields: &[String]) {
        let mut curl = Command::new("curl");
        curl.args(["--silent", "--max-time", "60", "-H", &format!("Authorization: Bearer {}", self.token)]);
        for field in fields.iter().chain([&format!("file=@{}", path.display())]) {
            curl.args(["-F", field]);
        }
        let answer = curl.arg(format!("http://127.0.0.1:{}/bot/sendFile", self.daemon.port)).output().expect("curl");
        let answer = String::from_utf8(answer.stdout).expect("UTF-8");
        assert!(answer.contains(r#""encrypted":true"#), "{answer}");
    }

    /// Whether a text went over the server, or lies there.
    pub fn is_on_server(&self, text: &str) -> bool {
        let mut search = Command::new("grep");
        search.args(["-rqaF", text]).arg(&self.server.dir).args(["--exclude=peer-*", "--exclude=omemo-*"]);
        search.status().expect("grep").success()
    }
}
