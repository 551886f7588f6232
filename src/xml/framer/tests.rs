//! Frames of whole and of broken streams, cut into pieces of any size.

use super::*;

const STREAM: &str =
    "<?xml version='1.0'?><s:s xmlns='a' b='>'> \n<m a=\"/>'\">t<b/><![CDATA[</m>]]]></m>\n<i/><p></p> </s:s >";

fn frames(stream: &[u8], chunk: usize) -> Result<Vec<String>, Error> {
    let mut framer = Framer::new();
    let mut out = Vec::new();
    for bytes in stream.chunks(chunk) {
        framer.push(bytes);
        while let Some(frame) = framer.poll()? {
            out.push(match frame {
                Frame::Header(text) | Frame::Element(text) => text.to_string(),
                Frame::Skipped(skipped) => show(&skipped),
                Frame::End => "end".to_string(),
            });
        }
    }
    Ok(out)
}

fn show(skipped: &Skipped) -> String {
    let tags: Vec<String> = skipped.tags.iter().map(|tag| String::from_utf8_lossy(tag).into()).collect();
    format!("{} {:?} {}", skipped.bytes, skipped.why, tags.concat())
}

#[test]
fn any_chunking_gives_the_same_frames() {
    let expected = ["<s:s xmlns='a' b='>'>", "<m a=\"/>'\">t<b/><![CDATA[</m>]]]></m>", "<i/>", "<p></p>", "end"];
    for chunk in 1..STREAM.len() + 1 {
        assert_eq!(frames(STREAM.as_bytes(), chunk).unwrap(), expected);
    }
}

#[test]
fn refuses() {
    let large = format!("<s:{}>", "x".repeat(limits::STANZA_BYTES_MAX));
    let cases: [(&str, Error); 12] = [
        ("<!DOCTYPE s><s>", Error::Forbidden("a comment or a DTD")),
        ("<s><!-- x -->", Error::Forbidden("a comment or a DTD")),
        ("<s><a><!-- x -->", Error::Forbidden("a comment or a DTD")),
        ("<s><?pi?>", Error::Forbidden("a processing instruction")),
        ("<?pi x?><s>", Error::Forbidden("a processing instruction")),
        ("<s>text", malformed("text outside a stanza")),
        ("<s/>", malformed("a stream without content")),
        ("<s></t>", malformed("an end tag has another name than the start tag")),
        ("<s><a><b></a>", malformed("an end tag has another name than the start tag")),
        ("</s>", malformed("a tag without a name")),
        ("<s><a b='<'/>", malformed("`<` in an attribute value")),
        (&large, Error::TooLarge),
    ];
    for (text, error) in &cases {
        for chunk in [1, 7, text.len()] {
            assert_eq!(frames(text.as_bytes(), chunk), Err(error.clone()), "{}", &text[..text.len().min(40)]);
        }
    }
    assert_eq!(frames(b"<\xff>", 3), Err(Error::NotUtf8));
}

#[test]
fn what_is_too_much_is_skipped() {
    let deep = limits::ELEMENT_DEPTH_MAX;
    let (open, close) = ("<b>".repeat(deep), "</b>".repeat(deep));
    let text = "x".repeat(limits::STANZA_BYTES_MAX);
    let long = "y".repeat(limits::SKIPPED_TAG_BYTES_MAX);
    let id = |n| format!("<stanza-id id='{n}'/>");
    let ids: String = (0..9).map(id).collect();
    let last: String = (5..9).map(id).collect();
    for (stanza, left) in [
        (format!("<m a='1'>{open}{close}{ids}</m>"), format!("TooDeep <m a='1'>{last}")),
        (format!("<m><result a='1'><x><result/></x>{text}</result></m>"), "TooLarge <m><result a='1'>".into()),
        (format!("<m>{text}<![CDATA[</m>]]><x><stanza-id/></x>{ids}</m>"), format!("TooLarge <m>{last}")),
        (format!("<m>{text}<stanza-id a='{long}'/><b a='/>'/></m>"), "TooLarge <m>".into()),
        (format!("<m a='{long}{text}' b='1'><stanza-id/></m>"), format!("TooLarge <m a='{}<stanza-id/>", &long[6..])),
        (format!("<m a='{text}'/>"), format!("TooLarge <m a='{}", &text[..limits::SKIPPED_TAG_BYTES_MAX - 6])),
    ] {
        for chunk in [1, 7, 4096, stanza.len() + 10] {
            let got = frames(format!("<s>{stanza}<i/>").as_bytes(), chunk).unwrap();
            assert_eq!(got[1..], [format!("{} {left}", stanza.len()), "<i/>".to_string()]);
        }
    }
    let mut framer = Framer::new();
    framer.push(b"<s><m id='1'><a>\xff</a></m><i/>");
    assert_eq!(framer.poll(), Ok(Some(Frame::Header("<s>"))));
    let Ok(Some(Frame::Skipped(skipped))) = framer.poll() else { panic!("not skipped") };
    assert_eq!(show(&skipped), "22 NotUtf8 <m id='1'>");
    assert_eq!(framer.poll(), Ok(Some(Frame::Element("<i/>"))));
}

#[test]
fn a_stanza_does_not_stay_in_memory() {
    let mut framer = Framer::new();
    framer.push(format!("<s><a>{}</a>", "x".repeat(100_000)).as_bytes());
    while framer.poll().unwrap().is_some() {}
    assert_eq!((framer.buffer.capacity(), framer.open.capacity()), (0, 0));
    framer.push(b"<b/>");
    assert_eq!(framer.poll(), Ok(Some(Frame::Element("<b/>"))));
}
