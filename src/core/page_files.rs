//! Files that people with a browser and bots have sent: who may attach which, how much there may be, and when they go.

use std::path::Path;
use std::sync::Arc;

use crate::base::id::BotId;
use crate::base::shelf::{Folder, Shelf, is_path};
use crate::base::spool::is_full;
use crate::base::{limits, ulid};
use crate::core::batch::{Batch, Trouble};
use crate::core::effect::Effect;
use crate::core::failure::Failure;
use crate::core::files::file_id;
use crate::core::gallery::avatar_key;
use crate::core::handle::{Answer, FileInfo, FileQuery, FileWanted, NewFile, NewPageFile};
use crate::core::incoming::SaidFile;
use crate::store;
use crate::store::row::{FileOwner, FileRow, WebFileRow};

/// Where files lie, behind the address of the API.
const PLACE: &str = "/static/";

impl Batch {
    /// Files that lie in their place from now on belong to somebody.
    pub(crate) fn add_page_files(&mut self, owner: FileOwner, new: &[NewPageFile]) -> Result<Vec<WebFileRow>, Trouble> {
        let more = new.iter().map(|file| file.size).sum();
        self.check_page_room(owner, i64::try_from(new.len()).unwrap_or(i64::MAX), more)?;
        new.iter().map(|file| Ok(self.insert_page_file(owner, file)?.1)).collect()
    }

    fn insert_page_file(&mut self, owner: FileOwner, new: &NewPageFile) -> Result<(i64, WebFileRow), store::Error> {
        let at_ms = u64::try_from(self.now.unix_ms).unwrap_or(0);
        let row = WebFileRow {
            ulid: ulid::ulid(at_ms, self.random()),
            path: new.path.clone(),
            name: new.name.clone(),
            media_type: new.media_type.clone(),
            size: new.size,
        };
        let number = self.store.insert_web_file(&row, owner, self.lived())?;
        Ok((number, row))
    }

    /// A bot says a file that lies on its way: it stays. Gives its number.
    pub(crate) fn keep_page_file(&mut self, bot: BotId, file: &NewFile) -> Result<(i64, WebFileRow), Trouble> {
        let (folder, ending) = Folder::of(&file.media_type, &file.name);
        if file.bytes > folder.bytes_max {
            let text = format!("the file must be at most {} bytes, not {}", folder.bytes_max, file.bytes);
            return Err(Failure::TooLarge(text).into());
        }
        let size = i64::try_from(file.bytes).unwrap_or(i64::MAX);
        self.check_page_room(FileOwner::Bot(bot), 1, size)?;
        let at_ms = u64::try_from(self.now.unix_ms).unwrap_or(0);
        let path = format!("{}/{}.{ending}", folder.name, ulid::ulid(at_ms, self.random()));
        self.shelf().link(&file.content, &path).map_err(|error| {
            log::error!("a file that a bot says cannot be kept: {error}");
            if is_full(&error) { Failure::Full } else { Failure::Internal }
        })?;
        let new = NewPageFile { path, name: file.name.clone(), media_type: file.media_type.clone(), size };
        Ok(self.insert_page_file(FileOwner::Bot(bot), &new)?)
    }

    fn check_page_room(&self, owner: FileOwner, count: i64, more: i64) -> Result<(), Trouble> {
        let (files, bytes) = self.store.count_web_files()?;
        if files + count > limits::PAGE_FILES_MAX || bytes + more > limits::PAGE_FILES_BYTES_MAX {
            return Err(Failure::Full.into());
        }
        let (most, whose) = match owner {
            FileOwner::User(_) => (limits::PAGE_USER_BYTES_MAX, "you have"),
            FileOwner::Bot(_) => (limits::PAGE_BOT_BYTES_MAX, "the bot has"),
        };
        if self.store.web_bytes_of(owner)? + more > most {
            let text = format!("{whose} as many files as may be, {most} bytes; delete chats with files first");
            return Err(Failure::Quota(text).into());
        }
        Ok(())
    }

