//! XEP-0060, publish-subscribe, as far as a client of a personal service needs it (XEP-0163): to publish at its own
//! account, to fetch from others, and to read what is notified. Pictures, vCards, bookmarks and keys lie in such nodes.
//!
//! Two traps of servers: ejabberd 23 refuses `max_items` among publish-options, Prosody 0.12 refuses one above its own
//! bound. Both are told as [`Refusal::MaxItems`]; the way out is to publish without it and to configure the node then.

use std::fmt;

use crate::xml::Element;
use crate::xmpp::dataform::{Form, FormKind, parse_boolean};
use crate::xmpp::ns;
use crate::xmpp::stanza::StanzaError;

/// Who may read a node (XEP-0060 §4.5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccessModel {
    /// Everybody.
    Open,
    /// Whoever may see our presence.
    Presence,
    /// Whoever is in certain groups of the roster.
    Roster,
    /// Whoever is asked in.
    Authorize,
    /// Ourselves, and whom we name.
    Whitelist,
}

/// How many items a node keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MaxItems {
    /// As many as the service allows.
    Max,
    /// So many.
    Count(u32),
}

/// When the last item is sent to whoever comes (XEP-0060 §16.4.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SendLast {
    /// Never.
    Never,
    /// On subscribing.
    OnSub,
    /// On subscribing, and when a subscriber comes online.
    OnSubAndPresence,
}

/// How a node is to be. What is `None` is left as it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// Items stay when nobody is online.
    pub persist_items: Option<bool>,
    /// How many of them.
    pub max_items: Option<MaxItems>,
    /// When the last is sent unasked.
    pub send_last: Option<SendLast>,
    /// Who may read.
    pub access_model: Option<AccessModel>,
}

const PERSIST_ITEMS: &str = "pubsub#persist_items";

/// An item of a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NodeItem<'a> {
    /// Its id.
    pub id: Option<&'a str>,
    /// What is in it; a notification may leave it out.
    pub payload: Option<&'a Element>,
}

/// Items of a node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Items<'a> {
    /// The node.
    pub node: &'a str,
    /// What is there, or new.
    pub items: Vec<NodeItem<'a>>,
    /// Ids of what is not there any more; in notifications only.
    pub retracted: Vec<&'a str>,
}

