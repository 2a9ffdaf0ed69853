//! The words of the keys, one file per language. English is complete; a test holds the others to the same list.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use super::key::Key;

/// A language in which the keys are explained.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// English.
    English,
    /// German.
    German,
    /// French.
    French,
    /// Greek.
    Greek,
}

/// The words of all keys in one language.
#[derive(Debug)]
pub struct Words {
    lines: BTreeMap<&'static str, &'static str>,
}

impl Language {
    /// All of them, English first.
    pub const ALL: [Self; 4] = [Self::English, Self::German, Self::French, Self::Greek];

    /// Returns its code.
    pub fn code(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::German => "de",
            Self::French => "fr",
            Self::Greek => "el",
        }
    }

    /// Returns its words.
    pub fn words(self) -> &'static Words {
        static ENGLISH: OnceLock<Words> = OnceLock::new();
        static GERMAN: OnceLock<Words> = OnceLock::new();
        static FRENCH: OnceLock<Words> = OnceLock::new();
        static GREEK: OnceLock<Words> = OnceLock::new();
        let (words, text) = match self {
            Self::English => (&ENGLISH, include_str!("text/en.txt")),
            Self::German => (&GERMAN, include_str!("text/de.txt")),
            Self::French => (&FRENCH, include_str!("text/fr.txt")),
            Self::Greek => (&GREEK, include_str!("text/el.txt")),
        };
        words.get_or_init(|| Words::read(text))
    }
}

impl Words {
    fn read(text: &'static str) -> Self {
        let lines = text.lines().filter(|line| !line.starts_with('#'));
        Self { lines: lines.filter_map(|line| line.split_once(" = ")).collect() }
    }

    fn line(&self, name: &str) -> &'static str {
        self.lines.get(name).copied().unwrap_or_default()
    }

    /// Returns what the key is called.
    pub fn title(&self, key: Key) -> &'static str {
        self.line(key.name()).split_once(" | ").map_or("", |(title, _)| title)
    }

    /// Returns what the key does.
    pub fn description(&self, key: Key) -> &'static str {
        self.line(key.name()).split_once(" | ").map_or("", |(_, description)| description)
    }

    /// Returns what a category is called.
    pub fn category(&self, name: &str) -> &'static str {
        self.line(&format!("category {name}"))
    }

    /// Returns what a word of a choice means to people; words that are numbers stand for themselves.
    pub fn choice(&self, word: &'static str) -> &'static str {
        let said = self.line(&format!("choice {word}"));
        if said.is_empty() { word } else { said }
    }

    #[cfg(test)]
    pub(super) fn line_of_choice(&self, word: &str) -> &'static str {
        self.line(&format!("choice {word}"))
    }

    /// Returns all names that have words here.
    #[cfg(test)]
    pub(super) fn names(&self) -> Vec<&'static str> {
        self.lines.keys().copied().collect()
    }
}
