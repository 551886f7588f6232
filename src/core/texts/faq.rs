//! What is said beside answers from a list of questions.

use super::Text;

texts! {
    /// Nothing is similar enough, but these are a little.
    DID_YOU_MEAN = "Did you mean one of these?" | "Meinst du eine davon?";
}
