//! Token counts of one reply, as the provider reports them.

/// Token counts of one reply. Every count is optional: providers leave out different ones, and
/// an unknown count is shown as a dash, never as zero.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Usage {
    /// Tokens of the request, cached ones included.
    pub input_tokens: Option<u64>,
    /// Tokens of the reply, reasoning included.
    pub output_tokens: Option<u64>,
    /// Tokens of the reply that were reasoning.
    pub reasoning_tokens: Option<u64>,
    /// Tokens of the request that were read from the provider's cache.
    pub cached_tokens: Option<u64>,
    /// Tokens of the request that were written to the provider's cache.
    pub cache_write_tokens: Option<u64>,
    /// Input and output together, where the provider says so.
    pub total_tokens: Option<u64>,
    /// What the provider says the reply cost, in US dollars.
    pub cost_usd: Option<f64>,
    /// How many web searches were made.
    pub searches: Option<u64>,
}

impl Usage {
    /// Tells whether nothing is known. A usage whose every count is zero is one of these: some
    /// providers send zeros first and the numbers later.
    pub fn is_unknown(&self) -> bool {
        let zero = |count: Option<u64>| count.unwrap_or(0) == 0;
        zero(self.input_tokens)
            && zero(self.output_tokens)
            && zero(self.reasoning_tokens)
            && zero(self.cached_tokens)
            && zero(self.cache_write_tokens)
            && zero(self.total_tokens)
    }

    /// Both counts together; where one of them is unknown, the other stands.
    #[must_use]
    pub fn plus(&self, other: &Self) -> Self {
        let sum = |a: Option<u64>, b: Option<u64>| match (a, b) {
            (Some(a), Some(b)) => Some(a.saturating_add(b)),
            (either, or) => either.or(or),
        };
        Self {
            input_tokens: sum(self.input_tokens, other.input_tokens),
            output_tokens: sum(self.output_tokens, other.output_tokens),
            reasoning_tokens: sum(self.reasoning_tokens, other.reasoning_tokens),
            cached_tokens: sum(self.cached_tokens, other.cached_tokens),
            cache_write_tokens: sum(self.cache_write_tokens, other.cache_write_tokens),
            total_tokens: sum(self.total_tokens, other.total_tokens),
            cost_usd: match (self.cost_usd, other.cost_usd) {
                (Some(a), Some(b)) => Some(a + b),
                (either, or) => either.or(or),
            },
            searches: sum(self.searches, other.searches),
        }
    }

    /// Tokens of the answer alone: output without reasoning, never below zero (some providers
    /// report more reasoning than output).
    pub fn answer_tokens(&self) -> Option<u64> {
        Some(
            self.output_tokens?
                .saturating_sub(self.reasoning_tokens.unwrap_or(0)),
        )
    }

    /// Input and output together: as reported, else added up.
    pub fn context_tokens(&self) -> Option<u64> {
        match (self.input_tokens, self.output_tokens) {
            (Some(input), Some(output)) => Some(input.saturating_add(output)),
            _ => self.total_tokens,
        }
    }
}

/// A count of tokens as people read it: `950`, `12.3k`, `1.2M`.
pub fn short_count(tokens: u64) -> String {
    #[expect(clippy::cast_precision_loss, reason = "three digits are shown")]
    let value = tokens as f64;
    let trimmed = |value: f64, unit: &str| {
        let text = format!("{value:.1}");
        format!("{}{unit}", text.strip_suffix(".0").unwrap_or(&text))
    };
    match tokens {
        0..=999 => tokens.to_string(),
        1_000..=99_949 => trimmed(value / 1e3, "k"),
        99_950..=999_499 => format!("{:.0}k", value / 1e3),
        _ => trimmed(value / 1e6, "M"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_short() {
        let counts = [0, 999, 1_000, 12_345, 99_999, 200_000, 999_600, 1_000_000];
        let shown = counts.map(short_count).join(" ");
        assert_eq!(shown, "0 999 1k 12.3k 100k 200k 1M 1M");
    }

    #[test]
    fn more_reasoning_than_output_leaves_no_answer_tokens() {
        let usage = Usage {
            output_tokens: Some(10),
            reasoning_tokens: Some(12),
            ..Usage::default()
        };
        assert_eq!(usage.answer_tokens(), Some(0));
    }

    #[test]
    fn a_usage_of_zeros_is_unknown() {
        let zeros = Usage {
            total_tokens: Some(0),
            ..Usage::default()
        };
        assert!(zeros.is_unknown());
        assert!(
            !Usage {
                total_tokens: Some(1),
                ..Usage::default()
            }
            .is_unknown()
        );
    }
}
