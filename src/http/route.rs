//! Which handler answers a method and an exact path. Faces own the handler type; this file only looks up.

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
    Found(H),
    /// No such path: 404.
    NotFound,
    /// The path exists, with these methods: 405, and the text is the value of `Allow`.
    WrongMethod(String),
}

impl<H: Copy + 'static> Routes<H> {
    /// The row for this method and path.
    pub fn find(&self, method: &str, path: &str) -> Lookup<H> {
        let mut allowed = String::new();
        for route in self.0.iter().filter(|route| route.path == path) {
            if route.method == method {
                return Lookup::Found(route.handler);
            }
            let separator = if allowed.is_empty() { "" } else { ", " };
            // The door answers HEAD wherever there is GET.
            let name = if route.method == "GET" { "GET, HEAD" } else { route.method };
            allowed = allowed + separator + name;
        }
        if allowed.is_empty() { Lookup::NotFound } else { Lookup::WrongMethod(allowed) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROUTES: Routes<u8> = Routes(&[
        Route { method: "GET", path: "/a", handler: 1 },
        Route { method: "POST", path: "/a", handler: 2 },
        Route { method: "POST", path: "/a/b", handler: 3 },
    ]);

    #[test]
    fn exact_paths_and_methods() {
        assert_eq!(ROUTES.find("POST", "/a"), Lookup::Found(2));
        assert_eq!(ROUTES.find("POST", "/a/b"), Lookup::Found(3));
        assert_eq!(ROUTES.find("DELETE", "/a"), Lookup::WrongMethod("GET, HEAD, POST".into()));
        for path in ["/", "/a/", "/A", "/a/b/c", "//a", "/%61"] {
            assert_eq!(ROUTES.find("GET", path), Lookup::NotFound, "{path}");
        }
    }
}
