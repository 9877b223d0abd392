//! Finds the cues of a text in one pass, and adds up what they speak for.
//!
//! The cues themselves are data ([`super::cues`]). Latin cues match whole words, an `s` at the end
//! allowed; Chinese has no word boundaries, so Chinese cues match anywhere. Where one task cue
//! lies inside another, only the longer one counts: `翻译` in `翻译成`, `write` in `write code`.

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};

use super::cues::{self, Effect, Group, Place};
use super::kind::{Kind, Scores};
use super::structure::is_han;
use super::traditional::Speller;

/// Bytes at either end of a text in which a task cue counts fully: instructions stand there, and
/// what stands between them is mostly material.
const EDGE: usize = 240;
/// What a task cue further inside counts.
const INSIDE: f64 = 0.3;
/// Bytes at the beginning in which a cue that opens a request must stand.
const OPENING: usize = 36;
/// What the second, third, … different cue for the same task counts.
const REPEATS: [f64; 4] = [1.0, 0.7, 0.5, 0.3];

/// All cues, ready to be searched for.
#[derive(Debug)]
pub(super) struct Lexicon {
    automaton: AhoCorasick,
    /// For each pattern: its text and the group it is in.
    patterns: Vec<(String, &'static Group)>,
}

/// What the cues of a text add up to.
#[derive(Debug, Default)]
pub(super) struct Found<'a> {
    /// For each task, how much speaks for it.
    pub(super) tasks: Scores,
    /// The cues that spoke for a task, strongest first.
    pub(super) because: Vec<(Kind, f64, &'a str)>,
    /// Words that make a request harder or easier.
    pub(super) demand: f64,
    /// Words that ask for depth or breadth.
    pub(super) depth: Vec<&'a str>,
    /// Conditions the answer must meet.
    pub(super) limits: usize,
    /// Question words.
    pub(super) questions: usize,
    /// Words that point at a picture.
    pub(super) picture: Option<&'a str>,
    /// Words that point at a recording.
    pub(super) sound: Option<&'a str>,
    /// Words that point at a document.
    pub(super) document: Option<&'a str>,
    /// Words that ask to go on.
    pub(super) goes_on: Option<&'a str>,
}

#[derive(Clone, Copy)]
struct Hit {
    start: usize,
    end: usize,
    pattern: usize,
}

impl Lexicon {
    /// Compiles the cues.
    pub(super) fn new() -> Result<Self, aho_corasick::BuildError> {
        let mut patterns = Vec::new();
        let speller = Speller::new();
        for group in cues::all() {
            for word in group.words.split('|').map(str::trim) {
                patterns.extend(speller.spell(word).map(|traditional| (traditional, group)));
                patterns.push((word.to_owned(), group));
            }
        }
        let automaton = AhoCorasick::builder()
            .ascii_case_insensitive(true)
            .match_kind(MatchKind::Standard)
            .kind(Some(AhoCorasickKind::ContiguousNFA))
            .dense_depth(3)
            .build(patterns.iter().map(|(word, _)| word))?;
        Ok(Self {
            automaton,
            patterns,
        })
    }

    /// Searches a text.
    pub(super) fn search(&self, text: &str) -> Found<'_> {
        let mut found = Found::default();
        let mut counted = [0_usize; Kind::ALL.len()];
        let mut seen: Vec<usize> = Vec::with_capacity(32);
        for hit in self.hits(text) {
            let (word, group) = &self.patterns[hit.pattern];
            if seen.contains(&hit.pattern) {
                continue;
            }
            seen.push(hit.pattern);
            match group.effect {
                Effect::Task(kind) => {
                    let repeat = REPEATS.get(counted[kind as usize]).copied().unwrap_or(0.0);
                    counted[kind as usize] += 1;
                    let weight = group.weight * place(&hit, text) * repeat;
                    found.tasks.add(kind, weight);
                    if kind == Kind::Vision {
                        found.picture = found.picture.or(Some(word));
                    }
                    found.because.push((kind, weight, word.as_str()));
                }
                Effect::Shadow => {}
                Effect::Demand => found.demand += group.weight,
                Effect::Depth => found.depth.push(word),
                Effect::Limit => found.limits += 1,
                Effect::Question => found.questions += 1,
                Effect::Sound => found.sound = found.sound.or(Some(word)),
                Effect::Document => found.document = found.document.or(Some(word)),
                Effect::GoesOn => found.goes_on = found.goes_on.or(Some(word)),
            }
        }
        found.because.sort_by(|a, b| b.1.total_cmp(&a.1));
        found
    }

