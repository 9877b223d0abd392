//! `doctor`: everything a run depends on, looked at from outside. Nothing is changed, no model is
//! asked, no key is shown.

mod configuration;
mod finding;
mod network;
mod surroundings;

use clap::Args;
use llm_console::catalogue::Message;
use llm_console::exit;
use llm_console::output::Format;
use llm_console::program::Console;
use llm_console::report::{Halt, Report};
use llm_console::sanitise;
use llm_console::text::{pad, width, wrap_at_spaces};

use finding::{Finding, Level};

/// How thoroughly, and how strictly.
#[derive(Debug, Args)]
pub(crate) struct DoctorArgs {
    /// Ask no provider whether it can be reached
    #[arg(long)]
    no_network: bool,
    /// Fail with exit code 10 when anything is wrong or odd
    #[arg(long)]
    strict: bool,
}

/// Looks at everything and tells it.
pub(crate) fn run(args: &DoctorArgs, console: &Console) -> Result<(), Halt> {
    let offered = [Format::Text, Format::Table, Format::Json];
    let format = console.ui.format(Format::Text, &offered)?;
    let mut findings = surroundings::look(console);
    let loaded = configuration::look(console, &mut findings);
    if let Some(loaded) = &loaded {
        network::look(loaded, args.no_network, console, &mut findings)?;
    }
    show(&findings, format, console)?;
    let count = |level: Level| findings.iter().filter(|one| one.level == level).count();
    let (bad, odd) = (count(Level::Failed), count(Level::Warning));
    let summary = Message::new("cooperation.doctor.summary")
        .with("bad", bad)
        .with("odd", odd);
    if args.strict && bad + odd > 0 {
        if format == Format::Json {
            // Standard output has its one document already.
            console.ui.note(summary);
            return Err(Halt::Exit(exit::CHECK));
        }
        return Err(Report::new("check_failed", summary).into());
    }
    console.ui.note(summary);
    Ok(())
}

fn show(findings: &[Finding], format: Format, console: &Console) -> Result<(), Halt> {
    let ui = &console.ui;
    if format == Format::Json {
        let checks: Vec<_> = findings.iter().map(Finding::machine).collect();
        let is_well = findings.iter().all(|one| one.level < Level::Warning);
        return ui.print_json(&serde_json::json!({ "ok": is_well, "checks": checks }));
    }
    let columns = ui.terminal.stdout.width.unwrap_or(100);
    let label = |level: Level| ui.say(&Message::new(level.text()));
    let widest = Level::ALL.iter().map(|level| width(&label(*level)));
    let widest = widest.max().unwrap_or_default();
    let colon = ui.say(&Message::new("common.colon"));
    let mut page = String::new();
    for finding in findings {
        let check = ui.say(&Message::new(finding.check.text()));
        let detail = sanitise::text(&finding.detail.to(ui.lang));
        let line = format!(
            "{}  {check}{colon}{detail}",
            pad(&label(finding.level), widest)
        );
        let indent = " ".repeat(widest + 4);
        page.push_str(&wrap_at_spaces(&line, columns, &indent));
        page.push('\n');
        if let Some(hint) = &finding.hint {
            let hint = sanitise::text(&hint.to(ui.lang));
            let tried = ui.say(&Message::new("common.report.try"));
            let line = format!("{}{tried}{colon}{hint}", " ".repeat(widest + 2));
            page.push_str(&wrap_at_spaces(&line, columns, &indent));
            page.push('\n');
        }
    }
    ui.print(&page)
}
