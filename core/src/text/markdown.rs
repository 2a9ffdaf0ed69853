//! Markdown as people type it, to the HTML that Matrix knows, and from formatted text back to what can be typed again.

use std::fmt::Write as _;

use pulldown_cmark::{CowStr, Event, LinkType, Options, Parser, Tag, TagEnd, html};

use super::rich::{Block, BlockKind, Run, link};

/// Somebody who is named in a text by their Matrix id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// Matrix id, as it stands in the text.
    pub user_id: String,
    /// What is shown in its place.
    pub name: String,
}

/// Nobody types more than this with formatting in it; what is longer goes as it is.
const LONGEST: usize = 32_768;

/// Writes a text as HTML where that says more than the text itself: it is formatted, or names people. HTML that was
/// typed stays text. Pictures become their words: nothing is fetched.
pub fn to_html(text: &str, people: &[Person]) -> Option<String> {
    if text.len() > LONGEST {
        return None;
    }
    let mut says_more = false;
    let mut paragraphs: usize = 0;
    let mut events = Vec::new();
    let mut links: Vec<bool> = Vec::new();
    for event in Parser::new_ext(text, Options::ENABLE_STRIKETHROUGH) {
        match event {
            Event::Html(words) | Event::InlineHtml(words) => events.push(Event::Text(words)),
            Event::Start(Tag::HtmlBlock) => events.push(Event::Start(Tag::Paragraph)),
            Event::End(TagEnd::HtmlBlock) => events.push(Event::End(TagEnd::Paragraph)),
            Event::Start(Tag::Image { .. }) | Event::End(TagEnd::Image) => {}
            Event::Start(Tag::Link { dest_url, title, id, .. }) => {
                let target = link(&dest_url);
                links.push(target.is_some());
                if let Some(target) = target {
                    says_more = true;
                    let dest_url = CowStr::from(target);
                    events.push(Event::Start(Tag::Link { link_type: LinkType::Inline, dest_url, title, id }));
                }
            }
            Event::End(TagEnd::Link) => {
                if links.pop().unwrap_or(false) {
                    events.push(Event::End(TagEnd::Link));
                }
            }
            Event::Text(words) if links.is_empty() => says_more |= name(&words, people, &mut events),
            Event::Start(Tag::Paragraph) => {
                paragraphs = paragraphs.saturating_add(1);
                events.push(Event::Start(Tag::Paragraph));
            }
            Event::SoftBreak => events.push(Event::HardBreak),
            other => {
                says_more |= matches!(
                    other,
                    Event::Code(_)
                        | Event::Rule
                        | Event::Start(
                            Tag::Heading { .. }
                                | Tag::BlockQuote(_)
                                | Tag::CodeBlock(_)
                                | Tag::List(_)
                                | Tag::Emphasis
                                | Tag::Strong
                                | Tag::Strikethrough
                        )
                );
                events.push(other);
            }
        }
    }
    if !says_more {
        return None;
    }
    let alone = paragraphs == 1
        && matches!(events.first(), Some(Event::Start(Tag::Paragraph)))
        && matches!(events.last(), Some(Event::End(TagEnd::Paragraph)));
    if alone {
        events.pop();
        events.remove(0);
    }
    let mut written = String::new();
    html::push_html(&mut written, events.into_iter());
    Some(written.trim_end().to_owned())
}

/// Puts a link in the place of each id. Returns whether there was one.
fn name<'a>(words: &CowStr<'a>, people: &[Person], events: &mut Vec<Event<'a>>) -> bool {
    let mut rest: &str = words;
    let mut named = false;
    loop {
        let first = people
            .iter()
            .filter_map(|person| rest.find(&person.user_id).map(|at| (at, person)))
            // Of ids that begin alike the longest.
            .min_by_key(|(at, person)| (*at, usize::MAX.saturating_sub(person.user_id.len())));
        let Some((at, person)) = first else { break };
        let (before, after) = rest.split_at_checked(at).unwrap_or((rest, ""));
        events.push(Event::Text(CowStr::from(before.to_owned())));
        events.push(Event::Start(Tag::Link {
            link_type: LinkType::Inline,
            dest_url: CowStr::from(format!("https://matrix.to/#/{}", person.user_id)),
            title: CowStr::from(""),
            id: CowStr::from(""),
        }));
        events.push(Event::Text(CowStr::from(person.name.clone())));
        events.push(Event::End(TagEnd::Link));
        rest = after.get(person.user_id.len()..).unwrap_or_default();
        named = true;
    }
    events.push(Event::Text(CowStr::from(rest.to_owned())));
    named
}

