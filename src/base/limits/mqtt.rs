//! MQTT: a broker that is given what bots hear.

use std::time::Duration;

/// What all topics begin with: MQTT allows 65,535 bytes, brokers some hundred, and JIDs follow.
pub const MQTT_PREFIX_BYTES_MAX: usize = 128;
/// Silence after which the broker is pinged, and by half more of which it says for us that we are gone.
pub const MQTT_KEEP_ALIVE: Duration = Duration::from_secs(240);
/// A ping or the end of a login is waited for so long.
pub const MQTT_ANSWER_TIMEOUT: Duration = Duration::from_secs(20);
/// To open a connection, TLS included.
pub const MQTT_CONNECT_TIMEOUT: Duration = Duration::from_secs(20);
/// First wait before another try.
pub const MQTT_RETRY_FIRST: Duration = Duration::from_secs(1);
/// Longest wait before another try.
pub const MQTT_RETRY_MAX: Duration = Duration::from_secs(60);
/// Of so many tries in vain the log is told of one.
pub const MQTT_TRIES_TOLD: u32 = 80;
/// Updates of one bot that are published and not acknowledged: enough to hide the way to the broker and its disk.
pub const MQTT_IN_FLIGHT_MAX: i64 = 20;
/// One packet from the broker: what is to be sent, in JSON, with as much again for its escapes.
pub const MQTT_PACKET_BYTES_MAX: usize = 256 * 1024;
/// Bytes read at once.
pub const MQTT_READ_BYTES: usize = 8 * 1024;
/// Texts that were brought and are not stored yet: while there are more, nothing is read, so the broker waits.
pub const MQTT_SENDS_MAX: usize = 20;
/// What could not be sent, as its bot has said enough for a second or the disk is full, is tried again after this.
pub const MQTT_SEND_RETRY: Duration = Duration::from_secs(1);
/// How long a bot's updates are waited for with one question; only then the engine wakes up for nothing.
pub const MQTT_POLL: Duration = Duration::from_secs(3600);
/// Changes of accounts within this time are shown at once: a thousand come online together.
pub const MQTT_GATHER: Duration = Duration::from_millis(200);
/// How long the daemon takes leave of the broker.
pub const MQTT_GOODBYE_TIMEOUT: Duration = Duration::from_secs(1);
/// After this a bot whose updates could not be had is tried again.
pub const MQTT_POLL_RETRY: Duration = Duration::from_secs(5);
