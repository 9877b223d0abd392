//! A conversation: what was said, how the next answer is to be made, what it has cost.

use llm_console::program::Console;
use llm_console::report::{Halt, Report};
use llm_console::ui::Ui;
use llm_core::types::money::Bill;
use serde_json::{Map, Value, json};
use tokio::runtime::Runtime;

use super::ChatArgs;
use crate::ask::Body;
use crate::ask::attach::Attachment;
use crate::ask::prompt::Asking;
use crate::local::runtime;
use crate::run::{Backend, End, Manner, tell};
use crate::show::answer::{AnswerReader, Wish};
use crate::show::text;
use crate::show::usage::cost_of;

/// A conversation.
pub(super) struct Session {
    pub(super) console: Console,
    pub(super) backend: Backend,
    /// Connections live on it, so it lasts as long as the conversation.
    pub(super) runtime: Runtime,
    /// What the flags say about every answer.
    flags: Body,
    pub(super) model: Option<String>,
    pub(super) strategy: Option<String>,
    pub(super) system: Option<String>,
    /// How models work together, if they do.
    pub(super) cooperation: Option<Value>,
    /// Options set by `/set`.
    pub(super) options: Map<String, Value>,
    /// Questions and answers in turn.
    pub(super) messages: Vec<Value>,
    /// For the next question.
    pub(super) attachments: Vec<Attachment>,
    /// Documents for the next question, each in its tags.
    pub(super) documents: Vec<String>,
    /// The decision behind the last answer.
    pub(super) route: Option<Value>,
    /// The last question, for another try.
    pub(super) last: Option<Value>,
    pub(super) totals: Totals,
}

/// What a conversation has used.
#[derive(Clone, Debug, Default)]
pub(super) struct Totals {
    pub(super) answers: u64,
    pub(super) input: u64,
    pub(super) output: u64,
    pub(super) bill: Bill,
}

impl Session {
    pub(super) fn new(
        console: Console,
        backend: Backend,
        args: &ChatArgs,
        system: Option<String>,
    ) -> Result<Self, Report> {
        let mut flags = Body::default();
        args.options.put(&console, &mut flags)?;
        args.choice.put(&mut flags);
        let cooperation = args.mode.as_ref().map(|mode| {
            let mut cooperation = json!({ "mode": mode });
            if !args.models.is_empty() {
                cooperation["models"] = json!(args.models);
            }
            cooperation
        });
        Ok(Self {
            console,
            backend,
            runtime: runtime()?,
            flags,
            model: args.model.clone(),
            strategy: None,
            system,
            cooperation,
            options: Map::new(),
            messages: Vec::new(),
            attachments: Vec::new(),
            documents: Vec::new(),
            route: None,
            last: None,
            totals: Totals::default(),
        })
    }

    pub(super) fn ui(&self) -> &Ui {
        &self.console.ui
    }

    /// What stands before the cursor: who will answer.
    pub(super) fn prompt(&self) -> String {
        let mode = self.cooperation.as_ref().map(|wish| text(wish, "mode"));
        let who = mode.or(self.model.as_deref());
        format!("{}> ", who.or(self.strategy.as_deref()).unwrap_or("auto"))
    }

    /// Asks the next question.
    pub(super) fn ask(&mut self, question: String) -> Result<(), Halt> {
        let mut parts = std::mem::take(&mut self.documents);
        parts.push(question);
        let attachments = std::mem::take(&mut self.attachments);
        let message = Asking::of_text(parts.join("\n\n"), attachments).message();
        self.answer(message)
    }

    /// Has a message answered. Without an answer it is not part of the conversation.
    pub(super) fn answer(&mut self, message: Value) -> Result<(), Halt> {
        self.last = Some(message.clone());
        let body = self.body(&message);
        let wish = Wish {
            in_pieces: true,
            deltas: true,
            ..Wish::default()
        };
        let mut reader = AnswerReader::open_text(&self.console.ui, wish);
        let manner = Manner {
            streamed: true,
            events: true,
            member_deltas: self.cooperation.is_some(),
        };
        if self.cooperation.is_some() {
            reader.watch();
        } else {
            reader.wait();
        }
        let order = (body, manner);
        let told = tell(&self.backend, &self.console, order, &mut reader);
        let end = self.runtime.block_on(told)?;
        if let End::Done(done) = &end {
            let answer = json!({ "role": "assistant", "content": done.text });
            self.messages.extend([message, answer]);
            self.route.clone_from(&done.route);
            self.totals.add(&done.result);
        }
        reader.end(end)
    }

    /// The request for an answer to this message.
    pub(super) fn body(&self, message: &Value) -> Body {
        let mut body = self.flags.clone();
        for (name, value) in &self.options {
            body.set(name, value.clone());
        }
        body.set_some("model", self.model.as_deref());
        body.set_some("strategy", self.strategy.as_deref());
        body.set_some("cooperation", self.cooperation.clone());
        let system = self.system.as_ref();
        let system = system.map(|text| json!({ "role": "system", "content": text }));
        let said = system.into_iter().chain(self.messages.iter().cloned());
        let messages: Vec<Value> = said.chain([message.clone()]).collect();
        body.set("messages", messages);
        body
    }
}

impl Totals {
    fn add(&mut self, result: &Value) {
        let count = |name: &str| result["usage"][name].as_u64().unwrap_or(0);
        self.answers += 1;
        self.input += count("input_tokens");
        self.output += count("output_tokens");
        self.bill.add(cost_of(&result["cost"]));
    }
}
