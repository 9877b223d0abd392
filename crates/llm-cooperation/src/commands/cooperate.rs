//! `cooperate [PROMPT]…`: several models on one question, one answer.

use clap::{Args, ValueEnum};
use llm_console::program::Console;
use llm_console::report::Halt;
use llm_console::terminal::When;
use llm_console::ui::Verbosity;

use super::query::ShowFlags;
use crate::ask::Body;
use crate::ask::choice::ChoiceFlags;
use crate::ask::members::MemberFlags;
use crate::ask::options::OptionFlags;
use crate::ask::prompt::PromptFlags;
use crate::cli::short_help;
use crate::commands::route;
use crate::local::block_on;
use crate::run::{Backend, Manner, tell};
use crate::show::answer::{AnswerReader, Wish};
use crate::show::members::What;

/// How it is used most.
const EXAMPLES: &str = "\
Examples:
  llm-cooperation cooperate -q \"Which plan is better?\" --mode parallel --models qwen3_32b,qwen3_8b
  llm-cooperation cooperate -q \"What is 17*23?\" --mode voting -m qwen3_8b*3 --show votes
  llm-cooperation cooperate -q @task.txt --pipeline stages.toml --show trace";

/// A question for several models.
#[derive(Clone, Debug, Default, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct CooperateArgs {
    #[command(flatten)]
    prompt: PromptFlags,
    #[command(flatten)]
    members: MemberFlags,
    #[command(flatten)]
    choice: ChoiceFlags,
    #[command(flatten)]
    options: OptionFlags,
    #[command(flatten)]
    show: ShowFlags,
    /// What to print
    #[arg(long = "show", value_name = "WHAT", default_value = "final")]
    what: What,
    /// How to show the members at work on a terminal
    #[arg(long, value_name = "LAYOUT", default_value = "auto")]
    layout: Layout,
}

/// How the members at work are shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Layout {
    /// One line for each member
    #[default]
    Auto,
    /// One line for each member
    Lines,
    /// Not at all
    None,
}

/// Asks.
pub(crate) fn run(args: &CooperateArgs, console: &Console) -> Result<(), Halt> {
    let ui = &console.ui;
    let mut body = Body::default();
    args.members.put(console, &mut body)?;
    let backend = Backend::open(console)?;
    let taken = args.options.stdin_taken_by();
    let Some(asking) = args.prompt.read(console, backend.prompt_limit(), taken)? else {
        return short_help("cooperate", console);
    };
    args.options.put(console, &mut body)?;
    asking.put(&mut body);
    args.choice.put(&mut body);
    if args.show.dry_run {
        return route::dry_run(&backend, console, body);
    }
    let wish = Wish {
        what: args.what,
        ..args.show.wish(args.options.has_schema())
    };
    let mut reader = AnswerReader::open(ui, wish)?;
    let is_watched = args.layout != Layout::None && watches(console);
    let needs_events = is_watched || reader.writes_events() || reader.shows_pieces();
    let manner = Manner {
        streamed: reader.shows_pieces() || reader.writes_events(),
        events: needs_events || args.show.explain.is_some(),
        member_deltas: is_watched || reader.writes_events(),
    };
    if is_watched {
        reader.watch();
    }
    let end = block_on(tell(&backend, console, (body, manner), &mut reader))??;
    reader.end(end)
}

/// Whether members at work are shown at all: on a terminal, or line by line with `-v`.
fn watches(console: &Console) -> bool {
    let ui = &console.ui;
    let is_plain = ui.verbosity > Verbosity::Normal || ui.progress == When::Always;
    ui.verbosity > Verbosity::Quiet
        && ui.progress != When::Never
        && (ui.terminal.stderr.is_terminal || is_plain)
}
