//! `cargo xtask sdk`: installs the official client libraries that tests use.

use anyhow::Result;

/// Installs what is missing and has each library tell its version.
pub(crate) fn run() -> Result<()> {
    for version in llm_testkit::sdk::fetch()? {
        println!("{version}");
    }
    Ok(())
}
