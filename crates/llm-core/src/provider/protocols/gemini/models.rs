//! What differs between generations of Gemini on the wire, told by the model's name.
//!
//! A name without a version (`gemini-flash-latest`) or of another family follows the newest
//! rules. Facts: the provider's pages on thinking, thought signatures, function calling and
//! `OpenAI` compatibility, read in autumn 2026.
//!
//! | generation | thinking | may stop thinking | JSON together with tools | proof of thoughts with calls |
//! |---|---|---|---|---|
//! | up to 2.0 | no | – | no | no |
//! | 2.5 | budget | Flash only | no | no |
//! | 3 and later | level | no | yes | required |

use crate::provider::protocols::translate::{Effort, refuse, version};
use crate::types::failure::Failure;

/// The rules of one model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Rules {
    generation: Generation,
    /// Whether it is a Gemini at all; the provider serves others, which have no proofs.
    gemini: bool,
    /// Whether it is of the larger kind, which thinks more and cannot be stopped.
    pro: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Generation {
    Early,
    Budget,
    Level,
}

/// What a model is told about thinking.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Thinking {
    /// How many tokens it may think with; 0 stops it.
    Budget(u32),
    /// How hard it tries.
    Level(&'static str),
}

/// The rules of a model, from the name the provider knows it by.
pub(super) fn rules(model: &str) -> Rules {
    let name = model.to_ascii_lowercase();
    let is_gemini = name.contains("gemini");
    let generation = match version(&name) {
        Some((2, 5..)) if is_gemini => Generation::Budget,
        Some((0..=2, _)) if is_gemini => Generation::Early,
        _ => Generation::Level,
    };
    Rules {
        generation,
        gemini: is_gemini,
        pro: name.contains("pro"),
    }
}

impl Rules {
    /// Whether a call must come back with the proof of the thoughts that led to it.
    pub(super) fn wants_proof(self) -> bool {
        self.gemini && self.generation == Generation::Level
    }

    /// Whether an answer in JSON may be asked for while tools are on offer.
    pub(super) fn json_with_tools(self) -> bool {
        self.generation == Generation::Level
    }

    /// What an effort means: the figures the provider documents for its `OpenAI`-compatible
    /// interface, and beyond `high` the most the model takes.
    pub(super) fn thinking(self, effort: Effort) -> Result<Thinking, Failure> {
        let field = "reasoning_effort";
        match (self.generation, effort) {
            (Generation::Early, _) => Err(refuse(field, "the model does not think")),
            (Generation::Budget, Effort::None) if !self.pro => Ok(Thinking::Budget(0)),
            (_, Effort::None) => Err(refuse(field, "the model always thinks")),
            (Generation::Budget, Effort::Minimal | Effort::Low) => Ok(Thinking::Budget(1024)),
            (Generation::Budget, Effort::Medium) => Ok(Thinking::Budget(8192)),
            (Generation::Budget, Effort::XHigh | Effort::Max) if self.pro => {
                Ok(Thinking::Budget(32_768))
            }
            (Generation::Budget, _) => Ok(Thinking::Budget(24_576)),
            (Generation::Level, Effort::Minimal) if !self.pro => Ok(Thinking::Level("minimal")),
            (Generation::Level, Effort::Minimal | Effort::Low) => Ok(Thinking::Level("low")),
            (Generation::Level, Effort::Medium) => Ok(Thinking::Level("medium")),
            (Generation::Level, _) => Ok(Thinking::Level("high")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn effort_is_a_budget_or_a_level_by_generation() {
        let thinking = |model, effort| rules(model).thinking(effort);
        let budget = |tokens| Ok(Thinking::Budget(tokens));
        assert_eq!(thinking("gemini-2.5-flash", Effort::Low), budget(1024));
        assert_eq!(thinking("gemini-2.5-pro", Effort::High), budget(24_576));
        assert_eq!(thinking("gemini-2.5-pro", Effort::Max), budget(32_768));
        assert_eq!(thinking("gemini-2.5-flash", Effort::None), budget(0));
        let level = |name| Ok(Thinking::Level(name));
        assert_eq!(
            thinking("gemini-3.5-flash", Effort::Minimal),
            level("minimal")
        );
        assert_eq!(
            thinking("gemini-3.1-pro-preview", Effort::Minimal),
            level("low")
        );
        assert_eq!(thinking("gemini-flash-latest", Effort::Max), level("high"));
    }

    #[test]
    fn proof_is_wanted_by_gemini_since_its_third_generation() {
        assert!(rules("gemini-3-pro-preview").wants_proof());
        assert!(rules("gemini-flash-latest").wants_proof());
        assert!(!rules("gemini-2.5-pro").wants_proof());
        assert!(!rules("gemma-3-27b-it").wants_proof());
    }

    #[test]
    fn what_a_model_cannot_do_is_refused() {
        for (model, effort) in [
            ("gemini-2.0-flash", Effort::Low),
            ("gemini-1.5-pro", Effort::None),
            ("gemini-2.5-pro", Effort::None),
            ("gemini-3-flash-preview", Effort::None),
        ] {
            assert!(rules(model).thinking(effort).is_err(), "{model}");
        }
    }
}
