//! One command at work: the configuration as it is, and the file a change goes to.

use clap::{Args, ValueEnum};
use llm_console::catalogue::Message;
use llm_console::globals::Settings;
use llm_console::program::Console;
use llm_console::report::{Halt, Report};
use llm_core::config::edit::{Edit, Editor};
use llm_core::config::error::ConfigErrors;
use llm_core::config::key::KeyPath;
use llm_core::config::load::Loaded;
use llm_core::config::paths::Scope;
use llm_core::config::secret_ref::SecretRef;
use llm_core::config::validate::validate;
use llm_core::config::variables::Override;
use llm_core::types::code::Code;
use llm_setup::configuration::{Source, finding, report};

use crate::known::Names;

/// Which file a change goes to, and whether it is made.
#[derive(Clone, Copy, Debug, Default, Args)]
pub(crate) struct EditArgs {
    /// Change this file: yours, the project's, the project's own local one, or the whole machine's
    #[arg(long, value_name = "SCOPE", help_heading = "Where")]
    pub(crate) scope: Option<ScopeArg>,
    /// Say what would change and write nothing
    #[arg(long, help_heading = "Where")]
    pub(crate) dry_run: bool,
}

/// Which file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ScopeArg {
    /// Your own file; the default
    User,
    /// llm-cooperation.toml of the project, for its repository
    Project,
    /// llm-cooperation.local.toml of the project, not for its repository
    Local,
    /// The file of the whole machine
    System,
}

/// A command that changes files.
#[derive(Debug)]
pub(crate) struct Session<'a> {
    /// How to talk to the user.
    pub(crate) console: &'a Console,
    /// The configuration before the change.
    pub(crate) loaded: Loaded,
    /// The file that is changed.
    pub(crate) scope: Scope,
    /// Whether nothing is written.
    pub(crate) dry_run: bool,
}

impl<'a> Session<'a> {
    /// Reads the configuration in order to change it.
    pub(crate) fn open(console: &'a Console, args: EditArgs) -> Result<Self, Halt> {
        let loaded = source(console, [])?
            .load()
            .map_err(|errors| report(&errors))?;
        Self::of(console, args, loaded)
    }

    /// The same for a change that may mend what is wrong: a configuration that cannot be used is
    /// passed over.
    pub(crate) fn mending(console: &'a Console, args: EditArgs) -> Result<Self, Halt> {
        let loaded = match source(console, [])?.load() {
            Ok(loaded) => loaded,
            Err(errors) if errors.code() == Code::ConfigInvalid => bare(console)?,
            Err(errors) => return Err(report(&errors).into()),
        };
        Self::of(console, args, loaded)
    }

    fn of(console: &'a Console, args: EditArgs, loaded: Loaded) -> Result<Self, Halt> {
        for warning in &loaded.warnings {
            console.ui.warn(warning.to_string());
        }
        let scope = match (args.scope, &console.settings.config) {
            (Some(_), Some(_)) => {
                let conflict = Message::new("config.scope_and_file")
                    .with("scope", "--scope")
                    .with("file", "--config");
                return Err(Report::usage(conflict).into());
            }
            (None, Some(path)) => Scope::File(loaded.paths.current_dir.join(path)),
            (None | Some(ScopeArg::User), None) => Scope::User,
            (Some(ScopeArg::Project), None) => Scope::Project,
            (Some(ScopeArg::Local), None) => Scope::ProjectLocal,
            (Some(ScopeArg::System), None) => Scope::System,
        };
        Ok(Self {
            console,
            loaded,
            scope,
            dry_run: args.dry_run,
        })
    }

    /// What changes the file.
    pub(crate) fn editor(&self) -> Result<Editor<'_>, Report> {
        Editor::new(&self.loaded, &self.scope)
            .map(|editor| editor.dry_run(self.dry_run))
            .map_err(|error| finding(&error))
    }

    /// Makes a change.
    pub(crate) fn change(
        &self,
        change: impl FnOnce(&Editor<'_>) -> Result<Edit, ConfigErrors>,
    ) -> Result<Edit, Report> {
        change(&self.editor()?).map_err(|errors| report(&errors))
    }

    /// Refuses values that the configuration could not be used with, before anything is written.
    /// What was wrong before is no reason.
    pub(crate) fn refuse_wrong(&self, values: &[(KeyPath, toml::Value)]) -> Result<(), Report> {
        let trial = values.iter().map(|(key, value)| Override {
            key: key.clone(),
            value: value.clone(),
            flag: "command line".to_owned(),
        });
        let Ok(after) = source(self.console, trial)?.load() else {
            // What cannot be read at all is told by the editor, which checks types and names.
            return Ok(());
        };
        let names = Names::collect();
        let mut wrong = validate(&after, &names.known()).errors;
        wrong.retain(|error| {
            let key = error
                .key
                .as_deref()
                .and_then(|key| KeyPath::parse(key).ok());
            key.is_some_and(|key| {
                values
                    .iter()
                    .any(|(place, _)| key.starts_with(place) || place.starts_with(&key))
            })
        });
        for error in &mut wrong {
            // It stands in no file yet.
            error.source = None;
        }
        ConfigErrors::check(wrong).map_err(|errors| report(&errors))
    }

    /// The configuration as it is in the files now, with one provider that is on and, if given,
    /// another key of it.
    pub(crate) fn alone(&self, provider: &str, key: Option<&SecretRef>) -> Result<Loaded, Report> {
        let own = |path: &[&str], value| Override {
            key: KeyPath::of(path.iter().copied()),
            value,
            flag: "command line".to_owned(),
        };
        let mut trial = Vec::new();
        if let Some(key) = key {
            let value = match key {
                SecretRef::Here(secret) => secret.expose().into(),
                reference => toml::Value::try_from(reference)
                    .map_err(|error| Report::new("internal_error", error.to_string()))?,
            };
            trial.push(own(&["providers", provider, "api_key"], value));
        }
        for other in self.loaded.config.providers.keys() {
            if other != provider {
                trial.push(own(&["providers", other, "disabled"], true.into()));
            }
        }
        source(self.console, trial)?
            .load()
            .map_err(|errors| report(&errors))
    }

    /// Reads the configuration again, as it is after the change.
    pub(crate) fn after(&self) -> Result<Loaded, Report> {
        source(self.console, [])?
            .load()
            .map_err(|errors| report(&errors))
    }
}

/// Reads the configuration and warns of what is odd.
pub(crate) fn load(console: &Console) -> Result<Loaded, Halt> {
    Source::of(&console.settings, [])?.load_for(console)
}

/// The configuration without any file, for commands that work when files are broken.
pub(crate) fn bare(console: &Console) -> Result<Loaded, Report> {
    let settings = Settings {
        config: None,
        no_config: true,
        profile: None,
        demo: false,
        set: Vec::new(),
        ..console.settings.clone()
    };
    Source::of(&settings, [])?
        .load()
        .map_err(|errors| report(&errors))
}

/// The files as they are: changes are never made to the demonstration, and a file that is named
/// need not exist before it is written.
fn source(console: &Console, own: impl IntoIterator<Item = Override>) -> Result<Source, Report> {
    let mut settings = Settings {
        demo: false,
        ..console.settings.clone()
    };
    if let Some(path) = settings.config.take() {
        // Whether a value is in the file that is changed is decided by its whole path.
        let path = std::path::absolute(&path).unwrap_or(path);
        settings.no_config |= !path.exists();
        settings.config = Some(path).filter(|path| path.exists());
    }
    Source::of(&settings, own)
}
