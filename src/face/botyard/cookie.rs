//! The cookie by which somebody with a browser is known (RFC 6265). No page can read it, and none of another web site can have
//! it sent along with what changes something. Where people come by HTTPS it goes no other way.

use crate::core::handle::WebLogin;
use crate::face::Context;
use crate::http::{Request, Response};

/// What it is called.
pub(in crate::face) const COOKIE: &str = "token";

/// The answer with a cookie that is good for as long again.
pub(super) fn with_login(response: Response, login: Option<&WebLogin>, way: Way) -> Response {
    let Some(login) = login else { return response };
    let secure = if way == Way::Https { "; Secure" } else { "" };
    let (token, age) = (login.token.expose(), login.max_age_s);
    let cookie = format!("{COOKIE}={token}; Path=/; Max-Age={age}; HttpOnly; SameSite=Lax{secure}");
    // It is for one person, and so is what comes with it.
    response.with("Set-Cookie", cookie).with("Cache-Control", "no-store")
}

/// How people come, to us or to a proxy in front of us.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    Http,
    Https,
}

impl Way {
    /// How a request came.
    pub(super) fn of(context: &Context, request: &Request) -> Way {
        let is_https = |value: &str| value.eq_ignore_ascii_case("https");
        let is_behind = || request.header("x-forwarded-proto").is_some_and(is_https);
        if context.base_url.starts_with("https://") || is_behind() { Way::Https } else { Way::Http }
    }
}
