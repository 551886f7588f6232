//! Calls to other services: webhooks, AI, files, ejabberd.

use std::time::Duration;

/// A whole exchange with another service, unless its kind needs another bound: docs/webhooks.md has it for them.
pub const CALL_TIMEOUT: Duration = Duration::from_secs(10);
/// An answer taken into memory: the longest of Telegram or an AI stay far below, as many as [`WORK_THREADS_MAX`] must
/// fit a router.
pub const CALL_ANSWER_BYTES_MAX: u64 = 1024 * 1024;
/// Bytes that an answer may hold in memory without a share in [`ANSWERS_BYTES_MAX`]: as many as there are threads and
/// streams for them.
pub const ANSWER_BYTES_FREE: usize = 32 * 1024;
/// What all answers under way hold in memory beyond that: one of the longest, and some tens of an ordinary length.
pub const ANSWERS_BYTES_MAX: usize = 1024 * 1024;
/// Lines of one streamed answer that the engine has not looked at yet; a service that speaks faster waits.
pub const HEARD_BYTES_MAX: usize = 4 * 1024;
/// The explanation of an answer that was to be saved or streamed and is an error.
pub const CALL_ERROR_BYTES_MAX: u64 = 16 * 1024;
/// `Retry-After` beyond a day is a mistake or a joke.
pub const RETRY_AFTER_MAX: Duration = Duration::from_secs(24 * 3600);
/// Calls under way at once, each with a thread of its own (some 150 KB with TLS): what a router carries.
pub const WORK_THREADS_MAX: usize = 40;
/// Calls under way to one destination for one bot: a second, so that a slow answer does not stop everything.
pub const WORK_PER_KEY_MAX: usize = 2;
/// Calls that wait; beyond it the caller is told so.
pub const WORK_QUEUE_MAX: usize = 1_024;
/// Calls that wait for one destination and bot, so that a dead webhook does not fill the queue of all.
pub const WORK_QUEUE_PER_KEY_MAX: usize = 64;
/// A connection that a call has left is kept so long for the next one; shorter than [`WORK_IDLE`], so that the last
/// thread to go closes what is left.
pub const CONNECTION_KEPT: Duration = Duration::from_secs(9);
/// Connections kept so: as many as calls can be under way. One has some 50 KB of buffers.
pub const CONNECTIONS_KEPT_MAX: usize = WORK_THREADS_MAX;
/// A thread without work ends after this.
pub const WORK_IDLE: Duration = Duration::from_secs(10);
/// After the deadline of a stop: for cancelled calls to notice it.
pub const WORK_STOP_GRACE: Duration = Duration::from_secs(1);
/// Look-ups of names under way: the C library cannot be told to give up, so a dead nameserver holds a thread each.
pub const LOOKUPS_MAX: usize = 32;
/// How soon a call that waits for a name notices that it is called off.
pub const LOOKUP_STEP: Duration = Duration::from_millis(100);
/// Bytes read at once from another service; larger than [`ANSWER_HEAD_BYTES_MAX`](super::ANSWER_HEAD_BYTES_MAX), which
/// must fit in.
pub const CALL_READ_BYTES: usize = 32 * 1024;
/// Headers of one answer: some services have forty.
pub const ANSWER_HEADERS_MAX: usize = 128;
/// Bytes of a streamed answer read at once: some words.
pub const STREAM_READ_BYTES: usize = 4 * 1024;
/// Bytes of an answer passed on at once.
pub const CALL_PIECE_BYTES: usize = 8 * 1024;
/// Bytes written at once to another service.
pub const CALL_WRITE_BYTES: usize = 16 * 1024;
/// One line of a streamed answer: an event of an AI holds a few words, and the answer of one that does not stream is a
/// line.
pub const STREAM_LINE_BYTES_MAX: usize = 256 * 1024;
/// One event of several lines: pretty-printed JSON at most.
pub const AI_EVENT_BYTES_MAX: usize = 64 * 1024;
/// Sets of trust kept ready: the built-in one and as many CA files as anybody has.
pub const TRUSTS_MAX: usize = 16;
/// Sessions of TLS remembered for resumption, over all services.
pub const CALL_RESUMPTIONS_MAX: usize = 32;
/// One call to ejabberd's API: the server hashes a password for each, which is slow on a small machine.
pub const EJABBERD_TIMEOUT: Duration = Duration::from_secs(20);
/// An answer of ejabberd: a sentence.
pub const EJABBERD_ANSWER_BYTES_MAX: u64 = 64 * 1024;
/// What is shown of a sentence of another service.
pub const REMOTE_TEXT_BYTES_MAX: usize = 300;
/// One attempt to post an update to a webhook (docs/webhooks.md).
pub const WEBHOOK_TIMEOUT: Duration = Duration::from_secs(10);
/// Attempts of one bot handed out at once: few go at a time ([`WORK_PER_KEY_MAX`]), the rest need not wait for a
/// commit.
pub const WEBHOOK_IN_FLIGHT_MAX: usize = 16;
/// Pause after the first attempt in vain; it doubles (docs/webhooks.md).
pub const WEBHOOK_RETRY_FIRST: Duration = Duration::from_secs(1);
/// Longest pause between attempts (docs/webhooks.md).
pub const WEBHOOK_RETRY_MAX: Duration = Duration::from_secs(3600);
/// A webhook that answers nothing but 410 for so long has ended (docs/webhooks.md).
pub const WEBHOOK_GONE_AFTER: Duration = Duration::from_secs(24 * 3600);
/// Attempts that `getWebhookInfo` shows (docs/webhooks.md).
pub const WEBHOOK_ATTEMPTS_KEPT: i64 = 20;
/// A webhook's secret; Telegram's bound.
pub const WEBHOOK_SECRET_BYTES_MAX: usize = 256;
/// An AI's whole answer unless its bot says otherwise: large models on small machines think for a minute.
pub const AI_TIMEOUT_S: u32 = 120;
/// The longest a bot may allow: beyond it nobody waits any more.
pub const AI_TIMEOUT_S_MAX: u32 = 600;
/// Tokens of an answer unless the bot says otherwise, as in DinoX: some 1,500 words.
pub const AI_TOKENS: u32 = 2_048;
/// More tokens than any model gives in one answer.
pub const AI_TOKENS_MAX: u32 = 200_000;
/// Tokens of one question or answer that a service may say it has counted; more than any model takes, so it is nonsense.
pub const AI_TOKENS_SAID_MAX: u64 = 100_000_000;
/// What is kept of an answer: several times what [`AI_TOKENS`] can be.
pub const AI_ANSWER_BYTES_MAX: usize = 48 * 1024;
/// What is kept of all answers that are heard while they come: some of the longest, and dozens of an ordinary length. At its
/// end an answer is in memory some three times.
pub const AI_TEXTS_BYTES_MAX: usize = 640 * 1024;
/// An answer is not cut off before this, however many are long: as long as [`AI_TOKENS`] can be.
pub const AI_TEXT_BYTES_FREE: usize = 8 * 1024;
/// Turns of a conversation that an AI is told again: 20 messages.
pub const AI_TURNS: usize = 10;
/// Bytes of them, newest first: some 6,000 tokens, which small models can take beside the answer.
pub const AI_HISTORY_BYTES: usize = 24 * 1024;
/// What an AI is kept from forgetting; longer ago it was another talk.
pub const AI_RETENTION: Duration = Duration::from_secs(30 * 24 * 3600);
/// Questions of one conversation that wait for the one before them: nobody types more while he waits.
pub const AI_QUEUE_MAX: usize = 4;
/// Questions that wait in all.
pub const AI_QUESTIONS_MAX: usize = 256;
/// Questions asked at once: fifty of one bot, and some of others. One holds a connection,
/// over TLS some 15 KB, and what of its answer is there.
pub const AI_CALLS_MAX: usize = 56;
/// The same for one bot, so that one that everybody talks to does not silence the others.
pub const AI_CALLS_PER_BOT_MAX: usize = 50;
/// Of them those whose answer comes as a whole, which hold a thread each: with [`FILE_JOBS_MAX`] fewer than
/// [`WORK_THREADS_MAX`], so that dead AIs leave webhooks their threads.
pub const AI_WHOLE_CALLS_MAX: usize = 24;
/// The same for one bot.
pub const AI_WHOLE_CALLS_PER_BOT_MAX: usize = 10;
/// Answers that are heard while they come, at once: twice [`AI_CALLS_MAX`], as what was called off ends a moment later.
pub const AI_STREAMS_MAX: usize = 2 * AI_CALLS_MAX;
/// Calls for one question, with its second tries and what is left out of them.
pub const AI_CALLS_PER_QUESTION: u32 = 8;
/// Second tries at a service in trouble.
pub const AI_RETRIES: u32 = 2;
/// The first pause before such a try; the next is four times as long.
pub const AI_RETRY_FIRST: Duration = Duration::from_secs(2);
/// Who tells us to come back later than this is told to the person instead.
pub const AI_RETRY_AFTER_MAX: Duration = Duration::from_secs(60);
/// Questions of one conversation within a minute; more come from another machine.
pub const AI_PER_MINUTE_MAX: u32 = 15;
/// How long a conversation of two machines is left alone.
pub const AI_QUIET: Duration = Duration::from_secs(900);
/// One message of a long answer: what clients show and rooms pass on without complaint.
pub const AI_MESSAGE_BYTES: usize = 4_000;
/// Between two corrections of an answer that is shown while it comes: more often clients flicker and servers object.
pub const AI_LIVE_PACE: Duration = Duration::from_millis(1500);
/// A system prompt.
pub const AI_SYSTEM_BYTES_MAX: usize = 16 * 1024;
/// A model's name, and the name of an API caller's conversation.
pub const AI_NAME_BYTES_MAX: usize = 200;
/// An answer of an AI that is heard piece by piece: each word comes in an envelope of some 300 bytes.
pub const AI_STREAM_BYTES_MAX: u64 = 16 * 1024 * 1024;
/// Sending or fetching one file: 100 MB over a slow line of 1 Mbit/s take a quarter of an hour.
pub const TRANSFER_TIMEOUT: Duration = Duration::from_secs(30 * 60);
/// A file transfer on which nothing moves for so long is dead.
pub const TRANSFER_SILENCE_MAX: Duration = Duration::from_secs(30);
/// Redirects on the way to an attachment: to a content network, and within it.
pub const DOWNLOAD_REDIRECTS_MAX: u32 = 3;
/// Files being sent or fetched for bots at once: a fifth of [`WORK_THREADS_MAX`].
pub const FILE_JOBS_MAX: usize = 8;
/// The same for one bot, so that one cannot keep the others waiting.
pub const FILE_JOBS_PER_BOT_MAX: usize = 3;
/// For a file on its way, beside what its size needs: two questions to the server and a connection.
pub const FILE_JOB_TIMEOUT: Duration = Duration::from_secs(60);
/// A file fetched for a bot: Telegram's bound for `getFile`.
pub const DOWNLOAD_BYTES_MAX: u64 = 20 * 1024 * 1024;
/// For fetching it: the program waits, and no longer than [`IDLE_TIMEOUT`](super::IDLE_TIMEOUT).
pub const DOWNLOAD_TIMEOUT: Duration = Duration::from_secs(60);
/// Slots asked for one file: a second, where the first was not good any more.
pub const FILE_SLOTS_MAX: u32 = 2;
/// Forms of commands being filled out at one account at once: somebody fills out one, and forgets some.
pub const MENU_FORMS_MAX: usize = 8;
/// After this a form of a command is forgotten: time enough to look something up.
pub const MENU_FORM_LIFETIME: Duration = Duration::from_secs(1800);
