//! Where JSON is wrong, for whoever wrote it: the parser only knows that something is.

/// Where the first fault is, and what would be right. The depth is bounded already.
pub(super) fn find(json: &str) -> String {
    let mut look = Look { json, at: 0 };
    let what = match look.value() {
        Err(what) => what,
        Ok(()) => match look.next() {
            None => "something cannot be read".to_string(),
            Some(_) => "nothing may follow".to_string(),
        },
    };
    let before = json.get(..look.at).unwrap_or(json);
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    format!("at line {line}, column {column} {what}")
}

/// Goes over the text until something is wrong.
struct Look<'j> {
    json: &'j str,
    at: usize,
}

impl Look<'_> {
    /// The next byte that is no white space.
    fn next(&mut self) -> Option<u8> {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start_matches([' ', '\t', '\r', '\n']).len();
        self.rest().bytes().next()
    }

    fn rest(&self) -> &str {
        self.json.get(self.at..).unwrap_or_default()
    }

    fn value(&mut self) -> Result<(), String> {
        match self.next() {
            Some(b'{') => self.list('}'),
            Some(b'[') => self.list(']'),
            Some(b'"') => self.string(),
            _ => {
                let rest = self.rest();
                let word =
                    rest.split(|c: char| !c.is_ascii_alphanumeric() && !"+-.".contains(c)).next().unwrap_or_default();
                let digits = word.trim_start_matches('-');
                let is_long = digits.starts_with('0') && digits.as_bytes().get(1).is_some_and(u8::is_ascii_digit);
                let begins = digits.starts_with(|c: char| c.is_ascii_digit()) && !is_long && !word.ends_with('.');
                let is_word = matches!(word, "true" | "false" | "null");
                let is_number = begins && word.parse::<f64>().is_ok();
                if !is_word && !is_number {
                    return Err(
                        "a value must stand: a string in double quotes, a number, true, false, null, [ or {".into()
                    );
                }
                self.at += word.len();
                Ok(())
            }
        }
    }

    fn list(&mut self, end: char) -> Result<(), String> {
        self.at += 1;
        let mut next = self.next();
        while next != Some(end as u8) {
            if end == '}' {
                if next != Some(b'"') {
                    return Err("a name in double quotes must stand".to_string());
                }
                self.string()?;
                if self.next() != Some(b':') {
                    return Err("a colon must stand".to_string());
                }
                self.at += 1;
            }
            self.value()?;
            next = self.next();
            if next == Some(b',') {
                self.at += 1;
                // A comma must be followed by something.
                next = self.next().filter(|byte| *byte != end as u8);
            } else if next != Some(end as u8) {
                return Err(format!("a comma or {end} must stand"));
            }
        }
        self.at += 1;
        Ok(())
    }

    fn string(&mut self) -> Result<(), String> {
        let begin = self.at;
        self.at += 1;
        loop {
            let rest = self.rest();
            let Some(byte) = rest.bytes().next() else {
                self.at = begin;
                return Err("a string begins that has no end".to_string());
            };
            self.at +=
                match byte {
                    b'"' => break,
                    b'\\' => escape(rest)?,
                    0..0x20 => return Err(
                        "a line end, tab or other control character must be written as an escape: \\n, \\t, \\u001f"
                            .into(),
                    ),
                    _ => rest.chars().next().map_or(1, char::len_utf8),
                };
        }
        self.at += 1;
        Ok(())
    }
}

/// The length of the escape that the text begins with.
fn escape(text: &str) -> Result<usize, String> {
    let unit = |text: &str| text.strip_prefix("\\u").and_then(|text| u16::from_str_radix(text.get(..4)?, 16).ok());
    let shown: String = text.chars().take(if text.starts_with("\\u") { 6 } else { 2 }).collect();
    match (text.as_bytes().get(1), unit(text)) {
        (Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't'), _) => Ok(2),
        (_, Some(0xd800..=0xdbff)) if matches!(text.get(6..).and_then(unit), Some(0xdc00..=0xdfff)) => Ok(12),
        (_, Some(0xd800..=0xdfff)) => Err(format!(
            "`{shown}` is half a character; write both halves, as in `\\ud83d\\ude00`, or the character itself"
        )),
        (_, Some(_)) => Ok(6),
        _ => Err(format!("`{shown}` is no escape; a backslash itself is written twice")),
    }
}
