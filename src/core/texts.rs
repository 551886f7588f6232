//! Every sentence the manager says, in every language, in one place.
//!
//! `{word}` stands for a value; a value is put in as it is and never searched for further words.

use crate::base::remedy::Language;

/// A sentence in all languages.
pub struct Text {
    en: &'static str,
    de: &'static str,
}

impl Text {
    /// The sentence with its values.
    pub fn fill(&self, language: Language, values: &[(&str, &str)]) -> String {
        let mut rest = match language {
            Language::English => self.en,
            Language::German => self.de,
        };
        let mut out = String::with_capacity(rest.len() + 64);
        while let Some(start) = rest.find('{') {
            let Some(length) = rest[start..].find('}') else { break };
            let word = &rest[start + 1..start + length];
            out.push_str(&rest[..start]);
            out.push_str(values.iter().find(|(name, _)| *name == word).map_or("", |(_, value)| *value));
            rest = &rest[start + length + 1..];
        }
        out.push_str(rest);
        out
    }
}

macro_rules! texts {
    ($($(#[$doc:meta])* $name:ident = $en:literal | $de:literal;)*) => {
        $($(#[$doc])* pub const $name: Text = Text { en: $en, de: $de };)*
        #[cfg(test)]
        pub(crate) const ALL: &[(&str, Text)] = &[$((stringify!($name), $name)),*];
    };
}

pub mod ai;
pub mod asking;
pub mod bridge;
pub mod buttons;
pub mod chat;
pub mod connection;
pub mod faq;
pub mod omemo;
pub mod people;
pub mod rights;
pub mod telegram;
pub mod why;

texts! {
    /// A message of a bot was given up.
    MESSAGE_LOST = "A message of {name} to {to} was not sent: {why}." | "Eine Nachricht von {name} an {to} wurde nicht gesendet: {why}.";
    /// No arguments.
    NONE = "" | "";
    /// Argument of /newbot.
    NAME = "<name>" | "<Name>";
    /// A bot's number.
    ID = "<ID>" | "<ID>";
    /// A bot's number, optional.
    MAYBE_ID = "[ID]" | "[ID]";
    /// Arguments of /setcommands.
    ID_COMMANDS = "<ID> /cmd - description, /cmd - description" | "<ID> /befehl - Beschreibung, /befehl - Beschreibung";
    /// Arguments of /setdescription.
    ID_TEXT = "<ID> <text>" | "<ID> <Text>";
    /// Arguments of /access.
    ID_ACCESS = "<ID> [owner|roster|list|public] [JID …]" | "<ID> [owner|roster|list|public] [JID …]";
    /// Arguments of /history.
    ID_HISTORY = "<ID> [days|off|default]" | "<ID> [Tage|aus|default]";

    /// What /help does.
    HELP = "this list" | "diese Liste";
    /// What /newbot does.
    NEWBOT = "create a bot" | "einen Bot anlegen";
    /// What /mybots does.
    MYBOTS = "list your bots" | "deine Bots auflisten";
    /// What /status does.
    STATUS = "overview, or one bot in detail" | "Überblick, oder ein Bot im Einzelnen";
    /// What /use does.
    USE = "choose the bot that gets what you write here" | "den Bot wählen, der bekommt, was du hier schreibst";
    /// What /showtoken does.
    SHOWTOKEN = "show a bot's API token" | "den API-Token eines Bots zeigen";
    /// What /token does.
    TOKEN = "new API token, or narrow ones beside it" | "neuer API-Token, oder eingeschränkte daneben";
    /// What /revoke does.
    REVOKE = "take the token away and disable the bot" | "Token entziehen und Bot abschalten";
    /// What /activate does.
    ACTIVATE = "switch a bot on" | "einen Bot einschalten";
    /// What /deactivate does.
    DEACTIVATE = "switch a bot off" | "einen Bot abschalten";
    /// What /setcommands does.
    SETCOMMANDS = "set a bot's own commands; + in front adds to them" | "eigene Befehle eines Bots festlegen; + davor fügt welche hinzu";
    /// What /setdescription does.
    SETDESCRIPTION = "describe a bot" | "einen Bot beschreiben";
    /// What /access does.
    ACCESS = "say who may write to a bot" | "festlegen, wer einem Bot schreiben darf";
    /// What /deletebot does.
    DELETEBOT = "delete a bot and all it has" | "einen Bot mit allem löschen";

    /// Before the list of commands.
    HELP_HEAD = "Botmother manages your bots. Commands:" | "Botmother verwaltet deine Bots. Befehle:";
    /// After the list of commands.
    HELP_TAIL = "\n\nText without / goes to your bot; with several bots write @name text, or choose one with /use. In the place of <ID> a bot's name will do.\nExample: {example}\nAPI: {url}"
        | "\n\nText ohne / geht an deinen Bot; bei mehreren schreibe @Name Text, oder wähle einen mit /use. Statt <ID> geht auch der Name eines Bots.\nBeispiel: {example}\nAPI: {url}";
    /// Answer to /newbot.
    CREATED = "Bot created!\nID: {id}\nName: {name}\nMode: {mode}\nToken: {token}\n\nAPI URL: {url}\nUse the token in the Authorization header:\nAuthorization: Bearer {token}"
        | "Bot angelegt!\nID: {id}\nName: {name}\nModus: {mode}\nToken: {token}\n\nAPI-URL: {url}\nDer Token gehört in die Kopfzeile Authorization:\nAuthorization: Bearer {token}";
    /// The owner has as many bots as he may.
    TOO_MANY_BOTS = "You have {max} bots already, and no more are allowed. Delete one first: /deletebot <ID>"
        | "Du hast schon {max} Bots, mehr sind nicht erlaubt. Lösche erst einen: /deletebot <ID>";
    /// The name is not acceptable.
    BAD_NAME = "A bot's name has 1 to {max} characters on one line, with a letter or digit among them. It is no number and no address, and does not begin with @, - or /."
        | "Der Name eines Bots hat 1 bis {max} Zeichen auf einer Zeile, mit einem Buchstaben oder einer Ziffer darunter. Er ist keine Nummer und keine Adresse und beginnt nicht mit @, - oder /.";
    /// Heading of /mybots.
    YOUR_BOTS = "Your bots:" | "Deine Bots:";
    /// /mybots without bots.
    NO_BOTS = "You have no bots yet. Create one: /newbot <name>" | "Du hast noch keine Bots. Lege einen an: /newbot <Name>";
    /// Mark of the bot that gets plain text.
    LISTENS = " ← gets what you write here" | " ← bekommt, was du hier schreibst";
    /// A bot's state.
    ACTIVE = "active" | "aktiv";
    /// A bot's state.
    DISABLED = "disabled" | "abgeschaltet";
    /// How a bot is connected.
    ONLINE = "online" | "online";
    /// How a bot is connected.
    CONNECTING = "connecting" | "meldet sich an";
    /// How a bot is connected.
    REGISTERING = "its account is not made yet" | "sein Konto ist noch nicht angelegt";
    /// How a bot is connected.
    OFFLINE = "offline for {time}" | "seit {time} offline";
    /// How a bot is connected.
    OFFLINE_NOW = "offline" | "offline";
    /// How a bot is connected.
    STOPPED = "given up" | "aufgegeben";
    /// Stands for an empty value.
    NOTHING = "-" | "-";
    /// Answer to /status with a number.
    BOT_STATUS = "Bot: {name}\nID: {id}\nMode: {mode}\nStatus: {status}\nConnection: {state}\nJID: {jid}\nWebhook: {webhook}\nTelegram: {telegram}\nDescription: {description}\nCommands: {commands}\nUpdates waiting: {queued} (dropped unread: {dropped})\n\nAPI: {url}"
        | "Bot: {name}\nID: {id}\nModus: {mode}\nStatus: {status}\nVerbindung: {state}\nJID: {jid}\nWebhook: {webhook}\nTelegram: {telegram}\nBeschreibung: {description}\nBefehle: {commands}\nWartende Updates: {queued} (ungelesen verworfen: {dropped})\n\nAPI: {url}";
    /// Answer to /status.
    OVERVIEW = "Botmother {version}, up for {uptime}\nYour bots: {bots}, active: {active}, online: {online}\nUpdates waiting for your bots: {queued}\nMessages on their way to the server: {outbox}{skipped}\n\nAPI: {url}"
        | "Botmother {version}, läuft seit {uptime}\nDeine Bots: {bots}, aktiv: {active}, online: {online}\nWartende Updates deiner Bots: {queued}\nNachrichten unterwegs zum Server: {outbox}{skipped}\n\nAPI: {url}";
    /// Part of it, where there is something to say.
    SKIPPED = "\nSkipped since the start, as too large or broken: {count} (last: {last})"
        | "\nSeit dem Start übersprungen, weil zu groß oder kaputt: {count} (zuletzt: {last})";
    /// Added to it for each account of a deleted bot.
    LEAVING = "\n\n{jid}, the account of a deleted bot, has still something at its server: {why}. It is tried again, ever more rarely. Give it up: /forget {jid}"
        | "\n\n{jid}, das Konto eines gelöschten Bots, hat noch etwas bei seinem Server: {why}. Es wird immer seltener wieder versucht. Aufgeben: /forget {jid}";
    /// Stands for the reason while it is only just tried.
    BEING_REMOVED = "it is being removed" | "es wird gerade entfernt";
    /// Argument of /forget.
    ADDRESS = "<address>" | "<Adresse>";
    /// What /forget does.
    FORGET = "give up the account of a deleted bot that its server does not remove" | "das Konto eines gelöschten Bots aufgeben, das sein Server nicht entfernt";
    /// Answer to /forget.
    FORGOTTEN_ACCOUNT = "Given up: {jid}. If the account was made, it stays at its server."
        | "Aufgegeben: {jid}. Falls das Konto angelegt wurde, bleibt es bei seinem Server.";
    /// Answer to /forget.
    FORGOTTEN_PUBLISHED = "Given up: {jid}. What the bot has published there (name, picture, devices) and its contacts stay."
        | "Aufgegeben: {jid}. Was der Bot dort veröffentlicht hat (Name, Bild, Geräte) und seine Kontakte bleiben.";
    /// Answer to /use.
    CHOSEN = "{name} now gets what you write here." | "{name} bekommt jetzt, was du hier schreibst.";
    /// /use with a disabled bot.
    NOT_ACTIVE = "Bot {id} is disabled. Switch it on first: /activate {id}" | "Bot {id} ist abgeschaltet. Schalte ihn erst ein: /activate {id}";
    /// /use of a bot with an account of its own.
    HAS_OWN_CHAT = "{name} has a chat of its own. Write to {jid}" | "{name} hat einen eigenen Chat. Schreibe an {jid}";
    /// Answer to /showtoken.
    SHOW_TOKEN = "Token for {name} (ID: {id}):\n{token}" | "Token von {name} (ID: {id}):\n{token}";
    /// /showtoken after a revoke.
    NO_TOKEN = "{name} has no token. Make a new one: /token {id}" | "{name} hat keinen Token. Mache einen neuen: /token {id}";
    /// Answer to /token.
    NEW_TOKEN = "New token generated for {name}:\n{token}\n(Old token is now invalid)" | "Neuer Token für {name}:\n{token}\n(Der alte ist jetzt ungültig)";
    /// Added to it when the bot is off.
    STILL_DISABLED = "\nThe bot is still disabled; switch it on: /activate {id}" | "\nDer Bot ist noch abgeschaltet; schalte ihn ein: /activate {id}";
    /// Answer to /revoke.
    REVOKED = "Token revoked. Bot \"{name}\" is now disabled." | "Token entzogen. Bot „{name}“ ist jetzt abgeschaltet.";
    /// Answer to /activate.
    ACTIVATED = "Bot \"{name}\" (ID: {id}) is active." | "Bot „{name}“ (ID: {id}) ist aktiv.";
    /// Answer to /deactivate.
    DEACTIVATED = "Bot \"{name}\" (ID: {id}) is disabled." | "Bot „{name}“ (ID: {id}) ist abgeschaltet.";
    /// Added to it when the bot has no token.
    NEEDS_TOKEN = "\nIt has no token yet; make one: /token {id}" | "\nEr hat noch keinen Token; mache einen: /token {id}";
    /// Answer to /setcommands.
    COMMANDS_SET = "Commands of {name}: {commands}" | "Befehle von {name}: {commands}";
    /// Answer to /setcommands with - in their place.
    COMMANDS_CLEARED = "Commands of {name} cleared." | "Befehle von {name} entfernt.";
    /// A command and its description with nothing between them.
    COMMAND_NEEDS_DASH = "Between a command and its description stands a dash with a space on either side: /setcommands {id} /{word} - {rest}" | "Zwischen einem Befehl und seiner Beschreibung steht ein Strich mit einem Leerzeichen auf jeder Seite: /setcommands {id} /{word} - {rest}";
    /// A command that the manager has, for a bot in the same chat.
    IS_MINE = "/{word} would never reach {name}: I answer it myself. Choose another word." | "/{word} käme nie bei {name} an: Darauf antworte ich selbst. Wähle ein anderes Wort.";
    /// Answer to /setdescription.
    DESCRIBED = "Description of {name} saved." | "Beschreibung von {name} gespeichert.";
    /// Answer to /setdescription with - in its place.
    DESCRIPTION_CLEARED = "Description of {name} cleared." | "Beschreibung von {name} gelöscht.";
    /// Added to the usage of what can be cleared.
    TO_CLEAR = "\nTo clear what is there: {command} {id} -" | "\nLöschen, was da ist: {command} {id} -";
    /// Answer to /access.
    ACCESS_IS = "{who} may write to {name} (ID: {id}, access: {access})." | "An {name} darf schreiben: {who} (ID: {id}, Zugang: {access}).";
    /// Who: the policy `owner`.
    ACCESS_OWNER = "Only you" | "nur du";
    /// Who: the policy `roster`.
    ACCESS_ROSTER = "Who is on the bot's contact list and subscribed to it, beside you," | "wer auf der Kontaktliste des Bots steht und ihn abonniert hat, und du";
    /// Who: the policy `list`.
    ACCESS_LIST = "You and whoever is named here ({contacts})" | "du und wer hier genannt ist ({contacts})";
    /// Who: the policy `public`.
    ACCESS_PUBLIC = "Everybody" | "jeder";
    /// What /history does.
    HISTORY = "for how many days a bot keeps what is said" | "wie viele Tage ein Bot behält, was gesagt wird";
    /// Answer to /history.
    HISTORY_IS = "{name} (ID: {id}) keeps for {days} days what is said to it and by it; its program reads it with getHistory. What comes or goes encrypted it never keeps."
        | "{name} (ID: {id}) behält {days} Tage, was ihm gesagt wird und was er sagt; sein Programm liest es mit getHistory. Was verschlüsselt kommt oder geht, behält er nie.";
    /// Answer to /history where nothing is kept.
    HISTORY_IS_OFF = "{name} (ID: {id}) keeps nothing of what is said." | "{name} (ID: {id}) behält nichts von dem, was gesagt wird.";
    /// Added to both where nothing else was said for the bot.
    HISTORY_IS_DEFAULT = " (default: days in [history] of the configuration)" | " (Vorgabe: days in [history] der Konfiguration)";
    /// One of the addresses is none.
    NO_ADDRESS = "{word} is not an address; write it like user@example.org." | "{word} ist keine Adresse; schreibe sie wie user@example.org.";
    /// Answer to /deletebot.
    DELETED = "Bot \"{name}\" (ID: {id}) deleted." | "Bot „{name}“ (ID: {id}) gelöscht.";
    /// Added where its account was brought along.
    TAKEN_BACK = " What it has published at {jid} (name, picture, devices) is taken back as soon as its server can be reached; until that is done /status names it, and /forget {jid} gives it up."
        | " Was er bei {jid} veröffentlicht hat (Name, Bild, Geräte), wird zurückgenommen, sobald sein Server erreichbar ist; bis dahin nennt es /status, und /forget {jid} gibt es auf.";
    /// Added where its account was made for it.
    REMOVED = " Its account {jid} is removed as soon as its server can be reached; until that is done /status names it, and /forget {jid} gives it up."
        | " Sein Konto {jid} wird entfernt, sobald sein Server erreichbar ist; bis dahin nennt es /status, und /forget {jid} gibt es auf.";
    /// No bot of this owner has that number.
    NO_SUCH_BOT = "You have no bot with ID {id}. /mybots lists them." | "Du hast keinen Bot mit der ID {id}. /mybots listet sie auf.";
    /// No bot of this owner has that name.
    NO_BOT_CALLED = "You have no bot called {name}. /mybots lists them. {usage}" | "Du hast keinen Bot namens {name}. /mybots listet sie auf. {usage}";
    /// Several bots have one name.
    SEVERAL_BOTS = "Several bots have that name: {bots}. Say which one by its number, for example {id} in the place of the name, or @{id} before a text."
        | "Mehrere Bots heißen so: {bots}. Sage mit seiner Nummer, welcher gemeint ist, zum Beispiel {id} statt des Namens, oder @{id} vor einem Text.";
    /// Added to the answer to /newbot.
    SAME_NAME = "\n\nYou have another bot called {name}. To write to this one: @{id} text, or /use {id}"
        | "\n\nDu hast noch einen Bot namens {name}. Diesem schreibst du so: @{id} Text, oder /use {id}";
    /// A word that is nearly a command.
    MEANT = "I do not know {word}. Did you mean /{near}?" | "{word} kenne ich nicht. Meintest du /{near}?";
    /// Added where a bot's program got it.
    MEANT_PASSED = " {name} got it as it is. If it is a command of {name}, register it: /setcommands {id} + {word} - description"
        | " {name} hat es so bekommen. Ist es ein Befehl von {name}, melde ihn an: /setcommands {id} + {word} - Beschreibung";
    /// Wrong arguments.
    USAGE = "Usage: {command} {arguments}" | "So geht es: {command} {arguments}";
    /// A command nobody has.
    UNKNOWN_COMMAND = "Neither I nor a bot of yours knows {text}. /help lists what I can do."
        | "Weder ich noch ein Bot von dir kennt {text}. /help zeigt, was ich kann.";
    /// Text that no bot gets.
    NOBODY_LISTENS = "No bot gets this. Create one with /newbot <name>, choose one with /use <ID>, or write @name text. /help lists all."
        | "Kein Bot bekommt das. Lege einen an mit /newbot <Name>, wähle einen mit /use <ID>, oder schreibe @Name Text. /help zeigt alles.";
    /// Nothing has ever listened to a bot.
    UNHEARD_YET = "Nothing answers for {name} (ID: {id}) yet: no program has asked for its messages (GET {url}getUpdates), no webhook is set and no AI is on (/ki {id}). What was said to it waits for a day."
        | "Für {name} (ID: {id}) antwortet noch niemand: Kein Programm hat seine Nachrichten abgeholt (GET {url}getUpdates), kein Webhook ist gesetzt und keine KI an (/ki {id}). Was ihm gesagt wurde, wartet einen Tag.";
    /// Nothing listens to a bot any more.
    UNHEARD_NOW = "Nothing has answered for {name} (ID: {id}) for a day: no program has asked for its messages (GET {url}getUpdates), no webhook is set and no AI is on (/ki {id}). What was said to it waits for a day."
        | "Für {name} (ID: {id}) antwortet seit einem Tag niemand: Kein Programm hat seine Nachrichten abgeholt (GET {url}getUpdates), kein Webhook ist gesetzt und keine KI an (/ki {id}). Was ihm gesagt wurde, wartet einen Tag.";
    /// For clients that do not know retractions (XEP-0424).
    RETRACTED = "This message was deleted, but your client still shows it."
        | "Diese Nachricht wurde gelöscht, aber dein Client zeigt sie noch.";
    /// An encrypted message in the self-chat.
    ENCRYPTED = "I cannot read encrypted messages here. Switch off OMEMO for this chat and send it again."
        | "Verschlüsselte Nachrichten kann ich hier nicht lesen. Schalte OMEMO für diesen Chat ab und sende es noch einmal.";
    /// To the owner: an invitation to a room was not followed.
    INVITED = "Invitations to rooms that I did not follow: {count}, the last one to {room} by {who}: {why}. I tell of such at most once a day."
        | "Einladungen in Räume, denen ich nicht gefolgt bin: {count}, die letzte nach {room} von {who}: {why}. Davon erzähle ich höchstens einmal am Tag.";
    /// Why: the inviter.
    INVITED_BY_STRANGER = "only you and whom you have named with /access may ask me in"
        | "mich holen nur du und wen du mit /access benannt hast";
    /// Why: the inviter is not proven.
    INVITED_BY_ROOM = "only a foreign room says who asks; let me be invited directly, or call joinRoom"
        | "wer einlädt, sagt nur ein fremder Raum; lass mich direkt einladen, oder rufe joinRoom auf";
    /// Why: enough rooms.
    INVITED_TOO_OFTEN = "I am in enough rooms; leave some, or call joinRoom"
        | "ich bin in genug Räumen; verlasse welche, oder rufe joinRoom auf";
    /// Plain text for a bot that takes encrypted messages only.
    PLAIN_REFUSED = "I only take messages that are encrypted with OMEMO, so I did not read this one. Switch OMEMO on for this chat. If your client cannot: my owner can allow plain text in the chat with himself, with /omemo {id} encrypt preferred."
        | "Ich nehme nur Nachrichten an, die mit OMEMO verschlüsselt sind; diese habe ich nicht gelesen. Schalte OMEMO für diesen Chat ein. Falls dein Client das nicht kann: Mein Besitzer kann Klartext im Chat mit sich selbst erlauben, mit /omemo {id} encrypt preferred.";
    /// Plain text in a self-chat that takes encrypted messages only.
    SELF_PLAIN_REFUSED = "Here I only take messages that are encrypted with OMEMO (self_chat in [omemo] of the configuration), so I did not read this one."
        | "Hier nehme ich nur Nachrichten an, die mit OMEMO verschlüsselt sind (self_chat in [omemo] der Konfiguration); diese habe ich nicht gelesen.";
    /// The same in a private room, to whoever spoke to the bot there.
    PLAIN_IN_ROOM = "{nick}: In this room I only take messages that are encrypted with OMEMO. Switch OMEMO on for it and say that again."
        | "{nick}: In diesem Raum nehme ich nur Nachrichten an, die mit OMEMO verschlüsselt sind. Schalte OMEMO dafür ein und sag es noch einmal.";
    /// An encrypted message without a key for us.
    NOT_FOR_US = "I cannot read your message: it was not encrypted for my device. Let your client read my OMEMO devices again and send it once more."
        | "Deine Nachricht kann ich nicht lesen: Sie war nicht für mein Gerät verschlüsselt. Lass deinen Client meine OMEMO-Geräte neu einlesen und sende sie noch einmal.";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_put_in_once() {
        assert_eq!(CHOSEN.fill(Language::English, &[("name", "{name}")]), "{name} now gets what you write here.");
    }

    #[test]
    fn languages_use_the_same_values() {
        fn words(text: &str) -> Vec<&str> {
            let mut words: Vec<&str> = text.split('{').skip(1).filter_map(|part| part.split('}').next()).collect();
            words.sort_unstable();
            words.dedup();
            words
        }
        let all = [
            ALL,
            ai::ALL,
            asking::ALL,
            bridge::ALL,
            buttons::ALL,
            chat::ALL,
            connection::ALL,
            faq::ALL,
            omemo::ALL,
            people::ALL,
            rights::ALL,
            telegram::ALL,
            why::ALL,
        ];
        for (name, text) in all.into_iter().flatten() {
            assert_eq!(words(text.en), words(text.de), "{name}");
        }
    }
}
