//! Each way of writing both ways, where there are two; and texts that nobody would write.

use super::*;
use crate::base::json::Fields;

/// The text with its spans in brackets: `[bold:a [italic:b]]`.
pub(super) fn shown(rich: &Rich) -> String {
    let name = |style: &Style| match style {
        Style::Bold => "b".to_string(),
        Style::Italic => "i".to_string(),
        Style::Underline => "u".to_string(),
        Style::Strike => "s".to_string(),
        Style::Spoiler => "hid".to_string(),
        Style::Code => "code".to_string(),
        Style::Pre(language) => format!("pre {}", language.as_deref().unwrap_or_default()).trim().to_string(),
        Style::Quote { is_long } => if *is_long { "long" } else { "q" }.to_string(),
        Style::Link(url) => format!("a {url}"),
        Style::Person(id) => format!("@{id}"),
        Style::Emoji(id) => format!("e {id}"),
        Style::Found(found) => format!("{found:?}"),
    };
    let mut marks: Vec<(usize, usize, i64, String)> = Vec::new();
    for (number, span) in rich.spans().iter().enumerate() {
        let order = number as i64;
        marks.push((span.range.start, 1, order, format!("[{}:", name(&span.style))));
        marks.push((span.range.end, 0, -order, "]".to_string()));
    }
    marks.sort();
    let (mut out, mut done) = (String::new(), 0);
    for (at, _, _, mark) in marks {
        out.push_str(&rich.text()[done..at]);
        out.push_str(&mark);
        done = at;
    }
    out + &rich.text()[done..]
}

/// Spans lie within each other or apart, at boundaries, in order.
fn assert_sound(rich: &Rich) {
    let mut open: Vec<&Span> = Vec::new();
    let mut last = (0, usize::MAX);
    for span in rich.spans() {
        assert!(rich.text().get(span.range.clone()).is_some_and(|said| !said.is_empty()), "{rich:?}");
        assert!(last.0 < span.range.start || last.1 >= span.range.end, "{rich:?}");
        last = (span.range.start, span.range.end);
        open.retain(|outer| outer.range.end > span.range.start);
        assert!(open.iter().all(|outer| outer.range.end >= span.range.end), "{rich:?}");
        open.push(span);
    }
}

fn entities(text: &str, json: &[&str]) -> Rich {
    let fields: Vec<Fields> = json.iter().map(|json| Fields::parse(json.as_bytes()).unwrap()).collect();
    Rich::from_entities(text, &fields)
}

#[test]
fn spans_are_cut_where_they_cross() {
    let rich = |text: &str, spans: &[(std::ops::Range<usize>, Style)]| {
        let rich =
            Rich::new(text, spans.iter().map(|(range, style)| Span::new(range.clone(), style.clone())).collect());
        assert_sound(&rich);
        shown(&rich)
    };
    assert_eq!(rich("abcdef", &[(0..4, Style::Bold), (2..6, Style::Italic)]), "[b:ab[i:cd]][i:ef]");
    assert_eq!(rich("abcdef", &[(2..4, Style::Code), (0..6, Style::Bold)]), "[b:ab][code:cd][b:ef]");
    assert_eq!(rich("ab", &[(0..2, Style::Link("u".into())), (0..2, Style::Code)]), "[a u:[code:ab]]");
    assert_eq!(rich("abcd", &[(0..3, Style::Quote { is_long: false }), (2..4, Style::Bold)]), "[q:ab[b:c]][b:d]");
    assert_eq!(rich("abcd", &[(0..4, Style::Bold), (1..3, Style::Bold)]), "[b:abcd]");
    assert_eq!(rich("äb", &[(1..2, Style::Bold), (2..2, Style::Italic), (7..9, Style::Code)]), "[b:ä]b");
    let reversed = std::ops::Range { start: 3, end: 1 };
    assert_eq!(rich("abcd", &[(reversed, Style::Bold)]), "abcd");
}

