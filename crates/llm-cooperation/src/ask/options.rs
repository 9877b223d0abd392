//! How the answer is to be produced: sampling, a provider's own options, a schema.

use clap::Args;
use llm_console::catalogue::Message;
use llm_console::program::Console;
use llm_console::report::Report;
use llm_core::gateway::schema::check_schema;
use llm_core::provider::protocols::openai::OWN_FIELDS;
use serde_json::{Value, json};

use super::prompt::read_text;
use super::{Body, Pair};

/// Largest schema that is read.
const MAX_SCHEMA: u64 = 1 << 20;

/// Fields of a request that are decided by flags, or that an answer on a command line cannot have.
const TAKEN: &[&str] = &["messages", "model", "n", "stream", "stream_options"];

/// How the answer is to be produced.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct OptionFlags {
    /// How freely to choose words, 0 to 2
    #[arg(long, value_name = "NUMBER")]
    pub(crate) temperature: Option<f64>,
    /// Choose among the words that make up this share, 0 to 1
    #[arg(long, value_name = "NUMBER")]
    top_p: Option<f64>,
    /// The most tokens to write
    #[arg(long, value_name = "COUNT")]
    max_tokens: Option<u32>,
    /// A seed for repeatable answers, where the provider has them
    #[arg(long, value_name = "NUMBER")]
    seed: Option<i64>,
    /// End the answer at this text; may be repeated
    #[arg(long, value_name = "TEXT")]
    stop: Vec<String>,
    /// Another option of the request, passed on to the provider; may be repeated
    #[arg(short = 'O', long, value_name = "KEY=VALUE", value_parser = Pair::parse)]
    option: Vec<Pair>,
    /// Hold the answer to a JSON schema: a file, inline JSON, or - for standard input
    #[arg(long, value_name = "SCHEMA")]
    schema: Option<String>,
}

impl OptionFlags {
    /// The flag that reads standard input, if any.
    pub(crate) fn stdin_taken_by(&self) -> Option<&'static str> {
        (self.schema.as_deref() == Some("-")).then_some("--schema -")
    }

    /// Whether the answer is held to a schema, so that it cannot be shown before its end.
    pub(crate) fn has_schema(&self) -> bool {
        self.schema.is_some()
    }

    /// Puts it into the body.
    pub(crate) fn put(&self, console: &Console, body: &mut Body) -> Result<(), Report> {
        for pair in &self.option {
            check(pair)?;
            body.set(&pair.key, pair.json());
        }
        body.set_some("temperature", self.temperature);
        body.set_some("top_p", self.top_p);
        body.set_some("max_tokens", self.max_tokens);
        body.set_some("seed", self.seed);
        if !self.stop.is_empty() {
            body.set("stop", self.stop.clone());
        }
        if let Some(spec) = &self.schema {
            let schema = read_schema(console, spec)?;
            let named = json!({ "name": "answer", "schema": schema });
            body.set(
                "response_format",
                json!({ "type": "json_schema", "json_schema": named }),
            );
            body.set_in("llm_cooperation", "validate", true);
        }
        Ok(())
    }
}

/// Refuses an option that would be overruled or lose a part of the answer.
pub(crate) fn check(pair: &Pair) -> Result<(), Report> {
    let name = pair.key.as_str();
    if TAKEN.contains(&name) || OWN_FIELDS.contains(&name) {
        let message = Message::new("cooperation.ask.taken").with("name", name);
        return Err(Report::usage(message));
    }
    Ok(())
}

/// A schema: inline JSON, a file, or `-`.
fn read_schema(console: &Console, spec: &str) -> Result<Value, Report> {
    let source = match spec.trim_start().chars().next() {
        Some('{' | '-') => spec.to_owned(),
        _ => format!("@{spec}"),
    };
    let text = read_text(console, &source, MAX_SCHEMA)?;
    let schema: Value = serde_json::from_str(&text).map_err(|error| {
        let message = Message::new("cooperation.ask.schema_not_json").with("reason", error);
        Report::new("invalid_json", message)
    })?;
    check_schema(&schema).map_err(|error| Report::new(error.code.name(), error.message))?;
    Ok(schema)
}
