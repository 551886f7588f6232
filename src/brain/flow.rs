//! Flows: conversations as their owner has drawn them, of scenes, contexts and nodes, without any service.
//!
//! `document.rs`, `reading.rs`, `nodes.rs` and `checking.rs` read a flow and say in which line it is wrong; `run.rs` and
//! `entering.rs` go through it, a message at a time. Nothing here knows a store, a clock or a socket.

mod checking;
mod conditions;
mod datum;
mod document;
mod entering;
mod model;
mod nodes;
mod play;
mod reading;
mod run;
mod session;
mod slots;
mod template;

pub use datum::Datum;
pub use document::FlowFault;
pub use model::{Domain, Flow, FlowButton, Resource};
pub use play::{FlowPlayer, FlowStage};
pub use run::{FlowEvent, FlowInput, FlowReply, FlowTalk, FlowTurn, FlowWant, FlowWorld};
pub use session::{FlowPerson, FlowSession};