/// Writes formatted text as it could be typed, for a message that was written elsewhere and is edited here.
pub fn from_blocks(blocks: &[Block]) -> String {
    let mut text = String::new();
    let mut last: Option<&Block> = None;
    for block in blocks {
        if let Some(last) = last {
            let together = last.indent > 0 && block.indent > 0 && block.marker.is_some();
            text.push_str(if together { "\n" } else { "\n\n" });
        }
        let indent = "   ".repeat(usize::from(block.indent.saturating_sub(1)));
        let lead = format!("{}{indent}", "> ".repeat(usize::from(block.quote)));
        let marker = match &block.marker {
            Some(marker) if marker == "•" => "- ".to_owned(),
            Some(marker) => format!("{marker} "),
            None => String::new(),
        };
        let written = match block.kind {
            BlockKind::Paragraph => block.runs.iter().map(typed).collect::<String>(),
            BlockKind::Heading => format!("## {}", block.runs.iter().map(typed).collect::<String>()),
            BlockKind::Rule => "---".to_owned(),
            BlockKind::Code => {
                let code: String = block.runs.iter().map(|run| run.text.as_str()).collect();
                format!("```\n{code}\n```")
            }
        };
        for (number, line) in written.split('\n').enumerate() {
            if number > 0 {
                text.push('\n');
            }
            let _ = write!(text, "{lead}{}{line}", if number == 0 { marker.as_str() } else { "" });
        }
        last = Some(block);
    }
    text
}

fn typed(run: &Run) -> String {
    let style = &run.style;
    if let Some(user_id) = &style.mention {
        return user_id.clone();
    }
    let words = run.text.trim();
    if words.is_empty() {
        return run.text.clone();
    }
    let mut written = if style.code { format!("`{words}`") } else { words.to_owned() };
    for (is, mark) in [(style.bold, "**"), (style.italic, "*"), (style.strike, "~~")] {
        if is {
            written = format!("{mark}{written}{mark}");
        }
    }
    if let Some(target) = &style.link
        && target != words
    {
        written = format!("[{written}]({target})");
    }
    // A mark beside a space is none: the spaces stay outside.
    run.text.replacen(words, &written, 1)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::rich::{from_html, plain};
    use super::{Person, from_blocks, to_html};

    fn html(text: &str) -> Option<String> {
        to_html(text, &[])
    }

    #[test]
    fn only_what_says_more_is_written_as_html() {
        for text in [
            "Suspect at pier four",
            "two\nlines\n\nand more",
            "2 * 3 * 4, file_name_here, <b>not bold</b>, a < b",
            "AB-12-CD; 5% off",
            "javascript:alert(1) [x](javascript:alert(1))",
            "![pier](https://x/y.png)",
        ] {
            assert_eq!(html(text), None, "{text}");
        }
        assert_eq!(html("**now** & *here*").as_deref(), Some("<strong>now</strong> &amp; <em>here</em>"));
        assert_eq!(html("a\n~~b~~").as_deref(), Some("a<br />\n<del>b</del>"));
        assert_eq!(html("`ls` <i>x</i>").as_deref(), Some("<code>ls</code> &lt;i&gt;x&lt;/i&gt;"));
        assert_eq!(html("- one\n- two").as_deref(), Some("<ul>\n<li>one</li>\n<li>two</li>\n</ul>"));
        assert_eq!(
            html("[map](https://a.example/?a=1&b=2)").as_deref(),
            Some("<a href=\"https://a.example/?a=1&amp;b=2\">map</a>")
        );
        assert_eq!(html(&"*a* ".repeat(20_000)), None, "too long");
    }

    #[test]
    fn people_who_are_named_become_links() {
        let ana = Person { user_id: "@ana:x.eu".into(), name: "Ana <1>".into() };
        let other = Person { user_id: "@ana:x.eu.org".into(), name: "Other".into() };
        let written = to_html("ask @ana:x.eu now", std::slice::from_ref(&ana)).expect("named");
        assert_eq!(written, "ask <a href=\"https://matrix.to/#/@ana:x.eu\">Ana &lt;1&gt;</a> now");
        let both = to_html("@ana:x.eu.org", &[ana.clone(), other]).expect("named");
        assert!(both.contains(">Other</a>"), "{both}");
        let named = from_html(&written).expect("blocks");
        assert_eq!(named[0].runs[1].style.mention.as_deref(), Some("@ana:x.eu"));
        assert_eq!(from_blocks(&named), "ask @ana:x.eu now");
    }

    #[test]
    fn what_was_typed_comes_back_as_it_could_be_typed() {
        for text in [
            "**now** and *here* at `AB-12`",
            "- one\n- two\n   - three",
            "> said\n\nanswer",
            "1. first\n2. second",
            "```\nls  -l\n  x\n```",
            "see [the map](https://a.example/x) ~~no~~",
        ] {
            let blocks = from_html(&html(text).expect("formatted")).expect("blocks");
            assert_eq!(from_blocks(&blocks), text);
        }
    }

    proptest! {
        #[test]
        fn whatever_is_typed_nothing_unsafe_is_written(text in r#"[a-z<>*_`~#\[\]()!"'&:/\n -]{0,80}"#) {
            if let Some(html) = html(&text) {
                prop_assert!(!html.contains("<script") && !html.contains("<img") && !html.contains("javascript:"));
                let blocks = from_html(&html).unwrap_or_default();
                let letters = |text: &str| text.chars().filter(char::is_ascii_alphabetic).count();
                prop_assert!(letters(&plain(&blocks)) <= letters(&text));
            }
        }
    }
}
