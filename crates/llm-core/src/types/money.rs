//! Money as integers: prices in 10⁻¹² and amounts in 10⁻⁹ of a currency unit.
//!
//! Prices are quoted per million tokens, so six decimals of a quoted price are exact. Amounts of
//! different currencies are never added; a [`Bill`] keeps one sum for each.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::usage::{Usage, UsageSource};
use super::work::Measure;

/// Nano-units in one unit of a currency.
const NANOS: i64 = 1_000_000_000;

/// An ISO 4217 code, such as `USD`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Currency([u8; 3]);

impl Currency {
    /// US dollar.
    pub const USD: Self = Self(*b"USD");
    /// Renminbi.
    pub const CNY: Self = Self(*b"CNY");

    /// The three letters.
    pub fn code(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or("???")
    }

    /// The sign people write before an amount, or the code where there is none of its own.
    pub fn sign(&self) -> &str {
        match &self.0 {
            b"USD" => "$",
            b"CNY" => "¥",
            b"EUR" => "€",
            _ => self.code(),
        }
    }
}

impl Default for Currency {
    fn default() -> Self {
        Self::USD
    }
}

impl FromStr for Currency {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.as_bytes() {
            [a, b, c] if text.bytes().all(|byte| byte.is_ascii_alphabetic()) => Ok(Self([
                a.to_ascii_uppercase(),
                b.to_ascii_uppercase(),
                c.to_ascii_uppercase(),
            ])),
            _ => Err(format!("`{text}` is not a three-letter currency code")),
        }
    }
}

impl TryFrom<String> for Currency {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Currency> for String {
    fn from(currency: Currency) -> Self {
        currency.code().to_owned()
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

/// An amount in nano-units (10⁻⁹) of a currency.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Money {
    /// Nano-units.
    pub nanos: i64,
    /// Of what.
    pub currency: Currency,
}

impl Money {
    /// Nothing, in a currency.
    pub fn zero(currency: Currency) -> Self {
        Self { nanos: 0, currency }
    }

    /// Reads a decimal such as `0.02`, optionally with a sign or code before or after it
    /// (`$0.02`, `¥1.5`, `0.02 USD`). Without one it is in `default`.
    pub fn parse(text: &str, default: Currency) -> Result<Self, String> {
        let trimmed = text.trim();
        let (currency, number) = if let Some(rest) = trimmed.strip_prefix('$') {
            (Currency::USD, rest)
        } else if let Some(rest) = trimmed.strip_prefix(['¥', '￥']) {
            (Currency::CNY, rest)
        } else if let Some((number, code)) = trimmed.rsplit_once(' ') {
            (code.parse()?, number)
        } else if trimmed.len() > 3 && trimmed.is_char_boundary(trimmed.len() - 3) {
            let (number, code) = trimmed.split_at(trimmed.len() - 3);
            code.parse()
                .map_or((default, trimmed), |currency| (currency, number))
        } else {
            (default, trimmed)
        };
        let nanos = parse_decimal(number.trim(), 9)
            .ok_or_else(|| format!("`{text}` is not an amount of money such as 0.02 or 0.02USD"))?;
        Ok(Self { nanos, currency })
    }

    /// The amount as a float, for display and scores only.
    pub fn to_f64(self) -> f64 {
        self.nanos as f64 / NANOS as f64
    }

    /// The exact decimal text without a currency, such as `0.0031`.
    pub fn decimal(self) -> String {
        format_decimal(self.nanos)
    }
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.currency.sign(), self.decimal())
    }
}

/// What a model's tokens cost: pico-units (10⁻¹²) of a currency per token.
///
/// One unit per million tokens is 1 000 000 pico-units per token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Price {
    /// In what all figures are.
    pub currency: Currency,
    /// Per token read.
    pub input: i64,
    /// Per token written.
    pub output: i64,
    /// Per token read from the provider's cache; the input price when absent.
    pub cached_input: Option<i64>,
    /// Per token written to the provider's cache; the input price when absent.
    pub cache_write: Option<i64>,
    /// What is charged by other units.
    pub units: UnitPrices,
    /// Where the price was read.
    pub source: Option<String>,
    /// When it was read, `YYYY-MM-DD`.
    pub date: Option<String>,
}

/// Prices of units other than tokens, in pico-units for one of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct UnitPrices {
    /// For a picture made.
    pub image: Option<i64>,
    /// For a minute of sound heard.
    pub minute: Option<i64>,
    /// For a character said.
    pub character: Option<i64>,
    /// For a ranking made.
    pub search: Option<i64>,
}

