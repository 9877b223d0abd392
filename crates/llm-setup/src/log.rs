//! Where log lines go and how they look: standard error, for people on a terminal and as JSON
//! elsewhere.

use std::io::IsTerminal as _;

use llm_console::catalogue::Message;
use llm_console::globals::LogFormat;
use llm_console::program::Console;
use llm_console::ui::Verbosity;
use llm_core::config::server::LoggingConfig;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::util::SubscriberInitExt as _;

/// Installs the log of this process. Flags go before the variable, the variable before the file.
pub fn install(console: &Console, config: &LoggingConfig) {
    let ui = &console.ui;
    let is_told = ui.verbosity != Verbosity::Normal || console.env.get("LLMCOOP_LOG").is_some();
    let wanted = if is_told {
        &console.settings.log_filter
    } else {
        &config.level
    };
    let filter = EnvFilter::try_new(wanted).unwrap_or_else(|_| {
        ui.warn(Message::new("common.log.bad_filter").with("filter", wanted));
        EnvFilter::new("info")
    });
    let is_json = match (console.settings.log_format, config.format.as_deref()) {
        (Some(format), _) => format == LogFormat::Json,
        (None, Some(name)) => name == "json",
        (None, None) => !std::io::stderr().is_terminal(),
    };
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr);
    let installed = if is_json {
        builder
            .json()
            .flatten_event(true)
            .with_current_span(false)
            .with_span_list(false)
            .finish()
            .try_init()
    } else {
        builder
            .with_ansi(ui.terminal.stderr.colour)
            .finish()
            .try_init()
    };
    if installed.is_err() {
        ui.warn(Message::new("common.log.taken"));
    }
}
