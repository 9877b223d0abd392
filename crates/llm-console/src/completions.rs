//! `completions SHELL`: the script a shell completes the program's command line with.

use clap::Command;
pub use clap_complete::Shell;

/// The script for one shell. Give it [`crate::program::Program::command`], so that the shared
/// flags are in it and the descriptions are in the reader's language.
pub fn script(mut command: Command, shell: Shell) -> String {
    let name = command.get_name().to_owned();
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut command, name, &mut script);
    String::from_utf8_lossy(&script).into_owned()
}
