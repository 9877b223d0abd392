//! The sixteen scenarios: what the providers do, what has to come of it, and how that is seen.

use std::time::Duration;

use serde_json::Value;

use super::stage::{Seen, Told};
use super::{Score, Verdict};

use Score::{Pass, Safe};

/// Longest a caller may be left without an end, whatever fails.
const PATIENCE: Duration = Duration::from_secs(12);

/// The requests of a scenario.
#[derive(Clone, Copy)]
pub(crate) enum Shape {
    Whole,
    Stream,
    Many { count: usize, every: Duration },
}

/// One scenario.
pub(crate) struct Scenario {
    pub(crate) id: &'static str,
    pub(crate) title: &'static str,
    /// The models of `llm-server mock` that answer.
    pub(crate) primary: &'static str,
    pub(crate) fallback: Option<&'static str>,
    pub(crate) shape: Shape,
    pub(crate) criterion: &'static str,
    /// The scores this version has, as it comes and with streams continued.
    pub(crate) documented: [Score; 2],
    /// Whether an answer meets the criterion, with what stands against it.
    judge: fn(&Seen) -> Result<(), String>,
    /// What the caller is told instead of an answer where that is what is right.
    told: Option<&'static str>,
}

const fn scenario(
    id: &'static str,
    title: &'static str,
    primary: &'static str,
    criterion: &'static str,
    judge: fn(&Seen) -> Result<(), String>,
) -> Scenario {
    Scenario {
        id,
        title,
        primary,
        fallback: Some("mock-ok"),
        shape: Shape::Whole,
        criterion,
        documented: [Pass, Pass],
        judge,
        told: None,
    }
}

/// All of them.
pub(crate) const SCENARIOS: &[Scenario] = &[
    Scenario {
        fallback: None,
        ..scenario(
            "S01",
            "one 429 with Retry-After",
            "mock-429-retry-1-once",
            "answered; the same provider is asked again, not before the second it asked for is over",
            |seen| {
                attempts(&seen.primary, 2..=2)?;
                waited(&seen.primary, Duration::from_secs(1))
            },
        )
    },
    scenario(
        "S02",
        "a 429 that stays",
        "mock-429-retry-2",
        "answered by the fallback; at most three attempts in all",
        |seen| within_three(seen, 1),
    ),
    scenario(
        "S03",
        "one 500",
        "mock-500-once",
        "answered by the same provider at the second attempt",
        same_place,
    ),
    scenario(
        "S04",
        "a 503 that stays",
        "mock-503",
        "answered by the fallback; at most three attempts in all",
        |seen| within_three(seen, 1),
    ),
    scenario(
        "S05",
        "one reset before the reply",
        "mock-reset-once",
        "answered by the same provider at the second attempt",
        same_place,
    ),
    scenario(
        "S06",
        "a provider that never answers",
        "mock-hang",
        "answered by the fallback within the limit for a first byte (6 s) and a second; one attempt on the primary, which is cancelled",
        |seen| {
            attempts(&seen.primary, 1..=1)?;
            ended(&seen.primary, "client_left")?;
            within(seen, Duration::from_secs(7))
        },
    ),
    Scenario {
        shape: Shape::Stream,
        ..scenario(
            "S07",
            "a first token that is late",
            "mock-slow-first-4s",
            "answered by the fallback within the limit for a first token (1 s) and a second; nothing of the primary is mixed in",
            |seen| {
                attempts(&seen.primary, 1..=1)?;
                ended(&seen.primary, "client_left")?;
                within(seen, Duration::from_secs(2))
            },
        )
    },
    Scenario {
        shape: Shape::Stream,
        documented: [Safe, Pass],
        ..scenario(
            "S08",
            "a stream cut after 40 of 60 pieces",
            "mock-cut-40",
            "the whole answer, once",
            |_| Ok(()),
        )
    },
    Scenario {
        shape: Shape::Stream,
        documented: [Safe, Pass],
        ..scenario(
            "S09",
            "a stream that stalls after 40 of 60",
            "mock-stall-40",
            "the whole answer, once, within the limit between two pieces (3 s) and a second",
            |seen| within(seen, Duration::from_secs(4)),
        )
    },
    Scenario {
        shape: Shape::Stream,
        ..scenario(
            "S10",
            "a malformed event in a stream",
            "mock-bad-chunk-20",
            "the whole answer, once; nothing of the event",
            |_| Ok(()),
        )
    },
    Scenario {
        shape: Shape::Stream,
        ..scenario(
            "S11",
            "a stream without its end mark",
            "mock-no-done",
            "the whole answer, with a proper end; one attempt",
            |seen| attempts(&seen.primary, 1..=1),
        )
    },
    scenario(
        "S12",
        "a prompt that is too long for the model",
        "mock-context-length",
        "one attempt on the primary, and the answer of a model with a larger context",
        |seen| attempts(&seen.primary, 1..=1),
    ),
    Scenario {
        told: Some("content_filter"),
        ..scenario(
            "S13",
            "a prompt that a filter refuses",
            "mock-content-filter",
            "the refusal is passed on as `content_filter`; one attempt, and nobody else is asked",
            |seen| {
                attempts(&seen.primary, 1..=1)?;
                attempts(&seen.fallback, 0..=0)
            },
        )
    },
    Scenario {
        shape: Shape::Stream,
        fallback: Some("mock-no-prefill"),
        documented: [Safe, Pass],
        ..scenario(
            "S14",
            "a cut, and a fallback that takes no prefill",
            "mock-cut-40",
            "the whole answer, once; the fallback's own error is never told instead of the cut",
            |_| Ok(()),
        )
    },
    Scenario {
        shape: Shape::Many {
            count: 20,
            every: Duration::from_millis(300),
        },
        ..scenario(
            "S15",
            "a primary that is down for 3 s",
            "mock-503-for-3s",
            "20 of 20 requests answered; at most ten attempts on the primary while it is down; it answers again before the last",
            back_again,
        )
    },
    scenario(
        "S16",
        "the account of a fallback",
        "mock-503",
        "the answer names the fallback and its tokens; the failed attempts are booked as failures without tokens",
        accounted,
    ),
];

