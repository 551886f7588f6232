//! What is read and written, and how what is wrong with a body is said.

use super::*;
use crate::base::{limits, remedy};

#[test]
fn text_survives_byte_exactly() {
    let text = "ü 👍 \u{2028} \" \\ \u{1} \n";
    let json = Object::new().text("text", text).number("n", -1).truth("b", true).end();
    assert_eq!(Fields::parse(json.as_bytes()).unwrap().need_text("text"), Ok(text));
    assert!(json.contains("\u{2028}") && json.contains("\\u0001"));
}

#[test]
fn texts_cannot_be_marks() {
    let typed = remedy::SET_UP_AI;
    let (plain, escaped) =
        (format!("{{\"a\":[{{\"b\":\"{typed}\"}}]}}"), r#"{"a":[{"b":"\ufffeai\uFFFF"}]}"#.to_string());
    for json in [plain, escaped] {
        let fields = Fields::parse(json.as_bytes()).unwrap();
        assert_eq!(fields.text_at(&["a", "0", "b"]), Some("\u{fffd}ai\u{fffd}"));
    }
    assert_eq!(texts(&array([text(typed)])), Some(vec!["\u{fffd}ai\u{fffd}".to_string()]));
}

#[test]
fn depth_and_values_are_bounded_before_anything_is_built() {
    let wrong = |json: &str| Fields::parse(json.as_bytes()).unwrap_err().to_string();
    let deep = |depth: usize| format!("{{\"a\":{}{}}}", "[".repeat(depth - 1), "]".repeat(depth - 1));
    assert!(Fields::parse(deep(limits::JSON_DEPTH_MAX).as_bytes()).is_ok());
    assert_eq!(
        wrong(&deep(limits::JSON_DEPTH_MAX + 1)),
        "the body must be less deep: it is nested deeper than 64 at byte 69"
    );
    assert!(wrong(&"[".repeat(1_000_000)).ends_with("nested deeper than 64 at byte 65"));
    assert!(wrong(&"{\"\":".repeat(1_000_000)).contains("nested deeper"));
    let wide = |count: usize| format!("{{\"a\":[{}0]}}", "0,".repeat(count));
    assert!(Fields::parse(wide(limits::JSON_VALUES_MAX - 2).as_bytes()).is_ok());
    assert!(wrong(&wide(limits::JSON_VALUES_MAX)).contains("more than 10000 values, at byte 20004"));
    // What stands in strings is no structure, closed or not.
    let text = format!("{{\"a\":\"{}\\\"[\"}}", "[,".repeat(20_000));
    assert!(Fields::parse(text.as_bytes()).is_ok());
    assert!(!wrong(&text[..text.len() - 2]).contains("nested"));
    assert!(texts(&"[".repeat(1_000)).is_none());
}

#[test]
fn numbers_that_no_double_holds_are_the_largest_one() {
    let fields = Fields::parse(br#"{"a":1e400,"b":[-1E+999,7],"c":"1e400","d":-1e-400,"e":1e308}"#).unwrap();
    assert_eq!(fields.decimal("a"), Ok(Some(1e308)));
    assert_eq!(fields.text("c"), Ok(Some("1e400")));
    assert_eq!(fields.decimal("d"), Ok(Some(0.0)));
    assert!(fields.number("a").is_err());
    let long = format!("{{\"a\":{}}}", "9".repeat(400));
    assert_eq!(Fields::parse(long.as_bytes()).unwrap().decimal("a"), Ok(Some(1e308)));
    for bad in ["{\"a\":1e}", "{\"a\":--1}", "{\"a\":1e400e400}", "{\"a\":01e999}"] {
        let _ = Fields::parse(bad.as_bytes());
    }
}

#[test]
fn errors_name_the_field() {
    let fields = Fields::parse(br#"{"to":7,"id":"x","on":1,"z":null,"f":1.5}"#).unwrap();
    assert_eq!(fields.need_text("to").unwrap_err().to_string(), "`to` must be a string");
    assert_eq!(fields.need_number("id").unwrap_err().to_string(), "`id` must be a whole number");
    assert_eq!(fields.need_truth("on").unwrap_err().to_string(), "`on` must be true or false");
    assert!(fields.number("f").is_err());
    assert_eq!(fields.text("z"), Ok(None));
    let wrong = |json: &str| Fields::parse(json.as_bytes()).unwrap_err().to_string();
    for (json, what) in [
        ("", "a JSON object, for example {\"name\":\"MyBot\"}; it is empty"),
        ("[]", "a JSON object, for example {\"name\":\"MyBot\"}, not an array"),
        ("7", "a JSON object, for example {\"name\":\"MyBot\"}, not a single value"),
        (
            "{\"a\":\"ü\\ud800\"}",
            "valid JSON; at line 1, column 8 `\\ud800` is half a character; write both halves, as in `\\ud83d\\ude00`, or \
             the character itself",
        ),
        (
            "{\"a\":\"\\udc00\"}",
            "valid JSON; at line 1, column 7 `\\udc00` is half a character; write both halves, as in `\\ud83d\\ude00`, or the character itself",
        ),
        ("{\"a\":\"\\x\"}", "valid JSON; at line 1, column 7 `\\x` is no escape; a backslash itself is written twice"),
        (
            "{\"a\":\"\\u12\"}",
            "valid JSON; at line 1, column 7 `\\u12\"}` is no escape; a backslash itself is written twice",
        ),
        ("{\"a\":1,\n \"b\" 2}", "valid JSON; at line 2, column 6 a colon must stand"),
        ("{\"a\":1,}", "valid JSON; at line 1, column 8 a name in double quotes must stand"),
        (
            "{\"a\":[1,]}",
            "valid JSON; at line 1, column 9 a value must stand: a string in double quotes, a number, true, false, null, [ or {",
        ),
        ("{'a':1}", "valid JSON; at line 1, column 2 a name in double quotes must stand"),
        ("{\"a\":[1 2]}", "valid JSON; at line 1, column 9 a comma or ] must stand"),
        ("{\"a\":1", "valid JSON; at line 1, column 7 a comma or } must stand"),
        ("{\"a\":\"b}", "valid JSON; at line 1, column 6 a string begins that has no end"),
        (
            "{\"a\":\"b\nc\"}",
            "valid JSON; at line 1, column 8 a line end, tab or other control character must be written as an escape: \\n, \\t, \\u001f",
        ),
        ("{} {}", "valid JSON; at line 1, column 4 nothing may follow"),
    ] {
        assert_eq!(wrong(json), format!("the body must be {what}"), "{json}");
    }
    for value in ["01", "1.", ".5", "+1", "-", "0x1", "True", "nul", "NaN", "1e"] {
        assert!(wrong(&format!("{{\"a\":{value}}}")).contains("at line 1, column 6 a value must stand"), "{value}");
    }
    let not_utf8 = Fields::parse(b"{\"a\":\"\xff\"}").unwrap_err().to_string();
    assert_eq!(not_utf8, "the body must be UTF-8, and is none from byte 7 on");
    for bad in [&b"[]"[..], b"", b"{", b"\"x\"", b"\xff{}", b"{} {}", b"{\"a\":\"\\ud800\"}"] {
        assert!(Fields::parse(bad).is_err(), "{bad:?}");
    }
}
