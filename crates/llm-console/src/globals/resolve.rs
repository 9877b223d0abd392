//! What the shared flags and the environment decide together. Flags win over variables.

use std::path::PathBuf;
use std::time::Duration;

use super::{FLAGS, Matched, Takes};
use crate::catalogue::Message;
use crate::duration;
use crate::environment::Environment;
use crate::lang::{Lang, locale};
use crate::output::{Fields, Format, Wanted};
use crate::report::Report;
use crate::terminal::{StdinKind, Terminal, TtyFacts, When};
use crate::ui::{Asking, Ui, Verbosity};

/// What the shared flags decide about the work, as opposed to talking about it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a flag of the command line of its own"
)]
pub struct Settings {
    /// The configuration file to use instead of the ones that are found.
    pub config: Option<PathBuf>,
    /// Use no configuration file.
    pub no_config: bool,
    /// The profile to apply.
    pub profile: Option<String>,
    /// `KEY=VALUE` overrides, in the order given; each has a `=` after its key.
    pub set: Vec<String>,
    /// Use the demonstration models.
    pub demo: bool,
    /// The gateway to send the work to. `None` with `--local`, whatever the environment says.
    pub server: Option<String>,
    /// `--local`: a gateway in the configuration is not used either.
    pub local: bool,
    /// The file with the key for that gateway.
    pub server_key_file: Option<PathBuf>,
    /// The deadline of the whole operation; each program has its own default.
    pub timeout: Option<Duration>,
    /// No network except this machine.
    pub offline: bool,
    /// What to log, as `tracing` filters are written; from `-v` or `LLMCOOP_LOG`.
    pub log_filter: String,
    /// How log lines are written. `None`: each program has its own default.
    pub log_format: Option<LogFormat>,
}

/// How log lines are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Pretty,
    /// One JSON object a line.
    Json,
}

/// Decides everything.
///
/// # Errors
/// Flags that exclude each other, and variables with a value the flag would not take.
pub fn resolve(
    program: &'static str,
    matched: &Matched,
    env: &Environment,
    facts: TtyFacts,
) -> Result<(Settings, Ui), Report> {
    exclusive(matched)?;
    variables(env)?;
    let ui = ui(program, matched, env, facts);
    Ok((settings(matched, env, &ui)?, ui))
}

/// The language and manners for a command line that could not be read to its end.
pub(crate) fn ui(
    program: &'static str,
    matched: &Matched,
    env: &Environment,
    facts: TtyFacts,
) -> Ui {
    let color = choice(matched.color.as_deref(), None);
    let terminal = Terminal::resolve(color, env, facts);
    let may_ask = terminal.stdin == StdinKind::Terminal
        && terminal.stderr.is_terminal
        && !matched.no_input
        && !env.is_on("LLMCOOP_NO_INPUT")
        && !env.is_on("CI");
    Ui {
        program,
        lang: Lang::detect(matched.lang.as_deref(), env),
        terminal,
        ascii: matched.ascii || env.is_on("LLMCOOP_ASCII") || !speaks_unicode(env),
        verbosity: verbosity(matched),
        progress: choice(matched.progress.as_deref(), env.get("LLMCOOP_PROGRESS")),
        asking: Asking {
            is_allowed: may_ask,
            assumes_yes: matched.yes,
        },
        wanted: wanted(matched, env),
        fields: fields(matched.fields.as_deref()),
        csv_bom: matched.csv_bom,
        raw: matched.raw,
        output: path(matched.output.as_deref().filter(|output| *output != "-")),
    }
}

fn settings(matched: &Matched, env: &Environment, ui: &Ui) -> Result<Settings, Report> {
    let value = |flag: &Option<String>, variable| {
        flag.clone()
            .or_else(|| env.get(variable).map(str::to_owned))
    };
    if let Some(wrong) = matched.set.iter().find(|pair| {
        pair.split_once('=')
            .is_none_or(|(key, _)| key.trim().is_empty())
    }) {
        return Err(Report::usage(
            Message::new("common.usage.bad_set").with("value", wrong),
        ));
    }
    // A file named by a flag also wins over a variable that says to use none, and the reverse.
    let no_config =
        matched.no_config || (matched.config.is_none() && env.is_on("LLMCOOP_NO_CONFIG"));
    let timeout = match (matched.timeout, env.get("LLMCOOP_TIMEOUT")) {
        (Some(timeout), _) => Some(timeout),
        (None, Some(text)) => duration::parse(text).ok(),
        (None, None) => None,
    };
    Ok(Settings {
        config: path(value(&matched.config, "LLMCOOP_CONFIG").as_deref()).filter(|_| !no_config),
        no_config,
        profile: value(&matched.profile, "LLMCOOP_PROFILE"),
        set: matched.set.clone(),
        demo: matched.demo || env.is_on("LLMCOOP_DEMO"),
        server: value(&matched.server, "LLMCOOP_SERVER").filter(|_| !matched.local),
        local: matched.local,
        server_key_file: path(
            value(&matched.server_key_file, "LLMCOOP_SERVER_KEY_FILE").as_deref(),
        ),
        timeout,
        offline: matched.offline || env.is_on("LLMCOOP_OFFLINE"),
        log_filter: log_filter(ui.verbosity, env),
        log_format: match value(&matched.log_format, "LLMCOOP_LOG_FORMAT").as_deref() {
            Some("json") => Some(LogFormat::Json),
            Some(_) => Some(LogFormat::Pretty),
            None => None,
        },
    })
}

