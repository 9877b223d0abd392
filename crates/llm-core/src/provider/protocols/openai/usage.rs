//! Token counts, both ways.
//!
//! A count that is negative, broken or of another type counts as absent, and a usage block without
//! its main counts as no usage at all: the sum of a guess and a fact would pass for a fact.

use serde_json::{Map, Value, json};

use super::wire::Object;
use crate::types::usage::{Usage, UsageSource};

/// Reads a `usage` object; `None` when it says nothing usable.
pub(super) fn read_usage(usage: &Object<'_>) -> Option<Usage> {
    let count = |name: &str| usage.lenient::<u64>(name);
    let input_details = usage.child("prompt_tokens_details");
    let output_details = usage.child("completion_tokens_details");
    let total = count("total_tokens");

    let input = count("prompt_tokens")?;
    let written = count("completion_tokens").or_else(|| total?.checked_sub(input))?;
    if input == 0 && written == 0 {
        // Placeholders of servers that do not count.
        return None;
    }
    let reasoning = output_details
        .lenient("reasoning_tokens")
        .or_else(|| count("reasoning_tokens"))
        .unwrap_or(0);
    // xAI leaves reasoning out of `completion_tokens` and adds it to the total only:
    // docs.x.ai, "consumption and rate limits".
    let besides = total.and_then(|total| total.checked_sub(input)?.checked_sub(written));
    let output = if reasoning > 0 && besides == Some(reasoning) {
        written.saturating_add(reasoning)
    } else {
        written
    };
    // OpenAI, DeepSeek and Moonshot name cache reads differently; OpenRouter reports writes.
    let cached = input_details
        .lenient("cached_tokens")
        .or_else(|| count("prompt_cache_hit_tokens"))
        .or_else(|| count("cached_tokens"))
        .unwrap_or(0);
    let cache_write = input_details.lenient("cache_write_tokens").unwrap_or(0);
    Some(Usage {
        input,
        output,
        cached_input: cached.min(input),
        cache_write: cache_write.min(input),
        reasoning: reasoning.min(output),
        source: UsageSource::Reported,
    })
}

/// Writes a `usage` object.
pub(in crate::provider) fn write_usage(usage: &Usage) -> Value {
    let mut input = Map::new();
    input.insert("cached_tokens".to_owned(), usage.cached_input.into());
    if usage.cache_write > 0 {
        input.insert("cache_write_tokens".to_owned(), usage.cache_write.into());
    }
    json!({
        "prompt_tokens": usage.input,
        "completion_tokens": usage.output,
        "total_tokens": usage.total(),
        "prompt_tokens_details": input,
        "completion_tokens_details": {"reasoning_tokens": usage.reasoning},
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Option<Usage> {
        read_usage(&Object::parse(json).unwrap())
    }

    #[test]
    fn counts_that_cannot_be_are_no_counts() {
        for broken in [
            "{}",
            r#"{"prompt_tokens":-3,"completion_tokens":5}"#,
            r#"{"prompt_tokens":3.5,"completion_tokens":5}"#,
            r#"{"prompt_tokens":"3","completion_tokens":5}"#,
            r#"{"prompt_tokens":3,"completion_tokens":null}"#,
            r#"{"prompt_tokens":3,"total_tokens":2}"#,
            r#"{"prompt_tokens":99999999999999999999999,"completion_tokens":5}"#,
            r#"{"prompt_tokens":0,"completion_tokens":0,"total_tokens":0}"#,
        ] {
            assert_eq!(read(broken), None, "{broken}");
        }
        let usage = read(r#"{"prompt_tokens":3,"total_tokens":10}"#).unwrap();
        assert_eq!((usage.input, usage.output), (3, 7));
    }

    #[test]
    fn details_are_parts_of_the_whole_whatever_a_provider_claims() {
        let usage = read(
            r#"{"prompt_tokens":10,"completion_tokens":5,
                "prompt_tokens_details":{"cached_tokens":99},
                "completion_tokens_details":{"reasoning_tokens":99}}"#,
        );
        let usage = usage.unwrap();
        assert_eq!((usage.cached_input, usage.reasoning), (10, 5));
    }

    #[test]
    fn reasoning_that_is_counted_apart_is_output_too() {
        // The figures of xAI's own example: 32 + 9 + 94 = 135.
        let usage = read(
            r#"{"prompt_tokens":32,"completion_tokens":9,"total_tokens":135,
                "completion_tokens_details":{"reasoning_tokens":94}}"#,
        );
        let usage = usage.unwrap();
        assert_eq!((usage.output, usage.reasoning), (103, 94));
        assert_eq!(usage.total(), 135);
    }

    #[test]
    fn what_is_written_is_read_again() {
        let usage = Usage {
            cached_input: 4,
            cache_write: 2,
            reasoning: 3,
            ..Usage::reported(10, 8)
        };
        assert_eq!(read(&write_usage(&usage).to_string()), Some(usage));
    }
}
