//! The panel.

use std::time::Duration;

/// Sessions of browsers at once: some people with some devices each. A new one takes the place of the one that was used least
/// of late; making one needs credentials.
pub const PANEL_SESSIONS_MAX: usize = 64;
/// A session that is not used ends: a working day, so that a forgotten browser is no way in tomorrow.
pub const PANEL_SESSION_IDLE: Duration = Duration::from_secs(12 * 3600);
/// A session ends however much it is used: a copied cookie is worth nothing after a week.
pub const PANEL_SESSION_AGE: Duration = Duration::from_secs(7 * 24 * 3600);
/// A token in the body of a sign-in, with some room around it.
pub const PANEL_SIGN_IN_BYTES_MAX: usize = 4 * 1024;
/// Who watches what bots receive and say, all of them together: each holds [`WATCHED_WAITING_MAX`] of it.
pub const WATCHERS_MAX: usize = 16;
/// What waits for one who watches and reads slowly; what comes then is counted and left out.
pub const WATCHED_WAITING_MAX: usize = 64;
/// So much of a text or an update is shown while it passes: with the two above 4 MiB at the most.
pub const WATCHED_BYTES_MAX: usize = 4 * 1024;
/// How often the course of the day is noted, at most: 288 points a day draw a smooth line on any screen.
pub const COURSE_STEP: Duration = Duration::from_secs(5 * 60);
/// Points that are kept: a day of them, 16 KiB.
pub const COURSE_POINTS_MAX: usize = 288;
