//! Files of pages and bots: sent as forms, each into its place on the disk while it comes; handed out to whoever knows where
//! they lie, whole or in part (RFC 9110 §14), and never so that a browser would run what is in them.

use std::fs::File;
use std::io::{self, Read, Write};
use std::sync::Arc;

use crate::base::shelf::{Folder, Shelf};
use crate::base::spool::{Spool, SpoolFile, is_full};
use crate::base::text::percent;
use crate::base::{crypto, limits, media, ulid};
use crate::core::failure::Failure;
use crate::core::handle::{Answer, NewPageFile, Question, WebFileRow, WebQuestion, YardAnswer};
use crate::face::Context;
use crate::face::policy;
use crate::face::principal::{Need, Principal};
use crate::http::headers::HeaderValue;
use crate::http::multipart::{Form, Malformed, Part, is_form};
use crate::http::route::{Lookup, Route, Routes};
use crate::http::{Reply, Request, Response};

use super::cookie::{Way, with_login};
use super::wire;

const ROUTES: Routes<Need> = Routes(&[Route {
    method: "GET",
    path: "/static/:folder/:name",
    handler: policy::need("botyard", "GET", "/static/:folder/:name"),
}]);

/// Nothing in a file is run, and nothing in it asks for anything.
const HARMLESS: HeaderValue = HeaderValue::of("sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:");
/// What lies at an address stays the same.
const FOR_GOOD: HeaderValue = HeaderValue::of("private, max-age=31536000, immutable");

/// What the endpoint of a request needs.
pub(in crate::face) fn need(request: &Request) -> Option<Need> {
    match ROUTES.find(&request.method, &request.path) {
        Lookup::Found(need, _) => Some(need),
        _ => None,
    }
}

/// All endpoints, and what each needs.
pub(in crate::face) fn routes() -> Vec<(&'static str, &'static str, Need)> {
    ROUTES.0.iter().map(|route| (route.method, route.path, route.handler)).collect()
}

/// Answers one request for a file.
pub(in crate::face) fn serve(context: &Arc<Context>, request: &Request, principal: Principal) -> Reply {
    let params = match ROUTES.find(&request.method, &request.path) {
        Lookup::Found(_, params) => params,
        other => return Reply::Now(wire::no_route(other)),
    };
    let path = format!("{}/{}", params.get("folder"), params.get("name"));
    context.shelf.expect_reading(&path);
    let ticket = context.handle.ask_from(Some(request.peer), principal.into(), Question::PageFile(path));
    let context = Arc::clone(context);
    let wanted = Wanted::of(request);
    Reply::Later(Box::pin(async move {
        match ticket.outcome().await {
            Ok(Answer::Yard(answer)) => match *answer {
                YardAnswer::Files(rows) => handed_out(&context.shelf, rows.first(), &wanted),
                _ => not_found(),
            },
            Ok(_) => not_found(),
            Err(failure) => super::refuse(&failure),
        }
    }))
}

fn not_found() -> Response {
    wire::message(404, "file not found")
}

/// What of a file somebody wants.
struct Wanted {
    /// `Range`, unless what he has of it is another file's.
    range: Option<String>,
    /// `If-Range`.
    if_range: Option<String>,
    /// `If-None-Match`.
    known: Option<String>,
}

impl Wanted {
    fn of(request: &Request) -> Wanted {
        let text = |name: &str| request.header(name).map(str::to_string);
        Wanted { range: text("range"), if_range: text("if-range"), known: text("if-none-match") }
    }

    /// The bytes that are wanted: first and last. `Err`: there are none such.
    fn part(&self, tag: &str, bytes: u64) -> Option<Result<(u64, u64), ()>> {
        if self.if_range.as_deref().is_some_and(|known| known != tag) {
            return None;
        }
        range(self.range.as_deref()?, bytes)
    }
}

