//! What kind of answer a question asks for, as far as its words tell.
//!
//! Decides how answers are read and whether members are asked to end with a line that can be
//! counted. A wrong guess costs little: answers that do not fit are counted by their words.

use super::cues::{
    CODE, CREATE, LABEL, NUMBER, OUTPUT, QUANTITY, REQUEST, SHORT, SHORT_STARTS, SOLVE, VERDICT,
    VERDICT_STARTS, WORK,
};
use super::text;
use crate::types::chat::ResponseFormat;

/// Characters at the end of a question that are searched for cues.
const ASKING_PART: usize = 500;

/// A kind of answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// One or more of the options in the question.
    Choice(Choices),
    /// A number.
    Number {
        /// Whether it is asked for in percent.
        percent: bool,
    },
    /// Yes or no.
    YesNo,
    /// A name, a date, a label: a few words.
    Short,
    /// What a program prints or returns, to the letter.
    Literal,
    /// A JSON document.
    Json,
    /// Text of its own, which can be counted only where it happens to be short.
    Free,
}

/// The options of a question, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Choices(Vec<(char, String)>);

impl Kind {
    /// The kind of answer `question` asks for in this format.
    pub fn of(question: &str, format: &ResponseFormat) -> Self {
        if *format != ResponseFormat::Text {
            return Self::Json;
        }
        if let Some(choices) = Choices::of(question) {
            return Self::Choice(choices);
        }
        let lower = question.to_lowercase();
        let head = lower.trim_start();
        if CREATE.iter().any(|word| head.starts_with(word)) {
            return Self::Free;
        }
        let scope = asking_part(&lower);
        let says = |words: &[&str]| words.iter().any(|word| scope.contains(word));
        if says(VERDICT) {
            return Self::YesNo;
        }
        let ask = last_sentence(&lower);
        let begins = |words: &[&str]| words.iter().any(|word| ask.starts_with(word));
        if CODE.iter().any(|word| lower.contains(word)) && says(OUTPUT) && !says(WORK) {
            return Self::Literal;
        }
        let is_formal = lower.matches('$').count() >= 2 || lower.contains("\\[");
        let is_problem = says(SOLVE) && (is_formal || (figures(&lower) >= 2 && says(QUANTITY)));
        let is_command = head.starts_with("计算") || head.starts_with("evaluate");
        if says(NUMBER) || is_problem || (is_command && figures(&lower) > 0) || is_sum(&lower) {
            let percent = says(&["percent", "%", "％", "百分"]);
            return Self::Number { percent };
        }
        let is_question = ask.ends_with(['?', '？']);
        let is_verdict = (begins(VERDICT_STARTS) && is_question && !ask.contains(" or "))
            || (ask.trim_end_matches(['?', '？']).ends_with('吗') && !says(REQUEST));
        if is_verdict {
            return Self::YesNo;
        }
        let is_brief = ask.chars().count() <= 200;
        if (says(LABEL) || (is_question && begins(SHORT_STARTS)) || says(SHORT)) && is_brief {
            return Self::Short;
        }
        Self::Free
    }

    /// Whether members should be asked for a line that can be counted.
    pub fn wants_line(&self) -> bool {
        !matches!(self, Self::Json | Self::Free)
    }
}

impl Choices {
    /// The options a question lists: `A) …`, `B. …`, `（C）…`, at least two in order.
    pub fn of(question: &str) -> Option<Self> {
        let chars: Vec<char> = question.chars().collect();
        let mut marks: Vec<(char, usize, usize)> = Vec::new();
        for (at, c) in chars.iter().enumerate() {
            let wanted = marks
                .last()
                .map_or('A', |(letter, ..)| next_letter(*letter));
            let opens = at.checked_sub(1).is_none_or(|before| {
                let before = chars[before];
                before.is_whitespace() || "(（[【；;，,。？?：:".contains(before)
            });
            let closes = chars
                .get(at + 1)
                .is_some_and(|c| ")）.．:：、]】".contains(*c));
            if *c == wanted && opens && closes && marks.len() < 10 {
                marks.push((*c, at, at + 2));
            }
        }
        if marks.len() < 2 {
            return None;
        }
        let ends = marks.iter().skip(1).map(|mark| mark.1).chain([chars.len()]);
        let options = marks.iter().zip(ends).map(|((letter, _, from), to)| {
            let text: String = chars[*from..to].iter().collect();
            let line = text.trim().lines().next().unwrap_or_default();
            let line = line.trim_end_matches(['(', '（', '[', '【', ' ']);
            (*letter, text::fold(line).unwrap_or_default())
        });
        Some(Self(options.collect()))
    }

