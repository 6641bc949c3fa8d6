//! What must hold for any bytes, a function for each thing that reads what others wrote.
//!
//! The fuzzer calls them with inputs of its own making, `tests/it/fuzz.rs` with those that are kept
//! in `corpus/`. Each input begins with one or two bytes of choices, printable in the kept ones;
//! the rest is what is read. A check panics when something does not hold.

use std::borrow::Cow;
use std::collections::BTreeSet;

use mmchat::app::command;
use mmchat::app::library::{Query, StoredConversation};
use mmchat::chat::{Delta, Failure, Ids, Message, Moment, Reply};
use mmchat::config::{self, keys::Chord, schema, theme};
use mmchat::markdown::{Document, Kind, Row, text_width};
use mmchat::store::export::{self, Reasoning};
use mmchat::store::import;
use mmchat::wire::{self, Ask, Decoder, Dialect, Target, ToolSpec, WireRequest};
use serde_json::{Value, json};

/// A check, by the name of its target and of its folder in `corpus/`.
pub type Check = fn(&[u8]);

/// Every check.
pub const ALL: [(&str, Check); 10] = [
    ("framing", framing),
    ("openai", openai),
    ("dashscope", dashscope),
    ("anthropic", anthropic),
    ("think", think),
    ("markdown", markdown),
    ("config", config),
    ("typed", typed),
    ("import", import),
    ("schema", schema),
];

const NOW: Moment = Moment {
    unix_seconds: 1_795_352_520,
    offset_minutes: 60,
};

/// Numbers that depend on the input only: where it is cut, how wide the window is.
struct Dice(u64);

impl Dice {
    fn new(seed: u8) -> Self {
        Self(u64::from(seed) + 1)
    }

    /// A number below `end`, or 0.
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % (end.max(1) as u64)).unwrap_or(0)
    }

    /// Up to eight places in a text of `length` bytes, in order, with its beginning and its end.
    fn cuts(&mut self, length: usize) -> Vec<usize> {
        let count = self.below(9);
        let mut places: BTreeSet<usize> = (0..count).map(|_| self.below(length + 1)).collect();
        places.extend([0, length]);
        places.into_iter().collect()
    }
}

/// The choices at the head of an input, and the rest of it.
fn split<const N: usize>(data: &[u8]) -> Option<([u8; N], &[u8])> {
    let (head, rest) = data.split_first_chunk()?;
    Some((*head, rest))
}

/// As text; what is no UTF-8 becomes U+FFFD, as it does where the program reads files.
fn as_text(bytes: &[u8]) -> Cow<'_, str> {
    String::from_utf8_lossy(bytes)
}

fn assert_harmless(text: &str) {
    let acts = |c: char| c.is_control() && c != '\n' && c != '\t';
    assert!(!text.contains(acts), "a control character in {text:?}");
}

// -- the wire --

fn request(dialect: Dialect, choices: u8) -> WireRequest {
    let target = Target {
        provider: "p".to_owned(),
        dialect,
        base_url: "http://127.0.0.1:9/v1".to_owned(),
        model: "m".to_owned(),
        headers: Vec::new(),
        max_tokens_field: "max_tokens".to_owned(),
        default_max_tokens: None,
        may_be_cumulative: choices & 1 != 0,
        wants_reasoning_back: choices & 2 != 0,
        takes_images: true,
    };
    let mut ask = Ask {
        messages: vec![Message::User("hi".to_owned())],
        stream: choices & 4 == 0,
        ..Ask::default()
    };
    if choices & 2 != 0 {
        ask.tools.push(ToolSpec::default());
    }
    wire::request(&target, &ask)
}

type Decoded = (Vec<Delta>, Result<(), Failure>);

fn decode<'a>(request: &WireRequest, pieces: impl IntoIterator<Item = &'a [u8]>) -> Decoded {
    let (mut decoder, mut deltas) = (Decoder::new(request, ""), Vec::new());
    for piece in pieces {
        if let Err(failure) = decoder.feed(piece, &mut deltas) {
            return (deltas, Err(failure));
        }
    }
    let end = decoder.end(&mut deltas);
    (deltas, end)
}

fn fold(deltas: &[Delta]) -> Reply {
    let mut reply = Reply::default();
    for delta in deltas {
        reply.push(delta.clone());
    }
    reply
}

