//! What is said of links between chats, and in them.

use super::Text;

texts! {
    /// In the place of a file that does not pass a link.
    FILE_STAYS = "[a file that could not be passed on: {name}]" | "[eine Datei, die nicht weitergegeben werden konnte: {name}]";
    /// A file, where only words can be said.
    FILE_NAMED = "[file: {name}, {size}]" | "[Datei: {name}, {size}]";
    /// In the place of a file that did not pass.
    FILE_FAILED = "[{name}, {size}, could not be passed on: {why}]" | "[{name}, {size}, konnte nicht weitergegeben werden: {why}]";
    /// In front of what is said anew because it was changed, and nothing can be changed there.
    EDITED = "✎ " | "✎ ";
    /// To an owner: a link is stuck.
    STUCK = "What is said in {here} and in {there} does not pass from one to the other any more: {why}. I say no more of it until it does."
        | "Was in {here} und in {there} gesagt wird, geht nicht mehr vom einen zum anderen: {why}. Mehr sage ich dazu erst, wenn es wieder geht.";
    /// To an owner: something may not have arrived.
    IN_DOUBT = "Something that was sent to {name} may have arrived or not: {why}. It is marked with ❓, and is not sent again by itself. /telegram retry sends it again."
        | "Etwas, das an {name} ging, ist angekommen oder auch nicht: {why}. Es ist mit ❓ markiert und wird nicht von selbst noch einmal gesendet. /telegram retry sendet es noch einmal.";
    /// To an owner: something was given up.
    GIVEN_UP = "Something that was to go to {name} was not sent: {why}." | "Etwas, das an {name} gehen sollte, wurde nicht gesendet: {why}.";
}
