//! The configuration of a run: which layers the flags ask for, and what is wrong with it as people
//! are told.

use llm_console::globals::Settings;
use llm_console::program::Console;
use llm_console::report::{Halt, Report};
use llm_core::config::environment::Environment;
use llm_core::config::error::{ConfigError, ConfigErrors};
use llm_core::config::load::{self, LoadOptions, Loaded};
use llm_core::config::variables::Override;

/// Where the configuration comes from, whenever it is read.
#[derive(Clone, Debug)]
pub struct Source {
    environment: Environment,
    options: LoadOptions,
}

impl Source {
    /// What the shared flags and the environment say, and what a program's own flags override.
    pub fn of(
        settings: &Settings,
        own: impl IntoIterator<Item = Override>,
    ) -> Result<Self, Report> {
        let environment = Environment::capture().map_err(|error| finding(&error))?;
        let mut set = Vec::new();
        for pair in &settings.set {
            set.push(Override::parse(pair).map_err(|error| finding(&error))?);
        }
        // A flag of its own is more particular than `--set`.
        set.extend(own);
        Ok(Self {
            environment,
            options: LoadOptions {
                config: settings.config.clone(),
                no_config: settings.no_config,
                profile: settings.profile.clone(),
                set,
                demo: settings.demo,
                strict: false,
            },
        })
    }

    /// Reads it.
    pub fn load(&self) -> Result<Loaded, ConfigErrors> {
        load::load(self.environment.clone(), &self.options)
    }

    /// Reads it and warns of what is odd.
    pub fn load_for(&self, console: &Console) -> Result<Loaded, Halt> {
        let loaded = self.load().map_err(|errors| report(&errors))?;
        for warning in &loaded.warnings {
            console.ui.warn(warning.to_string());
        }
        Ok(loaded)
    }

    /// Whether files of the user are read at all.
    pub fn reads_files(&self) -> bool {
        !self.options.demo && !self.options.no_config
    }
}

/// Everything that is wrong, the first finding on top.
pub fn report(errors: &ConfigErrors) -> Report {
    let mut all = errors.iter();
    let Some(first) = all.next() else {
        return Report::new(errors.code().name(), "the configuration is wrong");
    };
    all.fold(finding(first), |report, other| {
        report.cause(other.to_string())
    })
}

/// One finding: its place is part of what happened, its hint is what to try.
pub fn finding(error: &ConfigError) -> Report {
    let mut plain = error.clone();
    let hint = plain.hint.take();
    let report = Report::new(error.code.name(), plain.to_string());
    match hint {
        Some(hint) => report.hint(hint),
        None => report,
    }
}