/// Any cut of the bytes gives the same deltas; they end once, or with a failure; none is empty.
fn decoder(dialect: Dialect, data: &[u8]) -> Option<(WireRequest, Decoded)> {
    let ([choices, seed], body) = split(data)?;
    let request = request(dialect, choices);
    let whole = decode(&request, [body]);
    let places = Dice::new(seed).cuts(body.len());
    let cut = places.windows(2).map(|pair| &body[pair[0]..pair[1]]);
    assert_eq!(decode(&request, cut), whole, "cut at {places:?}");
    assert_eq!(decode(&request, body.chunks(1)), whole, "byte by byte");

    let (deltas, end) = &whole;
    let ends = deltas.iter().filter(|d| matches!(d, Delta::Finish(_)));
    assert_eq!(ends.count(), usize::from(end.is_ok()), "how often it ended");
    let is_empty = |delta: &Delta| match delta {
        Delta::Reasoning(text) | Delta::Answer(text) => text.is_empty(),
        _ => false,
    };
    assert!(!deltas.iter().any(is_empty), "an empty piece");
    let mut reply = fold(deltas);
    reply.join();
    let _ = (reply.exchange(), reply.total_usage());
    Some((request, whole))
}

/// Event streams: line ends and comments mean nothing.
pub fn framing(data: &[u8]) {
    let Some((request, whole)) = decoder(Dialect::OpenAi, data) else {
        return;
    };
    let body = &data[2..];
    if !body.starts_with(b"data:") || body.contains(&b'\r') {
        return;
    }
    let with_ends = |end: &str, after_event: &str| -> Vec<u8> {
        let mut out = Vec::new();
        let mut was_blank = false;
        for line in body.split_inclusive(|&byte| byte == b'\n') {
            let Some(text) = line.strip_suffix(b"\n") else {
                out.extend_from_slice(line);
                break;
            };
            out.extend_from_slice(text);
            out.extend_from_slice(end.as_bytes());
            if text.is_empty() && !was_blank {
                out.extend_from_slice(after_event.as_bytes());
            }
            was_blank = text.is_empty();
        }
        out
    };
    for (end, after_event) in [
        ("\r\n", ""),
        ("\r", ""),
        ("\n", ": alive\n"),
        ("\n", ":\n\n"),
    ] {
        let other = with_ends(end, after_event);
        let seen = decode(&request, [other.as_slice()]);
        // Only a failure quotes the body as it came.
        assert_eq!(seen.0, whole.0, "with {end:?} and {after_event:?}");
        assert_eq!(seen.1.is_ok(), whole.1.is_ok());
    }
}

/// Replies in OpenAI's dialect, and errors in any.
pub fn openai(data: &[u8]) {
    decoder(Dialect::OpenAi, data);
    if let Some(([status, _], body)) = split(data) {
        let status = 400 + u16::from(status);
        let failure = wire::failure(Dialect::OpenAi, status, &[], body);
        let _ = (failure.vendor_words(), failure.what(), failure.next_step());
        let _ = wire::model_ids(body);
    }
}

/// Replies in DashScope's own dialect.
pub fn dashscope(data: &[u8]) {
    decoder(Dialect::DashScope, data);
}

/// Replies in Anthropic's dialect.
pub fn anthropic(data: &[u8]) {
    decoder(Dialect::Anthropic, data);
}

