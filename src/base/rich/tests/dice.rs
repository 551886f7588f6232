//! Texts that nobody would write, by chance and of great length.

use super::*;

/// Xorshift: the same run after run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as usize % bound
    }

    fn text(&mut self, from: &[&str], most: usize) -> String {
        (0..self.below(most)).map(|_| from[self.below(from.len())]).collect()
    }

    fn spans(&mut self, text: &str) -> Vec<Span> {
        let styles = [
            Style::Bold,
            Style::Italic,
            Style::Underline,
            Style::Strike,
            Style::Spoiler,
            Style::Code,
            Style::Pre(None),
            Style::Quote { is_long: false },
            Style::Link("https://x.org/".into()),
            Style::Person(1),
        ];
        let count = self.below(6);
        let mut span = |_| {
            let (a, b) = (self.below(text.len() + 2), self.below(text.len() + 2));
            Span::new(a.min(b)..a.max(b), styles[self.below(styles.len())].clone())
        };
        (0..count).map(&mut span).collect()
    }
}

const PIECES: &[&str] = &[
    "*",
    "_",
    "~",
    "`",
    "```",
    "\n",
    " ",
    ">",
    "> ",
    "a",
    "bc",
    "ü",
    "👍",
    "👨‍👩‍👧",
    "🇩🇪",
    "e\u{301}",
    "\u{2028}",
    "שלום",
    "مر",
    "\u{200f}",
    "\\",
    "[",
    "]",
    "(",
    ")",
    "<b>",
    "</b>",
    "<a href=\"x.org\">",
    "</a>",
    "&lt;",
    "&",
    "<",
    "||",
    "__",
    "!",
    ".",
    "/go",
    "@anna",
    "#x",
    "https://x.org/a",
];

#[test]
fn whatever_is_written_is_read() {
    let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
    for round in 0..8_000 {
        let text = dice.text(PIECES, 24);
        let rich = Rich::from_styling(&text);
        assert_sound(&rich);
        // Nothing but marks is lost.
        let kept = |text: &str| text.chars().filter(|letter| !"*_~`> \n".contains(*letter)).collect::<String>();
        let marks = text.contains("```");
        assert!(marks || kept(&text) == kept(rich.text()), "{text:?} {rich:?}");
        for read in [from_html, from_markdown, from_markdown_v2] {
            if let Ok(rich) = read(&text) {
                assert_sound(&rich);
            }
        }
        let rich = Rich::new(text.clone(), dice.spans(&text)).with_found();
        assert_sound(&rich);
        let json = rich.entities().unwrap_or_else(|| "[]".to_string());
        let fields = Fields::parse(format!("{{\"e\":{json}}}").as_bytes()).unwrap().need_objects("e").unwrap();
        assert_eq!(Rich::from_entities(&text, &fields), rich, "round {round}");
        for piece in rich.cut(2 + dice.below(12)) {
            assert_sound(&piece);
        }
        rich.to_plain();
        let styled = rich.to_styling();
        assert_eq!(kept(&styled).replace("(https://x.org/)", ""), kept(rich.text()).replace("(https://x.org/)", ""));
    }
}

#[test]
fn cuts_keep_all_words_and_their_bounds() {
    let mut dice = Dice(0x2545_f491_4f6c_dd1d);
    for _ in 0..10_000 {
        let text = dice.text(PIECES, 60);
        let rich = Rich::new(text.clone(), dice.spans(&text));
        let max = 12 + dice.below(30);
        let pieces = rich.cut(max);
        assert!(pieces.iter().all(|piece| units(piece.text()) <= max && !piece.text().trim().is_empty()), "{text:?}");
        let bare = |text: &str| text.split_whitespace().collect::<String>();
        assert_eq!(pieces.iter().map(|piece| bare(piece.text())).collect::<String>(), bare(&text));
    }
}

/// Words alone, so that no mark is there by accident: what is written is read back as it was.
#[test]
fn styled_words_come_back() {
    let mut dice = Dice(0xdead_beef_cafe_f00d);
    let styles = [Style::Bold, Style::Italic, Style::Strike, Style::Code];
    for _ in 0..10_000 {
        let mut rich = Rich::default();
        for number in 0..1 + dice.below(8) {
            let gap = if number == 0 { "" } else { [" ", "\n", ", "][dice.below(3)] };
            rich.push_str(gap);
            let word = ["eins", "zwei 👍", "שלום", "drei-vier"][dice.below(4)];
            match dice.below(6) {
                style @ 0..4 => rich.push_styled(word, styles[style].clone()),
                _ => rich.push_str(word),
            }
        }
        let styled = rich.to_styling();
        assert_eq!(Rich::from_styling(&styled), rich, "{styled}");
    }
}

/// Nanoseconds that this thread had a processor, however busy the machine is.
fn processor_time() -> u64 {
    let stat = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    stat.split(' ').next().unwrap().parse().unwrap()
}

#[test]
fn work_grows_with_the_length_only() {
    let work = |text: &str| {
        let begun = processor_time();
        let rich = Rich::from_styling(text).with_found();
        rich.to_styling();
        rich.cut(4096);
        rich.entities();
        for rich in [from_html, from_markdown, from_markdown_v2].into_iter().filter_map(|read| read(text).ok()) {
            rich.with_found().to_styling();
        }
        processor_time() - begun
    };
    const TICK: u64 = 10_000_000;
    let pieces = [
        "`a` *b* ",
        "*a*\n",
        "> a\nb\n",
        "> *a*\n",
        "*_*_",
        "a.a.",
        "&#",
        "https://a))",
        ")",
        "[a](x.org) ",
        "*a ",
        "**>a||\n",
        "<b>a</b><i>b</i>c",
        "\u{1f1e6}",
    ];
    for piece in pieces {
        let long = |bytes: usize| format!("https://x{}", piece.repeat(bytes / piece.len()));
        let (short, long) = (work(&long(2_000)), work(&long(32_000)));
        // Processor time is counted by the tick. Sixteen times the length; with the square it is 256 times the work.
        assert!(long < 100 * short.max(TICK), "{piece:?}: {short} ns, then {long} ns");
    }
}
