//! Formatted texts of others, Markdown, and what people search for.

use qroc_core::text::markdown::{self, Person};
use qroc_core::text::rich::{self, BlockKind};
use qroc_core::text::{Query, fold, snippet};

use super::{corpus, fuzz, mutate};

#[test]
fn formatted_texts() {
    let ana = Person { user_id: "@ana:x.eu".into(), name: "<Ana>".into() };
    fuzz("html", &corpus("html"), mutate::bytes, |input| {
        let text = String::from_utf8_lossy(input);
        let Some(blocks) = rich::from_html(&text) else { return };
        let runs: usize = blocks.iter().map(|block| block.runs.len()).sum();
        assert!(runs <= 2_000, "{runs}");
        for block in &blocks {
            assert!(block.kind == BlockKind::Rule || !block.runs.is_empty());
            for run in &block.runs {
                assert!(!run.text.is_empty());
                let leads = run.style.link.as_deref().unwrap_or("https://x");
                assert_eq!(rich::link(leads).as_deref(), Some(leads));
            }
        }
        let typed = markdown::from_blocks(&blocks);
        for source in [typed.as_str(), &text] {
            if let Some(html) = markdown::to_html(source, std::slice::from_ref(&ana)) {
                for unsafe_tag in ["<script", "<img", "<iframe", "href=\"javascript", "href=\"data"] {
                    assert!(!html.to_ascii_lowercase().contains(unsafe_tag), "{html}");
                }
                rich::from_html(&html);
            }
        }
    });
}

#[test]
fn searches() {
    fuzz("search", &corpus("search"), mutate::bytes, |input| {
        let text = String::from_utf8_lossy(input);
        let (query, body) = text.split_once('\n').unwrap_or((&text, &text));
        let query = Query::parse(query).beginnings();
        let cut = snippet::cut(body, &query);
        assert!(cut.hits <= cut.words && cut.parts.iter().filter(|part| part.hit).count() <= cut.hits);
        for term in &query.terms {
            for word in &term.words {
                assert_eq!(fold::list(word), std::slice::from_ref(word), "a word is a word");
            }
        }
    });
}
