//! Tells increments from snapshots: some providers send each piece as all the text so
//! far, and nothing in the frame says so.
//!
//! Two hypotheses are kept: all pieces joined, and the newest piece alone. The second holds while
//! every piece begins with the piece before it. Whichever is shown, the step says how the shown
//! text changes; it is taken back only when the hypothesis flips.
//!
//! Invariants: work is linear in the bytes received; text is never lost, whatever is guessed.

/// What pieces may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pieces {
    /// Each is new text: nothing is guessed.
    Increments,
    /// Nobody knows.
    Unknown,
    /// Each is all the text so far, by contract.
    Snapshots,
}

/// How the text changes.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Change<'a> {
    /// Not at all.
    None,
    /// By this at its end.
    Append(&'a str),
    /// It is now exactly this.
    Restart(String),
}

/// One field of a reply, piece by piece.
#[derive(Debug)]
pub(super) struct Field {
    belief: Belief,
    /// The text as it is shown; empty where nothing needs it.
    text: String,
}

#[derive(Debug)]
enum Belief {
    /// Increments by contract.
    Plain,
    /// Snapshots by contract.
    Contract,
    /// Every piece so far began with the one before.
    Open {
        joined: String,
        last: String,
        growths: u32,
    },
    /// A piece did not: they are increments.
    Increments,
    /// Too many grew for chance: they are snapshots.
    Snapshots,
}

/// A piece this long (in characters) that begins the next one is no accident of tokens.
const TELLING_CHARS: usize = 8;
/// So many telling pieces in a row settle it; until then the joined text is kept as well.
const SETTLING_GROWTHS: u32 = 3;
/// A piece this long (in characters) that equals the whole text is a repetition.
const REPETITION_CHARS: usize = 32;

impl Field {
    /// A field with nothing in it.
    pub(super) fn new(pieces: Pieces) -> Self {
        Self {
            belief: match pieces {
                Pieces::Increments => Belief::Plain,
                Pieces::Snapshots => Belief::Contract,
                Pieces::Unknown => Belief::Open {
                    joined: String::new(),
                    last: String::new(),
                    growths: 0,
                },
            },
            text: String::new(),
        }
    }

    /// Takes the next piece. Empty ones say nothing.
    pub(super) fn push<'a>(&mut self, piece: &'a str) -> Change<'a> {
        if piece.is_empty() {
            return Change::None;
        }
        match &mut self.belief {
            Belief::Plain => Change::Append(piece),
            Belief::Contract => self.show(piece),
            Belief::Increments => {
                let repeats = piece.len() == self.text.len()
                    && piece == self.text
                    && is_long(piece, REPETITION_CHARS);
                if repeats {
                    return Change::None;
                }
                self.text.push_str(piece);
                Change::Append(piece)
            }
            Belief::Snapshots => {
                if piece.starts_with(&self.text) {
                    return self.show(piece);
                }
                // Settled, and yet no snapshot: most likely a last increment.
                self.text.push_str(piece);
                Change::Append(piece)
            }
            Belief::Open {
                joined,
                last,
                growths,
            } => {
                if !piece.starts_with(last.as_str()) {
                    let mut whole = std::mem::take(joined);
                    whole.push_str(piece);
                    self.belief = Belief::Increments;
                    return self.correct(whole, piece);
                }
                joined.push_str(piece);
                let telling = is_long(last, TELLING_CHARS);
                if telling && piece.len() > last.len() {
                    *growths += 1;
                }
                piece.clone_into(last);
                if *growths >= SETTLING_GROWTHS {
                    self.belief = Belief::Snapshots;
                }
                if telling {
                    return self.show(piece);
                }
                self.text.push_str(piece);
                Change::Append(piece)
            }
        }
    }

    /// Makes the text exactly this piece.
    fn show<'a>(&mut self, piece: &'a str) -> Change<'a> {
        match piece.strip_prefix(self.text.as_str()) {
            Some("") => Change::None,
            Some(more) => {
                self.text.push_str(more);
                Change::Append(more)
            }
            None => {
                piece.clone_into(&mut self.text);
                Change::Restart(piece.to_owned())
            }
        }
    }

    /// Makes the text exactly `whole`, which ends in `piece`.
    fn correct<'a>(&mut self, whole: String, piece: &'a str) -> Change<'a> {
        let grew_by_piece = whole.strip_suffix(piece) == Some(self.text.as_str());
        self.text.clone_from(&whole);
        if grew_by_piece {
            Change::Append(piece)
        } else {
            Change::Restart(whole)
        }
    }
}

fn is_long(text: &str, chars: usize) -> bool {
    text.chars().nth(chars.saturating_sub(1)).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The text that the changes make, and how often it was taken back.
    fn shown(pieces: Pieces, sent: &[&str]) -> (String, usize) {
        let (mut field, mut text, mut restarts) = (Field::new(pieces), String::new(), 0);
        for piece in sent {
            match field.push(piece) {
                Change::None => {}
                Change::Append(more) => text.push_str(more),
                Change::Restart(whole) => {
                    text = whole;
                    restarts += 1;
                }
            }
        }
        (text, restarts)
    }

    #[test]
    fn snapshots_are_found_out_and_never_taken_back() {
        let sent = [
            "First I look",
            "First I look at the map",
            "First I look at the map, then",
        ];
        assert_eq!(
            shown(Pieces::Unknown, &sent),
            ("First I look at the map, then".to_owned(), 0)
        );
    }

    #[test]
    fn snapshots_that_begin_short_are_corrected_once() {
        let sent = [
            "I",
            "I lo",
            "I look at",
            "I look at it",
            "I look at it all",
            "I look at it all.",
        ];
        assert_eq!(
            shown(Pieces::Unknown, &sent),
            ("I look at it all.".to_owned(), 1)
        );
    }

    #[test]
    fn increments_stay_whole_even_when_they_repeat_themselves() {
        assert_eq!(
            shown(Pieces::Unknown, &["ha", "ha", "ha", "!"]).0,
            "hahaha!"
        );
        let rules = ["--------", "--------", "--------", "\n"];
        assert_eq!(
            shown(Pieces::Unknown, &rules),
            ("------------------------\n".to_owned(), 1)
        );
        assert_eq!(
            shown(
                Pieces::Unknown,
                &["The user wants ", "The user wants to", "x"]
            )
            .0,
            "The user wants The user wants tox"
        );
    }

    #[test]
    fn a_repetition_of_the_whole_text_is_dropped() {
        let (half, rest) = (
            "It is a long answer, ",
            "longer than thirty-two characters.",
        );
        let whole = format!("{half}{rest}");
        assert_eq!(shown(Pieces::Unknown, &[half, rest, &whole]), (whole, 0));
    }

    #[test]
    fn a_last_increment_after_many_snapshots_is_kept() {
        let sent = ["12345678", "123456789", "1234567890", "12345678901", "!"];
        assert_eq!(shown(Pieces::Unknown, &sent).0, "12345678901!");
    }

    #[test]
    fn where_nothing_is_guessed_pieces_are_taken_as_they_are() {
        let sent = ["abcdefgh", "abcdefghi"];
        assert_eq!(shown(Pieces::Increments, &sent).0, "abcdefghabcdefghi");
        assert_eq!(
            shown(Pieces::Snapshots, &["a", "ab", "", "x"]),
            ("x".to_owned(), 1)
        );
    }
}
