//! The words around what was found, as they were written, with what was found marked.

use std::ops::Range;

use super::fold;
use super::query::{Query, Term};

/// A piece of a snippet.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Part {
    /// As it was written.
    pub text: String,
    /// Whether it is what was searched for.
    pub hit: bool,
}

/// What a text has of what was searched for.
#[derive(Clone, Debug, PartialEq)]
pub struct Snippet {
    /// The words around the first hit.
    pub parts: Vec<Part>,
    /// Hits in the whole text.
    pub hits: usize,
    /// Words of the whole text.
    pub words: usize,
}

/// Words that are shown, and how many of them before the first hit.
const SHOWN: usize = 24;
const BEFORE: usize = 6;

/// Cuts out of a text what is around the first hit of a query; without one, its beginning.
pub fn cut(text: &str, query: &Query) -> Snippet {
    let mut words: Vec<(String, Range<usize>)> = Vec::new();
    fold::words(text, |word, at| words.push((word.to_owned(), at)));
    let mut hits: Vec<Range<usize>> = Vec::new();
    for start in 0..words.len() {
        let longest = query.terms.iter().filter(|term| meets(term, words.get(start..).unwrap_or_default()));
        if let Some(length) = longest.map(|term| term.words.len()).max()
            && hits.last().is_none_or(|last| last.end <= start)
        {
            hits.push(start..start.saturating_add(length));
        }
    }
    let from = hits.first().map_or(0, |hit| hit.start).saturating_sub(BEFORE);
    let from = if words.len() <= SHOWN { 0 } else { from.min(words.len().saturating_sub(SHOWN)) };
    let until = from.saturating_add(SHOWN).min(words.len());
    Snippet { parts: parts(text, &words, &hits, from..until), hits: hits.len(), words: words.len() }
}

fn meets(term: &Term, words: &[(String, Range<usize>)]) -> bool {
    let last = term.words.len().saturating_sub(1);
    words.len() > last
        && term.words.iter().zip(words).enumerate().all(|(number, (wanted, (word, _)))| {
            word == wanted || (number == last && term.begins && word.starts_with(wanted.as_str()))
        })
}

fn parts(
    text: &str,
    words: &[(String, Range<usize>)],
    hits: &[Range<usize>],
    shown: Range<usize>,
) -> Vec<Part> {
    let start_of = |word: usize| words.get(word).map_or(text.len(), |(_, at)| at.start);
    let end_of = |word: usize| words.get(word).map_or(text.len(), |(_, at)| at.end);
    let mut parts = Vec::new();
    let mut add = |lead: &str, range: Range<usize>, hit: bool| {
        let line = text.get(range).unwrap_or_default();
        let line: String =
            line.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect();
        if !line.is_empty() || !lead.is_empty() {
            parts.push(Part { text: format!("{lead}{line}"), hit });
        }
    };
    let mut at = if shown.start == 0 { 0 } else { start_of(shown.start) };
    let mut lead = if shown.start == 0 { "" } else { "…" };
    for hit in hits.iter().filter(|hit| hit.start >= shown.start && hit.end <= shown.end) {
        let found = start_of(hit.start)..end_of(hit.end.saturating_sub(1));
        add(lead, at..found.start, false);
        lead = "";
        at = found.end;
        add("", found, true);
    }
    if shown.end == words.len() {
        add(lead, at..text.len(), false);
    } else {
        add(lead, at..end_of(shown.end.saturating_sub(1)), false);
        add("…", 0..0, false);
    }
    parts
}

impl Snippet {
    /// Writes it as one line, hits in brackets.
    pub fn line(&self) -> String {
        let mark = |part: &Part| if part.hit { format!("[{}]", part.text) } else { part.text.clone() };
        self.parts.iter().map(mark).collect()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Query, cut};

    fn line(text: &str, query: &str) -> String {
        cut(text, &Query::parse(query)).line()
    }

    #[test]
    fn hits_are_marked_in_what_was_written() {
        assert_eq!(
            line("Patrulha em Évora, junto à estação", "evora"),
            "Patrulha em [Évora], junto à estação"
        );
        assert_eq!(line("Ulica Łódzka 7", "lodz*"), "Ulica [Łódzka] 7");
        assert_eq!(line("A white van. White\nvan!", "\"white van\""), "A [white van]. [White van]!");
        assert_eq!(line("white car, van", "\"white van\""), "white car, van");
        assert_eq!(line("an [odd] text", "odd"), "an [[odd]] text");
    }

    #[test]
    fn of_a_long_text_the_words_around_the_first_hit_are_shown() {
        let long = (0..100).map(|number| format!("w{number}")).collect::<Vec<_>>().join(" ");
        let shown = line(&long, "w50");
        assert!(
            shown.starts_with("…w44 w45") && shown.contains(" [w50] ") && shown.ends_with("w67…"),
            "{shown}"
        );
        assert!(line(&long, "w99").ends_with("[w99]"));
        assert!(line(&long, "nowhere").starts_with("w0 w1"));
    }

    proptest! {
        #[test]
        fn the_parts_of_a_short_text_are_the_text(text in "[a-zA-ZäŁß ,.!]{0,60}", query in "[a-zł \"*]{0,8}") {
            let snippet = cut(&text, &Query::parse(&query).beginnings());
            if snippet.words <= super::SHOWN {
                let parts: String = snippet.parts.iter().map(|part| part.text.as_str()).collect();
                prop_assert_eq!(parts, text);
            }
        }
    }
}
