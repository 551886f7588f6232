//! MQTT 3.1.1 packets, as far as a client has to do with them: the only place that names the codec.

use std::sync::Arc;

use bytes::Bytes;
use mqtt_proto::v3::{Connect, ConnectReturnCode, LastWill, Packet, Publish, Subscribe, SubscribeReturnCode};
use mqtt_proto::{Pid, QoS, QosPid, TopicFilter, TopicName};

use super::Setup;
use crate::base::limits;

/// What a broker says.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Said {
    /// We are in.
    Welcome,
    /// We are not; why.
    Refused(&'static str),
    /// It has what was published under this number.
    Published(u16),
    /// Whether it takes us as a subscriber.
    Subscribed(bool),
    /// Somebody published this; with a number, it wants to hear that we have it.
    Came(Came),
    /// It is there.
    Pong,
}

/// Something that somebody published.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Came {
    /// The packet's number, of QoS 1.
    pub(super) pid: Option<u16>,
    /// It may have come before.
    pub(super) is_again: bool,
    /// It was kept by the broker from some time ago.
    pub(super) is_retained: bool,
    pub(super) topic: String,
    pub(super) payload: Vec<u8>,
}

/// Something to publish.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Out {
    pub(super) topic: String,
    pub(super) payload: String,
    /// The broker keeps it for those who come later.
    pub(super) is_kept: bool,
}

/// Whether something is published for the first time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Turn {
    First,
    /// It was before, under the same number, and nobody confirmed it.
    Again,
}

/// Why the connection cannot go on.
pub(super) type Fault = String;

/// Cuts the first packet off what was read: it and its length; nothing while it is not all there. Its size is judged before
/// it is taken.
pub(super) fn read(bytes: &[u8]) -> Result<Option<(Said, usize)>, Fault> {
    let Some(length) = length(bytes)? else { return Ok(None) };
    let Some(whole) = bytes.get(..length) else { return Ok(None) };
    let packet = Packet::decode(whole).map_err(|error| format!("the broker sent what is no MQTT: {error}"))?;
    let said = match packet {
        Some(Packet::Connack(answer)) => match answer.code {
            ConnectReturnCode::Accepted => Said::Welcome,
            code => Said::Refused(why(code)),
        },
        Some(Packet::Puback(pid)) => Said::Published(pid.value()),
        Some(Packet::Suback(answer)) => {
            Said::Subscribed(answer.topics.iter().all(|code| *code != SubscribeReturnCode::Failure))
        }
        Some(Packet::Pingresp) => Said::Pong,
        Some(Packet::Publish(publish)) => Said::Came(Came {
            pid: publish.qos_pid.pid().map(Pid::value),
            is_again: publish.dup,
            is_retained: publish.retain,
            topic: publish.topic_name.to_string(),
            payload: publish.payload.to_vec(),
        }),
        Some(other) => return Err(format!("the broker sent a packet that is not for clients: {:?}", other.get_type())),
        None => return Err("the broker sent a packet that is shorter than it says".to_string()),
    };
    Ok(Some((said, length)))
}

/// Bytes of the first packet (MQTT 3.1.1 §2.2.3).
fn length(bytes: &[u8]) -> Result<Option<usize>, Fault> {
    let (mut rest, mut shift) = (0_usize, 0);
    for (index, byte) in bytes.iter().enumerate().skip(1).take(4) {
        rest |= usize::from(byte & 0x7f) << shift;
        shift += 7;
        if byte & 0x80 == 0 {
            let max = limits::MQTT_PACKET_BYTES_MAX;
            return if rest > max {
                Err(format!("a packet of {rest} bytes came; {max} are taken"))
            } else {
                Ok(Some(index + 1 + rest))
            };
        }
    }
    if bytes.len() > 4 { Err("the broker sent what is no MQTT".to_string()) } else { Ok(None) }
}

fn why(code: ConnectReturnCode) -> &'static str {
    match code {
        ConnectReturnCode::Accepted => "it is well",
        ConnectReturnCode::UnacceptableProtocolVersion => "it does not speak MQTT 3.1.1",
        ConnectReturnCode::IdentifierRejected => "it does not take our `client_id`",
        ConnectReturnCode::ServerUnavailable => "it cannot serve now",
        ConnectReturnCode::BadUserNameOrPassword => "`user` or the password in [mqtt] is wrong",
        ConnectReturnCode::NotAuthorized => "we may not log in: `user` in [mqtt]",
    }
}

