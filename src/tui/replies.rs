//! Sorts a terminal's answers out of what is typed.
//!
//! An answer such as `ESC ] 11 ; rgb:1e1e/1e1e/2e2e ESC \` is unknown to crossterm, which reports it
//! as Alt+] and typed characters. It may come at once, seconds later, in pieces, or unasked, and
//! must never end up in a message. Owns the machine that tells the two apart; it is told the time.
//!
//! What crossterm 0.29 makes of an answer (`event/sys/unix/parse.rs`): `ESC x` is Alt+x, BEL is
//! Ctrl+G, `ESC \` is Alt+\, the rest are characters; an ESC at the end of a read is the Esc key.
//! Answers to DA1 and DSR it drops by itself.
//!
//! Invariants: what is no answer comes out unchanged and in order; only what could begin an answer
//! is held back, and no longer than [`HOLD`] unless it came faster than anybody types.

use std::time::Duration;

use crossterm::event::{Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use tokio::time::Instant;

use crate::config::theme::Background;

/// How long a key that could begin an answer waits for the next one.
const HOLD: Duration = Duration::from_millis(50);
/// How long an Esc waits while an answer is due: it may be cut behind its first byte.
const HOLD_ESC: Duration = Duration::from_millis(30);
/// How long the rest of an answer may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// No answer is longer: `rgba:` with four times four digits, or the name of a terminal.
const LONGEST: usize = 256;

/// What comes out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Sorted {
    /// Something that the user did.
    Event(Event),
    /// The terminal's background.
    Background(Background),
}

/// A kind of answer, by the character behind its ESC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// `ESC ]`: an operating system command; colours answer in this form.
    Osc,
    /// `ESC P`: a device control string; names and settings answer in this form.
    Dcs,
    /// `ESC _`: an application program command; pictures answer in this form.
    Apc,
}

