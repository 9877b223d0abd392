//! The figures strategies weigh: what a candidate would cost, how good and fast it is, how it is
//! doing. Every figure is finite, and what is not known is said to be unknown or a guess.

use std::fmt;

use crate::types::money::Money;
use crate::types::plan::{Candidate, Fit, HealthState, Reason};
use crate::types::task::TaskProfile;

/// The quality of a model nothing is known about.
const UNKNOWN_QUALITY: f64 = 0.5;
/// A candidate is never taken to fail more often than this.
const WORST_ERROR_RATE: f64 = 0.95;

/// Estimated cost of one call, where the price is known.
pub(super) fn estimated_cost(candidate: &Candidate, profile: &TaskProfile) -> Option<Money> {
    let output = candidate.max_output.map_or(profile.output_tokens, |most| {
        profile.output_tokens.min(most)
    });
    candidate
        .price
        .as_ref()?
        .estimate(profile.input_tokens, output)
}

/// The estimated cost as a number that may be compared over currencies, for ordering only.
///
/// Amounts in other currencies are brought to about the size of US dollars with fixed, rough
/// rates; nothing is ever billed or limited by them. A currency without a rate is unknown.
pub(super) fn comparable_cost(candidate: &Candidate, profile: &TaskProfile) -> Option<f64> {
    let money = estimated_cost(candidate, profile)?;
    let rate = RATES
        .iter()
        .find(|(code, _)| *code == money.currency.code())?
        .1;
    Some(money.to_f64() * rate)
}

/// About how many US dollars one unit is, to two digits.
const RATES: &[(&str, f64)] = &[
    ("USD", 1.0),
    ("CNY", 0.14),
    ("EUR", 1.1),
    ("GBP", 1.3),
    ("HKD", 0.13),
    ("JPY", 0.0067),
];

/// How good the model's answers are, 0 to 1, and where the figure is from.
///
/// Where nothing was configured, the size in the name (`32b`, `8x7b`) serves as a guess:
/// 0.27 + 0.2 × log₁₀(billions of parameters), so 0.45 for 8 and 0.64 for 72. Without one, 0.5.
pub(super) fn quality(candidate: &Candidate) -> (f64, &'static str) {
    match candidate.quality.filter(|quality| quality.is_finite()) {
        Some(quality) => (quality.clamp(0.0, 1.0), "configured or from the catalogue"),
        None => match billions(candidate.model.as_str()) {
            Some(size) => (
                (0.27 + 0.2 * size.log10()).clamp(0.0, 0.9),
                "guessed from the size in its name",
            ),
            None => (UNKNOWN_QUALITY, "unknown"),
        },
    }
}

/// Billions of parameters by the name: the last `NUMBERb`, multiplied by a preceding `NUMBERx`.
fn billions(name: &str) -> Option<f64> {
    let lower = name.to_ascii_lowercase();
    lower
        .rsplit(|char: char| !char.is_ascii_alphanumeric() && char != '.')
        .find_map(|part| {
            let number = part.strip_suffix('b')?;
            let (experts, each) = number.split_once('x').unwrap_or(("1", number));
            let size = experts.parse::<f64>().ok()? * each.parse::<f64>().ok()?;
            (size.is_finite() && size > 0.05).then_some(size)
        })
}

/// Expected milliseconds of a call: the moving average, lengthened by the attempts that fail.
pub(super) fn expected_latency(candidate: &Candidate) -> Option<f64> {
    let latency = candidate
        .health
        .latency_ms
        .or(candidate.health.first_token_ms)
        .filter(|latency| latency.is_finite() && *latency >= 0.0)?;
    Some(latency / (1.0 - error_rate(candidate)))
}

/// Share of recent calls that failed.
pub(super) fn error_rate(candidate: &Candidate) -> f64 {
    let rate = candidate.health.error_rate;
    if rate.is_finite() {
        rate.clamp(0.0, WORST_ERROR_RATE)
    } else {
        0.0
    }
}

/// A weight fit for arithmetic: finite and not negative.
pub(super) fn weight(candidate: &Candidate) -> f64 {
    if candidate.weight.is_finite() {
        candidate.weight.clamp(0.0, 1e9)
    } else {
        0.0
    }
}

