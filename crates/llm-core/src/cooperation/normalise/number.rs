//! Reads numbers as people write them, exactly: every value is a fraction of integers.
//!
//! Signs, separators of thousands, fractions and mixed numbers, percentages, powers of ten,
//! scale words, currency signs, and units where the question asked for a number. What is left
//! over after a number must be a unit; `3 or 5`, `2π` and `x + 1` are not numbers. Units are
//! dropped and not converted: answers to one question are taken to use one unit.

use super::numeral;
use super::plain::plain;
use super::ratio::Ratio;
use crate::types::tokens::is_cjk;

/// Words before a number that do not change it.
const BEFORE: &[&str] = &[
    "≈",
    "~",
    "about ",
    "approximately ",
    "approx. ",
    "around ",
    "roughly ",
    "exactly ",
    "a total of ",
    "total of ",
    "约为",
    "大约是",
    "大约",
    "约",
    "大概是",
    "大概",
    "一共是",
    "一共",
    "总共是",
    "总共",
    "共",
    "等于",
    "是",
    "为",
    ":",
    "=",
];

/// Signs of money before or after a number.
const CURRENCY: &[&str] = &[
    "us$",
    "hk$",
    "$",
    "¥",
    "€",
    "£",
    "usd",
    "rmb",
    "cny",
    "eur",
    "人民币",
];

/// Units that may touch the number. Other letters that do are variables, as in `3x`.
const ATTACHED: &[&str] = &[
    "m", "g", "km", "cm", "mm", "kg", "mg", "ms", "hr", "hrs", "min", "mins", "ml", "mph", "km/h",
    "m/s", "ft", "in", "lb", "lbs", "oz", "hz", "kw", "kwh", "usd", "rmb", "cny", "eur", "kb",
    "mb", "gb", "tb", "am", "pm", "°", "°c", "°f",
];

/// Units of one letter, apart from the number.
const SINGLE: &str = "mgthlsvawcfk";

/// Words after a number that make it another answer.
const NOT_UNITS: &[&str] = &[
    "or", "and", "to", "more", "less", "fewer", "plus", "minus", "times", "but", "if", "不", "或",
    "和", "到", "至", "以上", "以下", "多", "加", "减", "乘",
];

/// Reads `text`, all of which must be one number: with a unit where `with_unit` allows it.
///
/// `percent` says that the question asks for a percentage, so `50%` is 50 rather than a half.
pub(super) fn read(text: &str, with_unit: bool, percent: bool) -> Option<String> {
    let text = plain(text).to_lowercase();
    let is_frame = |c: char| c.is_whitespace() || "*_`\"'“”,;:!?。、()".contains(c);
    // A full stop may begin a decimal, so it goes at the end only.
    let mut text = text
        .trim_start_matches(is_frame)
        .trim_end_matches(|c| is_frame(c) || c == '.');
    if let Some((left, right)) = text.rsplit_once('=') {
        let is_one = !left.ends_with(['<', '>', '!'])
            && ![" or ", " and ", ", ", ";", "或", "和"]
                .iter()
                .any(|word| left.contains(word));
        if !is_one {
            return None;
        }
        text = right.trim_start();
    }
    while let Some(rest) = BEFORE.iter().find_map(|word| text.strip_prefix(word)) {
        text = rest.trim_start();
    }
    let (negative, text) = sign(text);
    let text = strip_currency(text);
    // -$5 and $-5 are the same sum.
    let (also_negative, text) = sign(text);
    let (value, rest) = head(text, with_unit, percent)?;
    let (value, rest) = tail(value, rest, percent)?;
    let value = match (negative, also_negative) {
        (true, false) | (false, true) => value.negated()?,
        (true, true) | (false, false) => value,
    };
    is_unit(rest, with_unit).then(|| value.spelt())
}

fn sign(text: &str) -> (bool, &str) {
    for word in ["-", "minus ", "negative ", "负"] {
        if let Some(rest) = text.strip_prefix(word) {
            return (true, rest.trim_start());
        }
    }
    (false, text.strip_prefix('+').unwrap_or(text))
}

