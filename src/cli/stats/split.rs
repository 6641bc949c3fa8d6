//! What thinking and answering cost apart, by the catalogue's prices of output.
//!
//! Providers bill one sum, and the request is part of it, so the two are less than the whole. Only
//! turns count of which it is known how much was thinking.

use super::{Bars, plus};
use crate::catalog::{Currency, Prices, price};
use crate::store::tally::Tally;

/// What some tokens cost by the catalogue's prices, in either currency.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Cost {
    pub(super) usd: Option<f64>,
    pub(super) cny: Option<f64>,
}

/// The costs of thinking and of answering.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Split {
    pub(super) thinking: Cost,
    pub(super) answer: Cost,
}

impl Cost {
    pub(super) fn of(amount: f64, currency: Currency) -> Self {
        let amount = Some(amount);
        match currency {
            Currency::Usd => Self {
                usd: amount,
                cny: None,
            },
            Currency::Cny => Self {
                usd: None,
                cny: amount,
            },
        }
    }

    pub(super) fn plus(self, other: Self) -> Self {
        Self {
            usd: plus(self.usd, other.usd),
            cny: plus(self.cny, other.cny),
        }
    }

    /// What is known of it, for people.
    pub(super) fn parts(self, bars: Bars) -> Vec<String> {
        let amounts = [("$", self.usd), (bars.yuan(), self.cny)];
        let amounts = amounts.into_iter();
        let known = amounts.filter_map(|(sign, amount)| Some(format!("~{}", price(sign, amount?))));
        known.collect()
    }
}

impl Split {
    /// The costs of a model's turns; nothing where it has no price or where thinking and answers
    /// are not told apart.
    pub(super) fn of(tally: &Tally, prices: Option<Prices>) -> Self {
        let Some(prices) = prices.filter(|_| tally.told_apart > 0) else {
            return Self::default();
        };
        let cost = |tokens| Cost::of(prices.output_cost(tokens), prices.currency);
        Self {
            thinking: cost(tally.thought),
            answer: cost(tally.told_apart.saturating_sub(tally.thought)),
        }
    }

    pub(super) fn plus(self, other: Self) -> Self {
        Self {
            thinking: self.thinking.plus(other.thinking),
            answer: self.answer.plus(other.answer),
        }
    }

    /// Thinking, answer, for people; `None` where neither is known.
    pub(super) fn cells(self, bars: Bars) -> Option<[String; 2]> {
        let is_known = self != Self::default();
        is_known.then(|| [self.thinking, self.answer].map(|cost| cost.parts(bars).join("+")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thinking_and_answer_are_priced_apart_where_they_are_told_apart() {
        let prices = Prices {
            currency: Currency::Usd,
            input_per_mtok: 1.0,
            output_per_mtok: 2.0,
            cached_per_mtok: None,
        };
        let tally = Tally {
            told_apart: 1_000_000,
            thought: 750_000,
            ..Tally::default()
        };
        let bars = Bars {
            ascii: true,
            cols: 10,
        };
        let split = Split::of(&tally, Some(prices));
        let twice = split.plus(split);
        assert_eq!(twice.cells(bars).unwrap(), ["~$3.00", "~$1.00"]);
        assert_eq!(Split::of(&tally, None).cells(bars), None);
        assert_eq!(Split::of(&Tally::default(), Some(prices)).cells(bars), None);
    }
}
