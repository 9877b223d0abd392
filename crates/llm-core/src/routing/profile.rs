//! Finds out what a request is about by reading it: the built-in [`Profiler`].
//!
//! Cue words in Chinese and English (`profile/cues`) and the shape of the text (`profile/structure.rs`) are
//! weighed by hand-set rules; nothing is learned and no model is asked. Every conclusion is put
//! into words in [`TaskProfile::evidence`]. Where the words leave it open, the task is `general`.

mod cues;
mod difficulty;
mod expected_output;
mod gain;
mod kind;
mod language;
mod lexicon;
mod needs;
mod reading;
mod structure;
mod task;
mod traditional;

#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::collections::BTreeSet;

use super::Profiler;
use super::appraisal::two_decimals;
use crate::types::chat::ChatRequest;
use crate::types::task::{Capabilities, Difficulty, Language, TaskName, TaskProfile};
use crate::types::tokens;
use kind::Kind;
use lexicon::{Found, Lexicon};
use reading::Reading;
use structure::Structure;
use task::Verdict;

/// Words up to which a turn without a task of its own goes on from the one before.
const SHORT: usize = 4;
/// Words up to which a turn that says so goes on from the one before.
const GOES_ON: usize = 12;
/// Cue words named in the evidence.
const NAMED_CUES: usize = 4;

/// Reads the text with cue words and rules.
#[derive(Debug)]
pub struct HeuristicProfiler {
    lexicon: Lexicon,
    /// The task names a caller may use.
    tasks: BTreeSet<String>,
}

/// What one turn was found to be.
struct Turn<'a> {
    text: Cow<'a, str>,
    structure: Structure,
    verdict: Verdict,
}

impl HeuristicProfiler {
    /// A profiler that accepts these task names from callers.
    ///
    /// The error is a mistake in the compiled-in cues.
    pub fn new<'a>(tasks: impl IntoIterator<Item = &'a str>) -> Result<Self, String> {
        Ok(Self {
            lexicon: Lexicon::new().map_err(|error| error.to_string())?,
            tasks: tasks.into_iter().map(str::to_owned).collect(),
        })
    }

    /// Looks at one turn.
    fn look<'t>(&self, text: Cow<'t, str>, pictures: bool) -> (Turn<'t>, Found<'_>) {
        let structure = Structure::of(&text);
        let found = self.lexicon.search(&text);
        let verdict = task::decide(&found, &structure, pictures);
        let turn = Turn {
            text,
            structure,
            verdict,
        };
        (turn, found)
    }
}

impl Profiler for HeuristicProfiler {
    fn facts(&self, request: &ChatRequest, task: Option<&str>) -> TaskProfile {
        let known = task.filter(|task| self.tasks.contains(*task));
        let answers = u64::from(request.sampling.n.unwrap_or(1).max(1));
        let output = request.sampling.max_tokens.map_or(0, u64::from);
        TaskProfile {
            task: TaskName::new(known.unwrap_or(TaskName::GENERAL)),
            task_is_given: known.is_some(),
            clarity: if known.is_some() { 1.0 } else { 0.0 },
            language: Language::Other,
            difficulty: Difficulty::Medium,
            input_tokens: tokens::roughly_of_request(request),
            output_tokens: output.saturating_mul(answers),
            needs: needs::hard(request),
            mentions: Capabilities::NONE,
            evidence: vec!["the model was named, so the text was not read".to_owned()],
            cooperation: None,
        }
    }

