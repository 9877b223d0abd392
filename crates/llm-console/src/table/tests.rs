//! Tables as people and machines get them, measured by display width and read back.

use std::time::Duration;

use proptest::prelude::*;
use serde_json::Value;

use super::*;
use crate::text::width;

fn look(lang: Lang, width: Option<usize>) -> Look {
    Look {
        lang,
        width,
        colour: false,
        ascii: false,
    }
}

fn models() -> Table {
    let mut table = Table::new(vec![
        Column::text("name"),
        Column::text("provider"),
        Column::text("tasks"),
        Column::number("context"),
        Column::number("price_in"),
        Column::number("p50_ms"),
        Column::number("error_rate"),
        Column::text("health"),
        Column::text("file").detail(),
    ]);
    table.push(vec![
        "qwen3_8b".into(),
        "阿里云百炼".into(),
        Cell::List(vec!["math".to_owned(), "代码".to_owned()]),
        32_768.into(),
        Cell::money(Some("0.5".to_owned()), "CNY", "price"),
        Duration::from_millis(1900).into(),
        Cell::Share(0.0125),
        Cell::state("healthy", Mood::Good),
        "config.toml".into(),
    ]);
    table.push(vec![
        "=cmd|' /C calc'!A0".into(),
        "a\tb\nc\u{1b}[31m".into(),
        Cell::Empty,
        Cell::Empty,
        Cell::money(None, "USD", "unknown"),
        Cell::Empty,
        Cell::Empty,
        Cell::state("open", Mood::Bad),
        Cell::Empty,
    ]);
    table
}

/// The column at which each line shows `text`.
fn columns_of(drawing: &str, texts: &[&str]) -> Vec<usize> {
    texts
        .iter()
        .map(|text| {
            let line = drawing.lines().find(|line| line.contains(text)).unwrap();
            width(line.split(text).next().unwrap())
        })
        .collect()
}

#[test]
fn chinese_and_latin_cells_line_up() {
    let drawing = models().to_people(look(Lang::Zh, None));
    // Title and both cells of the health column begin at one display column.
    let columns = columns_of(&drawing, &["健康", "已熔断"]);
    assert_eq!(columns[0], columns[1], "{drawing}");
    let provider = columns_of(&drawing, &["渠道", "阿里云百炼", "a b c"]);
    assert!(
        provider.windows(2).all(|pair| pair[0] == pair[1]),
        "{drawing}"
    );
    assert!(drawing.contains("32,768") && drawing.contains("¥0.5") && drawing.contains("1.2%"));
    assert!(drawing.contains("1.9 s") && drawing.contains("未知"));
    assert!(
        !drawing.contains("config.toml"),
        "details are hidden: {drawing}"
    );
    assert!(!drawing.contains('\u{1b}'));
}

#[test]
fn english_people_read_titles_and_states_in_english() {
    let drawing = models().to_people(look(Lang::En, None));
    assert!(drawing.starts_with("name "), "{drawing}");
    assert!(drawing.contains("circuit open") && drawing.contains("price in / M"));
    assert_eq!(drawing.lines().count(), 4);
}

#[test]
fn a_table_is_cut_to_the_width_and_shows_it() {
    for lang in [Lang::En, Lang::Zh, Lang::Pseudo] {
        for columns in [200, 120, 100, 80, 60, 40, 24] {
            let drawing = models().to_people(look(lang, Some(columns)));
            for line in drawing.lines() {
                assert!(width(line) <= columns, "{columns}: {line}");
            }
            assert!(drawing.contains("qwen3_8b"), "{columns}: {drawing}");
        }
    }
    let narrow = models().to_people(look(Lang::En, Some(80)));
    assert!(
        narrow.contains('…') && narrow.contains("32,768"),
        "{narrow}"
    );
}

#[test]
fn what_is_told_apart_by_its_end_is_never_cut() {
    let mut table = Table::new(vec![Column::text("name").whole(), Column::text("detail")]);
    for name in ["qwen3_32b_reasoning", "qwen3_32b_router"] {
        table.push(vec![
            name.into(),
            "a text that is longer than its room".into(),
        ]);
    }
    let drawn = table.to_people(look(Lang::En, Some(40)));
    assert!(drawn.contains("qwen3_32b_reasoning  a text"), "{drawn}");
    assert!(drawn.contains('…'), "the other column gives way: {drawn}");
    assert!(drawn.lines().all(|line| width(line) <= 40), "{drawn}");
}

