//! Every maximum in the program, one line of reason each. Sizes in bytes, times as [`Duration`].

use std::time::Duration;

// --- XMPP ---

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
/// Presence, questions and answers of one session that the engine has not looked at; it does so without writing anything.
pub const UNTAKEN_MAX: usize = 512;
/// Answers to others' questions that the server has not taken yet: whoever asks faster than the server takes our answers
/// gets none.
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
/// Silence after which the link is tested.
pub const IDLE_BEFORE_PING: Duration = Duration::from_secs(150);
/// No answer to the test for this long: the link is dead.
pub const PING_TIMEOUT: Duration = Duration::from_secs(20);
/// First and longest wait between reconnects (contract §5.5).
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
/// A write buffer that had to grow beyond this is given back when it is empty.
pub const SOCKET_WRITE_BYTES_KEPT: usize = 2 * 1024;
/// Addresses of one name that are tried: both families and a spare.
pub const ADDRESSES_MAX: usize = 4;
/// Reasons in one sentence; a reader wants no more.
pub const CONNECT_REASONS_MAX: usize = 4;
/// Sessions that log in to one server at once, at the start and when it comes back: a thousand accounts must not knock on
/// a small server together.
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
/// The kernel gives a connection up when what it sent is not confirmed for so many milliseconds.
pub const TCP_USER_TIMEOUT_MS: u32 = 60_000;
/// How long we wait for the server's goodbye once everything is known.
pub const PROBE_GOODBYE_TIMEOUT: Duration = Duration::from_secs(2);
/// Progress that is told unasked, so that a server that never asks need not keep everything.
pub const UNASKED_ACK: u32 = 32;
/// Being online this long means that losing the connection is an accident and not a habit.
pub const STABLE_AFTER: Duration = Duration::from_secs(10);
/// The server waits this long for the `<a/>` that covers all it asked about; then it gets what there is.
pub const ACK_PATIENCE: Duration = Duration::from_secs(1);
/// How long a loss of the connection may at least be followed by the next try, doubling while losses go on.
pub const RECONNECT_SOON: Duration = Duration::from_millis(300);
/// How long a goodbye may take.
pub const CLOSE_TIMEOUT: Duration = Duration::from_secs(2);
/// How many pages are read when the place where we were is unknown.
pub const ARCHIVE_BACKWARD_PAGES: usize = 5;
/// What is held of them while they are read; beyond it they are passed over and read again from where they begin, in order.
pub const ARCHIVE_HELD_BYTES_MAX: usize = 512 * 1024;
/// Between two looks at the archive for what an earlier connection sent: a server that is still busy with that stores
/// something of it in this time.
pub const ARCHIVE_LOOK_PAUSE: Duration = Duration::from_secs(1);
/// How often it is looked at: as many seconds, by when a server has read or dropped what a dead connection left.
pub const ARCHIVE_LOOKS_MAX: u32 = 15;
/// The largest stanza of ours, where the server does not say what it takes (XEP-0478): below the 256 KiB that Prosody and
/// ejabberd take as they are installed. What a smaller server ends the stream for is given up, and its size remembered.
pub const SENT_STANZA_BYTES_MAX: usize = 240 * 1024;
/// What encryption for a person's usual devices adds to a message, besides making it a third larger.
pub const OMEMO_ENVELOPE_BYTES: usize = 1_500;
/// What every server takes (RFC 6120 §13.12).
pub const STANZA_BYTES_SURE: usize = 10_000;
/// A server that closes the connection for a stanza does so at once; this is for a slow line, and for a busy server.
pub const CLOSED_FOR_STANZA: Duration = Duration::from_secs(5);
/// So many resets in a row right after the same stanza are its doing: with the waits between them they take half a minute,
/// and a line that is as bad loses other things, too.
pub const RESETS_MAX: u32 = 8;
/// What a vCard of ours has besides its picture.
pub const VCARD_TEXTS_BYTES: usize = 8 * 1024;
/// Stanzas not acknowledged while the archive is read: ejabberd ends the stream at 5,000, which may be set lower.
pub const HELD_UP_MAX: u32 = 500;
/// Capacity an empty buffer may keep: one large stanza must not cost an idle session its memory for ever.
pub const FRAMER_BYTES_KEPT: usize = 2 * 1024;
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
/// A picture of ours or another's: in base64, with the rest of the vCard, it must fit into 256 KiB, which is the largest
/// stanza that Prosody and ejabberd take.
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

// --- rooms ---

