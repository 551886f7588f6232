//! The channels there are.

use crate::engine::channel::ChannelRow;
use crate::engine::{local, outbox};

/// An address belongs to the first that has it; the last has all that is left.
pub(super) const CHANNELS: [&ChannelRow; 2] = [&local::CHANNEL, &outbox::CHANNEL];
