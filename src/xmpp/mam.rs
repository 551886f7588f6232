//! XEP-0313, message archive: reading what happened while we were away, page by page (XEP-0059).
//!
//! [`CatchUp`] is a plain value that says which page to ask for next. It reads on from an id; where the archive does
//! not know that id any more (it expired there), the newest [`limits::ARCHIVE_BACKWARD_PAGES`] pages are read instead,
//! from the newest back, and given out in order. What is older is lost to us, as it is to the archive or nearly so. If
//! they are too large to be held that long, they are passed over, and read on from where they begin.
//!
//! Not every archive says that it does not know an id: ejabberd answers one of another server's with "complete, and
//! nothing". So where nothing follows the id, the archive's end is looked at. If something else than the id stands
//! there, still nothing follows it, and the two do not look as if one server had made them, the id is another server's.

use crate::base::limits;
use crate::base::time::to_rfc3339;
use crate::xml::Element;
use crate::xmpp::dataform::{Form, FormKind};
use crate::xmpp::ns;

/// The place before the first message: where the next catch-up begins when the archive was empty at the first.
pub const BEGINNING: &str = "";

/// A result on its way in (XEP-0313 §4.2). The caller checks who sent it.
#[derive(Clone, Copy, Debug)]
pub struct ArchiveResult<'a> {
    /// The message's id in the archive.
    pub id: &'a str,
    /// Which query it answers.
    pub query: Option<&'a str>,
    /// `<forwarded/>` with the message.
    pub forwarded: &'a Element,
}

/// The archive result in a message, if it is one.
pub fn read_result(message: &Element) -> Option<ArchiveResult<'_>> {
    let result = message.find("result", ns::MAM)?;
    let forwarded = result.find("forwarded", ns::FORWARD)?;
    let id = result.attribute("id").filter(|id| !id.is_empty())?;
    Some(ArchiveResult { id, query: result.attribute("queryid"), forwarded })
}

/// The end of a page (XEP-0313 §4.4).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fin {
    /// No page follows in the direction asked for.
    pub is_complete: bool,
    /// Id of the page's oldest message.
    pub first: Option<String>,
    /// Id of the page's newest message.
    pub last: Option<String>,
}

impl Fin {
    /// Reads `<fin/>`.
    pub fn read(fin: &Element) -> Fin {
        let set = fin.find("set", ns::RSM);
        let edge = |name| set.and_then(|set| set.text_of(name, ns::RSM)).filter(|id| !id.is_empty());
        let is_complete = matches!(fin.attribute("complete"), Some("true" | "1"));
        Fin { is_complete, first: edge("first"), last: edge("last") }
    }
}

/// When a result's turn comes.
#[derive(Debug)]
pub enum Turn<T> {
    /// It is the next in order.
    Now(T),
    /// It is held until [`Next::Done`].
    Later,
    /// These only showed where the archive ends, or come again.
    Never(Vec<T>),
}

/// What follows a page.
#[derive(Debug)]
pub enum Next<T> {
    /// Ask for another.
    Page,
    /// The archive is read; these, held until now to get them into order, come last.
    Done(Vec<T>),
}

/// Reading an archive from where we were to its end. `T` is a message as the caller holds it.
#[derive(Clone, Debug)]
pub struct CatchUp<T> {
    query: String,
    /// What is older does not count: milliseconds since 1970, by the archive's clock.
    start_ms: Option<i64>,
    direction: Direction<T>,
    /// Id of the newest message seen.
    newest: Option<String>,
    /// After this, or else after the newest, there is something that was not there when the page under way was asked for.
    more: Option<Option<String>>,
    /// The newest pages were passed over: they are not looked for a second time.
    is_passed_over: bool,
}

#[derive(Clone, Debug)]
enum Direction<T> {
    /// From an id towards now; with `end` the archive's newest id, where nothing had followed this one.
    Forward { after: String, end: Option<String> },
    /// Whether this id is the newest: nothing followed it.
    End { after: String },
    /// From now back, so many pages by now.
    Backward { before: String, count: usize, held: Option<Held<T>> },
    /// Only to learn the newest id: there is no "where we were" yet.
    Mark,
}

/// What is held of pages read from now back; the newest page first.
#[derive(Clone, Debug)]
struct Held<T> {
    pages: Vec<Vec<T>>,
    bytes: usize,
}

