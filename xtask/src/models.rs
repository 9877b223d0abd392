//! `cargo xtask models`: fetches the real model that tests and the tour use, and serves it.

use std::path::PathBuf;

use anyhow::{Context as _, Result, bail};
use clap::Subcommand;
use llm_testkit::real_model::{LocalModel, MODEL, Serve};

#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Fetch what is missing and serve it on loopback until it is stopped.
    Serve {
        /// The port; 0 picks a free one.
        #[arg(long, default_value_t = 0)]
        port: u16,
        /// Serve a further model under this name from a GGUF file.
        #[arg(long, value_name = "NAME=PATH", value_parser = name_and_path)]
        gguf: Vec<(String, PathBuf)>,
    },
}

/// Fetches; with `serve`, becomes the server.
pub(crate) fn run(args: Args) -> Result<()> {
    let Some(Command::Serve { port, gguf }) = args.command else {
        return fetch();
    };
    let model = LocalModel::fetch()?;
    eprintln!("loading {MODEL}; Ctrl-C stops it");
    become_server(&model, &Serve { more: gguf, port })
}

/// Fetches what is missing and says where it is.
pub(crate) fn fetch() -> Result<()> {
    let model = LocalModel::fetch()?;
    println!("model {MODEL}: {}", model.gguf.display());
    println!("runner: {}", model.runner.display());
    Ok(())
}

/// Replaces this process, so that signals reach the server itself.
#[cfg(unix)]
fn become_server(model: &LocalModel, serve: &Serve) -> Result<()> {
    use std::os::unix::process::CommandExt as _;
    let error = model.server(serve).exec();
    Err(error).context("cannot run node; is it installed?")
}

#[cfg(not(unix))]
fn become_server(model: &LocalModel, serve: &Serve) -> Result<()> {
    let status = model
        .server(serve)
        .status()
        .context("cannot run node; is it installed?")?;
    if !status.success() {
        bail!("the server ended with {status}");
    }
    Ok(())
}

fn name_and_path(text: &str) -> Result<(String, PathBuf)> {
    let Some((name, path)) = text.split_once('=').filter(|(name, _)| !name.is_empty()) else {
        bail!("wants NAME=PATH");
    };
    let path = PathBuf::from(path);
    if !path.is_file() {
        bail!("there is no file {}", path.display());
    }
    Ok((name.to_owned(), path))
}
