//! What a bot with an account of its own says by itself in its chat, and the forms of ad-hoc commands.
//!
//! The command lines of the pages are values ([`crate::engine::command::api`]), so that both languages show the same ones.

use super::Text;

texts! {
    /// Argument of /api. The words are names of pages.
    API_PAGE = "[auth|messages|webhook|management|advanced|examples|server]" | "[auth|messages|webhook|management|advanced|examples|server]";

    /// What /help does.
    HELP = "this list" | "diese Liste";
    /// What /start does.
    START = "greeting" | "Begrüßung";
    /// What /info does.
    INFO = "who this bot is and how it is" | "wer dieser Bot ist und wie es ihm geht";
    /// What /clear does.
    CLEAR = "forget what the bot's program has not read yet" | "vergessen, was das Programm des Bots noch nicht gelesen hat";
    /// What /api does.
    API = "how programs talk to this bot, with examples" | "wie Programme mit diesem Bot sprechen, mit Beispielen";

    /// Greeting.
    HELLO = "Hello, I am {name}." | "Hallo, ich bin {name}.";
    /// Before the commands that every bot has.
    COMMANDS = "Commands:" | "Befehle:";
    /// Before the bot's custom commands.
    CUSTOM = "Commands of this bot's program:" | "Befehle des Programms dieses Bots:";
    /// After the list of commands.
    REST = "Everything else you write goes to the bot's program." | "Alles andere, was du schreibst, geht an das Programm des Bots.";

    /// The same while the bot's AI is on.
    REST_AI = "Everything else you write is answered by the AI, and goes to the bot's program." | "Alles andere, was du schreibst, beantwortet die KI, und es geht an das Programm des Bots.";

    /// Answer to /clear.
    CLEARED = "Forgotten: {count} messages that the bot's program had not read yet. What your client shows stays there."
        | "Vergessen: {count} Nachrichten, die das Programm des Bots noch nicht gelesen hatte. Was dein Client zeigt, bleibt dort.";
    /// Answer to /clear when there is nothing.
    NOTHING_TO_CLEAR = "There is nothing to forget: no message waits for the bot's program. What your client shows stays there."
        | "Es gibt nichts zu vergessen: keine Nachricht wartet auf das Programm des Bots. Was dein Client zeigt, bleibt dort.";
    /// /clear by somebody else than the owner.
    CLEAR_REFUSED = "Only the bot's owner may do that." | "Das darf nur der Besitzer des Bots.";

    /// The page /api.
    API_OVERVIEW = "HTTP API of {name}\n\nAddress: {url}\n\nPages:"
        | "HTTP-API von {name}\n\nAdresse: {url}\n\nSeiten:";
    /// A page's line in the overview.
    PAGE_AUTH = "the token" | "der Token";
    /// A page's line in the overview.
    PAGE_MESSAGES = "send and receive" | "senden und empfangen";
    /// A page's line in the overview.
    PAGE_WEBHOOK = "receive by an address of yours" | "empfangen unter einer eigenen Adresse";
    /// A page's line in the overview.
    PAGE_MANAGEMENT = "list, create and switch bots" | "Bots auflisten, anlegen und schalten";
    /// A page's line in the overview.
    PAGE_ADVANCED = "commands and details of the bot" | "Befehle und Einzelheiten des Bots";
    /// A page's line in the overview.
    PAGE_EXAMPLES = "a quick start with curl, and a bot in Python" | "ein schneller Anfang mit curl, und ein Bot in Python";
    /// A page's line in the overview.
    PAGE_SERVER = "how the API is reached" | "wie die API erreicht wird";

    /// /api auth.
    API_AUTH = "Each call of a bot's program carries the bot's token in the header Authorization. The first line keeps it for the lines after it:\n\n{token}\n{me}\n\nWithout a valid token the answer is 401. A new token: /token {id} in the chat with yourself."
        | "Jeder Aufruf des Programms eines Bots trägt den Token des Bots in der Kopfzeile Authorization. Die erste Zeile merkt ihn für die Zeilen danach:\n\n{token}\n{me}\n\nOhne gültigen Token ist die Antwort 401. Ein neuer Token: /token {id} im Chat mit dir selbst.";
    /// /api messages.
    API_MESSAGES = "Send a message:\n\n{token}\n{send}\n\nFetch what was written to the bot; the call waits up to `timeout` seconds (50 at most) for the first message:\n\n{updates}\n\nEach update has an `update_id`. The next call with `offset` one higher takes what came before it off the queue. What nobody fetches is kept for a day."
        | "Eine Nachricht senden:\n\n{token}\n{send}\n\nHolen, was dem Bot geschrieben wurde; der Aufruf wartet bis zu `timeout` Sekunden (höchstens 50) auf die erste Nachricht:\n\n{updates}\n\nJedes Update hat eine `update_id`. Der nächste Aufruf mit einem um eins höheren `offset` nimmt alles davor aus der Warteschlange. Was niemand holt, wird einen Tag aufgehoben.";
    /// /api webhook.
    API_WEBHOOK = "Instead of being fetched, updates can be posted to an address of your program:\n\n{token}\n{setwebhook}\n\nThe answer has a `secret`. Each update comes as a POST with a JSON body and these headers:\n\n{format}\n\nThe signature is the HMAC-SHA256 of the body under the secret, in hex. Answer with 200; else it is tried again for a day, in the order of each conversation, with the same X-Bot-Delivery. A JSON answer like this sends a message at once:\n\n{method}\n\nWhat arrived, and what went wrong:\n\n{webhookinfo}\n\nBack to fetching:\n\n{deletewebhook}"
        | "Statt geholt zu werden, können Updates an eine Adresse deines Programms geschickt werden:\n\n{token}\n{setwebhook}\n\nDie Antwort hat ein `secret`. Jedes Update kommt als POST mit JSON-Inhalt und diesen Kopfzeilen:\n\n{format}\n\nDie Signatur ist der HMAC-SHA256 des Inhalts unter dem Secret, in Hex. Antworte mit 200; sonst wird es einen Tag lang wieder versucht, in der Reihenfolge jeder Unterhaltung, mit derselben X-Bot-Delivery. Eine JSON-Antwort wie diese sendet gleich eine Nachricht:\n\n{method}\n\nWas ankam, und was schiefging:\n\n{webhookinfo}\n\nZurück zum Holen:\n\n{deletewebhook}";
    /// /api management.
    API_MANAGEMENT = "Your bots:\n\n{admin}{list}\n\nCreate another one, which speaks in the chat with yourself:\n\n{create}\n\nSwitch this one on (or off, with false):\n\n{activate}\n\nIn the same way POST /bot/token and /bot/revoke with the `id` change the token, and /bot/delete removes a bot."
        | "Deine Bots:\n\n{admin}{list}\n\nEinen weiteren anlegen, der im Chat mit dir selbst spricht:\n\n{create}\n\nDiesen einschalten (oder abschalten, mit false):\n\n{activate}\n\nEbenso ändern POST /bot/token und /bot/revoke mit der `id` den Token, und /bot/delete entfernt einen Bot.";
    /// Added where management needs the admin token and the asker is no admin.
    ADMIN_TOKEN = "\n\nManagement needs the admin token, which the daemon's admin has."
        | "\n\nDie Verwaltung braucht den Admin-Token, den der Admin des Dienstes hat.";
    /// /api advanced.
    API_ADVANCED = "Set the commands that the bot's program understands; /help lists them and clients show them:\n\n{token}\n{setcommands}\n\nRead them:\n\n{getcommands}\n\nThe bot in detail:\n\n{info}"
        | "Die Befehle festlegen, die das Programm des Bots versteht; /help listet sie auf und Clients zeigen sie:\n\n{token}\n{setcommands}\n\nSie lesen:\n\n{getcommands}\n\nDer Bot im Einzelnen:\n\n{info}";
    /// /api examples.
    API_EXAMPLES = "Quick start:\n\n{token}\n{health}\n{me}\n{send}\n{updates}\n\nA bot in Python that repeats what it hears (Python 3, nothing to install):\n\n{python}"
        | "Schneller Anfang:\n\n{token}\n{health}\n{me}\n{send}\n{updates}\n\nEin Bot in Python, der wiederholt, was er hört (Python 3, nichts zu installieren):\n\n{python}";
    /// Added where a page's token is not the bot's own.
    FOREIGN_TOKEN = "\n\nThe bot's owner finds its token with /showtoken {id} in the chat with himself."
        | "\n\nDer Besitzer des Bots findet den Token mit /showtoken {id} im Chat mit sich selbst.";
    /// Added where the bot has no token.
    LOST_TOKEN = "\n\nThe bot has no token now. Make one: /token {id} in the chat with yourself."
        | "\n\nDer Bot hat gerade keinen Token. Mache einen: /token {id} im Chat mit dir selbst.";

    /// /api server.
    API_SERVER = "The API server\nAddress: {url}\nMode: {mode}\nCalls a second for each bot: {rate}\nManagement: {management}"
        | "Der API-Server\nAdresse: {url}\nModus: {mode}\nAufrufe je Sekunde und Bot: {rate}\nVerwaltung: {management}";
    /// A mode.
    MODE_LOCAL = "local (HTTP, from this machine only)" | "lokal (HTTP, nur von diesem Rechner)";
    /// A mode.
    MODE_NETWORK = "network (HTTPS, from everywhere)" | "Netzwerk (HTTPS, von überall)";
    /// No limit.
    UNLIMITED = "any number" | "beliebig viele";
    /// Who may manage.
    MANAGEMENT_LOOPBACK = "every program on the machine" | "jedes Programm auf dem Rechner";
    /// Who may manage.
    MANAGEMENT_TOKEN = "with the admin token" | "mit dem Admin-Token";
    /// /api server, for admins.
    API_SERVER_ADMIN = "\nConfiguration: {config}\nData: {data}\nAdmin token: {admin_file}\nCertificate: {certificate}\nListens at: {addresses}"
        | "\nKonfiguration: {config}\nDaten: {data}\nAdmin-Token: {admin_file}\nZertifikat: {certificate}\nHört auf: {addresses}";
    /// What to compare the certificate with.
    API_FINGERPRINT = "\nCertificate: {fingerprint}, for {names}, until {until}"
        | "\nZertifikat: {fingerprint}, für {names}, bis {until}";
    /// What an admin can change.
    API_SERVER_USAGE = "Change it:\n/api server local - HTTP, from this machine only\n/api server network - HTTPS, from everywhere\n/api server port <number> - 1024 to 65535\n/api server cert <path>, /api server key <path> - a certificate of yours, both as PEM files\n/api server cert auto - a self-signed certificate\n/api server renew-cert, /api server delete-cert - a new self-signed certificate\n/api server reload-cert - read your certificate's files again"
        | "Ändern:\n/api server lokal - HTTP, nur von diesem Rechner\n/api server netzwerk - HTTPS, von überall\n/api server port <Nummer> - 1024 bis 65535\n/api server cert <Pfad>, /api server key <Pfad> - ein eigenes Zertifikat, beides als PEM-Datei\n/api server cert auto - ein selbst unterschriebenes Zertifikat\n/api server renew-cert, /api server delete-cert - ein neues selbst unterschriebenes Zertifikat\n/api server zertifikat-laden - die Dateien deines Zertifikats neu lesen";
    /// What should be a port.
    PORT_RANGE = "{what} is not possible: a port is a number from 1024 to 65535, as in /api server port 7842. Smaller ones are the system's own."
        | "{what} geht nicht: Ein Port ist eine Zahl von 1024 bis 65535, wie in /api server port 7842. Kleinere gehören dem System.";
    /// What should be a path.
    NO_PATH = "{what}: a file is named by its whole path, one at a time and in quotes if it has spaces, as in /api server cert /etc/botmother/cert.pem"
        | "{what}: Eine Datei wird mit ihrem ganzen Pfad genannt, eine auf einmal und mit Leerzeichen in Anführungszeichen, wie in /api server cert /etc/botmother/cert.pem";
    /// What changes nothing.
    NO_CHANGE = "/api server {what}: that I do not know." | "/api server {what}: Das kenne ich nicht.";
    /// The first half of a certificate was named.
    NOW_THE_KEY = "Now its key: /api server key <path>" | "Jetzt der Schlüssel dazu: /api server key <Pfad>";
    /// The first half of a certificate was named.
    NOW_THE_CERT = "Now the certificate: /api server cert <path>" | "Jetzt das Zertifikat dazu: /api server cert <Pfad>";
    /// An admin's change is on its way.
    API_CHANGING = "The API server is being changed …" | "Der API-Server wird geändert …";
    /// It is done.
    API_CHANGED = "The API server is at {url} now: {mode}." | "Der API-Server ist jetzt unter {url}: {mode}.";
    /// It is not.
    API_NOT_CHANGED = "The API server was not changed: {why}" | "Der API-Server wurde nicht geändert: {why}";
    /// /api server with something to change, by somebody else.
    API_SERVER_REFUSED = "Nothing was changed: that is for the daemon's admins." | "Nichts wurde geändert: das ist Sache der Admins des Dienstes.";
    /// Stands for the configuration file where there is none.
    NO_FILE = "no file; see `botmother config sample`" | "keine Datei; siehe `botmother config sample`";

    /// Title of the list of ad-hoc commands.
    MENU = "Commands of {name}" | "Befehle von {name}";
    /// Label of a custom command's arguments.
    MORE = "What follows the command" | "Was dem Befehl folgt";
    /// A custom command was given by an ad-hoc command.
    DELIVERED = "Sent to the program of {name}: {text}" | "An das Programm von {name} geschickt: {text}";
    /// Label of a long answer.
    ANSWER = "Answer" | "Antwort";
    /// Before what a menu cannot undo.
    IS_IT_MEANT = "This cannot be undone: {command}\nComplete the command to do it, or cancel it."
        | "Das lässt sich nicht rückgängig machen: {command}\nSchließe den Befehl ab, um es zu tun, oder brich ihn ab.";
    /// A form lacks a value.
    FIELD_MISSING = "Please fill in: {field}" | "Bitte ausfüllen: {field}";
    /// A form has a value that is not possible.
    FIELD_WRONG = "This is not possible: {field}" | "Das ist nicht möglich: {field}";
}
