//! XEP-0313, message archive: reading what happened while we were away, page by page (XEP-0059).
//!
//! [`CatchUp`] is a plain value that says which page to ask for next. It reads on from an id; where the archive does
//! not know that id any more (it expired there), the newest [`limits::ARCHIVE_BACKWARD_PAGES`] pages are read instead,
//! from the newest back, and given out in order. What is older is lost to us, as it is to the archive or nearly so.
//!
//! Not every archive says that it does not know an id: ejabberd answers one of another server's with "complete, and
//! nothing". So where nothing follows the id, the archive's end is looked at. If something else than the id stands
//! there, still nothing follows it, and the two do not look as if one server had made them, the id is another server's.

use crate::base::limits;
use crate::xml::Element;
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
    /// It only showed where the archive ends.
    Never(T),
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
    direction: Direction<T>,
    /// Id of the newest message seen.
    newest: Option<String>,
    /// After this, or else after the newest, there is something that was not there when the page under way was asked for.
    more: Option<Option<String>>,
}

#[derive(Clone, Debug)]
enum Direction<T> {
    /// From an id towards now; with `end` the archive's newest id, where nothing had followed this one.
    Forward { after: String, end: Option<String> },
    /// Whether this id is the newest: nothing followed it.
    End { after: String },
    /// From now back; holds the pages read, newest page first.
    Backward { before: String, pages: Vec<Vec<T>> },
    /// Only to learn the newest id: there is no "where we were" yet.
    Mark,
}

impl<T> CatchUp<T> {
    /// Begins after an id, or with nothing but a look at the newest id. `query` names the queries.
    pub fn new(query: String, after: Option<String>) -> CatchUp<T> {
        let direction = after.map_or(Direction::Mark, |after| Direction::Forward { after, end: None });
        CatchUp { query, direction, newest: None, more: None }
    }

    /// Begins after the newest id there was.
    pub fn behind(query: String, newest: String) -> CatchUp<T> {
        CatchUp {
            query,
            direction: Direction::Forward { end: Some(newest.clone()), after: newest },
            newest: None,
            more: None,
        }
    }

    /// Reads the newest pages.
    pub fn backward(query: String) -> CatchUp<T> {
        CatchUp { query, direction: Direction::newest_pages(), newest: None, more: None }
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
        Element::new("query", ns::MAM).with("queryid", &self.query).with_child(set)
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
            Direction::Backward { pages, .. } => std::mem::take(pages).into_iter().rev().flatten().collect(),
            Direction::Forward { .. } | Direction::End { .. } | Direction::Mark => Vec::new(),
        }
    }

    /// Whether what was read so far was given out.
    pub fn tells_in_order(&self) -> bool {
        matches!(self.direction, Direction::Forward { .. })
    }

    /// Whether a result belongs to this.
    pub fn is_mine(&self, query: Option<&str>) -> bool {
        query == Some(&self.query)
    }

    /// Takes a result.
    pub fn result(&mut self, id: &str, message: T) -> Turn<T> {
        match &mut self.direction {
            Direction::Forward { .. } => {
                self.newest = Some(id.to_string());
                Turn::Now(message)
            }
            Direction::Backward { pages, .. } => {
                // The first page is the newest.
                if pages.len() == 1 {
                    self.newest = Some(id.to_string());
                }
                if let Some(page) = pages.last_mut() {
                    page.push(message);
                }
                Turn::Later
            }
            Direction::End { .. } => Turn::Never(message),
            Direction::Mark => {
                self.newest = Some(id.to_string());
                Turn::Never(message)
            }
        }
    }

    /// Takes the end of a page.
    pub fn page_end(&mut self, fin: &Fin) -> Next<T> {
        // The last of its results may be one that could not be read.
        let is_newest = match &self.direction {
            Direction::Backward { pages, .. } => pages.len() == 1,
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
            Direction::Backward { before, pages } => match &fin.first {
                Some(first) if !fin.is_complete && first != before && pages.len() < limits::ARCHIVE_BACKWARD_PAGES => {
                    before.clone_from(first);
                    pages.push(Vec::new());
                    Next::Page
                }
                _ => Next::Done(std::mem::take(pages).into_iter().rev().flatten().collect()),
            },
            Direction::Mark => Next::Done(Vec::new()),
        }
    }

    /// The archive does not know the id we came with (`item-not-found`, XEP-0313 §4.3.1). Gives whether there is
    /// another way to go on.
    pub fn id_is_unknown(&mut self) -> bool {
        let is_forward = matches!(self.direction, Direction::Forward { .. });
        if is_forward {
            self.direction = Direction::newest_pages();
        }
        is_forward
    }

    /// Id of the newest message in the archive, as far as it was read; [`BEGINNING`] where it is known to have none.
    pub fn newest(&self) -> Option<&str> {
        let is_empty = matches!(self.direction, Direction::Mark);
        self.newest.as_deref().or(is_empty.then_some(BEGINNING))
    }
}

impl<T> Direction<T> {
    fn newest_pages() -> Direction<T> {
        Direction::Backward { before: String::new(), pages: vec![Vec::new()] }
    }
}

/// Whether two ids may be of one server: ejabberd's are times, 16 digits, Prosody's 12 or 24 letters, others' UUIDs.
fn are_alike(a: &str, b: &str) -> bool {
    let is_number = |id: &str| id.bytes().all(|byte| byte.is_ascii_digit());
    // A number may have grown by a digit.
    let most = usize::from(is_number(a));
    a.is_empty() || is_number(a) == is_number(b) && a.len().abs_diff(b.len()) <= most
}
