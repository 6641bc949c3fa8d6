//! Event streams: bytes in, events out, by the WHATWG specification.
//!
//! Owns lines, fields and comments; knows nothing of what the data mean. Text is decoded a line
//! at a time, so a character cut over packets is whole, and only bytes that are really invalid
//! become U+FFFD. Four liberties: the comment `:HTTP_STATUS/429` is kept with its event;
//! a data line that is a whole JSON object ends its event when another one follows (some gateways
//! leave out the blank line between); a bare JSON line counts as data; `[DONE]` waits for no blank
//! line.
//!
//! Invariants: the events do not depend on how the bytes were cut; work is linear in the bytes;
//! at most [`LIMIT_BYTES`] are held.

use memchr::memchr2;

/// The most that one line, one event or one JSON body may have.
pub(super) const LIMIT_BYTES: usize = 16 * 1024 * 1024;

/// One event, as long as its reader looks at it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Event<'a> {
    /// Its name; empty for the usual `message`.
    pub(super) name: &'a str,
    /// Its data lines, joined with line feeds.
    pub(super) data: &'a str,
    /// The HTTP status that DashScope notes in a comment.
    pub(super) status: Option<u16>,
}

/// A line or an event is larger than [`LIMIT_BYTES`].
#[derive(Debug, PartialEq, Eq)]
pub(super) struct TooLarge;

/// The state between two packets.
#[derive(Debug, Default)]
pub(super) struct Parser {
    /// The beginning of a line whose end has not come.
    line: Vec<u8>,
    after_first_line: bool,
    after_cr: bool,
    name: String,
    data: Option<String>,
    /// The allocation of the last event's data.
    spare: String,
    status: Option<u16>,
    heard: bool,
}

/// A buffer that one giant line or event made larger than this is not kept, in bytes.
const KEPT_BYTES: usize = 1024 * 1024;

