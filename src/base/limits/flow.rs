//! Flows: how large they are, and how much one message may cause.

use std::time::Duration;

/// Values that stand within each other: a flow has some fourteen.
pub const FLOW_DEPTH_MAX: usize = 40;
/// A flow as a file.
pub const FLOW_BYTES_MAX: usize = 1_000_000;
/// What is wrong with one that is said at once; the rest often follows from it.
pub const FLOW_FAULTS_MAX: usize = 20;
/// Nodes that one message goes through: more is a circle.
pub const FLOW_STEPS_MAX: u32 = 100;
/// What one message is answered.
pub const FLOW_REPLIES_MAX: usize = 20;
/// Contexts within which one another was entered.
pub const FLOW_STACK_MAX: usize = 20;
/// How long a conversation rests before it begins anew.
pub const FLOW_SESSION: Duration = Duration::from_secs(30 * 60);
/// A value that somebody has said, or a resource has brought.
pub const FLOW_VALUE_BYTES_MAX: usize = 16_000;
/// Values of one person.
pub const FLOW_VALUES_MAX: usize = 200;
