//! `llm-server mock`: a simulated provider that fails as it is told, for tests of other programs.

use std::fs::{File, OpenOptions};
use std::io;
use std::net::TcpListener;
use std::path::{Path, PathBuf};

use clap::Args;
use llm_console::catalogue::Message;
use llm_console::program::Console;
use llm_console::report::{Halt, Report};
use tokio::runtime::Builder;

use super::run::{bind, cannot, stopped};
use crate::mock::Mock;

/// Where to serve and what to say.
#[derive(Debug, Args)]
pub(crate) struct MockArgs {
    /// Listen on this address
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1")]
    host: String,
    /// Listen on this port; 0 picks a free one
    #[arg(short = 'P', long, value_name = "N", default_value_t = 0)]
    port: u16,
    /// Say what this number stands for, and be flaky at the attempts it chooses
    #[arg(long, value_name = "N", default_value_t = 0)]
    seed: u64,
    /// Append each attempt to this file, one line of JSON each
    #[arg(long, value_name = "FILE")]
    log: Option<PathBuf>,
}

/// Serves until it is asked to stop.
pub(super) fn run(args: &MockArgs, console: &Console) -> Result<(), Halt> {
    let log = args.log.as_deref().map(open).transpose()?;
    let listener = bind(&args.host, args.port)?;
    let runtime = Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| cannot(&error))?;
    let mock = Mock::new(args.seed, log);
    let served: io::Result<()> = runtime.block_on(async {
        let stop = stopped()?;
        let address = listener.local_addr()?;
        let ui = &console.ui;
        let origin = format!("http://{address}");
        ui.note(Message::new("server.mock_listening").with("url", &origin));
        ui.note(Message::new("server.mock_models").with("url", format!("{origin}/v1/models")));
        ui.note(Message::new("server.mock_attempts").with("url", format!("{origin}/attempts")));
        let listener = from_std(listener)?;
        tokio::select! {
            never = mock.serve(listener) => match never {},
            () = stop => Ok(()),
        }
    });
    Ok(served.map_err(|error| cannot(&error))?)
}

fn from_std(listener: TcpListener) -> io::Result<tokio::net::TcpListener> {
    listener.set_nonblocking(true)?;
    tokio::net::TcpListener::from_std(listener)
}

fn open(path: &Path) -> Result<File, Report> {
    let opened = OpenOptions::new().create(true).append(true).open(path);
    opened.map_err(|error| {
        Report::usage(
            Message::new("server.mock_log")
                .with("path", path.display())
                .with("reason", error),
        )
    })
}