#[test]
fn a_very_narrow_terminal_gets_one_value_a_line() {
    let drawing = models().to_people(look(Lang::Zh, Some(40)));
    assert!(
        drawing
            .lines()
            .any(|line| line.starts_with("名称") && line.ends_with("qwen3_8b"))
    );
    let columns = columns_of(
        &drawing,
        &["qwen3_8b", "阿里云百炼", "健康\n"].map(str::trim),
    );
    assert_eq!(columns[0], columns[1], "{drawing}");
}

#[test]
fn ascii_means_ascii_except_for_the_data() {
    let mut table = Table::new(vec![Column::text("name"), Column::number("cost")]);
    table.push(vec![
        "a very long name that does not fit".into(),
        Cell::money(Some("0.003".to_owned()), "CNY", "estimated"),
    ]);
    let drawing = table.to_people(Look {
        ascii: true,
        ..look(Lang::En, Some(30))
    });
    assert!(drawing.is_ascii(), "{drawing}");
    assert!(
        drawing.contains("...") && drawing.contains("~CNY 0.003"),
        "{drawing}"
    );
}

#[test]
fn colour_is_only_there_when_wanted_and_does_not_move_columns() {
    let plain = models().to_people(look(Lang::Zh, Some(120)));
    assert!(!plain.contains('\u{1b}'));
    let coloured = models().to_people(Look {
        colour: true,
        ..look(Lang::Zh, Some(120))
    });
    assert!(coloured.contains('\u{1b}'));
    let lines = |text: &str| -> Vec<String> {
        console::strip_ansi_codes(text)
            .lines()
            .map(|line| line.trim_end().to_owned())
            .collect()
    };
    assert_eq!(lines(&coloured), lines(&plain));
}

#[test]
fn tsv_is_one_line_a_row_and_never_cut() {
    let tsv = models().to_tsv();
    let lines: Vec<Vec<&str>> = tsv.lines().map(|line| line.split('\t').collect()).collect();
    assert_eq!(lines.len(), 3);
    assert!(lines.iter().all(|line| line.len() == 9));
    assert_eq!(lines[0][..2], ["name", "provider"]);
    assert_eq!(
        lines[1][2..8],
        ["math,代码", "32768", "0.5 CNY", "1900", "0.0125", "healthy"]
    );
    assert_eq!(lines[2][1], "a b c [31m");
    assert_eq!(lines[2][4], "unknown");
}

#[test]
fn csv_quotes_and_defuses_formulas() {
    let mut table = Table::new(vec![Column::text("name"), Column::number("score")]);
    for name in [
        "=1+1",
        "+1",
        "-1",
        "@x",
        "plain",
        "a \"b\", c",
        "two\nlines",
    ] {
        table.push(vec![name.into(), Cell::Decimal(-1.5, 1)]);
    }
    assert_eq!(
        table.to_csv(false),
        "name,score\r\n'=1+1,-1.5\r\n'+1,-1.5\r\n'-1,-1.5\r\n'@x,-1.5\r\nplain,-1.5\r\n\
         \"a \"\"b\"\", c\",-1.5\r\n\"two\nlines\",-1.5\r\n"
    );
    assert!(table.to_csv(true).starts_with("\u{feff}name,"));
}

#[test]
fn json_has_typed_values_in_the_order_of_the_columns() {
    let json = models().to_json();
    let rows: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(rows[0]["context"], 32_768);
    assert_eq!(rows[0]["p50_ms"], 1900);
    assert_eq!(rows[0]["tasks"][1], "代码");
    assert_eq!(rows[0]["price_in"]["amount"], 0.5);
    assert_eq!(rows[0]["health"], "healthy");
    assert_eq!(rows[1]["price_in"]["amount"], Value::Null);
    assert_eq!(rows[1]["provider"], "a\tb\nc\u{1b}[31m");
    let order: Vec<usize> = ["\"name\"", "\"provider\"", "\"health\"", "\"file\""]
        .map(|key| json.find(key).unwrap())
        .to_vec();
    assert!(order.is_sorted());
    assert!(json.contains("阿里云百炼"), "not escaped");
    let lines = models().to_jsonl();
    assert_eq!(lines.lines().count(), 2);
    assert!(
        lines
            .lines()
            .all(|line| serde_json::from_str::<Value>(line).is_ok())
    );
}