impl Scenario {
    /// The score of what was seen.
    pub(crate) fn judge(&self, seen: &Seen) -> Verdict {
        let (score, why) = match wrong(seen) {
            Some(why) => (Score::Fail, why),
            None => self.not_wrong(seen),
        };
        Verdict { score, why }
    }

    fn not_wrong(&self, seen: &Seen) -> (Score, String) {
        let codes: Vec<&str> = seen
            .told
            .iter()
            .filter_map(|told| told.error.as_deref())
            .collect();
        let summary = summary(seen);
        if let Some(code) = self.told {
            return match (codes.as_slice(), (self.judge)(seen)) {
                ([found], Ok(())) if *found == code => (Pass, summary),
                ([], _) => (Score::Fail, format!("answered all the same: {summary}")),
                (_, Err(against)) => (Score::Fail, format!("{against}: {summary}")),
                (_, Ok(())) => (Safe, summary),
            };
        }
        if !codes.is_empty() {
            return (Safe, format!("told {}: {summary}", codes.join(", ")));
        }
        match (self.judge)(seen) {
            Ok(()) => (Pass, summary),
            Err(against) => (Score::Partial, format!("{against}: {summary}")),
        }
    }
}

/// What must never be.
fn wrong(seen: &Seen) -> Option<String> {
    for told in &seen.told {
        let is_answer = told.error.is_none() && told.status == 200;
        if is_answer && (!told.is_whole || told.text != seen.whole) {
            let words = told.text.split(' ').count();
            return Some(format!("{words} words passed off as an answer"));
        }
        if told.is_whole && told.error.is_some() {
            return Some("an error that ends like an answer".to_owned());
        }
        if !seen.whole.starts_with(&told.text) {
            return Some("text that nobody said in this order".to_owned());
        }
        if told.took > PATIENCE {
            return Some(format!("left waiting for {:.1} s", told.took.as_secs_f64()));
        }
        if told.status == 0 || told.error.as_ref().is_some_and(|code| code.contains(':')) {
            return Some(format!("no proper end: {}", told.error.as_deref()?));
        }
    }
    let mut attempts = seen.primary.iter().chain(&seen.fallback);
    let open = attempts.find(|attempt| attempt["end"] == "open");
    open.map(|_| "an attempt still runs".to_owned())
}

fn summary(seen: &Seen) -> String {
    let slowest = seen.told.iter().map(|told| told.took).max();
    format!(
        "{:.1} s, {} + {} attempts",
        slowest.unwrap_or_default().as_secs_f64(),
        seen.primary.len(),
        seen.fallback.len()
    )
}

fn require(met: bool, against: impl FnOnce() -> String) -> Result<(), String> {
    if met { Ok(()) } else { Err(against()) }
}

fn attempts(seen: &[Value], wanted: std::ops::RangeInclusive<usize>) -> Result<(), String> {
    require(wanted.contains(&seen.len()), || {
        format!("{} attempts", seen.len())
    })
}

fn ended(seen: &[Value], how: &str) -> Result<(), String> {
    match seen.iter().find(|attempt| attempt["end"] != how) {
        None => Ok(()),
        Some(other) => Err(format!("ended {}", other["end"])),
    }
}

fn within(seen: &Seen, limit: Duration) -> Result<(), String> {
    require(seen.told.iter().all(|told| told.took <= limit), || {
        "late".to_owned()
    })
}

