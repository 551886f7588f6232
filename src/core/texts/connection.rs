//! What owners are told of a bot's connection to Telegram.

use super::Text;

texts! {
    /// Telegram does not know the token.
    UNAUTHORIZED = "Telegram does not take the token of {name} any more ({why}), so it neither listens nor speaks there. Get a token from @BotFather and give it to me: /telegram setup <token>. If the one it has is right: /telegram on"
        | "Telegram nimmt den Token von {name} nicht mehr an ({why}); er hört und spricht dort nicht mehr. Hole bei @BotFather einen Token und gib ihn mir: /telegram setup <Token>. Ist der alte doch richtig: /telegram an";
    /// Another program polls.
    CONFLICT = "Another program listens at Telegram with the token of {name}, so messages may go there instead of here. Stop it, or give {name} a token of its own from @BotFather. I keep trying, but rarely."
        | "Ein anderes Programm hört bei Telegram mit dem Token von {name}; Nachrichten können dort statt hier ankommen. Beende es, oder gib {name} bei @BotFather einen eigenen Token. Ich versuche es weiter, aber selten.";
    /// A webhook is set at Telegram.
    WEBHOOK_SET = "At Telegram a webhook is set for {name}, so nothing comes here. If nobody needs it: /telegram setup <token> <chat> takeover removes it. I keep trying, but rarely."
        | "Bei Telegram ist für {name} ein Webhook gesetzt; hier kommt nichts an. Braucht ihn niemand: /telegram setup <Token> <Chat> takeover entfernt ihn. Ich versuche es weiter, aber selten.";
    /// Nothing was heard for minutes.
    DEAF = "{name} has heard nothing from Telegram for minutes: {why}. I keep trying; what is written meanwhile is kept on both sides."
        | "{name} hört seit Minuten nichts von Telegram: {why}. Ich versuche es weiter; was inzwischen geschrieben wird, geht auf beiden Seiten nicht verloren.";
    /// The bot was removed from a chat.
    PUT_OUT = "{name} is not in the Telegram chat {chat} any more; {who} took it out or blocked it."
        | "{name} ist nicht mehr im Telegram-Chat {chat}; {who} hat ihn entfernt oder blockiert.";
}
