//! Names of received files: a stranger chose them, a file system and a person have to live with them.

/// Longest name in bytes of UTF-8.
const MAX_BYTES: usize = 120;
const MAX_EXTENSION: usize = 12;

/// Makes a name that is safe to save under, from one that a stranger chose and what the file is by content.
///
/// The result has no folders, no control or direction-changing characters, no leading dot or dash, is no
/// reserved name of Windows, has at most 120 bytes, is never empty, and ends as files of `mime` do: nothing that
/// runs on a double click keeps an extension that makes it run. Applied to its own result it changes nothing.
#[must_use]
pub fn safe_name(untrusted: &str, mime: &str) -> String {
    let last = untrusted.rsplit(['/', '\\']).find(|part| !part.trim().is_empty()).unwrap_or_default();
    let clean: String = last.chars().filter(|c| !is_hidden(*c)).map(plain).collect();
    let clean = clean.split_whitespace().collect::<Vec<_>>().join(" ");
    let clean = trim(&clean);

    let (stem, extension) = split(clean);
    let lower = extension.to_lowercase();
    let known = extensions(mime);
    let (stem, extension) = match known.first() {
        Some(_) if known.contains(&lower.as_str()) => (stem.to_owned(), lower),
        Some(usual) => (clean.to_owned(), (*usual).to_owned()),
        None if lower.is_empty() => (clean.to_owned(), String::new()),
        None if runs(&lower) => (clean.to_owned(), "bin".to_owned()),
        None => (stem.to_owned(), extension.to_owned()),
    };
    let stem = defuse(&stem);
    let stem = if trim(&stem).is_empty() { "file" } else { trim(&stem) };
    let stem = if is_reserved(stem) { format!("_{stem}") } else { stem.to_owned() };
    if extension.is_empty() {
        return bound(&stem, MAX_BYTES).to_owned();
    }
    let room = MAX_BYTES.saturating_sub(extension.len() + 1);
    format!("{}.{extension}", bound(&stem, room))
}

/// Characters that show nothing, or show other characters elsewhere than where they stand.
fn is_hidden(c: char) -> bool {
    (c.is_control() && !c.is_whitespace())
        || matches!(c,
            '\u{00AD}' | '\u{034F}' | '\u{061C}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}'
            | '\u{180B}'..='\u{180F}' | '\u{200B}' | '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}'
            | '\u{2060}'..='\u{206F}' | '\u{3164}' | '\u{FEFF}' | '\u{FFA0}' | '\u{FFF0}'..='\u{FFFB}'
            | '\u{E0000}'..='\u{E0FFF}')
}

fn plain(c: char) -> char {
    match c {
        // Look like a dot or a slash and are not.
        '\u{2024}' | '\u{FF0E}' | '\u{FE52}' => '.',
        '\u{2044}' | '\u{2215}' | '\u{29F8}' | '\u{FF0F}' | '\u{FF3C}' | '\u{29F5}' | '\u{FE68}' => '_',
        '<' | '>' | ':' | '"' | '|' | '?' | '*' => '_',
        c if c.is_whitespace() => ' ',
        c => c,
    }
}

fn trim(name: &str) -> &str {
    name.trim_start_matches(['.', '-', ' ', '~']).trim_end_matches(['.', ' '])
}

fn split(name: &str) -> (&str, &str) {
    match name.rsplit_once('.') {
        Some((stem, extension))
            if !stem.is_empty()
                && (1..=MAX_EXTENSION).contains(&extension.len())
                && extension.chars().all(|c| c.is_ascii_alphanumeric()) =>
        {
            (stem, extension)
        }
        _ => (name, ""),
    }
}

/// Takes the dots before parts that would make a file run if the last extension were hidden or lost.
fn defuse(stem: &str) -> String {
    let mut parts = stem.split('.');
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        out.push(if runs(&part.trim().to_lowercase()) { '_' } else { '.' });
        out.push_str(part);
    }
    out
}

fn bound(stem: &str, room: usize) -> &str {
    let end = (0..=room.min(stem.len())).rev().find(|end| stem.is_char_boundary(*end)).unwrap_or_default();
    stem.get(..end).map(|stem| stem.trim_end_matches(['.', ' '])).unwrap_or_default()
}

fn is_reserved(stem: &str) -> bool {
    let first = stem.split('.').next().unwrap_or_default().trim_end().to_uppercase();
    if matches!(first.as_str(), "CON" | "PRN" | "AUX" | "NUL" | "CONIN$" | "CONOUT$") {
        return true;
    }
    let number = first.strip_prefix("COM").or_else(|| first.strip_prefix("LPT"));
    number.is_some_and(|n| {
        matches!(n, "0" | "1" | "2" | "3" | "4" | "5" | "6" | "7" | "8" | "9" | "¹" | "²" | "³")
    })
}

