//! `llm-config validate`: everything that is wrong or odd, with file, line and key.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use llm_console::catalogue::Message;
use llm_console::exit;
use llm_console::globals::Settings;
use llm_console::input::{Sources as _, System};
use llm_console::output::Format;
use llm_console::program::Console;
use llm_console::report::Halt;
use llm_console::table::{Cell, Column, Mood, Table};
use llm_core::config::edit::check_text;
use llm_core::config::error::ConfigError;
use llm_core::config::load::Loaded;
use llm_core::config::source::Layer;
use llm_core::config::validate::{check_secrets, validate};
use llm_setup::configuration::{Source, finding};
use serde_json::{Value, json};

use crate::known::Names;
use crate::probe;

/// Most bytes of a file that is read; the configuration has the same limit.
const MOST_BYTES: u64 = 4 * 1024 * 1024;

/// What to check, and how strictly.
#[derive(Debug, Args)]
pub(crate) struct ValidateArgs {
    /// Check this file; otherwise everything that is in use
    file: Option<PathBuf>,
    /// Take what is odd, such as an unknown key, for wrong
    #[arg(long)]
    strict: bool,
    /// Print the findings in this format
    #[arg(long, value_name = "FORMAT")]
    format: Option<Form>,
}

/// The formats there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Form {
    /// A line for each
    Text,
    /// An object for programs
    Json,
    /// Annotations for GitHub Actions
    Github,
    /// A table
    Table,
    /// Values with tabs
    Tsv,
    /// Values with commas
    Csv,
}

impl ValidateArgs {
    /// Whether failures are told in JSON too.
    pub(super) fn is_json(&self) -> bool {
        self.format == Some(Form::Json)
    }
}

/// A finding and how bad it is.
struct Found {
    is_error: bool,
    /// Whether it is a matter of what is written, not of the keys this machine has.
    is_of_the_file: bool,
    error: ConfigError,
}

/// Checks, and fails when something is wrong.
pub(crate) fn run(args: &ValidateArgs, console: &Console) -> Result<(), Halt> {
    let settings = match &args.file {
        None => console.settings.clone(),
        Some(path) => Settings {
            config: Some(path.clone()),
            no_config: false,
            demo: false,
            ..console.settings.clone()
        },
    };
    let (mut found, files) = match Source::of(&settings, [])?.load() {
        Ok(loaded) => (findings(&loaded), files(&loaded)),
        Err(errors) => {
            let mut found = wrong(errors.into_vec());
            if let Some(path) = &args.file {
                found.extend(odd_besides(path, &found, console));
            }
            (found, Vec::new())
        }
    };
    for one in &mut found {
        one.is_error |= args.strict && one.is_of_the_file;
    }
    let errors = found.iter().filter(|one| one.is_error).count();
    tell(&found, &files, args, console)?;
    let summary = match (errors, found.len() - errors) {
        (0, 0) => Message::new("config.valid"),
        (0, odd) => Message::new("config.valid_odd").with("n", odd),
        (wrong, odd) => Message::new("config.invalid")
            .with("n", wrong)
            .with("odd", odd),
    };
    console.ui.note(summary);
    let first = found.iter().find(|one| one.is_error);
    match first {
        None => Ok(()),
        // What is odd alone has no exit code of its own under --strict.
        Some(one) => Err(Halt::Exit(one.error.code.row().exit.max(exit::CONFIG))),
    }
}

/// What is odd in a file that cannot be used.
fn odd_besides(path: &Path, known: &[Found], console: &Console) -> Vec<Found> {
    let name = path.display().to_string();
    let Ok(bytes) = System::new(&console.ui).file(&name, MOST_BYTES) else {
        return Vec::new();
    };
    let text = String::from_utf8_lossy(&bytes);
    let all = check_text(&text, path, Layer::Named);
    let new = all
        .into_iter()
        .filter(|error| known.iter().all(|one| one.error != *error));
    new.map(|error| Found {
        is_error: false,
        is_of_the_file: true,
        error,
    })
    .collect()
}

fn wrong(errors: Vec<ConfigError>) -> Vec<Found> {
    let found = errors.into_iter().map(|error| Found {
        is_error: true,
        is_of_the_file: true,
        error,
    });
    found.collect()
}

fn findings(loaded: &Loaded) -> Vec<Found> {
    let names = Names::collect();
    let written = validate(loaded, &names.known());
    let keys = check_secrets(loaded);
    let mut errors = [written.errors, keys.errors].concat();
    // What only shows when everything is put together.
    if errors.is_empty()
        && let Err(more) = probe::assemble(loaded)
    {
        errors = more.into_vec();
    }
    let mut found = wrong(errors);
    let odd = [loaded.warnings.clone(), written.warnings].concat();
    for (odd, is_of_the_file) in [(odd, true), (keys.warnings, false)] {
        found.extend(odd.into_iter().map(|error| Found {
            is_error: false,
            is_of_the_file,
            error,
        }));
    }
    found
}

