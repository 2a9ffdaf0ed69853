//! What the library needs of this machine and the tool chain's system lacks: in another release of Debian the FFmpeg
//! libraries have other names.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result};

/// Puts the shared libraries that `library` needs and the system in `root` does not have into `folder`.
///
/// # Errors
/// When they cannot be found or copied.
pub(super) fn gather(library: &Path, root: &Path, folder: &Path) -> Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder).with_context(|| format!("cannot remove {}", folder.display()))?;
    }
    fs::create_dir_all(folder)?;
    let text = crate::setup::output(Command::new("ldd").arg(library))?;
    for (name, file) in needed(&text) {
        let there = ["usr/lib", "usr/lib64"].iter().any(|place| holds(&root.join(place), name));
        if !there {
            // The file, not the link to it.
            let file = fs::canonicalize(&file).with_context(|| format!("cannot find {}", file.display()))?;
            super::place(&file, &folder.join(name))?;
        }
    }
    Ok(())
}

/// What the loader says: names, and where it has found them.
fn needed(text: &str) -> impl Iterator<Item = (&str, PathBuf)> {
    text.lines().filter_map(|line| {
        let (name, rest) = line.trim().split_once(" => ")?;
        let file = rest.split(" (").next().filter(|file| file.starts_with('/'))?;
        Some((name, PathBuf::from(file)))
    })
}

/// Whether a folder, or one right below it, has a file of this name.
fn holds(folder: &Path, name: &str) -> bool {
    // A link that leads elsewhere from outside is one all the same.
    let has = |folder: &Path| fs::symlink_metadata(folder.join(name)).is_ok();
    let below = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    has(folder) || below.into_iter().any(|folder| has(&folder))
}

#[cfg(test)]
mod tests {
    use super::needed;

    #[test]
    fn what_the_loader_found_is_named() {
        let text = "\tlinux-vdso.so.1 (0x1)\n\tlibavutil.so.57 => /lib/libavutil.so.57 (0x2)\n\t/lib64/ld.so (0x3)\n\
                    \tlibgone.so.1 => not found\n";
        let found: Vec<_> = needed(text).map(|(name, file)| format!("{name} {}", file.display())).collect();
        assert_eq!(found, ["libavutil.so.57 /lib/libavutil.so.57"]);
    }
}
