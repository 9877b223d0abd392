//! Which task a text is, from its cues and its shape.

use super::kind::{Kind, Scores};
use super::lexicon::Found;
use super::structure::Structure;

/// Below this, nothing in particular speaks for the best task.
const ENOUGH: f64 = 1.05;

/// The task a text is taken for.
#[derive(Debug)]
pub(super) struct Verdict {
    /// The task.
    pub(super) kind: Kind,
    /// The second best, if anything speaks for it.
    pub(super) next: Option<Kind>,
    /// 0 to 1: how clear it was.
    pub(super) clarity: f64,
    /// What in the shape of the text spoke for the task.
    pub(super) shapes: Vec<&'static str>,
}

/// Decides. `pictures`: pictures are attached.
pub(super) fn decide(found: &Found<'_>, structure: &Structure, pictures: bool) -> Verdict {
    let mut scores = found.tasks;
    let mut shapes = Vec::new();
    for shape in SHAPES {
        let weight = (shape.weigh)(found, structure, &scores);
        scores.add(shape.kind, weight);
        if weight > 0.0 {
            shapes.push((shape.kind, shape.name));
        }
    }
    if pictures {
        // Words decide what to do with a picture; without words it is to be looked at.
        scores.add(Kind::Vision, 1.5);
        shapes.push((Kind::Vision, "an attached picture"));
    }
    let [(best, top), (second, runner_up)] = scores.best_two();
    if top < ENOUGH {
        return Verdict {
            kind: Kind::General,
            next: None,
            clarity: 0.0,
            shapes: Vec::new(),
        };
    }
    Verdict {
        kind: best,
        next: (runner_up >= ENOUGH).then_some(second),
        clarity: clarity(top, runner_up),
        shapes: shapes
            .into_iter()
            .filter(|(kind, _)| *kind == best)
            .map(|(_, name)| name)
            .collect(),
    }
}

/// The lead over the second best, damped where little speaks for either:
/// (top − second) ÷ (top + 1).
fn clarity(top: f64, second: f64) -> f64 {
    ((top - second) / (top + 1.0)).clamp(0.0, 1.0)
}

/// Something about the shape of a text that speaks for a task.
struct Shape {
    kind: Kind,
    name: &'static str,
    weigh: fn(&Found<'_>, &Structure, &Scores) -> f64,
}

const SHAPES: &[Shape] = &[
    Shape {
        kind: Kind::Math,
        name: "a formula",
        weigh: |_, s, _| {
            let formulas = s.equations + s.arithmetic;
            if s.has_code() || s.fence {
                0.0
            } else {
                let short = if s.words() <= 40 { 3.8 } else { 2.5 };
                short * f64::from(u8::from(formulas > 0)) + 0.5 * (s.math_signs.min(3) as f64)
            }
        },
    },
    Shape {
        kind: Kind::Math,
        name: "a question about numbers",
        weigh: |found, s, scores| {
            let asks = s.questions + found.questions > 0;
            let speaks_of_it = scores.get(Kind::Math) > 0.0;
            let numbers = s.numbers >= 3 && s.words() < 40 * s.numbers;
            let measures = s.measures >= 2 && s.words() < 60 * s.measures;
            match (s.code_lines, measures && asks, numbers && speaks_of_it) {
                (0, true, _) => 2.0 + f64::from(u8::from(speaks_of_it)),
                (0, false, true) => 1.5,
                _ => 0.0,
            }
        },
    },
    Shape {
        kind: Kind::Code,
        name: "program text",
        weigh: |_, s, _| match (s.has_code(), s.fence) {
            (true, _) => 3.0,
            (false, true) => 1.0,
            (false, false) => 0.0,
        },
    },
    Shape {
        kind: Kind::Knowledge,
        name: "a choice of answers",
        weigh: |_, s, _| if s.has_options() { 1.5 } else { 0.0 },
    },
    Shape {
        kind: Kind::Knowledge,
        name: "a short question",
        weigh: |found, s, _| {
            let asks = s.questions > 0 || found.questions > 0;
            if asks && s.words() <= 40 { 0.8 } else { 0.0 }
        },
    },
    Shape {
        kind: Kind::Chat,
        name: "very few words",
        weigh: |_, s, scores| {
            let chat = scores.get(Kind::Chat);
            if s.words() <= 6 && chat > 0.0 && chat >= 0.5 * scores.total() {
                1.5
            } else {
                -chat * 0.8
            }
        },
    },
];
