//! Names of conversations and turns: short enough to be typed, in the order of their making, and
//! different on every program that shares a store.

use std::fmt;
use std::ops::RangeInclusive;
use std::str::FromStr;

use super::Moment;
use crate::phrase::tr;

/// Low bits that tell ids of the same second apart; the seconds stand above them.
const RANDOM_BITS: u32 = 25;
/// How far apart, at most and in bits, ids of one program are that must follow one another.
const STEP_BITS: u32 = 20;
/// Seconds that fit above them: until the year 3058.
const MOST_SECONDS: i64 = (1 << 35) - 1;
/// How an id is written: no `i`, `l`, `o` and `u`, which are misread.
const DIGITS: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
/// Digits of an id: 60 bits.
const LENGTH: usize = 12;

/// Names a conversation, in every program that shares the store.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConversationId(pub u64);

impl ConversationId {
    /// The ids that begin as typed, in either case; `None` when no id can begin like that.
    pub fn beginning_with(typed: &str) -> Option<RangeInclusive<Self>> {
        let mut first: u64 = 0;
        let digits = typed.trim().chars().map(digit);
        let mut length = 0;
        for digit in digits {
            first = first.checked_mul(32)? | digit?;
            length += 1;
        }
        if length == 0 || length > LENGTH {
            return None;
        }
        let open_bits = 5 * u32::try_from(LENGTH - length).ok()?;
        let first = first << open_bits;
        Some(Self(first)..=Self(first | ((1 << open_bits) - 1)))
    }
}

fn digit(c: char) -> Option<u64> {
    let c = match c.to_ascii_lowercase() {
        'o' => '0',
        'i' | 'l' => '1',
        c => c,
    };
    let at = DIGITS.iter().position(|digit| char::from(*digit) == c)?;
    u64::try_from(at).ok()
}

impl fmt::Display for ConversationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits: String = (0..LENGTH)
            .rev()
            .filter_map(|place| {
                let digit = usize::try_from((self.0 >> (5 * place)) & 31).ok()?;
                DIGITS.get(digit).map(|digit| char::from(*digit))
            })
            .collect();
        f.pad(&digits)
    }
}

/// A text that is no conversation's id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", tr!("“{typed}” is no conversation's id; `mmchat history list` shows them", typed = .0))]
pub struct NoSuchId(pub String);

impl FromStr for ConversationId {
    type Err = NoSuchId;

    fn from_str(typed: &str) -> Result<Self, Self::Err> {
        Self::beginning_with(typed)
            .filter(|range| range.start() == range.end())
            .map(|range| *range.start())
            .ok_or_else(|| NoSuchId(typed.to_owned()))
    }
}

/// Makes ids that grow. Two programs make different ones, as long as their seeds differ.
#[derive(Debug, Clone)]
pub struct Ids {
    state: u64,
    last: u64,
}

impl Ids {
    /// Ids of this seed.
    pub fn new(seed: u64) -> Self {
        Self {
            state: seed,
            last: 0,
        }
    }

    /// An id of that moment, larger than every one before it.
    pub fn next(&mut self, now: Moment) -> u64 {
        let id = earliest_of(now.unix_seconds) | (self.random() >> (64 - RANDOM_BITS));
        // Two programs that go on after the same id must not meet at the next one.
        let after = self.last + 1 + (self.random() >> (64 - STEP_BITS));
        self.last = if id > self.last { id } else { after };
        self.last
    }

    /// Makes later ids larger than this one, which came from elsewhere.
    pub fn go_on_after(&mut self, id: u64) {
        self.last = self.last.max(id);
    }

    /// An id of a moment that may lie before those of earlier ids: for what is taken over from
    /// elsewhere.
    pub fn of(&mut self, then: Moment) -> u64 {
        earliest_of(then.unix_seconds) | (self.random() >> (64 - RANDOM_BITS))
    }

    /// The next number of a splitmix64 sequence.
    fn random(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}

/// The smallest id that a moment's ids can have: what was before it has smaller ones.
pub fn earliest_of(unix_seconds: i64) -> u64 {
    u64::try_from(unix_seconds.clamp(0, MOST_SECONDS)).unwrap_or(0) << RANDOM_BITS
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(unix_seconds: i64) -> Moment {
        Moment {
            unix_seconds,
            offset_minutes: 0,
        }
    }

    #[test]
    fn ids_grow_even_when_the_clock_goes_back() {
        let mut ids = Ids::new(7);
        let mut last = 0;
        for second in [5, 5, 5, 9, 3, 3, 10, i64::MAX, i64::MIN, i64::MAX] {
            let id = ids.next(at(second));
            assert!(id > last, "{second}");
            assert!(id < 1 << 60 || second == i64::MAX);
            last = id;
        }
    }

    #[test]
    fn an_id_is_read_back_as_it_was_written_and_found_by_its_beginning() {
        let id = ConversationId(Ids::new(1).next(at(1_795_352_520)));
        let text = id.to_string();
        assert_eq!(text.len(), 12);
        assert_eq!(text.parse(), Ok(id));
        assert_eq!(text.to_uppercase().parse(), Ok(id));
        for length in 1..=12 {
            let typed: String = text.chars().take(length).collect();
            let range = ConversationId::beginning_with(&typed).unwrap();
            assert!(range.contains(&id), "{length}");
        }
        assert!("1ngeekzw44p".parse::<ConversationId>().is_err());
        for wrong in ["", "u", "1f-2", "0123456789abc", "%", "你好"] {
            assert_eq!(ConversationId::beginning_with(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn ids_of_two_programs_differ_and_sort_by_time() {
        let (mut one, mut other) = (Ids::new(1), Ids::new(2));
        let (a, b) = (one.next(at(100)), other.next(at(100)));
        assert_ne!(a, b);
        one.go_on_after(a.max(b) + 99);
        other.go_on_after(a.max(b) + 99);
        assert_ne!(one.next(at(3)), other.next(at(3)));
        let later = one.next(at(101));
        assert!(a < later && b < later && earliest_of(101) <= later);
        assert!(a < earliest_of(101) && b < earliest_of(101));
    }
}
