//! Token counts, under every name that providers give them.

use serde_json::Number;

use super::json::Json;
use crate::chat::Usage;

/// More tokens than any count can honestly be; a larger number is taken for unknown.
const MOST_TOKENS: u64 = 1_000_000_000_000;

/// Reads a `usage` object of the OpenAI or the DashScope dialect. `None` when it says nothing.
pub(super) fn read(usage: &Json<'_>) -> Option<Usage> {
    let first = |paths: &[&[&str]]| paths.iter().find_map(|path| count(usage.at(path)?));
    let read = Usage {
        input_tokens: first(&[&["prompt_tokens"], &["input_tokens"]]),
        output_tokens: first(&[&["completion_tokens"], &["output_tokens"]]),
        reasoning_tokens: first(&[
            &["completion_tokens_details", "reasoning_tokens"],
            &["output_tokens_details", "reasoning_tokens"],
            &["reasoning_tokens"],
        ]),
        cached_tokens: first(&[
            &["prompt_tokens_details", "cached_tokens"],
            &["input_tokens_details", "cached_tokens"],
            &["prompt_cache_hit_tokens"],
            &["cached_tokens"],
        ]),
        cache_write_tokens: first(&[
            &["prompt_tokens_details", "cache_creation_input_tokens"],
            &["prompt_tokens_details", "cache_write_tokens"],
        ]),
        total_tokens: first(&[&["total_tokens"]]),
        cost_usd: usage
            .get("cost")
            .and_then(Json::as_number)
            .and_then(Number::as_f64)
            .filter(|cost| cost.is_finite() && *cost >= 0.0),
        searches: first(&[
            &["plugins", "search", "count"],
            &["server_tool_use", "web_search_requests"],
        ]),
    };
    (!read.is_unknown()).then_some(read)
}

/// A count of tokens: whole, or written as a float; never negative, never absurd.
pub(super) fn count(value: &Json<'_>) -> Option<u64> {
    let number = value.as_number()?;
    let rounded = || {
        // Through the decimal text, since a cast would hide what is out of range.
        let float = number.as_f64().filter(|float| *float >= 0.0)?;
        format!("{float:.0}").parse().ok()
    };
    let exact = number.as_u64();
    exact.or_else(rounded).filter(|count| *count <= MOST_TOKENS)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Json<'_> {
        Json::parse(text).unwrap()
    }

    #[test]
    fn c33_wild_counts_are_unknown_and_never_a_panic() {
        assert_eq!(count(&parsed("12")), Some(12));
        assert_eq!(count(&parsed("12.0")), Some(12));
        for wild in ["-1", "1e300", "18446744073709551615", "\"12\"", "null"] {
            assert_eq!(count(&parsed(wild)), None, "{wild}");
        }
    }

    #[test]
    fn every_dialects_names_are_known() {
        let compatible = r#"{"prompt_tokens": 40, "completion_tokens": 72, "total_tokens": 112,
            "completion_tokens_details": {"reasoning_tokens": 26},
            "prompt_tokens_details": {"cached_tokens": 0}, "cost": 0.5}"#;
        let read = read(&parsed(compatible)).unwrap();
        assert_eq!(
            (read.input_tokens, read.output_tokens),
            (Some(40), Some(72))
        );
        assert_eq!(
            (read.reasoning_tokens, read.cached_tokens),
            (Some(26), Some(0))
        );
        assert_eq!(read.cost_usd, Some(0.5));
        let zeros = r#"{"total_tokens": 0, "total_characters": 0}"#;
        assert_eq!(super::read(&parsed(zeros)), None);
        assert_eq!(super::read(&parsed("null")), None);
    }
}