/// From asking to enter a room to being in it, other nicks included; shorter than [`ASK_TIMEOUT`], as somebody waits.
pub const ROOM_JOIN_TIMEOUT: Duration = Duration::from_secs(15);
/// The room's word that we are gone; it changes nothing for us, so it is not waited for long.
pub const ROOM_LEAVE_TIMEOUT: Duration = Duration::from_secs(5);
/// Nicks tried when ours is taken: whoever takes four of them does it on purpose.
pub const ROOM_NICKS_MAX: u32 = 4;
/// First and longest wait between tries to get back into a room; the service may be down for a night.
pub const ROOM_REJOIN_FIRST: Duration = Duration::from_secs(2);
/// Longest such wait.
pub const ROOM_REJOIN_MAX: Duration = Duration::from_secs(600);
/// Being in a room this long means that losing it is an accident; sooner, the waits go on growing.
pub const ROOM_STABLE_AFTER: Duration = Duration::from_secs(60);
/// Silence of a room after which we ask whether we are still in it (XEP-0410): six minutes to notice, with the answers.
pub const ROOM_SILENCE: Duration = Duration::from_secs(240);
/// The answer may come from our own client by way of the room, so over two links between servers.
pub const ROOM_PING_TIMEOUT: Duration = Duration::from_secs(30);
/// Until the question is asked again when its answer says nothing.
pub const ROOM_PING_RETRY: Duration = Duration::from_secs(30);
/// So many answers in a row that say nothing: the room is out of reach.
pub const ROOM_PING_FAILURES_MAX: u32 = 3;
/// A message of ours that the room has not shown by then is asked after: whoever writes learns soon of a dead room.
pub const ROOM_REFLECTION_TIMEOUT: Duration = Duration::from_secs(20);
/// Messages of ours whose reflection is awaited; the outbox holds more, this only watches.
pub const ROOM_SENT_MAX: usize = 256;
/// The same in a room without an archive: well below the 20 messages of history that Prosody and ejabberd tell.
pub const ROOM_SENT_UNARCHIVED_MAX: usize = 8;
/// What is kept of each to know it by where a room changes ids.
pub const ROOM_GIST_BYTES: usize = 256;
/// Letters of a piece that a long message was cut into: other networks have some 400 bytes a message, with names.
pub const ROOM_PIECE_BYTES_MIN: usize = 100;
/// Occupants remembered of one room; who is not remembered has no privileges.
pub const ROOM_OCCUPANTS_MAX: usize = 1_000;
/// Bytes of them: usual ones have some 300 each, but nick and address may be long (RFC 7622 §3).
pub const ROOM_OCCUPANTS_BYTES_MAX: usize = 256 * 1024;
/// The same in all rooms of all bots.
pub const OCCUPANTS_BYTES_MAX: usize = 2 * 1024 * 1024;
/// What one takes besides nick, address and id.
pub const OCCUPANT_BYTES: usize = 192;
/// How long the lists of who belongs to a room are believed; changes are told, but services may forget to.
pub const ROOM_MEMBERS_FRESH: Duration = Duration::from_secs(600);
/// Changes of affiliations told in one message; services tell one.
pub const ROOM_CHANGES_MAX: usize = 64;
/// Somebody whose plain words are not taken is told so in a room at most so often: others read it, too.
pub const ROOM_HINT_EVERY_S: i64 = 24 * 3_600;
/// An occupant id (XEP-0421 recommends 128 at most); longer ones are ignored.
pub const OCCUPANT_ID_BYTES_MAX: usize = 256;
/// Status codes of one presence; real ones have three.
pub const ROOM_CODES_MAX: usize = 16;
/// Mentions (XEP-0372) looked at in one message.
pub const REFERENCES_MAX: usize = 32;
/// A reason given by a room or a moderator; one sentence for people.
pub const ROOM_REASON_BYTES_MAX: usize = 512;
/// How much the clock of a room's server may be behind ours, in milliseconds, when its history is asked for.
pub const ROOM_CLOCK_MS: i64 = 60_000;
/// Rooms of one bot: some 10 KiB each, and what [`OCCUPANTS_BYTES_MAX`] bounds.
pub const ROOMS_PER_BOT_MAX: usize = 200;
/// Rooms of a bot beyond which it follows no invitation; its program may still enter some.
pub const ROOMS_INVITED_MAX: usize = 50;
/// How often, in seconds, the owner of a bot is told of invitations it has not followed.
pub const INVITATIONS_TOLD_EVERY_S: i64 = 24 * 3_600;
/// Invitations declined in that time: strangers must not make a bot write to rooms without end.
pub const INVITATIONS_ANSWERED_MAX: u32 = 20;
/// A room without an archive should have told its history by then, after we entered.
pub const ROOM_HISTORY_TIMEOUT: Duration = Duration::from_secs(10);
/// A room should have said by then what it is; a little longer than [`IQ_TIMEOUT`], so that no answer is under way.
pub const ROOM_INFO_TIMEOUT: Duration = Duration::from_secs(65);
/// One page of a room's archive; longer than [`IQ_TIMEOUT`], so that only a lost answer is not waited for.
pub const ROOM_ARCHIVE_TIMEOUT: Duration = Duration::from_secs(90);
/// Until an archive that was out of order is asked again.
pub const ROOM_HISTORY_RETRY: Duration = Duration::from_secs(5);
/// Messages held back while a room's archive is read; beyond it order is given up, not messages.
pub const ROOM_HELD_MAX: usize = 1_000;
/// Bytes of them in all rooms, for the same reason; and so much again of archives that are read from their end.
pub const ROOMS_HELD_BYTES_MAX: usize = 2 * 1024 * 1024;
/// Until something is said again that a room had no time for: rooms that limit traffic count in seconds.
pub const ROOM_SEND_RETRY: Duration = Duration::from_secs(5);
/// Messages of a room's own history asked for at once (XEP-0045); the archive has the rest.
pub const ROOM_HISTORY_MAX: usize = 100;