impl<T> Held<T> {
    fn in_order(self) -> Vec<T> {
        self.pages.into_iter().rev().flatten().collect()
    }
}

impl<T> CatchUp<T> {
    fn begin(query: String, direction: Direction<T>) -> CatchUp<T> {
        CatchUp { query, start_ms: None, direction, newest: None, more: None, is_passed_over: false }
    }

    /// Begins after an id, or with nothing but a look at the newest id. `query` names the queries.
    pub fn new(query: String, after: Option<String>) -> CatchUp<T> {
        let direction = after.map_or(Direction::Mark, |after| Direction::Forward { after, end: None });
        CatchUp::begin(query, direction)
    }

    /// Begins with what came at a time, in milliseconds since 1970 by the archive's clock (XEP-0313 §4.1.2).
    pub fn since(query: String, start_ms: i64) -> CatchUp<T> {
        let direction = Direction::Forward { after: BEGINNING.to_string(), end: None };
        CatchUp { start_ms: Some(start_ms), ..CatchUp::begin(query, direction) }
    }

    /// Begins after the newest id there was.
    pub fn behind(query: String, newest: String) -> CatchUp<T> {
        CatchUp::begin(query, Direction::Forward { end: Some(newest.clone()), after: newest })
    }

    /// Reads the newest pages.
    pub fn backward(query: String) -> CatchUp<T> {
        CatchUp::begin(query, Direction::newest_pages())
    }

    /// Begins again where it ended, as more may have come.
    pub fn look_again(&mut self) {
        let known = match &self.direction {
            Direction::Forward { after, .. } | Direction::End { after } => Some(after.clone()),
            Direction::Backward { .. } | Direction::Mark => None,
        };
        let after = self.newest.clone().or(known).unwrap_or_else(|| BEGINNING.to_string());
        // The archive's end was looked at already, if that was needed.
        self.direction = Direction::Forward { end: Some(after.clone()), after };
    }

    /// The payload that asks for the next page.
    pub fn build_query(&self) -> Element {
        let limit = |name, text: &str| match Element::new(name, ns::RSM) {
            empty if text.is_empty() => empty,
            element => element.with_text(text),
        };
        let (max, edge) = match &self.direction {
            Direction::Forward { after, .. } if after == BEGINNING => (limits::ARCHIVE_PAGE, None),
            Direction::Forward { after, .. } => (limits::ARCHIVE_PAGE, Some(limit("after", after))),
            // An empty `<before/>` asks for the last page (XEP-0059 §2.5).
            Direction::Backward { before, .. } => (limits::ARCHIVE_PAGE, Some(limit("before", before))),
            Direction::Mark | Direction::End { .. } => (1, Some(limit("before", ""))),
        };
        let set = Element::new("set", ns::RSM).with_child(limit("max", &max.to_string()));
        let set = match edge {
            Some(edge) => set.with_child(edge),
            None => set,
        };
        let query = Element::new("query", ns::MAM).with("queryid", &self.query);
        match self.start_ms {
            Some(start_ms) => {
                let filter = Form::of_type(FormKind::Submit, ns::MAM).with_value("start", &to_rfc3339(start_ms));
                query.with_child(filter.build()).with_child(set)
            }
            None => query.with_child(set),
        }
    }

    /// A page is asked for: it will have all there is by now.
    pub fn asked(&mut self) {
        self.more = None;
    }

    /// A message came live that can only be taken from the archive. `last` is the last one that need not be.
    pub fn read_on(&mut self, last: Option<&str>) {
        self.more.get_or_insert_with(|| last.map(String::from));
    }

    /// At the end: whether there is more by now, to be asked for with the next page.
    pub fn reads_on(&mut self) -> bool {
        let Some(last) = self.more.take() else { return false };
        let after = match &self.direction {
            // What was there before is nothing to us, but for what came live.
            Direction::Mark => last.or_else(|| self.newest.clone()),
            Direction::Forward { after, .. } | Direction::End { after } => {
                self.newest.clone().or_else(|| Some(after.clone()))
            }
            Direction::Backward { .. } => self.newest.clone(),
        };
        let after = after.unwrap_or_else(|| BEGINNING.to_string());
        self.direction = Direction::Forward { end: Some(after.clone()), after };
        true
    }

    /// Gives what is held: it goes no further.
    pub fn leave(&mut self) -> Vec<T> {
        match &mut self.direction {
            Direction::Backward { held, .. } => held.take().map(Held::in_order).unwrap_or_default(),
            Direction::Forward { .. } | Direction::End { .. } | Direction::Mark => Vec::new(),
        }
    }