#[test]
fn markdown_survives_bars_and_lines_up() {
    let mut table = Table::new(vec![Column::text("name"), Column::number("context")]);
    table.push(vec!["a|b".into(), 5.into()]);
    table.push(vec!["模型".into(), 128_000.into()]);
    assert_eq!(
        table.to_markdown(Lang::En, false),
        "| name | context |\n| ---- | ------: |\n| a\\|b | 5       |\n| 模型 | 128,000 |\n"
    );
}

#[test]
fn fields_choose_columns_and_bring_details_back() {
    let chosen = models()
        .select(&["file".to_owned(), "name".to_owned()])
        .unwrap();
    assert_eq!(chosen.fields().collect::<Vec<_>>(), ["file", "name"]);
    assert!(
        chosen
            .to_people(look(Lang::En, None))
            .contains("config.toml")
    );
    assert_eq!(models().select(&["nmae".to_owned()]).unwrap_err(), "nmae");
}

/// A small reader of RFC 4180, to read back what was written.
fn read_csv(text: &str) -> Vec<Vec<String>> {
    let mut rows = vec![vec![String::new()]];
    let mut chars = text.chars().peekable();
    let mut is_quoted = false;
    while let Some(c) = chars.next() {
        let row = rows.last_mut().unwrap();
        let field = row.last_mut().unwrap();
        match c {
            '"' if is_quoted && chars.peek() == Some(&'"') => field.extend(chars.next()),
            '"' => is_quoted = !is_quoted,
            ',' if !is_quoted => row.push(String::new()),
            '\r' if !is_quoted && chars.peek() == Some(&'\n') => {
                chars.next();
                rows.push(vec![String::new()]);
            }
            _ => field.push(c),
        }
    }
    rows.pop();
    rows
}

proptest! {
    #[test]
    fn csv_reads_back_and_no_text_cell_is_a_formula(names in prop::collection::vec("(?s).{0,12}", 1..5)) {
        let mut table = Table::new(vec![Column::text("name"), Column::text("note")]);
        for name in &names {
            table.push(vec![name.as_str().into(), "x".into()]);
        }
        let rows = read_csv(&table.to_csv(false));
        prop_assert_eq!(rows.len(), names.len() + 1);
        for (row, name) in rows[1..].iter().zip(&names) {
            let defused = format!("'{name}");
            prop_assert!(row[0] == *name || row[0] == defused);
            prop_assert!(!row[0].starts_with(['=', '+', '-', '@', '\t', '\r']));
        }
    }

    #[test]
    fn tsv_keeps_its_shape_whatever_is_in_the_cells(names in prop::collection::vec("(?s).{0,12}", 0..5)) {
        let mut table = Table::new(vec![Column::text("name"), Column::text("note")]);
        for name in &names {
            table.push(vec![name.as_str().into(), "x".into()]);
        }
        let tsv = table.to_tsv();
        prop_assert_eq!(tsv.matches('\n').count(), names.len() + 1);
        prop_assert!(tsv.lines().all(|line| line.matches('\t').count() == 1));
    }

    #[test]
    fn no_drawing_is_wider_than_its_terminal(names in prop::collection::vec("\\PC{0,30}", 1..4), columns in 20usize..90) {
        let mut table = Table::new(vec![Column::text("name"), Column::text("provider"), Column::number("context")]);
        for name in &names {
            table.push(vec![name.as_str().into(), name.as_str().into(), 1_000_000.into()]);
        }
        for line in table.to_people(look(Lang::Zh, Some(columns))).lines() {
            prop_assert!(width(line) <= columns, "{} > {}: {:?}", width(line), columns, line);
        }
    }
}
