//! Sentences about what is wrong, in German. They arise in English all over the program, for callers of the API and the log;
//! whoever reads one in a German chat gets what stands beside it here.
//!
//! A new sentence that a chat may show needs a line in the table: a test reads the sources and names what lacks one.

/// A sentence in German. What is none of ours stays: the words of servers, names, addresses.
pub(super) fn say(text: &str) -> String {
    let others = || {
        // Several sentences in a row, or one with a place in front.
        if text.contains("; ") {
            return text.split("; ").map(say).collect::<Vec<_>>().join("; ");
        }
        match text.split_once(": ") {
            Some((place, why)) => format!("{place}: {}", say(why)),
            None => text.to_string(),
        }
    };
    find(text).unwrap_or_else(others)
}

/// Of all lines that fit, the one that says most by itself.
fn find(text: &str) -> Option<String> {
    let fitting = TABLE.lines().filter_map(|line| {
        let (english, german) = line.split_once(" | ")?;
        fit(english, text).map(|(weight, values)| (weight, values, german))
    });
    let (_, values, german) = fitting.max_by_key(|(weight, ..)| *weight)?;
    let mut pieces = german.split('{');
    let mut out = pieces.next().unwrap_or_default().to_string();
    for piece in pieces {
        let (number, rest) = piece.split_once('}')?;
        match values.get(number.parse::<usize>().ok()?.checked_sub(1)?)? {
            (true, why) => out += &say(why),
            (false, value) => out += value,
        }
        out += rest;
    }
    Some(out)
}

