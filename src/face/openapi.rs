//! OpenAPI documents (<https://spec.openapis.org/oas/v3.1.0>) of our own API and of Botyard's, made of the tables of routes and
//! of what the policy says: no endpoint can be missing. They are made when somebody asks, and kept nowhere.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::base::json::{self, Object};
use crate::base::limits;
use crate::base::remedy::Place;
use crate::core::failure::Failure;
use crate::face::Context;
use crate::face::policy::{self, Rule};
use crate::face::principal::{Denied, Need, Principal};
use crate::http::refusal::Refusal;
use crate::http::{Reply, Request, Response};

/// A document, and what it is about.
struct Document {
    path: &'static str,
    face: &'static str,
    title: &'static str,
    /// How callers show who they are.
    schemes: &'static str,
    /// What a refusal looks like.
    refusal: &'static str,
}

const DOCUMENTS: [Document; 2] = [
    Document {
        path: "/openapi.json",
        face: "botmother",
        title: "Botmother",
        schemes: r#"{"bot":{"type":"http","scheme":"bearer","description":"A token of the bot's"},"manager":{"type":"http","scheme":"bearer","description":"The admin token, or a token of a person; not needed on this machine in local mode"}}"#,
        refusal: r#"{"type":"object","required":["ok","error","error_code","description"],"properties":{"ok":{"const":false},"error":{"type":"string"},"error_code":{"type":"string"},"description":{"type":"string"}}}"#,
    },
    Document {
        path: "/v1/openapi.json",
        face: "botyard",
        title: "Botmother, as Botyard has it",
        schemes: r#"{"bot":{"type":"apiKey","in":"header","name":"Authorization","description":"The bot's key, or one of its tokens"},"manager":{"type":"apiKey","in":"header","name":"Authorization","description":"The admin token; not needed on this machine in local mode"},"person":{"type":"apiKey","in":"cookie","name":"token","description":"Set by POST /v1/client-api/user"}}"#,
        refusal: r#"{"type":"object","required":["message"],"properties":{"message":{"type":"string"}}}"#,
    },
];

/// The largest body a path takes: none takes one.
pub(super) fn body_max(_: &str) -> usize {
    limits::BODY_BYTES_MAX
}

/// What the endpoint of a request needs.
pub(super) fn need(request: &Request) -> Option<Need> {
    let is_there = request.method == "GET" && DOCUMENTS.iter().any(|document| document.path == request.path);
    is_there.then_some(Need::Nothing)
}

/// All endpoints, and what each needs.
pub(super) fn routes() -> Vec<(&'static str, &'static str, Need)> {
    DOCUMENTS.iter().map(|document| ("GET", document.path, policy::need("openapi", "GET", document.path))).collect()
}

/// Why somebody is not let in.
pub(super) fn deny(denied: &Denied) -> Response {
    match denied {
        Denied::Guard(refusal) => refusal.to_response(),
        Denied::Busy(limited) => refuse(&Failure::Busy { retry_after_s: limited.retry_after_s }),
        Denied::Unauthorized(_) => Refusal::new(401, "unauthorized", "a token is needed").to_response(),
    }
}

/// What was refused.
pub(super) fn refuse(failure: &Failure) -> Response {
    let (status, symbol) = match failure {
        Failure::Busy { .. } => (429, "rate_limited"),
        Failure::TooLarge(_) => (413, "too_large"),
        _ => (500, "internal"),
    };
    let body = Object::new().truth("ok", false).text("error", symbol).text("error_code", &status.to_string());
    let response = Response::json(status, body.text("description", &failure.at(Place::Api)).end());
    match failure {
        Failure::Busy { retry_after_s } => response.with("Retry-After", retry_after_s.to_string()),
        _ => response,
    }
}

/// Answers one request.
pub(super) fn serve(_: &Arc<Context>, request: &Request, _: Principal) -> Reply {
    let document = DOCUMENTS.iter().find(|document| document.path == request.path);
    Reply::Now(match document {
        None => Refusal::new(404, "not_found", "there is no such path").to_response(),
        Some(_) if request.method != "GET" => {
            let refusal = Refusal::new(405, "method_not_allowed", "use GET or HEAD");
            refusal.to_response().with("Allow", "GET, HEAD")
        }
        Some(document) => Response::json(200, build(document, &super::routes())).with("Cache-Control", "no-cache"),
    })
}