// --- JSON ---

/// Nesting of JSON from outside; real answers and requests stay below 10.
pub const JSON_DEPTH_MAX: usize = 64;
/// Values in one JSON from outside: an object with one member costs some 650 bytes in memory and 8 on the wire. A thousand
/// addresses or an answer with its sources have fewer.
pub const JSON_VALUES_MAX: usize = 10_000;
/// Values in an answer of our own daemon to the command line: a list of a thousand bots has some 20,000.
pub const CLIENT_VALUES_MAX: usize = 1_000_000;

// --- HTTP ---

/// Request line and headers together.
pub const HEAD_BYTES_MAX: usize = 8 * 1024;
/// Header lines.
pub const HEADERS_MAX: usize = 64;
/// A file of certificate authorities: a system's own bundle is a twentieth of it.
pub const CA_FILE_BYTES_MAX: u64 = 4 * 1024 * 1024;
/// A JSON body (contract §2).
pub const BODY_BYTES_MAX: usize = 256 * 1024;
/// The body of `create`, which may carry an avatar (contract §2).
pub const CREATE_BODY_BYTES_MAX: usize = 1536 * 1024;
/// A file given to `sendFile`: a long video of a phone is more, all else is less.
pub const UPLOAD_BYTES_MAX: usize = 16 * 1024 * 1024;
/// The body of `sendFile`: a file, and the text fields around it.
pub const UPLOAD_BODY_BYTES_MAX: usize = UPLOAD_BYTES_MAX + 128 * 1024;
/// Paths that take more than this get large bodies as files.
pub const MEMORY_BODY_BYTES_MAX: usize = CREATE_BODY_BYTES_MAX;
/// Bytes a second at which bodies and files still arrive in time: a bad mobile network. Who answers for a large body has
/// longer.
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
/// Longest `timeout` of `getUpdates` (contract §3).
pub const POLL_SECONDS_MAX: i64 = 50;
/// Clients whose request rate is watched at once: some 50 bytes each, and no honest router has more in one second.
pub const RATE_KEYS_MAX: usize = 10_000;
/// A line with a chunk's size and extensions, which nobody uses: without a bound a way to send much and say little.
pub const CHUNK_LINE_BYTES_MAX: usize = 256;
/// Read and thrown away after a refusal, so that the client sees the answer: what one may push through in the time.
pub const LINGER_BYTES_MAX: usize = 64 * 1024 * 1024;
/// An answer that comes in pieces is silent no longer: proxies give up a connection after a minute.
pub const FLOW_SILENCE: Duration = Duration::from_secs(15);
/// A whole answer in pieces: beyond all that an AI may take with all its tries ([`AI_TIMEOUT_S_MAX`]).
pub const FLOW_TIMEOUT: Duration = Duration::from_secs(3600);
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
/// Tries, [`ACCEPT_PAUSE`] apart, to get the API's port back from the door that has just closed: three seconds.
pub const REBIND_TRIES_MAX: u32 = 60;
/// Headers of one answer; more is an attack on a router's memory.
pub const ANSWER_HEAD_BYTES_MAX: usize = 16 * 1024;
/// `Retry-After` of `limit_reached`: only deleting a bot helps, so a program that retries by itself should do so rarely.
pub const QUOTA_RETRY: Duration = Duration::from_secs(3_600);
/// Age at which the certificate we made for the API is replaced by a new one.
pub const API_CERTIFICATE_RENEW_AFTER: Duration = Duration::from_secs(365 * 24 * 3_600);
/// Years such a certificate is valid: well over the age above, as it is only looked at when the daemon starts.
pub const API_CERTIFICATE_YEARS: i32 = 2;

