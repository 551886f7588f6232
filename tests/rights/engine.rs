//! The engine in a thread of its own, with a clock that stands until somebody moves it.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU32, Ordering};
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread::JoinHandle;
use std::time::Duration;

use botmother::base::remedy::Language;
use botmother::base::secret::Secret;
use botmother::base::spool::Spool;
use botmother::base::time::Now;
use botmother::core::effect::Effect;
use botmother::core::handle::{Encrypt, Handle, Quotas};
use botmother::core::setup::{Settings, Setup};
use botmother::engine::event::Event;
use botmother::face::Context;
use botmother::face::principal::{AdminNeeds, AdminRule, Gate};
use botmother::store::Store;
use rusqlite::Connection;

use super::ADMIN;

/// For the requests of other tests, whose engine says what it was asked; this one does not.
pub(crate) type Asked = Receiver<String>;

pub(crate) fn start() -> (Handle, Asked) {
    panic!("the rig starts the engine")
}

/// A place for files of this test; it is left empty.
pub(crate) fn spool() -> Spool {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let number = COUNT.fetch_add(1, Ordering::Relaxed);
    Spool::open(&Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("rights-spool-{number}"))).unwrap()
}

/// What the configuration says of quotas.
pub(crate) fn quotas() -> Quotas {
    Quotas { bots: 20, ..Quotas::default() }
}

pub(crate) struct Engine {
    events: Option<Sender<Event>>,
    thread: Option<JoinHandle<Store>>,
    later: Arc<AtomicI64>,
    watcher: Connection,
}

/// As the daemon has it.
fn entropy(out: &mut [u8]) {
    botmother::base::crypto::random(out);
}

impl Engine {
    /// `later`: seconds since the first start.
    pub(crate) fn start(store: Store, file: &Path, later: i64) -> Engine {
        let later = Arc::new(AtomicI64::new(later));
        let (events, inbox) = mpsc::channel();
        let settings = Settings {
            language: Language::English,
            accounts: Vec::new(),
            admins: Vec::new(),
            system_roots: false,
            encrypt: Encrypt::Off,
            self_chat: Encrypt::Off,
            history_days: 0,
            quotas: quotas(),
            watch: Default::default(),
            web: Default::default(),
        };
        let api_url = "http://localhost:7842/bot/".to_string();
        let setup = Setup { settings, api_url, api: Default::default(), rate_limit: 0, entropy, memory: || 0 };
        let clock = later.clone();
        let now = move || {
            let later = clock.load(Ordering::SeqCst);
            Now { mono: Duration::from_secs(1_000 + later.unsigned_abs()), unix_ms: (1_800_000_000 + later) * 1_000 }
        };
        let engine = botmother::engine::Engine::new(store, setup, now()).unwrap();
        let thread = std::thread::spawn(move || {
            engine.run(&inbox, now, |effect| {
                if let Effect::Answer(reply, outcome) = effect {
                    reply.send(outcome);
                }
            })
        });
        let watcher = Connection::open(file).unwrap();
        Engine { events: Some(events), thread: Some(thread), later, watcher }
    }

    /// What faces work with.
    pub(crate) fn context(&self, needs: AdminNeeds) -> Arc<Context> {
        let handle = Handle::new(self.events.clone().unwrap());
        let gate = Gate::new(AdminRule { needs, token: Secret::new(ADMIN) }, 0, Now::default);
        Arc::new(Context {
            handle,
            gate,
            base_url: "http://localhost:7842".to_string(),
            spool: spool(),
            after: |_| Box::pin(std::future::pending()),
            shelf: botmother::base::shelf::Shelf::below(&std::env::temp_dir().join("botmother-no-files")),
            now: Default::default,
            process: Vec::new,
            reload: || {},
        })
    }

    pub(crate) fn wait(&self, seconds: i64) {
        self.later.fetch_add(seconds, Ordering::SeqCst);
    }

    pub(crate) fn later(&self) -> i64 {
        self.later.load(Ordering::SeqCst)
    }

    /// A number that is another one after each commit that wrote something.
    pub(crate) fn writes(&self) -> i64 {
        self.watcher.query_row("PRAGMA data_version", [], |row| row.get(0)).unwrap()
    }

    /// Ends without a word to anybody. All faces over it must be gone.
    pub(crate) fn kill(mut self) -> Store {
        self.events = None;
        self.thread.take().unwrap().join().unwrap()
    }
}
