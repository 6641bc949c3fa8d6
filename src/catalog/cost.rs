//! What a turn cost by the list price, and what each part of it did.

use super::{Currency, Prices};
use crate::chat::{Turn, Usage};
use crate::phrase::tr;

/// What a turn cost by the list price: the parts add up to the whole.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Cost {
    /// The currency of all of it.
    pub currency: Currency,
    /// The whole.
    pub total: f64,
    /// The request, what came from the cache included; `None` where it was not counted.
    pub input: Option<f64>,
    /// The reply; `None` where it was not counted.
    pub output: Option<Output>,
}

/// What the parts of a reply cost: reasoning and answer have one price.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Output {
    /// The reasoning; `None` where there was none.
    pub thinking: Option<f64>,
    /// The answer.
    pub answer: f64,
    /// Whether the two were told apart by their texts, since the provider does not tell.
    pub estimated: bool,
}

impl Cost {
    /// Its parts in words, `input $0.0003 + thinking ~$0.0004 + answer ~$0.0005`.
    pub fn parts(&self) -> String {
        let sign = self.currency.sign();
        let input = self
            .input
            .map(|amount| tr!("input {amount}", amount = price(sign, amount)));
        let output = Some(self.output_parts()).filter(|parts| !parts.is_empty());
        let parts: Vec<String> = input.into_iter().chain(output).collect();
        parts.join(" + ")
    }

    /// What thinking and answer cost apart, in words; of a reply without thinking, the answer.
    pub fn output_parts(&self) -> String {
        let Some(output) = self.output else {
            return String::new();
        };
        let about = if output.estimated { "~" } else { "" };
        let sign = self.currency.sign();
        let amount = |amount| format!("{about}{}", price(sign, amount));
        let answer = amount(output.answer);
        match output.thinking.map(amount) {
            Some(thinking) => tr!("thinking {thinking} + answer {answer}", thinking, answer),
            None => tr!("answer {answer}", answer),
        }
    }
}

/// A price with two telling digits: `$0.001`, `$0.42`, `¥1.3`; never nothing for something.
pub fn price(sign: &str, amount: f64) -> String {
    if amount <= 0.0 {
        return format!("{sign}0");
    }
    if amount < 0.000_01 {
        return format!("<{sign}0.00001");
    }
    let decimals = match amount {
        a if a >= 0.1 => 2,
        a if a >= 0.01 => 3,
        a if a >= 0.001 => 4,
        _ => 5,
    };
    format!("{sign}{amount:.decimals$}")
}

impl Prices {
    /// What a reply costs at these prices, in [`Prices::currency`]; `None` when neither its input
    /// nor its output was counted.
    ///
    /// What is written to a cache is counted as plain input: few vendors list a price for it.
    pub fn cost(&self, usage: &Usage) -> Option<f64> {
        if usage.is_unknown() || (usage.input_tokens.is_none() && usage.output_tokens.is_none()) {
            return None;
        }
        let input = self.input_cost(usage).unwrap_or_default();
        Some(input + self.output_cost(usage.output_tokens.unwrap_or(0)))
    }

    /// What a turn cost at these prices; `None` as with [`Prices::cost`].
    pub fn cost_of(&self, turn: &Turn) -> Option<Cost> {
        let usage = turn.reply.total_usage();
        let total = self.cost(&usage)?;
        let output = usage.output_tokens.map(|tokens| {
            let (thought, reported) = turn.reasoning_tokens();
            let (answered, _) = turn.answer_tokens();
            let thought = match (turn.reply.reasoning.is_empty(), reported) {
                (true, false) => 0,
                (_, true) => thought.min(tokens),
                (false, false) => share(tokens, thought, answered),
            };
            let thinking = thought > 0;
            Output {
                thinking: thinking.then(|| self.output_cost(thought)),
                answer: self.output_cost(tokens - thought),
                estimated: thinking && !reported,
            }
        });
        Some(Cost {
            currency: self.currency,
            total,
            input: self.input_cost(&usage),
            output,
        })
    }

