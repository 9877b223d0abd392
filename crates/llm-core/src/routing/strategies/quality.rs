//! `quality`: the best answers first, whatever they cost.
//!
//! Value: (0.8 × quality + 0.2 × fit for the task), 0.6 of it, and 0.4 more for a model that sees
//! when the text speaks of a picture. Equal values are decided by cost.

use super::super::appraisal::{comparable_cost, fit_in_words, fitness, quality, quality_in_words};
use super::super::{Ranked, RouteQuery, RoutingStrategy};
use super::{Parts, Weigh, arrange, put_into_words};
use crate::types::plan::Candidate;
use crate::types::task::{Capabilities, TaskProfile};

/// See the [module](self).
pub(super) struct Quality;

const QUALITY: f64 = 0.48;
const FIT: f64 = 0.12;
const VISION: f64 = 0.4;

impl RoutingStrategy for Quality {
    fn name(&self) -> &'static str {
        "quality"
    }

    fn aliases(&self) -> &'static [&'static str] {
        &["best", "highest_quality"]
    }

    fn summary(&self) -> &'static str {
        "the model with the best answers, whatever it costs"
    }

    fn order(&self, query: &RouteQuery<'_>, candidates: &[Candidate]) -> Vec<Ranked> {
        arrange(candidates, &Weighing::of(query, candidates))
    }

    fn explain(&self, query: &RouteQuery<'_>, candidates: &[Candidate], places: &mut [Ranked]) {
        put_into_words(candidates, &Weighing::of(query, candidates), places);
    }
}

struct Weighing<'a> {
    candidates: &'a [Candidate],
    profile: &'a TaskProfile,
}

impl<'a> Weighing<'a> {
    fn of(query: &RouteQuery<'a>, candidates: &'a [Candidate]) -> Self {
        Self {
            candidates,
            profile: query.profile,
        }
    }
}

impl Weigh for Weighing<'_> {
    fn parts(&self, at: usize) -> Parts {
        let candidate = &self.candidates[at];
        let mut parts = Parts::of(&[
            ("quality", QUALITY * quality(candidate).0),
            ("task", FIT * fitness(candidate)),
        ]);
        let sees = candidate.capabilities.has(Capabilities::VISION);
        if sees && self.profile.mentions.has(Capabilities::VISION) {
            parts.add("vision", VISION);
        }
        parts
    }

    fn words(&self, at: usize, factor: &'static str) -> String {
        let candidate = &self.candidates[at];
        match factor {
            "quality" => quality_in_words(candidate),
            "task" => fit_in_words(candidate, self.profile.task.as_str()),
            _ => "the text speaks of a picture".to_owned(),
        }
    }

    fn ties(&self, at: usize) -> [f64; 2] {
        let cost = comparable_cost(&self.candidates[at], self.profile);
        [-cost.unwrap_or(f64::MAX), 0.0]
    }
}
