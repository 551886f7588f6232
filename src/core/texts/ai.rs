//! What is said of AIs, in chats and by the API. `{ki}` is how the command is given there: `/ki`, or `/ki 3`.

use super::Text;

texts! {
    /// Arguments of /ki in a bot's chat.
    KI_ARGUMENTS = "[on|off|status|setup|model|system|url|token|stream|fallback|clear|providers] [text]"
        | "[on|off|status|setup|model|system|url|token|stream|fallback|clear|providers] [Text]";
    /// Arguments of /ki in the self-chat.
    KI_BOT_ARGUMENTS = "[ID] [on|off|status|setup|model|system|url|token|stream|fallback|clear|providers] [text]"
        | "[ID] [on|off|status|setup|model|system|url|token|stream|fallback|clear|providers] [Text]";
    /// What /ki does.
    KI = "the AI assistant: set it up, switch it on and off" | "der KI-Assistent: einrichten, ein- und ausschalten";
    /// What /stop does.
    STOP = "call off what the AI is thinking about" | "abbrechen, worüber die KI nachdenkt";

    /// The usual system prompt.
    SYSTEM = "You are a helpful assistant." | "Du bist ein hilfreicher Assistent.";

    /// /ki.
    MENU = "AI assistant of {name}\n{status}\n\n{ki} on, {ki} off - switch it on; off, which also forgets what was said\n{ki} status - how it is set up\n{ki} setup - choose a provider\n{ki} model [name] - show or change the model\n{ki} system [text] - show or change what the AI is told to be\n{ki} url <address> - another address, for a server of your own\n{ki} token <key> - another key\n{ki} stream on, {ki} stream off - show answers while they come, for clients that know corrections; not in encrypted chats\n{ki} fallback <provider> <key> <model> - who is asked when the first cannot; {ki} fallback off\n{ki} clear - forget what was said\n{ki} providers - all providers\n/stop - call off what it is thinking about\n\nOnce it is on, just write."
        | "KI-Assistent von {name}\n{status}\n\n{ki} an, {ki} aus - einschalten; ausschalten, was auch das Gesagte vergisst\n{ki} status - wie sie eingerichtet ist\n{ki} setup - einen Anbieter wählen\n{ki} modell [Name] - das Modell zeigen oder ändern\n{ki} system [Text] - zeigen oder ändern, was die KI sein soll\n{ki} url <Adresse> - eine andere Adresse, für einen eigenen Server\n{ki} token <Schlüssel> - ein anderer Schlüssel\n{ki} stream an, {ki} stream aus - Antworten zeigen, während sie kommen, für Clients, die Korrekturen kennen; nicht in verschlüsselten Chats\n{ki} fallback <Anbieter> <Schlüssel> <Modell> - wer gefragt wird, wenn der erste nicht kann; {ki} fallback aus\n{ki} leeren - das Gesagte vergessen\n{ki} anbieter - alle Anbieter\n/stop - abbrechen, worüber sie nachdenkt\n\nIst sie an, schreibe einfach.";
    /// A state.
    IS_ON = "AI: active ({provider} / {model})" | "KI: aktiv ({provider} / {model})";
    /// A state.
    IS_OFF = "AI: off ({provider} / {model})" | "KI: aus ({provider} / {model})";
    /// A state.
    IS_NOT_SET_UP = "AI: not set up; {ki} setup" | "KI: nicht eingerichtet; {ki} setup";
    /// /ki status.
    STATUS = "{status}\nAddress: {endpoint}\nKey: {key}\nSystem prompt: {system}\nFallback: {fallback}\n{stream}\nRemembered of this chat: {turns} questions with their answers"
        | "{status}\nAdresse: {endpoint}\nSchlüssel: {key}\nSystem-Prompt: {system}\nErsatz: {fallback}\n{stream}\nVon diesem Chat gemerkt: {turns} Fragen mit ihren Antworten";
    /// A key is there.
    KEY_SET = "set" | "gesetzt";
    /// /ki setup.
    CHOOSE = "Choose a provider:\n{providers}\n\n{ki} setup <provider> shows how; in one line:\n{ki} setup <provider> <key> <model>\nWhere no key is needed write - in its place."
        | "Wähle einen Anbieter:\n{providers}\n\n{ki} setup <Anbieter> zeigt, wie es geht; in einer Zeile:\n{ki} setup <Anbieter> <Schlüssel> <Modell>\nWo kein Schlüssel nötig ist, schreibe - an seine Stelle.";
    /// /ki setup PROVIDER.
    SETUP_HELP = "{provider}\nGet a key: {site}\nModels, for example: {models}\n\nThen: {ki} setup {provider} <key> {model}"
        | "{provider}\nEinen Schlüssel gibt es hier: {site}\nModelle, zum Beispiel: {models}\n\nDann: {ki} setup {provider} <Schlüssel> {model}";
    /// The same for one that needs no key.
    SETUP_HELP_FREE = "{provider}, no key needed: {site}\nModels, for example: {models}\nIt is looked for at {endpoint}; elsewhere: {ki} url <address> after this.\n\nThen: {ki} setup {provider} - {model}"
        | "{provider}, kein Schlüssel nötig: {site}\nModelle, zum Beispiel: {models}\nEs wird unter {endpoint} gesucht; anderswo: danach {ki} url <Adresse>.\n\nDann: {ki} setup {provider} - {model}";
    /// Added for OpenClaw.
    OPENCLAW_HELP = "\n\nOpenClaw answers through its gateway: the key is the gateway's token, and gateway.http.endpoints.chatCompletions must be enabled there. With {ki} url http://localhost:18789/hooks/agent and the hooks' token it is only told what you write; what comes of it appears in a channel of OpenClaw's own."
        | "\n\nOpenClaw antwortet über sein Gateway: der Schlüssel ist der Token des Gateways, und gateway.http.endpoints.chatCompletions muss dort eingeschaltet sein. Mit {ki} url http://localhost:18789/hooks/agent und dem Token der Hooks erfährt es nur, was du schreibst; was daraus wird, erscheint in einem Kanal von OpenClaw selbst.";
    /// The answer to /ki setup.
    CONFIGURED = "AI configured!\nProvider: {provider}\nModel: {model}\nAI is now active."
        | "KI eingerichtet!\nAnbieter: {provider}\nModell: {model}\nDie KI ist jetzt aktiv.";
    /// Added where a key came in a message.
    DELETE_KEY = "\n\nYour message with the key is still in your client and in your server's archive; delete it there."
        | "\n\nDeine Nachricht mit dem Schlüssel ist noch in deinem Client und im Archiv deines Servers; lösche sie dort.";
    /// Nobody knows that provider.
    UNKNOWN_PROVIDER = "I do not know this provider. There are: {providers}" | "Diesen Anbieter kenne ich nicht. Es gibt: {providers}";
    /// A key is missing.
    NEEDS_KEY = "{provider} needs a key: {ki} setup {provider} <key> {model}" | "{provider} braucht einen Schlüssel: {ki} setup {provider} <Schlüssel> {model}";
    /// /ki on.
    TURNED_ON = "AI is on." | "Die KI ist an.";
    /// /ki off.
    TURNED_OFF = "AI is off, and what was said is forgotten." | "Die KI ist aus, und das Gesagte ist vergessen.";
    /// In a chat.
    NOT_SET_UP = "The AI is not set up yet: {ki} setup" | "Die KI ist noch nicht eingerichtet: {ki} setup";
    /// /ki model.
    MODEL = "Model: {model}\nOthers of {provider}, for example: {models}\nChange it: {ki} model <name>"
        | "Modell: {model}\nAndere von {provider}, zum Beispiel: {models}\nÄndern: {ki} modell <Name>";
    /// /ki model NAME.
    MODEL_SET = "Model: {model}" | "Modell: {model}";
    /// /ki system.
    SYSTEM_IS = "System prompt: {system}\nChange it: {ki} system <text>; the usual one: {ki} system -" | "System-Prompt: {system}\nÄndern: {ki} system <Text>; der übliche: {ki} system -";
    /// /ki system TEXT.
    SYSTEM_SET = "System prompt saved." | "System-Prompt gespeichert.";
    /// /ki url.
    URL_IS = "Address: {endpoint}\nChange it: {ki} url <address>; the provider's own: {ki} url -" | "Adresse: {endpoint}\nÄndern: {ki} url <Adresse>; die des Anbieters: {ki} url -";
    /// /ki url ADDRESS.
    URL_SET = "Address: {endpoint}" | "Adresse: {endpoint}";
    /// Added when the key was for another host.
    KEY_GONE = "\nThe key was for the other address and is forgotten; set one: {ki} token <key>" | "\nDer Schlüssel war für die andere Adresse und ist vergessen; setze einen: {ki} token <Schlüssel>";
    /// /ki token KEY.
    KEY_SAVED = "Key saved." | "Schlüssel gespeichert.";
    /// /ki fallback.
    FALLBACK_SET = "When {first} cannot answer, {provider} / {model} is asked." | "Wenn {first} nicht antworten kann, wird {provider} / {model} gefragt.";
    /// /ki fallback without a key.
    FALLBACK_HOW = "{ki} fallback <provider> <key> [model] names the AI that is asked when {first} cannot answer; {ki} fallback off takes it away. Now: {now}\nProviders: {providers}" | "{ki} fallback <Anbieter> <Schlüssel> [Modell] nennt die KI, die gefragt wird, wenn {first} nicht antworten kann; {ki} fallback off nimmt sie weg. Jetzt: {now}\nAnbieter: {providers}";
    /// /ki fallback off.
    FALLBACK_OFF = "No fallback." | "Kein Ersatz.";
    /// /ki stream on.
    STREAM_ON = "Answers are shown while they come." | "Antworten werden gezeigt, während sie kommen.";
    /// The same, in an encrypted chat.
    STREAM_ENCRYPTED = "Answers are shown while they come, but not in this chat: it is encrypted, and in such chats they are shown when they are whole." | "Antworten werden gezeigt, während sie kommen, aber nicht in diesem Chat: er ist verschlüsselt, und in solchen Chats werden sie gezeigt, wenn sie fertig sind.";
    /// The same, in the built-in chat.
    STREAM_ELSEWHERE = "Answers are shown while they come in chats where messages can be corrected; in this one when they are whole." | "Antworten werden gezeigt, während sie kommen, wo Nachrichten berichtigt werden können; in diesem Chat, wenn sie fertig sind.";
    /// /ki stream off.
    STREAM_OFF = "Answers are shown when they are whole." | "Antworten werden gezeigt, wenn sie fertig sind.";
    /// /ki clear.
    CLEARED = "Forgotten: {count} questions with their answers." | "Vergessen: {count} Fragen mit ihren Antworten.";
    /// Only the owner may.
    REFUSED_TO_OTHERS = "Only the bot's owner may change that." | "Das darf nur der Besitzer des Bots ändern.";
    /// In the self-chat, with several bots.
    WHICH_BOT = "Which bot? Write /ki <ID> … or choose one with /use <ID>; /mybots lists them." | "Welcher Bot? Schreibe /ki <ID> … oder wähle einen mit /use <ID>; /mybots listet sie auf.";
    /// /stop.
    STOPPED = "Stopped." | "Abgebrochen.";
    /// /stop without anything.
    NOTHING_TO_STOP = "There is nothing to stop." | "Es gibt nichts abzubrechen.";

    /// A bound was reached.
    CUT_LENGTH = "(The answer was cut off here: it is as long as allowed.)" | "(Hier wurde die Antwort abgeschnitten: sie ist so lang wie erlaubt.)";
    /// A filter.
    CUT_FILTER = "(The answer was cut off here: the provider's filter stopped it.)" | "(Hier wurde die Antwort abgeschnitten: der Filter des Anbieters hielt sie an.)";
    /// The connection.
    CUT_EARLY = "(The answer was cut off here: the provider broke off.)" | "(Hier wurde die Antwort abgeschnitten: der Anbieter brach ab.)";
    /// Broken.
    CUT_UNREADABLE = "(The answer was cut off here: what came next is unreadable.)" | "(Hier wurde die Antwort abgeschnitten: was dann kam, ist unlesbar.)";
    /// OpenClaw's hook has it.
    HOOKED = "Passed on to OpenClaw; what comes of it appears there." | "An OpenClaw weitergegeben; was daraus wird, erscheint dort.";
    /// Too many at once.
    TOO_MANY = "One moment: I am still busy with your earlier questions. Please ask this again later, or write /stop." | "Einen Moment: ich bin noch mit deinen früheren Fragen beschäftigt. Frage das bitte später noch einmal, oder schreibe /stop.";
    /// Two machines.
    QUIET = "This goes faster than people write, so I am silent here for a quarter of an hour." | "Das geht schneller, als Menschen schreiben, darum schweige ich hier eine Viertelstunde.";
    /// After a restart.
    INTERRUPTED = "I was restarted before I could answer. Please ask again." | "Ich wurde neu gestartet, bevor ich antworten konnte. Bitte frage noch einmal.";
    /// A fault.
    WRONG_KEY = "{provider} does not accept the key; set another: {ki} token <key>" | "{provider} nimmt den Schlüssel nicht an; setze einen anderen: {ki} token <Schlüssel>";
    /// A fault.
    NO_CREDIT = "{provider} wants to be paid: {why}" | "{provider} will bezahlt werden: {why}";
    /// A fault.
    NOT_FOUND = "{provider} does not know the model {model}, or its address is wrong: {why}" | "{provider} kennt das Modell {model} nicht, oder die Adresse ist falsch: {why}";
    /// A fault.
    TOO_LONG = "That is more than {model} can take; ask something shorter." | "Das ist mehr, als {model} fassen kann; frage etwas Kürzeres.";
    /// A fault.
    BUSY = "{provider} has too many questions to answer at the moment; please try again later." | "{provider} hat gerade zu viele Fragen zu beantworten; bitte versuche es später noch einmal.";
    /// A fault.
    LATER = "{provider} does not answer at the moment ({why}); please try again later." | "{provider} antwortet gerade nicht ({why}); bitte versuche es später noch einmal.";
    /// A fault.
    REFUSED = "{provider} refuses: {why}" | "{provider} lehnt ab: {why}";
    /// A fault.
    NOT_UNDERSTOOD = "What answers at the address of {provider} is no AI; check it with {ki} status." | "Was unter der Adresse von {provider} antwortet, ist keine KI; prüfe sie mit {ki} status.";
    /// A fault.
    SPENT = "{model} needed all its tokens for thinking and said nothing; ask something smaller, or allow more (max_tokens of /bot/ai/setup)." | "{model} brauchte alle Tokens zum Nachdenken und sagte nichts; frage etwas Kleineres, oder erlaube mehr (max_tokens von /bot/ai/setup).";
    /// A fault.
    EMPTY = "{model} gave no answer; ask in another way." | "{model} gab keine Antwort; frage anders.";
}