    /// Whether what was read so far was given out.
    pub fn tells_in_order(&self) -> bool {
        matches!(self.direction, Direction::Forward { .. })
    }

    /// What is held takes so much.
    pub fn held_bytes(&self) -> usize {
        match &self.direction {
            Direction::Backward { held: Some(held), .. } => held.bytes,
            _ => 0,
        }
    }

    /// Whether a result belongs to this.
    pub fn is_mine(&self, query: Option<&str>) -> bool {
        query == Some(&self.query)
    }

    /// Takes a result that takes so many bytes; no more than `most` are held.
    pub fn result(&mut self, id: &str, message: T, bytes: usize, most: usize) -> Turn<T> {
        match &mut self.direction {
            Direction::Forward { .. } => {
                self.newest = Some(id.to_string());
                Turn::Now(message)
            }
            Direction::Backward { count, held, .. } => {
                // The first page is the newest.
                if *count == 1 {
                    self.newest = Some(id.to_string());
                }
                let Some(all) = held else { return Turn::Never(vec![message]) };
                all.bytes += bytes;
                if let Some(page) = all.pages.last_mut() {
                    page.push(message);
                }
                match all.bytes > most {
                    true => Turn::Never(held.take().map(Held::in_order).unwrap_or_default()),
                    false => Turn::Later,
                }
            }
            Direction::End { .. } => Turn::Never(vec![message]),
            Direction::Mark => {
                self.newest = Some(id.to_string());
                Turn::Never(vec![message])
            }
        }
    }

    /// Takes the end of a page.
    pub fn page_end(&mut self, fin: &Fin) -> Next<T> {
        // The last of its results may be one that could not be read.
        let is_newest = match &self.direction {
            Direction::Backward { count, .. } => *count == 1,
            Direction::Forward { .. } | Direction::Mark => true,
            Direction::End { .. } => false,
        };
        if let Some(last) = fin.last.as_ref().filter(|_| is_newest) {
            self.newest = Some(last.clone());
        }
        match &mut self.direction {
            Direction::Forward { after, end } => match (&fin.last, end) {
                // A page that leads nowhere must not be asked for again.
                (Some(last), _) if !fin.is_complete && last != after => {
                    after.clone_from(last);
                    Next::Page
                }
                // There is a place to go on from all the same: behind what does not count.
                (None, _) if self.newest.is_none() && self.start_ms.is_some() => {
                    self.start_ms = None;
                    self.direction = Direction::Mark;
                    Next::Page
                }
                (None, None) if self.newest.is_none() && after != BEGINNING => {
                    self.direction = Direction::End { after: after.clone() };
                    Next::Page
                }
                (None, Some(end)) if self.newest.is_none() && !are_alike(after, end) => {
                    self.direction = Direction::newest_pages();
                    Next::Page
                }
                _ => Next::Done(Vec::new()),
            },
            Direction::End { after } => match &fin.last {
                // It may have come just now: then it follows when asked again.
                Some(end) if end != after => {
                    self.direction = Direction::Forward { after: after.clone(), end: Some(end.clone()) };
                    Next::Page
                }
                _ => Next::Done(Vec::new()),
            },
            Direction::Backward { before, count, held } => match (&fin.first, held.take()) {
                (Some(first), still)
                    if !fin.is_complete && first != before && *count < limits::ARCHIVE_BACKWARD_PAGES =>
                {
                    before.clone_from(first);
                    *count += 1;
                    *held = still;
                    held.iter_mut().for_each(|held| held.pages.push(Vec::new()));
                    Next::Page
                }
                (_, Some(held)) => Next::Done(held.in_order()),
                (first, None) => {
                    let after = match first {
                        _ if fin.is_complete => BEGINNING.to_string(),
                        Some(first) => first.clone(),
                        None => std::mem::take(before),
                    };
                    self.is_passed_over = true;
                    self.direction = Direction::Forward { after, end: None };
                    Next::Page
                }
            },
            Direction::Mark => Next::Done(Vec::new()),
        }
    }

    /// The archive does not know the id we came with (`item-not-found`, XEP-0313 §4.3.1). Gives whether there is
    /// another way to go on.
    pub fn id_is_unknown(&mut self) -> bool {
        let can_go_back = matches!(self.direction, Direction::Forward { .. }) && !self.is_passed_over;
        if can_go_back {
            self.direction = Direction::newest_pages();
        }
        can_go_back
    }

