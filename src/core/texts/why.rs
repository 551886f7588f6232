//! Sentences about the way of a message (`/why`).

use super::Text;

texts! {
    /// What /why does.
    WHY = "what became of a message, step by step" | "was aus einer Nachricht wurde, Schritt für Schritt";
    /// Its argument.
    WHY_ARGUMENTS = "[message id]" | "[Nachrichten-ID]";
    /// Above the way of what somebody said.
    HEAD_IN = "What you wrote (times in UTC):" | "Was du geschrieben hast (Zeiten in UTC):";
    /// Above the way of what somebody else said, for the owner.
    HEAD_OTHER = "What {who} wrote (times in UTC):" | "Was {who} geschrieben hat (Zeiten in UTC):";
    /// Above the way of what a bot said.
    HEAD_OUT = "What {name} wrote to {who} (times in UTC):" | "Was {name} an {who} geschrieben hat (Zeiten in UTC):";
    /// No message is meant.
    WHY_NOTHING = "Nothing was said here since I was started. Reply /why to a message, or write its id behind it."
        | "Hier wurde seit meinem Start nichts gesagt. Antworte mit /why auf eine Nachricht, oder schreibe ihre ID dahinter.";
    /// Of that message nothing is known.
    WHY_UNKNOWN = "I know of no message {id} of this chat: it is too old, or not mine. I remember the ways of the last messages since I was started, and for some weeks which messages there were."
        | "Ich kenne keine Nachricht {id} aus diesem Chat: Sie ist zu alt oder nicht meine. Ich merke mir die Wege der letzten Nachrichten seit meinem Start, und für einige Wochen, welche es gab.";

    /// Step.
    RECEIVED = "received" | "empfangen";
    /// Step.
    NOT_ADMITTED = "not heard, as its sender may not speak to this bot" | "nicht beachtet, weil der Absender diesem Bot nicht schreiben darf";
    /// Step.
    NOT_DECRYPTED = "could not be decrypted" | "war nicht zu entschlüsseln";
    /// Step.
    COMMAND = "answered by the bot itself, as a command" | "vom Bot selbst als Befehl beantwortet";
    /// Step.
    ASK_ANSWER = "taken as the answer to a question" | "als Antwort auf eine Frage genommen";
    /// Step.
    QUEUED = "put into the queue for its program" | "in die Warteschlange für sein Programm gestellt";
    /// Step.
    NOT_WANTED = "not queued, as its program does not want messages (allowed_updates)" | "nicht eingereiht, weil sein Programm keine Nachrichten will (allowed_updates)";
    /// Step.
    POLLED = "fetched by its program" | "von seinem Programm geholt";
    /// Step.
    TAKEN = "confirmed by its program" | "von seinem Programm bestätigt";
    /// Step.
    DROPPED = "dropped unread" | "ungelesen verworfen";
    /// Step.
    POSTED = "taken by the webhook" | "vom Webhook angenommen";
    /// Step.
    WEBHOOK_FAILED = "the webhook failed" | "der Webhook schlug fehl";
    /// Step.
    WAITS_FOR_PROGRAM = "waits for its program to fetch it" | "wartet darauf, dass sein Programm es holt";
    /// Step.
    WAITS_FOR_WEBHOOK = "waits for the webhook" | "wartet auf den Webhook";
    /// Step.
    GONE = "not in the queue any more" | "nicht mehr in der Warteschlange";
    /// Step.
    AI_ASKED = "the AI was asked" | "die KI wurde gefragt";
    /// Step.
    AI_ANSWERED = "the AI has answered" | "die KI hat geantwortet";
    /// Step.
    AI_FAILED = "the AI did not answer" | "die KI hat nicht geantwortet";
    /// Step.
    AI_BUSY = "the AI was not asked, as it has too much to do" | "die KI wurde nicht gefragt, weil sie zu viel zu tun hat";
    /// Step.
    FAQ_ANSWERED = "answered from the list of questions" | "aus der Liste der Fragen beantwortet";
    /// Step.
    FAQ_SUGGESTED = "answered with similar questions" | "mit ähnlichen Fragen beantwortet";
    /// Step.
    ACCEPTED = "accepted" | "angenommen";
    /// Step.
    WAITS_FOR_KEYS = "waits for the keys of the recipient's devices" | "wartet auf die Schlüssel der Geräte des Empfängers";
    /// Step.
    WAITS_FOR_SERVER = "waits for the server" | "wartet auf den Server";
    /// Step.
    SENT = "the server has it" | "der Server hat sie";
    /// Step.
    DELIVERED = "a device of the recipient has it" | "ein Gerät des Empfängers hat sie";
    /// Step.
    DISPLAYED = "read by the recipient" | "vom Empfänger gelesen";
    /// Step.
    FAILED = "failed" | "fehlgeschlagen";
    /// Step.
    IN_DOUBT = "in doubt, so it is not sent again" | "ungewiss, daher nicht noch einmal gesendet";
    /// Step.
    PASSED = "passed on" | "weitergegeben";
    /// Step.
    NOT_PASSED = "could not be passed on" | "konnte nicht weitergegeben werden";
    /// Step.
    DELAYED = "put off" | "aufgeschoben";
    /// Step.
    WAITS_FOR_TELEGRAM = "waits for Telegram" | "wartet auf Telegram";
    /// Step.
    WAITS_IN_ORDER = "waits for a file, or behind one" | "wartet auf eine Datei oder hinter einer";
    /// Step.
    DELETED = "taken back" | "zurückgenommen";
}

/// Steps by the names that programs know them by.
const STEPS: &[(&str, Text)] = &[
    ("received", RECEIVED),
    ("not_admitted", NOT_ADMITTED),
    ("not_decrypted", NOT_DECRYPTED),
    ("command", COMMAND),
    ("ask_answer", ASK_ANSWER),
    ("queued", QUEUED),
    ("not_wanted", NOT_WANTED),
    ("polled", POLLED),
    ("taken", TAKEN),
    ("dropped", DROPPED),
    ("posted", POSTED),
    ("webhook_failed", WEBHOOK_FAILED),
    ("waits_for_program", WAITS_FOR_PROGRAM),
    ("waits_for_webhook", WAITS_FOR_WEBHOOK),
    ("gone", GONE),
    ("ai_asked", AI_ASKED),
    ("ai_answered", AI_ANSWERED),
    ("ai_failed", AI_FAILED),
    ("ai_busy", AI_BUSY),
    ("faq_answered", FAQ_ANSWERED),
    ("faq_suggested", FAQ_SUGGESTED),
    ("accepted", ACCEPTED),
    ("waits_for_keys", WAITS_FOR_KEYS),
    ("waits_for_server", WAITS_FOR_SERVER),
    ("sent", SENT),
    ("delivered", DELIVERED),
    ("displayed", DISPLAYED),
    ("failed", FAILED),
    ("in_doubt", IN_DOUBT),
    ("passed", PASSED),
    ("not_passed", NOT_PASSED),
    ("delayed", DELAYED),
    ("waits_for_telegram", WAITS_FOR_TELEGRAM),
    ("waits_in_order", WAITS_IN_ORDER),
    ("deleted", DELETED),
];

/// The words of a step; `None`: it has no others than its name.
pub(crate) fn words(what: &str) -> Option<&'static Text> {
    STEPS.iter().find(|(name, _)| *name == what).map(|(_, text)| text)
}
