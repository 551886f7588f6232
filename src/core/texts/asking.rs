//! Sentences about questions that bots' programs ask people.

use super::Text;

texts! {
    /// Beneath a question that somebody else did not answer.
    PASSED_ON = "({who} has not answered.)" | "({who} hat nicht geantwortet.)";
    /// Beneath a question: the answer of whoever reads it.
    CHOSEN = "✓ {answer}" | "✓ {answer}";
    /// Beneath a question that somebody else has answered.
    ANSWERED_BY = "Answered by {by}: {answer}" | "Beantwortet von {by}: {answer}";
    /// Beneath a question that nobody has answered.
    EXPIRED = "Expired: nobody has answered in time." | "Abgelaufen: Niemand hat rechtzeitig geantwortet.";
    /// Beneath a question that was taken back.
    CANCELLED = "Taken back: no answer is needed any more." | "Zurückgenommen: Es wird keine Antwort mehr gebraucht.";
    /// To whoever answers too late.
    ALREADY_ANSWERED = "That was already answered by {by} at {at} (UTC): {answer}" | "Das hat schon {by} beantwortet, um {at} (UTC): {answer}";
    /// To whoever answers too late.
    ALREADY_EXPIRED = "That question has expired; your answer does not count any more." | "Diese Frage ist abgelaufen; deine Antwort zählt nicht mehr.";
    /// To whoever answers too late.
    ALREADY_CANCELLED = "That question was taken back; your answer is not needed any more." | "Diese Frage wurde zurückgenommen; deine Antwort wird nicht mehr gebraucht.";
    /// To whoever answers much too late.
    FORGOTTEN = "That question is too old; your answer does not count any more." | "Diese Frage ist zu alt; deine Antwort zählt nicht mehr.";
    /// To whoever answers something else.
    ONE_OF = "Please answer with one of these, by its word or its number:\n{options}" | "Bitte antworte mit einem von diesen, mit dem Wort oder der Nummer:\n{options}";
    /// Several questions are open.
    WHICH = "Several questions are open. Reply to the one you mean, or write its number in front of your answer, like “#{number} {answer}”:\n{questions}"
        | "Mehrere Fragen sind offen. Antworte auf die gemeinte Nachricht, oder schreibe ihre Nummer vor deine Antwort, wie „#{number} {answer}“:\n{questions}";
    /// A question that takes no plain text.
    MUST_ENCRYPT = "This question takes an encrypted answer only. Switch encryption (OMEMO) on in this chat, and answer again." | "Diese Frage nimmt nur eine verschlüsselte Antwort. Schalte die Verschlüsselung (OMEMO) in diesem Chat ein und antworte noch einmal.";
}
