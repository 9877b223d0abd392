//! Yes and no, in English and Chinese.

use super::plain::plain;

const YES: &[&str] = &[
    "yes", "yeah", "yep", "true", "correct", "right", "是的", "是", "对的", "对", "正确", "可以",
    "能", "会", "有", "真", "成立",
];

const NO: &[&str] = &[
    "no",
    "nope",
    "false",
    "incorrect",
    "wrong",
    "不是的",
    "不是",
    "否",
    "不对",
    "不正确",
    "错误",
    "错",
    "不可以",
    "不能",
    "不会",
    "不",
    "没有",
    "假",
    "不成立",
];

/// Words that may follow a bare `yes` or `no`; after others it is part of a sentence.
const AFTER: &[&str] = &[
    "it", "he", "she", "they", "this", "that", "there", "we", "you", "i",
];

/// `yes` or `no` if the text begins with a verdict that stands for itself.
pub(super) fn read(text: &str) -> Option<String> {
    let text = plain(text).to_lowercase();
    let text = text.trim_start_matches(|c: char| !c.is_alphanumeric());
    let begins = |words: &[&str]| words.iter().any(|word| stands_alone(text, word));
    match (begins(YES), begins(NO)) {
        (true, false) => Some("yes".to_owned()),
        (false, true) => Some("no".to_owned()),
        _ => None,
    }
}

/// `yes` or `no` if the text is nothing else, where nobody asked for a verdict.
pub(super) fn lone(text: &str) -> Option<String> {
    let text = plain(text).to_lowercase();
    let text = text.trim_matches(|c: char| !c.is_alphanumeric());
    match text {
        "yes" | "是" | "是的" => Some("yes".to_owned()),
        "no" | "否" | "不是" => Some("no".to_owned()),
        _ => None,
    }
}

fn stands_alone(text: &str, word: &str) -> bool {
    let Some(rest) = text.strip_prefix(word) else {
        return false;
    };
    let Some(next) = rest.chars().next() else {
        return true;
    };
    if next == ' ' {
        let follower = rest.split_whitespace().next().unwrap_or_default();
        return AFTER.contains(&follower) || !follower.starts_with(char::is_alphanumeric);
    }
    !next.is_alphanumeric() && next != '-' && next != '\''
}