/// How far a candidate is from being called without a second thought. Lower is better.
///
/// `spread` strategies step around degraded candidates; the others follow their own order and
/// step around those only that should not be called now.
pub(super) fn distance_from_service(candidate: &Candidate, spread: bool) -> u8 {
    match candidate.health.state {
        // A call would be turned away at once.
        HealthState::Unknown | HealthState::Healthy | HealthState::Recovering
            if candidate.health.is_full =>
        {
            2
        }
        // One that comes back has to be called to come back; the breaker lets through what it may.
        HealthState::Unknown | HealthState::Healthy | HealthState::Recovering => 0,
        HealthState::Degraded => u8::from(spread),
        // The provider itself says that a call would be in vain; or a single probe is under way,
        // and a second call would not make the answer come sooner.
        HealthState::Limited | HealthState::KeyRejected | HealthState::Probing => 2,
        HealthState::Open => 3,
    }
}

/// How well the model suits the task, 0 to 1.
pub(super) fn fitness(candidate: &Candidate) -> f64 {
    let at = |place: u16| f64::from(place.min(8)) * 0.01;
    match candidate.fit {
        Fit::Primary(place) => 1.0 - at(place),
        // Built-in lists age; they settle ties among models whose tags say the same.
        Fit::Listed(place) => 0.72 - f64::from(place.min(10)) * 0.002,
        Fit::Tagged => 0.7,
        Fit::Fallback(place) => 0.5 - at(place),
        // A model without tags is for everything; one with tags is for something else.
        Fit::Untold if candidate.tasks.is_empty() => 0.22,
        Fit::Untold => 0.0,
    }
}

/// The fit in words.
pub(super) fn fit_in_words(candidate: &Candidate, task: &str) -> String {
    match candidate.fit {
        Fit::Primary(place) => format!("choice {} for {task}", u32::from(place) + 1),
        Fit::Listed(_) => format!("known to suit {task}"),
        Fit::Tagged => format!("tagged for {task}"),
        Fit::Fallback(_) => format!("a fallback for {task}"),
        Fit::Untold if candidate.tasks.is_empty() => "a model without task tags".to_owned(),
        Fit::Untold => format!("nothing speaks for it on {task}"),
    }
}

/// The quality in words.
pub(super) fn quality_in_words(candidate: &Candidate) -> String {
    let (good, known) = quality(candidate);
    format!("{}, {known}", two_decimals(good))
}

/// The estimated cost in words.
pub(super) fn cost_in_words(candidate: &Candidate, profile: &TaskProfile) -> String {
    estimated_cost(candidate, profile).map_or_else(
        || "price unknown".to_owned(),
        |cost| format!("about {cost}"),
    )
}

/// The expected latency in words.
pub(super) fn latency_in_words(latency: Option<f64>) -> String {
    latency.map_or_else(
        || "not measured yet".to_owned(),
        |latency| format!("about {latency:.0} ms"),
    )
}

/// The failures in words.
pub(super) fn failures_in_words(candidate: &Candidate) -> String {
    format!(
        "{} of recent calls failed",
        two_decimals(error_rate(candidate))
    )
}

/// A figure between −100 and 100 with two decimals, written as an integer: an explanation has
/// dozens of them, and exact float formatting is what a decision would spend its time on.
pub(super) struct TwoDecimals(i64);

/// The figure, rounded.
pub(super) fn two_decimals(value: f64) -> TwoDecimals {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "clamped; what is behind the second decimal is meant to go"
    )]
    let hundredths = (value.clamp(-100.0, 100.0) * 100.0).round() as i64;
    TwoDecimals(hundredths)
}

impl fmt::Display for TwoDecimals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let hundredths = self.0.unsigned_abs();
        write!(f, "{sign}{}.{:02}", hundredths / 100, hundredths % 100)
    }
}

