//! What differs between generations of Claude on the wire, told by the model's name.
//!
//! The list of old generations is closed; any name not on it follows the newest rules, so that a
//! model that comes out tomorrow works today. Models of other makers behind this protocol follow
//! the rules its imitators implement. Facts: the provider's migration guide and its pages on
//! effort, thinking and structured outputs, read in autumn 2026.
//!
//! | generation | thinking | thinks unasked | sampling options | enforced schemas |
//! |---|---|---|---|---|
//! | up to 3.5 | no | – | yes | no |
//! | 3.7, 4.0 | budget | no | yes | no |
//! | 4.1 Opus, 4.5 | budget | no | yes | yes |
//! | 4.6 | adaptive | no | yes | yes |
//! | 4.7, 4.8 | adaptive | no | no | yes |
//! | 5 and later | adaptive | yes | no | yes |
//! | Fable, Mythos | adaptive | always | no | yes |
//! | other makers | budget | no | yes | no |

use crate::provider::protocols::translate::version;

/// How a model is told to think.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Thinking {
    /// It cannot.
    Impossible,
    /// With a number of tokens.
    Budget,
    /// With a level of effort.
    Adaptive,
}

/// Whether a model thinks when nobody asked it to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unasked {
    /// It does not.
    Answers,
    /// It does, and can be told not to.
    Thinks,
    /// It does, and cannot be told not to.
    AlwaysThinks,
}

/// The rules of one model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Rules {
    /// How it is told to think.
    pub(super) thinking: Thinking,
    /// Whether it thinks unasked.
    pub(super) unasked: Unasked,
    /// Whether it takes `temperature` and `top_p`.
    pub(super) sampling: bool,
    /// Whether it takes at most one of the two.
    pub(super) one_sampler: bool,
    /// Whether it enforces a JSON schema on its text.
    pub(super) schemas: bool,
    /// Tokens an answer may have where nobody says.
    pub(super) max_tokens: u32,
}

/// Tokens an answer may have where neither the request nor the configuration says, as the
/// provider advises for replies in one piece.
const MAX_TOKENS: u32 = 16_000;

/// The same for the generations whose limit is lower than that.
const MAX_TOKENS_OF_OLD_MODELS: u32 = 4096;

const NEWEST: Rules = Rules {
    thinking: Thinking::Adaptive,
    unasked: Unasked::Thinks,
    sampling: false,
    one_sampler: true,
    schemas: true,
    max_tokens: MAX_TOKENS,
};

/// The rules of a model, from the name the provider knows it by.
pub(super) fn rules(model: &str) -> Rules {
    let name = model.to_ascii_lowercase();
    let budget = Rules {
        thinking: Thinking::Budget,
        unasked: Unasked::Answers,
        sampling: true,
        one_sampler: false,
        schemas: false,
        ..NEWEST
    };
    if !name.contains("claude") {
        return budget;
    }
    if name.contains("fable") || name.contains("mythos") {
        return Rules {
            unasked: Unasked::AlwaysThinks,
            ..NEWEST
        };
    }
    match version(&name) {
        None | Some((5.., _)) => NEWEST,
        Some((4, 7..)) => Rules {
            unasked: Unasked::Answers,
            ..NEWEST
        },
        Some((4, 6)) => Rules {
            unasked: Unasked::Answers,
            sampling: true,
            ..NEWEST
        },
        Some((4, 1..=5)) => Rules {
            schemas: true,
            one_sampler: true,
            ..budget
        },
        Some((4, 0) | (3, 7..)) => budget,
        Some(_) => Rules {
            thinking: Thinking::Impossible,
            max_tokens: MAX_TOKENS_OF_OLD_MODELS,
            ..budget
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_generation_follows_its_own_rules() {
        let thinking = |name| rules(name).thinking;
        assert_eq!(thinking("claude-3-5-sonnet-20241022"), Thinking::Impossible);
        assert_eq!(thinking("claude-3-7-sonnet-20250219"), Thinking::Budget);
        assert_eq!(thinking("claude-sonnet-4-20250514"), Thinking::Budget);
        assert_eq!(thinking("claude-haiku-4-5-20251001"), Thinking::Budget);
        assert_eq!(thinking("claude-sonnet-4-6"), Thinking::Adaptive);
        assert!(rules("claude-sonnet-4-6").sampling);
        assert!(!rules("claude-opus-4-7").sampling);
        assert_eq!(rules("claude-opus-4-8").unasked, Unasked::Answers);
        assert_eq!(rules("claude-sonnet-5").unasked, Unasked::Thinks);
        assert_eq!(rules("claude-fable-5-1").unasked, Unasked::AlwaysThinks);
        assert!(rules("claude-sonnet-4-5").schemas && !rules("claude-sonnet-4-0").schemas);
    }

    #[test]
    fn an_unknown_name_follows_the_newest_rules_and_a_foreign_one_the_plainest() {
        assert_eq!(rules("claude-next"), NEWEST);
        assert_eq!(rules("claude-opus-7-2"), NEWEST);
        let foreign = rules("kimi-k2-thinking");
        assert!(foreign.sampling && !foreign.schemas);
        assert_eq!(foreign.thinking, Thinking::Budget);
    }
}
