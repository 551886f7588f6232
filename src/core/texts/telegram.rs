//! What `/telegram` says: a bot's bridge to Telegram, in its chat and with the manager. `{tg}` is how the command is given
//! there.

use super::Text;

texts! {
    /// Arguments of /telegram. The words are those of the command.
    ARGUMENTS = "[on|off|status|setup|mode|test|add|list|remove|send|default|retry] [more]"
        | "[on|off|status|setup|mode|test|add|list|remove|send|default|retry] [mehr]";
    /// The same with the manager.
    BOT_ARGUMENTS = "[ID] [on|off|status|setup|mode|test|add|list|remove|send|default|retry] [more]"
        | "[ID] [on|off|status|setup|mode|test|add|list|remove|send|default|retry] [mehr]";
    /// What /telegram does.
    TELEGRAM = "join chats at Telegram to this one" | "Chats bei Telegram mit diesem verbinden";
    /// Which bot is meant is not clear.
    WHICH_BOT = "Say which bot: /telegram <ID> …, or choose one with /use. /mybots lists them."
        | "Sag, welcher Bot: /telegram <ID> …, oder wähle einen mit /use. /mybots zählt sie auf.";
    /// To somebody who is not its owner.
    REFUSED_TO_OTHERS = "Only this bot's owner may do that." | "Das darf nur, wem dieser Bot gehört.";
    /// The menu.
    MENU = "Telegram for {name}: {status}\n\n{tg} on - switch the bridge on\n{tg} off - switch it off; nothing is fetched any more\n{tg} status - how it is\n{tg} setup - how it is set up, in three steps\n{tg} setup <TOKEN> <CHAT_ID> [bridge|forward]\n{tg} mode [bridge|forward] - both ways, or from here to Telegram alone\n{tg} test - ask Telegram who the bot is\n{tg} add <CHAT_ID> [alias] [room] - join another chat\n{tg} list - joined chats, and those that wrote\n{tg} remove <CHAT_ID> - take a chat away\n{tg} send <alias> <text> - say something there\n{tg} default <alias> - where your words go when nobody is named\n{tg} retry - send again what may not have arrived"
        | "Telegram für {name}: {status}\n\n{tg} on - die Brücke einschalten\n{tg} off - ausschalten; nichts wird mehr abgeholt\n{tg} status - wie es ihr geht\n{tg} setup - wie sie eingerichtet wird, in drei Schritten\n{tg} setup <TOKEN> <CHAT_ID> [bridge|forward]\n{tg} mode [bridge|forward] - in beide Richtungen, oder nur von hier zu Telegram\n{tg} test - Telegram fragen, wer der Bot ist\n{tg} add <CHAT_ID> [Name] [Raum] - noch einen Chat verbinden\n{tg} list - verbundene Chats, und wer geschrieben hat\n{tg} remove <CHAT_ID> - einen Chat wieder trennen\n{tg} send <Name> <Text> - dort etwas sagen\n{tg} default <Name> - wohin deine Worte gehen, wenn niemand genannt ist\n{tg} retry - noch einmal senden, was vielleicht nicht ankam";
    /// How it is, in a word or two.
    IS_NOT_SET_UP = "off" | "aus";
    /// The same.
    IS_OFF = "off (@{username})" | "aus (@{username})";
    /// The same.
    IS_ON = "on (@{username})" | "an (@{username})";
    /// The steps.
    GUIDE = "Step 1: Create a Telegram bot: write /newbot to @BotFather at Telegram. It gives you a token like 123456789:ABCdef_ghijk.\nStep 2: Get your chat ID: write something to your new bot at Telegram (or add it to a group and write there), then open https://api.telegram.org/bot<TOKEN>/getUpdates and look for \"chat\", and the number behind \"id\" in it. A group's number begins with -.\nStep 3: Run: {tg} setup <TOKEN> <CHAT_ID>\n\nIf the bot is to read all that is said in a group, first switch its privacy mode off: /setprivacy at @BotFather. Then check it: {tg} test"
        | "Schritt 1: Lege bei Telegram einen Bot an: schreibe /newbot an @BotFather. Er gibt dir einen Token wie 123456789:ABCdef_ghijk.\nSchritt 2: Finde deine Chat-ID: schreibe deinem neuen Bot bei Telegram etwas (oder nimm ihn in eine Gruppe auf und schreibe dort), öffne dann https://api.telegram.org/bot<TOKEN>/getUpdates und suche \"chat\" und darin die Nummer hinter \"id\". Die Nummer einer Gruppe beginnt mit -.\nSchritt 3: Schreibe hier: {tg} setup <TOKEN> <CHAT_ID>\n\nSoll der Bot in einer Gruppe alles lesen, schalte vorher seinen Datenschutzmodus aus: /setprivacy bei @BotFather. Dann prüfe es: {tg} test";
    /// Before the answer of Telegram is there.
    ASKING = "I am asking Telegram …" | "Ich frage Telegram …";
    /// Telegram knows the token.
    CONNECTED = "Telegram connected!\nBot: {name} (@{username})" | "Telegram verbunden!\nBot: {name} (@{username})";
    /// Added to it after a setup.
    BRIDGED = "\nChat: {chat}, mode: {mode}\nThe bridge is on." | "\nChat: {chat}, Modus: {mode}\nDie Brücke ist an.";
    /// Added where the message with the token can still be read by others.
    DELETE_TOKEN = "\nDelete your message with the token: whoever reads it can speak as the bot." | "\nLösche deine Nachricht mit dem Token: Wer ihn liest, kann als der Bot sprechen.";
    /// It did not work.
    NOT_CONNECTED = "That did not work: {why}. Nothing was changed." | "Das ging nicht: {why}. Nichts wurde geändert.";
    /// Answer to /telegram test that did not work.
    NOT_REACHED = "Telegram does not answer as it should: {why}." | "Telegram antwortet nicht, wie es soll: {why}.";
    /// Answer to /telegram on.
    TURNED_ON = "The bridge to Telegram is on." | "Die Brücke zu Telegram ist an.";
    /// Answer to /telegram off.
    TURNED_OFF = "The bridge to Telegram is off: nothing is fetched and nothing passes." | "Die Brücke zu Telegram ist aus: Nichts wird abgeholt, und nichts geht hinüber.";
    /// Nothing is set up yet.
    NOT_SET_UP = "Telegram is not set up for this bot. Start here: {tg} setup" | "Telegram ist für diesen Bot nicht eingerichtet. Fang hier an: {tg} setup";
    /// Answer to /telegram status.
    STATUS = "Telegram: {status}\nState: {state}{trouble}\nWaiting to be sent: {waiting}, in doubt: {doubt}{chats}"
        | "Telegram: {status}\nZustand: {state}{trouble}\nWarten aufs Senden: {waiting}, ungewiss: {doubt}{chats}";
    /// A state.
    STATE_OFF = "off" | "aus";
    /// A state.
    STATE_IDLE = "no chat is joined, so nothing is fetched" | "kein Chat ist verbunden, darum wird nichts abgeholt";
    /// A state.
    STATE_LISTENING = "listening" | "hört zu";
    /// A state.
    STATE_RETRYING = "trying again" | "versucht es wieder";
    /// A state.
    STATE_DEAF = "nothing was heard for minutes" | "seit Minuten nichts gehört";
    /// A state.
    STATE_CONFLICT = "something else listens with the same token" | "etwas anderes hört mit demselben Token";
    /// A state.
    STATE_REFUSED = "Telegram refuses the token" | "Telegram weist den Token zurück";
    /// One chat in a list.
    CHAT = "\n{name} ({id}): {mode}{marks}" | "\n{name} ({id}): {mode}{marks}";
    /// A mark of a chat.
    CHAT_DEFAULT = ", default" | ", Standard";
    /// A mark of a chat.
    CHAT_OFF = ", off" | ", aus";
    /// A mark of a chat: where it is joined to.
    CHAT_HERE = ", with {here}" | ", mit {here}";
    /// A mark of a chat.
    CHAT_STUCK = " - stuck: {why}" | " - hängt: {why}";
    /// Answer to /telegram list.
    CHATS = "Joined chats:{chats}" | "Verbundene Chats:{chats}";
    /// The same without any.
    NO_CHATS = "No chat is joined yet." | "Noch ist kein Chat verbunden.";
    /// Added to it: chats that could be joined.
    OFFERED = "\n\nWrote to the bot, and nobody hears it:{chats}" | "\n\nHaben dem Bot geschrieben, und niemand hört es:{chats}";
    /// One of them.
    OFFER = "\n{title} ({name}, {count}): {tg} add {id}" | "\n{title} ({name}, {count}): {tg} add {id}";
    /// Answer to /telegram mode.
    MODE_IS = "Mode: {mode}\n{tg} mode bridge - both ways\n{tg} mode forward - from here to Telegram alone" | "Modus: {mode}\n{tg} mode bridge - in beide Richtungen\n{tg} mode forward - nur von hier zu Telegram";
    /// Answer to /telegram mode with a word.
    MODE_SET = "Mode: {mode}" | "Modus: {mode}";
    /// No such mode.
    NO_SUCH_MODE = "There are two modes: bridge and forward." | "Es gibt zwei Modi: bridge und forward.";
    /// Answer to /telegram add.
    ADDED = "Joined: {name} ({id}), mode: {mode}." | "Verbunden: {name} ({id}), Modus: {mode}.";
    /// Answer to /telegram remove.
    REMOVED = "{name} ({id}) is not joined any more." | "{name} ({id}) ist nicht mehr verbunden.";
    /// Answer to /telegram default.
    DEFAULT_SET = "What you write here goes to {name} when you do not answer another chat." | "Was du hier schreibst, geht an {name}, wenn du nicht einem anderen Chat antwortest.";
    /// Answer to /telegram send.
    SENT = "Sent to {name}." | "An {name} gesendet.";
    /// Answer to /telegram retry.
    RETRIED = "Sent again: {count}." | "Noch einmal gesendet: {count}.";
    /// The same where nothing is in doubt.
    NOTHING_TO_RETRY = "Nothing is in doubt." | "Nichts ist ungewiss.";
    /// How something is used.
    USAGE = "Usage: {tg} {usage}" | "So geht es: {tg} {usage}";
}
