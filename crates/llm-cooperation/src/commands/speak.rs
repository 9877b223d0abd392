//! `speak TEXT… -o FILE`: a text as sound, written as it arrives.

use clap::Args;
use llm_console::program::Console;
use llm_console::report::Halt;
use serde_json::json;

use crate::cli::short_help;
use crate::local::block_on;
use crate::run::Backend;
use crate::work::{self, Job, Outcome, WorkerFlags};

/// What to say, and how.
#[derive(Debug, Args)]
pub(crate) struct SpeakArgs {
    /// What to say
    #[arg(value_name = "TEXT")]
    text: Vec<String>,
    /// In which voice; the model's own name for it
    #[arg(long, value_name = "NAME", default_value = "alloy")]
    voice: String,
    /// In which format, such as mp3, wav or pcm; otherwise the model's own choice
    #[arg(long = "as", value_name = "FORMAT")]
    format: Option<String>,
    #[command(flatten)]
    worker: WorkerFlags,
}

/// Speaks.
pub(crate) fn run(args: &SpeakArgs, console: &Console) -> Result<(), Halt> {
    if args.text.is_empty() {
        return short_help("speak", console);
    }
    work::check_terminal(console, "speech.wav")?;
    let backend = Backend::open(console)?;
    let mut body = json!({
        "model": args.worker.model(),
        "input": args.text.join(" "),
        "voice": args.voice,
    });
    if let Some(format) = &args.format {
        body["response_format"] = json!(format);
    }
    let job = Job::Json("/v1/audio/speech", body);
    block_on(async {
        match work::run(&backend, console, job).await? {
            Outcome::Bytes(bytes) => work::write(console, bytes).await,
            Outcome::Json(reply) => console.ui.print_json(&reply),
        }
    })?
}