    /// The files that somebody attaches to a message: his own, and not too many. Gives their numbers with them.
    pub(crate) fn own_page_files(
        &self,
        owner: FileOwner,
        wanted: &[String],
    ) -> Result<Vec<(i64, WebFileRow)>, Trouble> {
        Failure::check_most("attachmentIds", wanted.len(), limits::PAGE_FILES_AT_ONCE_MAX, "files")?;
        let own = |ulid: &String| {
            let must_be = || Failure::invalid("attachmentIds", "ids of files that you have uploaded");
            self.store.find_web_file(ulid, owner)?.ok_or_else(|| Trouble::from(must_be()))
        };
        wanted.iter().map(own).collect()
    }

    /// As a bot's program is told of it: by an address at which anybody finds it.
    pub(crate) fn said_page_file(&self, row: &WebFileRow) -> SaidFile {
        let url = format!("{}{PLACE}{}", self.setup.api.server.url, row.path);
        SaidFile {
            address: url.clone(),
            url,
            key: None,
            name: Some(row.name.clone()),
            media_type: Some(row.media_type.clone()),
            bytes: u64::try_from(row.size).ok(),
            description: None,
        }
    }

    /// The file of ours at an address, if it is one of ours.
    pub(crate) fn page_file_at(&self, url: &str) -> Result<Option<WebFileRow>, store::Error> {
        let Some(rest) = url.split_once("://").map(|(_, rest)| rest) else { return Ok(None) };
        let path = rest.find('/').and_then(|at| rest.get(at..)).and_then(|path| path.strip_prefix(PLACE));
        match path.filter(|path| is_path(path)) {
            Some(path) => self.store.find_web_file_at(path),
            None => Ok(None),
        }
    }

    /// `getFile` of a file that lies here; `None` where it lies elsewhere.
    pub(crate) fn get_page_file(&mut self, bot: BotId, query: &FileQuery) -> Result<Option<Answer>, Trouble> {
        let row = match &query.wanted {
            FileWanted::Id(id) => self.store.find_file(bot, id)?,
            FileWanted::Url(url) => self.store.find_file(bot, &file_id(url))?,
            FileWanted::Message(id) => self.store.find_file_of(bot, id)?,
        };
        let Some(row) = row else { return Ok(None) };
        let Some(here) = self.page_file_at(&row.url)? else { return Ok(None) };
        let FileRow { file_id, message_id, url, name, media_type, size, .. } = row;
        let file = FileInfo { file_id, message_id, url, name, media_type, size };
        let Some(into) = &query.into else { return Ok(Some(Answer::File(file))) };
        self.shelf().copy(&here.path, into).map_err(|error| lost(&here, &error))?;
        let (bytes, content) = (u64::try_from(here.size).unwrap_or(0), Arc::clone(into));
        Ok(Some(Answer::Content { file, media_type: here.media_type, bytes, content }))
    }

    /// A file that was said here, to be said elsewhere.
    pub(crate) fn lend_page_file(&self, file: &SaidFile) -> Result<NewFile, Trouble> {
        let gone = || Failure::NotFound("the file is not there any more".to_string());
        let row = self.page_file_at(&file.url)?.ok_or_else(gone)?;
        let content = self.shelf().lend(&row.path, 0).map_err(|error| lost(&row, &error))?;
        let bytes = u64::try_from(row.size).unwrap_or(0);
        Ok(NewFile { name: row.name, media_type: row.media_type, bytes, hash: [0; 32], content: Arc::new(content) })
    }

    /// Files that no message has and no bot shows go, after a while.
    pub(crate) fn purge_page_files(&mut self) -> Result<(), store::Error> {
        let before = self.lived() - limits::PAGE_FILE_RETENTION.as_secs() as i64;
        let mut shown = Vec::new();
        for bot in self.bots.keys() {
            let avatar = self.store.setting(&avatar_key(*bot))?.unwrap_or_default();
            shown.extend(avatar.trim_start_matches('/').strip_prefix(&PLACE[1..]).map(str::to_string));
        }
        let gone = self.store.drop_web_files(before, limits::PAGE_FILES_SWEPT, &shown)?;
        if !gone.is_empty() {
            self.pending.effects.push(Effect::RemoveFiles(gone));
        }
        Ok(())
    }

    fn shelf(&self) -> Shelf {
        Shelf::below(Path::new(&self.setup.api.data_dir))
    }
}

fn lost(row: &WebFileRow, error: &std::io::Error) -> Failure {
    log::error!("the file {} cannot be read: {error}", row.path);
    Failure::NotFound("the file is not there any more".to_string())
}
