//! The tasks analysis can find out, as an enumeration to index by.

/// The first group of [`KNOWN_TASKS`](crate::types::task::KNOWN_TASKS), in its order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Math,
    Code,
    Reasoning,
    Translation,
    Summarization,
    Extraction,
    Classification,
    Comparison,
    Writing,
    Rewriting,
    Roleplay,
    Chat,
    Knowledge,
    Advice,
    Analysis,
    Vision,
    General,
}

impl Kind {
    /// All of them, in order.
    pub(super) const ALL: [Self; 17] = [
        Self::Math,
        Self::Code,
        Self::Reasoning,
        Self::Translation,
        Self::Summarization,
        Self::Extraction,
        Self::Classification,
        Self::Comparison,
        Self::Writing,
        Self::Rewriting,
        Self::Roleplay,
        Self::Chat,
        Self::Knowledge,
        Self::Advice,
        Self::Analysis,
        Self::Vision,
        Self::General,
    ];

    /// Its name in configuration and output.
    pub(super) fn name(self) -> &'static str {
        crate::types::task::KNOWN_TASKS[self as usize]
    }

    /// The kind of a name.
    pub(super) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// How much speaks for each task.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Scores([f64; Kind::ALL.len()]);

impl Scores {
    /// What speaks for a task.
    pub(super) fn get(&self, kind: Kind) -> f64 {
        self.0[kind as usize]
    }

    /// Adds to what speaks for a task.
    pub(super) fn add(&mut self, kind: Kind, weight: f64) {
        self.0[kind as usize] += weight;
    }

    /// Everything together.
    pub(super) fn total(&self) -> f64 {
        self.0.iter().sum()
    }

    /// The strongest two, the earlier task first where they are equal.
    pub(super) fn best_two(&self) -> [(Kind, f64); 2] {
        let mut best = [(Kind::General, 0.0); 2];
        for kind in Kind::ALL {
            let score = self.get(kind);
            if score > best[0].1 {
                best = [(kind, score), best[0]];
            } else if score > best[1].1 {
                best[1] = (kind, score);
            }
        }
        best
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_and_known_tasks_are_in_the_same_order() {
        for (kind, name) in [
            (Kind::Math, "math"),
            (Kind::Rewriting, "rewriting"),
            (Kind::Vision, "vision"),
            (Kind::General, "general"),
        ] {
            assert_eq!(kind.name(), name);
            assert_eq!(Kind::named(name), Some(kind));
        }
        assert_eq!(Kind::named("financial_analysis"), None);
    }
}
