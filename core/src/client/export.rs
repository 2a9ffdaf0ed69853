//! Conversations written out in plain, for whoever has to hand them over: each room as lines of JSON and as a page to
//! read, with the files that came.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use super::{Client, Error, Part, Wish};
use crate::attachments::AttachmentError;
use crate::geo::exchange::write_time;
use crate::kind::ErrorKind;
use crate::media;
use crate::model::{Exported, Item, Room};
use crate::store::StoreError;

const PAGE: usize = 500;
const HEAD: &str = "<!doctype html>\n<meta charset=\"utf-8\">\n<style>body{font-family:sans-serif;max-width:60em}\
     p{white-space:pre-wrap;margin:.3em 0}small{color:#666}</style>\n";

impl Client {
    /// Writes what is stored of one room, or of all, into a new directory. Files are fetched where that is needed, and
    /// only those that may be saved. Nothing is left behind by a failure.
    ///
    /// # Errors
    /// `Denied` by `share.export`; `NoSuchRoom`, `AmbiguousRoom`, `Held`; a directory that is there, what else is wrong
    /// with the place.
    pub async fn export(&self, room: Option<&str>, to: &Path) -> Result<Exported, Error> {
        self.gate()?;
        self.inner.permit(Wish::Export).await?;
        let wrong = |error: media::Error| AttachmentError::File { path: to.to_owned(), error };
        if to.symlink_metadata().is_ok() {
            return Err(wrong(media::Error::Exists).into());
        }
        let rooms = match room {
            Some(room) => vec![self.room(room)?],
            None => self.rooms(None, usize::MAX)?,
        };
        let beside = to.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let made = tempfile::Builder::new().prefix(".qroc-").tempdir_in(beside);
        let made = made.map_err(|error| wrong(error.into()))?;
        let mut done = Exported {
            path: to.display().to_string(),
            rooms: rooms.len(),
            events: 0,
            files: 0,
            files_left_out: 0,
        };
        let mut index = format!("{HEAD}<ul>\n");
        for (place, room) in rooms.iter().enumerate() {
            let name = format!("room-{}", place.saturating_add(1));
            let _ = writeln!(index, "<li><a href=\"{name}/index.html\">{}</a>", escaped(&room.name));
            self.export_room(room, &made.path().join(name), &mut done).await?;
        }
        let target = to.to_owned();
        let written = in_background(move || {
            fs::write(made.path().join("index.html"), index)?;
            // It is open to nobody else than whoever asked.
            fs::rename(made.path(), target)
        });
        written.await?.map_err(|error| wrong(error.into()))?;
        Ok(done)
    }

    async fn export_room(&self, room: &Room, dir: &Path, done: &mut Exported) -> Result<(), Error> {
        let wrong =
            |error: std::io::Error| AttachmentError::File { path: dir.to_owned(), error: error.into() };
        let files = dir.join("files");
        fs::create_dir_all(&files).map_err(wrong)?;
        let items = self.all_items(&room.room_id).await?;
        let (mut lines, mut page) = (String::new(), format!("{HEAD}<h1>{}</h1>\n", escaped(&room.name)));
        for (place, item) in items.iter().enumerate() {
            let file = match (&item.attachment, &item.event_id) {
                (Some(_), Some(event)) => self.export_file(&room.room_id, event, &files, place, done).await?,
                _ => None,
            };
            lines.push_str(&serde_json::to_string(item).unwrap_or_default());
            lines.push('\n');
            page.push_str(&paragraph(item, file.as_deref()));
        }
        done.events = done.events.saturating_add(items.len());
        let (lines_at, page_at) = (dir.join("messages.jsonl"), dir.join("index.html"));
        let written =
            in_background(move || fs::write(lines_at, lines).and_then(|()| fs::write(page_at, page)));
        Ok(written.await?.map_err(wrong)?)
    }

    /// All that is stored, oldest first.
    async fn all_items(&self, room_id: &str) -> Result<Vec<Item>, Error> {
        let mut pages: Vec<Vec<Item>> = Vec::new();
        loop {
            let before = pages.last().and_then(|page| page.first()).map(|item| item.cursor.clone());
            let page = self.timeline(room_id, before.as_deref(), PAGE, true).await?;
            if page.is_empty() {
                return Ok(pages.into_iter().rev().flatten().collect());
            }
            pages.push(page);
        }
    }

    /// Returns the name of the file under `files`, where it came.
    async fn export_file(
        &self,
        room_id: &str,
        event: &str,
        files: &Path,
        place: usize,
        done: &mut Exported,
    ) -> Result<Option<String>, Error> {
        let fetched = match self.policy().decide(Wish::Save).allowed && self.is_owner() {
            true => self.contents(room_id, event, Part::File).await,
            false => Err(AttachmentError::NoAttachment.into()),
        };
        match fetched {
            Ok(contents) => {
                let name = format!("{place:06}-{}", contents.name());
                contents.write(&files.join(&name), false).await?;
                done.files = done.files.saturating_add(1);
                Ok(Some(name))
            }
            // What the page can do without; a full disk ends it.
            Err(error) if error.kind() != ErrorKind::Storage => {
                done.files_left_out = done.files_left_out.saturating_add(1);
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }
}

fn paragraph(item: &Item, file: Option<&str>) -> String {
    let who = item.sender_name.as_deref().unwrap_or(&item.sender);
    let what = match (&item.body, item.redacted) {
        (_, true) => "(removed)",
        (Some(body), false) => body,
        (None, false) => &item.kind,
    };
    let file = file.map(|name| format!(" <a href=\"files/{0}\">{0}</a>", escaped(name))).unwrap_or_default();
    let time = write_time(item.ts);
    format!("<p><small>{time} {}</small> {}{file}</p>\n", escaped(who), escaped(what))
}

fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            other => safe.push(other),
        }
    }
    safe
}

async fn in_background<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Error> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|_| StoreError::Io(std::io::Error::other("the writer stopped")).into())
}
