//! `query [PROMPT]…`: asks once, the model chosen by the router or pinned.

use clap::Args;
use llm_console::program::Console;
use llm_console::report::Halt;

use crate::ask::Body;
use crate::ask::choice::ChoiceFlags;
use crate::ask::options::OptionFlags;
use crate::ask::prompt::PromptFlags;
use crate::cli::short_help;
use crate::commands::route;
use crate::local::block_on;
use crate::run::{Backend, Manner, tell};
use crate::show::answer::{AnswerReader, Thoughts, Wish};
use crate::show::explain::Level;
use crate::show::extract::Which;
use crate::show::members::What;
use crate::show::usage::UsageFormat;

/// How it is used most.
const EXAMPLES: &str = "\
Examples:
  llm-cooperation query -q \"What is 2+2?\" --explain
  llm-cooperation query -m qwen3_32b \"Explain this\" -f notes.txt
  git diff | llm-cooperation query \"Write a commit message\" --no-stream
  llm-cooperation query \"Capital of France?\" --schema answer.json --json";

/// A question.
#[derive(Clone, Debug, Default, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct QueryArgs {
    #[command(flatten)]
    prompt: PromptFlags,
    /// Ask this model, alias or route; without it the router chooses
    #[arg(short, long, value_name = "NAME")]
    model: Option<String>,
    #[command(flatten)]
    choice: ChoiceFlags,
    #[command(flatten)]
    options: OptionFlags,
    #[command(flatten)]
    show: ShowFlags,
}

/// How the answer is shown.
#[derive(Clone, Debug, Default, Args)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a flag of the command line of its own"
)]
pub(crate) struct ShowFlags {
    /// Print only a fenced code block of the answer: a number, last or all
    #[arg(short = 'x', long, value_name = "N", num_args = 0..=1, require_equals = true,
        default_missing_value = "1", value_parser = Which::parse)]
    extract: Option<Which>,
    /// Print the answer as it is written (the default)
    #[arg(long)]
    stream: bool,
    /// Print the answer when it is complete
    #[arg(long, conflicts_with = "stream")]
    no_stream: bool,
    /// Where to show a model's thoughts
    #[arg(long, value_name = "WHERE", default_value = "auto")]
    reasoning: Thoughts,
    /// Say on standard error why this model was chosen
    #[arg(long, value_name = "LEVEL", num_args = 0..=1, require_equals = true,
        default_missing_value = "brief")]
    pub(crate) explain: Option<Level>,
    /// Show the decision, the size and the estimated cost; send nothing
    #[arg(short = 'n', long)]
    pub(crate) dry_run: bool,
    /// Say on standard error what was used and what it cost
    #[arg(short, long, value_name = "FORMAT", num_args = 0..=1, require_equals = true,
        default_missing_value = "line")]
    pub(crate) usage: Option<UsageFormat>,
    /// Leave pieces of text out of the events of --format jsonl
    #[arg(long)]
    events_no_delta: bool,
}

impl ShowFlags {
    /// What they say, for an answer that may be shown in pieces or must be whole.
    pub(crate) fn wish(&self, must_be_whole: bool) -> Wish {
        Wish {
            in_pieces: !self.no_stream && !must_be_whole,
            extract: self.extract,
            thoughts: self.reasoning,
            explain: self.explain,
            usage: self.usage,
            deltas: !self.events_no_delta,
            what: What::Final,
        }
    }
}

/// Asks.
pub(crate) fn run(args: &QueryArgs, console: &Console) -> Result<(), Halt> {
    let backend = Backend::open(console)?;
    let Some(body) = args.body(console, &backend)? else {
        return short_help("query", console);
    };
    if args.show.dry_run {
        return route::dry_run(&backend, console, body);
    }
    let mut reader = AnswerReader::open(&console.ui, args.show.wish(args.options.has_schema()))?;
    let shows = reader.shows_pieces();
    let manner = Manner {
        streamed: shows || reader.writes_events(),
        events: shows || reader.writes_events() || args.show.explain.is_some(),
        member_deltas: false,
    };
    reader.wait();
    let end = block_on(tell(&backend, console, (body, manner), &mut reader))??;
    reader.end(end)
}

impl QueryArgs {
    /// The request; `None` when nothing is asked.
    fn body(&self, console: &Console, backend: &Backend) -> Result<Option<Body>, Halt> {
        let limit = backend.prompt_limit();
        let taken = self.options.stdin_taken_by();
        let Some(asking) = self.prompt.read(console, limit, taken)? else {
            return Ok(None);
        };
        let mut body = Body::default();
        self.options.put(console, &mut body)?;
        asking.put(&mut body);
        self.choice.put(&mut body);
        body.set_some("model", self.model.as_deref());
        Ok(Some(body))
    }
}