// --- bots and messages ---

/// Bots of one owner (guide §3.1).
pub const BOTS_PER_OWNER_MAX: usize = 20;
/// A bot's display name, in characters.
pub const NAME_CHARS_MAX: usize = 64;
/// A bot's description, in characters.
pub const DESCRIPTION_CHARS_MAX: usize = 512;
/// Addresses that a bot's owner may name: more people are better kept on the bot's roster.
pub const BOT_CONTACTS_MAX: usize = 1_000;
/// Subscribers remembered of one bot: some 100 bytes each.
pub const BOT_SUBSCRIBERS_MAX: usize = 10_000;
/// Custom commands of one bot; Telegram allows as many.
pub const COMMANDS_MAX: usize = 100;
/// A command's name, in characters: Telegram's bound.
pub const COMMAND_CHARS_MAX: usize = 32;
/// A command's description, in characters: Telegram's bound.
pub const COMMAND_DESCRIPTION_CHARS_MAX: usize = 256;
/// One message's text: leaves room for the envelope in the smallest usual stanza limit (64 KiB).
pub const TEXT_BYTES_MAX: usize = 60 * 1024;
/// Texts of our own are split where a server takes less; what is shorter than this fits everywhere.
pub const TEXT_BYTES_SPLIT_MIN: usize = 256;
/// An `Idempotency-Key`.
pub const IDEMPOTENCY_KEY_BYTES_MAX: usize = 255;
/// Updates in one answer (guide §8.4).
pub const UPDATES_PER_ANSWER_MAX: i64 = 100;
/// Bytes of updates in one answer, unless one alone has more: a hundred of the largest would fill a router's memory.
pub const UPDATES_BYTES_MAX: usize = 512 * 1024;
/// Bytes of updates that one batch of events answers with, beside one for each that asks.
pub const UPDATES_BYTES_PER_BATCH: usize = 1024 * 1024;
/// Updates waiting for one bot; beyond it the oldest go, counted.
pub const UPDATES_PER_BOT_MAX: i64 = 10_000;
/// Age at which updates and idempotency keys go (contract §3).
pub const RETENTION: Duration = Duration::from_secs(24 * 3600);
/// Ids of stanzas already handled are remembered this long; longer than any archive hands out twice.
pub const SEEN_RETENTION: Duration = Duration::from_secs(7 * 24 * 3600);
/// Two copies of one message may bear times so far apart: that of a server, and ours when it came. Longer, and what somebody
/// says again would pass for a copy.
pub const COPY_WITHIN_S: i64 = 30;
/// The same where it has an id that was not used again.
pub const COPY_NAMED_WITHIN_S: i64 = 3_600;
/// The same of two copies that one archive has stamped, most of them in whole seconds.
pub const COPY_ARCHIVED_WITHIN_S: i64 = 1;
/// Delayed messages without an archive's id that are counted on one stream: what a server stores offline.
pub const LATE_COUNTED_MAX: usize = 2_000;
/// Messages remembered that a bot sent: whoever corrects what he said does so soon, and a row has some 200 bytes.
pub const SENT_PER_BOT_MAX: i64 = 5_000;
/// Messages remembered that bots were told of in rooms: who corrects or takes back does so soon; a row has some 300 bytes.
pub const HEARD_MAX: i64 = 20_000;
/// How long they are remembered: receipts of phones that were off for the holidays still come.
pub const SENT_RETENTION: Duration = Duration::from_secs(30 * 24 * 3600);
/// Files remembered that a bot was told of, some 300 bytes each.
pub const FILES_PER_BOT_MAX: i64 = 2_000;
/// How long they are remembered: upload services keep files for a week or a month.
pub const FILE_RETENTION: Duration = Duration::from_secs(30 * 24 * 3600);
/// Messages told as seen because a later one was; more at once is a recipient who was long away.
pub const SEEN_BEFORE_MAX: usize = 100;
/// Lines kept of the built-in chat.
pub const LOCAL_MESSAGES_MAX: i64 = 1_000;
/// Rows kept in `audit_log`.
pub const AUDIT_ROWS_MAX: i64 = 10_000;
/// Messages accepted and not yet with the server, per account; beyond it `sendMessage` answers 429.
pub const OUTBOX_MAX: i64 = 100_000;