impl Parser {
    /// Takes more bytes and hands each event that they complete to `take`.
    ///
    /// # Errors
    /// Those of `take`, after which nothing more may be fed; and when a line or an event exceeds
    /// the limit, after the events before it were taken.
    pub(super) fn feed<E: From<TooLarge>>(
        &mut self,
        bytes: &[u8],
        take: &mut impl FnMut(&Event<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut rest = bytes;
        if self.after_cr
            && let Some((&first, tail)) = rest.split_first()
        {
            self.after_cr = false;
            if first == b'\n' {
                rest = tail;
            }
        }
        while let Some(at) = memchr2(b'\n', b'\r', rest) {
            let (line, tail) = rest.split_at(at);
            rest = match tail {
                [b'\r'] => {
                    self.after_cr = true;
                    &[]
                }
                [b'\r', b'\n', after @ ..] | [_, after @ ..] => after,
                [] => &[],
            };
            if self.line.is_empty() {
                self.check_room(line)?;
                self.end_line(line, take)?;
            } else {
                self.hold(line)?;
                self.end_held_line(take)?;
            }
        }
        self.hold(rest)?;
        Ok(())
    }

    /// Takes the end of the body: an event that lacks its blank line, even one that lacks its
    /// line end, is handed out too. Whether it is whole is for its reader to find out.
    ///
    /// # Errors
    /// Those of `take`.
    pub(super) fn end<E>(
        &mut self,
        take: &mut impl FnMut(&Event<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        if !self.line.is_empty() {
            self.end_held_line(take)?;
        }
        self.dispatch(take)
    }

    /// Tells whether there was anything that belongs into an event stream.
    pub(super) fn heard(&self) -> bool {
        self.heard
    }

    fn check_room(&self, bytes: &[u8]) -> Result<(), TooLarge> {
        let held = self.line.len() + self.data.as_ref().map_or(0, String::len);
        if held + bytes.len() > LIMIT_BYTES {
            return Err(TooLarge);
        }
        Ok(())
    }

    fn hold(&mut self, bytes: &[u8]) -> Result<(), TooLarge> {
        self.check_room(bytes)?;
        self.line.extend_from_slice(bytes);
        Ok(())
    }

    fn end_held_line<E>(
        &mut self,
        take: &mut impl FnMut(&Event<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut line = std::mem::take(&mut self.line);
        let taken = self.end_line(&line, take);
        if line.capacity() <= KEPT_BYTES {
            line.clear();
            self.line = line;
        }
        taken
    }

    fn end_line<E>(
        &mut self,
        line: &[u8],
        take: &mut impl FnMut(&Event<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut line = line;
        if !std::mem::replace(&mut self.after_first_line, true) {
            line = line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line);
        }
        if line.is_empty() {
            return self.dispatch(take);
        }
        match std::str::from_utf8(line) {
            Ok(line) => self.field(line, take),
            Err(_) => self.field(&String::from_utf8_lossy(line), take),
        }
    }

    fn field<E>(
        &mut self,
        line: &str,
        take: &mut impl FnMut(&Event<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        let (name, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match name {
            "" => {
                self.heard = true;
                if let Some(status) = value.trim().strip_prefix("HTTP_STATUS/") {
                    self.status = status.parse().ok();
                }
            }
            "event" => {
                self.heard = true;
                value.clone_into(&mut self.name);
            }
            "data" => return self.data(value, take),
            // Some gateways end a stream with a bare JSON error; no field begins like this.
            _ if line.starts_with('{') => return self.data(line, take),
            // `id` and `retry` belong to reconnecting, which a chat request never does.
            _ => {}
        }
        Ok(())
    }

    fn data<E>(
        &mut self,
        value: &str,
        take: &mut impl FnMut(&Event<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        self.heard = true;
        if value.starts_with(['{', '[']) && self.data.as_deref().is_some_and(is_whole) {
            // What it was named and noted holds for the frame that follows, too.
            self.hand_out(take)?;
        }
        match &mut self.data {
            Some(data) => {
                data.push('\n');
                data.push_str(value);
            }
            none => {
                let mut data = std::mem::take(&mut self.spare);
                data.push_str(value);
                *none = Some(data);
            }
        }
        // Nothing counts after it, and the connection may stay open in silence.
        if value.trim_end() == "[DONE]" {
            return self.dispatch(take);
        }
        Ok(())
    }

    fn dispatch<E>(&mut self, take: &mut impl FnMut(&Event<'_>) -> Result<(), E>) -> Result<(), E> {
        self.hand_out(take)?;
        self.name.clear();
        self.status = None;
        Ok(())
    }

    fn hand_out<E>(&mut self, take: &mut impl FnMut(&Event<'_>) -> Result<(), E>) -> Result<(), E> {
        let Some(mut data) = self.data.take() else {
            return Ok(());
        };
        let taken = take(&Event {
            name: &self.name,
            data: &data,
            status: self.status,
        });
        if data.capacity() <= KEPT_BYTES {
            data.clear();
            self.spare = data;
        }
        taken
    }
}

/// Tells whether data of one line are a complete JSON object.
fn is_whole(data: &str) -> bool {
    data.starts_with('{')
        && data.trim_end().ends_with('}')
        && !data.contains('\n')
        && serde_json::from_str::<serde::de::IgnoredAny>(data).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An event that is kept.
    #[derive(Debug, PartialEq, Eq)]
    struct Kept {
        name: String,
        data: String,
        status: Option<u16>,
    }

    fn keep(events: &mut Vec<Kept>) -> impl FnMut(&Event<'_>) -> Result<(), TooLarge> {
        |event| {
            events.push(Kept {
                name: event.name.to_owned(),
                data: event.data.to_owned(),
                status: event.status,
            });
            Ok(())
        }
    }

    fn parse_in(pieces: &[&[u8]]) -> Vec<Kept> {
        let (mut parser, mut events) = (Parser::default(), Vec::new());
        for piece in pieces {
            parser.feed(piece, &mut keep(&mut events)).unwrap();
        }
        events
    }

    /// Every cut of the bytes in two, and one byte at a time, gives the same.
    fn data_of(body: &[u8]) -> Vec<String> {
        let whole = parse_in(&[body]);
        for at in 0..=body.len() {
            assert_eq!(parse_in(&[&body[..at], &body[at..]]), whole, "cut at {at}");
        }
        let bytes: Vec<&[u8]> = body.chunks(1).collect();
        assert_eq!(parse_in(&bytes), whole);
        whole.into_iter().map(|event| event.data).collect()
    }

    #[test]
    fn a1_every_mixture_of_line_ends_is_read() {
        assert_eq!(
            data_of(b"data:test\r\ndata\ndata:test\r\n\r"),
            ["test\n\ntest"]
        );
        assert_eq!(
            data_of(b"data:1\n\ndata:2\r\rdata:3\r\n\r\n"),
            ["1", "2", "3"]
        );
    }

    #[test]
    fn a3_one_byte_order_mark_is_dropped_and_no_second() {
        assert_eq!(data_of(b"\xef\xbb\xbfdata:1\n\ndata:2\n\n"), ["1", "2"]);
        let twice = b"\xef\xbb\xbf\xef\xbb\xbfdata:1\n\ndata:2\n\ndata:3\n\n";
        assert_eq!(data_of(twice), ["2", "3"]);
    }

    #[test]
    fn a4_comments_are_no_data() {
        let long = "x".repeat(3 * 1024);
        let body =
            format!("data:1\r:\0\n:\r\ndata:2\n:{long}\rdata:3\n:data:fail\r:{long}\ndata:4\n\n");
        assert_eq!(data_of(body.as_bytes()), ["1\n2\n3\n4"]);
    }

    #[test]
    fn a5_fields_are_told_apart_exactly() {
        let body = b"data:\0\ndata:  2\rData:1\ndata\0:2\ndata:1\r\0data:4\nda-ta:3\rdata_5\ndata:3\rdata:\r\n data:32\ndata:4\n\n";
        assert_eq!(data_of(body), ["\0\n 2\n1\n3\n\n4"]);
        assert_eq!(data_of(b"data:  two\n\n"), [" two"]);
    }

    #[test]
    fn a7_other_fields_and_a_nul_in_an_id_are_ignored() {
        assert_eq!(
            data_of(b"id: a\0b\nretry: 1\nstatus:200\nfoo\ndata\n\ndata\ndata\n\n"),
            ["", "\n"]
        );
    }

    #[test]
    fn a8_a_character_cut_over_packets_is_whole_and_bad_bytes_cost_only_themselves() {
        assert_eq!(data_of("data: 👩‍👩‍👧 你好\n\n".as_bytes()), ["👩‍👩‍👧 你好"]);
        assert_eq!(data_of(b"data: a\xffb\n\ndata: c\n\n"), ["a\u{fffd}b", "c"]);
    }

    #[test]
    fn a10_an_event_without_its_blank_line_comes_only_at_the_end() {
        let (mut parser, mut events) = (Parser::default(), Vec::new());
        parser
            .feed(b"data: [DONE]", &mut keep(&mut events))
            .unwrap();
        assert!(events.is_empty());
        parser.end(&mut keep(&mut events)).unwrap();
        assert_eq!(events[0].data, "[DONE]");
    }

    #[test]
    fn the_status_comment_stays_with_its_event() {
        let events = parse_in(&[b"event:error\n:HTTP_STATUS/429\ndata:{}\n\ndata:{}\n\n"]);
        assert_eq!(
            (events[0].status, events[0].name.as_str()),
            (Some(429), "error")
        );
        assert_eq!((events[1].status, events[1].name.as_str()), (None, ""));
    }

    #[test]
    fn whole_frames_need_no_blank_line_between_them() {
        assert_eq!(
            data_of(b"data: {\"a\":1}\ndata: {\"b\":2}\n\n"),
            ["{\"a\":1}", "{\"b\":2}"]
        );
        assert_eq!(data_of(b"data: {\ndata: \"a\":1}\n\n"), ["{\n\"a\":1}"]);
    }

    #[test]
    fn an_endless_line_is_refused() {
        let (mut parser, mut events) = (Parser::default(), Vec::new());
        let piece = vec![b'x'; 1024 * 1024];
        let fed: Result<Vec<()>, TooLarge> = (0..17)
            .map(|_| parser.feed(&piece, &mut keep(&mut events)))
            .collect();
        assert_eq!(fed, Err(TooLarge));
    }
}