#[test]
fn styling_is_read() {
    let read = |text: &str| {
        let rich = Rich::from_styling(text);
        assert_sound(&rich);
        shown(&rich)
    };
    assert_eq!(read("a *b* _c_ ~d~ `e`"), "a [b:b] [i:c] [s:d] [code:e]");
    assert_eq!(read("*a _b_*"), "[b:a [i:b]]");
    assert_eq!(read("_*both*_"), "[b:[i:both]]");
    assert_eq!(read("`*no*`"), "[code:*no*]");
    // None of these is styled (XEP-0393 §5.2).
    for plain in ["2 * 3 * 4", "a*b*c", "*a", "* a*", "*a *", "**", "***", "****", "**a**", "snake_case_name", "*a\nb*"]
    {
        assert_eq!(read(plain), plain);
    }
    assert_eq!(read("*a*b"), "[b:a]b");
    assert_eq!(read("> a\n> b\nc"), "[q:a\nb]\nc");
    assert_eq!(read("a\n\n> *b*\n>> c"), "a\n\n[q:[b:b]\n> c]");
    assert_eq!(read("```rust\nfn *a*()\n\n  b\n```\nc"), "[pre rust:fn *a*()\n\n  b]\nc");
    assert_eq!(read("```\nnever ended"), "[pre:never ended]");
    assert_eq!(read("> ```\n> a\n> ```\n> b"), "[q:[pre:a]\nb]");
    assert_eq!(read("```one line```"), "[pre:one line]");
    for plain in ["```", "```\n```", "```rust", "``` what is this", "", "\n", "\n\na\n\n"] {
        assert_eq!(read(plain), plain);
    }
    assert_eq!(read("*שלום* مرحبا"), "[b:שלום] مرحبا");
    assert_eq!(read("*👨‍👩‍👧* a\u{2028}*b*"), "[b:👨‍👩‍👧] a\u{2028}[b:b]");
}

