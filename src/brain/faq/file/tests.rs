//! Files as they come, and what is said of wrong ones.

use super::*;

fn wrong(form: FaqForm, text: &str) -> String {
    read(form, text).unwrap_err().to_string()
}

fn entry() -> FaqEntry {
    FaqEntry {
        question: "When do you \"open\",\nand where?".to_string(),
        similar: vec!["Opening hours".to_string(), "Öffnungszeiten; wann?".to_string()],
        answer: "At 9,\nevery day".to_string(),
        from_s: Some(1_798_131_600),
        until_s: Some(1_798_131_660),
        zone: 550,
        ..FaqEntry::default()
    }
}

#[test]
fn what_is_written_is_read_again() {
    let odd = FaqEntry { similar: vec!["a|b".to_string(), "[c]".to_string()], is_off: true, ..entry() };
    let redirect = FaqEntry { kind: FaqKind::Redirect, answer: "[\"jobs\"]".to_string(), ..entry() };
    let all = [entry(), odd, redirect];
    for form in [FaqForm::Csv, FaqForm::Tsv, FaqForm::Json] {
        assert_eq!(read(form, &write(form, &all)).unwrap(), all, "{form:?}");
    }
}

#[test]
fn columns_are_known_by_name() {
    let text = "\u{feff}Answer,question,answer_type\r\n\r\nAt 9,When?,\r\n\"a \"\"b\"\"\",What?,TEXT";
    let all = read(FaqForm::Csv, text).unwrap();
    assert_eq!((all[0].question.as_str(), all[0].answer.as_str()), ("When?", "At 9"));
    assert_eq!((all[1].question.as_str(), all[1].answer.as_str()), ("What?", "a \"b\""));
}

#[test]
fn times_are_local_ones_of_their_zone() {
    let head = "question,answer,effective_time,expire_time,timezone\n";
    let all = read(FaqForm::Csv, &format!("{head}q,a,2026-12-24 18:00,2026/12/26,800\n")).unwrap();
    assert_eq!(all[0].from_s, Some(1_798_106_400));
    assert_eq!(all[0].until_s, Some(1_798_214_400));
    let all = read(FaqForm::Csv, &format!("{head}q,a,2026-12-24T18:00:00+01:00,,800\n")).unwrap();
    assert_eq!((all[0].from_s, all[0].until_s), (Some(1_798_131_600), None));
    let head = "question,answer,expired_enabled,expire_time\n";
    assert_eq!(read(FaqForm::Csv, &format!("{head}q,a,false,2026-12-24\n")).unwrap()[0].until_s, None);
}

#[test]
fn what_is_wrong_is_said_with_its_place() {
    let csv = |text: &str| wrong(FaqForm::Csv, text);
    assert_eq!(csv(""), "the file must be a table that begins with the names of its columns");
    assert_eq!(csv("question,answer\n"), "the file must be a table with at least one question");
    assert!(csv("question,anwser\nq,a").starts_with("line 1: `anwser` must be one of question, enabled"));
    assert_eq!(csv("question\nq"), "line 1: answer must be there: the first line names the columns");
    assert_eq!(csv("question,answer,answer\nq,a,b"), "line 1: answer must be there once");
    assert_eq!(csv("question,answer\nq,a\n\n\"x\ny\",\n"), "line 4: answer must be there: what they are answered");
    assert_eq!(csv("question,answer\nq,a,b"), "line 2 must be 2 values, not 3");
    assert_eq!(
        csv("question,answer\nq,\"a"),
        "line 2 must be closed: a quotation mark that begins a value there has no end"
    );
    let typed = "question,answer,answer_type,timezone,enabled,effective_time\n";
    assert_eq!(
        csv(&format!("{typed}q,a,html,,,")),
        "line 2: answer_type must be text, template, redirect or json, not html"
    );
    assert!(csv(&format!("{typed}q,a,redirect,,,")).contains("a JSON array of the names of contexts"));
    assert!(csv(&format!("{typed}q,a,,8,,")).contains("timezone must be hundredths of an hour"));
    assert!(csv(&format!("{typed}q,a,,+08:00,,")).contains("timezone must be hundredths of an hour"));
    assert_eq!(csv(&format!("{typed}q,a,,,maybe,")), "line 2: enabled must be true or false, not maybe");
    assert_eq!(
        csv(&format!("{typed}q,a,,,,tomorrow")),
        "line 2: effective_time must be a time like 2026-12-24 18:00, not tomorrow"
    );
    let json = |text: &str| wrong(FaqForm::Json, text);
    assert!(json("[{\"question\":1,\"answer\":\"a\"}]").starts_with("entry 1: question must be a string"));
    assert!(json("{").starts_with("the file must be valid JSON"));
    assert_eq!(json("[]"), "the file must be a table with at least one question");
    assert!(wrong(FaqForm::Tsv, "question,answer\nq,a").starts_with("line 1: `question,answer` must be one of"));
}

#[test]
fn too_much_is_refused() {
    let many = format!("question,answer\n{}", "q,a\n".repeat(limits::FAQ_ENTRIES_MAX + 1));
    assert_eq!(wrong(FaqForm::Csv, &many), "the file must be at most 10000 questions");
    let long = format!("question,answer\nq,{}", "a".repeat(limits::FAQ_ANSWER_BYTES_MAX + 1));
    assert_eq!(wrong(FaqForm::Csv, &long), "line 2: answer must be at most 16000 bytes, not 16001");
}
