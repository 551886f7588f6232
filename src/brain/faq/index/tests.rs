//! What is found, in small.

use super::*;

fn index(questions: &[&str], synonyms: Synonyms) -> Index {
    let mut all = Gatherer::new(synonyms);
    for (number, question) in questions.iter().enumerate() {
        all.add(u32::try_from(number).unwrap(), question);
    }
    all.end()
}

fn found(index: &Index, question: &str) -> Vec<u32> {
    index.find(question, 0.3, |_| true).iter().map(|hit| hit.entry).collect()
}

const QUESTIONS: &[&str] = &["When do you open?", "Where can I park my car?", "How do I return an order?"];

#[test]
fn the_same_question_scores_one() {
    let index = index(QUESTIONS, Synonyms::default());
    for (number, question) in QUESTIONS.iter().enumerate() {
        let best = index.find(&question.to_uppercase(), 0.0, |_| true)[0];
        assert_eq!(best.entry as usize, number);
        assert!(best.score > 0.999, "{best:?}");
    }
    assert_eq!(index.len(), 3);
    assert!(!index.is_empty());
}

#[test]
fn nothing_is_similar_to_nothing() {
    let index = index(QUESTIONS, Synonyms::default());
    assert!(found(&index, "").is_empty());
    assert!(found(&index, "?!").is_empty());
    assert!(found(&index, "quux zzyzx").is_empty());
    assert!(found(&self::index(&[], Synonyms::default()), "When do you open?").is_empty());
}

#[test]
fn of_equal_ones_the_first_is_found() {
    let index = index(&["Where is it?", "Parking?", "Parking?"], Synonyms::default());
    assert_eq!(found(&index, "parking"), [1, 2]);
}

#[test]
fn what_is_not_valid_is_not_found() {
    let index = index(QUESTIONS, Synonyms::default());
    assert!(index.find("When do you open?", 0.5, |entry| entry != 0).is_empty());
}

#[test]
fn synonyms_count_on_both_sides() {
    let mut synonyms = Synonyms::default();
    synonyms.add("car", "motor vehicle");
    synonyms.add("car", "auto");
    let index = index(QUESTIONS, synonyms);
    let score = |text: &str| index.find(text, 0.0, |_| true).first().map_or(0.0, |hit| hit.score);
    assert!(score("Where can I park my motor vehicle?") > 0.999);
    assert!(score("Where can I park my AUTO?") > 0.999);
    assert!(score("Where can I park my bicycle?") < 0.99);
}

#[test]
fn letters_without_spaces_are_compared_in_pairs() {
    let index = index(&["营业时间是几点?", "停车场在哪里?", "什么时候可以退货?"], Synonyms::default());
    assert_eq!(found(&index, "哪里有停车场")[0], 1);
    assert_eq!(found(&index, "请问几点营业")[0], 0);
}
