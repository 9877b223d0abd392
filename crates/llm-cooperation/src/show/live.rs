//! The view of members at work: one live line each, on standard error, where that can be redrawn.

use llm_console::progress::{Line, Progress, State};
use llm_console::ui::Ui;
use serde_json::Value;

use super::usage::amount;
use super::{between, text};

/// The members of a run.
pub(crate) struct Live {
    progress: Progress,
    members: Vec<Member>,
    ui: Ui,
}

/// One member's line.
struct Member {
    name: String,
    line: Line,
    /// Pieces of text so far, each about one token.
    pieces: u64,
}

impl Live {
    /// Nobody yet.
    pub(crate) fn new(ui: &Ui) -> Self {
        Self {
            progress: Progress::new(ui),
            members: Vec::new(),
            ui: ui.clone(),
        }
    }

    /// Shows what happened.
    pub(crate) fn event(&mut self, event: &Value) {
        let name = text(event, "member").to_owned();
        match text(event, "type") {
            "run.started" => {
                let members = super::explain::list(&event["members"]);
                let names = members.iter().filter_map(Value::as_str);
                let names: Vec<String> = names.map(str::to_owned).collect();
                for (name, line) in names.iter().zip(self.progress.members(&names)) {
                    self.add(name, line);
                }
            }
            "model.started" => self.started(&name),
            "model.delta" => {
                if let Some(member) = self.find(&name) {
                    member.pieces += 1;
                    member.line.tokens(member.pieces);
                }
            }
            "model.retry" => self.with(&name, |line| line.retrying(text(event, "code"))),
            "model.completed" => {
                let note = self.completed(event);
                if let Some(member) = self.find(&name) {
                    if let Some(count) = event["usage"]["output_tokens"].as_u64() {
                        member.line.tokens(count);
                    }
                    member.line.done(&note);
                }
            }
            "model.failed" => self.with(&name, |line| line.failed(text(event, "code"))),
            "model.skipped" => self.with(&name, |line| line.skipped(text(event, "reason"))),
            _ => {}
        }
    }

    /// Prints with the lines out of the way.
    pub(crate) fn suspend(&self, print: impl FnOnce()) {
        self.progress.suspend(print);
    }

    /// Ends the view; what has ended stays on the screen.
    pub(crate) fn close(self) {
        drop(self.members);
        self.progress.close();
    }

    /// A member that has been heard before, and one nobody announced, such as a judge, get a line
    /// of their own; another attempt stays on the line of the first.
    fn started(&mut self, name: &str) {
        let is_under_way = self.find(name).is_some_and(|member| {
            matches!(
                member.line.state(),
                State::Waiting | State::Running | State::Retrying
            )
        });
        if !is_under_way {
            let names = [name.to_owned()];
            for line in self.progress.members(&names) {
                self.add(name, line);
            }
        }
        self.with(name, Line::started);
    }

    fn completed(&self, event: &Value) -> String {
        let provider = text(event, "provider").to_owned();
        let cost = amount(&self.ui, &event["cost"]).unwrap_or_default();
        let parts = [provider, cost];
        let parts: Vec<&str> = parts
            .iter()
            .map(String::as_str)
            .filter(|part| !part.is_empty())
            .collect();
        parts.join(between(&self.ui))
    }

    fn add(&mut self, name: &str, line: Line) {
        self.members.push(Member {
            name: name.to_owned(),
            line,
            pieces: 0,
        });
    }

    /// The latest line of a member.
    fn find(&mut self, name: &str) -> Option<&mut Member> {
        self.members
            .iter_mut()
            .rev()
            .find(|member| member.name == name)
    }

    fn with(&mut self, name: &str, change: impl FnOnce(&Line)) {
        if let Some(member) = self.find(name) {
            change(&member.line);
        }
    }
}
