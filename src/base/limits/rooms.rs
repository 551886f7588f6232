//! Rooms: coming in, staying, what is said there.

use std::time::Duration;

/// From asking to enter a room to being in it, other nicks included; shorter than [`ASK_TIMEOUT`](super::ASK_TIMEOUT),
/// as somebody waits.
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
/// A room should have said by then what it is; a little longer than [`IQ_TIMEOUT`](super::IQ_TIMEOUT), so that no
/// answer is under way.
pub const ROOM_INFO_TIMEOUT: Duration = Duration::from_secs(65);
/// One page of a room's archive; longer than [`IQ_TIMEOUT`](super::IQ_TIMEOUT), so that only a lost answer is not
/// waited for.
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
