//! How many tokens a text has, roughly, for as long as the provider has not said; and how what it
//! says makes the next guess better.
//!
//! Characters are counted by class of script, since that is what decides how many make a token.
//! Each model's [`Rates`] begin with what holds for most and are drawn towards what its provider
//! reports.

use std::ops::{Add, AddAssign};

/// How far one report draws the rates towards itself: most of the way, since the next request is
/// mostly the same text, but not all of it, since one reply may be odd.
const STEP: f64 = 0.6;
/// A text of fewer tokens says more about chance than about rates.
const TELLING_TOKENS: f64 = 16.0;
/// A request of fewer tokens says more about what the provider adds to it than about rates.
const TELLING_REQUEST_TOKENS: f64 = 200.0;
/// The most that providers are believed to add to a request.
const MOST_OVERHEAD_TOKENS: f64 = 512.0;

/// How many characters a text has, by class of script.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Extent {
    /// ASCII.
    pub ascii: f64,
    /// Chinese, Japanese and Korean.
    pub cjk: f64,
    /// Everything else.
    pub other: f64,
}

impl Extent {
    /// Counts a text.
    pub fn of(text: &str) -> Self {
        let mut extent = Self::default();
        for c in text.chars() {
            match c {
                '\0'..='\x7f' => extent.ascii += 1.0,
                '\u{2e80}'..='\u{9fff}' | '\u{ac00}'..='\u{d7af}' | '\u{f900}'..='\u{faff}' => {
                    extent.cjk += 1.0;
                }
                '\u{ff00}'..='\u{ffef}' | '\u{20000}'..='\u{3ffff}' => extent.cjk += 1.0,
                _ => extent.other += 1.0,
            }
        }
        extent
    }
}

impl Add for Extent {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            ascii: self.ascii + other.ascii,
            cjk: self.cjk + other.cjk,
            other: self.other + other.other,
        }
    }
}

impl AddAssign for Extent {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

/// How many tokens a character of each class makes, for one model.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rates {
    ascii: f64,
    cjk: f64,
    other: f64,
    /// What the provider adds to every request: its template, tools, a preamble.
    overhead_tokens: f64,
}

impl Default for Rates {
    /// About four ASCII characters a token, two of other alphabets, and two tokens for three CJK
    /// characters. Within a fifth of the reported counts on mixed prose and code.
    fn default() -> Self {
        Self {
            ascii: 0.25,
            cjk: 0.67,
            other: 0.5,
            overhead_tokens: 0.0,
        }
    }
}

impl Rates {
    /// Tokens of a text, estimated; always shown with a `~`.
    pub fn tokens(&self, extent: Extent) -> f64 {
        self.ascii * extent.ascii + self.cjk * extent.cjk + self.other * extent.other
    }

    /// Tokens of a whole request with this much text, estimated.
    pub fn request_tokens(&self, extent: Extent) -> f64 {
        self.overhead_tokens + self.tokens(extent)
    }

    /// Learns from the reported tokens of a text.
    pub fn learn(&mut self, extent: Extent, reported_tokens: f64) {
        let guess = self.tokens(extent);
        if guess < TELLING_TOKENS || reported_tokens < TELLING_TOKENS {
            return;
        }
        let surplus = (reported_tokens / guess).clamp(0.2, 5.0) - 1.0;
        let share = |rate: f64, characters: f64| rate * characters / guess;
        let shares = [
            share(self.ascii, extent.ascii),
            share(self.cjk, extent.cjk),
            share(self.other, extent.other),
        ];
        // A class answers for the surplus by its share of the text: one that is not in it learns
        // nothing.
        let squares: f64 = shares.iter().map(|share| share * share).sum();
        for (rate, share) in [&mut self.ascii, &mut self.cjk, &mut self.other]
            .into_iter()
            .zip(shares)
        {
            *rate = (*rate * (1.0 + STEP * surplus * share / squares)).clamp(0.02, 4.0);
        }
    }

    /// Learns from the reported tokens of a request with this much text: what the provider adds
    /// where it is short, the rates where it is long.
    pub fn learn_request(&mut self, extent: Extent, reported_tokens: f64) {
        if self.tokens(extent) < TELLING_REQUEST_TOKENS {
            let added = reported_tokens - self.tokens(extent);
            let towards = self.overhead_tokens + STEP * (added - self.overhead_tokens);
            self.overhead_tokens = towards.clamp(0.0, MOST_OVERHEAD_TOKENS);
        } else {
            self.learn(extent, reported_tokens - self.overhead_tokens);
        }
    }
}