fn files(loaded: &Loaded) -> Vec<String> {
    let files = loaded.files.iter();
    files.map(|file| file.path.display().to_string()).collect()
}

fn tell(
    found: &[Found],
    files: &[String],
    args: &ValidateArgs,
    console: &Console,
) -> Result<(), Halt> {
    let mut ui = console.ui.clone();
    let form = match args.format {
        Some(form) => form,
        None => match ui.format(
            Format::Text,
            &[
                Format::Text,
                Format::Json,
                Format::Table,
                Format::Tsv,
                Format::Csv,
            ],
        )? {
            Format::Json => Form::Json,
            Format::Table => Form::Table,
            Format::Tsv => Form::Tsv,
            Format::Csv => Form::Csv,
            _ => Form::Text,
        },
    };
    let shared = match form {
        Form::Json => return ui.print_json(&machine(found, files)),
        Form::Text => {
            let lines = found.iter().map(|one| {
                let key = if one.is_error {
                    "common.error"
                } else {
                    "common.warning"
                };
                let label = ui.say(&Message::new(key));
                let colon = ui.say(&Message::new("common.colon"));
                let mut error = one.error.clone();
                let hint = error.hint.take().map(|hint| {
                    let label = ui.say(&Message::new("common.report.try"));
                    format!("  {label}{colon}{hint}\n")
                });
                format!("{label}{colon}{error}\n{}", hint.unwrap_or_default())
            });
            return ui.print(&lines.collect::<String>());
        }
        Form::Github => return ui.print(&found.iter().map(annotation).collect::<String>()),
        Form::Table => Format::Table,
        Form::Tsv => Format::Tsv,
        Form::Csv => Format::Csv,
    };
    ui.wanted = Some(llm_console::output::Wanted {
        format: shared,
        is_flag: true,
    });
    ui.print_table(&table(found))
}

fn table(found: &[Found]) -> Table {
    let mut table = Table::new(vec![
        Column::text("state"),
        Column::text("file"),
        Column::number("line"),
        Column::text("key"),
        Column::prose("message"),
        Column::prose("hint"),
    ]);
    for one in found {
        let (state, mood) = if one.is_error {
            ("error", Mood::Bad)
        } else {
            ("warning", Mood::Warning)
        };
        let error = &one.error;
        let file = error.file.as_ref().map(|file| file.display().to_string());
        table.push(vec![
            Cell::state(state, mood),
            file.into(),
            error.line.map(u64::from).into(),
            error.key.clone().into(),
            Cell::from(error.message.as_str()),
            error.hint.clone().into(),
        ]);
    }
    table
}

/// One finding as a workflow command; what would end it is escaped.
fn annotation(one: &Found) -> String {
    let error = &one.error;
    let value = |text: &str| {
        text.replace('%', "%25")
            .replace('\r', "%0D")
            .replace('\n', "%0A")
    };
    let property = |text: &str| value(text).replace(':', "%3A").replace(',', "%2C");
    let level = if one.is_error { "error" } else { "warning" };
    let mut place = Vec::new();
    if let Some(file) = &error.file {
        place.push(format!("file={}", property(&file.display().to_string())));
    }
    if let Some(line) = error.line {
        place.push(format!("line={line}"));
    }
    if let Some(column) = error.column {
        place.push(format!("col={column}"));
    }
    let key = error.key.as_ref().map(|key| format!("{key}: "));
    let hint = error.hint.as_ref().map(|hint| format!(" ({hint})"));
    let message = [
        key.unwrap_or_default(),
        error.message.clone(),
        hint.unwrap_or_default(),
    ];
    let space = if place.is_empty() { "" } else { " " };
    format!(
        "::{level}{space}{}::{}\n",
        place.join(","),
        value(&message.concat())
    )
}

fn machine(found: &[Found], files: &[String]) -> Value {
    let rows = found.iter().map(|one| {
        let error = &one.error;
        json!({
            "severity": if one.is_error { "error" } else { "warning" },
            "code": error.code.name(),
            "file": error.file.as_ref().map(|file| file.display().to_string()),
            "line": error.line,
            "column": error.column,
            "key": error.key,
            "source": error.source,
            "message": error.message,
            "hint": error.hint,
        })
    });
    let first = found.iter().find(|one| one.is_error);
    let mut document = json!({
        "valid": first.is_none(),
        "files": files,
        "findings": rows.collect::<Vec<_>>(),
    });
    if let Some(one) = first {
        document["error"] = finding(&one.error).to_json()["error"].take();
    }
    document
}
