//! XEP-0030, service discovery: who we are and what we can, for whoever asks; and XEP-0115, its hash in our presence.

use crate::base::crypto::{Hash, digest};
use crate::base::text::base64;
use crate::xml::Element;
use crate::xmpp::ns;
use crate::xmpp::stanza::StanzaError;

/// XEP-0115 §4: names the software, not the instance.
const NODE: &str = "urn:botmother";
const CATEGORY: &str = "client";
const TYPE: &str = "bot";
const NAME: &str = "Botmother";
/// What we answer to, sorted as XEP-0115 §5.1 hashes it.
const FEATURES: [&str; 4] = [ns::CAPS, ns::DISCO_INFO, ns::VERSION, ns::PING];

/// The question for what somebody can do.
pub fn build_query() -> Element {
    Element::new("query", ns::DISCO_INFO)
}

/// Whether an answer lists the feature.
pub fn has_feature(answer: &Element, feature: &str) -> bool {
    answer.children().any(|child| child.is("feature", ns::DISCO_INFO) && child.attribute("var") == Some(feature))
}

/// Answers a question about us. We have no nodes but the one in our capabilities.
pub fn answer(query: &Element) -> Result<Element, StanzaError> {
    let node = query.attribute("node");
    if node.is_some_and(|node| node != format!("{NODE}#{}", hash())) {
        return Err(StanzaError::new("cancel", "item-not-found"));
    }
    let identity =
        Element::new("identity", ns::DISCO_INFO).with("category", CATEGORY).with("type", TYPE).with("name", NAME);
    let mut info = Element::new("query", ns::DISCO_INFO).with_child(identity);
    if let Some(node) = node {
        info = info.with("node", node);
    }
    for feature in FEATURES {
        info = info.with_child(Element::new("feature", ns::DISCO_INFO).with("var", feature));
    }
    Ok(info)
}

/// `<c/>` for our presence (XEP-0115 §4).
pub fn build_caps() -> Element {
    Element::new("c", ns::CAPS).with("hash", "sha-1").with("node", NODE).with("ver", &hash())
}

/// The verification string (XEP-0115 §5.1).
fn hash() -> String {
    let mut text = format!("{CATEGORY}/{TYPE}//{NAME}<");
    for feature in FEATURES {
        text.push_str(feature);
        text.push('<');
    }
    base64(&digest(Hash::Sha1, text.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn features_are_sorted() {
        assert!(FEATURES.is_sorted());
    }

    #[test]
    fn answers_for_itself_and_its_node_only() {
        let node = format!("{NODE}#{}", hash());
        assert!(has_feature(&answer(&build_query()).unwrap(), ns::PING));
        assert_eq!(answer(&build_query().with("node", &node)).unwrap().attribute("node"), Some(node.as_str()));
        assert!(answer(&build_query().with("node", "x")).is_err());
    }
}