impl UnitPrices {
    /// What was done, where it is charged by its unit, in pico-units; `None` where no unit of it
    /// has a price.
    fn picos(&self, measure: &Measure) -> Option<i128> {
        let millis = i128::try_from(measure.heard.as_millis()).ok()?;
        let parts = [
            (self.image, i128::from(measure.images), 1),
            (self.minute, millis, 60_000),
            (self.character, i128::from(measure.characters), 1),
            (self.search, i128::from(measure.searches), 1),
        ];
        let priced = parts
            .into_iter()
            .filter(|(_, count, _)| *count > 0)
            .filter_map(|(price, count, per)| Some(i128::from(price?) * count / per));
        priced.fold(None, |sum, part| Some(sum.unwrap_or(0) + part))
    }
}

impl Price {
    /// A price that is really zero, as for a local model.
    pub fn free() -> Self {
        Self {
            currency: Currency::USD,
            input: 0,
            output: 0,
            cached_input: None,
            cache_write: None,
            units: UnitPrices::default(),
            source: None,
            date: None,
        }
    }

    /// Whether tokens are what is charged, rather than pictures, minutes and the like.
    pub fn is_by_tokens(&self) -> bool {
        self.units == UnitPrices::default() || self.input > 0 || self.output > 0
    }

    /// What `usage` costs, rounded half up to a nano-unit.
    ///
    /// `None` when the sum does not fit, which no real usage reaches.
    pub fn cost(&self, usage: &Usage) -> Option<Money> {
        let cached = usage.cached_input.min(usage.input);
        let written = usage.cache_write.min(usage.input - cached);
        let plain = usage.input - cached - written;
        let part = |tokens: u64, price: i64| i128::from(tokens) * i128::from(price);
        let picos = part(plain, self.input)
            + part(cached, self.cached_input.unwrap_or(self.input))
            + part(written, self.cache_write.unwrap_or(self.input))
            + part(usage.output, self.output);
        let nanos = i64::try_from((picos + 500).div_euclid(1000)).ok()?;
        Some(Money {
            nanos,
            currency: self.currency,
        })
    }

    /// Cost of `input` and `output` tokens, for estimates.
    pub fn estimate(&self, input: u64, output: u64) -> Option<Money> {
        self.cost(&Usage::estimated(input, output))
    }
}

/// What a call cost, and how sure that is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Cost {
    /// From the provider's own token counts and a known price.
    Billed(Money),
    /// From our token counts and a known price.
    Estimated(Money),
    /// No price, or no token counts. Never shown as zero.
    #[default]
    Unknown,
}

impl Cost {
    /// What `usage` costs at `price`.
    pub fn of(price: Option<&Price>, usage: &Usage) -> Self {
        match (price.and_then(|price| price.cost(usage)), usage.source) {
            (Some(money), UsageSource::Reported) => Self::Billed(money),
            (Some(money), UsageSource::Estimated) => Self::Estimated(money),
            _ => Self::Unknown,
        }
    }

    /// What work costs: by its units where they have a price, else by its tokens.
    pub fn of_work(price: Option<&Price>, usage: &Usage, measure: &Measure) -> Self {
        let by_units = price.and_then(|price| {
            let picos = price.units.picos(measure)?;
            let nanos = i64::try_from((picos + 500).div_euclid(1000)).ok()?;
            let currency = price.currency;
            Some(Money { nanos, currency })
        });
        match by_units {
            Some(money) => Self::Billed(money),
            None => Self::of(price, usage),
        }
    }

    /// The name in machine output: `billed`, `estimated` or `unknown`.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Billed(_) => "billed",
            Self::Estimated(_) => "estimated",
            Self::Unknown => "unknown",
        }
    }

    /// The amount, where there is one.
    pub fn money(&self) -> Option<Money> {
        match self {
            Self::Billed(money) | Self::Estimated(money) => Some(*money),
            Self::Unknown => None,
        }
    }
}

/// The sum of several costs, one figure for each currency.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bill {
    sums: BTreeMap<Currency, i64>,
    /// Some part was counted by us.
    estimated: bool,
    /// Some part could not be priced: the sum is a lower bound.
    incomplete: bool,
}

impl Bill {
    /// Adds one cost.
    pub fn add(&mut self, cost: Cost) {
        match cost {
            Cost::Billed(money) => self.add_money(money),
            Cost::Estimated(money) => {
                self.estimated = true;
                self.add_money(money);
            }
            Cost::Unknown => self.incomplete = true,
        }
    }

    /// Adds another bill.
    pub fn merge(&mut self, other: &Self) {
        for (currency, nanos) in &other.sums {
            self.add_money(Money {
                nanos: *nanos,
                currency: *currency,
            });
        }
        self.estimated |= other.estimated;
        self.incomplete |= other.incomplete;
    }

