//! XMPP: streams, stanzas and what is in them, the archive.

use std::time::Duration;

/// Largest stanza we read: servers allow 256 KiB (ejabberd) to 512 KiB; more is an attack on a router's memory.
pub const STANZA_BYTES_MAX: usize = 512 * 1024;
/// Deepest nesting of elements: real stanzas stay below 20; recursion must not be bottomless.
pub const ELEMENT_DEPTH_MAX: usize = 64;
/// Elements in one stanza: one costs some 150 bytes in memory and 4 on the wire, so the bound on bytes is not enough.
pub const ELEMENTS_MAX: usize = 8_192;
/// Attributes of one element: real ones have fewer than 10.
pub const ATTRIBUTES_MAX: usize = 64;
/// Attributes in one stanza: four for each of [`ELEMENTS_MAX`], as a roster has; one costs some 80 bytes in memory.
pub const STANZA_ATTRIBUTES_MAX: usize = 4 * ELEMENTS_MAX;
/// What is kept of one tag of a stanza that is skipped: two addresses of 3,071 bytes, an id, and a type.
pub const SKIPPED_TAG_BYTES_MAX: usize = 8 * 1024;
/// Tags kept of such a stanza besides its own: servers add one id, a room another, and a sender may add more.
pub const SKIPPED_TAGS_MAX: usize = 4;
/// Inbound stanzas of one session that the engine has not committed yet; at this the driver stops reading the socket.
pub const UNHANDLED_MAX: usize = 128;
/// The same in bytes, as they lie in memory; one more may come on top.
pub const UNHANDLED_BYTES_MAX: usize = 1024 * 1024;
/// Presence, questions and answers of one session that the engine has not looked at; it does so without writing
/// anything.
pub const UNTAKEN_MAX: usize = 512;
/// Answers to others' questions that the server has not taken yet: whoever asks faster than the server takes our
/// answers gets none.
pub const ANSWERS_UNSENT_BYTES_MAX: usize = 256 * 1024;
/// Outgoing messages of one session given to the server and not acknowledged; the rest waits in the database.
pub const IN_FLIGHT_MAX: usize = 512;
/// Live stanzas kept back while the archive is read; beyond it they are read from the archive, where they stand too, or
/// are told at once (to pause reading would also pause the archive).
pub const HELD_BACK_MAX: usize = 2_000;
/// The same in bytes.
pub const HELD_BACK_BYTES_MAX: usize = 1024 * 1024;
/// Archive ids of skipped stanzas that are remembered, as what came live comes from the archive, too.
pub const SKIPPED_IDS_MAX: usize = 64;
/// What is shown in the log of an address or an id that others chose.
pub const SHOWN_CHARS_MAX: usize = 200;
/// What lasts, a server that is down, is told again after a minute, then twice as long, up to a day.
pub const LOG_LASTING_FIRST: Duration = Duration::from_secs(60);
/// Longest distance of such lines.
pub const LOG_LASTING_MAX: Duration = Duration::from_secs(24 * 3600);
/// Reasons of one account that are known as told: servers with two addresses give two in turn.
pub const LOG_REASONS_MAX: usize = 4;
/// What somebody else can cause as often as he likes stands in the log once in this time for each bot.
pub const LOG_CAUSED_EVERY: Duration = Duration::from_secs(3600);
/// Bots and accounts of which is known what was told: more than one daemon has, with several kinds of lines each.
pub const LOG_LINES_MAX: usize = 8192;
/// Lines of the log about skipped stanzas in a second; the rest stand there only when everything does.
pub const SKIPS_LOGGED_PER_S: u32 = 5;
/// Redirections to another host in a row (RFC 6120 §4.9.3.19: at least 2, no more than 5).
pub const REDIRECTS_MAX: u32 = 3;
/// A deadline that is looked at so late was missed by us, not by the server: the machine was busy, or asleep.
pub const LATE: Duration = Duration::from_secs(2);
/// Streams in a row that broke within a stanza, after which nothing is resumed: what breaks them must not come again.
pub const BROKEN_STREAMS_MAX: u32 = 2;
/// Page size of archive queries (XEP-0313): big enough for few round trips, small enough for a router.
pub const ARCHIVE_PAGE: usize = 100;
/// From the TCP connection to the bound stream.
pub const NEGOTIATE_TIMEOUT: Duration = Duration::from_secs(30);
/// One attempt to open a TCP connection to one address.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// An IQ without an answer is given up after this.
pub const IQ_TIMEOUT: Duration = Duration::from_secs(60);
/// Silence after which the link is tested, where there are few sessions.
pub const IDLE_BEFORE_PING: Duration = Duration::from_secs(150);
/// Silence for each session that there is, where there are many: a test is at least two wakeups, one to ask and one for
/// the answer, and all sessions together shall have no more than one a second.
pub const IDLE_PER_SESSION: Duration = Duration::from_secs(4);
/// The longest silence that is borne. Below it the kernel has probed the connection several times, which keeps NATs from
/// forgetting it (RFC 5382 §5: two hours, in practice five minutes) and finds a dead one ([`TCP_USER_TIMEOUT_MS`]); what
/// it cannot find is a server whose kernel answers and which does not. Servers themselves say something after some 15
/// minutes of silence (Prosody's `read_timeout` is 14).
pub const IDLE_BEFORE_PING_MAX: Duration = Duration::from_secs(900);
/// Many sessions test their links at the same moments, so far apart: one wakeup serves them all.
pub const PING_TICK: Duration = Duration::from_secs(30);
/// A session's deadline that is at least so far away may be looked at so much later, together with others: far below
/// [`LATE`].
pub const DEADLINE_STEP: Duration = Duration::from_millis(500);
/// No answer to the test for this long: the link is dead.
pub const PING_TIMEOUT: Duration = Duration::from_secs(20);
/// First and longest wait between reconnects (docs/xmpp.md).
pub const RECONNECT_FIRST: Duration = Duration::from_secs(1);
/// Longest wait between reconnects.
pub const RECONNECT_MAX: Duration = Duration::from_secs(60);
/// One DNS exchange.
pub const DNS_TIMEOUT: Duration = Duration::from_secs(3);
/// SCRAM iteration counts outside this range are refused: fewer is a downgrade (RFC 5802 §5.1), more a way to burn our
/// CPU. OWASP's highest recommendation is 1.3 million.
pub const SCRAM_ITERATIONS: std::ops::RangeInclusive<u32> = 4_096..=1_500_000;
/// Bytes read at once; also the most one TLS record holds.
pub const SOCKET_READ_BYTES: usize = 16 * 1024;
/// Reads and rounds of one turn; then the other sessions have theirs.
pub const SOCKET_ROUNDS_MAX: usize = 4;
/// Addresses of one name that are tried: both families and a spare.
pub const ADDRESSES_MAX: usize = 4;
/// Reasons in one sentence; a reader wants no more.
pub const CONNECT_REASONS_MAX: usize = 4;
/// Sessions that log in to one server at once, at the start and when it comes back: a thousand accounts must not knock
/// on a small server together.
pub const LOGINS_MAX: usize = 64;
/// How long the sessions have to say goodbye.
pub const GOODBYE_TIMEOUT: Duration = Duration::from_secs(3);
/// Exchanges for one question, over all servers: a lost datagram must not send us to the wrong host.
pub const DNS_TRIES_MAX: usize = 4;
/// Nameservers used of `resolv.conf`; the C library takes as many.
pub const DNS_SERVERS_MAX: usize = 3;
/// Services we try of a domain: more is no service but an attack.
pub const SRV_TARGETS_MAX: usize = 16;
/// Sessions remembered for resumption, per set of trust: eight a server, so eight servers.
pub const TLS_RESUMPTIONS_MAX: usize = 64;
/// The kernel gives a connection up when nothing has come for so many milliseconds although it was asked for: four probes
/// are lost by then. No later than a test of ours would have found that it is dead.
pub const TCP_USER_TIMEOUT_MS: u32 = 165_000;
/// Silence after which the kernel probes a connection. Its probes and their answers wake nobody up here.
pub const TCP_PROBE_AFTER: Duration = Duration::from_secs(105);
/// Between probes that are not answered.
pub const TCP_PROBE_EVERY: Duration = Duration::from_secs(15);
/// How long we wait for the server's goodbye once everything is known.
pub const PROBE_GOODBYE_TIMEOUT: Duration = Duration::from_secs(2);
/// Progress that is told unasked, so that a server that never asks need not keep everything.
pub const UNASKED_ACK: u32 = 32;
/// Being online this long means that losing the connection is an accident and not a habit.
pub const STABLE_AFTER: Duration = Duration::from_secs(10);
/// While one message follows the other, the server is asked how far it is this often.
pub const ACK_REQUEST_PACE: Duration = Duration::from_millis(100);
/// Or when it was not asked after so many stanzas.
pub const ACK_REQUEST_STANZAS: usize = 64;
/// The server waits this long for the `<a/>` that covers all it asked about; then it gets what there is.
pub const ACK_PATIENCE: Duration = Duration::from_secs(1);
/// How long a loss of the connection may at least be followed by the next try, doubling while losses go on.
pub const RECONNECT_SOON: Duration = Duration::from_millis(300);
/// How long a goodbye may take.
pub const CLOSE_TIMEOUT: Duration = Duration::from_secs(2);
/// How many pages are read when the place where we were is unknown.
pub const ARCHIVE_BACKWARD_PAGES: usize = 5;
/// What is held of them while they are read; beyond it they are passed over and read again from where they begin, in
/// order.
pub const ARCHIVE_HELD_BYTES_MAX: usize = 512 * 1024;
/// Between two looks at the archive for what an earlier connection sent: a server that is still busy with that stores
/// something of it in this time.
pub const ARCHIVE_LOOK_PAUSE: Duration = Duration::from_secs(1);
/// So many messages are looked for by their ids; with more, only whether something turns up counts.
pub const ARCHIVE_DOUBTED_MAX: usize = 100;
/// How often it is looked at: as many seconds, by when a server has read or dropped what a dead connection left.
pub const ARCHIVE_LOOKS_MAX: u32 = 15;
/// The largest stanza of ours, where the server does not say what it takes (XEP-0478): below the 256 KiB that Prosody
/// and ejabberd take as they are installed. What a smaller server ends the stream for is given up, and its size
/// remembered.
pub const SENT_STANZA_BYTES_MAX: usize = 240 * 1024;
/// What encryption for a person's usual devices adds to a message, besides making it a third larger.
pub const OMEMO_ENVELOPE_BYTES: usize = 1_500;
/// What every server takes (RFC 6120 §13.12).
pub const STANZA_BYTES_SURE: usize = 10_000;
/// A server that closes the connection for a stanza does so at once; this is for a slow line, and for a busy server.
pub const CLOSED_FOR_STANZA: Duration = Duration::from_secs(5);
/// So many resets in a row right after the same stanza are its doing: with the waits between them they take half a
/// minute,
/// and a line that is as bad loses other things, too.
pub const RESETS_MAX: u32 = 8;
/// What a vCard of ours has besides its picture.
pub const VCARD_TEXTS_BYTES: usize = 8 * 1024;
/// Stanzas not acknowledged while the archive is read: ejabberd ends the stream at 5,000, which may be set lower.
pub const HELD_UP_MAX: u32 = 500;
/// An id by which one message names another: UUIDs have 36 bytes, and it goes into the database.
pub const MESSAGE_ID_BYTES_MAX: usize = 1_024;
/// Different emoji by which one person reacts to one message: nobody picks so many by hand.
pub const REACTIONS_MAX: usize = 32;
/// One emoji: the longest in use, families and flags of several code points, have some 35 bytes.
pub const REACTION_BYTES_MAX: usize = 64;
/// Parts of a body marked as fallback (XEP-0428): clients mark one, and each is looked at for each character.
pub const FALLBACK_RANGES_MAX: usize = 16;
/// Files of one message: albums of phones have ten.
pub const ATTACHMENTS_MAX: usize = 16;
/// A file's address: signed ones have some 2,000 bytes.
pub const URL_BYTES_MAX: usize = 4_096;
/// The quotation in front of a reply, for clients that do not know replies: a reminder, not a copy.
pub const QUOTE_BYTES_MAX: usize = 400;

