//! Which handler answers a method and a path. Faces own the handler type; this file only looks up.
//!
//! A row's path may have parameters, whole segments that begin with a colon: `/v1/client-api/bot/:id`. Such a segment is
//! percent-decoded once and on its own, so an encoded slash never makes two of one; all else is compared as it came.

use crate::base::limits;
use crate::base::text::{Plus, unpercent};

/// One row of a route table.
pub struct Route<H: 'static> {
    /// `GET`, `POST`…
    pub method: &'static str,
    /// The whole path.
    pub path: &'static str,
    /// Who answers.
    pub handler: H,
}

/// A face's route table.
pub struct Routes<H: Copy + 'static>(pub &'static [Route<H>]);

/// What a lookup gives.
#[derive(Debug, PartialEq, Eq)]
pub enum Lookup<H> {
    /// This handler answers.
    Found(H, Params),
    /// No such path: 404.
    NotFound,
    /// The path exists, with these methods: 405, and the text is the value of `Allow`.
    WrongMethod(String),
}

/// The parameters in a path, decoded.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Params(Vec<(&'static str, String)>);

impl Params {
    /// The value of the segment that the row calls `:name`; empty if it calls none so.
    pub fn get(&self, name: &str) -> &str {
        self.0.iter().find(|(key, _)| *key == name).map_or("", |(_, value)| value)
    }
}

impl<H: Copy + 'static> Routes<H> {
    /// Methods and paths of all rows.
    pub fn all(&self) -> Vec<(&'static str, &'static str)> {
        self.0.iter().map(|route| (route.method, route.path)).collect()
    }

    /// The row for this method and path. A row with exactly this path goes before all with parameters, whatever the
    /// method; looking for it takes no memory.
    pub fn find(&self, method: &str, path: &str) -> Lookup<H> {
        let exact = self.find_among(method, |row| (row == path && !has_params(row)).then(Params::default));
        match exact {
            Lookup::NotFound => self.find_among(method, |row| if has_params(row) { params(row, path) } else { None }),
            exact => exact,
        }
    }

    fn find_among(&self, method: &str, matched: impl Fn(&'static str) -> Option<Params>) -> Lookup<H> {
        let mut allowed = String::new();
        for route in self.0 {
            let Some(params) = matched(route.path) else { continue };
            if route.method == method {
                return Lookup::Found(route.handler, params);
            }
            if allowed.split(", ").any(|known| known == route.method) {
                continue;
            }
            let separator = if allowed.is_empty() { "" } else { ", " };
            // The door answers HEAD wherever there is GET.
            let name = if route.method == "GET" { "GET, HEAD" } else { route.method };
            allowed = allowed + separator + name;
        }
        if allowed.is_empty() { Lookup::NotFound } else { Lookup::WrongMethod(allowed) }
    }
}

fn has_params(row: &str) -> bool {
    row.contains("/:")
}

/// The parameters with which a row's path is this one.
fn params(row: &'static str, path: &str) -> Option<Params> {
    let mut values = Vec::new();
    let mut segments = path.split('/');
    for wanted in row.split('/') {
        let segment = segments.next()?;
        match wanted.strip_prefix(':') {
            Some(name) => values.push((name, value(segment)?)),
            None if wanted == segment => {}
            None => return None,
        }
    }
    segments.next().is_none().then_some(Params(values))
}