fn build(document: &Document, rules: &[Rule]) -> String {
    let mut paths: BTreeMap<String, Object> = BTreeMap::new();
    for rule in rules.iter().filter(|rule| rule.face == document.face) {
        let path = paths.remove(&braced(rule.path)).unwrap_or_default();
        paths.insert(braced(rule.path), path.raw(&rule.method.to_lowercase(), &operation(rule)));
    }
    let paths = paths.into_iter().fold(Object::new(), |all, (path, operations)| all.raw(&path, &operations.end()));
    let refused = Object::new().raw("application/json", &Object::new().raw("schema", document.refusal).end()).end();
    let refused = Object::new().text("description", "Refused: why").raw("content", &refused).end();
    let components = Object::new()
        .raw("securitySchemes", document.schemes)
        .raw("responses", &Object::new().raw("Refused", &refused).end());
    let info = Object::new().text("title", document.title).text("version", env!("CARGO_PKG_VERSION")).end();
    let whole = Object::new().text("openapi", "3.1.0").raw("info", &info).raw("paths", &paths.end());
    whole.raw("components", &components.end()).end()
}

fn operation(rule: &Rule) -> String {
    let tag = match rule.need {
        Need::Bot(_) => "bot",
        Need::Role(_) => "management",
        Need::User | Need::OwnPages => "pages",
        _ => "daemon",
    };
    let id = format!("{}{}", rule.method.to_lowercase(), rule.path.replace(['/', ':', '-'], "_"));
    let parameter = |name: &str| {
        let parameter = Object::new().text("name", name).text("in", "path").truth("required", true);
        parameter.raw("schema", r#"{"type":"string"}"#).end()
    };
    let parameters = json::array(rule.path.split('/').filter_map(|part| part.strip_prefix(':')).map(parameter));
    let responses = r##"{"2XX":{"description":"Done"},"default":{"$ref":"#/components/responses/Refused"}}"##;
    let operation = Object::new().raw("tags", &json::array([json::text(tag)])).text("operationId", &id);
    let operation = operation.raw("parameters", &parameters).raw("security", security(rule.need));
    let operation = match rule.method {
        "POST" | "PUT" if takes_files(rule.path) => {
            operation.raw("requestBody", r#"{"content":{"multipart/form-data":{"schema":{"type":"object"}}}}"#)
        }
        "POST" | "PUT" => operation.raw("requestBody", r#"{"content":{"application/json":{}}}"#),
        _ => operation,
    };
    operation.raw("responses", responses).end()
}

fn takes_files(path: &str) -> bool {
    path.ends_with("/files") || path == "/bot/sendFile"
}

fn security(need: Need) -> &'static str {
    match need {
        Need::Bot(_) => r#"[{"bot":[]}]"#,
        Need::Role(_) => r#"[{"manager":[]},{}]"#,
        Need::User => r#"[{"person":[]}]"#,
        _ => "[]",
    }
}

/// `/bot/:id/key` as OpenAPI has it: `/bot/{id}/key`.
fn braced(path: &str) -> String {
    let part = |part: &str| part.strip_prefix(':').map_or(part.to_string(), |name| format!("{{{name}}}"));
    path.split('/').map(part).collect::<Vec<_>>().join("/")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::json::Fields;

    #[test]
    fn every_route_is_in_its_document() {
        let rules = crate::face::routes();
        for document in &DOCUMENTS {
            let text = build(document, &rules);
            let parsed = Fields::parse(text.as_bytes()).expect("JSON");
            let paths = parsed.object("paths").expect("paths");
            let own: Vec<&Rule> = rules.iter().filter(|rule| rule.face == document.face).collect();
            for rule in &own {
                let (path, method) = (braced(rule.path), rule.method.to_lowercase());
                assert!(paths.has(&[&path, &method, "responses"]), "{rule:?} is missing");
            }
            assert_eq!(text.matches("\"operationId\"").count(), own.len(), "{}", document.path);
            assert!(text.len() < 64 * 1024, "{}", text.len());
        }
    }
}
