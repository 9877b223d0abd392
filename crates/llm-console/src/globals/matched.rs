//! The shared flags as they were given, before and after the subcommand together.

use std::time::Duration;

use clap::ArgMatches;
use clap::parser::ValueSource;

use super::ID_PREFIX;

/// Shared flags found on one command line.
///
/// Of flags that are given twice, the one nearest to the end counts; repeatable ones add up.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "one field for each flag of the command line"
)]
pub struct Matched {
    pub(super) config: Option<String>,
    pub(super) no_config: bool,
    pub(super) profile: Option<String>,
    pub(super) set: Vec<String>,
    pub(super) demo: bool,
    pub(super) server: Option<String>,
    pub(super) server_key_file: Option<String>,
    pub(super) local: bool,
    pub(super) timeout: Option<Duration>,
    pub(super) offline: bool,
    pub(super) format: Option<String>,
    pub(super) json: bool,
    pub(super) fields: Option<String>,
    pub(super) csv_bom: bool,
    pub(super) output: Option<String>,
    pub(super) raw: bool,
    pub(super) color: Option<String>,
    pub(super) progress: Option<String>,
    pub(super) ascii: bool,
    pub(super) lang: Option<String>,
    pub(super) quiet: bool,
    pub(super) verbose: u8,
    pub(super) log_format: Option<String>,
    pub(super) yes: bool,
    pub(super) no_input: bool,
}

impl Matched {
    /// Collects the flags of a command and of the subcommands that were called.
    pub fn collect(matches: &ArgMatches) -> Self {
        let mut matched = Self::default();
        let mut level = Some(matches);
        while let Some(matches) = level {
            matched.add(matches);
            level = matches.subcommand().map(|(_, inner)| inner);
        }
        matched
    }

    /// What is needed to say that a command line is wrong.
    pub(crate) fn early(
        lang: Option<String>,
        format: Option<String>,
        color: Option<String>,
        json: bool,
    ) -> Self {
        Self {
            format,
            json,
            color,
            lang,
            ..Self::default()
        }
    }

    fn add(&mut self, matches: &ArgMatches) {
        let text = |field: &mut Option<String>, long| replace(field, one(matches, long));
        text(&mut self.config, "config");
        text(&mut self.profile, "profile");
        text(&mut self.server, "server");
        text(&mut self.server_key_file, "server-key-file");
        text(&mut self.format, "format");
        text(&mut self.fields, "fields");
        text(&mut self.output, "output");
        text(&mut self.color, "color");
        text(&mut self.progress, "progress");
        text(&mut self.lang, "lang");
        text(&mut self.log_format, "log-format");
        replace(&mut self.timeout, one(matches, "timeout"));
        let is_on = |long| one::<bool>(matches, long).unwrap_or_default();
        self.no_config |= is_on("no-config");
        self.demo |= is_on("demo");
        self.local |= is_on("local");
        self.offline |= is_on("offline");
        self.json |= is_on("json");
        self.csv_bom |= is_on("csv-bom");
        self.raw |= is_on("raw");
        self.ascii |= is_on("ascii");
        self.quiet |= is_on("quiet");
        self.yes |= is_on("yes");
        self.no_input |= is_on("no-input");
        let times = one::<u8>(matches, "verbose").unwrap_or_default();
        self.verbose = self.verbose.saturating_add(times);
        let id = format!("{ID_PREFIX}set");
        if let Ok(Some(values)) = matches.try_get_many::<String>(&id) {
            self.set.extend(values.cloned());
        }
    }
}

fn replace<T>(field: &mut Option<T>, given: Option<T>) {
    if given.is_some() {
        *field = given;
    }
}

/// A value given on this level; `None` too where the command does not take the flag.
fn one<T: Clone + Send + Sync + 'static>(matches: &ArgMatches, long: &str) -> Option<T> {
    let id = format!("{ID_PREFIX}{long}");
    let value = matches.try_get_one::<T>(&id).ok().flatten()?;
    (matches.value_source(&id) == Some(ValueSource::CommandLine)).then(|| value.clone())
}
