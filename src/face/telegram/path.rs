//! Paths of Telegram's Bot API: `/bot<token>/<method>` and `/file/bot<token>/<path>`. Libraries check that a token is digits,
//! a colon and more; ours have the bot's number there, and work without it, too. What stands here is a secret: no log and no
//! refusal may have it.

use crate::base::id::BotId;
use crate::base::text::{Plus, unpercent};

/// What a path names.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Target<'a> {
    /// A method.
    Method(&'a str),
    /// A file, by its `file_path`.
    File(&'a str),
}

/// A path, read.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Place<'a> {
    pub(super) token: String,
    /// The number before the token.
    pub(super) bot: Option<BotId>,
    pub(super) target: Target<'a>,
}

/// Longest token that anything makes.
const TOKEN_BYTES_MAX: usize = 128;

/// Reads a path; `None` for what is none of ours, or has no token that could be one.
pub(super) fn read(path: &str) -> Option<Place<'_>> {
    let (is_file, rest) = match path.strip_prefix("/file/bot") {
        Some(rest) => (true, rest),
        None => (false, path.strip_prefix("/bot")?),
    };
    let (said, target) = rest.split_once('/')?;
    if said.len() > 3 * TOKEN_BYTES_MAX {
        return None;
    }
    let said = unpercent(said, Plus::IsPlus)?;
    let (bot, token) = match said.split_once(':') {
        Some((number, token)) => (Some(BotId(number.parse().ok()?)), token),
        None => (None, said.as_str()),
    };
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    if token.is_empty() || token.len() > TOKEN_BYTES_MAX || !token.bytes().all(is_plain) {
        return None;
    }
    let target = if is_file { Target::File(target) } else { Target::Method(target.trim_end_matches('/')) };
    Some(Place { token: token.to_string(), bot, target })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_with_and_without_a_number() {
        let place = |token: &str, bot, target| Some(Place { token: token.to_string(), bot, target });
        assert_eq!(read("/botbm_a-B_9/getMe"), place("bm_a-B_9", None, Target::Method("getMe")));
        assert_eq!(read("/bot7:bm_x/GetMe/"), place("bm_x", Some(BotId(7)), Target::Method("GetMe")));
        assert_eq!(read("/bot7%3Abm_x/getMe"), place("bm_x", Some(BotId(7)), Target::Method("getMe")));
        assert_eq!(read("/file/bot7:bm_x/ab/c.jpg"), place("bm_x", Some(BotId(7)), Target::File("ab/c.jpg")));
        let long = format!("/bot{}/getMe", "x".repeat(TOKEN_BYTES_MAX + 1));
        for path in
            ["/bot", "/bot/getMe", "/bot7:/getMe", "/botx:bm_y/getMe", "/bot7:a:b/getMe", "/botbm_x", "/bot%zz/x"]
        {
            assert_eq!(read(path), None, "{path}");
        }
        assert_eq!(read(&long), None);
    }
}
