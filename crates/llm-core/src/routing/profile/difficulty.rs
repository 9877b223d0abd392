//! How demanding a request is: its task, its words, its conditions, its parts, its length.
//!
//! Points are added up and cut into four levels:
//!
//! | part | points |
//! |---|---|
//! | the task | 0 (small talk, translation) to 1 (reasoning, analysis) |
//! | words such as `prove` or `briefly` | the sum of their weights, from −1 to 1.5 |
//! | words that ask for depth (`详细`, `in depth`) | 0.9, or 1.2 for two or more |
//! | conditions (`不超过`, `must`) | 0.15 each, at most 0.75 |
//! | parts (questions and list items beyond the first) | 0.2 each, at most 0.8 |
//! | length in words | 0.5 from 30, 0.9 from 100, 1.2 from 250; a third of it for work on a given text |

use super::kind::Kind;
use super::lexicon::Found;
use super::structure::Structure;
use crate::types::task::Difficulty;

/// From these points on a request is of the level.
const LEVELS: [(f64, Difficulty); 3] = [
    (3.0, Difficulty::VeryHigh),
    (1.9, Difficulty::High),
    (0.9, Difficulty::Medium),
];

/// The level and the points behind it.
pub(super) fn judge(kind: Kind, found: &Found<'_>, structure: &Structure) -> (Difficulty, f64) {
    let depth = match found.depth.len() {
        0 => 0.0,
        1 => 0.9,
        _ => 1.2,
    };
    let conditions = (0.15 * found.limits as f64).min(0.75);
    let parts = structure.questions.saturating_sub(1) + structure.list_items.saturating_sub(1);
    let points = base(kind)
        + found.demand.clamp(-1.0, 1.5)
        + depth
        + conditions
        + (0.2 * parts as f64).min(0.8)
        + length(kind, structure.words());
    let level = LEVELS
        .iter()
        .find(|(from, _)| points >= *from)
        .map_or(Difficulty::Low, |(_, level)| *level);
    (level, points)
}

fn base(kind: Kind) -> f64 {
    match kind {
        Kind::Reasoning | Kind::Analysis => 1.0,
        Kind::Math | Kind::Code => 0.8,
        Kind::Comparison => 0.7,
        Kind::Advice | Kind::Writing | Kind::Vision => 0.5,
        Kind::Knowledge
        | Kind::Summarization
        | Kind::Extraction
        | Kind::Rewriting
        | Kind::General => 0.3,
        Kind::Classification | Kind::Roleplay => 0.2,
        Kind::Translation | Kind::Chat => 0.0,
    }
}

/// A long text to be worked on is material; a long text that asks is a demanding question.
fn length(kind: Kind, words: usize) -> f64 {
    let points = match words {
        0..30 => 0.0,
        30..100 => 0.5,
        100..250 => 0.9,
        _ => 1.2,
    };
    match kind {
        Kind::Translation
        | Kind::Summarization
        | Kind::Extraction
        | Kind::Classification
        | Kind::Rewriting => points / 3.0,
        _ => points,
    }
}

#[cfg(test)]
mod tests {
    use super::super::lexicon::SHARED;
    use super::*;

    fn level(kind: Kind, text: &str) -> Difficulty {
        judge(kind, &SHARED.search(text), &Structure::of(text)).0
    }

    #[test]
    fn the_same_request_is_as_hard_in_either_language() {
        for (kind, zh, en, expected) in [
            (Kind::Chat, "你好", "hello", Difficulty::Low),
            (
                Kind::Knowledge,
                "法国的首都是哪里？",
                "What is the capital of France?",
                Difficulty::Low,
            ),
            (
                Kind::Knowledge,
                "详细解释量子计算的原理和应用",
                "Explain the principles and applications of quantum computing in detail",
                Difficulty::High,
            ),
            (
                Kind::Math,
                "证明根号2是无理数",
                "Prove that the square root of 2 is irrational",
                Difficulty::Medium,
            ),
        ] {
            assert_eq!(level(kind, zh), expected, "{zh}");
            assert_eq!(level(kind, en), expected, "{en}");
        }
    }

    #[test]
    fn material_does_not_make_a_request_hard() {
        let text = format!(
            "请将下面的文章翻译成英文：{}",
            "今天天气很好，我们去公园散步。".repeat(60)
        );
        assert_eq!(level(Kind::Translation, &text), Difficulty::Low);
    }

    #[test]
    fn brevity_makes_it_easier_and_conditions_harder() {
        assert_eq!(
            level(Kind::Knowledge, "Briefly explain gravity"),
            Difficulty::Low
        );
        let strict = "Write a plan. It must fit on one page, include a budget, not exceed ten \
                      steps, use exactly three phases, and end with a summary. Do not repeat \
                      yourself. Ensure that every step has an owner and a date, at least one risk, \
                      and a fallback.";
        assert!(level(Kind::Advice, strict) > Difficulty::Low);
    }
}
