//! From the bytes of a reply to its deltas: the framing is found out, frames are read in the
//! request's dialect, the end is made sense of.
//!
//! Owns what is common to all dialects: event streams, JSON lines, a whole JSON body where a
//! stream was asked for, web pages, errors in the middle. Owns no retries and no time limits.
//!
//! Invariants: any split of the bytes gives the same deltas; after `[DONE]` or an error nothing
//! counts; what had come before an error is handed out.

use memchr::memchr;

use super::assembly::Assembly;
use super::json::Json;
use super::snapshot::Pieces;
use super::sse::{Event, LIMIT_BYTES, Parser, TooLarge};
use super::{Dialect, WireRequest, anthropic, dashscope, error, openai};
use crate::chat::{Delta, Failure, FailureKind, Finish, Remark};
use crate::phrase::tr;

/// The state of one reply. Feed it bytes, then end it.
#[derive(Debug)]
pub struct Decoder {
    content_type: String,
    framing: Framing,
    reader: Reader,
}

/// Reads frames, however they came.
#[derive(Debug)]
struct Reader {
    dialect: Dialect,
    stream: bool,
    assembly: Assembly,
    blocks: anthropic::Blocks,
    /// Whether any frame was part of a reply.
    heard: bool,
    /// Whether a JSON body was a whole reply.
    whole: bool,
    state: State,
}

/// What a frame was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Heard {
    /// Nothing that belongs to a reply.
    Nothing,
    /// A step of a reply, be it only a sign of life.
    Part,
    /// A reply as it is when it is not streamed.
    Whole,
    /// The last step of a reply.
    End,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Open,
    Done,
    Failed,
}

#[derive(Debug)]
enum Framing {
    /// Not known before the first byte that is no blank.
    Unknown(Vec<u8>),
    /// An event stream.
    Events { parser: Parser, head: Vec<u8> },
    /// One JSON object a line. Only the first line tells whether it is that.
    Lines { line: Vec<u8>, first: bool },
    /// One JSON value over several lines.
    Body(Vec<u8>),
    /// A web page, as much of it as may hold a title.
    Page(Vec<u8>),
}

/// How much of a body that is no reply is kept for its message, in bytes.
const HEAD_BYTES: usize = 2 * 1024;
/// How much of a web page is looked at, in bytes.
const PAGE_BYTES: usize = 64 * 1024;
const BOM: &[u8] = b"\xef\xbb\xbf";

impl Decoder {
    /// Begins the reply to `request`. The `content_type` may be empty or wrong: the bytes tell.
    pub fn new(request: &WireRequest, content_type: &str) -> Self {
        let is_native = request.dialect == Dialect::DashScope;
        let pieces = if is_native && dashscope::asks_for_snapshots(&request.body) {
            Pieces::Snapshots
        } else if request.may_be_cumulative {
            Pieces::Unknown
        } else {
            Pieces::Increments
        };
        Self {
            content_type: content_type.to_owned(),
            framing: Framing::Unknown(Vec::new()),
            reader: Reader {
                dialect: request.dialect,
                stream: request.stream,
                assembly: Assembly::new(pieces, request.carries, request.goes_on),
                blocks: anthropic::Blocks::new(request.carries),
                heard: false,
                whole: false,
                state: State::Open,
            },
        }
    }

    /// Takes more bytes of the body and appends what they say to `out`.
    ///
    /// # Errors
    /// When the reply holds an error, or more in one piece than is accepted. What came before is
    /// in `out` and counts; nothing later does.
    pub fn feed(&mut self, bytes: &[u8], out: &mut Vec<Delta>) -> Result<(), Failure> {
        if self.reader.state != State::Open {
            return Ok(());
        }
        let taken = self.take(bytes, out);
        self.settle(taken, out)
    }

    /// Takes the end of the body: hands out what was held back, then [`Delta::Finish`], once.
    ///
    /// # Errors
    /// When what came was an error, or no reply at all.
    pub fn end(&mut self, out: &mut Vec<Delta>) -> Result<(), Failure> {
        if self.reader.state != State::Open {
            return Ok(());
        }
        let taken = self.take_end(out);
        self.settle(taken, out)
    }

    /// Tells whether the reply is over although the connection may not be.
    pub fn is_done(&self) -> bool {
        self.reader.state == State::Done
    }

    /// Tells whether a reason to finish was given, so that only token counts may follow.
    pub fn is_finishing(&self) -> bool {
        self.reader.state == State::Open && self.reader.assembly.is_finishing()
    }

    fn settle(&mut self, taken: Result<(), Failure>, out: &mut Vec<Delta>) -> Result<(), Failure> {
        if taken.is_err() {
            self.reader.state = State::Failed;
            self.reader.assembly.flush(out);
        }
        taken
    }