fn strip_currency(text: &str) -> &str {
    CURRENCY
        .iter()
        .find_map(|sign| text.strip_prefix(sign))
        .map_or(text, str::trim_start)
}

/// The number at the start, before what may change its size.
fn head(text: &str, with_unit: bool, percent: bool) -> Option<(Ratio, &str)> {
    if let Some(rest) = text.strip_prefix("百分之") {
        let (value, rest) = chinese(rest).or_else(|| digits(rest, false))?;
        let hundredth = Ratio::new(1, 100)?;
        return Some((
            if percent {
                value
            } else {
                value.times(hundredth)?
            },
            rest,
        ));
    }
    if let Some(rest) = text
        .strip_prefix("一半")
        .or_else(|| text.strip_prefix('半'))
    {
        return Some((Ratio::new(1, 2)?, rest));
    }
    if let Some((value, rest)) = chinese(text) {
        return Some((value, rest));
    }
    if let Some((value, rest)) = digits(text, with_unit) {
        return Some((value, rest));
    }
    let (value, end) = numeral::english(text)?;
    Some((Ratio::whole(value), &text[end..]))
}

/// A number in Chinese numerals, with decimals, or a fraction such as 三分之一.
fn chinese(text: &str) -> Option<(Ratio, &str)> {
    let (value, count) = numeral::chinese(text)?;
    let (word, rest) = text.split_at(bytes_of(text, count));
    if word.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    if let Some(above) = rest.strip_prefix("分之") {
        let (numerator, count) = numeral::chinese(above)?;
        let rest = &above[bytes_of(above, count)..];
        return Some((Ratio::new(numerator, value)?, rest));
    }
    let whole = Ratio::whole(value);
    let Some(decimals) = rest.strip_prefix('点') else {
        return Some((whole, rest));
    };
    let count = decimals
        .chars()
        .take_while(|c| numeral::digit(*c).is_some())
        .count();
    let (decimals, rest) = decimals.split_at(bytes_of(decimals, count));
    let (value, _) = numeral::chinese(decimals)?;
    let size = 10_i128.checked_pow(u32::try_from(count).ok()?)?;
    Some((whole.plus(Ratio::new(value, size)?)?, rest))
}

/// Bytes of the first `count` characters.
fn bytes_of(text: &str, count: usize) -> usize {
    text.chars().take(count).map(char::len_utf8).sum()
}

/// A number in digits, `.` before decimals and `,` between thousands. Spaces part thousands
/// only where a number is asked for; elsewhere `10 100` may be two.
fn digits(text: &str, spaces: bool) -> Option<(Ratio, &str)> {
    let bytes = text.as_bytes();
    let run = |from: usize| {
        bytes[from..]
            .iter()
            .take_while(|b| b.is_ascii_digit())
            .count()
    };
    let mut end = run(0);
    let mut whole = text[..end].to_owned();
    if (1..=3).contains(&end) {
        let separator = bytes.get(end).copied();
        if separator == Some(b',') || (spaces && separator == Some(b' ')) {
            while bytes.get(end).copied() == separator && run(end + 1) == 3 {
                whole.push_str(&text[end + 1..end + 4]);
                end += 4;
            }
        }
    }
    let mut decimals = "";
    if bytes.get(end) == Some(&b'.') && run(end + 1) > 0 {
        let length = run(end + 1);
        decimals = &text[end + 1..end + 1 + length];
        end += 1 + length;
    }
    let joined = matches!(bytes.get(end), Some(b'.' | b',' | b':')) && run(end + 1) > 0;
    if (whole.is_empty() && decimals.is_empty()) || joined {
        return None;
    }
    let size = 10_i128.checked_pow(u32::try_from(decimals.len()).ok()?)?;
    let above: i128 = format!("{whole}{decimals}").parse().ok()?;
    Some((Ratio::new(above, size)?, &text[end..]))
}

