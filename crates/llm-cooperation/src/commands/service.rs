//! `service TYPE [FILE]…`: the ready services on a document, on data or on a question.

use clap::Args;
use llm_console::catalogue::Message;
use llm_console::exit;
use llm_console::input::{self, Document, Prompt, PromptArgs, StdinMode, System};
use llm_console::output::Format;
use llm_console::program::Console;
use llm_console::report::{Halt, Report};
use llm_console::table::{Cell, Column, Table};
use llm_console::terminal::StdinKind;
use llm_core::services::{self, SERVICES, Service};
use serde_json::{Map, Value};

use crate::ask::choice::ChoiceFlags;
use crate::ask::prompt::read_text;
use crate::ask::{Body, Pair};
use crate::cli::short_help;
use crate::local::block_on;
use crate::run::Backend;
use crate::show::explain;
use crate::show::usage::{self, UsageFormat};

/// The word that lists the services.
const LIST: &str = "list";

/// What a service is to do.
#[derive(Clone, Debug, Default, Args)]
#[command(arg_required_else_help = true)]
pub(crate) struct ServiceArgs {
    /// document-analysis, data-insight, decision-support, or list to see what they can do
    #[arg(value_name = "TYPE")]
    service: String,
    /// What to work on; without any, standard input
    #[arg(value_name = "FILE")]
    files: Vec<String>,
    /// A question or text to work on; @FILE reads a file and - standard input
    #[arg(short, long, value_name = "TEXT")]
    query: Option<String>,
    /// What exactly to do; any other word than the known ones is what to look at
    #[arg(long, value_name = "NAME")]
    kind: Option<String>,
    /// A parameter of the service; may be repeated
    #[arg(short, long, value_name = "KEY=VALUE", value_parser = Pair::parse)]
    param: Vec<Pair>,
    /// Ask this model, alias or route; without it the router chooses
    #[arg(short, long, value_name = "NAME")]
    model: Option<String>,
    #[command(flatten)]
    choice: ChoiceFlags,
    /// Say on standard error what was used and what it cost
    #[arg(short, long, value_name = "FORMAT", num_args = 0..=1, require_equals = true,
        default_missing_value = "line")]
    usage: Option<UsageFormat>,
}

/// Runs a service.
pub(crate) fn run(args: &ServiceArgs, console: &Console) -> Result<(), Halt> {
    let ui = &console.ui;
    if args.service == LIST {
        return ui.print_table(&listing());
    }
    let service = services::find(&args.service)
        .map_err(|error| Report::new(error.code.name(), error.message))?;
    let formats = [Format::Text, Format::Md, Format::Json];
    let format = ui.format(Format::Text, &formats)?;
    let backend = Backend::open(console)?;
    let Some(content) = args.content(console, backend.prompt_limit())? else {
        return short_help("service", console);
    };
    // Opened before anything is paid for; a wrong path is found here.
    let sink = (format != Format::Json).then(|| ui.sink()).transpose()?;
    let body = args.body(service, content);
    let reply = block_on(async {
        let answered = backend.service(console, body);
        tokio::select! {
            biased;
            _ = tokio::signal::ctrl_c() => Err(interrupted(console)),
            reply = answered => reply,
        }
    })??;
    let found = reply["result"].as_object().cloned().unwrap_or_default();
    match sink {
        None => ui.print_json(&reply)?,
        Some(mut sink) => {
            sink.text(&drawn(&found, format))?;
            sink.finish()?;
        }
    }
    for warning in explain::list(&reply["llm_cooperation"]["warnings"]) {
        ui.warn(warning.as_str().unwrap_or_default().to_owned());
    }
    usage::show(ui, args.usage, &reply["llm_cooperation"]);
    Ok(())
}

fn interrupted(console: &Console) -> Halt {
    console.ui.note(Message::new("cooperation.ask.interrupted"));
    Halt::Exit(exit::INTERRUPTED)
}

