//! Which models suit which task: the built-in table, and the configuration over it.
//!
//! The built-in rows are data (`data/tasks.toml`): the mappings the two earlier systems had, and
//! rows of the same kind for the tasks analysis can find out. Built-in lists age, so what stands
//! on one is a hint ([`Fit::Listed`]); a row of the configuration is somebody's word and replaces
//! the built-in one of its name as a whole.

use std::collections::{BTreeMap, HashMap};

use indexmap::IndexMap;
use serde::Deserialize;

use crate::config::route::TaskConfig;
use crate::types::plan::Fit;
use crate::types::task::{Difficulty, KNOWN_TASKS, TaskProfile};

const BUILT_IN: &str = include_str!("../../data/tasks.toml");

/// Which models suit which task.
#[derive(Debug)]
pub struct TaskTable {
    rows: BTreeMap<String, Row>,
    aliases: HashMap<String, String>,
    /// Tasks that, when demanding, are judged by the row of another.
    demanding: Demanding,
}

#[derive(Debug)]
struct Row {
    primary: Vec<String>,
    fallback: Vec<String>,
    /// Tags that speak for the task, its own name among them.
    tags: Vec<String>,
    /// Whether it is the configuration's.
    configured: bool,
}

#[derive(Deserialize)]
struct Data {
    aliases: HashMap<String, String>,
    tags: HashMap<String, Vec<String>>,
    demanding: Demanding,
    tasks: IndexMap<String, TaskConfig>,
}

#[derive(Debug, Deserialize)]
struct Demanding {
    tasks: Vec<String>,
    #[serde(rename = "use")]
    judged_by: String,
}

impl TaskTable {
    /// The built-in table with the configuration's rows over it.
    ///
    /// The error is a mistake in the compiled-in data.
    pub fn build(configured: &IndexMap<String, TaskConfig>) -> Result<Self, String> {
        let data: Data = toml::from_str(BUILT_IN).map_err(|error| error.to_string())?;
        let row = |name: &str, config: &TaskConfig, configured: bool| Row {
            primary: config.primary.iter().map(|name| folded(name)).collect(),
            fallback: config.fallback.iter().map(|name| folded(name)).collect(),
            tags: std::iter::once(name.to_owned())
                .chain(data.tags.get(name).cloned().unwrap_or_default())
                .collect(),
            configured,
        };
        let mut rows = BTreeMap::new();
        for name in KNOWN_TASKS {
            rows.insert((*name).to_owned(), row(name, &TaskConfig::default(), false));
        }
        for (name, config) in &data.tasks {
            rows.insert(name.clone(), row(name, config, false));
        }
        for (name, config) in configured {
            rows.insert(name.clone(), row(name, config, true));
        }
        Ok(Self {
            rows,
            aliases: data.aliases,
            demanding: data.demanding,
        })
    }

    /// Every task name there is, in alphabetical order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.rows.keys().map(String::as_str)
    }

    /// The task a caller's word stands for: its own name, or that of an alias; `None` for a word
    /// that is not known.
    pub fn canonical<'a>(&'a self, word: &'a str) -> Option<&'a str> {
        if self.rows.contains_key(word) {
            return Some(word);
        }
        self.aliases.get(word).map(String::as_str)
    }

    /// How well a model suits a task by its name and tags.
    pub fn fit(&self, task: &str, model: &str, tags: &[String]) -> Fit {
        self.fit_folded(task, &folded(model), tags)
    }

    /// How well a model suits a request.
    ///
    /// The row of the task decides. A built-in row of an open task (`knowledge`, `advice`, …) does
    /// not tell an easy question from a hard one, so from difficulty `high` on the models of
    /// `reasoning` come first there and the task's own models after them. A row the configuration
    /// wrote is taken at its word.
    pub fn fit_for(&self, profile: &TaskProfile, model: &str, tags: &[String]) -> Fit {
        let task = profile.task.as_str();
        let model = folded(model);
        let own = self.fit_folded(task, &model, tags);
        if profile.difficulty < Difficulty::High || !self.is_judged_elsewhere(task) {
            return own;
        }
        match (
            self.fit_folded(&self.demanding.judged_by, &model, tags),
            own,
        ) {
            (strong @ (Fit::Primary(_) | Fit::Listed(_) | Fit::Tagged), _) => strong,
            (_, Fit::Primary(place) | Fit::Listed(place) | Fit::Fallback(place)) => {
                Fit::Fallback(place)
            }
            (_, Fit::Tagged) => Fit::Fallback(u16::MAX),
            (weak, Fit::Untold) => weak,
        }
    }

    fn fit_folded(&self, task: &str, model: &str, tags: &[String]) -> Fit {
        self.rows
            .get(task)
            .map_or(Fit::Untold, |row| row.fit(model, tags))
    }

    fn is_judged_elsewhere(&self, task: &str) -> bool {
        self.demanding.tasks.iter().any(|open| open == task)
            && self.rows.get(task).is_none_or(|row| !row.configured)
    }
}

