//! `chat`: a conversation at a terminal.
//!
//! | file | owns |
//! |---|---|
//! | `line` | reading what is typed: lines, blocks, `/commands` |
//! | `session` | the conversation and how it goes on |
//! | `slash` | what the `/commands` do |

mod line;
mod session;
mod slash;

use clap::Args;
use llm_console::catalogue::Message;
use llm_console::program::Console;
use llm_console::report::{Halt, Report};
use llm_console::terminal::StdinKind;

use crate::ask::choice::ChoiceFlags;
use crate::ask::options::OptionFlags;
use crate::ask::prompt::read_text;
use crate::run::Backend;
use line::{Keyboard, Typed};
use session::Session;

/// How a conversation begins.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct ChatArgs {
    /// Ask this model, alias or route; without it the router chooses
    #[arg(short, long, value_name = "NAME")]
    model: Option<String>,
    /// A system prompt; @FILE reads a file and - standard input
    #[arg(short, long, value_name = "TEXT")]
    system: Option<String>,
    #[command(flatten)]
    choice: ChoiceFlags,
    #[command(flatten)]
    options: OptionFlags,
    /// Let models work together: sequential, parallel, voting, pipeline or ensemble
    #[arg(long, value_name = "MODE")]
    mode: Option<String>,
    /// Who works together, with commas between them
    #[arg(
        long,
        value_name = "NAME,NAME",
        value_delimiter = ',',
        requires = "mode"
    )]
    models: Vec<String>,
}

/// Talks until the user leaves.
pub(crate) fn run(args: &ChatArgs, console: &Console) -> Result<(), Halt> {
    let terminal = &console.ui.terminal;
    if terminal.stdin != StdinKind::Terminal || !terminal.stdout.is_terminal {
        let report = Report::usage(Message::new("cooperation.chat.no_terminal"));
        return Err(report.hint("llm-cooperation query -q -").into());
    }
    let backend = Backend::open(console)?;
    let system = match &args.system {
        Some(system) => Some(read_text(console, system, backend.prompt_limit())?),
        None => None,
    };
    let mut session = Session::new(console.clone(), backend, args, system)?;
    let mut keyboard = Keyboard::open()?;
    session.ui().note(Message::new("cooperation.chat.welcome"));
    loop {
        let told = match keyboard.read(&session.prompt())? {
            Typed::Nothing => Ok(()),
            Typed::End => return Ok(()),
            Typed::Question(text) => session.ask(text),
            Typed::Command(name, rest) => {
                if matches!(name.as_str(), "quit" | "exit" | "q") {
                    return Ok(());
                }
                session.command(&name, &rest)
            }
        };
        match told {
            // A failure or an interrupt ends the answer, not the conversation.
            Ok(()) | Err(Halt::Exit(_)) => {}
            Err(Halt::Failed(report)) => {
                session.ui().report(&report);
            }
            Err(Halt::Closed) => return Err(Halt::Closed),
        }
    }
}
