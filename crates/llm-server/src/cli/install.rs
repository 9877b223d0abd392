//! `llm-server install`: sample files for service managers, containers and proxies, on standard
//! output.

use clap::Subcommand;
use llm_console::report::Halt;
use llm_console::ui::Ui;

/// A sample file.
#[derive(Clone, Copy, Debug, Subcommand)]
pub(crate) enum Sample {
    /// A unit for systemd
    Systemd,
    /// A compose file
    Compose,
    /// An nginx configuration with several servers behind it
    Nginx,
}

impl Sample {
    fn text(self) -> &'static str {
        match self {
            Self::Systemd => include_str!("../../assets/install/llm-server.service"),
            Self::Compose => include_str!("../../assets/install/compose.yaml"),
            Self::Nginx => include_str!("../../assets/install/nginx.conf"),
        }
    }
}

/// Writes a sample.
pub(super) fn run(sample: Sample, ui: &Ui) -> Result<(), Halt> {
    ui.print(sample.text())
}