/// Reasoning inside the answer: it does not matter where the text was cut into events, and all of it
/// is somewhere, but for tags and blanks.
pub fn think(data: &[u8]) {
    let Some(([seed], bytes)) = split(data) else {
        return;
    };
    let text = as_text(bytes);
    let request = request(Dialect::OpenAi, 0);
    let said = |pieces: &[&str]| {
        let mut body = String::new();
        for piece in pieces {
            let frame = json!({"choices": [{"index": 0, "delta": {"content": piece}}]});
            body.push_str(&["data: ", &frame.to_string(), "\n\n"].concat());
        }
        body += "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n";
        let reply = fold(&decode(&request, [body.as_bytes()]).0);
        (
            reply.reasoning.as_str().to_owned(),
            reply.answer.as_str().to_owned(),
        )
    };
    let whole = said(&[&text]);
    let places = char_cuts(&text, &mut Dice::new(seed));
    let pieces: Vec<&str> = places
        .windows(2)
        .map(|pair| &text[pair[0]..pair[1]])
        .collect();
    assert_eq!(said(&pieces), whole, "cut at {places:?}");
    let chars: Vec<String> = text.chars().take(400).map(String::from).collect();
    let mut singly: Vec<&str> = chars.iter().map(String::as_str).collect();
    singly.push(&text[singly.iter().map(|c| c.len()).sum()..]);
    assert_eq!(said(&singly), whole, "a character at a time");

    // Without what tags and blanks are made of, nothing is missing or twice there.
    let rest = |text: &str| -> String {
        let of_tags = |c: char| "<>/:thinkmax".contains(c) || c.is_whitespace();
        text.chars().filter(|&c| !of_tags(c)).collect()
    };
    assert_eq!(rest(&(whole.0 + &whole.1)), rest(&text));
}

fn char_cuts(text: &str, dice: &mut Dice) -> Vec<usize> {
    let mut places = dice.cuts(text.len());
    places.retain(|&at| text.is_char_boundary(at));
    places
}

// -- what is shown --

fn rows(document: &Document) -> Vec<Row> {
    let all = (0..document.len()).filter_map(|at| document.row(at));
    all.cloned().collect()
}

/// Markdown: no row too wide, none that acts on a terminal; what has settled stays; it does not
/// matter how the text arrived.
pub fn markdown(data: &[u8]) {
    let Some(([choices, seed], bytes)) = split(data) else {
        return;
    };
    let text = as_text(bytes);
    let kind = if choices & 0x40 == 0 {
        Kind::Plain
    } else {
        Kind::Markdown
    };
    let width = [0, 1, 2, 7, 20, 80, 200][usize::from(choices & 0x3f) % 7];
    let sound = |rows: &[Row]| {
        let mut last = 0;
        for row in rows {
            let shown: String = row.spans.iter().map(|span| span.text.as_str()).collect();
            assert!(
                text_width(&shown) <= usize::from(width),
                "{shown:?} in {width}"
            );
            assert!(!shown.contains(char::is_control), "{shown:?}");
            assert!(row.source.start <= row.source.end && row.source.end <= text.len());
            assert!(row.source.end >= last, "{row:?} after {last}");
            last = row.source.end;
        }
    };
    let mut grown = Document::new(kind);
    let mut settled: Vec<Row> = Vec::new();
    for at in char_cuts(&text, &mut Dice::new(seed)) {
        grown.sync(&text[..at], 0, width, false);
        let now = rows(&grown);
        sound(&now);
        assert!(
            now.starts_with(&settled),
            "what had settled changed at {at}"
        );
        let mut fresh = Document::new(kind);
        fresh.sync(&text[..at], 0, width, false);
        assert_eq!(now, rows(&fresh), "at {at}");
        settled = now;
        settled.truncate(grown.settled_rows());
    }
    grown.sync(&text, 0, width, true);
    let mut whole = Document::new(kind);
    whole.sync(&text, 0, width, true);
    sound(&rows(&whole));
    assert_eq!(rows(&grown), rows(&whole), "at the end");
    // Where there is no room at all, nothing is laid out, and code is found as rows are.
    if width > 0 {
        assert_eq!(grown.code_blocks(), whole.code_blocks());
    }
}

// -- what users write --

/// The configuration and themes: read, or refused with places that are in the file.
pub fn config(data: &[u8]) {
    let Some(([choices], bytes)) = split(data) else {
        return;
    };
    let text = as_text(bytes);
    let assert_in_file = |problems: &[config::Problem]| {
        let lines = text.split('\n').count();
        for problem in problems {
            assert!((1..=lines).contains(&problem.line), "{problem:?}");
            assert!(problem.column >= 1, "{problem:?}");
            assert_harmless(&problem.to_string());
        }
    };
    if choices & 1 == 0 {
        if let Err(problems) = theme::parse(&text, "theme.toml", "t") {
            assert!(!problems.0.is_empty());
            assert_in_file(&problems.0);
        }
        return;
    }
    match config::parse(&text, "config.toml", &command::known()) {
        Ok((config, doubtful)) => {
            assert_in_file(&doubtful);
            let _ = config.catalog();
        }
        Err(problems) => {
            assert!(!problems.0.is_empty());
            assert_in_file(&problems.0);
        }
    }
}

