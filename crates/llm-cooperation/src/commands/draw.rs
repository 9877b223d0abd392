//! `draw PROMPT… -o FILE`: a picture, or its address where the provider keeps it; addresses are not
//! fetched.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use clap::Args;
use futures_util::stream::{self, StreamExt as _};
use llm_console::catalogue::Message;
use llm_console::program::Console;
use llm_console::report::{Halt, Report};
use serde_json::{Value, json};

use crate::cli::short_help;
use crate::local::block_on;
use crate::run::Backend;
use crate::work::{self, Job, Outcome, WorkerFlags};

/// What to draw, and how.
#[derive(Debug, Args)]
pub(crate) struct DrawArgs {
    /// What to draw
    #[arg(value_name = "PROMPT")]
    prompt: Vec<String>,
    /// How large, such as 1024x1024
    #[arg(long, value_name = "SIZE")]
    size: Option<String>,
    #[command(flatten)]
    worker: WorkerFlags,
}

/// Draws.
pub(crate) fn run(args: &DrawArgs, console: &Console) -> Result<(), Halt> {
    if args.prompt.is_empty() {
        return short_help("draw", console);
    }
    let as_json = work::wants_json(console)?;
    if !as_json {
        work::check_terminal(console, "picture.png")?;
    }
    let backend = Backend::open(console)?;
    let mut body = json!({ "model": args.worker.model(), "prompt": args.prompt.join(" ") });
    if let Some(size) = &args.size {
        body["size"] = json!(size);
    }
    let job = Job::Json("/v1/images/generations", body);
    let outcome = block_on(work::run(&backend, console, job))??;
    let Outcome::Json(reply) = outcome else {
        return Err(unlike().into());
    };
    if as_json {
        return console.ui.print_json(&reply);
    }
    let picture = picture(&reply["data"][0])?;
    let bytes = stream::iter([Ok(Bytes::from(picture))]).boxed();
    block_on(work::write(console, bytes))?
}

/// The bytes of a picture. One that is elsewhere has been drawn and paid for, so its address is
/// told.
fn picture(data: &Value) -> Result<Vec<u8>, Report> {
    let url = data["url"].as_str().unwrap_or_default();
    let inline = url
        .strip_prefix("data:")
        .and_then(|url| url.split_once(','));
    let encoded = data["b64_json"]
        .as_str()
        .or_else(|| inline.map(|(_, encoded)| encoded));
    match encoded {
        Some(encoded) => STANDARD.decode(encoded).map_err(|_| unlike()),
        None if !url.is_empty() => {
            let message = Message::new("cooperation.work.address").with("url", url);
            Err(Report::new("output_unwritable", message).with("url", url))
        }
        None => Err(unlike()),
    }
}

fn unlike() -> Report {
    Report::new("upstream_invalid_response", "the reply is no picture")
}
