//! Durations as people write them (`500ms`, `30s`, `5m`) and read them (`1.9 s`).

use std::time::Duration;

use crate::catalogue::Message;

/// Units, longest suffix first, with the milliseconds in each.
const UNITS: [(&str, u64); 5] = [
    ("ms", 1),
    ("s", 1000),
    ("m", 60_000),
    ("h", 3_600_000),
    ("d", 86_400_000),
];

/// Reads a number with a unit, such as `500ms`, `1.5s`, `5m`, `2h` or `7d`.
///
/// A number alone is refused, because half the world reads it as seconds and the other half as
/// milliseconds. So is zero.
pub fn parse(text: &str) -> Result<Duration, Message> {
    read(text.trim())
        .filter(|duration| !duration.is_zero())
        .ok_or_else(|| Message::new("common.usage.bad_duration"))
}

fn read(text: &str) -> Option<Duration> {
    let (number, unit) = UNITS
        .iter()
        .find_map(|(suffix, unit)| Some((text.strip_suffix(suffix)?, *unit)))?;
    let (whole, fraction) = number.split_once('.').unwrap_or((number, "0"));
    let are_digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    if !are_digits(whole) || !are_digits(fraction) || fraction.len() > 3 {
        return None;
    }
    let thousandths = format!("{fraction:0<3}").parse::<u64>().ok()?;
    let whole = whole.parse::<u64>().ok()?.checked_mul(unit)?;
    let millis = whole.checked_add(thousandths * unit / 1000)?;
    Some(Duration::from_millis(millis))
}

/// As people read it: `640 ms`, `1.9 s`, `2 m 05 s`, `3 h 20 m`.
pub fn human(duration: Duration) -> String {
    let millis = duration.as_millis();
    let seconds = (millis + 500) / 1000;
    match millis {
        0..1000 => format!("{millis} ms"),
        // Rounded half up; 9.95 s and more is shown in whole seconds by the next arm.
        1000..9950 => {
            let tenths = (millis + 50) / 100;
            format!("{}.{} s", tenths / 10, tenths % 10)
        }
        9950..59_500 => format!("{seconds} s"),
        59_500..3_599_500 => format!("{} m {:02} s", seconds / 60, seconds % 60),
        _ => format!("{} h {:02} m", seconds / 3600, seconds % 3600 / 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_need_a_unit() {
        for (text, millis) in [
            ("500ms", 500),
            ("30s", 30_000),
            ("1.5s", 1500),
            (" 5m ", 300_000),
            ("2h", 7_200_000),
            ("7d", 604_800_000),
            ("0.25m", 15_000),
        ] {
            assert_eq!(parse(text), Ok(Duration::from_millis(millis)), "{text}");
        }
        for text in [
            "",
            "30",
            "s",
            "-1s",
            "1 s",
            "0s",
            "1.2345s",
            "1e3s",
            "99999999999999999999s",
            "五s",
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn people_read_rounded_figures() {
        for (millis, text) in [
            (0, "0 ms"),
            (640, "640 ms"),
            (1_900, "1.9 s"),
            (9_949, "9.9 s"),
            (9_950, "10 s"),
            (59_700, "1 m 00 s"),
            (125_000, "2 m 05 s"),
            (3_599_600, "1 h 00 m"),
            (12_000_000, "3 h 20 m"),
        ] {
            assert_eq!(human(Duration::from_millis(millis)), text);
        }
    }
}
