//! What others wrote, made harmless for a terminal: it can neither steer it nor pretend to be another line.

/// Shows what has no place in a line as something visible; the rest stays as it is.
///
/// Control characters and line breaks could move the cursor or start a false line, direction overrides could show a
/// name as another.
pub(crate) fn line(text: &str) -> String {
    text.trim_end_matches(['\r', '\n']).replace("\r\n", "\n").chars().map(visible).collect()
}

fn visible(character: char) -> char {
    match character {
        '\n' | '\u{2028}' | '\u{2029}' => '⏎',
        '\t' => ' ',
        '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => '\u{fffd}',
        // Tags show nothing and may hide a text in a name.
        '\u{e0000}'..='\u{e001f}' => '\u{fffd}',
        other if other.is_control() => '\u{fffd}',
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::line;

    #[test]
    fn a_name_cannot_steer_the_terminal() {
        assert_eq!(line("\u{1b}[2J\u{7}Bob\u{9b}31m"), "\u{fffd}[2J\u{fffd}Bob\u{fffd}31m");
        assert_eq!(line("a\u{0}\u{8}\u{7f}"), "a\u{fffd}\u{fffd}\u{fffd}");
    }

    #[test]
    fn a_message_stays_one_line() {
        assert_eq!(line("one\r\ntwo\nthree\r\n"), "one⏎two⏎three");
        assert_eq!(line("a\u{2028}b\rc\td"), "a⏎b\u{fffd}c d");
    }

    #[test]
    fn directions_are_not_overridden_and_other_scripts_stay() {
        assert_eq!(line("photo\u{202e}gpj.exe\u{2066}"), "photo\u{fffd}gpj.exe\u{fffd}");
        for fine in ["Żółw", "مرحبا \u{200f}!", "👩‍🚒 🇵🇹", "e\u{301}"] {
            assert_eq!(line(fine), fine);
        }
    }
}
