//! Where two answers differ, sentence by sentence.

/// One sentence of two answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part<'a> {
    /// Of both.
    Both(&'a str),
    /// Of the first alone.
    First(&'a str),
    /// Of the second alone.
    Second(&'a str),
}

/// Most sentences of an answer that are compared; the rest counts as one.
const MOST: usize = 500;

/// The sentences of two answers in order, the common ones once.
pub(super) fn parts<'a>(first: &'a str, second: &'a str) -> Vec<Part<'a>> {
    let (first, second) = (sentences(first), sentences(second));
    let common = lengths(&first, &second);
    let (mut i, mut j) = (0, 0);
    let mut parts = Vec::new();
    while i < first.len() && j < second.len() {
        if first[i] == second[j] {
            parts.push(Part::Both(first[i]));
            i += 1;
            j += 1;
        } else if common[i + 1][j] >= common[i][j + 1] {
            parts.push(Part::First(first[i]));
            i += 1;
        } else {
            parts.push(Part::Second(second[j]));
            j += 1;
        }
    }
    parts.extend(first[i..].iter().map(|text| Part::First(text)));
    parts.extend(second[j..].iter().map(|text| Part::Second(text)));
    parts
}

/// The longest common subsequence of what is left at each pair of places.
fn lengths(first: &[&str], second: &[&str]) -> Vec<Vec<usize>> {
    let mut table = vec![vec![0; second.len() + 1]; first.len() + 1];
    for i in (0..first.len()).rev() {
        for j in (0..second.len()).rev() {
            table[i][j] = if first[i] == second[j] {
                table[i + 1][j + 1] + 1
            } else {
                table[i + 1][j].max(table[i][j + 1])
            };
        }
    }
    table
}

/// Lines, cut after the end of each sentence.
fn sentences(text: &str) -> Vec<&str> {
    let mut sentences = Vec::new();
    for line in text.lines() {
        let mut rest = line.trim();
        while let Some(end) = end_of_sentence(rest) {
            let (sentence, after) = rest.split_at(end);
            sentences.push(sentence.trim());
            rest = after.trim_start();
        }
        if !rest.is_empty() {
            sentences.push(rest);
        }
    }
    sentences.truncate(MOST);
    sentences
}

/// Behind a full stop that ends a sentence: a Chinese one, or one before a space.
fn end_of_sentence(text: &str) -> Option<usize> {
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        let next = chars.peek().map(|(_, next)| *next);
        let ends = match c {
            '。' | '！' | '？' | '；' => true,
            '.' | '!' | '?' => next.is_none_or(char::is_whitespace),
            _ => false,
        };
        if ends {
            return Some(at + c.len_utf8());
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn common_sentences_are_shown_once() {
        let first = "It is 4. I am sure.\nBye";
        let second = "It is 4. I think so.\nBye";
        assert_eq!(
            parts(first, second),
            [
                Part::Both("It is 4."),
                Part::First("I am sure."),
                Part::Second("I think so."),
                Part::Both("Bye"),
            ]
        );
    }

    #[test]
    fn chinese_sentences_end_without_a_space_and_numbers_do_not_end_one() {
        assert_eq!(sentences("甲。乙！丙"), ["甲。", "乙！", "丙"]);
        assert_eq!(sentences("Pi is 3.14 or so."), ["Pi is 3.14 or so."]);
    }

    proptest! {
        #[test]
        fn nothing_is_lost_or_invented(first in "[ab。. \n]{0,40}", second in "[ab。. \n]{0,40}") {
            let parts = parts(&first, &second);
            let of = |wanted: fn(&Part<'_>) -> bool| -> Vec<&str> {
                let kept = parts.iter().filter(|part| wanted(part));
                kept.map(|part| match part {
                    Part::Both(text) | Part::First(text) | Part::Second(text) => *text,
                })
                .collect()
            };
            prop_assert_eq!(of(|part| !matches!(part, Part::Second(_))), sentences(&first));
            prop_assert_eq!(of(|part| !matches!(part, Part::First(_))), sentences(&second));
        }
    }
}