/// One segment, decoded. What could not name anything, or would mean another directory to whoever makes a file name of
/// it, is no value.
fn value(segment: &str) -> Option<String> {
    if segment.len() > limits::PATH_SEGMENT_BYTES_MAX {
        return None;
    }
    unpercent(segment, Plus::IsPlus).filter(|value| !matches!(value.as_str(), "" | "." | ".."))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROUTES: Routes<u8> = Routes(&[
        Route { method: "GET", path: "/a", handler: 1 },
        Route { method: "POST", path: "/a", handler: 2 },
        Route { method: "POST", path: "/a/b", handler: 3 },
        Route { method: "GET", path: "/v/:id/hook", handler: 4 },
        Route { method: "PUT", path: "/v/:id/hook", handler: 5 },
        Route { method: "GET", path: "/v/:id/:name", handler: 6 },
        Route { method: "GET", path: "/v/list/hook", handler: 7 },
    ]);

    fn found(handler: u8, params: &[(&'static str, &str)]) -> Lookup<u8> {
        Lookup::Found(handler, Params(params.iter().map(|(name, value)| (*name, value.to_string())).collect()))
    }

    #[test]
    fn exact_paths_and_methods() {
        assert_eq!(ROUTES.find("POST", "/a"), found(2, &[]));
        assert_eq!(ROUTES.find("POST", "/a/b"), found(3, &[]));
        assert_eq!(ROUTES.find("DELETE", "/a"), Lookup::WrongMethod("GET, HEAD, POST".into()));
        for path in ["/", "/a/", "/A", "/a/b/c", "//a", "/%61"] {
            assert_eq!(ROUTES.find("GET", path), Lookup::NotFound, "{path}");
        }
    }

    #[test]
    fn parameters_are_segments() {
        let hook = |path: &str| ROUTES.find("PUT", path);
        assert_eq!(hook("/v/7/hook"), found(5, &[("id", "7")]));
        assert_eq!(hook("/v/a%2Fb/hook"), found(5, &[("id", "a/b")]), "an encoded slash makes no segment");
        assert_eq!(hook("/v/a%252Fb/hook"), found(5, &[("id", "a%2Fb")]), "decoded once");
        assert_eq!(hook("/v/k%C3%BC+1/hook"), found(5, &[("id", "kü+1")]));
        assert_eq!(hook("/v/:id/hook"), found(5, &[("id", ":id")]));
        assert_eq!(hook("/v/.../hook"), found(5, &[("id", "...")]));
        let long = "x".repeat(limits::PATH_SEGMENT_BYTES_MAX);
        assert_eq!(hook(&format!("/v/{long}/hook")), found(5, &[("id", &long)]));
        for path in [
            "/v//hook",
            "/v/7/hook/",
            "/v/7//hook",
            "//v/7/hook",
            "/v/../hook",
            "/v/./hook",
            "/v/%2e%2E/hook",
            "/v/a/b/hook",
            "/v/%/hook",
            "/v/%4/hook",
            "/v/%FF/hook",
            "/v/%C3/hook",
            "/v/7/%68ook/x",
            "/w/7/hook",
            "/v/7",
            &format!("/v/x{long}/hook"),
        ] {
            assert_eq!(hook(path), Lookup::NotFound, "{path}");
        }
        let Lookup::Found(6, params) = ROUTES.find("GET", "/v/7/x") else { panic!("the row with two") };
        assert_eq!((params.get("id"), params.get("name"), params.get("other")), ("7", "x", ""));
        assert_eq!(ROUTES.find("GET", "/v/7/%68ook"), found(6, &[("id", "7"), ("name", "hook")]), "not the word hook");
    }

    #[test]
    fn exact_paths_go_before_parameters() {
        assert_eq!(ROUTES.find("GET", "/v/list/hook"), found(7, &[]));
        assert_eq!(ROUTES.find("PUT", "/v/list/hook"), Lookup::WrongMethod("GET, HEAD".into()));
        assert_eq!(ROUTES.find("GET", "/v/%6Cist/hook"), found(4, &[("id", "list")]));
        // Of rows with parameters the first that fits answers, and all that fit say their methods.
        assert_eq!(ROUTES.find("GET", "/v/7/hook"), found(4, &[("id", "7")]));
        assert_eq!(ROUTES.find("DELETE", "/v/7/hook"), Lookup::WrongMethod("GET, HEAD, PUT".into()));
    }
}
