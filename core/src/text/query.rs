//! What a person types to find something: words, beginnings of words, phrases. Nothing is an operator.

use super::fold;

/// What is searched for: all of it must occur.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Query {
    /// What must occur.
    pub terms: Vec<Term>,
}

/// One word, or words that follow each other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Term {
    /// Folded.
    pub words: Vec<String>,
    /// Whether the last word may go on.
    pub begins: bool,
    /// Whether it was written as a phrase.
    pub phrase: bool,
}

/// What is longer is not what anybody searches for.
const MOST_TERMS: usize = 32;

impl Query {
    /// Reads what was typed. `"two words"` is a phrase, in the quotation marks of any language; `pat*` is a beginning;
    /// a phrase that is not closed yet may go on.
    pub fn parse(text: &str) -> Self {
        let mut query = Self::default();
        let (mut quoted, mut piece) = (false, String::new());
        for letter in text.chars() {
            if is_quote(letter) {
                query.take(&piece, quoted, false);
                piece.clear();
                quoted = !quoted;
            } else {
                piece.push(letter);
            }
        }
        query.take(&piece, quoted, quoted);
        query.terms.truncate(MOST_TERMS);
        query
    }

    fn take(&mut self, piece: &str, phrase: bool, open: bool) {
        if phrase {
            let words = fold::list(piece);
            if !words.is_empty() {
                let begins = (open && !piece.ends_with(char::is_whitespace)) || piece.ends_with('*');
                self.terms.push(Term { words, begins, phrase: true });
            }
            return;
        }
        for chunk in piece.split_whitespace() {
            let words = fold::list(chunk);
            let last = words.len().saturating_sub(1);
            for (number, word) in words.into_iter().enumerate() {
                let begins = number == last && chunk.ends_with('*');
                self.terms.push(Term { words: vec![word], begins, phrase: false });
            }
        }
    }

    /// Says whether nothing is searched for.
    pub fn is_empty(&self) -> bool {
        self.terms.is_empty()
    }

    /// Returns the same, met also where a word goes on. Single letters stay whole words: they begin half of all text.
    #[must_use]
    pub fn beginnings(&self) -> Self {
        let wider = |term: &Term| {
            let long = term.words.last().is_some_and(|word| word.chars().nth(1).is_some());
            Term { begins: term.begins || (long && !term.phrase), ..term.clone() }
        };
        Self { terms: self.terms.iter().map(wider).collect() }
    }
}

fn is_quote(letter: char) -> bool {
    matches!(letter, '"' | '\u{201c}' | '\u{201d}' | '\u{201e}' | '\u{201f}' | '«' | '»')
}

#[cfg(test)]
mod tests {
    use super::{Query, Term};

    fn term(words: &[&str], begins: bool, phrase: bool) -> Term {
        Term { words: words.iter().map(|word| (*word).to_owned()).collect(), begins, phrase }
    }

    #[test]
    fn words_phrases_and_beginnings() {
        let terms = |text: &str| Query::parse(text).terms;
        assert_eq!(terms("White  van"), [term(&["white"], false, false), term(&["van"], false, false)]);
        assert_eq!(
            terms("„white van“ pier"),
            [term(&["white", "van"], false, true), term(&["pier"], false, false)]
        );
        assert_eq!(terms("pat*"), [term(&["pat"], true, false)]);
        assert_eq!(terms("\"white va"), [term(&["white", "va"], true, true)], "not closed yet");
        assert_eq!(terms("«»* \" \" - AND"), [term(&["and"], false, false)]);
        let wider = Query::parse("\"white van\" pier a").beginnings();
        assert_eq!(wider.terms.iter().map(|term| term.begins).collect::<Vec<_>>(), [false, true, false]);
    }
}