/// Tokens of a text, estimated with the rates that hold for most models.
pub fn estimate_tokens(text: &str) -> f64 {
    Rates::default().tokens(Extent::of(text))
}

/// A count of tokens as a whole number; what is no number is none.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a float's cast saturates, and no count is negative"
)]
pub fn whole_tokens(tokens: f64) -> u64 {
    tokens.round() as u64
}

/// A reported count of tokens, to calculate with.
#[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^52")]
pub fn tokens_as_f64(tokens: u64) -> f64 {
    tokens as f64
}

/// How much text a turn has.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Estimate {
    /// Of the prompt.
    pub prompt: Extent,
    /// Of the reasoning so far.
    pub reasoning: Extent,
    /// Of the answer so far.
    pub answer: Extent,
}

impl Estimate {
    /// Counts a turn's texts.
    pub fn of(prompt: &str, reasoning: &str, answer: &str) -> Self {
        Self {
            prompt: Extent::of(prompt),
            reasoning: Extent::of(reasoning),
            answer: Extent::of(answer),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How far a guess is off, as a share of the truth.
    fn error(rates: &Rates, extent: Extent, truth: f64) -> f64 {
        (rates.tokens(extent) - truth).abs() / truth
    }

    #[test]
    fn the_first_guess_is_the_usual_one() {
        assert!((estimate_tokens("four") - 1.0).abs() < 1e-9);
        assert!((estimate_tokens("你好世界") - 2.68).abs() < 1e-9);
        assert!((estimate_tokens("дом") - 1.5).abs() < 1e-9);
    }

    #[test]
    fn each_report_makes_the_error_smaller() {
        let texts = [
            "plain English prose, again and again. ".repeat(40),
            "中文的句子，一句接一句。".repeat(40),
            "half English, 一半中文, и немного по-русски. ".repeat(40),
        ];
        // A model that splits ASCII finer and CJK coarser than most.
        let truth = Rates {
            ascii: 0.36,
            cjk: 0.5,
            other: 0.8,
            overhead_tokens: 0.0,
        };
        let mut rates = Rates::default();
        let mut worst = f64::INFINITY;
        for _ in 0..8 {
            for text in &texts {
                let extent = Extent::of(text);
                let reported = truth.tokens(extent);
                let before = error(&rates, extent, reported);
                rates.learn(extent, reported);
                let after = error(&rates, extent, reported);
                assert!(after <= before + 1e-9, "{before} became {after}");
            }
            let errors = texts.iter().map(|text| {
                let extent = Extent::of(text);
                error(&rates, extent, truth.tokens(extent))
            });
            let now = errors.fold(0.0, f64::max);
            assert!(now <= worst + 1e-9, "{worst} became {now}");
            worst = now;
        }
        assert!(worst < 0.02, "still {worst}");
    }

    #[test]
    fn a_class_that_is_not_in_the_text_learns_nothing() {
        let mut rates = Rates::default();
        rates.learn(Extent::of(&"word ".repeat(100)), 400.0);
        assert!((rates.cjk - Rates::default().cjk).abs() < 1e-9);
        assert!(rates.ascii > Rates::default().ascii);
    }

    #[test]
    fn short_requests_tell_what_the_provider_adds() {
        let mut rates = Rates::default();
        let hello = Extent::of("hello");
        for _ in 0..6 {
            rates.learn_request(hello, 43.0);
        }
        assert!((rates.request_tokens(hello) - 43.0).abs() < 1.0);
        assert!((rates.ascii - Rates::default().ascii).abs() < 1e-9);
    }

    proptest::proptest! {
        #[test]
        fn no_report_makes_the_rates_wild(
            text in ".{0,400}",
            reports in proptest::collection::vec(0.0..1e12_f64, 0..20),
        ) {
            let mut rates = Rates::default();
            for report in reports {
                rates.learn(Extent::of(&text), report);
                rates.learn_request(Extent::of(&text), report);
            }
            for rate in [rates.ascii, rates.cjk, rates.other] {
                proptest::prop_assert!((0.02..=4.0).contains(&rate));
            }
            proptest::prop_assert!(rates.request_tokens(Extent::of("x")).is_finite());
        }
    }
}
