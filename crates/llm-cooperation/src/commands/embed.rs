//! `embed TEXT…`: a text as a vector, one line of JSON numbers.

use clap::Args;
use llm_console::program::Console;
use llm_console::report::{Halt, Report};
use serde_json::{Value, json};

use crate::cli::short_help;
use crate::local::block_on;
use crate::run::Backend;
use crate::work::{self, Job, Outcome, WorkerFlags};

/// What to embed, and how.
#[derive(Debug, Args)]
pub(crate) struct EmbedArgs {
    /// The text
    #[arg(value_name = "TEXT")]
    text: Vec<String>,
    /// How many numbers the vector should have
    #[arg(long, value_name = "N")]
    dimensions: Option<u32>,
    #[command(flatten)]
    worker: WorkerFlags,
}

/// Embeds.
pub(crate) fn run(args: &EmbedArgs, console: &Console) -> Result<(), Halt> {
    if args.text.is_empty() {
        return short_help("embed", console);
    }
    let as_json = work::wants_json(console)?;
    let backend = Backend::open(console)?;
    let mut body = json!({ "model": args.worker.model(), "input": args.text.join(" ") });
    if let Some(dimensions) = args.dimensions {
        body["dimensions"] = json!(dimensions);
    }
    let job = Job::Json("/v1/embeddings", body);
    let outcome = block_on(work::run(&backend, console, job))??;
    let Outcome::Json(reply) = outcome else {
        return Err(unlike().into());
    };
    if as_json {
        return console.ui.print_json(&reply);
    }
    let vector: &Value = &reply["data"][0]["embedding"];
    console.ui.print(&format!("{vector}\n"))
}

fn unlike() -> Report {
    Report::new("upstream_invalid_response", "the reply is no vector")
}
