//! A conversation as one HTML page: no scripts, nothing fetched, everything escaped.

use std::fmt::Write as _;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::{Reasoning, Sum, ending, ending_of, heading, passages, stamp};
use crate::app::library::StoredConversation;
use crate::chat::{Attachment, Content, Source, ToolCall, Turn, safe};
use crate::phrase::{self, Language, tr};

/// Nothing is loaded from anywhere and nothing runs; the style is in the page.
const BEGINNING: &str = "<!doctype html>
<html lang=\"{language}\">
<head>
<meta charset=\"utf-8\">
<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'\">
<meta name=\"viewport\" content=\"width=device-width\">
<meta name=\"referrer\" content=\"no-referrer\">
<style>
:root { color-scheme: light dark; }
body { font: 1rem/1.5 system-ui, sans-serif; max-width: 48rem; margin: 2rem auto; padding: 0 1rem; }
article { border-top: 1px solid #8888; padding-top: .5rem; margin-top: 1.5rem; }
pre { white-space: pre-wrap; overflow-wrap: anywhere; font: inherit; margin: .5rem 0; }
img { max-width: 100%; }
h2 { font-size: 1rem; margin: 1rem 0 0; }
details { border-left: 3px solid #8888; padding-left: .75rem; opacity: .8; }
.sources { list-style: none; padding: 0; }
.facts, .ending, .sources { opacity: .7; font-size: .9rem; }
</style>
";

/// The conversation as a page. `cost` tells what a turn cost in US dollars where its provider did
/// not say.
pub fn html(
    kept: &StoredConversation,
    reasoning: Reasoning,
    cost: &dyn Fn(&Turn) -> Option<f64>,
) -> String {
    let head = &kept.head;
    let sum = Sum::of(kept, cost);
    let title = escaped(&safe::one_line(&head.title));
    let language = match phrase::language() {
        Language::En => "en",
        Language::ZhCn => "zh-CN",
    };
    let mut out = BEGINNING.replacen("{language}", language, 1);
    let _ = write!(
        out,
        "<title>{title}</title>\n</head>\n<body>\n<h1>{title}</h1>\n"
    );
    let persona = match head.persona.as_str() {
        "" => String::new(),
        persona => escaped(persona) + " · ",
    };
    let counts = tr!(
        "{input} input and {output} output tokens",
        input = sum.input_tokens,
        output = sum.output_tokens
    );
    let _ = write!(
        out,
        "<p class=\"facts\">{} · {persona}{} · {counts}",
        escaped(&head.choice.to_string()),
        stamp(head.created),
    );
    if let Some(tokens) = sum.reasoning_tokens {
        out.push_str(&tr!(", {tokens} of them reasoning", tokens));
    }
    if let Some(usd) = sum.cost_usd {
        let _ = write!(out, " · ${usd:.4}");
    }
    out.push_str("</p>\n");
    if !head.system_prompt.trim().is_empty() {
        let system = escaped(&head.system_prompt);
        let _ = write!(
            out,
            "<article>\n<h2>{}</h2>\n<pre>{system}</pre>\n</article>\n",
            tr!("System")
        );
    }
    for turn in kept.conversation.path() {
        article(&mut out, kept, turn, reasoning);
    }
    out.push_str("</body>\n</html>\n");
    out
}

fn article(out: &mut String, kept: &StoredConversation, turn: &Turn, reasoning: Reasoning) {
    let prompt = escaped(&turn.prompt);
    let model = escaped(&heading(kept, turn));
    let you = tr!("You");
    let _ = write!(out, "<article>\n<h2>{you}</h2>\n<pre>{prompt}</pre>\n");
    for attachment in &turn.attachments {
        attached(out, attachment);
    }
    let _ = writeln!(out, "<h2>{model}</h2>");
    let thought = escaped(turn.reply.reasoning.as_str());
    if reasoning != Reasoning::Without && !thought.trim().is_empty() {
        let open = if reasoning == Reasoning::Only {
            " open"
        } else {
            ""
        };
        let _ = write!(
            out,
            "<details{open}><summary>{}</summary>\n<pre>{thought}</pre>\n</details>\n",
            tr!("Thinking")
        );
    }
    if reasoning != Reasoning::Only {
        for (text, calls) in passages(turn) {
            if !text.is_empty() {
                let _ = writeln!(out, "<pre>{}</pre>", escaped(text));
            }
            for call in calls {
                tool(out, call);
            }
        }
    }
    if reasoning != Reasoning::Only {
        sources(out, &turn.reply.sources);
    }
    if let Some(ending) = ending(turn) {
        let _ = writeln!(out, "<p class=\"ending\">{}</p>", escaped(ending));
    }
    out.push_str("</article>\n");
}

/// A tool call and what came of it, to be unfolded.
fn tool(out: &mut String, call: &ToolCall) {
    let tool = tr!("Tool {name}", name = escaped(&call.name));
    let ending = escaped(&ending_of(call));
    let (arguments, result) = (escaped(call.effective_arguments()), escaped(&call.result()));
    let _ = write!(
        out,
        "<details><summary>{tool} {ending}</summary>\n<pre>{arguments}</pre>\n<pre>{result}</pre>\n</details>\n"
    );
}

/// A text to be unfolded, or an image that is in the page itself.
fn attached(out: &mut String, attachment: &Attachment) {
    let (name, facts) = (escaped(&attachment.shown_name()), attachment.facts());
    let _ = match &attachment.content {
        Content::Text(text) => write!(
            out,
            "<details><summary>{name} · {facts}</summary>\n<pre>{}</pre>\n</details>\n",
            escaped(text)
        ),
        Content::Image(image) => writeln!(
            out,
            "<figure><img alt=\"{name}\" src=\"data:{};base64,{}\"><figcaption>{name} · {facts}</figcaption></figure>",
            image.kind.media_type(),
            STANDARD.encode(&image.bytes)
        ),
    };
}

/// The pages that an answer draws on, under the numbers that it cites them by.
fn sources(out: &mut String, sources: &[Source]) {
    if sources.is_empty() {
        return;
    }
    out.push_str("<ul class=\"sources\">\n");
    for source in sources {
        let (index, label) = (source.index, escaped(&source.label()));
        // What leads to no page of the web is only told.
        let _ = if source.host().is_empty() {
            writeln!(out, "<li>[{index}] {label}</li>")
        } else {
            let url = escaped(&source.url);
            writeln!(out, "<li>[{index}] <a href=\"{url}\">{label}</a></li>")
        };
    }
    out.push_str("</ul>\n");
}

/// Text that means only itself, in an element and in an attribute.
fn escaped(text: &str) -> String {
    let text = safe::visible(text);
    let mut out = String::with_capacity(text.len() + text.len() / 16);
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::import::sample;

    #[test]
    fn a_page_runs_nothing_and_escapes_everything() {
        let page = html(&sample(), Reasoning::With, &|_| None);
        assert!(page.contains("<summary>Thinking</summary>\n<pre>hm\n&lt;b&gt;</pre>"));
        assert!(page.contains("<summary>a&lt;b&gt;.txt · 1 line · 6 B</summary>\n<pre>words"));
        assert!(
            page.contains("<img alt=\"p.gif\" src=\"data:image/gif;base64,R0lGODlhCgAUAAD/\">")
        );
        assert!(page.contains("default-src 'none'"));
        assert!(!page.contains("<script") && !page.contains("<b>") && !page.contains('\x1b'));
        assert!(page.contains("<details><summary>Tool look (1.5 s)</summary>\n<pre>{&quot;at&quot;: &quot;&lt;i&gt;&quot;}</pre>"));
        assert!(page.contains("<pre>a fence:\n```\n&lt;/details&gt;␛[2J</pre>\n</details>"));
        assert_eq!(page.matches("</details>").count(), 3);
        assert!(!html(&sample(), Reasoning::Without, &|_| None).contains("Thinking"));
        assert!(!html(&sample(), Reasoning::Only, &|_| None).contains("That"));
    }
}
