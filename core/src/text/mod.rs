//! Texts of people, without I/O: their words without case and accents, what a person searches for and where that
//! stands, formatted text as plain data, Markdown.

pub mod fold;
pub mod markdown;
pub mod query;
pub mod rich;
pub mod snippet;

pub use query::Query;
pub use snippet::Part;

/// Takes off what older clients put at the head of an answer: the text that it answers, each line behind a `>`.
pub fn without_quote(body: &str) -> String {
    if !body.starts_with("> ") {
        return body.to_owned();
    }
    let mut lines = body.lines().skip_while(|line| line.starts_with('>')).peekable();
    if lines.peek().is_some_and(|line| line.is_empty()) {
        lines.next();
    }
    let rest = lines.collect::<Vec<_>>().join("\n");
    if rest.is_empty() { body.to_owned() } else { rest }
}

#[cfg(test)]
mod tests {
    use super::without_quote;

    #[test]
    fn a_quoted_question_is_not_part_of_the_answer() {
        assert_eq!(without_quote("> <@a:x> where?\n> really\n\nat the harbour\nnow"), "at the harbour\nnow");
        assert_eq!(without_quote("plain"), "plain");
        assert_eq!(without_quote("> only a quote"), "> only a quote");
    }
}
