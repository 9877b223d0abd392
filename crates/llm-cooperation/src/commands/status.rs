//! `status`: how the system is doing, here as configured or as a running server says. Nothing is
//! called to find out but, where there is one, that server.

mod local;
mod remote;
pub(crate) mod snapshot;
mod watch;

use std::num::NonZeroU16;
use std::time::Duration;

use clap::{Args, ValueEnum};
use llm_console::catalogue::Message;
use llm_console::duration;
use llm_console::exit;
use llm_console::output::Format;
use llm_console::program::Console;
use llm_console::report::{Halt, Report};

use crate::run::open_remote;
use snapshot::Snapshot;

/// The shortest pause between two looks, so that watching is no load.
const SHORTEST: Duration = Duration::from_millis(100);

/// How to tell it.
#[derive(Debug, Args)]
pub(crate) struct StatusArgs {
    /// Fail with exit code 10 when the system is in this state or worse
    #[arg(long, value_name = "STATE")]
    fail_on: Option<Threshold>,
    /// Look again every so many seconds: redrawn on a terminal, else one JSON object a line
    #[arg(short, long, value_name = "SECONDS", num_args = 0..=1, default_missing_value = "2", value_parser = interval)]
    watch: Option<Duration>,
    /// End watching after this many looks
    #[arg(long, value_name = "N", requires = "watch")]
    count: Option<NonZeroU16>,
}

/// From which state on something is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Threshold {
    /// Less than four fifths of the models are available
    Degraded,
    /// Less than half of the models are available
    Unhealthy,
}

/// Tells how the system is doing.
pub(crate) fn run(args: &StatusArgs, console: &Console) -> Result<(), Halt> {
    let format = format(console)?;
    let server = open_remote(console)?;
    let snapshot = match (&server, args.watch) {
        (Some(server), Some(every)) => {
            let count = args.count.map(|count| u64::from(count.get()));
            watch::run(server, every, count, console)?
        }
        (None, Some(_)) => {
            let message = Message::new("cooperation.status.watch_needs_server");
            let report = Report::usage(message);
            return Err(report
                .hint("llm-cooperation status --watch --server URL")
                .into());
        }
        (Some(server), None) => {
            let snapshot = remote::look(server, console)?;
            show(&snapshot, format, console)?;
            snapshot
        }
        (None, None) => {
            let snapshot = local::look(console)?;
            show(&snapshot, format, console)?;
            snapshot
        }
    };
    args.judge(&snapshot, format, console)
}

/// Seconds, or a duration with a unit.
fn interval(text: &str) -> Result<Duration, Message> {
    let seconds = text.parse().ok();
    let seconds = seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    let every = seconds.map_or_else(|| duration::parse(text), Ok)?;
    Ok(every.max(SHORTEST))
}

fn format(console: &Console) -> Result<Format, Report> {
    let offered = [Format::Table, Format::Text, Format::Json, Format::Jsonl];
    console.ui.format(Format::Table, &offered)
}

fn show(snapshot: &Snapshot, format: Format, console: &Console) -> Result<(), Halt> {
    let ui = &console.ui;
    match format {
        Format::Json | Format::Jsonl => ui.print_json(&snapshot.machine()),
        _ => ui.print(&snapshot.people(ui)),
    }
}

impl StatusArgs {
    fn judge(&self, snapshot: &Snapshot, format: Format, console: &Console) -> Result<(), Halt> {
        let health = snapshot.health.as_str();
        let is_too_bad = match self.fail_on {
            None => false,
            Some(Threshold::Degraded) => health != "healthy",
            Some(Threshold::Unhealthy) => health == "unhealthy",
        };
        if !is_too_bad {
            return Ok(());
        }
        let message = Message::new("cooperation.status.too_bad")
            .with_say("state", snapshot::state_message(health));
        if format == Format::Json {
            // Standard output has its one document already.
            console.ui.note(message);
            return Err(Halt::Exit(exit::CHECK));
        }
        Err(Report::new("check_failed", message)
            .hint("llm-cooperation test")
            .into())
    }
}
