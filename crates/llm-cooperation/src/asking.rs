//! Questions to the server of `--server` that no model is asked for.

use std::time::Duration;

use futures_util::future::try_join_all;
use llm_console::program::Console;
use llm_console::report::Report;
use llm_core::gateway::remote::Remote;
use serde_json::Value;

use crate::local::block_on;
use crate::run::report;

/// How long the server may take to answer; it only has to look at itself.
const LIMIT: Duration = Duration::from_secs(10);

/// Asks several paths at once; the answers in the same order, or the first failure.
pub(crate) fn ask<const N: usize>(
    remote: &Remote,
    paths: [&str; N],
    console: &Console,
) -> Result<[Value; N], Report> {
    let limit = console.settings.timeout.unwrap_or(LIMIT);
    let asked = paths.map(|path| remote.get(path, limit));
    let answers = block_on(try_join_all(asked))?.map_err(|error| report(&error))?;
    answers
        .try_into()
        .map_err(|_| Report::new("internal_error", "answers without a question"))
}

/// The address as people write it.
pub(crate) fn address(remote: &Remote) -> String {
    remote.address().as_str().trim_end_matches('/').to_owned()
}