    fn take(&mut self, bytes: &[u8], out: &mut Vec<Delta>) -> Result<(), Failure> {
        match &mut self.framing {
            Framing::Unknown(held) => {
                held.extend_from_slice(bytes);
                let Some(framing) = sniff(held) else {
                    return Ok(());
                };
                let held = std::mem::take(held);
                self.framing = framing;
                self.take(&held, out)
            }
            Framing::Events { parser, head } => {
                let room = HEAD_BYTES.saturating_sub(head.len());
                head.extend(bytes.iter().take(room));
                let reader = &mut self.reader;
                let fed = parser.feed(bytes, &mut |event| reader.read_event(event, false, out));
                // Nothing counts once the reply is over, however long it is.
                if reader.state == State::Open {
                    fed
                } else {
                    Ok(())
                }
            }
            Framing::Lines { .. } => self.take_lines(bytes, out),
            Framing::Body(body) => hold(body, bytes),
            Framing::Page(page) => {
                let room = PAGE_BYTES.saturating_sub(page.len());
                page.extend(bytes.iter().take(room));
                if page.len() >= PAGE_BYTES {
                    return Err(self.not_a_reply());
                }
                Ok(())
            }
        }
    }

    fn take_lines(&mut self, bytes: &[u8], out: &mut Vec<Delta>) -> Result<(), Failure> {
        let mut rest = bytes;
        while let Framing::Lines { line, first } = &mut self.framing {
            let Some(at) = memchr(b'\n', rest) else {
                return hold(line, rest);
            };
            let (line_end, tail) = rest.split_at(at + 1);
            hold(line, line_end)?;
            rest = tail;
            let whole = std::mem::take(line);
            let text = unmarked(&whole).trim_ascii();
            if text.is_empty() {
                continue;
            }
            match Json::parse_bytes(text) {
                Ok(frame) => {
                    *first = false;
                    self.reader.read_frame(&frame, None, out)?;
                }
                Err(_) if *first => self.framing = Framing::Body(whole),
                Err(_) => self.reader.assembly.remark(Remark::BrokenEvent, out),
            }
            if self.reader.state != State::Open {
                return Ok(());
            }
        }
        self.take(rest, out)
    }

    fn take_end(&mut self, out: &mut Vec<Delta>) -> Result<(), Failure> {
        match &mut self.framing {
            Framing::Unknown(_) | Framing::Page(_) => return Err(self.not_a_reply()),
            Framing::Events { parser, .. } => {
                let reader = &mut self.reader;
                parser.end(&mut |event| reader.read_event(event, true, out))?;
                let heard = parser.heard();
                if self.reader.state == State::Open {
                    if !heard {
                        return Err(self.not_a_reply());
                    }
                    self.reader.close(Finish::CutOff, out);
                }
                return Ok(());
            }
            Framing::Lines { line, first } => {
                let (body, first) = (std::mem::take(line), *first);
                self.read_body(&body, first, out)?;
            }
            Framing::Body(body) => {
                let body = std::mem::take(body);
                self.read_body(&body, true, out)?;
            }
        }
        if self.reader.state == State::Open {
            if !self.reader.heard {
                return Err(self.not_a_reply());
            }
            // Whole JSON is a whole reply even where it names no reason to finish.
            let otherwise = if self.reader.whole {
                Finish::Stop
            } else {
                Finish::CutOff
            };
            self.reader.close(otherwise, out);
        }
        Ok(())
    }

    /// Reads the rest of a JSON body. Unless it is `all` of the body, a piece that is cut is only
    /// dropped, like the cut last event of a stream.
    fn read_body(&mut self, body: &[u8], all: bool, out: &mut Vec<Delta>) -> Result<(), Failure> {
        let text = unmarked(body).trim_ascii();
        match Json::parse_bytes(text) {
            Ok(frame) => self.reader.read_frame(&frame, None, out),
            Err(_) if !all => Ok(()),
            Err(error) if error.is_eof() => Err(Failure::new(
                FailureKind::Cut,
                tr!("the JSON of the reply is incomplete"),
            )),
            Err(_) => Err(Failure::new(
                FailureKind::NotAReply,
                tr!("the body begins like JSON and is not"),
            )),
        }
    }

    fn not_a_reply(&self) -> Failure {
        let (Framing::Unknown(body)
        | Framing::Events { head: body, .. }
        | Framing::Lines { line: body, .. }
        | Framing::Body(body)
        | Framing::Page(body)) = &self.framing;
        let is_stream = self.content_type.contains("event-stream");
        if is_stream && matches!(&self.framing, Framing::Unknown(_)) {
            let message = tr!("the stream of events ended before the first one");
            return Failure::new(FailureKind::Cut, message);
        }
        let words = error::plain(&String::from_utf8_lossy(body));
        let words = match (&self.framing, words.is_empty()) {
            (Framing::Unknown(_), _) => tr!("the body is empty").to_owned(),
            (Framing::Page(_), true) => tr!("a web page without a title").to_owned(),
            (Framing::Page(_), false) => tr!("a web page: {words}", words),
            (Framing::Lines { .. } | Framing::Body(_), _) => {
                tr!("the body is JSON, but not a reply").to_owned()
            }
            (Framing::Events { .. }, _) => words,
        };
        let kind = self.content_type.trim();
        let message = if kind.is_empty() {
            words
        } else {
            tr!("{words} ({kind})", words, kind)
        };
        Failure::new(FailureKind::NotAReply, message)
    }
}

