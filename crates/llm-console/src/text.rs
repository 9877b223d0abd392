//! Text as a terminal shows it: measured, cut and wrapped by columns, never by characters.

use unicode_segmentation::UnicodeSegmentation as _;
use unicode_width::UnicodeWidthStr as _;

/// Columns a text takes. A Chinese character takes two.
pub fn width(text: &str) -> usize {
    text.width()
}

/// The text in at most `columns`; what was cut off is shown by `mark` (`…` or `...`).
pub fn truncate(text: &str, columns: usize, mark: &str) -> String {
    if width(text) <= columns {
        return text.to_owned();
    }
    // Where not even the mark fits, as much of it as does.
    let room = columns.saturating_sub(width(mark));
    let mut cut = take(text, room).to_owned();
    cut.push_str(take(mark, columns));
    cut
}

/// The longest beginning of a text that takes at most `columns`.
fn take(text: &str, columns: usize) -> &str {
    let mut used = 0;
    let end = text
        .grapheme_indices(true)
        .find(|(_, grapheme)| {
            used += width(grapheme);
            used > columns
        })
        .map_or(text.len(), |(at, _)| at);
    &text[..end]
}

/// The text with spaces after it, up to `columns`.
pub fn pad(text: &str, columns: usize) -> String {
    let missing = columns.saturating_sub(width(text));
    format!("{text}{}", " ".repeat(missing))
}

/// The text in lines of at most `columns`, each after the first starting with `indent`.
///
/// Lines break where the Unicode rules allow it, so between Chinese characters too but not before
/// a full stop. Line breaks of the text are kept.
pub fn wrap(text: &str, columns: usize, indent: &str) -> String {
    let separator = textwrap::WordSeparator::UnicodeBreakProperties;
    wrap_with(separator, text, columns, indent)
}

/// [`wrap`] for what people type: lines break at spaces only.
pub fn wrap_at_spaces(text: &str, columns: usize, indent: &str) -> String {
    wrap_with(textwrap::WordSeparator::AsciiSpace, text, columns, indent)
}

fn wrap_with(
    separator: textwrap::WordSeparator,
    text: &str,
    columns: usize,
    indent: &str,
) -> String {
    let options = textwrap::Options::new(columns.max(width(indent) + 8))
        .subsequent_indent(indent)
        .word_separator(separator)
        .wrap_algorithm(textwrap::WrapAlgorithm::FirstFit);
    let lines: Vec<String> = text
        .split('\n')
        .enumerate()
        .flat_map(|(number, line)| {
            let options = match number {
                0 => options.clone(),
                _ => options.clone().initial_indent(indent),
            };
            textwrap::wrap(line, options)
        })
        .map(|line| line.trim_end().to_owned())
        .collect();
    lines.join("\n")
}

/// A word as a POSIX shell reads it back, quoted only where that is needed.
pub fn shell_quote(word: &str) -> String {
    let plain = !word.is_empty()
        && word
            .chars()
            .all(|c| c.is_alphanumeric() || "-_./:=,@%+".contains(c));
    if plain {
        word.to_owned()
    } else if word.contains(['$', '`', '"', '\\', '!', '\n']) {
        format!("'{}'", word.replace('\'', r"'\''"))
    } else {
        format!("\"{word}\"")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn chinese_is_cut_by_columns() {
        assert_eq!(truncate("模型名称", 8, "…"), "模型名称");
        assert_eq!(truncate("模型名称", 7, "…"), "模型名…");
        assert_eq!(truncate("模型名称", 6, "…"), "模型…");
        assert_eq!(truncate("a family 👨‍👩‍👧 of three", 11, "…"), "a family …");
        assert_eq!(truncate("abcdef", 5, "..."), "ab...");
        assert_eq!(truncate("abcdef", 2, "..."), "..");
        assert_eq!(pad("模", 4), "模  ");
    }

    #[test]
    fn chinese_is_wrapped_without_spaces_and_not_before_a_stop() {
        let text = wrap("新能源汽车的竞争正在从电池成本转向软件。", 20, "  ");
        let lines: Vec<_> = text.lines().collect();
        assert!(lines.iter().all(|line| width(line) <= 20), "{text}");
        assert!(lines.iter().all(|line| !line.trim().starts_with('。')));
        assert!(lines[1..].iter().all(|line| line.starts_with("  ")));
        assert_eq!(text.replace(['\n', ' '], "").chars().count(), 20);
    }

    #[test]
    fn words_are_quoted_for_a_shell() {
        assert_eq!(shell_quote("plain-word"), "plain-word");
        assert_eq!(shell_quote("two words"), "\"two words\"");
        assert_eq!(shell_quote("你好"), "你好");
        assert_eq!(shell_quote("it's $5"), r"'it'\''s $5'");
        assert_eq!(shell_quote(""), "\"\"");
    }

    proptest! {
        #[test]
        fn a_cut_text_never_takes_more_than_its_columns(text in "\\PC{0,40}", columns in 0usize..30) {
            prop_assert!(width(&truncate(&text, columns, "…")) <= columns);
        }
    }
}
