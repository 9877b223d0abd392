//! `llm-config completions SHELL`: a script that completes the command line.

use clap::Args;
use llm_console::completions::{Shell, script};
use llm_console::program::Console;
use llm_console::report::Halt;

use crate::cli::{Cli, PROGRAM};

/// For which shell.
#[derive(Clone, Copy, Debug, Args)]
pub(crate) struct CompletionsArgs {
    /// The shell
    shell: Shell,
}

/// Prints the script.
pub(crate) fn run(args: CompletionsArgs, console: &Console) -> Result<(), Halt> {
    let command = PROGRAM.command::<Cli>(console.ui.lang);
    console.ui.print(&script(command, args.shell))
}