impl Reader {
    fn read_event(
        &mut self,
        event: &Event<'_>,
        is_last: bool,
        out: &mut Vec<Delta>,
    ) -> Result<(), Failure> {
        let data = event.data.trim();
        let lines: Vec<&str>;
        // Lines that make no JSON together may make some each.
        let pieces = if memchr(b'\n', data.as_bytes()).is_some() && Json::parse(data).is_err() {
            lines = data.lines().collect();
            lines.as_slice()
        } else {
            std::slice::from_ref(&data)
        };
        for piece in pieces.iter().map(|piece| piece.trim()) {
            if self.state != State::Open {
                break;
            }
            if piece.is_empty() {
                continue;
            }
            if piece == "[DONE]" {
                self.done(out);
                continue;
            }
            match Json::parse(piece) {
                Ok(frame) => self.read_frame(&frame, Some(event), out)?,
                Err(_) if event.name == "error" => {
                    let wrong = error::announced(None, data);
                    if !self.assembly.is_finishing() {
                        return Err(wrong.into_failure(event.status));
                    }
                    self.assembly.remark(Remark::LateError, out);
                }
                // The last one was cut with the connection, which the finish says already.
                Err(_) if is_last => {}
                Err(_) => self.assembly.remark(Remark::BrokenEvent, out),
            }
        }
        Ok(())
    }

    /// Reads one frame: that of an `event`, or JSON that came as it is.
    fn read_frame(
        &mut self,
        frame: &Json<'_>,
        event: Option<&Event<'_>>,
        out: &mut Vec<Delta>,
    ) -> Result<(), Failure> {
        if !frame.is_object() && !frame.is_list() {
            self.assembly.remark(Remark::BrokenEvent, out);
            return Ok(());
        }
        let wrong = if event.is_some_and(|event| event.name == "error") {
            Some(error::announced(Some(frame), &frame.to_string()))
        } else {
            error::find(frame)
        };
        let was_finishing = self.assembly.is_finishing();
        let assembly = &mut self.assembly;
        let heard = match self.dialect {
            Dialect::OpenAi => openai::read(frame, assembly, out),
            Dialect::DashScope => dashscope::read(frame, assembly, out),
            Dialect::Anthropic => anthropic::read(frame, &mut self.blocks, assembly, out),
        };
        self.heard |= heard != Heard::Nothing;
        if heard == Heard::Whole && event.is_none() {
            self.whole = true;
            if self.stream {
                self.assembly.remark(Remark::NotStreamed, out);
            }
        }
        if let Some(wrong) = wrong {
            if !was_finishing {
                return Err(wrong.into_failure(event.and_then(|event| event.status)));
            }
            self.assembly.remark(Remark::LateError, out);
        }
        if heard == Heard::End {
            self.done(out);
        }
        Ok(())
    }

    fn done(&mut self, out: &mut Vec<Delta>) {
        self.close(Finish::Stop, out);
    }

    fn close(&mut self, otherwise: Finish, out: &mut Vec<Delta>) {
        if let Some(blocks) = self.blocks.carried() {
            self.assembly.blocks(blocks);
        }
        self.assembly.close(otherwise, out);
        self.state = State::Done;
    }
}

fn sniff(held: &[u8]) -> Option<Framing> {
    if BOM.starts_with(held) {
        return None;
    }
    match unmarked(held).trim_ascii_start().first() {
        None if held.len() < HEAD_BYTES => None,
        Some(b'{' | b'[') => Some(Framing::Lines {
            line: Vec::new(),
            first: true,
        }),
        Some(b'<') => Some(Framing::Page(Vec::new())),
        _ => Some(Framing::Events {
            parser: Parser::default(),
            head: Vec::new(),
        }),
    }
}

fn unmarked(bytes: &[u8]) -> &[u8] {
    bytes.strip_prefix(BOM).unwrap_or(bytes)
}

fn hold(held: &mut Vec<u8>, bytes: &[u8]) -> Result<(), Failure> {
    if held.len() + bytes.len() > LIMIT_BYTES {
        return Err(TooLarge.into());
    }
    held.extend_from_slice(bytes);
    Ok(())
}

impl From<TooLarge> for Failure {
    fn from(_: TooLarge) -> Self {
        let limit = LIMIT_BYTES / (1024 * 1024);
        Self::new(
            FailureKind::TooLarge,
            tr!("one piece of the reply is larger than {limit} MiB", limit),
        )
    }
}