/// The first packet of a connection. The broker keeps what was sent to us while we were away, if we take what is sent.
pub(super) fn connect(setup: &Setup, will: &Out) -> Result<Vec<u8>, Fault> {
    let keep_alive = u16::try_from(limits::MQTT_KEEP_ALIVE.as_secs()).unwrap_or(u16::MAX);
    let last_will =
        LastWill { retain: will.is_kept, ..LastWill::new(QoS::Level1, topic(&will.topic)?, bytes(&will.payload)) };
    let (user, password) = (setup.user.as_str(), setup.password.expose());
    let packet = Packet::Connect(Connect {
        clean_session: !setup.send,
        last_will: Some(last_will),
        username: Some(Arc::from(user)).filter(|_| !user.is_empty()),
        password: Some(bytes(password)).filter(|_| !password.is_empty()),
        ..Connect::new(Arc::from(setup.client_id.as_str()), keep_alive)
    });
    print(&packet)
}

/// Publishes under a number, so that the broker confirms it (QoS 1).
pub(super) fn publish(out: &Out, pid: u16, turn: &Turn) -> Result<Vec<u8>, Fault> {
    let pid = Pid::try_from(pid).map_err(|error| error.to_string())?;
    let publish = Publish::new(QosPid::Level1(pid), topic(&out.topic)?, bytes(&out.payload));
    print(&Packet::Publish(Publish { dup: *turn == Turn::Again, retain: out.is_kept, ..publish }))
}

/// We have what came under this number.
pub(super) fn acknowledge(pid: u16) -> Result<Vec<u8>, Fault> {
    print(&Packet::Puback(Pid::try_from(pid).map_err(|error| error.to_string())?))
}

/// Asks for what is published there, confirmed (QoS 1).
pub(super) fn subscribe(filter: &str, pid: u16) -> Result<Vec<u8>, Fault> {
    let pid = Pid::try_from(pid).map_err(|error| error.to_string())?;
    let filter = TopicFilter::try_from(filter).map_err(|error| error.to_string())?;
    print(&Packet::Subscribe(Subscribe::new(pid, vec![(filter, QoS::Level1)])))
}

/// Asks whether it is there.
pub(super) fn ping() -> Result<Vec<u8>, Fault> {
    print(&Packet::Pingreq)
}

/// Goodbye: the broker does not publish our will.
pub(super) fn goodbye() -> Result<Vec<u8>, Fault> {
    print(&Packet::Disconnect)
}

fn print(packet: &Packet) -> Result<Vec<u8>, Fault> {
    packet.encode().map(|bytes| bytes.as_ref().to_vec()).map_err(|error| error.to_string())
}

fn topic(name: &str) -> Result<TopicName, Fault> {
    TopicName::try_from(name).map_err(|error| error.to_string())
}

fn bytes(text: &str) -> Bytes {
    Bytes::copy_from_slice(text.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packets_are_cut_where_they_end() {
        let out = Out { topic: "a/b".into(), payload: "x".repeat(200), is_kept: false };
        let bytes = publish(&out, 7, &Turn::Again).unwrap();
        for end in 0..bytes.len() {
            assert_eq!(read(&bytes[..end]), Ok(None), "{end}");
        }
        let both = [bytes.as_slice(), &[0x40, 2, 0, 9]].concat();
        let Ok(Some((Said::Came(came), used))) = read(&both) else { panic!() };
        assert_eq!((came.pid, came.is_again, used), (Some(7), true, bytes.len()));
        assert_eq!(read(&both[used..]), Ok(Some((Said::Published(9), 4))));
    }

    #[test]
    fn what_is_no_packet_ends_it() {
        for bad in [
            &[0x30, 0xff, 0xff, 0xff, 0xff][..],
            &[0x30, 0xff, 0xff, 0xff, 0x7f],
            b"HTTP/1.1 400",
            &[0x10, 0],
            &[0x40, 2, 0, 0],
        ] {
            assert!(!matches!(read(bad), Ok(Some(_))), "{bad:?}");
        }
        assert!(read(&[0x30, 0xff, 0xff, 0xff, 0x7f]).is_err());
    }
}