    fn input_cost(&self, usage: &Usage) -> Option<f64> {
        let input = usage.input_tokens?;
        let cached = usage.cached_tokens.unwrap_or(0).min(input);
        let of_cached = self.cached_per_mtok.unwrap_or(self.input_per_mtok);
        Some(cost_of(input - cached, self.input_per_mtok) + cost_of(cached, of_cached))
    }

    /// What some of a reply costs: reasoning and answer have one price.
    pub fn output_cost(&self, tokens: u64) -> f64 {
        cost_of(tokens, self.output_per_mtok)
    }
}

/// As much of `all` as `part` is of `part` and `rest`.
fn share(all: u64, part: u64, rest: u64) -> u64 {
    let of = u128::from(part) + u128::from(rest);
    let share = u128::from(all) * u128::from(part) / of.max(1);
    u64::try_from(share).unwrap_or(all).min(all)
}

fn cost_of(tokens: u64, per_mtok: f64) -> f64 {
    #[expect(
        clippy::cast_precision_loss,
        reason = "token counts stay far below 2^52"
    )]
    let tokens = tokens as f64;
    tokens * per_mtok / 1e6
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::{Asked, Conversation, Delta, Moment, Part, TurnId};

    const PRICES: Prices = Prices {
        currency: Currency::Usd,
        input_per_mtok: 1.0,
        output_per_mtok: 10.0,
        cached_per_mtok: Some(0.1),
    };

    fn turn(thought: &str, answer: &str, usage: Usage) -> Turn {
        let mut said = Conversation::new(String::new());
        said.add(
            TurnId(1),
            None,
            String::new(),
            Asked::default(),
            Moment::default(),
        );
        let turn = said.turn_mut(TurnId(1)).unwrap();
        let deltas = [
            Delta::Replace(Part::Reasoning, thought.to_owned()),
            Delta::Answer(answer.to_owned()),
            Delta::Usage(usage),
        ];
        for delta in deltas {
            turn.push(delta, std::time::Duration::ZERO);
        }
        turn.clone()
    }

    #[test]
    fn the_parts_of_a_turns_cost_add_up_to_all_of_it() {
        let counted = Usage {
            input_tokens: Some(2_000),
            cached_tokens: Some(1_000),
            output_tokens: Some(500),
            ..Usage::default()
        };
        let reported = Usage {
            reasoning_tokens: Some(300),
            ..counted
        };
        let input = "input $0.0011";
        for (turn, parts) in [
            (
                turn("hm", "so", reported),
                "thinking $0.0030 + answer $0.0020",
            ),
            // Told apart by the length of the texts.
            (
                turn(&"word ".repeat(300), &"word ".repeat(100), counted.clone()),
                "thinking ~$0.0037 + answer ~$0.0013",
            ),
            (turn("", "so", counted), "answer $0.0050"),
        ] {
            let cost = PRICES.cost_of(&turn).unwrap();
            assert_eq!(cost.parts(), format!("{input} + {parts}"));
            let output = cost.output.unwrap();
            let sum = cost.input.unwrap() + output.thinking.unwrap_or_default() + output.answer;
            assert!((sum - cost.total).abs() < 1e-12, "{cost:?}");
        }
        let half = Usage {
            output_tokens: Some(500),
            ..Usage::default()
        };
        let cost = PRICES.cost_of(&turn("", "so", half)).unwrap();
        assert_eq!(
            (cost.input, cost.parts().as_str()),
            (None, "answer $0.0050")
        );
        assert_eq!(PRICES.cost_of(&turn("a", "b", Usage::default())), None);
    }

    #[test]
    fn prices_have_two_telling_digits() {
        let shown = [0.0, 0.000_001, 0.000_012, 0.001_23, 0.0123, 0.42, 12.345];
        assert_eq!(
            shown.map(|amount| price("$", amount)).join(" "),
            "$0 <$0.00001 $0.00001 $0.0012 $0.012 $0.42 $12.35"
        );
    }
}