/// A notification.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notification<'a> {
    /// Items came or went.
    Items(Items<'a>),
    /// All items of the node went.
    Purged(&'a str),
    /// The node went.
    Deleted(&'a str),
    /// The node is configured anew.
    Configured(&'a str),
}

/// Why the service refuses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The node is there and is not as the options want it: configure it, then publish again.
    PreconditionNotMet,
    /// The service does not take `max_items`, here or so large.
    MaxItems,
    /// There is no such node or item.
    NotFound,
    /// We may not.
    NotAllowed(StanzaError),
    /// The item is too large.
    TooLarge,
    /// Something else.
    Other(StanzaError),
}

impl AccessModel {
    fn name(self) -> &'static str {
        match self {
            AccessModel::Open => "open",
            AccessModel::Presence => "presence",
            AccessModel::Roster => "roster",
            AccessModel::Authorize => "authorize",
            AccessModel::Whitelist => "whitelist",
        }
    }
}

impl Options {
    /// One item that everybody may read: pictures and vCards of bots, which strangers shall see, too.
    pub const OPEN: Options =
        Options { persist_items: Some(true), max_items: None, send_last: None, access_model: Some(AccessModel::Open) };

    fn pairs(&self) -> Vec<(&'static str, String)> {
        let max = self.max_items.map(|max| match max {
            MaxItems::Max => "max".to_string(),
            MaxItems::Count(count) => count.to_string(),
        });
        let send_last = self.send_last.map(|when| match when {
            SendLast::Never => "never",
            SendLast::OnSub => "on_sub",
            SendLast::OnSubAndPresence => "on_sub_and_presence",
        });
        let all = [
            (PERSIST_ITEMS, self.persist_items.map(|persist| persist.to_string())),
            ("pubsub#max_items", max),
            ("pubsub#send_last_published_item", send_last.map(Into::into)),
            ("pubsub#access_model", self.access_model.map(|model| model.name().to_string())),
        ];
        all.into_iter().filter_map(|(var, value)| Some((var, value?))).collect()
    }

    fn submit(&self, form_type: &str) -> Form {
        let form = Form::of_type(FormKind::Submit, form_type);
        self.pairs().iter().fold(form, |form, (var, value)| form.with_value(var, value))
    }

    /// Whether a node with this configuration is as we want it. What the service does not tell counts as right.
    pub fn are_met_by(&self, configuration: &Form) -> bool {
        let is_met = |var: &str, wanted: &str| match (configuration.value(var), parse_boolean(wanted)) {
            (None, _) => true,
            (Some(_), Some(wanted)) if var == PERSIST_ITEMS => configuration.flag(var) == Some(wanted),
            // A service may tell the number that "max" stands for.
            (Some(_), _) if wanted == "max" => true,
            (Some(value), _) => value == wanted,
        };
        self.pairs().iter().all(|(var, wanted)| is_met(var, wanted))
    }
}

fn pubsub(child: Element) -> Element {
    Element::new("pubsub", ns::PUBSUB).with_child(child)
}

fn owner(name: &'static str, node: &str, form: Option<&Form>) -> Element {
    let child = Element::new(name, ns::PUBSUB_OWNER).with("node", node);
    let child = form.into_iter().fold(child, |child, form| child.with_child(form.build()));
    Element::new("pubsub", ns::PUBSUB_OWNER).with_child(child)
}

/// The order to publish an item (XEP-0060 §7.1). `set`. The node is made if there is none, and must be as `options` say
/// (§7.1.5). Without an id the service gives one.
pub fn build_publish(node: &str, id: Option<&str>, payload: Element, options: Option<&Options>) -> Element {
    let mut item = Element::new("item", ns::PUBSUB);
    if let Some(id) = id {
        item = item.with("id", id);
    }
    let publish = Element::new("publish", ns::PUBSUB).with("node", node).with_child(item.with_child(payload));
    match options {
        Some(options) => pubsub(publish).with_child(
            Element::new("publish-options", ns::PUBSUB).with_child(options.submit(ns::PUBSUB_PUBLISH_OPTIONS).build()),
        ),
        None => pubsub(publish),
    }
}

/// The order to take an item back and to tell it (XEP-0060 §7.2). `set`.
pub fn build_retract(node: &str, id: &str) -> Element {
    let item = Element::new("item", ns::PUBSUB).with("id", id);
    pubsub(Element::new("retract", ns::PUBSUB).with("node", node).with("notify", "true").with_child(item))
}

/// The order to delete a node with all that is in it (XEP-0060 §8.4). `set`.
pub fn build_delete(node: &str) -> Element {
    owner("delete", node, None)
}

/// The question how a node is configured (XEP-0060 §8.2.1). `get`.
pub fn build_get_configuration(node: &str) -> Element {
    owner("configure", node, None)
}

/// The order to configure a node (XEP-0060 §8.2.4). `set`. What `options` do not say stays.
pub fn build_configure(node: &str, options: &Options) -> Element {
    owner("configure", node, Some(&options.submit(ns::PUBSUB_NODE_CONFIG)))
}

/// The question for items (XEP-0060 §6.5): those named, else the newest `max`, else all. `get`.
pub fn build_items(node: &str, ids: &[&str], max: Option<u32>) -> Element {
    let mut items = Element::new("items", ns::PUBSUB).with("node", node);
    if let Some(max) = max {
        items = items.with("max_items", &max.to_string());
    }
    pubsub(ids.iter().fold(items, |items, id| items.with_child(Element::new("item", ns::PUBSUB).with("id", id))))
}

/// Reads the answer to [`build_items`]; `None` when it is none.
pub fn read_items(answer: &Element) -> Option<Items<'_>> {
    if !answer.is("pubsub", ns::PUBSUB) {
        return None;
    }
    read_list(answer.find("items", ns::PUBSUB)?)
}

