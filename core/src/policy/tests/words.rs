use super::super::*;

#[test]
fn every_key_category_and_choice_has_words_in_every_language() {
    let english = Language::English.words().names();
    for language in Language::ALL {
        let words = language.words();
        assert_eq!(words.names(), english, "{}", language.code());
        for key in Key::ALL {
            let (title, description) = (words.title(*key), words.description(*key));
            assert!(!title.is_empty() && !description.is_empty(), "{} {}", language.code(), key.name());
            assert!(title.chars().count() <= 60, "{} {}: {title}", language.code(), key.name());
            assert!(!words.category(key.definition().category()).is_empty(), "{}", key.name());
            if let Type::Choice(choices) = key.definition().kind {
                for word in choices {
                    let is_number = word.contains('.');
                    assert!(
                        is_number || !words.line_of_choice(word).is_empty(),
                        "{} {word}",
                        language.code()
                    );
                }
            }
        }
    }
    // No language is a copy of another.
    for (place, one) in Language::ALL.iter().enumerate() {
        for other in Language::ALL.iter().skip(place + 1) {
            let same = Key::ALL
                .iter()
                .filter(|key| one.words().description(**key) == other.words().description(**key));
            assert_eq!(same.count(), 0, "{} {}", one.code(), other.code());
        }
    }
}