// --- engine ---

/// Events in one transaction: enough to share one disk flush among all waiting clients, few enough to answer soon.
pub const BATCH_MAX: usize = 256;
/// Acknowledgements are written with the next transaction, or after this when there is none.
pub const ACK_WRITE_DELAY: Duration = Duration::from_millis(250);
/// Names tried for a new bot's account, each with another suffix: one in 65,536 is taken by chance.
pub const ACCOUNT_NAMES_TRIED_MAX: u32 = 4;
/// The part of an account's name that comes from the bot's: a whole localpart may have 1,023 bytes, people read less.
pub const ACCOUNT_NAME_CHARS_MAX: usize = 32;
/// A server may still be making an account for a daemon that was killed: only after this it counts as not made.
pub const REGISTER_LATE_MAX: Duration = Duration::from_secs(20);
/// First wait before the removal of a bot's account is tried again.
pub const REMOVAL_FIRST: Duration = Duration::from_secs(15);
/// Longest wait for that: a server that is gone for good is asked four times a day.
pub const REMOVAL_MAX: Duration = Duration::from_secs(6 * 3600);
/// `create` waits so long for a bot's account to be online; later the answer comes all the same: a server may be down.
pub const ARRIVAL_TIMEOUT: Duration = Duration::from_secs(15);
/// The longest that `create` may be told to wait: proxies and clients give an answer up after a minute.
pub const ARRIVAL_SECONDS_MAX: i64 = 60;
/// From the signal to stop to the end of the process, when a server does not say goodbye (field custom: ≤ 10 s).
pub const STOP_TIMEOUT: Duration = Duration::from_secs(5);
/// How long calls to other services may take to be called off at the end.
pub const CALLS_STOP_TIMEOUT: Duration = Duration::from_secs(1);
/// Seconds lived through between two notes of them, which a kill may cost.
pub const LIVED_STEP_S: i64 = 60;
/// How often old rows are looked for.
pub const PURGE_INTERVAL: Duration = Duration::from_secs(3600);
/// To so many others are a bot's hints remembered, and given, in a day: strangers come in any number, and must neither fill
/// the disk nor make the bot write to everybody.
pub const HINTS_MAX: i64 = 1_000;
/// At most one hint about encryption in this time, or a chatty phone would get one for each message.
pub const HINT_EVERY_S: i64 = 3600;
/// What was said to a bot whose program was never seen may wait so long before its owner hears that nothing listens.
pub const UNHEARD_AFTER: Duration = Duration::from_secs(60);
/// A program that was seen may come by the hour, or once a day: it is missed only after this.
pub const UNHEARD_SINCE: Duration = Duration::from_secs(25 * 3600);
/// The owner is told no more often.
pub const UNHEARD_EVERY_S: i64 = 24 * 3600;
/// Seconds between two writes of a bot's `last_active`, so that polling does not wear out a flash card.
pub const LAST_ACTIVE_STEP_S: i64 = 60;
/// An archive id becomes the mark only when it is this old: servers may store two messages that arrive at once in one
/// order and deliver them in the other. What is read twice is recognised.
pub const MARK_AGE: Duration = Duration::from_secs(5);
/// Archive ids remembered for [`MARK_AGE`]; beyond it the oldest becomes the mark early.
pub const MARKS_MAX: usize = 4_096;
/// Stack of our own threads; deep recursion is bounded everywhere ([`ELEMENT_DEPTH_MAX`]).
pub const THREAD_STACK_BYTES: usize = 512 * 1024;

// --- calls to other services ---