/// Extensions of files that run, install or redirect when they are opened.
fn runs(extension: &str) -> bool {
    const RUNS: &[&str] = &[
        "action",
        "apk",
        "app",
        "appimage",
        "application",
        "appref-ms",
        "appx",
        "bat",
        "chm",
        "cmd",
        "com",
        "command",
        "cpl",
        "csh",
        "deb",
        "desktop",
        "dex",
        "diagcab",
        "dll",
        "dmg",
        "docm",
        "dotm",
        "elf",
        "exe",
        "flatpakref",
        "gadget",
        "hta",
        "htm",
        "html",
        "inf",
        "ins",
        "iso",
        "img",
        "ipa",
        "jar",
        "jnlp",
        "js",
        "jse",
        "ksh",
        "lnk",
        "mht",
        "mhtml",
        "mobileconfig",
        "mpkg",
        "msc",
        "msi",
        "msix",
        "msp",
        "mst",
        "ocx",
        "osx",
        "out",
        "php",
        "pif",
        "pkg",
        "pl",
        "potm",
        "ppam",
        "ppsm",
        "pptm",
        "ps1",
        "psm1",
        "py",
        "pyc",
        "pyw",
        "rb",
        "reg",
        "rpm",
        "run",
        "scf",
        "scpt",
        "scr",
        "sct",
        "sh",
        "shtml",
        "sldm",
        "snap",
        "so",
        "svg",
        "svgz",
        "swf",
        "sys",
        "terminal",
        "tool",
        "url",
        "vb",
        "vbe",
        "vbs",
        "vhd",
        "vhdx",
        "webloc",
        "workflow",
        "ws",
        "wsc",
        "wsf",
        "wsh",
        "xap",
        "xbap",
        "xhtml",
        "xlam",
        "xlsm",
        "xltm",
        "zsh",
    ];
    RUNS.contains(&extension)
}

/// Extensions that fit a type, the usual one first; none for a type that says nothing.
fn extensions(mime: &str) -> &'static [&'static str] {
    let essence = mime.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    match essence.as_str() {
        "image/jpeg" => &["jpg", "jpeg", "jpe", "jfif"],
        "image/png" => &["png", "apng"],
        "image/webp" => &["webp"],
        "image/gif" => &["gif"],
        "image/heic" | "image/heif" => &["heic", "heif", "hif"],
        "image/avif" => &["avif"],
        "image/tiff" => &["tif", "tiff"],
        "image/bmp" => &["bmp", "dib"],
        "video/mp4" => &["mp4", "m4v"],
        "video/quicktime" => &["mov", "qt"],
        "video/x-matroska" => &["mkv"],
        "video/webm" => &["webm"],
        "video/3gpp" => &["3gp"],
        "video/3gpp2" => &["3g2"],
        "video/x-msvideo" => &["avi"],
        "video/ogg" => &["ogv"],
        "video/mp2t" => &["ts", "mts", "m2ts"],
        "audio/mp4" => &["m4a", "m4b"],
        "audio/mpeg" => &["mp3"],
        "audio/aac" => &["aac"],
        "audio/ogg" => &["ogg", "oga", "opus"],
        "audio/wav" => &["wav"],
        "audio/flac" => &["flac"],
        "audio/amr" => &["amr"],
        "application/pdf" => &["pdf"],
        "application/rtf" => &["rtf"],
        "application/msword" => &["doc"],
        "application/vnd.ms-excel" => &["xls"],
        "application/vnd.ms-powerpoint" => &["ppt"],
        "application/vnd.ms-outlook" => &["msg"],
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document" => &["docx"],
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet" => &["xlsx"],
        "application/vnd.openxmlformats-officedocument.presentationml.presentation" => &["pptx"],
        "application/vnd.oasis.opendocument.text" => &["odt"],
        "application/vnd.oasis.opendocument.spreadsheet" => &["ods"],
        "application/vnd.oasis.opendocument.presentation" => &["odp"],
        "application/vnd.oasis.opendocument.graphics" => &["odg"],
        "application/epub+zip" => &["epub"],
        "application/zip" => &["zip"],
        "text/plain" => &["txt", "log", "csv", "md", "json", "yaml", "yml", "toml", "ini", "gpx", "kml"],
        "text/xml" => &["xml", "gpx", "kml"],
        "text/html" | "image/svg+xml" => &["txt"],
        "application/vnd.ms-office.macro-enabled" => &["bin"],
        "text/x-script" | "application/java-archive" | "application/vnd.android.package-archive" => &["bin"],
        _ => &[],
    }
}

#[cfg(test)]
mod tests;