#[test]
fn styling_is_written_where_it_is_read_back() {
    let written = |text: &str, json: &[&str]| entities(text, json).to_styling();
    let bold = |offset: usize, length: usize| format!(r#"{{"type":"bold","offset":{offset},"length":{length}}}"#);
    assert_eq!(written("say it now", &[&bold(4, 3)]), "say *it* now");
    assert_eq!(written("say it now", &[&bold(3, 4)]), "say *it* now");
    // Half a word has no marks, nor has what they would be read in otherwise.
    assert_eq!(written("unbelievable", &[&bold(2, 7)]), "unbelievable");
    assert_eq!(written("2*3 a", &[&bold(0, 3)]), "2*3 a");
    assert_eq!(written("one\ntwo", &[&bold(0, 7)]), "*one*\n*two*");
    let code = r#"{"type":"pre","offset":4,"length":4,"language":"c"}"#;
    assert_eq!(written("see a();  there", &[code]), "see \n```c\na();\n```\n  there");
    let quote = r#"{"type":"expandable_blockquote","offset":0,"length":3}"#;
    assert_eq!(written("a\nb\nc", &[quote, &bold(0, 1)]), "> *a*\n> b\nc");
    let link = r#"{"type":"text_link","offset":0,"length":4,"url":"https://x.org/a_b"}"#;
    assert_eq!(written("here: x", &[link]), "here (https://x.org/a_b): x");
    assert_eq!(written("here: x", &[link, &bold(0, 4)]), "*here* (https://x.org/a_b): x");
    assert_eq!(written("here: x", &[link, &bold(0, 7)]), "*here (https://x.org/a_b): x*");
    let own = r#"{"type":"text_link","offset":0,"length":5,"url":"https://x.org/"}"#;
    assert_eq!(written("x.org", &[own]), "x.org");
    let hidden = r#"{"type":"spoiler","offset":0,"length":1}"#;
    assert_eq!(written("a", &[hidden]), "a");
    for plain in ["", "\n", "a\n", "\na", "a\n\nb\n\n"] {
        assert_eq!(Rich::plain(plain).to_styling(), plain);
    }
    for styled in
        ["*a* _b_", "> a\n> *b*\nc\n> d", "a\n```\nx\n```\nb", "> ```\n> a\n> ```", "```\na\n```\n", "\n> q\n\nz"]
    {
        assert_eq!(Rich::from_styling(styled).to_styling(), styled);
    }
}

#[test]
fn entities_count_in_utf16() {
    let text = "👍 *a* 👨‍👩‍👧 ü!";
    assert_eq!(units(text), 18);
    let rich = entities(
        text,
        &[
            r#"{"type":"bold","offset":0,"length":2}"#,
            r#"{"type":"italic","offset":7,"length":8}"#,
            r#"{"type":"bot_command","offset":15,"length":1}"#,
            r#"{"type":"news_of_2030","offset":0,"length":1}"#,
            r#"{"type":"bold","offset":99,"length":1}"#,
            r#"{"type":"bold","offset":-1,"length":1}"#,
        ],
    );
    assert_sound(&rich);
    assert_eq!(shown(&rich), "[b:👍] *a* [i:👨‍👩‍👧][Command: ]ü!");
    let json = rich.entities().unwrap();
    let first = r#"[{"offset":0,"length":2,"type":"bold"},{"offset":7,"length":8,"type":"italic"},"#;
    assert!(json.starts_with(first), "{json}");
    // From within a pair of surrogates, to within another: whole characters.
    assert_eq!(shown(&entities("👍👍", &[r#"{"type":"bold","offset":1,"length":2}"#])), "[b:👍👍]");
    assert_eq!(shown(&entities("a👍", &[r#"{"type":"bold","offset":0,"length":1}"#])), "[b:a]👍");
    let huge = r#"{"type":"bold","offset":1,"length":9223372036854775807}"#;
    assert_eq!(shown(&entities("abc", &[huge])), "a[b:bc]");
    assert_eq!(Rich::plain("a").entities(), None);
}

#[test]
fn every_entity_both_ways() {
    let all = [
        r#"{"offset":0,"length":9,"type":"expandable_blockquote"}"#,
        r#"{"offset":0,"length":1,"type":"text_link","url":"https://a/?b=c&d=\"e\""}"#,
        r#"{"offset":1,"length":1,"type":"text_mention","user":{"id":5000000000,"is_bot":false,"first_name":"b"}}"#,
        r#"{"offset":2,"length":1,"type":"bold"}"#,
        r#"{"offset":2,"length":1,"type":"underline"}"#,
        r#"{"offset":2,"length":1,"type":"strikethrough"}"#,
        r#"{"offset":3,"length":1,"type":"spoiler"}"#,
        r#"{"offset":4,"length":1,"type":"code"}"#,
        r#"{"offset":6,"length":1,"type":"pre","language":"rust"}"#,
        r#"{"offset":8,"length":1,"type":"custom_emoji","custom_emoji_id":"77"}"#,
        r#"{"offset":10,"length":1,"type":"blockquote"}"#,
    ];
    let rich = entities("abcde\nf\n!\ng", &all);
    assert_eq!(rich.entities().unwrap(), format!("[{}]", all.join(",")));
}

#[test]
fn html_is_read() {
    let read = |source: &str| shown(&from_html(source).unwrap_or_else(|error| panic!("{source}: {error}")));
    assert_eq!(read("<b>a <i>b</i></b> &lt;c&gt; &amp;&quot;&#228;&#x1F44D;&nbsp;"), "[b:a [i:b]] <c> &\"ä👍&nbsp;");
    assert_eq!(read("<STRONG>a</strong><em>b</EM><ins>c</ins><u>d</u>"), "[b:a][i:b][u:c][u:d]");
    assert_eq!(read("<s>a</s><strike>b</strike><del>c</del>"), "[s:a][s:b][s:c]");
    assert_eq!(read("<tg-spoiler>a</tg-spoiler><span class=\"tg-spoiler\">b</span>"), "[hid:a][hid:b]");
    assert_eq!(read("<a href='http://x.org/?a=1&amp;b=2'>x</a>"), "[a http://x.org/?a=1&b=2:x]");
    assert_eq!(
        read("<a href=x.org>x</a><a>y.org</a><a href=\"nowhere\">z</a>"),
        "[a http://x.org:x][a http://y.org:y.org]z"
    );
    assert_eq!(read("<a href=\"tg://user?id=123\">me</a>"), "[@123:me]");
    assert_eq!(read("<tg-emoji emoji-id=\"5\">👍</tg-emoji>"), "[e 5:👍]");
    assert_eq!(read("<pre><code class=\"language-python\">a</code></pre>"), "[pre python:a]");
    assert_eq!(read("<pre>a <b>b</b></pre><code class=\"language-c\">d</code>"), "[pre:a b][code:d]");
    assert_eq!(read("<blockquote>a</blockquote>\n<blockquote expandable>b</blockquote>"), "[q:a]\n[long:b]");
    assert_eq!(read("<b></b>a & b < "[..12].trim_end()), "a & b");
}

#[test]
fn html_errors_say_where() {
    let error = |source: &str| from_html(source).unwrap_err().to_string();
    assert_eq!(error("ä<x>"), "can't parse entities: unsupported start tag \"x\" at byte offset 2");
    assert!(error("<b>a").contains("\"b\" is not closed"));
    assert!(error("<b>a</i></b>").contains("expected \"</b>\", found \"</i>\" at byte offset 4"));
    assert!(error("a</b>").ends_with("unexpected end tag at byte offset 1"));
    for broken in [
        "<",
        "a <",
        "<b",
        "<b>a</b",
        "<b>a</",
        "<a href",
        "<a href=",
        "<a href=\"x",
        "<a =\"x\">",
        "<br/>",
        "<span>a</span>",
        "< b>",
    ] {
        assert!(error(broken).starts_with("can't parse entities: "), "{broken}");
    }
}

#[test]
fn the_first_markdown() {
    let read = |source: &str| shown(&from_markdown(source).unwrap_or_else(|error| panic!("{source}: {error}")));
    assert_eq!(read("*a* _b_ `c` [d](http://x.org) \\*e\\*"), "[b:a] [i:b] [code:c] [a http://x.org:d] *e*");
    assert_eq!(read("```python\nprint()\n```"), "[pre python:print()\n]");
    assert_eq!(read("```a b```"), "[pre:a b]");
    assert_eq!(read("[me](tg://user?id=7) [x.org] **"), "[@7:me] [a http://x.org:x.org] ");
    assert_eq!(read("*a_b*"), "[b:a_b]");
    let error = |source: &str| from_markdown(source).unwrap_err().to_string();
    assert_eq!(error("ab snake_case"), "can't parse entities: can't find end of the entity starting at byte offset 8");
    for broken in ["*", "a [b", "[b](c", "```a``"] {
        assert!(error(broken).contains("byte offset"), "{broken}");
    }
}

#[test]
fn the_second_markdown() {
    let read = |source: &str| shown(&from_markdown_v2(source).unwrap_or_else(|error| panic!("{source}: {error}")));
    assert_eq!(read("*a* _b_ __c__ ~d~ ||e|| `f`"), "[b:a] [i:b] [u:c] [s:d] [hid:e] [code:f]");
    assert_eq!(read("*a _b ~c~ __d___*"), "[b:a [i:b [s:c] [u:d]]]");
    assert_eq!(read("___a_**\n__"), "[u:[i:a]\n]");
    assert_eq!(read("\\*\\.\\! a\\\\b"), "*.! a\\b");
    assert_eq!(read("[a \\] b](http://x.org/\\)b)"), "[a http://x.org/)b:a ] b]");
    assert_eq!(read("[me](tg://user?id=7) ![👍](tg://emoji?id=5)"), "[@7:me] [e 5:👍]");
    assert_eq!(read("`a*b\\`c`"), "[code:a*b`c]");
    assert_eq!(read("```rust\nlet a = \\\\;\n```"), "[pre rust:let a = \\;\n]");
    assert_eq!(read(">a\n>*b*\nc"), "[q:a\n[b:b]]\nc");
    assert_eq!(read("**>a\n>b||"), "[long:a\nb]");
    assert_eq!(read(">a\n**>b||\nc"), "[q:a]\n[long:b]\nc");
    let error = |source: &str| from_markdown_v2(source).unwrap_err().to_string();
    let reserved =
        "can't parse entities: character '.' is reserved and must be escaped with the preceding '\\' at byte offset 3";
    assert_eq!(error("äa."), reserved);
    assert_eq!(error("a *b"), "can't parse entities: can't find end of Bold entity at byte offset 2");
    for broken in
        ["_", "*a_b*", "a > b", "#", "|a|", "[a", "[a](b", "!", "![a](http://x)", "```a``", "`", ">*a\nb*", "]"]
    {
        assert!(error(broken).contains("byte offset"), "{broken}");
    }
}

#[test]
fn what_letters_show() {
    let read = |text: &str| shown(&Rich::plain(text).with_found());
    assert_eq!(read("/start now"), "[Command:/start] now");
    assert_eq!(read("/help@my_bot, a/b /x/y"), "[Command:/help@my_bot], a/b /x/y");
    assert_eq!(read("hi @anna_b! #tag #1 $USD"), "hi [Mention:@anna_b]! [Hashtag:#tag] #1 [Cashtag:$USD]");
    assert_eq!(read("(https://x.org/a_(b)), www.y.org."), "([Url:https://x.org/a_(b)]), [Url:www.y.org].");
    assert_eq!(read("mail a.b+c@x.org."), "mail [Email:a.b+c@x.org].");
    assert_eq!(shown(&Rich::from_styling("`/no` /yes").with_found()), "[code:/no] [Command:/yes]");
}

#[test]
fn plain_texts_show_where_links_lead() {
    let rich =
        from_html("<b>see</b> <a href=\"https://x.org\">this</a>, <a href=\"https://y.org/\">y.org</a>").unwrap();
    assert_eq!(rich.to_plain(), "see this (https://x.org), y.org");
    assert_eq!(rich.slice(4..8).text(), "this");
    assert_eq!(shown(&Rich::plain("  a b\n").trimmed()), "a b");
}

#[test]
fn long_texts_are_cut_where_they_breathe() {
    let cut = |text: &str, max: usize| -> Vec<String> { Rich::plain(text).cut(max).iter().map(shown).collect() };
    assert_eq!(cut("short", 20), ["short"]);
    assert_eq!(cut("", 20), [""; 0]);
    assert_eq!(cut("one two three\n\nfour five six", 20), ["one two three", "four five six"]);
    assert_eq!(cut("one two three\n  four five six", 20), ["one two three", "  four five six"]);
    assert_eq!(cut("one two three four five", 13), ["one two three", "four five"]);
    assert_eq!(cut("one\u{2028}two\u{2028}three", 8), ["one\u{2028}two", "three"]);
    // Two units each: nine of them are not halved.
    assert_eq!(cut("👍👍👍👍👍", 5), ["👍👍", "👍👍", "👍"]);
    assert_eq!(cut("aa👨‍👩‍👧", 9), ["aa", "👨‍👩‍👧"]);
    assert_eq!(cut("🇩🇪🇫🇷🇮🇹", 6), ["🇩🇪", "🇫🇷", "🇮🇹"]);
    assert_eq!(cut("aae\u{301}", 3), ["aa", "e\u{301}"]);
    // One that no piece can hold is cut all the same.
    assert_eq!(cut(&format!("a{}", "\u{301}".repeat(200)), 50).len(), 5);
    let bold = Rich::from_styling("*one two three four*");
    let pieces: Vec<String> = bold.cut(9).iter().map(shown).collect();
    assert_eq!(pieces, ["[b:one two]", "[b:three]", "[b:four]"]);
    let code = Rich::from_styling("```rust\nlet a = 1;\n    let b = 2;\n```");
    let pieces: Vec<String> = code.cut(20).iter().map(shown).collect();
    assert_eq!(pieces, ["[pre rust:let a = 1;]", "[pre rust:    let b = 2;]"]);
    let words = "word ".repeat(5000);
    assert_eq!(cut(words.trim(), 4096).join(" "), words.trim());
}

mod dice;
