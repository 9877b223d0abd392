//! What is asked: words, `-q`, files, standard input, the system prompt, a template around it.

use clap::Args;
use clap::builder::PossibleValuesParser;
use llm_console::catalogue::Message;
use llm_console::input::{self, Prompt, PromptArgs, StdinMode, System};
use llm_console::program::Console;
use llm_console::report::{Halt, Report};
use llm_console::terminal::StdinKind;
use serde_json::{Map, Value, json};

use super::attach::{AttachFlags, Attachment};
use super::{Body, Pair};

/// What is asked.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct PromptFlags {
    /// The question, if -q is not used
    #[arg(value_name = "PROMPT")]
    words: Vec<String>,
    /// The question; @FILE reads a file and - standard input
    #[arg(short, long, value_name = "TEXT")]
    query: Option<String>,
    /// A system prompt; @FILE reads a file and - standard input
    #[arg(short, long, value_name = "TEXT")]
    system: Option<String>,
    /// Text that belongs to the question; may be repeated, - is standard input
    #[arg(short, long, value_name = "FILE")]
    file: Vec<String>,
    #[command(flatten)]
    attach: AttachFlags,
    /// What piped standard input is for when there is a question already
    #[arg(long, value_name = "MODE", value_parser = PossibleValuesParser::new(StdinMode::NAMES))]
    stdin: Option<String>,
    /// Do not read standard input
    #[arg(long, conflicts_with = "stdin")]
    no_stdin: bool,
    /// Put the question into a prompt template; auto chooses one
    #[arg(short, long, value_name = "NAME")]
    template: Option<String>,
    /// A value for the template; may be repeated
    #[arg(short, long, value_name = "KEY=VALUE", value_parser = Pair::parse, requires = "template")]
    param: Vec<Pair>,
}

/// A prompt that has been read.
#[derive(Clone, Debug)]
pub(crate) struct Asking {
    /// The question with its documents.
    text: String,
    system: Option<String>,
    attachments: Vec<Attachment>,
    template: Option<String>,
    variables: Map<String, Value>,
}

impl PromptFlags {
    /// Reads everything that is asked, at most `limit` bytes. `None` when there is nothing.
    ///
    /// `other_stdin` is a flag of the command that reads standard input itself.
    pub(crate) fn read(
        &self,
        console: &Console,
        limit: u64,
        other_stdin: Option<&'static str>,
    ) -> Result<Option<Asking>, Halt> {
        let taken = self.stdin_taken(other_stdin)?;
        let system = match &self.system {
            Some(system) => Some(read_text(console, system, limit)?),
            None => None,
        };
        let attachments = self.attach.read(console, limit)?;
        let prompt = self.prompt(console, limit, taken)?;
        let Some(prompt) = prompt.or_else(|| self.asks_without_words().then(Prompt::default))
        else {
            return Ok(None);
        };
        Ok(Some(Asking {
            text: prompt.text(),
            system,
            attachments,
            template: self.template.clone(),
            variables: self
                .param
                .iter()
                .map(|pair| (pair.key.clone(), Value::from(pair.value.as_str())))
                .collect(),
        }))
    }

    /// A template with its values may say everything.
    fn asks_without_words(&self) -> bool {
        self.template.is_some() && !self.param.is_empty()
    }

    fn prompt(
        &self,
        console: &Console,
        limit: u64,
        taken: Option<&'static str>,
    ) -> Result<Option<Prompt>, Report> {
        let args = PromptArgs {
            words: &self.words,
            query: self.query.as_deref(),
            files: &self.file,
            stdin: self.stdin_mode(),
            stdin_taken_by: taken,
            max_bytes: limit,
        };
        // What a template is filled with needs no standard input; an empty pipe is no question.
        let mut kind = console.ui.terminal.stdin;
        if self.asks_without_words() && kind == StdinKind::Stream {
            kind = StdinKind::Nothing;
        }
        input::prompt(&args, kind, &mut System::new(&console.ui))
    }

    fn stdin_mode(&self) -> StdinMode {
        if self.no_stdin {
            return StdinMode::Ignore;
        }
        self.stdin
            .as_deref()
            .and_then(StdinMode::from_name)
            .unwrap_or_default()
    }

    /// The flag that reads standard input for something else than the question.
    fn stdin_taken(&self, other: Option<&'static str>) -> Result<Option<&'static str>, Report> {
        let system = (self.system.as_deref() == Some("-")).then_some("--system -");
        let attach = self.attach.reads_stdin().then_some("--attach -");
        let mut takers = [system, attach, other].into_iter().flatten();
        match (takers.next(), takers.next()) {
            (Some(one), Some(other)) => Err(Report::usage(
                Message::new("common.input.stdin_twice")
                    .with("argument", one)
                    .with("other", other),
            )),
            (taker, _) => Ok(taker),
        }
    }
}

impl Asking {
    /// A question of plain text with attachments.
    pub(crate) fn of_text(text: String, attachments: Vec<Attachment>) -> Self {
        Self {
            text,
            system: None,
            attachments,
            template: None,
            variables: Map::new(),
        }
    }

    /// Puts it into the body.
    pub(crate) fn put(&self, body: &mut Body) {
        let mut messages: Vec<Value> = Vec::new();
        if let Some(system) = &self.system {
            messages.push(json!({ "role": "system", "content": system }));
        }
        if !self.text.is_empty() || !self.attachments.is_empty() {
            messages.push(self.message());
        }
        if !messages.is_empty() {
            body.set("messages", messages);
        }
        if let Some(template) = &self.template {
            body.set("prompt_template", template.as_str());
            body.set("variables", self.variables.clone());
        }
    }

    /// The question as a message of the user.
    pub(crate) fn message(&self) -> Value {
        if self.attachments.is_empty() {
            return json!({ "role": "user", "content": self.text });
        }
        let mut parts = vec![json!({ "type": "text", "text": self.text })];
        parts.extend(self.attachments.iter().map(Attachment::part));
        json!({ "role": "user", "content": parts })
    }
}

/// A text as `-q` takes it: itself, `@FILE` or `-`.
pub(crate) fn read_text(console: &Console, text: &str, limit: u64) -> Result<String, Report> {
    let args = PromptArgs {
        query: Some(text),
        stdin: StdinMode::Ignore,
        max_bytes: limit,
        ..PromptArgs::default()
    };
    let prompt = input::prompt(&args, StdinKind::Nothing, &mut System::new(&console.ui))?;
    Ok(prompt.unwrap_or_default().instruction)
}
