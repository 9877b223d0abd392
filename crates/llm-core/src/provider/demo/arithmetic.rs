//! Computes the sum in a question, so that simulated models can agree or disagree about something.
//!
//! `+`, `-`, `*`, `/`, `^`, parentheses and their names in English and Chinese; exact fractions in
//! 128 bits, and no answer at all rather than a wrong one.

use std::fmt;

/// How deep parentheses may nest.
const MAX_DEPTH: u32 = 32;

/// The highest power that is computed.
const MAX_POWER: i128 = 64;

/// An exact fraction in lowest terms with a positive denominator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Number {
    over: i128,
    under: i128,
}

/// A sum found in a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Sum {
    /// As it was written.
    pub(super) expression: String,
    /// What it comes to.
    pub(super) value: Number,
}

/// Operators by name; longer names before those they contain.
const NAMES: &[(&str, &str)] = &[
    (" multiplied by ", " * "),
    (" divided by ", " / "),
    (" times ", " * "),
    (" plus ", " + "),
    (" minus ", " - "),
    (" over ", " / "),
    ("乘以", " * "),
    ("乘", " * "),
    ("除以", " / "),
    ("加上", " + "),
    ("加", " + "),
    ("减去", " - "),
    ("减", " - "),
    ("×", "*"),
    ("·", "*"),
    ("÷", "/"),
    ("−", "-"),
    ("（", "("),
    ("）", ")"),
];

/// The first sum in a text.
pub(super) fn find(text: &str) -> Option<Sum> {
    let mut plain = text.to_lowercase();
    for (name, sign) in NAMES {
        plain = plain.replace(name, sign);
    }
    let is_part = |c: char| c.is_ascii_digit() || " .,()+-*/^".contains(c);
    plain
        .split(|c: char| !is_part(c))
        .map(|part| part.trim_matches([' ', ',', '.']))
        .find_map(|expression| {
            let value = evaluate(expression)?;
            Some(Sum {
                expression: expression.to_owned(),
                value,
            })
        })
}

/// The value of an expression with at least one operator between two numbers.
fn evaluate(expression: &str) -> Option<Number> {
    let mut parser = Parser {
        rest: expression,
        operators: 0,
        depth: 0,
    };
    let value = parser.sum()?;
    // Dates and telephone numbers look like several operators without blanks.
    let tight =
        |sign: char| expression.contains(sign) && !expression.contains(&format!(" {sign} "));
    let is_date = parser.operators > 1 && (tight('-') || tight('/')) && !expression.contains(' ');
    (parser.rest.trim().is_empty() && parser.operators > 0 && !is_date).then_some(value)
}

struct Parser<'a> {
    rest: &'a str,
    operators: u32,
    depth: u32,
}

impl Parser<'_> {
    fn sum(&mut self) -> Option<Number> {
        let mut value = self.product()?;
        while let Some(sign) = self.sign(&['+', '-']) {
            let next = self.product()?;
            value = value.add(if sign == '+' { next } else { next.negate()? })?;
        }
        Some(value)
    }

    fn product(&mut self) -> Option<Number> {
        let mut value = self.power()?;
        while let Some(sign) = self.sign(&['*', '/']) {
            let next = self.power()?;
            value = value.multiply(if sign == '*' { next } else { next.invert()? })?;
        }
        Some(value)
    }

    fn power(&mut self) -> Option<Number> {
        let base = self.atom()?;
        if self.sign(&['^']).is_none() {
            return Some(base);
        }
        let exponent = self.atom()?;
        if exponent.under != 1 || !(0..=MAX_POWER).contains(&exponent.over) {
            return None;
        }
        let mut value = Number::whole(1);
        for _ in 0..exponent.over {
            value = value.multiply(base)?;
        }
        Some(value)
    }

    fn atom(&mut self) -> Option<Number> {
        self.rest = self.rest.trim_start();
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return None;
        }
        let value = if let Some(rest) = self.rest.strip_prefix('-') {
            self.rest = rest;
            self.atom()?.negate()
        } else if let Some(rest) = self.rest.strip_prefix('(') {
            self.rest = rest;
            let value = self.sum()?;
            self.rest = self.rest.trim_start().strip_prefix(')')?;
            Some(value)
        } else {
            self.number()
        };
        self.depth -= 1;
        value
    }

    /// Digits with an optional fraction; commas between groups of three are read over.
    fn number(&mut self) -> Option<Number> {
        let end = self
            .rest
            .find(|c: char| !c.is_ascii_digit() && c != '.' && c != ',')
            .unwrap_or(self.rest.len());
        let (text, rest) = self.rest.split_at(end);
        let text = text.trim_end_matches(['.', ',']);
        self.rest = rest;
        let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
        let mut groups = whole.split(',');
        let first = groups.next()?;
        if first.is_empty() || groups.any(|group| group.len() != 3) {
            return None;
        }
        let digits = format!("{}{fraction}", whole.replace(',', ""));
        let under = 10_i128.checked_pow(u32::try_from(fraction.len()).ok()?)?;
        Number::new(digits.parse().ok()?, under)
    }

    fn sign(&mut self, wanted: &[char]) -> Option<char> {
        let rest = self.rest.trim_start();
        let sign = rest.chars().next().filter(|sign| wanted.contains(sign))?;
        self.rest = &rest[sign.len_utf8()..];
        self.operators += 1;
        Some(sign)
    }
}