/// What follows a number and changes its size: a fraction, a power, a scale, a percent sign.
fn tail(mut value: Ratio, mut rest: &str, percent: bool) -> Option<(Ratio, &str)> {
    if let Some((below, after)) = after_slash(rest) {
        (value, rest) = (value.times(below.inverted()?)?, after);
    } else if let Some((above, after)) = rest.strip_prefix(' ').and_then(|rest| digits(rest, false))
        && let Some((below, after)) = after_slash(after)
    {
        (value, rest) = (value.plus(above.times(below.inverted()?)?)?, after);
    }
    if let Some((power, after)) = exponent(rest) {
        (value, rest) = (value.times(Ratio::whole(10).to_the(power)?)?, after);
    } else if let Some((power, after)) = rest.strip_prefix('^').and_then(signed) {
        (value, rest) = (value.to_the(power)?, after);
    }
    rest = rest.trim_start();
    let word: String = rest.chars().take_while(char::is_ascii_alphabetic).collect();
    if let Some(factor) = numeral::scale(&word) {
        (value, rest) = (value.times(Ratio::whole(factor))?, &rest[word.len()..]);
    }
    while let Some((factor, after)) = numeral::leading_unit(rest) {
        (value, rest) = (value.times(Ratio::whole(factor))?, after);
    }
    for sign in ["%", "percent", "per cent", "个百分点"] {
        if let Some(after) = rest.strip_prefix(sign) {
            rest = after;
            if !percent {
                value = value.times(Ratio::new(1, 100)?)?;
            }
            break;
        }
    }
    Some((value, rest))
}

fn after_slash(rest: &str) -> Option<(Ratio, &str)> {
    digits(rest.trim_start().strip_prefix('/')?.trim_start(), false)
}

/// `e5`, `×10^5` and the like.
fn exponent(rest: &str) -> Option<(i32, &str)> {
    if let Some(after) = rest.strip_prefix('e') {
        return signed(after);
    }
    let rest = rest.trim_start();
    let after = ["×", "x", "*", "·"]
        .iter()
        .find_map(|sign| rest.strip_prefix(sign))?
        .trim_start();
    let after = after.strip_prefix("10")?;
    signed(
        after
            .strip_prefix('^')
            .or_else(|| after.strip_prefix("**"))?,
    )
}

fn signed(text: &str) -> Option<(i32, &str)> {
    let text = text.strip_prefix('(').unwrap_or(text);
    let (negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let length = digits.bytes().take_while(u8::is_ascii_digit).count();
    let power: i32 = digits[..length].parse().ok()?;
    let rest = &digits[length..];
    let rest = rest.strip_prefix(')').unwrap_or(rest);
    Some((if negative { -power } else { power }, rest))
}

/// Whether what is left after a number is nothing or the name of what was counted.
fn is_unit(rest: &str, allowed: bool) -> bool {
    let attached = !rest.starts_with(char::is_whitespace);
    let rest = rest.trim();
    if rest.is_empty() || CURRENCY.contains(&rest) || matches!(rest, "元" | "美元" | "dollars") {
        return true;
    }
    if !allowed {
        return false;
    }
    let bare = rest.replace("^2", "").replace("^3", "");
    let words: Vec<&str> = bare.split_whitespace().collect();
    let starts_latin = bare.starts_with(|c: char| c.is_ascii_alphabetic() || c == '°');
    let known = words.first().is_some_and(|word| {
        ATTACHED.contains(word) || (!attached && word.len() == 1 && SINGLE.contains(*word))
    });
    if starts_latin && (attached || bare.len() == 1) && !known {
        return false;
    }
    let is_letter = |c: char| {
        c.is_ascii_alphabetic() || is_plain_chinese(c) || c.is_whitespace() || "°/.'-".contains(c)
    };
    bare.chars().all(is_letter)
        && words.len() <= 4
        && bare.chars().count() <= 40
        && !words.iter().any(|word| NOT_UNITS.contains(word))
        && !NOT_UNITS
            .iter()
            .any(|word| !word.is_ascii() && bare.starts_with(word))
}

/// A Chinese character that is not itself a numeral.
fn is_plain_chinese(c: char) -> bool {
    is_cjk(c) && numeral::digit(c).is_none()
}
