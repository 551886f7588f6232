//! What chats say to people in rooms and groups, and to those who keep order there.

use super::Text;

texts! {
    /// What /room does.
    ROOM = "my rooms; what I do there as a moderator" | "meine Räume; was ich dort als Moderator tue";
    /// Arguments of /room.
    ROOM_ARGUMENTS = "[room] retract <message id> | kick|ban|mute|unmute <nick> [why] | ban|unban <JID> [why]"
        | "[Raum] retract <Nachrichten-ID> | kick|ban|mute|unmute <Nick> [warum] | ban|unban <JID> [warum]";
    /// Heading of /room.
    ROOM_LIST = "I am in these rooms:" | "Ich bin in diesen Räumen:";
    /// /room without rooms.
    ROOM_NONE = "I am in no room." | "Ich bin in keinem Raum.";
    /// What I am in one.
    ROOM_MODERATOR = "moderator" | "Moderator";
    /// What I am in one.
    ROOM_NO_MODERATOR = "no moderator" | "kein Moderator";
    /// /room … in several rooms, or none.
    ROOM_WHICH = "Name the room first; /room lists mine." | "Nenne erst den Raum; /room listet meine auf.";
    /// Answer to /room …, at once.
    ROOM_ASKED = "I ask {room}." | "Ich bitte {room} darum.";
    /// What the room has done.
    ROOM_DONE = "Done in {room}: {word} {target}" | "Erledigt in {room}: {word} {target}";
}
