//! The program, and a configuration whose provider is scripted.

use llm_testkit::builders::config_toml;
use llm_testkit::env::{Finished, TestEnvironment};
use llm_testkit::upstream::ScriptedUpstream;

/// The program.
pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_llm-cooperation");

/// A place to run in, with a scripted provider behind it.
pub(crate) struct Place {
    pub(crate) environment: TestEnvironment,
    pub(crate) upstream: ScriptedUpstream,
}

impl Place {
    /// A configuration with these models.
    pub(crate) fn models(models: &[&str]) -> Self {
        Self::with(models, "")
    }

    /// The same with more configuration.
    pub(crate) fn with(models: &[&str], toml: &str) -> Self {
        let environment = TestEnvironment::new();
        let upstream = ScriptedUpstream::start_now();
        let text = config_toml(&upstream.base_url(), models);
        environment.write_config(&format!("{text}\n{toml}"));
        Self {
            environment,
            upstream,
        }
    }

    /// Runs the program.
    pub(crate) fn run(&self, arguments: &[&str]) -> Finished {
        self.environment.run(PROGRAM, arguments)
    }
}

/// Runs the program with the simulated models.
pub(crate) fn demo(arguments: &[&str]) -> Finished {
    let environment = TestEnvironment::new();
    environment
        .command(PROGRAM)
        .arg("--demo")
        .args(arguments)
        .run()
}
