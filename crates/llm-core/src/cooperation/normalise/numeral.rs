//! Numbers written in words: Chinese numerals and English number words.

/// A whole number in Chinese numerals at the start of `text`, and the characters it takes.
///
/// Positional (`二零二四`), with units (`一百零五`), mixed (`3万5千`) and shortened
/// (`一百五` for 150) spellings; banker's forms too.
pub(super) fn chinese(text: &str) -> Option<(i128, usize)> {
    let mut length = text
        .chars()
        .take_while(|c| digit(*c).is_some() || unit(*c).is_some())
        .count();
    let mut around = text.chars().skip(length.saturating_sub(1));
    if around.next() == Some('千') && around.next().is_some_and(takes_kilo) {
        length -= 1;
    }
    let word: Vec<char> = text.chars().take(length).collect();
    let value = if word.iter().any(|c| unit(*c).is_some()) {
        with_units(&word)?
    } else {
        positional(&word)?
    };
    Some((value, length))
}

fn positional(word: &[char]) -> Option<i128> {
    if word.is_empty() {
        return None;
    }
    word.iter().try_fold(0_i128, |value, c| {
        value.checked_mul(10)?.checked_add(digit(*c)?)
    })
}

fn with_units(word: &[char]) -> Option<i128> {
    // `total` holds what is closed by 万 or 亿, `section` what is below it, `current` a digit
    // that waits for its unit.
    let (mut total, mut section, mut current) = (0_i128, 0_i128, None::<i128>);
    let (mut last_unit, mut after_zero) = (1_i128, false);
    for c in word {
        if let Some(value) = digit(*c) {
            if value == 0 {
                after_zero = true;
            }
            // Arabic digits may run on, as in 35万; Chinese ones may not.
            current = match current {
                Some(before) if c.is_ascii_digit() => {
                    Some(before.checked_mul(10)?.checked_add(value)?)
                }
                Some(before) if before != 0 => return None,
                _ => Some(value),
            };
            continue;
        }
        let size = unit(*c)?;
        if size >= 10_000 {
            section = section.checked_add(current.take().unwrap_or(0))?;
            total = if size == 10_000 {
                total.checked_add(section.max(1).checked_mul(size)?)?
            } else {
                total.checked_add(section)?.max(1).checked_mul(size)?
            };
            section = 0;
        } else {
            let count = current.take().filter(|count| *count != 0).unwrap_or(1);
            section = section.checked_add(count.checked_mul(size)?)?;
        }
        (last_unit, after_zero) = (size, false);
    }
    let rest = current.unwrap_or(0);
    let rest = if last_unit >= 100 && !after_zero {
        rest.checked_mul(last_unit / 10)?
    } else {
        rest
    };
    total.checked_add(section)?.checked_add(rest)
}

/// The value of a digit.
pub(super) fn digit(c: char) -> Option<i128> {
    Some(match c {
        '零' | '〇' => 0,
        '一' | '壹' => 1,
        '二' | '贰' | '两' | '兩' => 2,
        '三' | '叁' => 3,
        '四' | '肆' => 4,
        '五' | '伍' => 5,
        '六' | '陆' => 6,
        '七' | '柒' => 7,
        '八' | '捌' => 8,
        '九' | '玖' => 9,
        _ => return c.to_digit(10).filter(|_| c.is_ascii()).map(i128::from),
    })
}

/// The unit at the start of `text`, and what follows it.
pub(super) fn leading_unit(text: &str) -> Option<(i128, &str)> {
    let mut chars = text.chars();
    let first = chars.next()?;
    let value = unit(first)?;
    let is_kilo = first == '千' && chars.next().is_some_and(takes_kilo);
    (!is_kilo).then(|| (value, &text[first.len_utf8()..]))
}

/// Whether 千 before it belongs to the unit of measure: 5千克 is 5, not 5000.
fn takes_kilo(c: char) -> bool {
    matches!(c, '米' | '克' | '瓦' | '伏' | '卡' | '赫')
}

/// The value of a unit.
fn unit(c: char) -> Option<i128> {
    Some(match c {
        '十' | '拾' => 10,
        '百' | '佰' => 100,
        '千' | '仟' => 1_000,
        '万' | '萬' => 10_000,
        '亿' | '億' => 100_000_000,
        _ => return None,
    })
}

