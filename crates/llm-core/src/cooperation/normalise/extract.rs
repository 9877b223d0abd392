//! Finds what an answer itself says is the answer: in a box, after a marker, or by being short.

/// Longest text that is an answer as a whole.
const SHORT: usize = 100;

/// Bytes at the end of an answer that are searched. What is said earlier was on the way.
const TAIL: usize = 8 * 1024;

/// Markers after which the answer stands, the sure ones.
const STRONG: &[&str] = &["final answer", "最终答案", "最后答案", "####"];

/// Markers that may also occur on the way to the answer.
const WEAK: &[&str] = &[
    "answer is",
    "answer:",
    "answer：",
    "answer**:",
    "answer would be",
    "option is",
    "choice is",
    "答案是",
    "答案为",
    "答案应为",
    "答案：",
    "答案:",
    "答案**：",
    "答案**:",
    "答案选",
    "正确选项是",
    "正确选项为",
    "故选",
    "所以选",
    "因此选",
    "应该选",
    "应选",
    "我选择",
    "我选",
];

/// Where an answer ends and its explanation begins.
const CONNECTORS: &[&str] = &[
    " because ",
    ", because",
    " since ",
    ", since",
    ", so ",
    ", as ",
    ", which",
    ", but ",
    " (because",
    "，因为",
    "，所以",
    "，因此",
    "，其中",
    "，这",
    "，即",
    "（因为",
    ",因为",
    ",所以",
    ",因此",
];

/// Short words whose full stop ends no sentence.
const ABBREVIATIONS: &[&str] = &["mrs", "prof", "inc", "ltd", "jr", "sr", "vol"];

/// A place where the answer may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Candidate<'a> {
    /// From the start of the answer to the end of its line.
    pub(super) line: &'a str,
}

impl<'a> Candidate<'a> {
    /// The line without the sentence or reason that follows the answer.
    pub(super) fn clause(&self) -> &'a str {
        let mut end = self.line.len();
        for connector in CONNECTORS {
            if let Some(at) = find(self.line, connector) {
                end = end.min(at);
            }
        }
        let line = &self.line[..end];
        let stop = line
            .char_indices()
            .find(|(at, c)| ends_sentence(line, *at, *c));
        line[..stop.map_or(line.len(), |(at, _)| at)].trim()
    }
}

/// The places, the most trustworthy first.
pub(super) fn candidates(answer: &str) -> Vec<Candidate<'_>> {
    let answer = tail(answer);
    let mut found: Vec<&str> = boxed(answer).into_iter().collect();
    for markers in [STRONG, WEAK] {
        let mut places: Vec<usize> = markers
            .iter()
            .flat_map(|marker| ends_of(answer, marker))
            .collect();
        places.sort_unstable();
        // The last word counts.
        found.extend(
            places
                .into_iter()
                .rev()
                .filter_map(|at| line_after(&answer[at..])),
        );
    }
    let whole = answer.trim();
    let lines = whole.lines().filter(|line| !line.trim().is_empty()).count();
    if lines == 1 && whole.chars().count() <= SHORT {
        found.push(whole);
    }
    found.into_iter().map(|line| Candidate { line }).collect()
}

/// The end of an answer, all of it where it is not long.
pub(super) fn tail(answer: &str) -> &str {
    let mut start = answer.len().saturating_sub(TAIL);
    while !answer.is_char_boundary(start) {
        start += 1;
    }
    &answer[start..]
}

/// The last and the first line.
pub(super) fn outer_lines(answer: &str) -> Vec<&str> {
    let mut lines = answer.lines().filter(|line| !line.trim().is_empty());
    let first = lines.next();
    let last = lines.next_back();
    last.into_iter().chain(first).collect()
}

/// The inside of the last `\boxed{…}`.
fn boxed(answer: &str) -> Option<&str> {
    let (at, _) = answer.rmatch_indices("\\boxed{").next()?;
    let inner = &answer[at + "\\boxed{".len()..];
    let mut depth = 1_usize;
    for (at, c) in inner.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return Some(inner[..at].trim());
        }
    }
    None
}

/// Where each occurrence of a marker ends. ASCII letters match in either case.
fn ends_of<'a>(text: &'a str, marker: &'a str) -> impl Iterator<Item = usize> + 'a {
    let mut from = 0;
    std::iter::from_fn(move || {
        let at = from + find(&text[from..], marker)?;
        from = at + marker.len();
        Some(from)
    })
}

fn find(text: &str, wanted: &str) -> Option<usize> {
    // Comparing bytes keeps positions; every match starts and ends on a character.
    text.as_bytes()
        .windows(wanted.len())
        .position(|window| window.eq_ignore_ascii_case(wanted.as_bytes()))
}

/// The rest of the line after a marker, or the next line that has anything.
fn line_after(text: &str) -> Option<&str> {
    let is_emphasis = |c: char| c.is_whitespace() || "*_`".contains(c);
    let text = text.trim_start_matches(is_emphasis);
    // "最终答案是42": the verb belongs to the marker. After a colon it is the answer.
    let text = ["is ", "is:", "是", "为"]
        .iter()
        .find_map(|verb| text.strip_prefix(verb))
        .filter(|rest| !rest.is_empty())
        .unwrap_or(text);
    let line = text
        .trim_start_matches(|c| is_emphasis(c) || ":：=".contains(c))
        .lines()
        .next()?
        .trim();
    (!line.is_empty()).then_some(line)
}

fn ends_sentence(line: &str, at: usize, c: char) -> bool {
    let rest = &line[at + c.len_utf8()..];
    match c {
        '。' | '！' | '？' | '；' => true,
        '!' | '?' | ';' => rest.is_empty() || rest.starts_with(char::is_whitespace),
        '.' if rest.starts_with(char::is_whitespace) => {
            let word = line[..at]
                .rsplit(|c: char| !c.is_alphabetic())
                .next()
                .unwrap_or_default();
            let is_initial = (1..=2).contains(&word.chars().count());
            !is_initial && !ABBREVIATIONS.contains(&word.to_lowercase().as_str())
        }
        _ => false,
    }
}