impl ServiceArgs {
    /// What to work on; `None` when there is nothing.
    fn content(&self, console: &Console, limit: u64) -> Result<Option<String>, Halt> {
        let mut documents = Vec::new();
        if self.query.is_none() {
            for path in &self.files {
                let source = if path == "-" {
                    "-".to_owned()
                } else {
                    format!("@{path}")
                };
                let name = if path == "-" { "stdin" } else { path };
                documents.push(Document::new(name, read_text(console, &source, limit)?));
            }
            if let [only] = documents.as_slice() {
                return Ok(Some(only.text.clone()));
            }
            if !documents.is_empty() {
                let prompt = Prompt {
                    before: documents,
                    ..Prompt::default()
                };
                return Ok(Some(prompt.text().trim_end().to_owned()));
            }
        }
        let args = PromptArgs {
            query: self.query.as_deref(),
            files: &self.files,
            stdin: if self.query.is_some() {
                StdinMode::Ignore
            } else {
                StdinMode::Prepend
            },
            max_bytes: limit,
            ..PromptArgs::default()
        };
        let kind: StdinKind = console.ui.terminal.stdin;
        let prompt = input::prompt(&args, kind, &mut System::new(&console.ui))?;
        Ok(prompt.map(|prompt| prompt.text()))
    }

    fn body(&self, service: &Service, content: String) -> Body {
        let mut parameters: Map<String, Value> = self
            .param
            .iter()
            .map(|pair| (pair.key.clone(), pair.json()))
            .collect();
        if let Some(kind) = &self.kind {
            parameters.insert(service.kind_param.to_owned(), Value::from(kind.as_str()));
        }
        let mut body = Body::default();
        body.set("service_type", service.name);
        body.set("content", content);
        body.set("parameters", parameters);
        self.choice.put(&mut body);
        body.set_some("model", self.model.as_deref());
        body
    }
}

/// What services there are.
fn listing() -> Table {
    let mut table = Table::new(vec![
        Column::text("name"),
        Column::prose("kind"),
        Column::prose("description"),
    ]);
    for service in SERVICES {
        let kinds = service.kinds.iter().map(ToString::to_string).collect();
        table.push(vec![
            Cell::Text(service.name.replace('_', "-")),
            Cell::List(kinds),
            Cell::Text(service.summary.to_owned()),
        ]);
    }
    table
}

/// What was found, field by field, under the names the machine formats have.
fn drawn(found: &Map<String, Value>, format: Format) -> String {
    let mut out = String::new();
    for (name, value) in found {
        if format == Format::Md {
            out.push_str("## ");
            out.push_str(&name.replace('_', " "));
            out.push_str("\n\n");
        } else {
            out.push_str(&name.replace('_', " "));
            out.push_str(if is_short(value) { ": " } else { ":\n" });
        }
        out.push_str(&lines(value, format == Format::Text));
        out.push_str("\n\n");
    }
    out.truncate(out.trim_end().len());
    out.push('\n');
    out
}

fn is_short(value: &Value) -> bool {
    match value {
        Value::Array(items) => items.is_empty(),
        Value::Object(fields) => fields.is_empty(),
        Value::String(text) => !text.contains('\n'),
        _ => true,
    }
}

fn lines(value: &Value, is_indented: bool) -> String {
    let indent = if is_indented { "  " } else { "" };
    match value {
        Value::Array(items) if !items.is_empty() => {
            let items: Vec<String> = items
                .iter()
                .map(|item| format!("{indent}- {}", one_line(item)))
                .collect();
            items.join("\n")
        }
        Value::Object(fields) if !fields.is_empty() => {
            let fields: Vec<String> = fields
                .iter()
                .map(|(name, value)| {
                    format!("{indent}- {}: {}", name.replace('_', " "), one_line(value))
                })
                .collect();
            fields.join("\n")
        }
        other => one_line(other),
    }
}

fn one_line(value: &Value) -> String {
    match value {
        Value::Null => "–".to_owned(),
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(one_line).collect::<Vec<_>>().join(", "),
        Value::Object(fields) => {
            let fields: Vec<String> = fields
                .iter()
                .map(|(name, value)| format!("{}: {}", name.replace('_', " "), one_line(value)))
                .collect();
            fields.join("; ")
        }
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn fields_are_drawn_for_people() {
        let found = json!({
            "key_points": ["a", "b"], "length": 3, "options": [{ "name": "x", "score": 0.5 }],
        });
        let found = found.as_object().unwrap();
        assert_eq!(
            drawn(found, Format::Text),
            "key points:\n  - a\n  - b\n\nlength: 3\n\noptions:\n  - name: x; score: 0.5\n"
        );
        assert!(
            drawn(found, Format::Md).starts_with("## key points\n\n- a\n- b\n\n## length\n\n3")
        );
    }
}