const SMALL: &[(&str, i128)] = &[
    ("zero", 0),
    ("one", 1),
    ("two", 2),
    ("three", 3),
    ("four", 4),
    ("five", 5),
    ("six", 6),
    ("seven", 7),
    ("eight", 8),
    ("nine", 9),
    ("ten", 10),
    ("eleven", 11),
    ("twelve", 12),
    ("thirteen", 13),
    ("fourteen", 14),
    ("fifteen", 15),
    ("sixteen", 16),
    ("seventeen", 17),
    ("eighteen", 18),
    ("nineteen", 19),
    ("twenty", 20),
    ("thirty", 30),
    ("forty", 40),
    ("fifty", 50),
    ("sixty", 60),
    ("seventy", 70),
    ("eighty", 80),
    ("ninety", 90),
];

/// The factor of `thousand` and its like.
pub(super) fn scale(word: &str) -> Option<i128> {
    Some(match word {
        "hundred" => 100,
        "thousand" => 1_000,
        "million" => 1_000_000,
        "billion" => 1_000_000_000,
        "trillion" => 1_000_000_000_000,
        _ => return None,
    })
}

/// A whole number in English words at the start of lower-case `text`, and the bytes it takes.
pub(super) fn english(text: &str) -> Option<(i128, usize)> {
    let (mut total, mut section) = (0_i128, 0_i128);
    let (mut end, mut previous) = (0, None::<i128>);
    for (start, word) in words(text) {
        let value = SMALL
            .iter()
            .find(|(name, _)| *name == word)
            .map(|row| row.1);
        if let Some(value) = value {
            // "twenty three" is one number, "two three" and "three twenty" are not.
            let follows = previous
                .is_none_or(|before| before >= 100 || (before >= 20 && (1..10).contains(&value)));
            if !follows {
                return None;
            }
            section = section.checked_add(value)?;
            previous = Some(value);
        } else if let Some(factor) = scale(word).filter(|_| end > 0) {
            if factor == 100 {
                section = section.checked_mul(100)?;
            } else {
                total = total.checked_add(section.checked_mul(factor)?)?;
                section = 0;
            }
            previous = Some(factor);
        } else if word == "and" && end > 0 {
            continue;
        } else if word == "a" && end == 0 {
            // "a hundred": counts as one if a scale follows.
            let next = text.get(start + 2..).and_then(|rest| words(rest).next());
            next.and_then(|(_, word)| scale(word))?;
            (section, end) = (1, start + 1);
            continue;
        } else {
            break;
        }
        end = start + word.len();
    }
    (end > 0).then_some(())?;
    Some((total.checked_add(section)?, end))
}

/// Words with where they start, parted by single spaces or hyphens.
fn words(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut at = 0;
    text.split([' ', '-']).map(move |word| {
        let start = at;
        at += word.len() + 1;
        (start, word)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chinese_numerals_are_read_as_people_read_them() {
        for (text, value) in [
            ("零", 0),
            ("十", 10),
            ("十五", 15),
            ("二十三", 23),
            ("一百零五", 105),
            ("一百五", 150),
            ("一百五十", 150),
            ("两千零三十", 2_030),
            ("三万五", 35_000),
            ("3万5千", 35_000),
            ("一万零一", 10_001),
            ("十二万三千四百五十六", 123_456),
            ("一亿二千万", 120_000_000),
            ("一万亿", 1_000_000_000_000),
            ("二零二四", 2024),
            ("壹佰贰拾叁", 123),
        ] {
            assert_eq!(chinese(text), Some((value, text.chars().count())), "{text}");
        }
        assert_eq!(chinese("苹果"), None);
        assert_eq!(chinese("三二百"), None);
    }

    #[test]
    fn english_words_are_read_as_far_as_they_go() {
        for (text, value, rest) in [
            ("seven", 7, ""),
            ("twenty-three", 23, ""),
            ("one hundred and five", 105, ""),
            ("a hundred apples", 100, " apples"),
            ("two thousand three hundred", 2_300, ""),
            ("one million two hundred thousand", 1_200_000, ""),
            ("forty two dollars", 42, " dollars"),
        ] {
            let (read, end) = english(text).unwrap();
            assert_eq!((read, &text[end..]), (value, rest), "{text}");
        }
        for text in ["a man", "apples", "two three", "hundred", "three twenty"] {
            assert_eq!(english(text), None, "{text}");
        }
    }
}
