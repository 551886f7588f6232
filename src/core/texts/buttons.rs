//! What stands behind the numbered lines of buttons, and in the menu that has them.

use super::Text;

texts! {
    /// In a chat.
    ANSWER_NUMBER = "Answer with the number." | "Antworte mit der Nummer.";
    /// In a room.
    REPLY_NUMBER = "Reply to this message with the number." | "Antworte auf diese Nachricht mit der Nummer.";
    /// In a chat, where the buttons say numbers themselves.
    ANSWER_WORD = "Answer with one of these." | "Antworte mit einem davon.";
    /// The same in a room.
    REPLY_WORD = "Reply to this message with one of these." | "Antworte auf diese Nachricht mit einem davon.";
    /// The menu of what can be pressed now.
    MENU = "Buttons: what can be pressed now" | "Knöpfe: was jetzt gedrückt werden kann";
    /// Label of the choice.
    WHICH = "Which one?" | "Welcher?";
    /// Answer to a press from a menu.
    PRESSED = "Pressed: {button}" | "Gedrückt: {button}";
    /// The same of a button that is not there any more.
    GONE = "This button is not there any more." | "Diesen Knopf gibt es nicht mehr.";
}
