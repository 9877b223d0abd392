//! The normal form of an answer: what two answers must share to count as the same vote.
//!
//! Two answers mean the same if a careful person would count them together: `42`, `42 apples`,
//! `四十二` and `The answer is **42**.` do for a question that asks for a number. What cannot be
//! counted has no normal form; it is never guessed. A normal form is its own normal form.

mod cues;

mod extract;

mod json;

mod kind;

mod letter;

mod literal;

mod number;

mod numeral;

mod plain;

mod ratio;

mod scan;

mod text;

mod verdict;

#[cfg(test)]
mod tests;

pub use kind::{Choices, Kind};

use crate::types::tokens::is_cjk;

/// Rounds of tidying after which a text that still changes is given up.
const ROUNDS: usize = 8;

/// Words up to which an answer that should have been a number is counted as it stands.
const FEW_WORDS: usize = 5;

/// The normal form of `answer` to a question of this kind; `None` when it cannot be counted.
pub fn normal_form(answer: &str, kind: &Kind) -> Option<String> {
    let mut form = tidy(answer, kind)?;
    for _ in 0..ROUNDS {
        let next = tidy(&form, kind)?;
        if next == form {
            return Some(form);
        }
        form = next;
    }
    None
}

/// One round: find what was meant as the answer, and spell it the one way.
fn tidy(answer: &str, kind: &Kind) -> Option<String> {
    if matches!(kind, Kind::Json) {
        return json::canonical(answer);
    }
    if matches!(kind, Kind::Literal) {
        let mut candidates = extract::candidates(answer).into_iter();
        return candidates.find_map(|candidate| literal::spell(candidate.line));
    }
    if let Some(json) = json::canonical(answer).filter(|json| json.starts_with(['{', '['])) {
        return Some(json);
    }
    let candidates = extract::candidates(answer);
    if matches!(kind, Kind::Short | Kind::Free) {
        return candidates.iter().find_map(|candidate| {
            read(candidate, kind).or_else(|| text::fold(candidate.clause()))
        });
    }
    candidates
        .iter()
        .find_map(|candidate| read(candidate, kind))
        .or_else(|| second_best(answer, &candidates, kind))
}

/// A candidate read as the kind of answer that was asked for.
fn read(candidate: &extract::Candidate<'_>, kind: &Kind) -> Option<String> {
    let (line, clause) = (candidate.line, candidate.clause());
    match kind {
        Kind::Choice(choices) => letter::read(line, choices)
            .or_else(|| letter::read(clause, choices))
            .or_else(|| choices.letter_of(clause)),
        Kind::Number { percent } => number::read(line, true, *percent)
            .or_else(|| number::read(clause, true, *percent))
            .or_else(|| scan::only_one_in(clause, *percent)),
        Kind::YesNo => verdict::read(line),
        Kind::Short | Kind::Free => verdict::lone(clause)
            .or_else(|| number::read(clause, false, false))
            .or_else(|| letter::explicit(clause)),
        Kind::Literal | Kind::Json => None,
    }
}

/// No candidate reads as the kind that was asked for.
///
/// A number: a few words stand for themselves (`no solution`), longer ones and the whole answer
/// for their last number. A choice or verdict: the last or first line may be one.
fn second_best(answer: &str, candidates: &[extract::Candidate<'_>], kind: &Kind) -> Option<String> {
    match kind {
        Kind::Number { percent } => candidates
            .iter()
            .find_map(|candidate| {
                let clause = candidate.clause();
                if words(clause) <= FEW_WORDS {
                    text::fold(clause)
                } else {
                    scan::last_in(candidate.line, *percent)
                }
            })
            .or_else(|| scan::last_in(answer, *percent)),
        Kind::Choice(choices) => extract::outer_lines(answer)
            .into_iter()
            .find_map(|line| letter::read(line, choices)),
        Kind::YesNo => extract::outer_lines(answer)
            .into_iter()
            .find_map(verdict::read)
            .or_else(|| {
                candidates
                    .iter()
                    .find_map(|candidate| text::fold(candidate.clause()))
            }),
        Kind::Literal | Kind::Short | Kind::Free | Kind::Json => None,
    }
}

/// Words with letters in them, three Chinese characters being one; formulas have none.
fn words(text: &str) -> usize {
    let latin = text
        .split_whitespace()
        .filter(|word| word.chars().any(|c| c.is_alphabetic() && !is_cjk(c)))
        .count();
    latin + text.chars().filter(|c| is_cjk(*c)).count() / 3
}