/// A whole exchange with another service, unless its kind needs another bound: contract §3 has it for webhooks.
pub const CALL_TIMEOUT: Duration = Duration::from_secs(10);
/// An answer taken into memory: the longest of Telegram or an AI stay far below, as many as [`WORK_THREADS_MAX`] must fit a router.
pub const CALL_ANSWER_BYTES_MAX: u64 = 1024 * 1024;
/// Bytes that an answer may hold in memory without a share in [`ANSWERS_BYTES_MAX`]: as many as there are threads for them.
pub const ANSWER_BYTES_FREE: usize = 32 * 1024;
/// What all answers under way hold in memory beyond that: one of the longest, and some tens of an ordinary length.
pub const ANSWERS_BYTES_MAX: usize = 1024 * 1024;
/// Lines of one streamed answer that the engine has not looked at yet; a service that speaks faster waits.
pub const HEARD_BYTES_MAX: usize = 8 * 1024;
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
/// A connection that a call has left is kept so long for the next one; shorter than [`WORK_IDLE`], so that the last thread
/// to go closes what is left.
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
/// Bytes read at once from another service; larger than [`ANSWER_HEAD_BYTES_MAX`], which must fit in.
pub const CALL_READ_BYTES: usize = 32 * 1024;
/// Bytes of an answer passed on at once.
pub const CALL_PIECE_BYTES: usize = 8 * 1024;
/// Bytes written at once to another service.
pub const CALL_WRITE_BYTES: usize = 16 * 1024;
/// One line of a streamed answer: an event of an AI holds a few words, and the answer of one that does not stream is a line.
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
/// One attempt to post an update to a webhook (contract §3).
pub const WEBHOOK_TIMEOUT: Duration = Duration::from_secs(10);
/// Attempts of one bot handed out at once: few go at a time ([`WORK_PER_KEY_MAX`]), the rest need not wait for a commit.
pub const WEBHOOK_IN_FLIGHT_MAX: usize = 16;
/// Pause after the first attempt in vain; it doubles (contract §3).
pub const WEBHOOK_RETRY_FIRST: Duration = Duration::from_secs(1);
/// Longest pause between attempts (contract §3).
pub const WEBHOOK_RETRY_MAX: Duration = Duration::from_secs(3600);
/// A webhook that answers nothing but 410 for so long has ended (contract §3).
pub const WEBHOOK_GONE_AFTER: Duration = Duration::from_secs(24 * 3600);
/// Attempts that `getWebhookInfo` shows (contract §3).
pub const WEBHOOK_ATTEMPTS_KEPT: i64 = 20;
/// A webhook's secret; Telegram's bound.
pub const WEBHOOK_SECRET_BYTES_MAX: usize = 256;
/// An AI's whole answer unless its bot says otherwise: large models on small machines think for a minute.
pub const AI_TIMEOUT_S: u32 = 120;
/// The longest a bot may allow: beyond it nobody waits any more.
pub const AI_TIMEOUT_S_MAX: u32 = 600;
/// Tokens of an answer unless the bot says otherwise, as in the guide's original: some 1,500 words.
pub const AI_TOKENS: u32 = 2_048;
/// More tokens than any model gives in one answer.
pub const AI_TOKENS_MAX: u32 = 200_000;
/// What is kept of an answer: several times what [`AI_TOKENS`] can be.
pub const AI_ANSWER_BYTES_MAX: usize = 48 * 1024;
/// Turns of a conversation that an AI is told again: the guide's 20 messages.
pub const AI_TURNS: usize = 10;
/// Bytes of them, newest first: some 6,000 tokens, which small models can take beside the answer.
pub const AI_HISTORY_BYTES: usize = 24 * 1024;
/// What an AI is kept from forgetting; longer ago it was another talk.
pub const AI_RETENTION: Duration = Duration::from_secs(30 * 24 * 3600);
/// Questions of one conversation that wait for the one before them: nobody types more while he waits.
pub const AI_QUEUE_MAX: usize = 4;
/// Questions that wait in all.
pub const AI_QUESTIONS_MAX: usize = 256;
/// Questions asked at once: with [`FILE_JOBS_MAX`] fewer than [`WORK_THREADS_MAX`], so that dead AIs leave webhooks
/// their threads.
pub const AI_CALLS_MAX: usize = 24;
/// The same for one bot, so that one that everybody talks to neither silences the others nor fills the memory: with its
/// thread and what is under way a call can take some 700 KB.
pub const AI_CALLS_PER_BOT_MAX: usize = 10;
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
/// For fetching it: the program waits, and no longer than [`IDLE_TIMEOUT`].
pub const DOWNLOAD_TIMEOUT: Duration = Duration::from_secs(60);
/// Slots asked for one file: a second, where the first was not good any more.
pub const FILE_SLOTS_MAX: u32 = 2;
/// Forms of commands being filled out at one account at once: somebody fills out one, and forgets some.
pub const MENU_FORMS_MAX: usize = 8;
/// After this a form of a command is forgotten: time enough to look something up.
pub const MENU_FORM_LIFETIME: Duration = Duration::from_secs(1800);

// --- OMEMO ---

