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

    /// What /help does, for people in linked chats.
    HELP = "this list" | "diese Liste";
    /// What /status does there.
    STATUS = "whether I am here, and what is linked" | "ob ich da bin, und was verbunden ist";
    /// What /info does there.
    INFO = "what I am, and for how long I have been running" | "was ich bin, und seit wann ich laufe";
    /// What /who does there.
    WHO = "who is on the other side" | "wer auf der anderen Seite ist";
    /// What /ping does there.
    PING = "how long I take to answer" | "wie lange ich für eine Antwort brauche";
    /// Heading of /help there.
    HELP_HEAD = "{name} knows these commands here:" | "{name} kennt hier diese Befehle:";
    /// Answer to /status there.
    STATUS_IS = "{state}\nBridge: active ({count} chats)\nUptime: {uptime}" | "{state}\nBrücke: aktiv ({count} Chats)\nLäuft seit: {uptime}";
    /// The bot reaches the other side.
    BOT_ONLINE = "Bot is online" | "Der Bot ist online";
    /// It does not.
    BOT_OFFLINE = "Bot is not connected to its server at present; what is said is kept for it"
        | "Der Bot ist gerade nicht mit seinem Server verbunden; was gesagt wird, wird für ihn aufgehoben";
    /// Answer to /info there.
    INFO_IS = "{name}, a bot of Botmother {version}, up for {uptime}" | "{name}, ein Bot von Botmother {version}, läuft seit {uptime}";
    /// Answer to /who: a room.
    WHO_ROOM = "In {room} ({count}): {nicks}" | "In {room} ({count}): {nicks}";
    /// Answer to /who: a person who is there.
    WHO_THERE = "{name} is online." | "{name} ist online.";
    /// Answer to /who: a person who is not.
    WHO_AWAY = "{name} is not online; what is said waits." | "{name} ist nicht online; was gesagt wird, wartet.";
    /// Answer to /who: not known.
    WHO_UNKNOWN = "I do not see who is online there." | "Ich sehe nicht, wer dort online ist.";
    /// Answer to /ping with a time.
    PONG = "pong ({ms} ms)" | "pong ({ms} ms)";

    /// Added to the menu of /telegram.
    GROUP_MENU = "Order there: {tg} kick, ban, unban, mute, unmute, delete, pin, title, photo, members\nBy itself: {tg} automod, filter, limit, welcome, command, ai"
        | "Ordnung dort: {tg} kick, ban, unban, mute, unmute, delete, pin, title, photo, members\nVon selbst: {tg} automod, filter, limit, welcome, command, ai";
    /// Answer to what a moderator wishes, at once.
    GROUP_ASKED = "I ask Telegram." | "Ich bitte Telegram darum.";
    /// Arguments of kick, unban, unmute.
    GROUP_WHO = "[chat] <@name|number|#message id>; or answer one of his messages" | "[Chat] <@Name|Nummer|#Nachrichten-ID>; oder antworte auf eine seiner Nachrichten";
    /// Arguments of ban, mute.
    GROUP_WHO_LONG = "[chat] <@name|number|#message id> [10m|2h|7d]; or answer one of his messages" | "[Chat] <@Name|Nummer|#Nachrichten-ID> [10m|2h|7d]; oder antworte auf eine seiner Nachrichten";
    /// Arguments of pin, delete.
    GROUP_MESSAGE = "[chat] <message id>; or answer the message" | "[Chat] <Nachrichten-ID>; oder antworte auf die Nachricht";
    /// Arguments of title.
    GROUP_TITLE = "[chat] <new title>" | "[Chat] <neuer Titel>";
    /// Arguments of photo.
    GROUP_PHOTO = "[chat] <web address of a picture>" | "[Chat] <Adresse eines Bildes>";
    /// A time that is none.
    SPAN_WRONG = "Times are written like 10m, 2h or 7d, from {least} to {most}; without one it holds until you end it."
        | "Zeiten schreibt man so: 10m, 2h oder 7d, von {least} bis {most}; ohne gilt es, bis du es beendest.";
    /// Somebody was put out.
    DONE_KICK = "{who} was removed from {chat}." | "{who} wurde aus {chat} entfernt.";
    /// Somebody was banned.
    DONE_BAN = "{who} is banned from {chat}{span}." | "{who} ist aus {chat} verbannt{span}.";
    /// Somebody may come in again.
    DONE_UNBAN = "{who} may come back to {chat}." | "{who} darf wieder in {chat} hinein.";
    /// Somebody is silent.
    DONE_MUTE = "{who} may not write in {chat}{span}." | "{who} darf in {chat} nicht schreiben{span}.";
    /// Somebody may speak.
    DONE_UNMUTE = "{who} may write in {chat} again." | "{who} darf in {chat} wieder schreiben.";
    /// A message is gone.
    DONE_DELETE = "The message {who} in {chat} is gone." | "Die Nachricht {who} in {chat} ist weg.";
    /// A message is pinned.
    DONE_PIN = "The message {who} is pinned in {chat}." | "Die Nachricht {who} ist in {chat} angepinnt.";
    /// A new title.
    DONE_TITLE = "{chat} is called {who} now." | "{chat} heißt jetzt {who}.";
    /// A new picture.
    DONE_PHOTO = "{chat} has a new picture." | "{chat} hat ein neues Bild.";
    /// How long it holds.
    FOR_SPAN = " for {span}" | " für {span}";
    /// Telegram refused it.
    GROUP_REFUSED = "{word} {who} in {chat}: Telegram refused it: {why}" | "{word} {who} in {chat}: Telegram lehnt es ab: {why}";

    /// Heading of members.
    MEMBERS = "Seen in {chat} so far, {seen} in all, the last {shown}. Telegram tells a bot no more than this:"
        | "In {chat} bisher gesehen, {seen} insgesamt, die letzten {shown}. Mehr sagt Telegram einem Bot nicht:";
    /// Nobody was seen.
    MEMBERS_NONE = "Nobody was seen in {chat} yet: Telegram tells a bot who speaks, comes and goes, and nothing else."
        | "In {chat} wurde noch niemand gesehen: Telegram sagt einem Bot, wer spricht, kommt und geht, sonst nichts.";
    /// Heading of filters.
    FILTERS = "Not wanted in {chat}:\n{filter}" | "Nicht erwünscht in {chat}:\n{filter}";
    /// No filters.
    FILTERS_NONE = "There are no filters for {chat}. Add one: /telegram filter add <words>, with * for anything between"
        | "Für {chat} gibt es keine Filter. So kommt einer dazu: /telegram filter add <Wörter>, mit * für Beliebiges dazwischen";
    /// One more.
    FILTER_ADDED = "Added: {filter}" | "Dazugekommen: {filter}";
    /// One more, but nothing is judged.
    FILTER_ADDED_OFF = "Added: {filter}. Nothing is judged yet: /telegram automod on" | "Dazugekommen: {filter}. Noch wird nichts geprüft: /telegram automod on";
    /// One less.
    FILTER_REMOVED = "Removed: {filter}" | "Entfernt: {filter}";
    /// None like that.
    FILTER_UNKNOWN = "There is no filter {filter} for {chat}." | "Für {chat} gibt es keinen Filter {filter}.";
    /// It looks for nothing.
    FILTER_WRONG = "A filter is a few words, with * for anything between, for example free*followers or *coin*."
        | "Ein Filter sind ein paar Wörter, mit * für Beliebiges dazwischen, zum Beispiel gratis*Follower oder *coin*.";
    /// Too many.
    FILTERS_FULL = "There are {max} filters already." | "Es gibt schon {max} Filter.";
    /// Arguments of filter.
    FILTER_ARGUMENTS = "[chat] list | add <words> | remove <words>" | "[Chat] list | add <Wörter> | remove <Wörter>";
    /// Arguments of limit.
    LIMIT_ARGUMENTS = "[chat] <messages a minute of one person, 1 to 600> | off" | "[Chat] <Nachrichten einer Person in der Minute, 1 bis 600> | off";
    /// Arguments of welcome.
    WELCOME_ARGUMENTS = "[chat] <text with {n} and {c}> | off" | "[Chat] <Text mit {n} und {c}> | off";
    /// Arguments of automod.
    AUTOMOD_ARGUMENTS = "[chat] on | off | links on|off | delete | kick | mute [10m] | ban [7d]" | "[Chat] on | off | links on|off | delete | kick | mute [10m] | ban [7d]";
    /// Arguments of ai.
    AI_ARGUMENTS = "[chat] on | always | off" | "[Chat] on | always | off";
    /// How order is kept.
    ORDER = "{chat}\nJudge what people say: {automod}\nWhat is not wanted is deleted, and then: {action}\nWeb addresses not wanted: {links}\nMessages of one person a minute: {limit}\nWelcome: {welcome}\nAI answers: {ai}"
        | "{chat}\nPrüfen, was gesagt wird: {automod}\nUnerwünschtes wird gelöscht, und dann: {action}\nAdressen unerwünscht: {links}\nNachrichten einer Person in der Minute: {limit}\nBegrüßung: {welcome}\nKI antwortet: {ai}";
    /// It is so.
    ON = "on" | "an";
    /// It is not so.
    OFF = "off" | "aus";
    /// When the AI answers.
    AI_SPOKEN_TO = "when it is spoken to (always in a private chat)" | "wenn sie angesprochen wird (im privaten Chat immer)";
    /// When the AI answers.
    AI_ALWAYS = "always" | "immer";
    /// Heading of command.
    COMMANDS = "Your commands for people at Telegram:" | "Deine Befehle für die Leute bei Telegram:";
    /// There are none.
    COMMANDS_NONE = "You have defined no commands. Do it: /telegram command add <name> <text>; {n}, {c}, {a} and {b} are filled in"
        | "Du hast keine Befehle festgelegt. So geht es: /telegram command add <Name> <Text>; {n}, {c}, {a} und {b} werden ersetzt";
    /// Arguments of command.
    COMMAND_ARGUMENTS = "list | add <name> <text> | remove <name>" | "list | add <Name> <Text> | remove <Name>";
    /// A name or text that cannot be.
    COMMAND_WRONG = "A command has 1 to 32 small letters a-z, digits and _; its text at most {max} bytes."
        | "Ein Befehl hat 1 bis 32 kleine Buchstaben a-z, Ziffern und _; sein Text höchstens {max} Bytes.";
    /// Too many.
    COMMANDS_FULL = "You have {max} commands already." | "Du hast schon {max} Befehle.";
    /// None like that.
    COMMAND_UNKNOWN = "You have no command /{name}." | "Du hast keinen Befehl /{name}.";
    /// It is there.
    COMMAND_ADDED = "/{name} is answered at Telegram now." | "/{name} wird bei Telegram jetzt beantwortet.";
    /// It is gone.
    COMMAND_REMOVED = "/{name} is gone." | "/{name} ist weg.";

    /// What was done by itself.
    REPORT = "{chat}: a message of {who} was deleted ({why}){more}." | "{chat}: Eine Nachricht von {who} wurde gelöscht ({why}){more}.";
    /// And besides.
    REPORT_MUTED = "; may not write{span}" | "; darf nicht schreiben{span}";
    /// And besides.
    REPORT_KICKED = "; removed from the chat" | "; aus dem Chat entfernt";
    /// And besides.
    REPORT_BANNED = "; banned{span}" | "; verbannt{span}";
    /// Why.
    WHY_WORDS = "filter {filter}" | "Filter {filter}";
    /// Why.
    WHY_ADDRESS = "web address" | "Adresse";
    /// Why.
    WHY_FLOOD = "more than {count} messages a minute" | "mehr als {count} Nachrichten in der Minute";
    /// More is not told.
    REPORTS_FULL = "{chat}: I go on, and tell no more of it within this hour." | "{chat}: Ich mache weiter und melde in dieser Stunde nichts mehr davon.";
    /// What was not told.
    REPORTS_UNTOLD = "{chat}: {count} more messages were deleted since then." | "{chat}: Seitdem wurden {count} weitere Nachrichten gelöscht.";
}
