//! A small program that uses everything `llm-console` offers, for tests that need real streams,
//! and as an example of how a program is put together.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};
use llm_console::completions::{Shell, script};
use llm_console::exit;
use llm_console::input::{self, PromptArgs, StdinMode, System};
use llm_console::output::Format;
use llm_console::program::{Console, Program};
use llm_console::progress::Progress;
use llm_console::report::{Halt, Report};
use llm_console::table::{Cell, Column, Mood, Table};
use llm_console::text::shell_quote;

/// Tries out the console.
#[derive(Parser)]
struct Cli {
    #[command(subcommand)]
    command: Verb,
}

#[derive(Subcommand)]
enum Verb {
    /// Prints a list.
    List,
    /// Prints an answer in pieces.
    Answer {
        /// The pieces.
        #[arg(allow_hyphen_values = true)]
        pieces: Vec<String>,
    },
    /// Prints lines until nobody reads them.
    Endless,
    /// Prints the prompt it was given.
    Prompt(Prompt),
    /// Fails with a code.
    Fail {
        /// The code.
        code: String,
        /// What failed.
        #[arg(default_value = "")]
        message: String,
    },
    /// Asks before it removes something.
    Remove,
    /// Asks for a secret and prints its length.
    Secret,
    /// Works for a moment.
    Work,
    /// Prints what the shared flags decide.
    Settings,
    /// Prints the exit codes.
    ExitCodes,
    /// Prints a completion script.
    Completions {
        /// The shell.
        shell: Shell,
    },
}

#[derive(Args)]
struct Prompt {
    /// The question.
    words: Vec<String>,
    /// The question.
    #[arg(short, long)]
    query: Option<String>,
    /// A document.
    #[arg(short, long)]
    file: Vec<String>,
    /// What standard input is.
    #[arg(long, default_value = "prepend", value_parser = clap::builder::PossibleValuesParser::new(StdinMode::NAMES))]
    stdin: String,
    /// Do not read standard input.
    #[arg(long)]
    no_stdin: bool,
    /// Most bytes.
    #[arg(long, default_value_t = 16 << 20)]
    max_bytes: u64,
}

const PROGRAM: Program =
    Program::new("console-probe", env!("CARGO_PKG_VERSION")).bare_words(|words| {
        let words = shell_quote(&words.join(" "));
        Some(format!("console-probe prompt {words}"))
    });

fn main() -> ExitCode {
    let (cli, console) = match PROGRAM.start::<Cli>() {
        Ok(started) => started,
        Err(code) => return code,
    };
    console.ui.finish(run(cli.command, &console))
}

fn run(command: Verb, console: &Console) -> Result<(), Halt> {
    let ui = &console.ui;
    match command {
        Verb::List => ui.print_table(&models()),
        Verb::Answer { pieces } => {
            let mut sink = ui.sink()?;
            for piece in pieces {
                sink.text(&piece)?;
            }
            sink.finish_answer()
        }
        Verb::Endless => {
            let mut sink = ui.sink()?;
            loop {
                sink.text("one more line\n")?;
            }
        }
        Verb::Prompt(prompt) => show_prompt(&prompt, console),
        Verb::Fail { code, message } => Err(Report::new(&code, message).into()),
        Verb::Remove => {
            let answer = ui.confirm("Remove everything?")?;
            ui.print(if answer { "removed\n" } else { "kept\n" })
        }
        Verb::Secret => {
            let secret = ui.ask_hidden("API key", "--api-key-stdin")?;
            ui.print(&format!("{} characters\n", secret.chars().count()))
        }
        Verb::Work => {
            work(console);
            Ok(())
        }
        Verb::Settings => ui.print(&format!("{:#?}\n", console.settings)),
        Verb::ExitCodes => ui.print_table(&exit::table(ui.lang)),
        Verb::Completions { shell } => ui.print(&script(PROGRAM.command::<Cli>(ui.lang), shell)),
    }
}

fn show_prompt(prompt: &Prompt, console: &Console) -> Result<(), Halt> {
    let ui = &console.ui;
    ui.format(Format::Text, &[Format::Text])?;
    let mode = if prompt.no_stdin {
        StdinMode::Ignore
    } else {
        StdinMode::from_name(&prompt.stdin).unwrap_or_default()
    };
    let args = PromptArgs {
        words: &prompt.words,
        query: prompt.query.as_deref(),
        files: &prompt.file,
        stdin: mode,
        max_bytes: prompt.max_bytes,
        ..PromptArgs::default()
    };
    match input::prompt(&args, ui.terminal.stdin, &mut System::new(ui))? {
        Some(prompt) => ui.print(&(prompt.text() + "\n")),
        None => Err(Report::new("empty_query", "").into()),
    }
}

fn work(console: &Console) {
    let progress = Progress::new(&console.ui);
    let members = progress.members(&["qwen3_8b".to_owned(), "通义千问".to_owned()]);
    for member in &members {
        member.started();
        member.tokens(12);
    }
    progress.suspend(|| console.ui.note("half way"));
    members[0].done("≈ ¥0.001");
    members[1].failed("HTTP 500");
    progress.close();
}

fn models() -> Table {
    let mut table = Table::new(vec![
        Column::text("name"),
        Column::text("provider"),
        Column::number("context"),
        Column::text("health"),
        Column::text("file").detail(),
    ]);
    let file = PathBuf::from("llm-cooperation.toml").display().to_string();
    for (name, provider, context, health, mood) in [
        ("qwen3_8b", "阿里云百炼", 32_768_u64, "healthy", Mood::Good),
        (
            "deepseek-chat-with-a-long-name",
            "DeepSeek",
            128_000,
            "open",
            Mood::Bad,
        ),
    ] {
        table.push(vec![
            name.into(),
            provider.into(),
            context.into(),
            Cell::state(health, mood),
            file.clone().into(),
        ]);
    }
    table
}