impl Row {
    /// `model` is folded.
    fn fit(&self, model: &str, tags: &[String]) -> Fit {
        let place = |list: &[String]| {
            let at = list.iter().position(|name| name == model)?;
            Some(u16::try_from(at).unwrap_or(u16::MAX))
        };
        if let Some(place) = place(&self.primary) {
            if self.configured {
                Fit::Primary(place)
            } else {
                Fit::Listed(place)
            }
        } else if tags.iter().any(|tag| self.tags.contains(tag)) {
            Fit::Tagged
        } else if let Some(place) = place(&self.fallback) {
            Fit::Fallback(place)
        } else {
            Fit::Untold
        }
    }
}

/// What of a model's name is compared: people write `gpt-4o` and `gpt4o`, `qwen2.5` and `qwen2_5`.
fn folded(name: &str) -> String {
    name.chars()
        .filter(|char| !matches!(char, '-' | '_' | '.' | ' '))
        .map(|char| char.to_ascii_lowercase())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(configured: &str) -> TaskTable {
        TaskTable::build(&toml::from_str(configured).unwrap()).unwrap()
    }

    fn tags(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn the_earlier_mappings_hold() {
        let table = table("");
        for (task, first) in [
            ("math", "qwen3_32b_reasoning"),
            ("code", "qwen3_32b_reasoning"),
            ("vision", "qwen2_5_vl_72b"),
            ("translation", "qwen3_8b"),
            ("financial_analysis", "deepseek-chat"),
            ("tool_calling", "gpt-4"),
            ("market_research", "qwen-plus"),
            ("routing", "qwen3_32b_router"),
        ] {
            assert_eq!(table.fit(task, first, &[]), Fit::Listed(0), "{task}");
        }
        assert_eq!(
            table.fit("stock_analysis", "gpt-3.5-turbo", &[]),
            Fit::Fallback(1)
        );
        assert_eq!(table.canonical("complex_reasoning"), Some("reasoning"));
        assert_eq!(table.canonical("nonsense"), None);
    }

    #[test]
    fn names_are_compared_without_case_and_separators() {
        let table = table("");
        assert_eq!(table.fit("vision", "Qwen2.5-VL-72B", &[]), Fit::Listed(0));
        assert_eq!(
            table.fit("reasoning", "gpt4o", &[]),
            table.fit("reasoning", "gpt-4o", &[])
        );
        assert_eq!(
            table.fit("math", "qwen3_32b_reasoning_v2", &[]),
            Fit::Untold
        );
    }

    #[test]
    fn tags_stand_between_the_two_lists() {
        let table = table("");
        assert_eq!(table.fit("math", "mine", &tags(&["logic"])), Fit::Tagged);
        assert_eq!(
            table.fit("code", "mine", &tags(&["code_debug"])),
            Fit::Tagged
        );
        assert_eq!(
            table.fit("chat", "mine", &tags(&["simple_qa"])),
            Fit::Tagged
        );
        assert_eq!(table.fit("math", "mine", &tags(&["vision"])), Fit::Untold);
        assert!(Fit::Primary(9) < Fit::Listed(0) && Fit::Listed(9) < Fit::Tagged);
        assert!(Fit::Tagged < Fit::Fallback(0));
    }

    #[test]
    fn a_configured_row_replaces_the_built_in_one() {
        let table = table("[math]\nprimary = ['mine']\n[legal]\nprimary = ['lawyer']");
        assert_eq!(table.fit("math", "mine", &[]), Fit::Primary(0));
        assert_eq!(table.fit("math", "qwen3_32b_reasoning", &[]), Fit::Untold);
        assert_eq!(table.fit("legal", "lawyer", &[]), Fit::Primary(0));
        assert_eq!(table.canonical("legal"), Some("legal"));
        assert_eq!(table.fit("legal", "other", &tags(&["legal"])), Fit::Tagged);
    }

    #[test]
    fn every_known_task_has_a_row_and_every_alias_leads_to_one() {
        let table = table("");
        for task in KNOWN_TASKS {
            assert_eq!(table.canonical(task), Some(*task));
        }
        for (alias, task) in &table.aliases {
            assert!(table.rows.contains_key(task), "{alias} leads to {task}");
        }
        assert!(table.rows.contains_key(&table.demanding.judged_by));
    }
}
