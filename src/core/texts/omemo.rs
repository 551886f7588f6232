//! What owners are told of keys and how they decide about them (`/omemo`).

use super::Text;

texts! {
    /// Arguments of /omemo in a bot's chat.
    WORDS = "[status|devices|trust|distrust|policy|encrypt|reset] [value]" | "[status|devices|trust|distrust|policy|encrypt|reset] [Wert]";
    /// Arguments of /omemo with the manager.
    ID_WORDS = "[ID] [status|devices|trust|distrust|policy|encrypt|reset] [value]" | "[ID] [status|devices|trust|distrust|policy|encrypt|reset] [Wert]";
    /// What /omemo does.
    OMEMO = "encryption: the bot's fingerprint, and whose keys it trusts" | "Verschlüsselung: Fingerabdruck des Bots, und wem er vertraut";

    /// What /omemo does with the manager.
    OMEMO_HERE = "encryption: my fingerprint and whose keys I trust in this chat; with ID those of a bot" | "Verschlüsselung: mein Fingerabdruck, und wem ich in diesem Chat vertraue; mit ID das eines Bots";

    /// Answer to /omemo.
    STATUS = "My fingerprint:\n{fingerprint}\nDevice: {device}\nTo open or scan: {uri}\n\n{policy}\n{encrypt}"
        | "Mein Fingerabdruck:\n{fingerprint}\nGerät: {device}\nZum Öffnen oder Scannen: {uri}\n\n{policy}\n{encrypt}";
    /// The same before there is a key.
    NO_DEVICE = "I have no key yet: it is made as soon as I am online with encryption.\n\n{policy}\n{encrypt}"
        | "Ich habe noch keinen Schlüssel: er entsteht, sobald ich mit Verschlüsselung online bin.\n\n{policy}\n{encrypt}";
    /// How the bot encrypts.
    ENCRYPT_REQUIRED = "Encryption required: I say and take nothing in plain text." | "Verschlüsselung required: im Klartext sage und nehme ich nichts.";
    /// How the bot encrypts.
    ENCRYPT_PREFERRED = "Encryption preferred: I encrypt to whoever has a device for it." | "Verschlüsselung preferred: ich verschlüssele für jeden, der ein Gerät dafür hat.";
    /// How the bot encrypts.
    ENCRYPT_OFF = "Encryption off." | "Verschlüsselung off: aus.";
    /// Answer to /omemo reset.
    RESET = "I make a new key; everybody has to trust it anew, and {command} shows it when it is there."
        | "Ich mache einen neuen Schlüssel; alle müssen ihm neu vertrauen, und {command} zeigt ihn, wenn er da ist.";

    /// Answer to /omemo encrypt and /omemo reset where there is nothing to choose.
    NOT_CHOSEN_HERE = "That is chosen for bots with an account of their own: /omemo <ID> …. How I encrypt in this chat says self_chat in [omemo] of the configuration."
        | "Das gibt es für Bots mit eigenem Konto: /omemo <ID> …. Wie ich in diesem Chat verschlüssele, sagt self_chat in [omemo] der Konfiguration.";

    /// Answer to /omemo in the built-in chat.
    INSIDE = "What is said here does not leave the daemon, so nothing is encrypted. /omemo <ID> tells of a bot that speaks through an XMPP account."
        | "Was hier gesagt wird, verlässt den Dienst nicht, also wird nichts verschlüsselt. /omemo <ID> sagt es von einem Bot, der durch ein XMPP-Konto spricht.";

    /// A further device.
    KEY_NEW = "A new device of {jid} encrypts, and I do not trust it yet: I read what it sends, and send it nothing.\nDevice: {device}\nFingerprint: {fingerprint}\nIf it is the right one, write from a device that I trust: {command} trust {name}"
        | "Ein neues Gerät von {jid} verschlüsselt, und ich vertraue ihm noch nicht: ich lese, was es sendet, und sende ihm nichts.\nGerät: {device}\nFingerabdruck: {fingerprint}\nIst es das richtige, schreibe von einem Gerät, dem ich vertraue: {command} trust {name}";
    /// Another key of a device.
    KEY_CHANGED = "Warning: device {device} of {jid} has another key than before. Somebody may be trying to read along. I do not trust the new key.\nFingerprint: {fingerprint}\nOnly if you have compared it, write from a device that I trust: {command} trust {name}"
        | "Warnung: Gerät {device} von {jid} hat einen anderen Schlüssel als bisher. Vielleicht will jemand mitlesen. Ich vertraue dem neuen Schlüssel nicht.\nFingerabdruck: {fingerprint}\nNur wenn du ihn verglichen hast, schreibe von einem Gerät, dem ich vertraue: {command} trust {name}";
    /// What clients show that cannot read a message: those without OMEMO, and devices it was not encrypted for.
    UNREADABLE = "This message is encrypted with OMEMO and cannot be read here: either this client has no OMEMO or has it switched off, or I do not trust this device yet. Then write to me from it, and I say what to do."
        | "Diese Nachricht ist mit OMEMO verschlüsselt und hier nicht lesbar: Entweder hat dieser Client kein OMEMO oder es ist abgeschaltet, oder ich vertraue diesem Gerät noch nicht. Dann schreibe mir von ihm, und ich sage, was zu tun ist.";
    /// To a device that waits for a decision.
    DEVICE_WAITS = "I read what this device sends, but I do not trust it yet, so my answers are not encrypted for it."
        | "Ich lese, was dieses Gerät sendet, vertraue ihm aber noch nicht; meine Antworten sind deshalb nicht für es verschlüsselt.";
    /// To a device that is not trusted.
    DEVICE_REFUSED = "I did not read this message: I do not trust the device it comes from."
        | "Diese Nachricht habe ich nicht gelesen: Dem Gerät, von dem sie kommt, vertraue ich nicht.";
    /// Added where the owner can do something.
    DEVICE_OWN = "\nDevice: {device}\nFingerprint: {fingerprint}\nTo trust it, write on a device that can read me: /omemo trust {name}\nThat holds for all your bots. If you have no such device any more: POST /bot/omemo/trust with a bot's token."
        | "\nGerät: {device}\nFingerabdruck: {fingerprint}\nUm ihm zu vertrauen, schreibe auf einem Gerät, das mich lesen kann: /omemo trust {name}\nDas gilt für alle deine Bots. Hast du kein solches Gerät mehr: POST /bot/omemo/trust mit dem Token eines Bots.";
    /// Added where only the owner can.
    DEVICE_OTHERS = " Only my owner can change that." | " Das kann nur mein Besitzer ändern.";
    /// Added to the last one of a day.
    LAST_NOTICE = "\nI tell of no further keys today; {command} devices lists them."
        | "\nVon weiteren Schlüsseln berichte ich heute nicht; {command} devices listet sie auf.";

    /// Answer to /omemo trust.
    TRUSTED = "Trusted from now on: {jid}, device {device}\n{fingerprint}" | "Ab jetzt vertraut: {jid}, Gerät {device}\n{fingerprint}";
    /// Answer to /omemo distrust.
    DISTRUSTED = "Not trusted from now on: {jid}, device {device}\n{fingerprint}"
        | "Ab jetzt nicht mehr vertraut: {jid}, Gerät {device}\n{fingerprint}";
    /// Added where it is the owner's device.
    EVERYWHERE = "\nThat holds for all your bots and for the chat with yourself." | "\nDas gilt für alle deine Bots und für den Chat mit dir selbst.";
    /// The same where somebody does not trust the device it was written on.
    NOT_EVERYWHERE = "\nThat holds for all your bots but those that do not trust the device you write on: {names}."
        | "\nDas gilt für alle deine Bots, außer denen, die dem Gerät nicht vertrauen, auf dem du schreibst: {names}.";
    /// Device of a key that was not seen yet.
    UNSEEN = "not seen yet" | "noch nicht gesehen";
    /// Before the list of keys.
    KEYS = "Keys I know, the newest first:" | "Schlüssel, die ich kenne, die neuesten zuerst:";
    /// The list is empty.
    NO_KEYS = "I know no keys of anybody yet." | "Ich kenne noch keine Schlüssel.";
    /// A key in the list.
    KEY = "\n\n{jid}, device {device}: {standing}\n{fingerprint}" | "\n\n{jid}, Gerät {device}: {standing}\n{fingerprint}";
    /// A key's standing.
    IS_VERIFIED = "trusted, verified" | "vertraut, geprüft";
    /// A key's standing.
    IS_TRUSTED = "trusted" | "vertraut";
    /// A key's standing.
    IS_UNDECIDED = "undecided" | "unentschieden";
    /// A key's standing.
    IS_DISTRUSTED = "not trusted" | "nicht vertraut";

    /// The policy blind.
    BLIND = "Policy blind: I trust all devices of a contact until one of them is verified."
        | "Regel blind: ich vertraue allen Geräten eines Kontakts, bis eines davon geprüft ist.";
    /// The policy tofu.
    TOFU = "Policy tofu: I trust the devices that a contact has at first; later ones wait for your word."
        | "Regel tofu: ich vertraue den Geräten, die ein Kontakt zuerst hat; spätere warten auf dein Wort.";
    /// The policy pinned.
    PINNED = "Policy pinned: I trust only keys that you have named: {command} trust <fingerprint>"
        | "Regel pinned: ich vertraue nur Schlüsseln, die du genannt hast: {command} trust <Fingerabdruck>";

    /// A decision that did not come from a trusted device.
    NOT_FROM_HERE = "That is decided only in an encrypted message from a device that I trust, or by the API (POST /bot/omemo/trust)."
        | "Das entscheidet nur eine verschlüsselte Nachricht von einem Gerät, dem ich vertraue, oder die API (POST /bot/omemo/trust).";
    /// What was named is no key.
    WORD = "Name a key by its device number or by at least {digits} digits of its fingerprint; another one's with his address in front."
        | "Nenne einen Schlüssel mit seiner Gerätenummer oder mindestens {digits} Ziffern seines Fingerabdrucks; den eines anderen mit seiner Adresse davor.";
    /// Nobody has that key.
    UNKNOWN = "I have seen no such key. {command} devices lists them; a whole fingerprint can be trusted beforehand."
        | "Einen solchen Schlüssel habe ich nicht gesehen. {command} devices listet sie auf; einem ganzen Fingerabdruck kann vorher vertraut werden.";
    /// Several keys have that name.
    AMBIGUOUS = "Several keys are called so. Give the fingerprint, or the address in front; {command} devices lists them."
        | "Mehrere Schlüssel heißen so. Gib den Fingerabdruck an, oder die Adresse davor; {command} devices listet sie auf.";
    /// Too many keys.
    FULL = "I cannot remember more keys of this contact." | "Mehr Schlüssel dieses Kontakts kann ich mir nicht merken.";
}