impl Number {
    pub(super) fn whole(number: i128) -> Self {
        Self {
            over: number,
            under: 1,
        }
    }

    fn new(over: i128, under: i128) -> Option<Self> {
        if under == 0 {
            return None;
        }
        let (mut a, mut b) = (over.checked_abs()?, under.checked_abs()?);
        while b > 0 {
            (a, b) = (b, a % b);
        }
        let divisor = a.max(1).checked_mul(under.signum())?;
        Some(Self {
            over: over / divisor,
            under: under / divisor,
        })
    }

    pub(super) fn add(self, other: Self) -> Option<Self> {
        let left = self.over.checked_mul(other.under)?;
        let right = other.over.checked_mul(self.under)?;
        Self::new(
            left.checked_add(right)?,
            self.under.checked_mul(other.under)?,
        )
    }

    fn multiply(self, other: Self) -> Option<Self> {
        Self::new(
            self.over.checked_mul(other.over)?,
            self.under.checked_mul(other.under)?,
        )
    }

    fn negate(self) -> Option<Self> {
        Self::new(self.over.checked_neg()?, self.under)
    }

    fn invert(self) -> Option<Self> {
        Self::new(self.under, self.over)
    }

    /// The number where it is a whole one of ordinary size.
    pub(super) fn as_whole(self) -> Option<i64> {
        i64::try_from(self.over).ok().filter(|_| self.under == 1)
    }

    /// The nearest floating-point number.
    pub(super) fn to_f64(self) -> f64 {
        self.over as f64 / self.under as f64
    }
}

/// Whole, or with up to six decimals.
impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.under == 1 {
            return write!(f, "{}", self.over);
        }
        let text = format!("{:.6}", self.to_f64());
        f.write_str(text.trim_end_matches('0').trim_end_matches('.'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(text: &str) -> Option<String> {
        find(text).map(|sum| sum.value.to_string())
    }

    #[test]
    fn sums_in_questions_are_computed() {
        for (question, answer) in [
            ("2+2", "4"),
            ("What is 17 * 23?", "391"),
            ("请问 17×23 等于多少？", "391"),
            ("What is 6 times 7", "42"),
            ("三乘以四是多少？12 乘以 12 呢", "144"),
            ("(1 + 2) * 3 - 4 / 8", "8.5"),
            ("Compute 2^10.", "1024"),
            ("-3 + 5", "2"),
            ("1,000 + 2,500.5", "3500.5"),
            ("10/4", "2.5"),
            ("1 / 3", "0.333333"),
            ("2 + 2 = ?", "4"),
        ] {
            assert_eq!(value(question).as_deref(), Some(answer), "{question}");
        }
    }

    #[test]
    fn what_is_no_sum_is_left_alone() {
        for question in [
            "",
            "How are you?",
            "It happened on 2026-11-22.",
            "Call 555-123-4567",
            "I have 3 apples",
            "1 / 0",
            "2 ^ 1000",
            "9999999999999999999999999999999999999 * 9999999999999999999999999999999999999",
            "+ - * /",
            "5 +",
        ] {
            assert_eq!(value(question), None, "{question}");
        }
        let deep = format!("{}1 + 1{}", "(".repeat(10_000), ")".repeat(10_000));
        assert_eq!(value(&deep), None);
        assert_eq!(value(&"-".repeat(100_000)), None);
    }

    proptest::proptest! {
        #[test]
        fn it_agrees_with_the_processor(a in -10_000_i64..10_000, b in 1_i64..10_000, c in 1_i64..100) {
            let found = find(&format!("what is ({a} + {b}) * {c} - {b} ?")).unwrap();
            proptest::prop_assert_eq!(found.value.as_whole(), Some((a + b) * c - b));
        }
    }
}
