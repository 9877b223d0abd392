//! Questions answered by a script: what counts as a yes, and what happens where nobody can be asked.

use super::*;
use crate::globals::{self, Matched};
use crate::lang::Lang;
use crate::terminal::TtyFacts;
use crate::ui::Asking;

/// Answers in order, and remembers what was asked.
struct Script {
    answers: Vec<Option<&'static str>>,
    asked: Vec<String>,
}

impl Script {
    fn new(answers: &[Option<&'static str>]) -> Self {
        Self {
            answers: answers.iter().rev().copied().collect(),
            asked: Vec::new(),
        }
    }
}

impl Person for Script {
    fn line(&mut self, prompt: &str) -> io::Result<Option<String>> {
        self.asked.push(prompt.to_owned());
        let answer = self.answers.pop().expect("asked more often than answered");
        Ok(answer.map(|answer| format!("{answer}\n")))
    }

    fn hidden(&mut self, prompt: &str) -> io::Result<Option<String>> {
        self.line(prompt)
    }
}

fn ui(is_allowed: bool, assumes_yes: bool) -> Ui {
    let mut ui = globals::early_ui(
        "llm-test",
        &Matched::default(),
        &crate::environment::Environment::default(),
        TtyFacts::none(),
    );
    ui.asking = Asking {
        is_allowed,
        assumes_yes,
    };
    ui
}

fn confirm(ui: &Ui, answers: &[Option<&'static str>]) -> (Result<bool, Halt>, Vec<String>) {
    let mut script = Script::new(answers);
    (ui.confirm_with(&mut script, "Remove it?"), script.asked)
}

fn failed<T: std::fmt::Debug>(result: Result<T, Halt>) -> Report {
    match result {
        Err(Halt::Failed(report)) => report,
        other => panic!("{other:?}"),
    }
}

#[test]
fn only_a_clear_yes_is_a_yes() {
    let ui = ui(true, false);
    for answer in ["y", "YES", " yes ", "是"] {
        assert!(confirm(&ui, &[Some(answer)]).0.unwrap(), "{answer}");
    }
    for answer in ["", "n", "No", "否"] {
        assert!(!confirm(&ui, &[Some(answer)]).0.unwrap(), "{answer}");
    }
    assert!(!confirm(&ui, &[None]).0.unwrap(), "end of input");
    let (result, asked) = confirm(&ui, &[Some("perhaps"), Some("y")]);
    assert!(result.unwrap());
    assert_eq!(asked, ["Remove it? [y/N] ", "Remove it? [y/N] "]);
}

#[test]
fn yes_answers_and_where_nobody_can_be_asked_the_flag_is_named() {
    let (result, asked) = confirm(&ui(false, true), &[]);
    assert!(result.unwrap() && asked.is_empty());

    let (result, asked) = confirm(&ui(false, false), &[]);
    let report = failed(result);
    assert!(asked.is_empty());
    assert_eq!((report.name(), report.exit()), ("input_required", 2));
    assert!(
        report.english().ends_with("Remove it; pass --yes"),
        "{}",
        report.english()
    );

    let mut nobody = Script::new(&[]);
    let ui = ui(false, false);
    let report = failed(ui.ask_hidden_with(&mut nobody, "API key", "--api-key-stdin"));
    assert!(report.english().contains("--api-key-stdin"));
    let report = failed(ui.ask_with(&mut nobody, "Name", Some("x"), "--name NAME"));
    assert!(
        report.english().contains("--name NAME"),
        "a default is not assumed"
    );
}

#[test]
fn lines_have_defaults_and_empty_ones_are_asked_again() {
    let ui = ui(true, false);
    let mut script = Script::new(&[Some(""), Some(" mine ")]);
    assert_eq!(
        ui.ask_with(&mut script, "Name", None, "--name").unwrap(),
        "mine"
    );
    let mut script = Script::new(&[Some("")]);
    assert_eq!(
        ui.ask_with(&mut script, "Name", Some("x"), "--name")
            .unwrap(),
        "x"
    );
    assert_eq!(script.asked, ["Name [x]: "]);
    let mut script = Script::new(&[None]);
    let halt = ui
        .ask_with(&mut script, "Name", Some("x"), "--name")
        .unwrap_err();
    assert!(matches!(halt, Halt::Exit(exit::INTERRUPTED)));
}

#[test]
fn an_empty_secret_is_not_a_secret() {
    let ui = ui(true, false);
    let mut script = Script::new(&[Some(" sk-1 ")]);
    assert_eq!(
        ui.ask_hidden_with(&mut script, "API key", "--x").unwrap(),
        "sk-1"
    );
    let mut script = Script::new(&[Some("")]);
    failed(ui.ask_hidden_with(&mut script, "API key", "--x"));
}

#[test]
fn questions_are_in_the_language_and_harmless() {
    let mut ui = ui(true, false);
    ui.lang = Lang::Zh;
    let mut script = Script::new(&[Some("是")]);
    ui.confirm_with(&mut script, "删除\u{1b}[2J？").unwrap();
    assert_eq!(script.asked, ["删除␛[2J？ [y/N] "]);
}
