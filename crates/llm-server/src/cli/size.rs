//! Sizes as people write them: `32MiB`, `10MB`, `1048576`.

use llm_console::catalogue::Message;

/// Units, longest first, with the bytes in each.
const UNITS: [(&str, u64); 7] = [
    ("KiB", 1 << 10),
    ("MiB", 1 << 20),
    ("GiB", 1 << 30),
    ("KB", 1_000),
    ("MB", 1_000_000),
    ("GB", 1_000_000_000),
    ("B", 1),
];

/// Reads a whole number of bytes, with or without a unit.
pub(super) fn parse(text: &str) -> Result<u64, Message> {
    let text = text.trim();
    let with_unit = UNITS.iter().find_map(|(suffix, unit)| {
        let start = text.len().checked_sub(suffix.len())?;
        let (number, end) = text.split_at_checked(start)?;
        end.eq_ignore_ascii_case(suffix).then_some((number, *unit))
    });
    let (number, unit) = with_unit.unwrap_or((text, 1));
    number
        .trim()
        .parse::<u64>()
        .ok()
        .and_then(|number| number.checked_mul(unit))
        .filter(|bytes| *bytes > 0)
        .ok_or_else(|| Message::new("server.bad_size"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_with_their_units() {
        for (text, bytes) in [
            ("32MiB", 32 << 20),
            ("1 kib", 1_024),
            ("10MB", 10_000_000),
            ("77", 77),
            ("2B", 2),
        ] {
            assert_eq!(parse(text), Ok(bytes), "{text}");
        }
        for wrong in [
            "",
            "0",
            "MiB",
            "-1",
            "1.5MiB",
            "1TB",
            "99999999999GiB",
            "字",
        ] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }
}
