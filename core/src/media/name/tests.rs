use proptest::prelude::*;

use super::*;

#[test]
fn ordinary_names_stay() {
    for (name, mime) in [
        ("IMG_2024.jpg", "image/jpeg"),
        ("Bericht Nr. 12.pdf", "application/pdf"),
        ("Überwachung – Straße.mp4", "video/mp4"),
        ("現場写真.png", "image/png"),
        ("v1.2.3 notes.txt", "text/plain"),
        ("data.sqlite", "application/octet-stream"),
        ("👮🏽‍♀️.webp", "image/webp"),
    ] {
        assert_eq!(safe_name(name, mime), name);
    }
}

#[test]
fn dangerous_names_are_made_harmless() {
    for (name, mime, expected) in [
        ("../../etc/passwd", "text/plain", "passwd.txt"),
        ("C:\\Windows\\system32\\a.txt", "text/plain", "a.txt"),
        ("/", "image/png", "file.png"),
        ("..", "image/png", "file.png"),
        ("", "", "file"),
        (".bashrc", "text/plain", "bashrc.txt"),
        ("-rf.txt", "text/plain", "rf.txt"),
        ("a\0b\nc.txt", "text/plain", "ab c.txt"),
        ("photo\u{202E}gpj.exe", "image/jpeg", "photogpj_exe.jpg"),
        ("holiday.jpg.exe", "application/vnd.microsoft.portable-executable", "holiday.jpg_exe.bin"),
        ("holiday.exe.jpg", "image/jpeg", "holiday_exe.jpg"),
        ("invoice.pdf", "application/vnd.microsoft.portable-executable", "invoice.pdf"),
        ("run.sh", "text/x-script", "run_sh.bin"),
        ("page.html", "text/html", "page_html.txt"),
        ("CON", "text/plain", "_CON.txt"),
        ("nul.tar.gz", "application/gzip", "_nul.tar.gz"),
        ("com1.txt", "text/plain", "_com1.txt"),
        ("a<b>:c?.png", "image/png", "a_b__c_.png"),
        ("name. . .", "image/png", "name.png"),
        ("scan.PDF", "application/pdf", "scan.pdf"),
        ("photo.jpeg", "image/png", "photo.jpeg.png"),
        ("setup.exe ", "application/octet-stream", "setup_exe.bin"),
    ] {
        assert_eq!(safe_name(name, mime), expected, "{name:?} as {mime}");
    }
}

#[test]
fn long_names_are_cut_between_characters_and_keep_their_extension() {
    let name = safe_name(&format!("{}.jpg", "ä".repeat(300)), "image/jpeg");
    assert!(name.len() <= 120 && name.ends_with("ä.jpg"), "{name}");
    assert!(safe_name(&"x".repeat(500), "").len() <= 120);
}

proptest! {
    #[test]
    fn every_name_is_safe_and_stays_so(
        name in "[\\PC\u{0}-\u{20}./\\\\:\u{202E}\u{200B}~ -]{0,200}",
        mime in prop::sample::select(vec!["", "image/jpeg", "text/plain", "text/x-script", "application/zip"]),
    ) {
        let safe = safe_name(&name, mime);
        prop_assert!(!safe.is_empty() && safe.len() <= 120);
        prop_assert!(!safe.contains(['/', '\\', ':', '\0', '\n']));
        prop_assert!(!safe.starts_with(['.', '-', ' ', '~']) && !safe.ends_with(['.', ' ']));
        prop_assert!(!safe.chars().any(|c| c.is_control() || is_hidden(c)));
        prop_assert_eq!(safe_name(&safe, mime), safe);
    }
}
