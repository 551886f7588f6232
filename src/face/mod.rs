//! Layer 5: the faces. Each speaks the HTTP of one original and translates it to questions for the engine.
//!
//! This file is the mount table: which face answers which paths, and how large a body may be there. The daemon makes
//! the faces and gives [`mount`]'s result to the door. Faces do not know each other.

pub mod botmother;

use std::sync::Arc;

use crate::http::{Admit, Reply, Request, Serve};

/// All faces as one function for the HTTP server. Botmother's face has the root, so it also refuses the paths that
/// nobody knows.
pub fn mount(botmother: Arc<botmother::Face>) -> Arc<Serve> {
    Arc::new(move |request: Request| -> Reply { botmother.serve(request) })
}

/// Who may send a large body, for the door.
pub fn gate(botmother: Arc<botmother::Face>) -> Arc<Admit> {
    Arc::new(move |head: &Request| botmother.may_send(head))
}

/// The largest body a path takes.
pub fn body_max(path: &str) -> usize {
    botmother::body_max(path)
}