/// Reads one range of bytes; several at once, or what is none, stand for the whole.
fn range(text: &str, bytes: u64) -> Option<Result<(u64, u64), ()>> {
    let (first, last) = text.trim().strip_prefix("bytes=")?.split_once('-')?;
    let number = |text: &str| text.trim().parse::<u64>().ok();
    let (first, last) = match (first.trim(), last.trim()) {
        ("", last) => match number(last)? {
            0 => return Some(Err(())),
            count => (bytes.saturating_sub(count), bytes.checked_sub(1)?),
        },
        (first, "") => (number(first)?, bytes.checked_sub(1)?),
        (first, last) => (number(first)?, number(last)?.min(bytes.checked_sub(1)?)),
    };
    Some(if first < bytes && first <= last { Ok((first, last)) } else { Err(()) })
}

fn handed_out(shelf: &Shelf, row: Option<&WebFileRow>, wanted: &Wanted) -> Response {
    let Some((row, bytes)) = row.and_then(|row| Some((row, shelf.bytes(&row.path)?))) else { return not_found() };
    let tag = format!("\"{}\"", row.ulid);
    let knows_it =
        |known: &str| known.trim() == "*" || known.split(',').any(|one| one.trim().trim_start_matches("W/") == tag);
    let plain = |status| shown(Response { status, ..Response::json(status, String::new()) }, row, &tag);
    if wanted.known.as_deref().is_some_and(knows_it) {
        return plain(304);
    }
    let (status, first, count) = match wanted.part(&tag, bytes) {
        None => (200, 0, bytes),
        Some(Ok((first, last))) => (206, first, last - first + 1),
        Some(Err(())) => {
            return wire::message(416, "there are no such bytes").with("Content-Range", format!("bytes */{bytes}"));
        }
    };
    let Ok(file) = shelf.lend(&row.path, first) else { return not_found() };
    let response = Response { file: Some((Arc::new(file), count)), ..plain(status) };
    match status {
        206 => response.with("Content-Range", format!("bytes {first}-{}/{bytes}", first + count - 1)),
        _ => response,
    }
}

/// The headers that tell browsers what it is and what not to do with it.
fn shown(response: Response, row: &WebFileRow, tag: &str) -> Response {
    let is_shown = Folder::named(&row.path).is_some_and(Folder::is_shown);
    let media_type = HeaderValue::new(row.media_type.clone()).unwrap_or(HeaderValue::of(media::UNKNOWN));
    let how = if is_shown { "inline" } else { "attachment" };
    let name = format!("{how}; filename*=UTF-8''{}", percent(&row.name));
    let mut response = Response { content_type: media_type, ..response };
    response.headers.push(("Content-Security-Policy", HARMLESS));
    response.headers.push(("Cache-Control", FOR_GOOD));
    response
        .with("X-Content-Type-Options", "nosniff")
        .with("Content-Disposition", name)
        .with("Accept-Ranges", "bytes")
        .with("ETag", tag.to_string())
}

/// Takes files in, and answers with what they are called from now on.
pub(super) fn upload(
    context: &Arc<Context>,
    request: &Request,
    principal: Principal,
    refuse: fn(&Failure) -> Response,
) -> Reply {
    let (question, taken) = match take(context, request) {
        Ok(taken) => (Question::Web(Box::new(WebQuestion::AddFiles(taken.files.clone()))), Ok(taken)),
        // Only the engine knows whether a login is good, and who has no good one learns nothing but that.
        Err(failure) => (Question::WhoAmI, Err(failure)),
    };
    let ticket = context.handle.ask_from(Some(request.peer), principal.into(), question);
    let way = Way::of(context, request);
    Reply::Later(Box::pin(async move {
        match (ticket.outcome().await, taken) {
            (Ok(Answer::Web(answer)), Ok(taken)) => {
                taken.stay();
                with_login(wire::told(&answer.what, (200, "")), answer.login.as_ref(), way)
            }
            (Ok(_), Ok(_)) => refuse(&Failure::Internal),
            (Ok(_), Err(failure)) | (Err(failure), _) => refuse(&failure),
        }
    }))
}

/// Files in their place, which go again unless they are to stay.
struct Taken {
    files: Vec<NewPageFile>,
    shelf: Shelf,
    is_known: bool,
}

impl Taken {
    fn stay(mut self) {
        self.is_known = true;
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        if !self.is_known {
            self.files.iter().for_each(|file| self.shelf.remove(&file.path));
        }
    }
}