    pub(super) fn has(&self, letter: char) -> bool {
        self.0.iter().any(|(known, _)| *known == letter)
    }

    /// The letter of the option that reads like `text`.
    pub(super) fn letter_of(&self, text: &str) -> Option<String> {
        let folded = text::fold(text)?;
        let mut same = self.0.iter().filter(|(_, option)| *option == folded);
        same.next().map(|(letter, _)| letter.to_string())
    }
}

fn next_letter(letter: char) -> char {
    char::from_u32(u32::from(letter) + 1).unwrap_or(letter)
}

/// The part of a question in which words count: all of a short one, the end of a long one, whose
/// rest is a text to work on.
fn asking_part(text: &str) -> &str {
    let start = text.char_indices().rev().nth(ASKING_PART - 1);
    &text[start.map_or(0, |(at, _)| at)..]
}

/// The last sentence with words in it, in which a question is usually put.
fn last_sentence(text: &str) -> &str {
    let text = text.trim();
    let body = text.trim_end_matches(|c: char| !c.is_alphanumeric());
    let start = body
        .rmatch_indices(['.', '?', '!', '\n', '。', '？', '！'])
        .find(|(at, stop)| {
            let after = &body[at + stop.len()..];
            !stop.is_ascii() || *stop == "\n" || after.starts_with(char::is_whitespace)
        });
    text[start.map_or(0, |(at, stop)| at + stop.len())..].trim()
}

/// Runs of digits in a text.
fn figures(text: &str) -> usize {
    text.split(|c: char| !c.is_ascii_digit())
        .filter(|run| !run.is_empty())
        .count()
}

/// Whether the text is arithmetic to be worked out, such as `12 * 7 = ?`.
fn is_sum(text: &str) -> bool {
    let digits = text.chars().filter(char::is_ascii_digit).count();
    let signs = text.chars().filter(|c| "+*×÷/=^".contains(*c)).count();
    let letters = text.chars().filter(|c| c.is_alphabetic()).count();
    digits >= 2 && signs >= 1 && letters <= digits + 10
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::chat::JsonSchema;

    const NUMBER: Kind = Kind::Number { percent: false };
    const PERCENT: Kind = Kind::Number { percent: true };

    #[test]
    fn questions_say_what_kind_of_answer_they_want() {
        let kind = |question: &str| Kind::of(question, &ResponseFormat::Text);
        for question in [
            "How many apples are left?",
            "What is 12 * 7?",
            "12*7=?",
            "小明有5个苹果，吃了2个，还剩多少个？",
            "计算 3 的 5 次方",
            "There are 33 people; 3 more vote for than against. What was the number of votes for?",
            "Let $f(x) = 2x - 3.$ Find $f(4).$",
            "Janet sells eggs at $2. How much does she make? Explain your steps.",
        ] {
            assert_eq!(kind(question), NUMBER, "{question}");
        }
        assert_eq!(kind("What percentage of 80 is 20?"), PERCENT);
        for question in [
            "Is water wet?",
            "True or false: the sun is a star.",
            "地球是圆的吗？",
            "判断对错：1+1=3",
        ] {
            assert_eq!(kind(question), Kind::YesNo, "{question}");
        }
        for question in [
            "Who wrote Hamlet?",
            "Classify the sentiment: I love it.",
            "《红楼梦》的作者是谁？",
            "法国的首都是哪座城市？",
        ] {
            assert_eq!(kind(question), Kind::Short, "{question}");
        }
        for question in [
            "Write a poem about how many stars there are.",
            "Can you write me a story?",
            "What is quantum computing?",
            "What is the difference between HTTP 1.1 and HTTP 2?",
            "写一首关于春天的诗",
            "你能帮我写一封信吗？",
            "Explain the plot of Hamlet.",
        ] {
            assert_eq!(kind(question), Kind::Free, "{question}");
        }
        for question in [
            "def f(x):\n    return x * 2\nassert f(3) == ??",
            "下面的代码输出什么？\nprint('a' + 'b')",
        ] {
            assert_eq!(kind(question), Kind::Literal, "{question}");
        }
        for question in [
            "Pick one.\nA) x\nB) y",
            "下列哪个正确？A. 甲 B. 乙 C. 丙",
            "选一个：（A）甲（B）乙",
        ] {
            assert!(matches!(kind(question), Kind::Choice(_)), "{question}");
        }
        let schema = ResponseFormat::JsonSchema(JsonSchema {
            name: "s".into(),
            description: None,
            schema: serde_json::json!({}),
            strict: None,
        });
        assert_eq!(Kind::of("How many?", &schema), Kind::Json);
        assert!(!Kind::Json.wants_line() && NUMBER.wants_line());
    }
}