/// Fields of one data form: the longest known, a room's configuration, has some 40.
pub const FORM_FIELDS_MAX: usize = 256;
/// Choices of one field: lists of languages and countries have 250.
pub const FORM_CHOICES_MAX: usize = 512;
/// Values of one field: the lines of a text, or the members of a room.
pub const FORM_VALUES_MAX: usize = 1_024;
/// Rows of a form's table: what a person will scroll through.
pub const FORM_ROWS_MAX: usize = 512;
/// A picture of ours or another's: in base64, with the rest of the vCard, it must fit into 256 KiB, which is the
/// largest stanza that Prosody and ejabberd take.
pub const AVATAR_BYTES_MAX: usize = 184 * 1024;
/// Width and height of such a picture: more is a bomb for the client that unpacks it.
pub const AVATAR_PIXELS_MAX: u32 = 4_096;
/// Segments of a JPEG looked through for its size; cameras write some 20 before it.
pub const JPEG_SEGMENTS_MAX: usize = 256;
/// One text that others say of themselves, in a vCard or in instructions; more is cut off.
pub const FOREIGN_TEXT_BYTES_MAX: usize = 4_096;
/// What somebody calls himself; more is cut off.
pub const NICK_BYTES_MAX: usize = 256;
/// The status text of somebody's presence; more is cut off, as it is kept in memory for each contact.
pub const STATUS_BYTES_MAX: usize = 1_024;
/// A header that an upload service asks for: tokens have some 500 bytes.
pub const UPLOAD_HEADER_BYTES_MAX: usize = 8 * 1024;
/// A file's name, in characters, as file systems have it.
pub const FILE_NAME_CHARS_MAX: usize = 255;
/// Fields of one form with a file: ours have six.
pub const FORM_PARTS_MAX: usize = 16;
/// Text in one field of such a form: a caption.
pub const FORM_TEXT_BYTES_MAX: usize = 64 * 1024;
/// The headers of one field of such a form: a file's name, and little else.
pub const FORM_HEAD_BYTES_MAX: usize = 4 * 1024;
/// Services of a server that are asked what they are: each costs a question, and servers have some ten.
pub const SERVICES_MAX: usize = 64;
/// Forms in one answer about what somebody can do (XEP-0128): there are two or three.
pub const DISCO_FORMS_MAX: usize = 16;
/// For `doctor` to be told what a server offers; some services answer late, or never.
pub const PROBE_OFFER_TIMEOUT: Duration = Duration::from_secs(5);
/// Services of a server that `doctor` looks at.
pub const PROBE_SERVICES_MAX: usize = 20;
