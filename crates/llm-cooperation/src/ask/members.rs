//! Who cooperates, and how: the flags of `cooperate` and the stages of a pipeline file.

use std::time::Duration;

use clap::Args;
use llm_console::catalogue::Message;
use llm_console::duration;
use llm_console::input::{Sources as _, System};
use llm_console::program::Console;
use llm_console::report::Report;
use llm_core::types::cooperation::MemberSpec;
use serde::Deserialize;
use serde_json::{Value, json};

use super::Body;
use super::choice::amount;

/// Largest pipeline file.
const MAX_PIPELINE: u64 = 1 << 20;

/// Who cooperates, and how.
#[derive(Clone, Debug, Default, Args)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a flag of the command line of its own"
)]
pub(crate) struct MemberFlags {
    /// How they work together: auto, single, sequential, parallel, voting, pipeline or ensemble
    #[arg(long, value_name = "MODE")]
    mode: Option<String>,
    /// Who takes part, with commas between them or repeated; NAME:ROLE gives a role and NAME*3 repeats
    #[arg(short, long, value_name = "NAME,NAME", value_delimiter = ',')]
    models: Vec<String>,
    /// How the answers become one: concatenate, ensemble, vote, judge or last
    #[arg(long, visible_alias = "integration-strategy", value_name = "NAME")]
    integrate: Option<String>,
    /// The model that judges or synthesises
    #[arg(long, visible_alias = "chairman", value_name = "NAME")]
    judge: Option<String>,
    /// Rounds of voting
    #[arg(long, value_name = "COUNT")]
    rounds: Option<u32>,
    /// Members that must answer
    #[arg(long, value_name = "COUNT")]
    quorum: Option<u32>,
    /// Stop waiting for members after this and use what has arrived
    #[arg(long, value_name = "DURATION", value_parser = duration::parse)]
    deadline: Option<Duration>,
    /// Most the whole run may cost, such as 0.05 or ¥0.5
    #[arg(long, value_name = "AMOUNT", value_parser = amount)]
    budget: Option<String>,
    /// Hide from judges who wrote what
    #[arg(long)]
    anonymous: bool,
    /// Show judges who wrote what
    #[arg(long, conflicts_with = "anonymous")]
    no_anonymous: bool,
    /// Stop once the outcome cannot change
    #[arg(long)]
    early_stop: bool,
    /// Let every member finish
    #[arg(long, conflicts_with = "early_stop")]
    no_early_stop: bool,
    /// Fail with exit code 8 unless every member answered
    #[arg(long)]
    strict: bool,
    /// The stages of a pipeline, in TOML: [[stages]] with model and prompt
    #[arg(long, value_name = "FILE")]
    pipeline: Option<String>,
}

/// A pipeline file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Pipeline {
    stages: Vec<Stage>,
}

/// One stage of it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Stage {
    model: String,
    prompt: Option<String>,
}

impl MemberFlags {
    /// Puts it into the body.
    pub(crate) fn put(&self, console: &Console, body: &mut Body) -> Result<(), Report> {
        self.check_names()?;
        let mode = match (&self.mode, &self.pipeline) {
            (Some(mode), _) => mode.as_str(),
            (None, Some(_)) => "pipeline",
            (None, None) => "auto",
        };
        let mut set = |name: &str, value: Value| body.set_in("cooperation", name, value);
        set("mode", json!(mode));
        if !self.models.is_empty() {
            set("models", json!(self.models));
        }
        let either = |yes: bool, no: bool| (yes || no).then_some(yes);
        let millis = |limit: Duration| u64::try_from(limit.as_millis()).unwrap_or(u64::MAX);
        for (name, value) in [
            (
                "integration_strategy",
                self.integrate.as_ref().map(|name| json!(name)),
            ),
            ("judge", self.judge.as_ref().map(|name| json!(name))),
            ("rounds", self.rounds.map(|count| json!(count))),
            ("quorum", self.quorum.map(|count| json!(count))),
            (
                "deadline_ms",
                self.deadline.map(|limit| json!(millis(limit))),
            ),
            ("max_cost", self.budget.as_ref().map(|amount| json!(amount))),
            (
                "anonymous",
                either(self.anonymous, self.no_anonymous).map(|is| json!(is)),
            ),
            (
                "early_stop",
                either(self.early_stop, self.no_early_stop).map(|is| json!(is)),
            ),
            ("strict", self.strict.then_some(json!(true))),
        ] {
            if let Some(value) = value {
                set(name, value);
            }
        }
        if let Some(path) = &self.pipeline {
            let stages = read_pipeline(console, path)?;
            set("stages", stages);
        }
        Ok(())
    }

    /// `-m parallel` was meant as a mode: everywhere else `-m` would be, here it is the models.
    fn check_names(&self) -> Result<(), Report> {
        for name in &self.models {
            if self.mode.is_none() && is_mode(name) {
                let message = Message::new("cooperation.ask.mode_as_model").with("name", name);
                return Err(Report::usage(message).hint(format!("--mode {name}")));
            }
            if let Err(problem) = MemberSpec::parse(name) {
                return Err(Report::usage(problem));
            }
        }
        Ok(())
    }
}

fn is_mode(name: &str) -> bool {
    matches!(name, "auto" | "single") || llm_core::cooperation::modes::find(name).is_some()
}

fn read_pipeline(console: &Console, path: &str) -> Result<Value, Report> {
    let wrong = |reason: String| {
        let message = Message::new("cooperation.ask.bad_pipeline")
            .with("path", path)
            .with("reason", reason.trim_end());
        Report::new("invalid_value", message).with("path", path)
    };
    let bytes = System::new(&console.ui)
        .file(path, MAX_PIPELINE)
        .map_err(|error| {
            let message = Message::new("common.input.unreadable")
                .with("path", path)
                .with("reason", error);
            Report::new("input_unreadable", message).with("path", path)
        })?;
    let text = String::from_utf8(bytes).map_err(|error| wrong(error.to_string()))?;
    let pipeline: Pipeline = toml::from_str(&text).map_err(|error| wrong(error.to_string()))?;
    if pipeline.stages.is_empty() {
        return Err(wrong("there are no stages".to_owned()));
    }
    Ok(pipeline
        .stages
        .into_iter()
        .map(|stage| match stage.prompt {
            Some(prompt) => json!({ "model": stage.model, "prompt": prompt }),
            None => json!({ "model": stage.model }),
        })
        .collect())
}