    /// Id of the newest message in the archive, as far as it was read; [`BEGINNING`] where it is known to have none.
    pub fn newest(&self) -> Option<&str> {
        let is_empty = match &self.direction {
            Direction::Forward { after, .. } => after == BEGINNING && self.start_ms.is_none(),
            Direction::Mark => true,
            Direction::End { .. } | Direction::Backward { .. } => false,
        };
        self.newest.as_deref().or(is_empty.then_some(BEGINNING))
    }
}

impl<T> Direction<T> {
    fn newest_pages() -> Direction<T> {
        Direction::Backward { before: String::new(), count: 1, held: Some(Held { pages: vec![Vec::new()], bytes: 0 }) }
    }
}

/// Whether two ids may be of one server: ejabberd's are times, 16 digits, Prosody's 12 or 24 letters, others' UUIDs.
fn are_alike(a: &str, b: &str) -> bool {
    let is_number = |id: &str| id.bytes().all(|byte| byte.is_ascii_digit());
    // A number may have grown by a digit.
    let most = usize::from(is_number(a));
    a.is_empty() || is_number(a) == is_number(b) && a.len().abs_diff(b.len()) <= most
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fin(first: usize, last: usize, is_complete: bool) -> Fin {
        Fin { is_complete, first: Some(format!("m{first}")), last: Some(format!("m{last}")) }
    }

    /// Plays an archive of so many messages of one size to a reader that has lost its place; gives what was told, and the
    /// most that was held.
    fn read_all(count: usize, bytes: usize) -> (Vec<usize>, usize) {
        let mut reader = CatchUp::new("q".to_string(), Some("gone".to_string()));
        assert!(reader.id_is_unknown());
        let (mut told, mut most) = (Vec::new(), 0);
        loop {
            let query = reader.build_query().print("");
            let edge = |name: &str| {
                let (_, rest) = query.split_once(&format!("<{name}>m"))?;
                rest.split('<').next()?.parse::<usize>().ok()
            };
            let is_back = query.contains("<before");
            let (first, last) = match edge("before") {
                _ if !is_back => {
                    let first = edge("after").map_or(0, |after| after + 1);
                    (first, count.min(first + limits::ARCHIVE_PAGE))
                }
                before => {
                    let end = before.unwrap_or(count);
                    (end.saturating_sub(limits::ARCHIVE_PAGE), end)
                }
            };
            for message in first..last {
                match reader.result(&format!("m{message}"), message, bytes, limits::ARCHIVE_HELD_BYTES_MAX) {
                    Turn::Now(message) => told.push(message),
                    Turn::Later | Turn::Never(_) => {}
                }
                most = most.max(reader.held_bytes());
            }
            let is_complete = if is_back { first == 0 } else { last == count };
            if let Next::Done(rest) = reader.page_end(&fin(first, last.saturating_sub(1), is_complete)) {
                told.extend(rest);
                assert_eq!(reader.newest(), Some(format!("m{}", count - 1).as_str()));
                return (told, most);
            }
        }
    }

    #[test]
    fn large_messages_are_not_held() {
        for (count, bytes) in [(1, 100), (250, 100), (500, 1_000), (900, 1_000), (250, 240_000), (500, 240_000)] {
            let (told, most) = read_all(count, bytes);
            assert!(most <= limits::ARCHIVE_HELD_BYTES_MAX, "{count} of {bytes}: {most}");
            assert_eq!(told, (count.saturating_sub(500)..count).collect::<Vec<_>>(), "{count} of {bytes}");
        }
        // What is passed over is read from behind the oldest of it.
        let (told, _) = read_all(900, 240_000);
        assert_eq!(told, (401..900).collect::<Vec<_>>());
    }

    #[test]
    fn an_archive_that_knows_no_place_at_all_is_given_up() {
        let mut reader = CatchUp::backward("q".to_string());
        assert!(matches!(reader.result("m1", (), usize::MAX, 0), Turn::Never(all) if all.len() == 1));
        for page in 0..limits::ARCHIVE_BACKWARD_PAGES {
            assert!(matches!(reader.page_end(&fin(900 - page, 901 - page, false)), Next::Page));
        }
        assert!(reader.build_query().print("").contains("<after>"));
        assert!(!reader.id_is_unknown());
    }
}
