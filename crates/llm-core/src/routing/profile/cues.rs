//! What the cues are made of, and all of them together.
//!
//! A group is words that speak for the same thing with the same force. Weights were set by hand
//! and checked on labelled requests in both languages: 3 is all but certain, 1 is a hint.

mod language;
mod open;
mod signals;
mod technical;

use super::kind::Kind;

/// Words that speak for the same thing with the same force.
#[derive(Debug)]
pub(super) struct Group {
    /// What they speak for.
    pub(super) effect: Effect,
    /// How strongly.
    pub(super) weight: f64,
    /// Where they must stand.
    pub(super) place: Place,
    /// The words, separated by `|`.
    pub(super) words: &'static str,
}

/// What a cue speaks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Effect {
    /// A task.
    Task(Kind),
    /// Nothing: it only hides the task cues inside it, such as `see` in `see your point`.
    Shadow,
    /// A harder request, or an easier one when the weight is negative.
    Demand,
    /// Depth or breadth.
    Depth,
    /// A condition the answer must meet.
    Limit,
    /// A question.
    Question,
    /// A recording that goes with the text.
    Sound,
    /// A document that goes with the text.
    Document,
    /// Going on from what was said.
    GoesOn,
}

impl Effect {
    /// Whether it takes part in the choice of the task.
    pub(super) fn is_about_task(self) -> bool {
        matches!(self, Self::Task(_) | Self::Shadow)
    }
}

/// Where a cue must stand to count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// Anywhere.
    Anywhere,
    /// At the beginning of the text.
    Opening,
}

const fn task(kind: Kind, weight: f64, words: &'static str) -> Group {
    Group {
        effect: Effect::Task(kind),
        weight,
        place: Place::Anywhere,
        words,
    }
}

const fn opening(kind: Kind, weight: f64, words: &'static str) -> Group {
    Group {
        place: Place::Opening,
        ..task(kind, weight, words)
    }
}

const fn signal(effect: Effect, weight: f64, words: &'static str) -> Group {
    Group {
        effect,
        weight,
        place: Place::Anywhere,
        words,
    }
}

/// Every group.
pub(super) fn all() -> impl Iterator<Item = &'static Group> {
    [technical::CUES, language::CUES, open::CUES, signals::CUES]
        .into_iter()
        .flatten()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn no_cue_is_empty_or_listed_twice_for_the_same_thing() {
        let mut seen = HashSet::new();
        for group in all() {
            for word in group.words.split('|').map(str::trim) {
                assert!(!word.is_empty(), "an empty cue in {:?}", group.words);
                assert!(group.weight.is_finite());
                assert!(
                    seen.insert((format!("{:?} {:?}", group.effect, group.place), word)),
                    "`{word}` is listed twice for {:?}",
                    group.effect
                );
            }
        }
        assert!(seen.len() > 400, "{}", seen.len());
    }
}
