//! Jobs on photos, clips and sealed files.

use std::fs::{self, File};
use std::io::{BufWriter, Write as _};
use std::path::Path;
use std::time::Instant;

use anyhow::{Context as _, Result};
use qroc_core::media::{Limits, PhotoOptions, prepare_photo, prepare_video, seal};
use qroc_core::progress::Progress;

use crate::meter::Meter;
use crate::protocol::{Report, Task, milliseconds};

impl Task {
    fn file(&self) -> Result<&Path> {
        self.file.as_deref().context("no file is named")
    }
}

/// `count` is the longer side. The first time is of a process that begins, the others are of one that goes on.
pub(super) fn photo(task: &Task) -> Result<Report> {
    let source = fs::read(task.file()?)?;
    let options = PhotoOptions { max_px: task.count.try_into()?, quality: 80, ..PhotoOptions::default() };
    let mut times = Vec::new();
    let meter = Meter::start()?;
    let mut photo = None;
    for _ in 0..6 {
        let started = Instant::now();
        photo = Some(prepare_photo(&mut source.as_slice(), &options)?);
        times.push(milliseconds(started));
    }
    let cost = meter.stop()?;
    let photo = photo.context("no photo")?;
    fs::write(task.dir.join("photo.jpg"), &photo.bytes)?;
    let warm = times.split_off(1);
    Ok(Report {
        cost,
        times: vec![("first".to_owned(), times), ("warm".to_owned(), warm)],
        seen: usize::try_from(photo.width)?,
        bytes: photo.bytes.len().try_into()?,
        ..Report::default()
    })
}

pub(super) fn clip(task: &Task) -> Result<Report> {
    let meter = Meter::start()?;
    let mut progress = Progress::default();
    let mut video = prepare_video(task.file()?, &task.dir, &Limits::default(), None, &mut progress)?;
    let mut out = File::create(task.dir.join("clip.mp4"))?;
    let bytes = std::io::copy(&mut video, &mut out)?;
    let cost = meter.stop()?;
    Ok(Report { cost, seen: usize::try_from(video.height)?, bytes, ..Report::default() })
}

pub(super) fn seal_file(task: &Task) -> Result<Report> {
    let meter = Meter::start()?;
    let mut source = File::open(task.file()?)?;
    let mut out = BufWriter::new(File::create(task.dir.join("sealed"))?);
    let info = seal(&mut source, &mut out, &mut |_| true)?;
    out.flush()?;
    let cost = meter.stop()?;
    Ok(Report {
        cost,
        seen: usize::try_from(info.plain_bytes)?,
        bytes: info.sealed_bytes,
        ..Report::default()
    })
}