/// How many times the best figure fits into each: 1 for the best, towards 0 for far worse ones,
/// 0.5 for unknown ones. Lower figures are better.
pub(super) fn relative(figures: &[Option<f64>]) -> Vec<f64> {
    let least = figures
        .iter()
        .flatten()
        .copied()
        .fold(f64::INFINITY, f64::min);
    let least_paid = figures
        .iter()
        .flatten()
        .copied()
        .filter(|figure| *figure > 0.0)
        .fold(f64::INFINITY, f64::min);
    figures
        .iter()
        .map(|figure| match figure {
            None => 0.5,
            Some(figure) if *figure <= 0.0 => 1.0,
            // Beside something free, the cheapest of the rest is worth half.
            Some(figure) if least <= 0.0 => 0.5 * least_paid / figure,
            Some(figure) => least / figure,
        })
        .collect()
}

/// A reason.
pub(super) fn reason(factor: &'static str, value: f64, detail: impl Into<String>) -> Reason {
    Reason {
        factor,
        value,
        detail: detail.into(),
    }
}

/// Well-mixed bits for a candidate under a seed, independent of its place among the others.
///
/// FNV-1a over the deployment's name, finished with the mixer of `SplitMix64`.
pub(super) fn lot(candidate: &Candidate, seed: u64) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for byte in candidate.deployment.as_str().bytes() {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
    }
    let mut mixed = hash ^ seed.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

/// A lot drawn for a candidate in proportion to its weight; the lowest wins.
///
/// −ln(u) ÷ weight with u uniform: the exponential form of weighted sampling without replacement
/// (Efraimidis and Spirakis, 2006). A candidate without weight draws last.
pub(super) fn weighted_lot(candidate: &Candidate, seed: u64) -> f64 {
    let weight = weight(candidate);
    // 53 random bits, never 0.
    let uniform = ((lot(candidate, seed) >> 11) as f64 + 0.5) / (1_u64 << 53) as f64;
    if weight > 0.0 {
        -uniform.ln() / weight
    } else {
        f64::MAX
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::candidate;
    use super::*;
    use crate::types::ids::ModelName;

    #[test]
    fn a_size_in_the_name_is_a_guess_at_quality() {
        for (name, size) in [
            ("qwen3_32b_reasoning", Some(32.0)),
            ("qwen2_5_vl_72b", Some(72.0)),
            ("Mixtral-8x7B-Instruct", Some(56.0)),
            ("qwen2.5-0.5b", Some(0.5)),
            ("gpt-4o", None),
            ("b", None),
        ] {
            assert_eq!(billions(name), size, "{name}");
        }
        let of = |name: &str| {
            let mut candidate = candidate(name);
            candidate.model = ModelName::from(name);
            quality(&candidate).0
        };
        assert!(of("a_72b") > of("a_32b") && of("a_32b") > of("a_8b"));
        assert!((of("gpt-4o") - UNKNOWN_QUALITY).abs() < 1e-9);
    }

    #[test]
    fn two_decimals_are_the_rounded_figure() {
        for (value, text) in [
            (0.0, "0.00"),
            (0.714, "0.71"),
            (0.996, "1.00"),
            (-2.05, "-2.05"),
            (-0.001, "0.00"),
            (f64::INFINITY, "100.00"),
        ] {
            assert_eq!(two_decimals(value).to_string(), text);
        }
    }

    #[test]
    fn relative_figures_are_between_nothing_and_one() {
        assert_eq!(relative(&[Some(2.0), Some(4.0), None]), [1.0, 0.5, 0.5]);
        assert_eq!(
            relative(&[Some(0.0), Some(4.0), Some(8.0)]),
            [1.0, 0.5, 0.25]
        );
        assert_eq!(relative(&[None, None]), [0.5, 0.5]);
    }

    #[test]
    fn odd_configuration_makes_no_odd_numbers() {
        let mut odd = candidate("odd");
        odd.quality = Some(f64::NAN);
        odd.weight = f64::NEG_INFINITY;
        odd.health.error_rate = f64::NAN;
        odd.health.latency_ms = Some(f64::INFINITY);
        assert!(quality(&odd).0.is_finite());
        assert!(weight(&odd) <= 0.0);
        assert!(error_rate(&odd) <= 0.0);
        assert_eq!(expected_latency(&odd), None);
        assert!(weighted_lot(&odd, 7).is_finite());
    }
}