/// How many bytes of the text a pattern has itself, and what stands in its places, each with whether that is a sentence.
fn fit<'t>(pattern: &str, text: &'t str) -> Option<(usize, Vec<(bool, &'t str)>)> {
    let mut pieces = pattern.split('{').peekable();
    let first = pieces.next()?;
    let (mut rest, mut weight, mut values) = (text.strip_prefix(first)?, first.len(), Vec::new());
    while let Some((kind, own)) = pieces.next().and_then(|piece| piece.split_once('}')) {
        let end = if pieces.peek().is_none() { rest.len().checked_sub(own.len())? } else { rest.find(own)? };
        let (value, after) = rest.split_at_checked(end)?;
        values.push((kind == "*", value));
        (rest, weight) = (after.strip_prefix(own)?, weight + own.len());
    }
    rest.is_empty().then_some((weight, values))
}

/// English | German. `{}` stands for a value, `{*}` for a sentence, `{1}` for what stood in the first place; a place may
/// swallow what makes no difference.
const TABLE: &str = "
{} must be {*} | {1} stimmt nicht; richtig: {2}
too many requests; try again in {} s | zu viele Anfragen; versuche es in {1} s noch einmal
TLS for the API is not in this binary: set mode in the section [api] to local | TLS für die API ist in diesem Programm nicht enthalten: mode im Abschnitt [api] auf local setzen
{*} is used up; it is free again in {} h {} min | {1} ist aufgebraucht; in {2} h {3} min geht es wieder
the quota of {} messages a day | das Kontingent von {1} Nachrichten am Tag
the quota of {} AI calls a day | das Kontingent von {1} Fragen an KIs am Tag
there are {} such tokens already; revoke one first | es gibt schon {1} solche Tokens; widerrufe erst einen
there is no token with number {} | es gibt keinen Token mit der Nummer {1}
one line of at most {} characters | eine Zeile mit höchstens {1} Zeichen
seconds from {} to {} | Sekunden von {1} bis {2}
the disk is full; nothing was done{} | die Platte ist voll; nichts wurde getan, und es geht wieder, sobald Platz ist
the request could not be stored; {} | das konnte nicht gespeichert werden, und nichts wurde getan; warum, steht im Log
there is no bot with id {} | es gibt keinen Bot mit der ID {1}
at most {} bytes, not {} | höchstens {1} Bytes, nicht {2}
at most {} characters, not {} | höchstens {1} Zeichen, nicht {2}
at most {} commands, not {} | höchstens {1} Befehle, nicht {2}
at most {} addresses, not {} | höchstens {1} Adressen, nicht {2}
1 to {} bytes | 1 bis {1} Bytes
1 to {} characters on one line, {} | 1 bis {1} Zeichen auf einer Zeile, darunter ein Buchstabe oder eine Ziffer; keine Zahl, keine Adresse, und nichts, was mit @, - oder / beginnt
one line of at most {} bytes | eine Zeile mit höchstens {1} Bytes
made of letters, digits, _ and -, 1 to {} of them | 1 bis {1} Buchstaben, Ziffern, _ oder -
there once; {} comes twice | jeder nur einmal; {1} kommt zweimal vor
one of {} | eins von {1}
0 to {}, not {} | 0 bis {1}, nicht {2}
a number from 0 to 2 | eine Zahl von 0 bis 2
a key of {}: see {} | ein Schlüssel von {1}, siehe {2}
a key without spaces, or - for none | ein Schlüssel ohne Leerzeichen, oder - für keinen
an http or https URL, for example {} | eine Adresse mit http oder https, zum Beispiel {1}
this bot has {} links already; remove one first | dieser Bot hat schon {1} Verbindungen; nimm erst eine weg
another conversation than the one it is joined to | eine andere Unterhaltung als die, mit der sie verbunden wird
somebody who may write to this bot, or a room it is in: see its access, or joinRoom | jemand, der diesem Bot schreiben darf, oder ein Raum, in dem er ist
this bot is joined to no chat yet | dieser Bot ist noch mit keinem Chat verbunden
the link with {} is off; switch it on first | die Verbindung mit {1} ist aus; schalte sie erst ein
this bot has no link with {}; it has none | dieser Bot hat keine Verbindung mit {1}; er hat gar keine
this bot has no link with {}; it has {} | dieser Bot hat keine Verbindung mit {1}; er hat {2}
this bot has no link with {}; {} | dieser Bot hat keine Verbindung mit {1}; {2}
one word of at most {} letters, digits, _, - and ., and no number | ein Wort aus höchstens {1} Buchstaben, Ziffern, _, - und ., und keine Zahl
{} is called {} already; choose another alias | {1} heißt schon {2}; wähle einen anderen Namen
one line of at most {} bytes with {} in it once | eine Zeile mit höchstens {1} Bytes, in der {2} einmal steht
the number of a chat at Telegram, for example {} | die Nummer eines Chats bei Telegram, zum Beispiel 987654321 oder -1001234567890
the address of a room, for example {} | die Adresse eines Raums, zum Beispiel {1}
owner for a personal bot{} | owner bei einem persönlichen Bot, der im eigenen Chat seines Besitzers spricht
owner for a dedicated bot{} | owner bei einem Bot mit mode dedicated; einer für andere wird mit mode cloud angelegt
a bot with an account of its own; {} | ein Bot mit eigenem Konto; ob ein persönlicher verschlüsselt, sagt self_chat in [omemo] der Konfiguration
only what goes through an XMPP account{} | verschlüsselt wird nur, was durch ein hier angemeldetes XMPP-Konto geht
{} has {} bots already; delete one first | {1} hat schon {2} Bots; lösche erst einen
{} is the account of a bot; delete the bot first | {1} ist das Konto eines Bots; lösche erst den Bot
{} is not the account of a deleted bot | {1} ist nicht das Konto eines gelöschten Bots
Telegram is not set up for this bot; {} does it | Telegram ist für diesen Bot nicht eingerichtet; das geht mit {1}
the file is not here any more; send it again | die Datei ist nicht mehr da; bitte noch einmal senden
{} takes files of {} at most from bots | {1} nimmt von Bots Dateien bis {2} an
the chats are not linked any more | die Chats sind nicht mehr verbunden
this is no file at Telegram | das ist keine Datei bei Telegram
the Telegram server names files on its own disk; start it without --local | der Telegram-Server nennt Dateien auf seiner eigenen Platte; er ist ohne --local zu starten
Telegram gives bots files of {} MB at most | Telegram gibt Bots Dateien bis {1} MB
Telegram is switched off for this bot | Telegram ist für diesen Bot abgeschaltet
Telegram does not take the bot's token: {} | Telegram nimmt den Token des Bots nicht an: {1}
Telegram: {} | Telegram: {1}.
tg: and the number of a chat, for example {} | tg: und die Nummer eines Chats, zum Beispiel {1}
the message that it is about is not at Telegram | die Nachricht, um die es geht, ist nicht bei Telegram
false: Telegram is not end-to-end encrypted for bots | false: Telegram verschlüsselt für Bots nicht von Ende zu Ende
a text with something in it | ein Text, in dem etwas steht
this bot has sent no message {} | dieser Bot hat keine Nachricht {1} gesendet
the message {} was deleted | die Nachricht {1} wurde gelöscht
there: a token from @BotFather | da: ein Token von @BotFather
one that Telegram knows: get it from @BotFather | einer, den Telegram kennt: hole ihn bei @BotFather
bot {} speaks at Telegram with this token already; {} | Bot {1} spricht bei Telegram schon mit diesem Token; jeder braucht einen eigenen
at Telegram a webhook is set for this bot, which leads to {}; {} | bei Telegram ist für diesen Bot ein Webhook gesetzt, der zu {1} führt; vielleicht verlässt sich jemand darauf; mit takeover beim Einrichten wird er entfernt
no AI is set up for this bot; {} does it | für diesen Bot ist keine KI eingerichtet; das geht mit {1}
this bot keeps no history; {} switches it on | dieser Bot behält nichts; {1} schaltet das ein
a number of days from 0 (nothing is kept) to {} | eine Zahl von Tagen von 0 (nichts wird behalten) bis {1}
this bot's AI is off; {} switches it on | die KI dieses Bots ist aus; {1} schaltet sie ein
no AI is set up for this bot any more | für diesen Bot ist keine KI mehr eingerichtet
an internal error{} | ein interner Fehler; im Log steht mehr
the answer is too long for this server; {} | die Antwort ist zu lang für diesen Server; sende den Befehl als Nachricht
encryption was switched off | die Verschlüsselung wurde abgeschaltet
the message is too large: {} it has {} bytes; {*} | die Nachricht ist zu groß: als XML, in dem `&` 5 Bytes braucht und `<` und `>` 4 brauchen, und mit ihrer Verschlüsselung, falls es eine gibt, hat sie {2} Bytes; {3}
{} takes {} at most | {1} nimmt höchstens {2} an
{} ended the connection for one of {} | {1} hat bei einer von {2} die Verbindung beendet
{} are the most that we send to a server that names no limit, as {} does not | mehr als {1} senden wir keinem Server, der keine Grenze nennt, wie {2}
its record cannot be read any more | was davon gespeichert ist, ist nicht mehr lesbar
{} shows no device with OMEMO | {1} zeigt kein Gerät mit OMEMO
the account's server has no place for OMEMO keys {} | der Server des Kontos hat keinen Platz für OMEMO-Schlüssel {1}
the OMEMO keys of {} cannot be fetched | die OMEMO-Schlüssel von {1} sind nicht zu bekommen
none of the OMEMO keys of {} is trusted | keinem der OMEMO-Schlüssel von {1} wird vertraut
the server ended the connection twice when it got this message of {} bytes | der Server hat die Verbindung zweimal beendet, als er diese Nachricht von {1} Bytes bekam
Botmother is switched off for {} | Botmother ist für {1} abgeschaltet
{} is not signed in here; {} does it | {1} ist hier nicht angemeldet; das geht mit {2}
its account is not there any more | sein Konto ist nicht mehr da
ejabberd's API is not set up; {} does it | die API von ejabberd ist nicht eingerichtet; das geht mit {1}
{} is not an XMPP domain | {1} ist keine XMPP-Domain
reading the archive | das Archiv wird gelesen
a place for its owner on its roster | ein Platz für den Besitzer auf seiner Kontaktliste
a place for a bot on its owner's roster | ein Platz für den Bot auf der Kontaktliste seines Besitzers
the server does not remove it: {*} | der Server entfernt es nicht: {1}
there is an account of that name already; {} | ein Konto dieses Namens gibt es schon; wähle einen anderen Namen
ejabberd does not know this admin or password; {} | ejabberd kennt diesen Admin oder sein Passwort nicht; prüfe beides, und schreibe den JID ganz, wie admin@chat.example.org
ejabberd knows this admin but does not allow the command; {} | ejabberd kennt diesen Admin, erlaubt ihm den Befehl aber nicht; nenne den JID in seiner Konfiguration unter acl: admin: user:, und erlaube diese acl unter api_permissions: für mod_http_api
there is no such command at this URL; {} | unter dieser Adresse gibt es den Befehl nicht; sie endet meist mit /api, wo ejabberd mod_http_api haben muss, und das Modul mod_admin_extra
ejabberd refuses it: {*} | ejabberd lehnt es ab: {1}
ejabberd's API does not work at the moment ({*}); try again later | die API von ejabberd geht gerade nicht ({1}); versuche es später noch einmal
what answers at this URL is no ejabberd API; {} | was unter dieser Adresse antwortet, ist keine API von ejabberd; prüfe Host und Port
the URL leads elsewhere; {} | die Adresse führt anderswohin; gib die an, zu der sie führt
`admin_password` must not be empty | admin_password darf nicht leer sein
a whole JID, for example {} | ein ganzer JID, zum Beispiel {1}
status {} | Status {1}
its filter objects to the question or the answer | sein Filter lehnt die Frage oder die Antwort ab
an error without words | ein Fehler ohne Worte
its answer could not be read | seine Antwort ist unlesbar
its answer ended early | seine Antwort endete zu früh
connection refused | Verbindung abgelehnt
connection reset | Verbindung abgebrochen
timed out | keine Antwort in der Zeit
host unreachable | der Host ist nicht zu erreichen
network unreachable | das Netz ist nicht zu erreichen
permission denied | das ist nicht erlaubt
address in use | der Port ist belegt
Address already in use{} | der Port ist belegt
Permission denied{} | das ist nicht erlaubt
No such file or directory{} | die Datei gibt es nicht
it has no address | er hat keine Adresse
failed to lookup address information: {} | der Name ist nicht zu finden ({1})
no answer in time | keine Antwort in der Zeit
the disk is full | die Platte ist voll
the address is not a public one, {} | die Adresse ist keine öffentliche, und das ist hier nicht erlaubt
the answer is larger than allowed | die Antwort ist größer als erlaubt
it is encrypted and was altered on its way, {} | es ist verschlüsselt und wurde unterwegs verändert, oder der Schlüssel dazu ist falsch
as many messages as are kept wait to be sent already; {} shows why they do not go | es warten schon so viele Nachrichten, wie aufgehoben werden; {1} zeigt, warum sie nicht gehen
too many calls are waiting already | es warten schon zu viele Aufrufe
it was called off | es wurde abgebrochen
it was asked | es wurde gefragt
a public address, as the API is open to the network; its owner may name others with /telegram setup, and private_webhooks in [api] allows them | eine öffentliche Adresse, da die API am Netz hängt; andere darf der Besitzer mit /telegram setup nennen, und private_webhooks in [api] erlaubt sie
the URL must be in ASCII: {} | die Adresse muss in ASCII sein: der Hostname in seiner Form mit xn--, alles andere als %XX
the URL is not one | die Adresse ist keine
the URL must begin with {} | die Adresse muss mit https:// oder http:// und einem Host beginnen
the URL must not contain a user name or password | die Adresse darf keinen Benutzernamen und kein Passwort enthalten
the URL's port must be {} | der Port der Adresse muss eine Zahl von 1 bis 65535 sein
the URL, or the one it redirects to, is not one | die Adresse, oder die, auf die sie verweist, ist keine
the value of {} has characters a header cannot have | der Wert von {1} hat Zeichen, die in keine Kopfzeile dürfen
too many long answers come at once | zu viele lange Antworten kommen auf einmal
{} cannot be written: {*} | {1} kann nicht geschrieben werden: {2}
{} cannot be read: {*} | {1} kann nicht gelesen werden: {2}
{} cannot be read as PEM: {*} | {1} ist nicht als PEM lesbar: {2}
{} contains no {} (PEM is expected) | {1} enthält nichts Brauchbares (erwartet wird PEM)
{} contains no usable certificate | {1} enthält kein brauchbares Zertifikat
the name service does not know the host | der Namensdienst kennt den Host nicht
the name service does not answer, {} | der Namensdienst antwortet nicht, und viele warten schon auf ihn
cannot connect | es kommt keine Verbindung zustande
TLS is missing | TLS fehlt
redirected from https to plain http | von https auf http ohne TLS verwiesen
the redirect leads nowhere | die Weiterleitung führt nirgendwohin
the answer's head is too long | der Kopf der Antwort ist zu lang
the answer is no proper HTTP ({}) | die Antwort ist kein richtiges HTTP ({1})
the other side closed the connection before {} | die Gegenseite hat die Verbindung beendet, bevor die Antwort ganz da war
the other side does not speak TLS at this port | die Gegenseite spricht an diesem Port kein TLS
the host is no name a certificate can have | der Host ist kein Name, den ein Zertifikat haben kann
TLS failed: {} | TLS ist gescheitert: {1}
its certificate was issued by nobody we trust; {} | sein Zertifikat hat niemand ausgestellt, dem wir vertrauen; eine CA-Datei kann die Stelle hinzufügen
its certificate has expired, {} | sein Zertifikat ist abgelaufen, oder unsere Uhr geht falsch
its certificate is not valid yet, {} | sein Zertifikat gilt noch nicht, oder unsere Uhr geht falsch
its certificate is for another name than the URL's | sein Zertifikat ist für einen anderen Namen als den der Adresse
its certificate is not right: {} | sein Zertifikat stimmt nicht: {1}
the system's certificate store {} | der Zertifikatspeicher des Systems ist leer oder nicht lesbar
{} cannot be reached: {*} | {1} ist nicht zu erreichen: {2}
{} must be host:port or tls://host:port, not {} | {1} muss Host:Port oder tls://Host:Port sein, nicht {2}
DNS says that {} offers no XMPP to clients{} | das DNS sagt, dass {1} kein XMPP für Clients anbietet{2}
{}: no TLS within {} s | {1}: kein TLS innerhalb von {2} s
the server closed the connection | der Server hat die Verbindung beendet
the server closed the connection during the TLS handshake | der Server hat die Verbindung während des TLS-Handschlags beendet
the connection is gone | die Verbindung ist weg
a bug ended the session; see the log | ein Fehler im Programm hat die Sitzung beendet; siehe Log
pin must be {}, not {} | pin muss sha256: und 64 hexadezimale Ziffern sein, nicht {2}
certificate and key cannot be used: {*} | Zertifikat und Schlüssel sind nicht brauchbar: {1}
the certificate has expired on {} | das Zertifikat ist am {1} abgelaufen
the certificate is valid from {} on, and here it is {} | das Zertifikat gilt erst ab dem {1}, und hier ist der {2}
{} is not the key of the first certificate in {} | {1} ist nicht der Schlüssel zum ersten Zertifikat in {2}
certificate {} of {} is none that can be read | das Zertifikat Nummer {1} in {2} ist keines, das zu lesen ist
it is not PEM ({}) | es ist kein PEM ({1})
it is empty | er ist leer
{} is no name a certificate can have | {1} ist kein Name, den ein Zertifikat haben kann
the server could not prove that it owns its certificate{} | der Server konnte nicht beweisen, dass das Zertifikat seins ist{1}
the server does not speak TLS from the first byte at this port; {} without tls:// waits for STARTTLS | der Server spricht an diesem Port nicht vom ersten Byte an TLS; {1} ohne tls:// wartet auf STARTTLS
the TLS handshake failed: {} | der TLS-Handschlag ist gescheitert: {1}
the server shows another certificate than the pinned one; {} with {} | der Server zeigt ein anderes Zertifikat als das festgelegte; wurde es erneuert, nimmt {2} das neue an
the certificate of {} is signed by nobody we trust; name its CA with {}, or accept exactly this certificate with {} | das Zertifikat von {1} hat niemand unterschrieben, dem wir vertrauen; nenne seine CA mit {2}, oder nimm genau dieses Zertifikat an mit {3}
the certificate of {} expired{}; {} with {} | das Zertifikat von {1} ist abgelaufen; erneuere es auf dem Server, oder nimm es an, wie es ist, mit {4}
the certificate of {} is not valid yet for this machine's clock, which says {}: it has to be set (NTP); it is tried again each minute | das Zertifikat von {1} gilt nach der Uhr dieses Rechners noch nicht, die auf {2} steht: sie muss gestellt werden (NTP); es wird jede Minute erneut versucht
the certificate of {} is not valid yet; {}? {} accepts it as it is | das Zertifikat von {1} gilt noch nicht; geht die Uhr dieses Rechners richtig? {3} nimmt es an, wie es ist
the certificate is for {*}, not for {}; {} with {} | das Zertifikat ist für {1}, nicht für {2}; gib dem Server eines für {2}, oder nimm dieses an mit {4}
the certificate of {} is self-signed; {} with {} | das Zertifikat von {1} ist selbst unterschrieben; nimm genau dieses an mit {3}
the certificate of {} was refused ({}); {} would accept exactly this one | das Zertifikat von {1} wurde abgelehnt ({2}); {3} würde genau dieses annehmen
the server's certificate is refused: {*} | das Zertifikat des Servers wird abgelehnt: {1}
the server refuses the saved login key, {} | der Server lehnt den gespeicherten Anmeldeschlüssel ab; das Passwort wird versucht
the server sends us to {} | der Server schickt uns zu {1}
the server closed the stream | der Server hat den Stream beendet
what came could not be stored | was kam, konnte nicht gespeichert werden
the server does not answer any more | der Server antwortet nicht mehr
the server took too long over the login | der Server hat zu lange für die Anmeldung gebraucht
the server's stream is broken: {*} | der Stream des Servers ist kaputt: {1}
a stanza is too large | eine Stanza ist zu groß
elements are nested too deeply | Elemente sind zu tief verschachtelt
too many elements in a stanza | zu viele Elemente in einer Stanza
too many attributes in a stanza | zu viele Attribute in einer Stanza
too many attributes | zu viele Attribute
too many {} | zu viele {1}
text outside a stanza | Text außerhalb einer Stanza
text outside an element | Text außerhalb eines Elements
`<` in an attribute value | `<` im Wert eines Attributs
`<` in a tag | `<` in einem Tag
a tag without a name | ein Tag ohne Namen
{} is not allowed in XMPP | {1} ist in XMPP nicht erlaubt
the stream is not UTF-8 | der Stream ist kein UTF-8
the XML is not well-formed: {} | das XML ist nicht wohlgeformt: {1}
{} offers no TLS: {} | {1} bietet kein TLS an; ohne geht eine Anmeldung nur auf demselben Rechner, und nur mit plaintext = true in der Konfigurationsdatei
the server gives {} no resource: {} | der Server gibt {1} keine Ressource: {2}
{} makes no account at the moment: {} | {1} legt gerade kein Konto an: {2}
{} makes no account: {*} | {1} legt kein Konto an: {2}
cannot log in as {}: {*} | {1} kann sich nicht anmelden: {2}
DANGER: what answers for {} may be an impostor: {*} | VORSICHT: Was für {1} antwortet, kann ein Betrüger sein: {2}
the login as {} went wrong: {*} | die Anmeldung als {1} ging schief: {2}
another client took our resource of {} | ein anderer Client hat unsere Ressource von {1} übernommen
the server does not serve {} | der Server ist nicht für {1} da
the server complains: {} | der Server beschwert sich: {1}
the server does not admit {} | der Server lässt {1} nicht herein
the server sends us elsewhere, too often, {} followed{} | der Server schickt uns anderswohin, zu oft, ohne Host oder ohne TLS; dem wird nicht gefolgt{2}
the server restarts{} | der Server startet neu{1}
the server ended the stream: {} | der Server hat den Stream beendet: {1}
the server cannot check the login of {} at present{} | der Server kann die Anmeldung von {1} gerade nicht prüfen{2}
wrong password for {}: {} | falsches Passwort für {1}: {2}
the account {} is disabled{}: ask {} | das Konto {1} ist gesperrt{2}: frage den Betreiber seines Servers
the password of {} has expired{}: set a new one at its server, and {} | das Passwort von {1} ist abgelaufen{2}: setze bei seinem Server ein neues, und {3}
the server refuses the login of {}: {}; check {} | der Server lehnt die Anmeldung von {1} ab: {2}; prüfe das Konto und die Einstellungen seines Servers
{} bytes are more than the server takes | {1} Bytes sind mehr, als der Server nimmt
the server acknowledges more than was sent | der Server bestätigt mehr, als gesendet wurde
the message archive does not answer | das Nachrichtenarchiv antwortet nicht
the server does not answer pings | der Server antwortet nicht auf Pings
the message archive is out of order: {*} | das Nachrichtenarchiv ist gestört: {1}
no usable login mechanism among: {} | kein brauchbares Anmeldeverfahren unter: {1}
the server asks for {} SCRAM iterations, {} | der Server verlangt {1} SCRAM-Iterationen, das ist außer der Reihe
the server's SCRAM nonce does not begin with ours | die SCRAM-Nonce des Servers beginnt nicht mit unserer
the server could not prove that it knows the password | der Server konnte nicht beweisen, dass er das Passwort kennt
the server's SASL message is wrong: {*} | die SASL-Nachricht des Servers ist falsch: {1}
an address in it is none | eine Adresse darin ist keine
it is a forged {} | es ist gefälscht: {1}
{} from {}, {} bytes: {*} | {1} von {2}, {3} Bytes: {4}
no host | kein Host
a challenge without a question | eine Herausforderung ohne Frage
not UTF-8 | kein UTF-8
not base64 | kein Base64
no nonce | keine Nonce
no salt | kein Salt
no iteration count | keine Zahl der Iterationen
no name | keinen Namen
the proxy refused to connect us | der Proxy lehnt die Verbindung ab
the proxy's URL {} | die Adresse des Proxys ist falsch
a call {} cannot {} | dieser Aufruf kann so nicht gehen
bytes between STARTTLS and TLS: {} | Bytes zwischen STARTTLS und TLS: jemand schiebt etwas unter
bytes behind <proceed/>: {} | Bytes nach <proceed/>: jemand schiebt etwas unter
the server failed to start TLS | der Server konnte TLS nicht beginnen
{} does not belong here | {1} gehört nicht hierher
the answer to registering is {} | die Antwort auf die Registrierung ist unbrauchbar
the server goes on before the stream is restarted | der Server macht weiter, bevor der Stream neu begonnen hat
{} does not answer {} | {1} ist keine Antwort auf {2}
the answer to binding has no address of ours | in der Antwort auf bind steht keine Adresse von uns
what answers is no XMPP 1.0 server | was antwortet, ist kein Server für XMPP 1.0
the server asks a riddle that only people can solve{} | der Server stellt ein Rätsel, das nur Menschen lösen{1}
the server wants more than a name and a password: {} | der Server will mehr als Name und Passwort: {1}
the server does not register by name and password{} | der Server registriert nicht mit Name und Passwort{1}
that name is taken | der Name ist vergeben
the server does not allow it: {} | der Server erlaubt es nicht: {1}
the server does not like name or password: {} | dem Server passen Name oder Passwort nicht: {1}
the server wants us to wait: {} | der Server will, dass wir warten: {1}
no self-signed certificate is in use | ein selbst unterschriebenes Zertifikat ist nicht in Gebrauch
there is a file that is no socket | dort ist eine Datei, die kein Socket ist
another program answers there | dort antwortet ein anderes Programm
the bot is not in the room {} | der Bot ist nicht im Raum {1}
the bot is no moderator of the room {}; an owner of the room can make it one | der Bot ist im Raum {1} kein Moderator; ein Besitzer des Raums kann ihn dazu machen
the room {} lets nobody take away what others said (XEP-0425) | der Raum {1} lässt niemanden zurücknehmen, was andere gesagt haben (XEP-0425)
nobody is called {} in the room {} | im Raum {2} heißt niemand {1}
the room {} does not show who {} is; ban him by his address | der Raum {1} zeigt nicht, wer {2} ist; nenne statt des Nicks seine Adresse
the connection was lost; whether the room did it is not known | die Verbindung ging verloren; ob der Raum es getan hat, ist nicht bekannt
the room {} refused it: {*} | der Raum {1} lehnt es ab: {2}
the bot belongs to owner@local, where there are no rooms | der Bot gehört owner@local, und dort gibt es keine Räume
the bot's own account is gone; create the bot again | das Konto des Bots ist weg; lege den Bot neu an
no message {} is known | eine Nachricht {1} ist nicht bekannt
no message {} is known at Telegram | eine Nachricht {1} ist bei Telegram nicht bekannt
nobody called @{} was seen in {} yet; {} | jemand namens @{1} wurde in {2} noch nicht gesehen; antworte auf eine seiner Nachrichten, oder nenne seine Nummer
it is not known who said {} | wer {1} gesagt hat, ist nicht bekannt
nobody can keep order in this chat from here | in diesem Chat kann von hier aus niemand für Ordnung sorgen
Telegram refused it: {} | Telegram lehnt es ab: {1}
the picture cannot be fetched: status {} | das Bild ist nicht zu holen: Status {1}
the picture cannot be fetched: {*} | das Bild ist nicht zu holen: {1}
the picture has more than {} bytes | das Bild hat mehr als {1} Bytes
what is there is no picture in JPEG or PNG | was dort liegt, ist kein Bild in JPEG oder PNG
this bot is not connected to Telegram any more | dieser Bot ist nicht mehr mit Telegram verbunden
Telegram is switched off for this bot | Telegram ist für diesen Bot abgeschaltet
another handle to a socket | ein weiterer Zugang zu einem Socket
cannot listen on {}: {*} | {1} ist nicht zu öffnen: {2}
cannot listen on {}: {*}; {} | {1} ist nicht zu öffnen: {2}; wähle einen anderen Port mit /api server port <Nummer>
cannot make {}: {*} | nicht anzulegen ist {1}: {2}
cannot start a thread: {} | kein Thread zu bekommen: {1}
the data directory {} cannot be written: {*} | ins Datenverzeichnis {1} kann nicht geschrieben werden: {2}
encrypted | verschlüsselt
the queue was full | die Warteschlange war voll
the queue was cleared | die Warteschlange wurde geleert
nobody fetched it within a day | niemand hat es in einem Tag geholt
questions come too fast | Fragen kommen zu schnell
for {}; it asked {} ago | seit {1}; zuletzt fragte es vor {2}
for {}; it has not asked since the start | seit {1}; seit dem Start hat es nicht gefragt
for {} | seit {1}
tried again in {} | in {1} wieder versucht
attempt {}: {*} | Versuch {1}: {2}
status {}, {} ms | Status {1}, {2} ms
the bot is {}: {*} | der Bot ist {1}: {2}
the bot is {} | der Bot ist {1}
this bot knows of no message {}; {} | dieser Bot kennt keine Nachricht {1}; gemerkt werden die Wege der letzten seit dem Start
the command line or the environment says otherwise, {} | die Kommandozeile oder die Umgebung sagt etwas anderes, und sie geht vor
";

#[cfg(test)]
mod tests;
