//! What chats say of tokens, of signing in, and of what was done.

use super::Text;

texts! {
    /// Arguments of /token.
    TOKEN_ARGUMENTS = "<ID> [list|new|revoke|overlap] [more]" | "<ID> [list|new|revoke|overlap] [mehr]";
    /// Answer to /token with words that it does not know.
    TOKEN_USAGE = "Usage:\n/token {id} - a new main token; the old one becomes invalid\n/token {id} overlap <hours> - the same, and the old one works so much longer\n/token {id} list - tokens beside the main one\n/token {id} new <send,read,manage> [days] [label] - one more that may do only that\n/token {id} revoke <number> - one of them goes"
        | "So geht es:\n/token {id} - ein neuer Haupttoken; der alte wird ungültig\n/token {id} overlap <Stunden> - dasselbe, und der alte gilt noch so lange\n/token {id} list - Tokens neben dem Haupttoken\n/token {id} new <send,read,manage> [Tage] [Name] - einer mehr, der nur das darf\n/token {id} revoke <Nummer> - einer davon wird ungültig";
    /// Answer to /token overlap.
    TOKEN_OVERLAPS = "New token generated for {name}:\n{token}\n(The old token works for {hours} h more)" | "Neuer Token für {name}:\n{token}\n(Der alte gilt noch {hours} h)";
    /// Answer to /token new.
    TOKEN_MADE = "Token {number} of {name}, which may {scopes}:\n{token}\nI show it this once." | "Token {number} von {name}, der das darf: {scopes}\n{token}\nIch zeige ihn nur dieses eine Mal.";
    /// Heading of /token list.
    TOKENS_OF = "Tokens of {name} beside the main one:" | "Tokens von {name} neben dem Haupttoken:";
    /// One of them.
    TOKEN_LINE = "{number}: …{ending} may {scopes}{label}; made {made}, used {used}, holds {until}" | "{number}: …{ending} darf {scopes}{label}; vom {made}, benutzt {used}, gilt {until}";
    /// There is none.
    NO_TOKENS = "{name} has no token beside the main one." | "{name} hat keinen Token neben dem Haupttoken.";
    /// Never used.
    NEVER = "never" | "nie";
    /// It does not expire.
    FOR_EVER = "until it is revoked" | "bis auf Widerruf";
    /// Until a day.
    UNTIL = "until {day}" | "bis {day}";
    /// Answer to /token revoke.
    TOKEN_REVOKED = "Token {number} of {name} is invalid now." | "Token {number} von {name} ist jetzt ungültig.";
    /// What /audit does.
    AUDIT = "what was done with your bots, and by whom" | "was mit deinen Bots getan wurde, und von wem";
    /// Heading of /audit.
    AUDIT_HEAD = "The last of what was done (UTC):" | "Was zuletzt getan wurde (UTC):";
    /// /audit without entries.
    AUDIT_EMPTY = "Nothing was done yet." | "Es wurde noch nichts getan.";
    /// Sent to whoever wants to sign in.
    CODE = "Your code to sign in: {code}\nIt holds for ten minutes, once. If you have not asked for it, somebody else has; without the code he gets nowhere."
        | "Dein Code zum Anmelden: {code}\nEr gilt zehn Minuten und einmal. Hast du ihn nicht verlangt, dann jemand anders; ohne den Code kommt er nicht weiter.";
    /// To whoever may only look.
    ONLY_VIEWER = "You may see your bots here, and not change them. An admin of this Botmother can allow more." | "Du darfst deine Bots hier sehen, nicht ändern. Mehr erlauben kann ein Admin dieser Botmother.";
}
