//! Formats and fields, printed into files.

#![expect(
    clippy::disallowed_methods,
    reason = "tests look at the files that were written"
)]

use std::fs;

use super::*;
use crate::environment::Environment;
use crate::globals::{self, Matched};
use crate::table::{Cell, Column};
use crate::terminal::{StdinKind, TtyFacts};

fn ui(stdout: Option<usize>, change: impl FnOnce(&mut Ui)) -> Ui {
    let facts = TtyFacts {
        stdin: StdinKind::Nothing,
        stdout,
        stderr: None,
    };
    let mut ui = globals::early_ui(
        "llm-test",
        &Matched::default(),
        &Environment::default(),
        facts,
    );
    change(&mut ui);
    ui
}

fn wants(ui: &mut Ui, format: Format, is_flag: bool) {
    ui.wanted = Some(Wanted { format, is_flag });
}

#[test]
fn a_list_is_a_table_on_a_terminal_and_tsv_in_a_pipe() {
    assert_eq!(ui(Some(80), |_| {}).list_format().unwrap(), Format::Table);
    assert_eq!(ui(None, |_| {}).list_format().unwrap(), Format::Tsv);
    let file = ui(Some(80), |ui| ui.output = Some("list.tsv".into()));
    assert_eq!(file.list_format().unwrap(), Format::Tsv);
    let forced = ui(None, |ui| wants(ui, Format::Table, true));
    assert_eq!(forced.list_format().unwrap(), Format::Table);
}

#[test]
fn a_flag_for_a_format_that_is_not_offered_fails_and_a_variable_does_not() {
    let flag = ui(None, |ui| wants(ui, Format::Text, true));
    let report = flag.list_format().unwrap_err();
    assert_eq!(report.exit(), 2);
    assert!(
        report.english().contains("table, tsv, csv"),
        "{}",
        report.english()
    );
    let variable = ui(None, |ui| wants(ui, Format::Text, false));
    assert_eq!(variable.list_format().unwrap(), Format::Tsv);
}

/// What a table or value becomes in a file.
fn printed(
    change: impl FnOnce(&mut Ui),
    print: impl FnOnce(&Ui) -> Result<(), Halt>,
) -> Result<String, Halt> {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("out");
    let ui = ui(Some(20), |ui| {
        change(ui);
        ui.output = Some(path.clone());
    });
    print(&ui)?;
    Ok(fs::read_to_string(&path).unwrap())
}

fn table() -> Table {
    let mut table = Table::new(vec![Column::text("name"), Column::text("provider")]);
    let name = "a name much longer than the terminal is wide";
    table.push(vec![name.into(), Cell::Empty]);
    table
}

#[test]
fn a_table_in_a_file_is_complete_whatever_the_terminal() {
    let text = printed(
        |ui| wants(ui, Format::Table, true),
        |ui| ui.print_table(&table()),
    );
    assert!(text.unwrap().contains("longer than the terminal is wide"));
}

#[test]
fn fields_are_chosen_listed_or_refused() {
    let only = |fields: &[&str]| Fields::Only(fields.iter().map(|f| (*f).to_owned()).collect());
    let text = printed(
        |ui| ui.fields = only(&["provider"]),
        |ui| ui.print_table(&table()),
    );
    assert_eq!(text.unwrap(), "provider\n\n");
    let text = printed(
        |ui| ui.fields = Fields::Names,
        |ui| ui.print_table(&table()),
    );
    assert_eq!(text.unwrap(), "name\nprovider\n");
    let halt = printed(
        |ui| ui.fields = only(&["nam"]),
        |ui| ui.print_table(&table()),
    );
    let Err(Halt::Failed(report)) = halt else {
        panic!("{halt:?}");
    };
    assert!(
        report.english().contains("name, provider"),
        "{}",
        report.english()
    );
    assert_eq!(report.to_json()["error"]["hints"][0], "--fields name");
}

#[test]
fn json_values_obey_fields_and_keep_chinese_readable() {
    let value = serde_json::json!({ "answer": "你好", "cost": null });
    let only = Fields::Only(vec!["answer".to_owned()]);
    let text = printed(|ui| ui.fields = only.clone(), |ui| ui.print_json(&value));
    assert_eq!(text.unwrap(), "{\n  \"answer\": \"你好\"\n}\n");
    let line = printed(
        |ui| wants(ui, Format::Jsonl, true),
        |ui| ui.print_json(&value),
    );
    assert_eq!(line.unwrap(), "{\"answer\":\"你好\",\"cost\":null}\n");
    let wrong = Fields::Only(vec!["answr".to_owned()]);
    let halt = printed(|ui| ui.fields = wrong, |ui| ui.print_json(&value));
    assert!(matches!(halt, Err(Halt::Failed(_))));
}

#[test]
fn the_nearest_name_is_found() {
    let names = ["openai", "deepseek", "dashscope"];
    assert_eq!(nearest("depseek", names.into_iter()), Some("deepseek"));
    assert_eq!(nearest("zzz", names.into_iter()), None);
}
