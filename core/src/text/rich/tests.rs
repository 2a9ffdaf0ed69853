use proptest::prelude::*;

use super::{Block, BlockKind, from_html, is_plain, link, plain};

fn blocks(html: &str) -> Vec<Block> {
    from_html(html).unwrap_or_default()
}

/// Each block as its marks and words, looks in brackets.
fn drawn(html: &str) -> Vec<String> {
    let draw = |block: &Block| {
        let mut line = format!("{}{}", ">".repeat(block.quote.into()), "-".repeat(block.indent.into()));
        line.push_str(match block.kind {
            BlockKind::Paragraph => "",
            BlockKind::Heading => "#",
            BlockKind::Code => "`",
            BlockKind::Rule => "===",
        });
        line.push_str(block.marker.as_deref().unwrap_or_default());
        for run in &block.runs {
            let style = &run.style;
            let look: String = [
                (style.bold, 'b'),
                (style.italic, 'i'),
                (style.underline, 'u'),
                (style.strike, 's'),
                (style.code, 'c'),
                (style.spoiler, '?'),
            ]
            .into_iter()
            .filter_map(|(is, mark)| is.then_some(mark))
            .collect();
            let leads = style.link.iter().chain(&style.mention).cloned().collect::<String>();
            line.push_str(&if look.is_empty() && leads.is_empty() {
                run.text.clone()
            } else {
                format!("{look}{leads}[{}]", run.text)
            });
        }
        line
    };
    blocks(html).iter().map(draw).collect()
}

#[test]
fn what_a_person_wrote_becomes_blocks_and_runs() {
    assert_eq!(drawn("two <b>white <i>vans</i></b> <code>AB-12</code>"), ["two b[white ]bi[vans] c[AB-12]"]);
    assert_eq!(drawn("<p>one\n  line</p><p>other<br/>line </p>"), ["one line", "other\nline"]);
    assert_eq!(
        drawn("<ul><li>a</li><li>b<ol start=\"3\"><li>c</li><li><p>d</p></li></ol></li></ul>e"),
        ["-•a", "-•b", "--3.c", "--4.d", "e"]
    );
    assert_eq!(drawn("<blockquote>x<blockquote>y</blockquote></blockquote>z"), [">x", ">>y", "z"]);
    assert_eq!(drawn("<pre><code class=\"language-sh\">\nls  -l\n  x\n</code></pre>"), ["`c[ls  -l\n  x]"]);
    assert_eq!(drawn("<h2>Now</h2><hr>then &amp; &eacute;"), ["#Now", "===", "then & é"]);
    assert_eq!(drawn("<span data-mx-spoiler=\"why\">who</span> <u>u</u><del>d</del>"), ["?[who] u[u]s[d]"]);
    assert_eq!(
        drawn("<table><tr><th>Plate</th><td>AB</td></tr><tr><td>x</td></tr></table>"),
        ["b[Plate] AB", "x"]
    );
}

#[test]
fn links_lead_where_they_say_and_people_are_named() {
    assert_eq!(drawn("<a href=\"https://a.example/?x=1\">site</a>"), ["https://a.example/?x=1[site]"]);
    assert_eq!(drawn("<a href=\"https://matrix.to/#/%40ana%3Ax.eu?via=x\">Ana</a>"), ["@ana:x.eu[Ana]"]);
    assert_eq!(drawn("<a href=\"matrix:u/ana:x.eu\">Ana</a>"), ["@ana:x.eu[Ana]"]);
    for bad in
        ["javascript:alert(1)", "data:text/html,x", "file:///etc/passwd", " jAvascript:x", "//x", "intent:x"]
    {
        assert_eq!(link(bad), None, "{bad}");
        assert_eq!(drawn(&format!("<a href=\"{bad}\">x</a>")), ["x"]);
    }
    assert_eq!(link("https://x/\u{202e}gpj.exe"), None, "turned around");
}

#[test]
fn what_is_no_text_is_not_shown() {
    assert_eq!(drawn("a<script>alert('<b>x</b>')</script><style>b{}</style>b<!-- c -->"), ["ab"]);
    assert_eq!(drawn("<mx-reply><blockquote>old</blockquote></mx-reply>new"), ["new"]);
    assert_eq!(drawn("<img src=\"https://tracker/x.png\" alt=\"pier\"> <video src=x>v</video>"), ["pier v"]);
    assert_eq!(drawn("<b onclick=x style=y>bold"), ["b[bold]"]);
    assert_eq!(drawn("</p></b>x</div>"), ["x"]);
    assert_eq!(from_html("<p> </p>"), None);
    assert_eq!(from_html(&"x".repeat(70_000)), None, "longer than any event");
    assert!(is_plain(&blocks("<p>a</p><p>b</p>")) && !is_plain(&blocks("<b>a</b>")));
    assert_eq!(plain(&blocks("<p>a <b>b</b></p><p>c</p>")), "a b\nc");
}

#[test]
fn what_is_nested_deeply_or_changes_often_stays_small() {
    for tag in ["b", "blockquote", "ul", "a", "p", "li", "pre", "table"] {
        let open = format!("<{tag}>");
        let deep = format!("{}x", open.repeat(65_000 / open.len()));
        assert_eq!(plain(&blocks(&deep)), "x", "{tag}");
    }
    let often = "<b>x</b>y".repeat(7_000);
    let runs: usize = blocks(&often).iter().map(|block| block.runs.len()).sum();
    assert_eq!((runs, plain(&blocks(&often)).len()), (super::MOST_RUNS, 14_000));
    let long = format!("<a href=\"https://x/{}\">x</a>", "y".repeat(3_000));
    assert_eq!(drawn(&long), ["x"]);
}

proptest! {
    #[test]
    fn no_markup_breaks_it(html in r#"(<(/?)(b|i|p|ol|li|a href="[a-z:/]{0,9}"|pre|script|style|mx-reply|x|br|hr)>|[a-z <>&;"'/=]){0,60}"#) {
        let blocks = blocks(&html);
        for block in &blocks {
            prop_assert!(block.kind == BlockKind::Rule || !block.runs.is_empty());
            prop_assert!(block.runs.iter().all(|run| !run.text.is_empty()));
        }
    }
}