impl Kind {
    fn behind_esc(c: char) -> Self {
        match c {
            'P' => Self::Dcs,
            '_' => Self::Apc,
            _ => Self::Osc,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Nothing is held. What came last may still turn out to be a beginning: its first piece.
    Idle(Last),
    /// An Esc is held.
    Escape,
    /// The first two bytes of an answer are held.
    Opened(Kind),
    /// More of an answer is held, in `text`; it may still be typed.
    Head(Kind),
    /// It is an answer; what there is of it is in `text`, and nothing of it comes out.
    Body(Kind),
    /// An answer and the first byte of its end are swallowed.
    Closing,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Last {
    /// Something else.
    Other,
    /// Esc.
    Escape,
    /// The first two bytes of an answer, or keys that look like them.
    Opener(Kind),
}

/// The machine.
#[derive(Debug)]
pub(super) struct Replies {
    state: State,
    held: Vec<Event>,
    text: String,
    /// When what is held comes out, or the rest of an answer is given up.
    deadline: Option<Instant>,
    /// Until when an answer to a question of ours is due.
    due: Option<Instant>,
}

impl Replies {
    /// A machine that holds nothing.
    pub(super) fn new() -> Self {
        Self {
            state: State::Idle(Last::Other),
            held: Vec::new(),
            text: String::new(),
            deadline: None,
            due: None,
        }
    }

    /// Takes note that the terminal was asked something.
    pub(super) fn expect(&mut self, now: Instant) {
        self.due = Some(now + PATIENCE);
    }

    /// When [`Replies::expire`] is to be called, unless an event comes first.
    pub(super) fn deadline(&self) -> Option<Instant> {
        self.deadline
    }

    /// Takes an event.
    pub(super) fn take(&mut self, event: Event, now: Instant, out: &mut Vec<Sorted>) {
        self.expire(now, out);
        if matches!(
            event,
            Event::Resize(..) | Event::FocusGained | Event::FocusLost
        ) {
            // These are no input, so their order among the keys does not matter.
            out.push(Sorted::Event(event));
            return;
        }
        let piece = Piece::of(&event);
        match (self.state, piece) {
            (State::Idle(Last::Escape) | State::Escape, Piece::Text(c @ (']' | 'P' | '_'))) => {
                self.hold(event, State::Opened(Kind::behind_esc(c)), now + HOLD);
            }
            (State::Idle(Last::Opener(kind)), Piece::Text(c)) if fits(kind, "", c) != Fit::No => {
                // It was let go for want of the rest; only speed can tell now.
                self.text = c.to_string();
                self.hold(event, State::Head(kind), now + HOLD);
            }
            (State::Opened(kind) | State::Head(kind), Piece::Text(c)) => {
                match fits(kind, &self.text, c) {
                    Fit::No => self.reject(event, now, out),
                    fit => {
                        self.text.push(c);
                        self.hold(event, State::Head(kind), now + PATIENCE);
                        if fit == Fit::Surely {
                            self.held.clear();
                            self.state = State::Body(kind);
                        }
                    }
                }
            }
            (State::Body(kind), Piece::Text(c)) if self.goes_on(kind, c) => {
                self.text.push(c);
                self.deadline = Some(now + PATIENCE);
            }
            (State::Body(kind), Piece::Bell | Piece::End) => {
                self.understand(kind, out);
                self.rest(Last::Other);
            }
            (State::Body(kind), Piece::Escape) => {
                self.understand(kind, out);
                self.state = State::Closing;
                self.deadline = Some(now + PATIENCE);
            }
            (State::Body(_) | State::Closing, Piece::Nothing) => out.push(Sorted::Event(event)),
            (State::Closing, Piece::Text('\\')) => self.rest(Last::Other),
            (State::Body(_) | State::Closing, _) => {
                // The rest never came; this is something else.
                self.rest(Last::Other);
                self.take(event, now, out);
            }
            (State::Opened(_) | State::Head(_) | State::Escape, _) => {
                self.reject(event, now, out);
            }
            (State::Idle(_), Piece::Opener(kind)) => {
                self.hold(event, State::Opened(kind), now + HOLD);
            }
            (State::Idle(_), Piece::Escape) if self.due.is_some_and(|until| now < until) => {
                self.hold(event, State::Escape, now + HOLD_ESC);
            }
            (State::Idle(_), piece) => {
                out.push(Sorted::Event(event));
                self.rest(if piece == Piece::Escape {
                    Last::Escape
                } else {
                    Last::Other
                });
            }
        }
    }

    /// Lets go of what was held for too long.
    pub(super) fn expire(&mut self, now: Instant, out: &mut Vec<Sorted>) {
        if self.deadline.is_none_or(|deadline| now < deadline) {
            return;
        }
        let last = match self.state {
            State::Escape => Last::Escape,
            State::Opened(kind) => Last::Opener(kind),
            State::Idle(_) | State::Head(_) | State::Body(_) | State::Closing => Last::Other,
        };
        self.release(out);
        self.rest(last);
    }

    fn hold(&mut self, event: Event, state: State, until: Instant) {
        self.held.push(event);
        self.state = state;
        self.deadline = Some(until);
    }

    /// What is held was typed after all.
    fn reject(&mut self, event: Event, now: Instant, out: &mut Vec<Sorted>) {
        self.release(out);
        self.rest(Last::Other);
        self.take(event, now, out);
    }

    fn release(&mut self, out: &mut Vec<Sorted>) {
        out.extend(self.held.drain(..).map(Sorted::Event));
    }

    fn rest(&mut self, last: Last) {
        self.state = State::Idle(last);
        self.deadline = None;
        self.text.clear();
    }

    fn goes_on(&self, kind: Kind, c: char) -> bool {
        let of_it = match kind {
            Kind::Osc => c.is_ascii_hexdigit() || c == '/',
            Kind::Dcs | Kind::Apc => !c.is_control(),
        };
        of_it && self.text.len() < LONGEST
    }

    fn understand(&mut self, kind: Kind, out: &mut Vec<Sorted>) {
        let colour = self.text.strip_prefix("11;").filter(|_| kind == Kind::Osc);
        if let Some(rgb) = colour.and_then(rgb) {
            self.due = None;
            out.push(Sorted::Background(Background::of(rgb)));
        }
    }
}

/// What an event can be of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Piece {
    Text(char),
    Opener(Kind),
    Escape,
    Bell,
    End,
    /// A key that no answer has, or a paste.
    Other,
    /// The mouse: it may move while an answer comes.
    Nothing,
}

impl Piece {
    fn of(event: &Event) -> Self {
        let Event::Key(KeyEvent {
            code,
            modifiers,
            kind: KeyEventKind::Press,
            ..
        }) = event
        else {
            return match event {
                Event::Mouse(_) => Self::Nothing,
                _ => Self::Other,
            };
        };
        // An upper-case letter has Shift, whether it was pressed or not.
        let rest = modifiers.difference(KeyModifiers::SHIFT);
        match code {
            KeyCode::Esc if modifiers.is_empty() => Self::Escape,
            KeyCode::Char(c) if rest.is_empty() => Self::Text(*c),
            KeyCode::Char('g') if rest == KeyModifiers::CONTROL => Self::Bell,
            KeyCode::Char(c) if rest == KeyModifiers::ALT => match c {
                ']' | 'P' | '_' => Self::Opener(Kind::behind_esc(*c)),
                '\\' => Self::End,
                _ => Self::Other,
            },
            _ => Self::Other,
        }
    }
}

/// Whether a text can be how an answer begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fit {
    No,
    Maybe,
    Surely,
}

fn fits(kind: Kind, text: &str, next: char) -> Fit {
    let text = format!("{text}{next}");
    match kind {
        Kind::Osc => colour_begins(&text),
        Kind::Dcs => among(&text, &[">|", "0$r", "1$r", "0+r", "1+r"]),
        Kind::Apc => among(&text, &["Gi=", "GI="]),
    }
}

fn among(text: &str, beginnings: &[&str]) -> Fit {
    if beginnings.contains(&text) {
        Fit::Surely
    } else if beginnings.iter().any(|known| known.starts_with(text)) {
        Fit::Maybe
    } else {
        Fit::No
    }
}

/// `4;NUMBER;` for an entry of the palette, `10;` to `19;` for text, background, cursor …, and then
/// how the colour is written.
fn colour_begins(text: &str) -> Fit {
    let Some((number, mut rest)) = text.split_once(';') else {
        let known = ["4", "5"].contains(&text)
            || (text.starts_with('1')
                && text.len() <= 2
                && text.chars().all(|c| c.is_ascii_digit()));
        return if known { Fit::Maybe } else { Fit::No };
    };
    match number {
        "4" | "5" => {
            let digits = rest.trim_start_matches(|c: char| c.is_ascii_digit());
            let count = rest.len() - digits.len();
            if digits.is_empty() && count <= 3 {
                return Fit::Maybe;
            }
            match digits.strip_prefix(';') {
                Some(colour) if (1..=3).contains(&count) => rest = colour,
                _ => return Fit::No,
            }
        }
        number if number.len() == 2 => {}
        _ => return Fit::No,
    }
    if rest.is_empty() {
        return Fit::Maybe;
    }
    among(rest, &["rgb:", "rgba:", "#"])
}

/// A colour as terminals write it (XParseColor): one to four digits a channel, or `#rrggbb`.
fn rgb(text: &str) -> Option<[u8; 3]> {
    let channel = |digits: &str| -> Option<u8> {
        let most = 16_u32.checked_pow(u32::try_from(digits.len()).ok()?)? - 1;
        let value = u32::from_str_radix(digits, 16).ok()?;
        u8::try_from(value * 255 / most).ok()
    };
    let mut channels: Vec<&str> = Vec::new();
    if let Some(digits) = text.strip_prefix('#') {
        let each = digits.len() / 3;
        let parts = (0..3).map(|at| digits.get(at * each..(at + 1) * each));
        channels.extend(parts.flatten().filter(|_| digits.len().is_multiple_of(3)));
    } else {
        let list = text
            .strip_prefix("rgb:")
            .or_else(|| text.strip_prefix("rgba:"))?;
        channels.extend(list.split('/').take(3));
    }
    let mut values = channels
        .into_iter()
        .filter(|digits| (1..=4).contains(&digits.len()))
        .map(channel);
    Some([values.next()??, values.next()??, values.next()??])
}

#[cfg(test)]
mod tests;
