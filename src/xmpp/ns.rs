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
/// XEP-0478: limits of a stream.
pub const STREAM_LIMITS: &str = "urn:xmpp:stream-limits:0";
/// XEP-0030: service discovery, information.
pub const DISCO_INFO: &str = "http://jabber.org/protocol/disco#info";
/// XEP-0030: service discovery, what belongs to an entity.
pub const DISCO_ITEMS: &str = "http://jabber.org/protocol/disco#items";
/// XEP-0115: entity capabilities.
pub const CAPS: &str = "http://jabber.org/protocol/caps";
/// XEP-0092: software version.
pub const VERSION: &str = "jabber:iq:version";
/// XEP-0199: XMPP ping.
pub const PING: &str = "urn:xmpp:ping";
/// XEP-0202: entity time.
pub const TIME: &str = "urn:xmpp:time";
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
/// XEP-0091, the form of XEP-0203 before it.
pub const DELAY_LEGACY: &str = "jabber:x:delay";
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
/// XEP-0439: quick responses.
pub const QUICK_RESPONSE: &str = "urn:xmpp:tmp:quick-response";
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
/// XEP-0333: displayed markers.
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
/// XEP-0045: lists of a room's members.
pub const MUC_ADMIN: &str = "http://jabber.org/protocol/muc#admin";
/// XEP-0249: direct MUC invitations.
pub const CONFERENCE: &str = "jabber:x:conference";
/// XEP-0421: occupant identifiers for semi-anonymous MUCs.
pub const OCCUPANT_ID: &str = "urn:xmpp:occupant-id:0";
/// XEP-0380: explicit message encryption.
pub const EME: &str = "urn:xmpp:eme:0";
/// XEP-0384 before version 0.4: the OMEMO most clients speak.
pub const OMEMO_LEGACY: &str = "eu.siacs.conversations.axolotl";
/// Feature: wants to hear of device lists (XEP-0163 §4.3.2), in both versions.
pub const OMEMO_LEGACY_NOTIFY: &str = "eu.siacs.conversations.axolotl.devicelist+notify";
/// See above.
pub const OMEMO_NOTIFY: &str = "urn:xmpp:omemo:2:devices+notify";
/// XEP-0384: OMEMO.
pub const OMEMO: &str = "urn:xmpp:omemo:2";
/// XEP-0373: OpenPGP for XMPP.
pub const OPENPGP: &str = "urn:xmpp:openpgp:0";
/// XEP-0027: OpenPGP as it was before.
pub const OPENPGP_LEGACY: &str = "jabber:x:encrypted";
/// XEP-0004: data forms.
pub const DATA: &str = "jabber:x:data";
/// XEP-0221: media in data forms, such as the picture of a captcha.
pub const MEDIA: &str = "urn:xmpp:media-element";
/// XEP-0077: in-band registration.
pub const REGISTER: &str = "jabber:iq:register";
/// XEP-0077 §9: the stream feature that offers it.
pub const REGISTER_FEATURE: &str = "http://jabber.org/features/iq-register";
/// XEP-0158: captcha forms.
pub const CAPTCHA: &str = "urn:xmpp:captcha";
/// XEP-0050: ad-hoc commands, also the node that lists them.
pub const COMMANDS: &str = "http://jabber.org/protocol/commands";
/// RFC 6121 §2: the roster.
pub const ROSTER: &str = "jabber:iq:roster";
/// RFC 6121 §3.4: the stream feature of pre-approved subscriptions.
pub const PRE_APPROVAL: &str = "urn:xmpp:features:pre-approval";
/// XEP-0054: vcard-temp.
pub const VCARD_TEMP: &str = "vcard-temp";
/// XEP-0153: the vCard's photo in presence.
pub const VCARD_UPDATE: &str = "vcard-temp:x:update";
/// RFC 6351, as XEP-0292 uses it: the vCard itself.
pub const VCARD4: &str = "urn:ietf:params:xml:ns:vcard-4.0";
/// XEP-0292: the node of the vCard.
pub const VCARD4_NODE: &str = "urn:xmpp:vcard4";
/// XEP-0172: nickname; also its node.
pub const NICK: &str = "http://jabber.org/protocol/nick";
/// XEP-0084: the picture; also its node.
pub const AVATAR_DATA: &str = "urn:xmpp:avatar:data";
/// XEP-0084: what is known of the picture; also its node.
pub const AVATAR_METADATA: &str = "urn:xmpp:avatar:metadata";
/// XEP-0060: publish-subscribe, what everybody may do.
pub const PUBSUB: &str = "http://jabber.org/protocol/pubsub";
/// XEP-0060: what the owner of a node may do.
pub const PUBSUB_OWNER: &str = "http://jabber.org/protocol/pubsub#owner";
/// XEP-0060: notifications.
pub const PUBSUB_EVENT: &str = "http://jabber.org/protocol/pubsub#event";
/// XEP-0060: its own error conditions.
pub const PUBSUB_ERRORS: &str = "http://jabber.org/protocol/pubsub#errors";
/// XEP-0060 §16.4.4: form type of preconditions.
pub const PUBSUB_PUBLISH_OPTIONS: &str = "http://jabber.org/protocol/pubsub#publish-options";
/// XEP-0060 §16.4.3: form type of a node's configuration.
pub const PUBSUB_NODE_CONFIG: &str = "http://jabber.org/protocol/pubsub#node_config";
/// XEP-0402: bookmarks; also their node.
pub const BOOKMARKS: &str = "urn:xmpp:bookmarks:1";
/// XEP-0363: HTTP upload.
pub const UPLOAD: &str = "urn:xmpp:http:upload:0";
/// XEP-0045: rooms.
pub const MUC: &str = "http://jabber.org/protocol/muc";
/// XEP-0045: what owners say to a room.
pub const MUC_OWNER: &str = "http://jabber.org/protocol/muc#owner";
/// XEP-0372: references, of which mentions are one kind.
pub const REFERENCE: &str = "urn:xmpp:reference:0";