    /// The sums, one for each currency.
    pub fn sums(&self) -> impl Iterator<Item = Money> + '_ {
        self.sums.iter().map(|(currency, nanos)| Money {
            nanos: *nanos,
            currency: *currency,
        })
    }

    /// The sum in one currency, zero when there is none.
    pub fn in_currency(&self, currency: Currency) -> Money {
        Money {
            nanos: self.sums.get(&currency).copied().unwrap_or(0),
            currency,
        }
    }

    /// Whether some part could not be priced.
    pub fn is_incomplete(&self) -> bool {
        self.incomplete
    }

    /// `billed`, `estimated`, or `unknown` when some part has no price.
    pub fn kind(&self) -> &'static str {
        if self.incomplete {
            "unknown"
        } else if self.estimated {
            "estimated"
        } else {
            "billed"
        }
    }

    /// The bill as one cost, where it is in one currency and complete.
    pub fn as_cost(&self) -> Cost {
        let mut sums = self.sums();
        match (self.incomplete, sums.next(), sums.next()) {
            (false, Some(money), None) if self.estimated => Cost::Estimated(money),
            (false, Some(money), None) => Cost::Billed(money),
            _ => Cost::Unknown,
        }
    }

    fn add_money(&mut self, money: Money) {
        let sum = self.sums.entry(money.currency).or_default();
        *sum = sum.saturating_add(money.nanos);
    }
}

/// Reads a non-negative decimal into an integer with `scale` decimals; more decimals than that,
/// signs, exponents and overflow are refused.
pub fn parse_decimal(text: &str, scale: u32) -> Option<i64> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    if whole.is_empty() && fraction.is_empty() {
        return None;
    }
    let fraction = fraction.trim_end_matches('0');
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(whole) || !digits(fraction) || fraction.len() > scale as usize {
        return None;
    }
    let whole: i64 = if whole.is_empty() {
        0
    } else {
        whole.parse().ok()?
    };
    let padding = scale - u32::try_from(fraction.len()).ok()?;
    let fraction: i64 = if fraction.is_empty() {
        0
    } else {
        fraction.parse().ok()?
    };
    whole
        .checked_mul(10_i64.checked_pow(scale)?)?
        .checked_add(fraction.checked_mul(10_i64.checked_pow(padding)?)?)
}

fn format_decimal(nanos: i64) -> String {
    let sign = if nanos < 0 { "-" } else { "" };
    let (whole, fraction) = (
        nanos.unsigned_abs() / 1_000_000_000,
        nanos.unsigned_abs() % 1_000_000_000,
    );
    if fraction == 0 {
        return format!("{sign}{whole}");
    }
    let fraction = format!("{fraction:09}");
    format!("{sign}{whole}.{}", fraction.trim_end_matches('0'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn price() -> Price {
        Price {
            input: 140_000,
            output: 280_000,
            cached_input: Some(14_000),
            ..Price::free()
        }
    }

    #[test]
    fn a_million_tokens_cost_the_quoted_price() {
        let usage = Usage::reported(1_000_000, 1_000_000);
        assert_eq!(price().cost(&usage).unwrap().decimal(), "0.42");
    }

    #[test]
    fn cached_tokens_cost_the_cached_price_and_never_more_than_were_read() {
        let usage = Usage {
            cached_input: 2_000_000,
            ..Usage::reported(1_000_000, 0)
        };
        assert_eq!(price().cost(&usage).unwrap().decimal(), "0.014");
    }

    #[test]
    fn a_cost_without_price_or_count_is_unknown_not_zero() {
        assert_eq!(Cost::of(None, &Usage::reported(1, 1)), Cost::Unknown);
        assert_eq!(Cost::of(Some(&price()), &Usage::default()), Cost::Unknown);
    }

    #[test]
    fn currencies_are_not_added_up() {
        let mut bill = Bill::default();
        bill.add(Cost::Billed(Money {
            nanos: 5,
            currency: Currency::USD,
        }));
        bill.add(Cost::Billed(Money {
            nanos: 7,
            currency: Currency::CNY,
        }));
        assert_eq!(bill.in_currency(Currency::USD).nanos, 5);
        assert_eq!(bill.as_cost(), Cost::Unknown);
    }

    #[test]
    fn amounts_are_read_exactly_or_refused() {
        let nanos =
            |text| Money::parse(text, Currency::USD).map(|m| (m.nanos, m.currency.to_string()));
        assert_eq!(nanos("0.02"), Ok((20_000_000, "USD".into())));
        assert_eq!(nanos("¥1.5"), Ok((1_500_000_000, "CNY".into())));
        assert_eq!(nanos("2CNY"), Ok((2_000_000_000, "CNY".into())));
        assert_eq!(nanos("3 EUR"), Ok((3_000_000_000, "EUR".into())));
        for bad in ["", "-1", "1e3", "1.0000000001", "x", "."] {
            assert!(nanos(bad).is_err(), "{bad}");
        }
    }

    proptest::proptest! {
        #[test]
        fn rounding_is_within_half_a_nano(input in 0_u64..10_000_000, output in 0_u64..10_000_000) {
            let exact = i128::from(input) * 140_000 + i128::from(output) * 280_000;
            let nanos = price().cost(&Usage::reported(input, output)).unwrap().nanos;
            proptest::prop_assert!((i128::from(nanos) * 1000 - exact).abs() <= 500);
        }
    }
}