/// Refuses pairs of flags of which only one can be meant.
fn exclusive(matched: &Matched) -> Result<(), Report> {
    let pairs = [
        (
            matched.json && matched.format.as_deref().is_some_and(|f| f != "json"),
            "--json",
            "--format",
        ),
        (
            matched.config.is_some() && matched.no_config,
            "--config",
            "--no-config",
        ),
        (
            matched.server.is_some() && matched.local,
            "--server",
            "--local",
        ),
        (matched.quiet && matched.verbose > 0, "--quiet", "--verbose"),
    ];
    match pairs.iter().find(|(are_both, _, _)| *are_both) {
        Some((_, one, other)) => Err(Report::usage(
            Message::new("common.usage.conflict")
                .with("argument", one)
                .with("other", other),
        )),
        None => Ok(()),
    }
}

/// Refuses variables whose value the flag of the same meaning would refuse.
fn variables(env: &Environment) -> Result<(), Report> {
    for flag in FLAGS {
        for name in flag.env.iter().filter(|name| name.starts_with("LLMCOOP_")) {
            let Some(value) = env.get(name) else { continue };
            let problem = match flag.takes {
                Takes::Choice(_, names) if *name == "LLMCOOP_LANG" => {
                    Lang::from_tag(value).is_none().then(|| names.join(", "))
                }
                Takes::Choice(_, names) => (!names.contains(&value)).then(|| names.join(", ")),
                Takes::Duration(_) => duration::parse(value)
                    .is_err()
                    .then(|| "500ms, 30s, 5m".to_owned()),
                _ => None,
            };
            if let Some(valid) = problem {
                return Err(Report::usage(
                    Message::new("common.usage.bad_variable")
                        .with("name", name)
                        .with("value", value)
                        .with("valid", valid),
                ));
            }
        }
    }
    Ok(())
}

fn choice(flag: Option<&str>, variable: Option<&str>) -> When {
    flag.or(variable)
        .and_then(When::from_name)
        .unwrap_or_default()
}

fn wanted(matched: &Matched, env: &Environment) -> Option<Wanted> {
    let flag = if matched.json {
        Some("json")
    } else {
        matched.format.as_deref()
    };
    let format = Format::from_name(flag.or_else(|| env.get("LLMCOOP_FORMAT"))?)?;
    Some(Wanted {
        format,
        is_flag: flag.is_some(),
    })
}

fn fields(flag: Option<&str>) -> Fields {
    let names: Vec<String> = flag
        .unwrap_or_default()
        .split(',')
        .map(|name| name.trim().to_owned())
        .filter(|name| !name.is_empty())
        .collect();
    match flag {
        None => Fields::All,
        Some(_) if names.is_empty() => Fields::Names,
        Some(_) => Fields::Only(names),
    }
}

fn verbosity(matched: &Matched) -> Verbosity {
    match (matched.quiet, matched.verbose) {
        (true, _) => Verbosity::Quiet,
        (_, 0) => Verbosity::Normal,
        (_, 1) => Verbosity::Info,
        (_, 2) => Verbosity::Debug,
        _ => Verbosity::Trace,
    }
}

/// The flags say how much to log; without any, the variable may name a level or a whole filter.
fn log_filter(verbosity: Verbosity, env: &Environment) -> String {
    match verbosity {
        Verbosity::Quiet => "error",
        Verbosity::Normal => env.get("LLMCOOP_LOG").unwrap_or("warn"),
        Verbosity::Info => "info",
        Verbosity::Debug => "debug",
        Verbosity::Trace => "trace",
    }
    .to_owned()
}

/// Whether the locale says that the terminal can show more than ASCII. A locale that is not set
/// says nothing; `C`, `POSIX` and other character sets say no.
fn speaks_unicode(env: &Environment) -> bool {
    locale(env, "LC_CTYPE").is_none_or(|locale| {
        let locale = locale.to_ascii_lowercase();
        locale.contains("utf-8")
            || locale.contains("utf8")
            || !(locale.contains('.') || locale == "c" || locale == "posix")
    })
}

fn path(text: Option<&str>) -> Option<PathBuf> {
    text.map(PathBuf::from)
}