/// Sessions kept with one device, newest first: simultaneous starts and resets leave behind what is still under way.
pub const OMEMO_STATES_MAX: usize = 8;
/// Keys kept for messages that have not come, per session: 69 bytes each.
pub const OMEMO_SKIPPED_MAX: usize = 1_000;
/// Messages that may be missing in front of one: as many as the oldest libraries take; some 25 ms of work.
pub const OMEMO_JUMP_MAX: u32 = 25_000;
/// Keys kept of messages that most likely do not exist: see `omemo::ratchet`.
pub const OMEMO_GUESSES_MAX: usize = 8;
/// Ratchet keys that old messages are known by: 8 bytes each.
pub const OMEMO_PAST_MAX: usize = 16;
/// Fields of one record of Protocol Buffers: real ones have seven.
pub const OMEMO_FIELDS_MAX: usize = 32;
/// One-time prekeys published (XEP-0384 §5.3.2 asks for about 100).
pub const OMEMO_PREKEYS: usize = 100;
/// One-time prekeys kept: those published, and those used that wait for the end of a catch-up.
pub const OMEMO_PREKEYS_KEPT_MAX: usize = 2_000;
/// Ids of prekeys stay below: the oldest libraries take no more.
pub const OMEMO_PREKEY_ID_MAX: u32 = (1 << 24) - 1;
/// Prekeys read from one bundle: more are not needed to choose one.
pub const OMEMO_BUNDLE_PREKEYS_MAX: usize = 500;
/// Devices read from one list: lists with hundreds are broken.
pub const OMEMO_DEVICES_MAX: usize = 200;
/// Keys for one device id in one message: rooms do not say whose device is meant, so there may be several.
pub const OMEMO_KEYS_MAX: usize = 8;
/// One key of a message: a key exchange has some 200 bytes.
pub const OMEMO_KEY_BYTES_MAX: usize = 1_024;
/// Messages under one ratchet key after which the sender wants to hear something (XEP-0384 §6).
pub const OMEMO_UNANSWERED_MAX: u32 = 53;
/// Unix seconds for which a list of devices is believed without asking; changes are notified by those who see us.
pub const OMEMO_LIST_FRESH_S: i64 = 3_600;
/// A device without a bundle, or with a broken one, is left out for so long.
pub const OMEMO_SKIP_BROKEN_S: i64 = 6 * 3_600;
/// The same when its server did not answer.
pub const OMEMO_SKIP_PASSING_S: i64 = 60;
/// Devices that were left out, and sessions that were wished for and never came, are forgotten after this time.
pub const OMEMO_WISH_RETENTION: Duration = Duration::from_secs(3 * 24 * 3_600);
/// The list of somebody with whom there is no session: it is read again before a message goes to him. As long as what was
/// sent is remembered.
pub const OMEMO_LIST_RETENTION: Duration = Duration::from_secs(90 * 24 * 3_600);
/// A message waits so long for keys that cannot be had; then it has failed.
pub const OMEMO_WAIT_S: i64 = 15 * 60;
/// So many wait per account; beyond it `sendMessage` answers 429.
pub const OMEMO_WAITING_MAX: i64 = 5_000;
/// Messages that wait are looked at so often.
pub const OMEMO_RETRY: Duration = Duration::from_secs(20);
/// So many of one conversation at a time: each is a transaction's part.
pub const OMEMO_WAITING_AT_ONCE: usize = 64;
/// After a bundle or a list could not be published, doubled with each time: servers under load refuse what they take later.
pub const OMEMO_REPUBLISH_FIRST: Duration = Duration::from_secs(2);
/// The longest of these waits.
pub const OMEMO_REPUBLISH_MAX: Duration = Duration::from_secs(3_600);
/// After what was received an answer may go out by itself; else an empty one does after this time.
pub const OMEMO_SETTLE: Duration = Duration::from_secs(3);
/// Prekeys and lists are looked after at least so often.
pub const OMEMO_UPKEEP: Duration = Duration::from_secs(24 * 3_600);
/// The signed prekey is changed so often (XEP-0384 §5.3.2: weekly to monthly).
pub const OMEMO_ROTATION_S: i64 = 14 * 24 * 3_600;
/// Our device is put back on its list at most so often: another client may take it off each time.
pub const OMEMO_RELIST: Duration = Duration::from_secs(60);
/// A device gets a new session after an error at most so often.
pub const OMEMO_HEAL_S: i64 = 6 * 3_600;
/// Bundles kept for messages that wait; some 9 KB each.
pub const OMEMO_BUNDLES_MAX: usize = 500;
/// People that one message to a room is encrypted for: each is asked for two lists and some bundles before the first.
pub const OMEMO_ROOM_READERS_MAX: usize = 150;
/// Their devices: fewer than [`OMEMO_BUNDLES_MAX`], and with some 300 bytes each within [`SENT_STANZA_BYTES_MAX`].
pub const OMEMO_ROOM_DEVICES_MAX: usize = 450;
/// Random characters that hide the length of an envelope (XEP-0420 §4 asks for up to 200).
pub const OMEMO_PADDING_MAX: u8 = 200;
/// Pieces that an encrypted file is decrypted in: more would be held twice.
pub const OMEMO_FILE_PIECE_BYTES: usize = 64 * 1024;