/// Reads the id of the item published from the answer to [`build_publish`]; services may leave it out.
pub fn read_published(answer: &Element) -> Option<&str> {
    answer.find("publish", ns::PUBSUB)?.find("item", ns::PUBSUB)?.attribute("id")
}

/// Reads the answer to [`build_get_configuration`].
pub fn read_configuration(answer: &Element) -> Option<Form> {
    Form::find(answer.find("configure", ns::PUBSUB_OWNER)?).ok()?
}

/// Reads the notification in a message, if there is one. It speaks for whoever the message is from: the caller must
/// see that this is who owns the node, for a personal node the bare address of the account.
pub fn read_event(message: &Element) -> Option<Notification<'_>> {
    let event = message.find("event", ns::PUBSUB_EVENT)?;
    event.children().filter(|child| child.ns() == ns::PUBSUB_EVENT).find_map(|child| match child.name() {
        "items" => read_list(child).map(Notification::Items),
        "purge" => node(child).map(Notification::Purged),
        "delete" => node(child).map(Notification::Deleted),
        "configuration" => node(child).map(Notification::Configured),
        _ => None,
    })
}

fn node(element: &Element) -> Option<&str> {
    element.attribute("node").filter(|node| !node.is_empty())
}

fn read_list(items: &Element) -> Option<Items<'_>> {
    let mut list = Items { node: node(items)?, items: Vec::new(), retracted: Vec::new() };
    for child in items.children().filter(|child| child.ns() == items.ns()) {
        let id = child.attribute("id").filter(|id| !id.is_empty());
        match child.name() {
            "item" => list.items.push(NodeItem { id, payload: child.children().next() }),
            "retract" => list.retracted.extend(id),
            _ => {}
        }
    }
    Some(list)
}

impl Refusal {
    /// Sorts the error of any of these questions.
    pub fn read(error: StanzaError) -> Refusal {
        let specific = error.specific.as_ref().filter(|specific| specific.ns() == ns::PUBSUB_ERRORS);
        // COMPAT(ejabberd 23, Prosody 0.12): resource-constraint "Unknown field 'pubsub#max_items'" and bad-request
        // "max_items: out of bounds"; only the words tell.
        let names_max_items = error.text.as_ref().is_some_and(|text| text.contains("max_items"));
        match (specific.map(|specific| specific.name()), error.condition.as_str()) {
            (Some("precondition-not-met"), _) => Refusal::PreconditionNotMet,
            (Some("payload-too-big"), _) => Refusal::TooLarge,
            (Some("max-items-exceeded"), _) => Refusal::MaxItems,
            _ if names_max_items => Refusal::MaxItems,
            (_, "item-not-found") => Refusal::NotFound,
            (_, "forbidden" | "not-allowed" | "not-authorized" | "registration-required") => Refusal::NotAllowed(error),
            _ => Refusal::Other(error),
        }
    }

    /// Whether somebody shows us nothing there, rather than that his server cannot be reached or is busy. Who may not look
    /// is told so in several ways (XEP-0060 §6.5.9); a server without personal nodes, or without that account, says
    /// `feature-not-implemented` or `service-unavailable`.
    pub fn is_nothing_shown(&self) -> bool {
        match self {
            Refusal::NotFound => true,
            Refusal::NotAllowed(error) => error.kind != "wait",
            Refusal::Other(error) => {
                error.kind != "wait"
                    && matches!(
                        error.condition.as_str(),
                        "feature-not-implemented" | "service-unavailable" | "subscription-required" | "gone"
                    )
            }
            _ => false,
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Refusal::PreconditionNotMet => f.write_str("the node is configured otherwise"),
            Refusal::MaxItems => f.write_str("the server does not let us say how many items a node keeps"),
            Refusal::NotFound => f.write_str("there is no such node or item"),
            Refusal::NotAllowed(error) => write!(f, "the server does not allow it: {error}"),
            Refusal::TooLarge => f.write_str("the item is too large for the server"),
            Refusal::Other(error) => error.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests;
