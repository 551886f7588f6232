//! The login on a stream (RFC 6120 §6), and before it, where that is wanted, the registration of the account.

use super::{Failure, Got, Phase, Stream};
use crate::base::text::{base64, unbase64};
use crate::xml::Element;
use crate::xmpp::ns;
use crate::xmpp::register::{self, RegistrationOffer, RegistrationRefusal};
use crate::xmpp::sasl::{self, Channel, Exchange, Offer};
use crate::xmpp::stanza::{Iq, IqKind};

/// Ids of the questions with which it registers: for the fields, and with them.
const REGISTER_ID: &str = "register";
const REGISTERED_ID: &str = "registered";

impl Stream {
    /// Asks what the server wants of newcomers.
    pub(super) fn ask_registration(&mut self, features: &Element) {
        self.send(&Iq::print(IqKind::Get, REGISTER_ID, None, Some(register::build_query())));
        self.phase = Phase::Registering(Box::new(features.clone()));
    }

    /// An answer of the registration: the fields, or that it is done. Where the name is taken, it may be our own: we
    /// may have been killed when it was made, and the login will show.
    pub(super) fn registration(&mut self, element: Element) -> Result<Option<Got>, Failure> {
        let Phase::Registering(features) = &self.phase else { return Ok(None) };
        let features = features.clone();
        let iq = Iq::read(element).ok_or_else(|| Failure::Protocol("the answer to registering is broken".into()))?;
        if let Some(error) = iq.error {
            return match RegistrationRefusal::read(error, iq.payload.as_ref()) {
                RegistrationRefusal::Taken => {
                    self.is_name_taken = true;
                    self.authenticate(&features).map(|()| None)
                }
                refusal => Err(Failure::Register(refusal)),
            };
        }
        match (iq.id.as_str(), iq.payload.as_ref().and_then(RegistrationOffer::read)) {
            (REGISTERED_ID, _) | (_, Some(RegistrationOffer::Registered)) => {
                self.authenticate(&features).map(|()| None)
            }
            (_, Some(RegistrationOffer::Ready(fields))) => {
                let user = self.login.account.local().unwrap_or_default();
                let payload = fields.build(user, &self.login.password);
                log::trace!("{}: > (registration, not shown)", self.login.account);
                let iq = Iq::print(IqKind::Set, REGISTERED_ID, None, Some(payload));
                self.out.extend_from_slice(iq.as_bytes());
                Ok(Some(Got::Registering))
            }
            (_, Some(RegistrationOffer::NeedsMore(more))) => {
                Err(Failure::Register(RegistrationRefusal::NeedsMore(more)))
            }
            (_, None) => Err(Failure::Protocol("the answer to registering is none".into())),
        }
    }

    pub(super) fn authenticate(&mut self, features: &Element) -> Result<(), Failure> {
        let mechanisms = features.find("mechanisms", ns::SASL).into_iter().flat_map(Element::children);
        let bindings = features.find("sasl-channel-binding", ns::CHANNEL_BINDING);
        let bindings = bindings.into_iter().flat_map(Element::children).filter_map(|b| b.attribute("type"));
        let offer = Offer {
            mechanisms: mechanisms.filter(|m| m.is("mechanism", ns::SASL)).map(Element::text).collect(),
            bindings: bindings.map(Into::into).collect(),
        };
        let is_private = self.tls.is_some() || self.login.plaintext;
        let channel = if is_private { Channel::Private } else { Channel::Open };
        let choice = sasl::choose(&offer, self.tls.as_ref(), channel).map_err(Failure::Sasl)?;
        let mechanism = choice.name();
        let user = self.login.account.local().unwrap_or_default();
        let (password, key) = (self.login.password.clone(), self.login.key.take());
        let (exchange, response) = Exchange::start(choice, user, password, key, std::mem::take(&mut self.login.nonce));
        self.phase = Phase::Sasl(Box::new(exchange));
        self.send_sasl(Element::new("auth", ns::SASL).with("mechanism", mechanism), &response);
        Ok(())
    }

    pub(super) fn sasl(&mut self, element: &Element) -> Result<Option<Got>, Failure> {
        let Phase::Sasl(exchange) = &mut self.phase else { return Ok(None) };
        match element.name() {
            "challenge" => {
                let response = exchange.challenge(&sasl_data(element)?).map_err(Failure::Sasl)?;
                self.send_sasl(Element::new("response", ns::SASL), &response);
                Ok(None)
            }
            "success" => {
                exchange.success(&sasl_data(element)?).map_err(Failure::Sasl)?;
                if !self.framer.rest().trim_ascii().is_empty() {
                    return Err(Failure::Protocol("the server goes on before the stream is restarted".into()));
                }
                let Phase::Sasl(exchange) = std::mem::replace(&mut self.phase, Phase::Features) else {
                    return Ok(None);
                };
                self.is_authenticated = true;
                self.restart();
                Ok(Some(Got::Authenticated { mechanism: exchange.name(), key: exchange.new_key() }))
            }
            _ if self.is_name_taken => Err(Failure::Register(RegistrationRefusal::Taken)),
            _ => {
                let condition = element.children().find(|child| child.name() != "text").map(Element::name);
                Err(Failure::Refused {
                    condition: condition.unwrap_or("not-authorized").to_string(),
                    text: element.text_of("text", ns::SASL),
                    used_old_key: exchange.used_old_key(),
                })
            }
        }
    }

    /// Sends a SASL element with its data, without showing it in the log.
    fn send_sasl(&mut self, element: Element, data: &[u8]) {
        log::trace!("{}: > <{}/> (SASL, not shown)", self.login.account, element.name());
        // RFC 6120 §6.4.2: `=` is an initial response that is there and empty.
        let is_empty_auth = data.is_empty() && element.name() == "auth";
        let text = if is_empty_auth { "=".to_string() } else { base64(data) };
        self.out.extend_from_slice(element.with_text(&text).print(ns::CLIENT).as_bytes());
    }
}

fn sasl_data(element: &Element) -> Result<Vec<u8>, Failure> {
    let text = element.text();
    match text.trim() {
        "" | "=" => Ok(Vec::new()),
        text => unbase64(text).ok_or(Failure::Sasl(sasl::Error::Malformed("not base64"))),
    }
}
