//! What a photo says about itself, as exiftool reads it.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, bail};
use serde_json::{Map, Value};

/// What exiftool tells of any file: of the program, the disk, the coding of the pixels, or computed from other tags.
const NOT_METADATA: &[&str] = &["ExifTool", "System", "File", "JFIF", "Composite"];

/// The tags of a photo, each as `Group:Name`.
pub(super) struct Tags(Map<String, Value>);

/// Reads the tags of a photo.
pub(super) fn read(photo: &Path) -> Result<Tags> {
    let output = exiftool(Command::new("exiftool").args(["-j", "-n", "-a", "-G1"]).arg(photo))?;
    let mut files: Vec<Map<String, Value>> = serde_json::from_slice(&output)?;
    Ok(Tags(files.pop().context("exiftool says nothing")?))
}

/// Writes where one photo was taken into another.
pub(super) fn copy_position(from: &Path, to: &Path) -> Result<()> {
    let mut command = Command::new("exiftool");
    command.args(["-q", "-overwrite_original", "-TagsFromFile"]).arg(from).arg("-GPS:all").arg(to);
    exiftool(&mut command)?;
    Ok(())
}

fn exiftool(command: &mut Command) -> Result<Vec<u8>> {
    let output = command.stdin(Stdio::null()).output();
    let output = output.context("exiftool is missing: install libimage-exiftool-perl")?;
    if !output.status.success() {
        bail!("exiftool: {}", String::from_utf8_lossy(&output.stderr).trim());
    }
    Ok(output.stdout)
}

impl Tags {
    pub(super) fn text(&self, tag: &str) -> String {
        match self.0.get(tag) {
            Some(Value::String(text)) => text.clone(),
            Some(value) => value.to_string(),
            None => String::new(),
        }
    }

    pub(super) fn number(&self, tag: &str) -> Option<f64> {
        self.0.get(tag)?.as_f64()
    }

    /// The names of the written tags that say where the photo was taken.
    pub(super) fn gps(&self) -> Vec<&str> {
        let named =
            |tag: &&String| (tag.contains("GPS") || tag.contains("Geo")) && !tag.starts_with("Composite:");
        self.0.keys().filter(named).map(String::as_str).collect()
    }

    /// How many tags of which group are metadata: what was written about the photo beside its pixels.
    pub(super) fn metadata(&self) -> BTreeMap<&str, usize> {
        let mut groups = BTreeMap::new();
        for tag in self.0.keys() {
            if let Some((group, _)) = tag.split_once(':')
                && !NOT_METADATA.contains(&group)
            {
                *groups.entry(group).or_default() += 1;
            }
        }
        groups
    }
}
