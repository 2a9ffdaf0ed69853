//! Words as search compares them: lower case, without accents, in every script of Europe. What is indexed and what is
//! searched for go through here, so they meet. A change here asks for the index to be made again.

use std::ops::Range;

use unicode_normalization::char::{decompose_compatible, is_combining_mark};

/// Calls `each` with every word of a text, folded, and where it stands in the text, in bytes.
pub fn words(text: &str, mut each: impl FnMut(&str, Range<usize>)) {
    let mut word = String::new();
    let mut began = None;
    let mut end = 0;
    for (at, letter) in text.char_indices() {
        let inside = letter.is_alphanumeric() || (began.is_some() && joins(letter));
        if inside {
            began.get_or_insert(at);
            push(letter, &mut word);
            end = at.saturating_add(letter.len_utf8());
        } else if let Some(from) = began.take() {
            if !word.is_empty() {
                each(&word, from..end);
            }
            word.clear();
        }
    }
    if let Some(from) = began
        && !word.is_empty()
    {
        each(&word, from..end);
    }
}

/// Lists the words of a text, folded.
pub fn list(text: &str) -> Vec<String> {
    let mut list = Vec::new();
    words(text, |word, _| list.push(word.to_owned()));
    list
}

/// Appends the words of a text, folded, each behind a space.
pub fn append(text: &str, to: &mut String) {
    words(text, |word, _| {
        to.push(' ');
        to.push_str(word);
    });
}

/// Accents may stand apart from their letter; the dot of Catalan stands inside a word.
fn joins(letter: char) -> bool {
    letter == '\u{b7}' || is_combining_mark(letter)
}

fn push(letter: char, word: &mut String) {
    if letter.is_ascii() {
        word.push(letter.to_ascii_lowercase());
        return;
    }
    decompose_compatible(letter, |part| {
        if is_combining_mark(part) || !part.is_alphanumeric() {
            return;
        }
        for lower in part.to_lowercase() {
            match plain(lower) {
                Some(letters) => word.push_str(letters),
                None => word.push(lower),
            }
        }
    });
}

/// Letters that Unicode takes for letters of their own, and people write without their stroke.
fn plain(letter: char) -> Option<&'static str> {
    Some(match letter {
        'ß' => "ss",
        'æ' => "ae",
        'œ' => "oe",
        'ø' => "o",
        'ł' => "l",
        'đ' | 'ð' => "d",
        'þ' => "th",
        'ħ' => "h",
        'ŧ' => "t",
        'ŋ' => "n",
        'ı' => "i",
        'ĸ' => "k",
        'ǥ' => "g",
        'ƶ' => "z",
        'ς' => "σ",
        'ґ' => "г",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{list, words};

    #[test]
    fn the_words_of_europe_are_found_without_their_accents() {
        for (written, searched) in [
            ("Łódź", "lodz"),
            ("STRASSE Straße ẞ", "strasse strasse ss"),
            ("Malmø, Århus, Ægir", "malmo arhus aegir"),
            ("Ἀθῆναι Αθήνα", "αθηναι αθηνα"),
            ("ΟΔΟΣ οδός", "οδοσ οδοσ"),
            ("Ёлка Йод София", "елка иод софия"),
            ("İstanbul ISPARTA ısı", "istanbul isparta isi"),
            ("Évora E\u{301}vora", "evora evora"),
            ("București Ţară Țară", "bucuresti tara tara"),
            ("Győr, Škoda, Žilina, Čadca", "gyor skoda zilina cadca"),
            ("Þingvellir Ðakovo Đakovo", "thingvellir dakovo dakovo"),
            ("Ħamrun", "hamrun"),
            ("col·lega", "collega"),
            ("œuvre ﬁn", "oeuvre fin"),
            ("Київ Ґанок", "киів ганок"),
        ] {
            assert_eq!(list(written).join(" "), searched, "{written}");
        }
    }

    #[test]
    fn a_word_stands_where_it_stood() {
        let text = "În (Łódź)!";
        let mut found = Vec::new();
        words(text, |word, at| found.push((word.to_owned(), text.get(at).expect("whole letters"))));
        assert_eq!(found, [("in".to_owned(), "În"), ("lodz".to_owned(), "Łódź")]);
    }

    proptest! {
        #[test]
        fn folding_again_changes_nothing_and_ranges_are_sound(text in any::<String>()) {
            let once = list(&text);
            prop_assert_eq!(list(&once.join(" ")), once.clone());
            let mut last = 0;
            words(&text, |word, at| {
                assert!(!word.is_empty() && at.start >= last && text.get(at.clone()).is_some());
                last = at.end;
            });
        }
    }
}
