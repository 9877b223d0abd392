//! Questions to the user, asked on standard error and only where a person can answer.
//!
//! Where nobody can (`--no-input`, `CI`, no terminal), a question is a failure that names the
//! flag to pass instead. Nothing is ever waited for silently or assumed without `--yes`.

mod terminal;

use std::io;

use crate::catalogue::{Message, Say};
use crate::exit;
use crate::report::{Halt, Report};
use crate::ui::Ui;

pub use terminal::AtTerminal;

/// Somebody who answers: a terminal, or a script in tests.
pub trait Person {
    /// Shows the prompt and reads a line; `None` at the end of the input, and an error of the
    /// kind [`io::ErrorKind::Interrupted`] at Ctrl-C.
    fn line(&mut self, prompt: &str) -> io::Result<Option<String>>;
    /// The same without showing what is typed.
    fn hidden(&mut self, prompt: &str) -> io::Result<Option<String>>;
}

impl Ui {
    /// Asks for a confirmation. An empty answer is no.
    ///
    /// # Errors
    /// Nobody can be asked and `--yes` was not given.
    pub fn confirm(&self, question: impl Into<Say>) -> Result<bool, Halt> {
        self.confirm_with(&mut AtTerminal, question)
    }

    /// Asks for a line of text. `flag` is how to say it without being asked, such as
    /// `--name NAME`; an empty answer is `default`, when there is one.
    ///
    /// # Errors
    /// Nobody can be asked, or nothing was answered.
    pub fn ask(
        &self,
        question: impl Into<Say>,
        default: Option<&str>,
        flag: &str,
    ) -> Result<String, Halt> {
        self.ask_with(&mut AtTerminal, question, default, flag)
    }

    /// Asks for a secret without showing it. Put the answer into a type that does not print it.
    ///
    /// # Errors
    /// Nobody can be asked, or nothing was answered.
    pub fn ask_hidden(&self, question: impl Into<Say>, flag: &str) -> Result<String, Halt> {
        self.ask_hidden_with(&mut AtTerminal, question, flag)
    }

    /// [`Ui::confirm`] with a given person.
    ///
    /// # Errors
    /// As [`Ui::confirm`].
    pub fn confirm_with(
        &self,
        person: &mut dyn Person,
        question: impl Into<Say>,
    ) -> Result<bool, Halt> {
        if self.asking.assumes_yes {
            return Ok(true);
        }
        let question = question.into();
        self.must_be_able_to_ask(&question, "--yes")?;
        let prompt = self.prompt("common.ask.confirm", &question);
        loop {
            let Some(answer) = person.line(&prompt).map_err(|e| unanswered(&e))? else {
                return Ok(false);
            };
            match answer.trim().to_lowercase().as_str() {
                "y" | "yes" | "是" | "好" => return Ok(true),
                "" | "n" | "no" | "否" | "不" => return Ok(false),
                _ => {}
            }
        }
    }

    /// [`Ui::ask`] with a given person.
    ///
    /// # Errors
    /// As [`Ui::ask`].
    pub fn ask_with(
        &self,
        person: &mut dyn Person,
        question: impl Into<Say>,
        default: Option<&str>,
        flag: &str,
    ) -> Result<String, Halt> {
        let question = question.into();
        self.must_be_able_to_ask(&question, flag)?;
        let prompt = match default {
            None => self.prompt("common.ask.line", &question),
            Some(default) => self.say(
                &Message::new("common.ask.line_default")
                    .with_say("question", question.clone())
                    .with("default", default),
            ),
        };
        loop {
            let Some(answer) = person.line(&prompt).map_err(|e| unanswered(&e))? else {
                return Err(Halt::Exit(exit::INTERRUPTED));
            };
            match (answer.trim(), default) {
                ("", None) => {}
                ("", Some(default)) => return Ok(default.to_owned()),
                (answer, _) => return Ok(answer.to_owned()),
            }
        }
    }

    /// [`Ui::ask_hidden`] with a given person.
    ///
    /// # Errors
    /// As [`Ui::ask_hidden`].
    pub fn ask_hidden_with(
        &self,
        person: &mut dyn Person,
        question: impl Into<Say>,
        flag: &str,
    ) -> Result<String, Halt> {
        let question = question.into();
        self.must_be_able_to_ask(&question, flag)?;
        let prompt = self.prompt("common.ask.line", &question);
        let answer = person.hidden(&prompt).map_err(|e| unanswered(&e))?;
        match answer.map(|answer| answer.trim().to_owned()) {
            Some(answer) if !answer.is_empty() => Ok(answer),
            _ => Err(self.input_required(&question, flag).into()),
        }
    }

    fn prompt(&self, key: &'static str, question: &Say) -> String {
        let prompt = self.say(&Message::new(key).with_say("question", question.clone()));
        crate::sanitise::text(&prompt)
    }

    fn must_be_able_to_ask(&self, question: &Say, flag: &str) -> Result<(), Report> {
        if self.asking.is_allowed {
            Ok(())
        } else {
            Err(self.input_required(question, flag))
        }
    }

    fn input_required(&self, question: &Say, flag: &str) -> Report {
        let question = question.to(self.lang);
        let question = question.trim_end_matches(['?', '？', ':', '：']);
        Report::new(
            "input_required",
            Message::new("common.ask.required")
                .with("question", question)
                .with("flag", flag),
        )
        .with("flag", flag)
    }
}

fn unanswered(error: &io::Error) -> Halt {
    if error.kind() == io::ErrorKind::Interrupted {
        return Halt::Exit(exit::INTERRUPTED);
    }
    let message = Message::new("common.input.unreadable")
        .with("path", "stdin")
        .with("reason", error);
    Report::new("input_unreadable", message).into()
}

#[cfg(test)]
mod tests;