fn take(context: &Context, request: &Request) -> Result<Taken, Failure> {
    let kind = request.header("content-type").filter(|kind| is_form(kind));
    let kind = kind.ok_or_else(|| Failure::invalid("", "multipart/form-data with files"))?;
    match &request.file {
        Some((file, _)) => {
            let mut file = File::open(file.path()).map_err(|error| not_kept(&error))?;
            take_form(context, kind, &mut file)
        }
        None => take_form(context, kind, &mut request.body.as_slice()),
    }
}

fn take_form(context: &Context, kind: &str, body: &mut dyn Read) -> Result<Taken, Failure> {
    let mut form = Form::new(kind, body).map_err(malformed)?;
    let mut taken = Taken { files: Vec::new(), shelf: context.shelf.clone(), is_known: false };
    while let Some(part) = form.next_part().map_err(malformed)? {
        if part.name != "file" {
            continue;
        }
        let most = limits::PAGE_FILES_AT_ONCE_MAX;
        if taken.files.len() == most {
            return Err(Failure::Remote {
                what: "too_many",
                why: format!("too many files, max allowed amount is {most}"),
            });
        }
        let file = take_part(context, &part, &mut form)?;
        taken.files.push(file);
    }
    match taken.files.is_empty() {
        true => Err(Failure::Remote { what: "no_files", why: "no files found to upload".to_string() }),
        false => Ok(taken),
    }
}

/// One file of a form, written while it is read.
fn take_part(context: &Context, part: &Part, form: &mut Form<'_>) -> Result<NewPageFile, Failure> {
    let said = part.content_type.as_deref().filter(|kind| media::is_media_type(kind));
    let media_type = said.unwrap_or(media::UNKNOWN).to_string();
    let name = media::clean_name(part.file_name.as_deref().unwrap_or_default());
    let (folder, ending) = Folder::of(&media_type, &name);
    let (lying, size) = write_part(&context.spool, form, (&name, folder.bytes_max))?;
    let mut random = [0; 10];
    crypto::random(&mut random);
    let at_ms = u64::try_from((context.now)().unix_ms).unwrap_or(0);
    let path = format!("{}/{}.{ending}", folder.name, ulid::ulid(at_ms, random));
    context.shelf.keep(&lying, &path).map_err(|error| not_kept(&error))?;
    Ok(NewPageFile { path, name, media_type, size })
}

fn write_part(spool: &Spool, form: &mut Form<'_>, (name, most): (&str, u64)) -> Result<(SpoolFile, i64), Failure> {
    let (lying, mut file) = spool.create().map_err(|error| not_kept(&error))?;
    let mut bytes = 0;
    while let Some(piece) = form.piece().map_err(malformed)? {
        bytes += piece.len() as u64;
        if bytes > most {
            return Err(Failure::TooLarge(format!("the file {name} must be at most {most} bytes, not more")));
        }
        file.write_all(piece).map_err(|error| not_kept(&error))?;
    }
    Ok((lying, i64::try_from(bytes).unwrap_or(i64::MAX)))
}

fn malformed(wrong: Malformed) -> Failure {
    Failure::invalid("", wrong.0)
}

fn not_kept(error: &io::Error) -> Failure {
    log::error!("a file that was sent cannot be kept: {error}");
    if is_full(error) { Failure::Full } else { Failure::Internal }
}

#[cfg(test)]
mod tests {
    use super::range;

    #[test]
    fn ranges() {
        for (text, wanted) in [
            ("bytes=0-0", Some(Ok((0, 0)))),
            ("bytes=0-", Some(Ok((0, 9)))),
            ("bytes=3-99", Some(Ok((3, 9)))),
            ("bytes=-4", Some(Ok((6, 9)))),
            ("bytes=-40", Some(Ok((0, 9)))),
            ("bytes=10-", Some(Err(()))),
            ("bytes=-0", Some(Err(()))),
            ("bytes=5-4", Some(Err(()))),
            ("bytes=0-1,3-4", None),
            ("bytes=a-b", None),
            ("lines=0-1", None),
            ("bytes=", None),
            ("bytes=-", None),
        ] {
            assert_eq!(range(text, 10), wanted, "{text}");
        }
        assert_eq!(range("bytes=0-", 0), None, "nothing of an empty file");
    }
}
