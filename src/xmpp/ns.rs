//! XML namespaces, each with the document that defines it.

/// RFC 6120: stanzas between client and server.
pub const CLIENT: &str = "jabber:client";
/// RFC 6120 §4.8: the stream itself, its features and errors.
pub const STREAM: &str = "http://etherx.jabber.org/streams";
/// RFC 6120 §4.9: stream error conditions.
pub const STREAM_ERRORS: &str = "urn:ietf:params:xml:ns:xmpp-streams";
/// RFC 6120 §8.3: stanza error conditions.
pub const STANZAS: &str = "urn:ietf:params:xml:ns:xmpp-stanzas";
/// RFC 6120 §5: STARTTLS.
pub const TLS: &str = "urn:ietf:params:xml:ns:xmpp-tls";
/// RFC 6120 §6: SASL.
pub const SASL: &str = "urn:ietf:params:xml:ns:xmpp-sasl";
/// RFC 6120 §7: resource binding.
pub const BIND: &str = "urn:ietf:params:xml:ns:xmpp-bind";
/// XEP-0440: SASL channel-binding type capability.
pub const CHANNEL_BINDING: &str = "urn:xmpp:sasl-cb:0";
/// XEP-0198: stream management.
pub const SM: &str = "urn:xmpp:sm:3";
/// XEP-0030: service discovery, information.
pub const DISCO_INFO: &str = "http://jabber.org/protocol/disco#info";
/// XEP-0115: entity capabilities.
pub const CAPS: &str = "http://jabber.org/protocol/caps";
/// XEP-0092: software version.
pub const VERSION: &str = "jabber:iq:version";
/// XEP-0199: XMPP ping.
pub const PING: &str = "urn:xmpp:ping";
/// XEP-0280: message carbons.
pub const CARBONS: &str = "urn:xmpp:carbons:2";
/// XEP-0297: stanza forwarding.
pub const FORWARD: &str = "urn:xmpp:forward:0";
/// XEP-0313: message archive management.
pub const MAM: &str = "urn:xmpp:mam:2";
/// XEP-0059: result set management.
pub const RSM: &str = "http://jabber.org/protocol/rsm";
/// XEP-0203: delayed delivery.
pub const DELAY: &str = "urn:xmpp:delay";
/// XEP-0359: unique and stable stanza ids.
pub const SID: &str = "urn:xmpp:sid:0";
/// XEP-0334: message processing hints.
pub const HINTS: &str = "urn:xmpp:hints";
/// XEP-0461: message replies.
pub const REPLY: &str = "urn:xmpp:reply:0";
/// XEP-0428: fallback indication.
pub const FALLBACK: &str = "urn:xmpp:fallback:0";
/// XEP-0428 as XEP-0461 first named it; Movim still sends it.
pub const FALLBACK_LEGACY: &str = "urn:xmpp:feature-fallback:0";
/// XEP-0444: message reactions.
pub const REACTIONS: &str = "urn:xmpp:reactions:0";
/// XEP-0308: last message correction.
pub const CORRECT: &str = "urn:xmpp:message-correct:0";
/// XEP-0424: message retraction.
pub const RETRACT: &str = "urn:xmpp:message-retract:1";
/// XEP-0424 before version 0.4.
pub const RETRACT_LEGACY: &str = "urn:xmpp:message-retract:0";
/// XEP-0422: message fastening, the envelope of the old retraction.
pub const FASTEN: &str = "urn:xmpp:fasten:0";
/// XEP-0425: moderated message retraction.
pub const MODERATE: &str = "urn:xmpp:message-moderate:1";
/// XEP-0425 before version 0.3.
pub const MODERATE_LEGACY: &str = "urn:xmpp:message-moderate:0";
/// XEP-0184: message delivery receipts.
pub const RECEIPTS: &str = "urn:xmpp:receipts";
/// XEP-0333: displayed markers (chat markers).
pub const MARKERS: &str = "urn:xmpp:chat-markers:0";
/// XEP-0085: chat state notifications.
pub const CHAT_STATES: &str = "http://jabber.org/protocol/chatstates";
/// XEP-0066: out of band data.
pub const OOB: &str = "jabber:x:oob";
/// XEP-0447: stateless file sharing.
pub const SFS: &str = "urn:xmpp:sfs:0";
/// XEP-0446: file metadata element.
pub const FILE_METADATA: &str = "urn:xmpp:file:metadata:0";
/// XEP-0103: URL address information.
pub const URL_DATA: &str = "http://jabber.org/protocol/url-data";
/// XEP-0045: multi-user chat, what a room tells an occupant.
pub const MUC_USER: &str = "http://jabber.org/protocol/muc#user";
/// XEP-0249: direct MUC invitations.
pub const CONFERENCE: &str = "jabber:x:conference";
/// XEP-0421: occupant identifiers for semi-anonymous MUCs.
pub const OCCUPANT_ID: &str = "urn:xmpp:occupant-id:0";
/// XEP-0380: explicit message encryption.
pub const EME: &str = "urn:xmpp:eme:0";
/// XEP-0384 before version 0.4: the OMEMO most clients speak.
pub const OMEMO_LEGACY: &str = "eu.siacs.conversations.axolotl";
/// XEP-0384: OMEMO.
pub const OMEMO: &str = "urn:xmpp:omemo:2";
/// XEP-0373: OpenPGP for XMPP.
pub const OPENPGP: &str = "urn:xmpp:openpgp:0";
/// XEP-0027: OpenPGP as it was before.
pub const OPENPGP_LEGACY: &str = "jabber:x:encrypted";