fn within_three(seen: &Seen, of_fallback: usize) -> Result<(), String> {
    attempts(&seen.fallback, of_fallback..=of_fallback)?;
    attempts(&seen.primary, 1..=2)
}

fn same_place(seen: &Seen) -> Result<(), String> {
    attempts(&seen.primary, 2..=2)?;
    attempts(&seen.fallback, 0..=0)
}

/// Whether the second attempt came this long after the first.
fn waited(seen: &[Value], wait: Duration) -> Result<(), String> {
    let moment = |attempt: &Value| attempt["at"].as_str().map(seconds_of_day);
    let mut moments = seen.iter().filter_map(moment);
    match (moments.next(), moments.next()) {
        // Midnight may lie between them.
        (Some(first), Some(second))
            if (second - first).rem_euclid(86_400.0) >= wait.as_secs_f64() =>
        {
            Ok(())
        }
        _ => Err("asked again too early".to_owned()),
    }
}

/// The seconds since midnight of a moment such as `2026-01-31T10:20:30.5Z`.
fn seconds_of_day(moment: &str) -> f64 {
    let time = moment.split('T').nth(1).unwrap_or_default();
    time.trim_end_matches('Z')
        .split(':')
        .fold(0.0, |sum, part| {
            sum * 60.0 + part.parse::<f64>().unwrap_or(0.0)
        })
}

fn back_again(seen: &Seen) -> Result<(), String> {
    let down = seen
        .primary
        .iter()
        .filter(|attempt| attempt["status"] == 503);
    let down = down.count();
    if down > 10 {
        return Err(format!("{down} attempts on a primary that is down"));
    }
    let last = &seen.told[seen.told.len().saturating_sub(5)..];
    require(last.iter().any(by_primary), || {
        "not back on the primary".to_owned()
    })
}

fn by_primary(told: &Told) -> bool {
    told.model == "first"
}

fn accounted(seen: &Seen) -> Result<(), String> {
    let told = &seen.told[0];
    if told.model != "standby" {
        return Err(format!("the answer names {}", told.model));
    }
    if told.usage["completion_tokens"] != 60 {
        return Err(format!("the answer reports {}", told.usage));
    }
    let failures = seen.primary.len();
    let booked = (&seen.booked["failures"], &seen.booked["output_tokens"]);
    require(booked == (&Value::from(failures), &Value::from(60)), || {
        format!("booked {}", seen.booked)
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn seen(told: Told) -> Seen {
        Seen {
            told: vec![told],
            primary: vec![json!({ "end": "answered", "at": "2026-01-31T23:59:59.5Z" })],
            fallback: vec![],
            whole: "one two three".to_owned(),
            booked: Value::Null,
        }
    }

    fn told(text: &str, error: Option<&str>, is_whole: bool) -> Told {
        Told {
            status: 200,
            error: error.map(str::to_owned),
            text: text.to_owned(),
            is_whole,
            model: "first".to_owned(),
            usage: Value::Null,
            took: Duration::from_secs(1),
        }
    }

    fn score(id: &str, seen: &Seen) -> Score {
        let scenario = SCENARIOS.iter().find(|row| row.id == id).unwrap();
        scenario.judge(seen).score
    }

    #[test]
    fn what_must_never_be_is_a_failure() {
        let whole = "one two three";
        assert_eq!(score("S08", &seen(told(whole, None, true))), Pass);
        assert_eq!(score("S08", &seen(told("one", Some("cut"), false))), Safe);
        for wrong in [
            told("one two", None, true),
            told("one two", None, false),
            told("one two", Some("cut"), true),
            told("one three", Some("cut"), false),
            told("one", Some("broke off: reset"), false),
            Told {
                took: Duration::from_secs(60),
                ..told(whole, None, true)
            },
        ] {
            let shown = format!("{wrong:?}");
            assert_eq!(score("S08", &seen(wrong)), Score::Fail, "{shown}");
        }
        let mut running = seen(told(whole, None, true));
        running.primary[0]["end"] = json!("open");
        assert_eq!(score("S08", &running), Score::Fail);
        // A filter that is stepped around.
        assert_eq!(score("S13", &seen(told(whole, None, true))), Score::Fail);
    }

    #[test]
    fn a_criterion_that_is_not_met_is_a_partial_score() {
        let late = Told {
            took: Duration::from_secs(8),
            ..told("one two three", None, true)
        };
        assert_eq!(score("S09", &seen(late)), Score::Partial);
        let attempts = [
            json!({ "at": "2026-01-31T23:59:59.5Z" }),
            json!({ "at": "2026-02-01T00:00:00.6Z" }),
        ];
        assert!(waited(&attempts, Duration::from_secs(1)).is_ok());
        assert!(waited(&attempts, Duration::from_secs(2)).is_err());
        assert_eq!(SCENARIOS.len(), 16);
    }
}
