//! Files of messages: how bots' programs are told of them, and what is remembered so that they can be fetched.

use crate::base::id::BotId;
use crate::base::text::{self, Plus};
use crate::base::{crypto, limits, media};
use crate::core::batch::Batch;
use crate::core::incoming::SaidFile;
use crate::core::record;
use crate::store;
use crate::store::row::FileRow;

impl Batch {
    /// Remembers the files of a message; gives how each is told.
    pub(crate) fn remember_files(
        &mut self,
        bot: BotId,
        message_id: &str,
        files: &[SaidFile],
    ) -> Result<Vec<String>, store::Error> {
        let mut told = Vec::with_capacity(files.len());
        for file in files {
            let row = row_of(bot, message_id, file);
            let is_fetchable = is_web(&row.url);
            if is_fetchable {
                self.store.insert_file(&row, self.lived())?;
            }
            let file_id = Some(row.file_id.as_str()).filter(|_| is_fetchable);
            told.push(record::file(&row, &file.address, file_id, file.description.as_deref()));
        }
        Ok(told)
    }
}

/// A file that a bot names itself.
pub(crate) fn row_of_url(bot: BotId, message_id: &str, url: &str) -> FileRow {
    let file = SaidFile {
        address: url.to_string(),
        url: url.to_string(),
        key: None,
        name: None,
        media_type: None,
        bytes: None,
        description: None,
    };
    row_of(bot, message_id, &file)
}

pub(crate) fn row_of(bot: BotId, message_id: &str, file: &SaidFile) -> FileRow {
    let name = file.name.clone().or_else(|| name_in(&file.url));
    let guessed = || name.as_deref().and_then(media::guess).map(str::to_string);
    FileRow {
        bot,
        file_id: file_id(&file.address),
        message_id: message_id.to_string(),
        url: file.url.clone(),
        key: file.key.clone(),
        media_type: file.media_type.clone().or_else(guessed),
        size: file.bytes.and_then(|bytes| i64::try_from(bytes).ok()),
        name,
    }
}

/// The same for the same address, so that a file said twice is one.
pub(crate) fn file_id(url: &str) -> String {
    text::base64url(&crypto::sha256(url.as_bytes())[..18])
}

pub(crate) fn is_web(url: &str) -> bool {
    ["https://", "http://"].iter().any(|scheme| url.get(..scheme.len()).is_some_and(|s| s.eq_ignore_ascii_case(scheme)))
}

/// What an address says of its file's name.
fn name_in(url: &str) -> Option<String> {
    let path = url.split(['?', '#']).next()?.split_once("://")?.1;
    let (_, last) = path.rsplit_once('/')?;
    let name = text::unpercent(last, Plus::IsPlus)?;
    let is_fine = !name.is_empty() && !name.contains(|c: char| c.is_control() || c == '/' || c == '\\');
    (is_fine && name.chars().count() <= limits::FILE_NAME_CHARS_MAX).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_in_addresses() {
        assert_eq!(name_in("https://x/a/k%C3%BC.jpg?x=/b#c").as_deref(), Some("kü.jpg"));
        for none in ["https://x", "https://x/", "https://x/a/", "https://x/%2e%2e%2fa", "https://x/%ff", "x"] {
            assert_eq!(name_in(none), None, "{none}");
        }
    }
}