/// Identity keys kept of one address: people have a few devices, and who has installed often some more.
pub const OMEMO_KEYS_PER_CONTACT_MAX: usize = 64;
/// Identity keys kept by one account, over all addresses: some 3 MB. A flood of strangers must not fill the disk.
pub const OMEMO_KEYS_PER_ACCOUNT_MAX: i64 = 20_000;
/// Devices of an address that show up so soon after its first count as there from the beginning: their bundles come one
/// by one, over slow servers.
pub const OMEMO_FIRST_SIGHT_S: i64 = 600;
/// Digits by which a key can be named: fewer could be met by a key made for it.
pub const OMEMO_FINGERPRINT_DIGITS_MIN: usize = 16;
/// How often an owner is told of new and changed keys in a day, of his own and of others' each.
pub const OMEMO_NOTICES_PER_DAY: u32 = 20;
/// An answer waits so long until it is known whether a message goes out encrypted: keys come in a moment, or not soon.
pub const SEALING_WAIT: Duration = Duration::from_secs(3);
/// Keys shown in the chat.
pub const OMEMO_KEYS_SHOWN_MAX: i64 = 50;
/// Keys in one answer of the API.
pub const OMEMO_KEYS_ANSWERED_MAX: i64 = 1_000;

// --- store ---

/// More than there are statements in this layer, so that none is prepared twice.
pub const STATEMENTS_MAX: usize = 128;
/// How long we wait for another program that looks into the database (a backup, a curious `sqlite3`).
pub const STORE_BUSY_TIMEOUT: Duration = Duration::from_secs(2);
/// Free pages that are kept for later use; only beyond them is the file made shorter.
pub const FREE_PAGES_KEPT: i64 = 1_024;
/// Pages given back in one purge: moving them must not hold up the engine for long.
pub const PAGES_GIVEN_BACK_MAX: i64 = 4_096;
/// Rows of sent messages are counted with one insertion in so many: counting reads as many as are kept.
pub const SENT_COUNTED_EVERY: i64 = 512;
/// The same for messages heard in rooms.
pub const HEARD_COUNTED_EVERY: i64 = 512;
/// The same for files, of which a bot keeps fewer.
pub const FILE_COUNTED_EVERY: i64 = 128;

// --- configuration and command line ---

/// More accounts than anybody configures by hand; a bound on `BOTMOTHER_ACCOUNT__999999999__JID`.
pub const ACCOUNTS_MAX: usize = 1000;
/// Larger files are something else, given by mistake.
pub const CONFIG_BYTES_MAX: u64 = 1024 * 1024;
/// A file with one password in it.
pub const PASSWORD_FILE_BYTES_MAX: u64 = 4096;
/// Longer than any password.
pub const PASSWORD_BYTES_MAX: usize = 1024;
/// For all but long polls.
pub const CLIENT_TIMEOUT: Duration = Duration::from_secs(30);
/// How long to wait when the daemon says that we are too fast.
pub const CLIENT_BUSY_WAIT: Duration = Duration::from_secs(1);
/// How often to wait so.
pub const CLIENT_BUSY_WAITS_MAX: u32 = 10;
/// More than the longest answer there is: a hundred lines of chat.
pub const CLIENT_ANSWER_BYTES_MAX: u64 = 16 * 1024 * 1024;
/// Lines that can be called back with the arrow key.
pub const CHAT_HISTORY_MAX: usize = 200;
/// Between tries to hear from a daemon that has gone.
pub const CHAT_RETRY: Duration = Duration::from_secs(2);
/// Input read ahead of what is said.
pub const CHAT_READ_AHEAD: usize = 64;
/// Free space in MB below which `doctor` warns: the database may soon not grow any more.
pub const SPACE_LOW_MB: u64 = 50;
/// Free space in MB below which there surely is trouble.
pub const SPACE_NONE_MB: u64 = 5;
/// While input is awaited, there is nothing to do at any time.
pub const CHAT_IDLE_TIMEOUT: Duration = Duration::from_secs(3600);