/// Chords and searches, as they are typed.
pub fn typed(data: &[u8]) {
    let Some(([choices], bytes)) = split(data) else {
        return;
    };
    let text = as_text(bytes);
    if choices & 1 == 0 {
        match text.parse::<Chord>() {
            Ok(chord) => assert_eq!(chord.to_string().parse(), Ok(chord)),
            Err(reason) => assert_harmless(&reason.to_string()),
        }
        return;
    }
    let Ok(query) = Query::parse(&text, NOW) else {
        return;
    };
    for word in &query.words {
        assert!(text.contains(&word.text), "{:?} was never typed", word.text);
    }
    // The words alone, between marks, are the same words.
    if query.words.iter().any(|word| word.text.contains('"')) {
        return;
    }
    let texts = |query: &Query| -> Vec<String> {
        query.words.iter().map(|word| word.text.clone()).collect()
    };
    let quoted: Vec<String> = texts(&query)
        .iter()
        .map(|text| format!("\"{text}\""))
        .collect();
    let again = Query::parse(&quoted.join(" "), NOW).expect("words are no filters");
    assert_eq!(texts(&again), texts(&query));
}

// -- what others saved --

/// Conversations out of files: read or refused; what was read comes back the same from an export,
/// and can be shown in every form.
pub fn import(data: &[u8]) {
    let text = as_text(data);
    let Ok(all) = import::read(&text, &mut Ids::new(1), NOW) else {
        return;
    };
    for kept in &all {
        let before = export::to_json(kept, Reasoning::With);
        let mut again = import::read(&before.to_string(), &mut Ids::new(2), NOW).expect("our own");
        let again = again.pop().expect("one");
        assert_eq!(texts(&again), texts(kept));
        assert_eq!(without_ids(&again), without_ids(kept));
        let no_cost = |_: &mmchat::chat::Turn| None;
        assert_harmless(&export::markdown(kept, Reasoning::With, &no_cost));
        assert_harmless(&export::html(kept, Reasoning::With, &no_cost));
        assert_harmless(&export::plain(kept, Reasoning::With));
    }
}

fn texts(kept: &StoredConversation) -> Vec<(String, String, String)> {
    let of = |turn: &mmchat::chat::Turn| {
        let reply = &turn.reply;
        let (thought, answer) = (reply.reasoning.as_str(), reply.answer.as_str());
        (turn.prompt.clone(), thought.to_owned(), answer.to_owned())
    };
    kept.conversation.path().map(of).collect()
}

/// An export whose ids are numbered in the order in which they are named.
fn without_ids(kept: &StoredConversation) -> Value {
    fn renumber(value: &mut Value, seen: &mut Vec<String>) {
        match value {
            Value::Array(list) => list.iter_mut().for_each(|item| renumber(item, seen)),
            Value::Object(fields) => {
                for (name, value) in fields {
                    match value {
                        Value::String(id) if matches!(name.as_str(), "id" | "parent" | "leaf") => {
                            let at = seen.iter().position(|other| other == id);
                            let at = at.unwrap_or_else(|| {
                                seen.push(id.clone());
                                seen.len() - 1
                            });
                            *value = Value::from(at);
                        }
                        _ => renumber(value, seen),
                    }
                }
            }
            _ => {}
        }
    }
    let mut value = export::to_json(kept, Reasoning::With);
    renumber(&mut value, &mut Vec::new());
    value
}

// -- what models and tool servers send --

/// The schema of a tool and the arguments of a call, as a list of the two.
pub fn schema(data: &[u8]) {
    let Ok(Value::Array(pair)) = serde_json::from_slice(data) else {
        return;
    };
    let [Value::Object(schema), arguments] = pair.as_slice() else {
        return;
    };
    if let Some(fault) = schema::fault(schema) {
        assert!(!fault.is_empty());
    }
    let problems = schema::problems(schema, arguments);
    assert!(problems.len() <= 8);
    assert!(arguments.is_object() || !problems.is_empty());
    // An object without demands fits everything that has a name.
    assert!(
        !arguments.is_object() || schema::problems(&serde_json::Map::new(), arguments).is_empty()
    );
}
