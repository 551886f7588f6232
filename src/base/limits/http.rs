//! JSON, and who asks by HTTP.

use std::time::Duration;

/// Nesting of JSON from outside; real answers and requests stay below 10.
pub const JSON_DEPTH_MAX: usize = 64;
/// Values in one JSON from outside: an object with one member costs some 650 bytes in memory and 8 on the wire. A
/// thousand addresses or an answer with its sources have fewer.
pub const JSON_VALUES_MAX: usize = 10_000;
/// Values in an answer of our own daemon to the command line: a list of a thousand bots has some 20,000.
pub const CLIENT_VALUES_MAX: usize = 1_000_000;

/// Request line and headers together.
pub const HEAD_BYTES_MAX: usize = 8 * 1024;
/// A segment of a path that names something, before it is decoded: ids are at most 26 bytes, names of files are longer.
pub const PATH_SEGMENT_BYTES_MAX: usize = 256;
/// Header lines.
pub const HEADERS_MAX: usize = 64;
/// A file of certificate authorities: a system's own bundle is a twentieth of it.
pub const CA_FILE_BYTES_MAX: u64 = 4 * 1024 * 1024;
/// A JSON body (docs/api.md).
pub const BODY_BYTES_MAX: usize = 256 * 1024;
/// The body of `create`, which may carry an avatar (docs/api.md).
pub const CREATE_BODY_BYTES_MAX: usize = 1536 * 1024;
/// A file given to `sendFile`: a long video of a phone is more, all else is less.
pub const UPLOAD_BYTES_MAX: usize = 16 * 1024 * 1024;
/// The body of `sendFile`: a file, and the text fields around it.
pub const UPLOAD_BODY_BYTES_MAX: usize = UPLOAD_BYTES_MAX + 128 * 1024;
/// Paths that take more than this get large bodies as files.
pub const MEMORY_BODY_BYTES_MAX: usize = CREATE_BODY_BYTES_MAX;
/// Bytes a second at which bodies and files still arrive in time: a bad mobile network. Who answers for a large body
/// has longer.
pub const TRANSFER_BYTES_PER_S_MIN: u64 = 16 * 1024;
/// Open connections: 1,000 idle clients must not keep others out.
pub const CONNECTIONS_MAX: usize = 2_048;
/// Files that the daemon itself has open: database, log, sockets of its threads, listeners; and some to spare.
pub const OPEN_FILES_OWN: u64 = 32;
/// Fewer open files than this, and a handful of clients keeps accounts and the database from theirs.
pub const OPEN_FILES_MIN: u64 = 48;
/// From the first byte of a request to its last header.
pub const HEAD_TIMEOUT: Duration = Duration::from_secs(10);
/// From the head to the last byte of a body, beside what its size needs at [`TRANSFER_BYTES_PER_S_MIN`].
pub const BODY_TIMEOUT: Duration = Duration::from_secs(15);
/// A kept-alive connection without a request.
pub const IDLE_TIMEOUT: Duration = Duration::from_secs(75);
/// Writing one answer to a client that does not read.
pub const WRITE_TIMEOUT: Duration = Duration::from_secs(30);
/// A question to the engine: longer means the disk hangs.
pub const ASK_TIMEOUT: Duration = Duration::from_secs(20);
/// Longest `timeout` of `getUpdates` (docs/api.md).
pub const POLL_SECONDS_MAX: i64 = 50;
/// Clients whose request rate is watched at once: some 50 bytes each, and no honest router has more in one second.
pub const RATE_KEYS_MAX: usize = 10_000;
/// A line with a chunk's size and extensions, which nobody uses: without a bound a way to send much and say little.
pub const CHUNK_LINE_BYTES_MAX: usize = 256;
/// Read and thrown away after a refusal, so that the client sees the answer: what one may push through in the time.
pub const LINGER_BYTES_MAX: usize = 64 * 1024 * 1024;
/// An answer that comes in pieces is silent no longer: proxies give up a connection after a minute.
pub const FLOW_SILENCE: Duration = Duration::from_secs(15);
/// A whole answer in pieces: beyond all that an AI may take with all its tries
/// ([`AI_TIMEOUT_S_MAX`](super::AI_TIMEOUT_S_MAX)).
pub const FLOW_TIMEOUT: Duration = Duration::from_secs(3600);
/// The same of answers that wait for a person, the only ones that may: all that somebody waits
/// ([`ASK_WAIT_MAX`](super::ASK_WAIT_MAX)), and some time to be told of the end.
pub const FLOW_LONG_TIMEOUT: Duration = Duration::from_secs(3600 + 120);
/// For that reading.
pub const LINGER_TIMEOUT: Duration = Duration::from_secs(5);
/// For an answer under way to a client that has closed its sending side.
pub const HALF_CLOSED_TIMEOUT: Duration = Duration::from_secs(1);
/// Bodies over 16 KiB in memory, all clients together, each way: an avatar, and beside it some ten of other calls.
pub const LARGE_BODIES_BYTES_MAX: usize = 4 * 1024 * 1024;
/// Bodies in files, all clients together: eight of the largest.
pub const FILE_BODIES_BYTES_MAX: usize = 8 * UPLOAD_BODY_BYTES_MAX;
/// Heads and small bodies of requests that nobody has answered for yet, all clients together.
pub const STRANGERS_BYTES_MAX: usize = 2 * 1024 * 1024;
/// What each of them may have without a share in that: an ordinary request.
pub const STRANGER_BYTES_FREE: usize = 1024;
/// TLS connections of which nobody knows yet what they are worth, or which say nothing; one has some 9 KB.
pub const TLS_PLACES_MAX: usize = 512;
/// Connections beyond the limit that are told so; those beyond this are just closed.
pub const TURNED_AWAY_MAX: usize = 64;
/// How long a connection that has just been answered keeps the memory of a request, as most ask again at once.
pub const BUSY_FOR: Duration = Duration::from_secs(1);
/// Connections that may do so at once; 2.5 KB each.
pub const BUSY_MAX: usize = 64;
/// Bytes taken by one read. An array of this size lies on the stack while a socket is polled, never in a waiting task.
pub const HTTP_READ_BYTES: usize = 16 * 1024;
/// Bytes to be written before one deadline: whoever reads a long answer slowly but steadily gets it whole.
pub const HTTP_WRITE_BYTES: usize = 256 * 1024;
/// Bytes of a file in memory while it is written out.
pub const FILE_STRETCH_BYTES: usize = 32 * 1024;
/// Bodies up to this, both ways, need no share in the memory set apart for large ones, so that whoever fills that up
/// keeps no ordinary call out.
pub const SMALL_BODY_BYTES: usize = 16 * 1024;
/// After an error of `accept`, which is mostly a lack of file descriptors: time for connections to end.
pub const ACCEPT_PAUSE: Duration = Duration::from_millis(50);
/// For a last request on a kept connection, when another door has taken over: a client's that is on its way.
pub const LAST_REQUEST_TIMEOUT: Duration = Duration::from_secs(2);
/// For the old door to say that it takes nobody in any more, which it does at once.
pub const MAKE_WAY_TIMEOUT: Duration = Duration::from_secs(5);
/// Connections that wait to be taken in, on each address.
pub const LISTEN_BACKLOG: i32 = 128;
/// Proxies and networks of proxies that may be named.
pub const PROXIES_MAX: usize = 64;
/// Headers of one answer; more is an attack on a router's memory.
pub const ANSWER_HEAD_BYTES_MAX: usize = 16 * 1024;
/// `Retry-After` of `queue_full`.
pub const OUTBOX_RETRY: Duration = Duration::from_secs(30);
/// `Retry-After` of `limit_reached`: only deleting a bot helps, so a program that retries by itself should do so
/// rarely.
pub const QUOTA_RETRY: Duration = Duration::from_secs(3_600);
/// Before its end the certificate we made for the API is replaced by a new one: time to tell those who compare
/// fingerprints.
pub const API_CERTIFICATE_RENEW_BEFORE: Duration = Duration::from_secs(60 * 24 * 3_600);
/// Years such a certificate is valid.
pub const API_CERTIFICATE_YEARS: i32 = 2;
/// Before its end a certificate of somebody else's making is called old in the log, once a day.
pub const API_CERTIFICATE_WARN_BEFORE: Duration = Duration::from_secs(21 * 24 * 3_600);
/// The longest time until the API's certificate is looked at again: a clock may be set meanwhile.
pub const API_CERTIFICATE_LOOK: Duration = Duration::from_secs(24 * 3_600);
/// The same while a board's clock is not set: what was made then ends as soon as it is.
pub const API_CERTIFICATE_LOOK_SOON: Duration = Duration::from_secs(60);
/// Names of a certificate that are told.
pub const API_CERTIFICATE_NAMES_MAX: usize = 16;
/// What has come to sockets, taken from the kernel at once; the rest comes with the next turn.
pub const REACTOR_EVENTS_MAX: usize = 256;
/// The longest wait of a thread for its sockets: the kernel counts it in milliseconds of 31 bits.
pub const REACTOR_WAIT_MAX: Duration = Duration::from_secs(24 * 3600);
/// One who reads the numbers, from his first byte to our last: Prometheus gives up after ten seconds.
pub const SCRAPE_TIMEOUT: Duration = Duration::from_secs(10);
/// How many read them at once.
pub const SCRAPES_MAX: usize = 4;
/// The head of such a request; Prometheus sends some 300 bytes.
pub const SCRAPE_HEAD_BYTES_MAX: usize = 8 * 1024;