    fn profile(&self, request: &ChatRequest, task: Option<&str>) -> TaskProfile {
        let reading = Reading::of(request);
        let pictures = request.has_images();
        let (mut turn, mut found) = self.look(reading.latest(), pictures);
        let mut evidence = Vec::with_capacity(6);
        for earlier in reading.earlier() {
            if !goes_on(&turn, &found) {
                break;
            }
            if evidence.is_empty() {
                evidence.push("goes on from the turn before, which is read instead".to_owned());
            }
            (turn, found) = self.look(earlier, pictures);
        }

        let (name, kind, is_given) = self.name(task, &turn.verdict, &found, &mut evidence);
        let (language, chinese) = language::detect(&turn.text, &turn.structure);
        let (difficulty, points) = difficulty::judge(kind, &found, &turn.structure);
        let needs = needs::hard(request);
        let mentions = needs::mentioned(&found, needs);
        let cooperation = gain::mode(request, kind, difficulty, !found.depth.is_empty());

        evidence.push(format!(
            "{} words, {} of the text Chinese",
            turn.structure.words(),
            two_decimals(chinese)
        ));
        evidence.push(difficulty_in_words(
            difficulty.as_str(),
            points,
            &found,
            &turn.structure,
        ));
        if !mentions.is_empty() {
            let words: Vec<_> = [found.picture, found.sound, found.document]
                .into_iter()
                .flatten()
                .collect();
            evidence.push(format!(
                "speaks of something not attached: {}",
                quoted(&words)
            ));
        }
        if let Some(mode) = cooperation {
            evidence.push(format!(
                "an open, demanding question: several models ({mode}) may serve it better"
            ));
        }

        let answers = u64::from(request.sampling.n.unwrap_or(1).max(1));
        let output_tokens = request.sampling.max_tokens.map_or_else(
            || expected_output::expect(kind, difficulty, &turn.structure, &turn.text),
            u64::from,
        );
        TaskProfile {
            task: name,
            task_is_given: is_given,
            clarity: if is_given { 1.0 } else { turn.verdict.clarity },
            language,
            difficulty,
            input_tokens: tokens::of_request(request),
            output_tokens: output_tokens.saturating_mul(answers),
            needs,
            mentions,
            evidence,
            cooperation,
        }
    }
}

impl HeuristicProfiler {
    /// The task by the caller's word, else by the text, with the evidence for it.
    fn name(
        &self,
        given: Option<&str>,
        verdict: &Verdict,
        found: &Found<'_>,
        evidence: &mut Vec<String>,
    ) -> (TaskName, Kind, bool) {
        match given {
            Some(word) if self.tasks.contains(word) => {
                evidence.push(format!("task {word}: the caller said so"));
                // A task of the configuration has no rules of its own; the text decides those.
                let kind = Kind::named(word).unwrap_or(verdict.kind);
                (TaskName::new(word), kind, true)
            }
            Some(_) => {
                evidence.push("task general: the caller's task type is not known here".to_owned());
                (TaskName::new(TaskName::GENERAL), Kind::General, false)
            }
            None => {
                evidence.push(task_in_words(verdict, found));
                (TaskName::new(verdict.kind.name()), verdict.kind, false)
            }
        }
    }
}

/// Whether a turn has no task of its own and goes on from the one before.
fn goes_on(turn: &Turn<'_>, found: &Found<'_>) -> bool {
    let words = turn.structure.words();
    let says_so = found.goes_on.is_some() && words <= GOES_ON && turn.verdict.clarity < 0.6;
    let says_nothing =
        words <= SHORT && matches!(turn.verdict.kind, Kind::General | Kind::Knowledge);
    says_so || says_nothing
}

fn task_in_words(verdict: &Verdict, found: &Found<'_>) -> String {
    let name = verdict.kind.name();
    if verdict.kind == Kind::General {
        return format!("task {name}: nothing in the text points to a particular one");
    }
    let words: Vec<_> = found
        .because
        .iter()
        .filter(|(kind, ..)| *kind == verdict.kind)
        .map(|(_, _, word)| *word)
        .take(NAMED_CUES)
        .collect();
    let mut because = verdict.shapes.join(", ");
    if !words.is_empty() {
        if !because.is_empty() {
            because.push_str(", ");
        }
        because.push_str(&quoted(&words));
    }
    let next = verdict
        .next
        .map(|next| format!("; next would be {}", next.name()))
        .unwrap_or_default();
    format!("task {name}: {because}{next}")
}

fn difficulty_in_words(
    level: &str,
    points: f64,
    found: &Found<'_>,
    structure: &Structure,
) -> String {
    let mut text = format!("difficulty {level}: {} points", two_decimals(points));
    if !found.depth.is_empty() {
        text.push_str(", asks for depth (");
        text.push_str(&quoted(&found.depth));
        text.push(')');
    }
    let parts = structure.questions.max(structure.list_items);
    for (count, what) in [(found.limits, "conditions"), (parts, "parts")] {
        if count > 1 {
            text.push_str(", ");
            text.push_str(&count.to_string());
            text.push(' ');
            text.push_str(what);
        }
    }
    text
}

fn quoted(words: &[&str]) -> String {
    let mut out = String::new();
    for word in words {
        if !out.is_empty() {
            out.push_str(", ");
        }
        out.push('`');
        out.push_str(word);
        out.push('`');
    }
    out
}
