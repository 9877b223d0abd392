//! Prompt templates: those the program ships, those of the user's `prompts` directory, and which of
//! them suits a model, a task and a language.
//!
//! A template of the user with the id of a built-in one takes its place. Putting values into a
//! template is `template`; what a request does with the result is the server's business.

mod template;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use indexmap::IndexMap;
use jiff::Timestamp;

use super::error::{ConfigError, ConfigErrors};
use super::files::read_required;
use super::load::Loaded;
use super::source::Layer;
pub use template::{PromptError, PromptTemplate, PromptVariable, Rendered};

macro_rules! prompt_files {
    ($($name:literal,)*) => {
        &[$(($name, include_str!(concat!("../../data/prompts/", $name, ".toml"))),)*]
    };
}

/// Every built-in template.
const FILES: &[(&str, &str)] = prompt_files![
    "deepseek_financial_analysis_zh",
    "openai_financial_analysis_zh",
    "deepseek_code_generation_zh",
    "general_assistant_zh",
    "tradingagents_market_analyst_zh",
    "tradingagents_fundamentals_analyst_zh",
    "tradingagents_bull_researcher_zh",
    "tradingagents_bear_researcher_zh",
    "tradingagents_research_manager_zh",
    "tradingagents_risk_manager_zh",
    "general_assistant_en",
    "general_financial_analysis_en",
    "general_code_generation_en",
];

/// The directory of the user's templates, beside the configuration file.
pub const DIRECTORY: &str = "prompts";

/// The task of templates for everything, and the model type of those for every model.
pub const GENERAL: &str = "general";

/// What a model's name holds, and the model type that says; the first that fits counts.
const FAMILIES: &[(&str, &str)] = &[
    ("deepseek", "deepseek"),
    ("gpt", "openai"),
    ("openai", "openai"),
    ("qwen", "qwen"),
    ("dashscope", "qwen"),
    ("gemini", "gemini"),
    ("google", "gemini"),
    ("claude", "claude"),
];

/// All templates there are.
#[derive(Clone, Debug)]
pub struct PromptLibrary {
    templates: IndexMap<String, Arc<PromptTemplate>>,
    loaded_at: Timestamp,
}

impl PromptLibrary {
    /// The templates of the program and of a directory, which need not exist. All that is wrong is
    /// in one report.
    pub fn read(directory: Option<&Path>, now: Timestamp) -> Result<Self, ConfigErrors> {
        let mut library = Self {
            templates: IndexMap::new(),
            loaded_at: now,
        };
        let mut errors = Vec::new();
        for (name, text) in FILES {
            let path = PathBuf::from(format!("{name}.toml"));
            match PromptTemplate::parse(text, &path) {
                Ok(template) => library.add(PromptTemplate {
                    file: None,
                    ..template
                }),
                Err(error) => errors.push(error),
            }
        }
        for path in files_in(directory)? {
            let parsed = read_required(&path).and_then(|text| PromptTemplate::parse(&text, &path));
            match parsed {
                Ok(template) => match library.file_of(&template.id) {
                    Some(other) => errors.push(
                        ConfigError::conflict(format!(
                            "template `{}` is also in {}",
                            template.id,
                            other.display()
                        ))
                        .in_file(&path)
                        .at_key("id"),
                    ),
                    None => library.add(template),
                },
                Err(error) => errors.push(error),
            }
        }
        ConfigErrors::check(errors)?;
        Ok(library)
    }

    /// The template of an id.
    pub fn find(&self, id: &str) -> Option<&PromptTemplate> {
        self.templates.get(id).map(|template| &**template)
    }

    /// The templates in order, the built-in ones first.
    pub fn iter(&self) -> impl Iterator<Item = &PromptTemplate> {
        self.templates.values().map(|template| &**template)
    }

    /// When they were read.
    pub fn loaded_at(&self) -> Timestamp {
        self.loaded_at
    }

    /// The template that suits best. A template for the model's family goes before one for every
    /// model, one for the task before one for everything, and the language is only given up for
    /// a template for everything.
    pub fn select(&self, model: &str, task: &str, language: &str) -> Option<&PromptTemplate> {
        let family = family_of(model);
        let wanted = [
            (family, task, Some(language)),
            (GENERAL, task, Some(language)),
            (family, GENERAL, Some(language)),
            (GENERAL, GENERAL, Some(language)),
            (GENERAL, GENERAL, None),
        ];
        wanted.into_iter().find_map(|(family, task, language)| {
            self.iter().find(|template| {
                template.model_type == family
                    && template.task_type == task
                    && language.is_none_or(|language| template.language == language)
            })
        })
    }

    fn add(&mut self, template: PromptTemplate) {
        self.templates
            .insert(template.id.clone(), Arc::new(template));
    }

    /// The user's file that already has a template of this id.
    fn file_of(&self, id: &str) -> Option<&Path> {
        self.find(id)?.file.as_deref()
    }
}

/// The model type of a model's name, `general` where the name says nothing.
pub fn family_of(model: &str) -> &'static str {
    let model = model.to_ascii_lowercase();
    FAMILIES
        .iter()
        .find(|(part, _)| model.contains(part))
        .map_or(GENERAL, |(_, family)| family)
}

/// Where a configuration's templates are: beside a file that was named, else in the user's
/// configuration directory.
pub fn directory(loaded: &Loaded) -> Option<PathBuf> {
    let named = loaded.files.iter().find(|file| file.layer == Layer::Named);
    let base = match named {
        Some(file) => file.path.parent().map(Path::to_owned),
        None => loaded.paths.config_dir.clone(),
    };
    base.map(|base| base.join(DIRECTORY))
}

/// The template files of a directory, in alphabetical order.
fn files_in(directory: Option<&Path>) -> Result<Vec<PathBuf>, ConfigError> {
    let Some(directory) = directory else {
        return Ok(Vec::new());
    };
    let entries = match std::fs::read_dir(directory) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(ConfigError::unreadable(directory, &error)),
    };
    let mut files = Vec::new();
    for entry in entries {
        let path = entry
            .map_err(|error| ConfigError::unreadable(directory, &error))?
            .path();
        if path
            .extension()
            .is_some_and(|extension| extension == "toml")
        {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

#[cfg(test)]
mod tests;