    /// The hits that count, in the order of the text.
    fn hits(&self, text: &str) -> Vec<Hit> {
        let mut hits: Vec<Hit> = self
            .automaton
            .find_overlapping_iter(text)
            .map(|found| Hit {
                start: found.start(),
                end: found.end(),
                pattern: found.pattern().as_usize(),
            })
            .filter(|hit| {
                let group = self.patterns[hit.pattern].1;
                (group.place == Place::Anywhere || hit.start <= OPENING) && stands_alone(text, hit)
            })
            .collect();
        hits.sort_unstable_by(|a, b| (a.start, b.end, a.pattern).cmp(&(b.start, a.end, b.pattern)));
        // Sorted by start, longest first: a task cue is inside another if that one ends no earlier.
        let (mut reach, mut widest) = (0, 0..0);
        hits.retain(|hit| {
            if !self.patterns[hit.pattern].1.effect.is_about_task() {
                return true;
            }
            let inside = hit.end <= reach && widest != (hit.start..hit.end);
            if hit.end > reach {
                (reach, widest) = (hit.end, hit.start..hit.end);
            }
            !inside
        });
        hits
    }
}

/// How much a task cue counts for where it stands.
fn place(hit: &Hit, text: &str) -> f64 {
    if hit.start < EDGE || hit.end + EDGE > text.len() {
        1.0
    } else {
        INSIDE
    }
}

/// Whether a hit is not part of a longer Latin word.
fn stands_alone(text: &str, hit: &Hit) -> bool {
    let joins = |char: char| (char.is_alphanumeric() && !is_han(char)) || char == '_';
    let word = &text[hit.start..hit.end];
    let first = word.chars().next().is_some_and(joins);
    let last = word.chars().next_back().is_some_and(joins);
    let before = text[..hit.start].chars().next_back();
    let mut after = text[hit.end..].chars();
    let mut next = after.next();
    if matches!(next, Some('s' | 'S')) {
        next = after.next();
    }
    let is_part = first && before.is_some_and(joins) || last && next.is_some_and(joins);
    !is_part
}

/// Compiled once for all tests.
#[cfg(test)]
pub(super) static SHARED: std::sync::LazyLock<Lexicon> =
    std::sync::LazyLock::new(|| Lexicon::new().unwrap());

#[cfg(test)]
mod tests {
    use super::*;

    fn score(text: &str, kind: Kind) -> f64 {
        SHARED.search(text).tasks.get(kind)
    }

    #[test]
    fn latin_cues_match_whole_words_and_chinese_ones_anywhere() {
        assert!(score("debug this c++ program", Kind::Code) > 0.0);
        assert!(score("分析python代码", Kind::Code) > 0.0);
        assert!(score("请用C++实现", Kind::Code) > 0.0);
        assert!(score("the pythonesque humour of it", Kind::Code) <= 0.0);
        assert!(score("two poems please", Kind::Writing) > 0.0);
    }

    #[test]
    fn traditional_characters_are_read_like_simplified_ones() {
        let traditional = score("請將這段話翻譯成英文", Kind::Translation);
        let simplified = score("请将这段话翻译成英文", Kind::Translation);
        assert!(traditional > 0.0);
        assert!((traditional - simplified).abs() < 1e-9);
    }

    #[test]
    fn a_cue_inside_a_longer_one_is_not_counted_twice() {
        let found = SHARED.search("翻译成英文");
        assert!(
            !found.because.iter().any(|(_, _, word)| *word == "翻译"),
            "{:?}",
            found.because
        );
    }

    #[test]
    fn cues_inside_long_material_count_less() {
        let filler = "word ".repeat(200);
        let inside = score(&format!("{filler} translate {filler}"), Kind::Translation);
        let at_the_end = score(&format!("{filler} translate"), Kind::Translation);
        assert!(inside > 0.0 && inside < at_the_end);
    }
}
