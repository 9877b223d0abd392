//! `llm-config list`: the entries of the configuration, one line each.

use clap::{Args, ValueEnum};
use llm_console::catalogue::Message;
use llm_console::program::Console;
use llm_console::report::Halt;
use llm_console::table::{Cell, Column, Mood, Table};
use llm_core::config::edit::Section;
use llm_core::config::key::KeyPath;
use llm_core::config::load::Loaded;
use llm_core::config::resolve::Deployment;

use super::preset;
use crate::session;

/// What to list.
#[derive(Clone, Copy, Debug, Args)]
pub(crate) struct ListArgs {
    /// List these
    #[arg(long, default_value = "models")]
    kind: Kind,
    /// Also say where each entry comes from
    #[arg(long)]
    origin: bool,
}

/// What there are lists of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Kind {
    Models,
    Providers,
    #[value(alias = "policies")]
    Routes,
    Tasks,
    Aliases,
    Presets,
}

/// Prints the list.
pub(crate) fn run(args: ListArgs, console: &Console) -> Result<(), Halt> {
    if args.kind == Kind::Presets {
        return preset::list(&console.ui);
    }
    let loaded = session::load(console)?;
    let table = match args.kind {
        Kind::Models | Kind::Presets => models(&loaded, args.origin),
        Kind::Providers => providers(&loaded, args.origin),
        Kind::Routes => routes(&loaded, args.origin),
        Kind::Tasks => tasks(&loaded, args.origin),
        Kind::Aliases => aliases(&loaded, args.origin),
    };
    if args.kind == Kind::Models && loaded.is_configured().is_err() {
        console.ui.note(Message::new("config.not_configured"));
    }
    console.ui.print_table(&table)
}

/// The column that people see only when they ask for it.
fn origin_column(is_shown: bool) -> Column {
    let column = Column::text("origin");
    if is_shown { column } else { column.detail() }
}

fn origin(loaded: &Loaded, section: Section, name: &str) -> Cell {
    let origin = loaded.origin(&KeyPath::of([section.key(), name]));
    origin.map(ToString::to_string).into()
}

fn models(loaded: &Loaded, with_origin: bool) -> Table {
    let mut table = Table::new(vec![
        Column::text("name"),
        Column::text("provider"),
        Column::text("path"),
        Column::text("tasks"),
        Column::number("max_tokens"),
        Column::text("state"),
        Column::number("temperature").detail(),
        Column::text("base_url").detail(),
        Column::number("context").detail(),
        Column::number("price_in").detail(),
        Column::number("price_out").detail(),
        Column::text("currency").detail(),
        Column::text("tags").detail(),
        Column::text("credential").detail(),
        origin_column(with_origin),
    ]);
    for (name, model) in &loaded.config.models {
        let places = loaded.config.deployments(name).unwrap_or_default();
        let first = places.first();
        let text = |of: fn(&Deployment) -> String| Cell::from(first.map(of));
        let price = first.and_then(|place| place.price.as_ref());
        let currency =
            price.map(|price| price.currency.clone().unwrap_or_else(|| "USD".to_owned()));
        table.push(vec![
            Cell::from(name.as_str()),
            text(|place| place.provider.to_string()),
            text(|place| place.upstream_model.clone()),
            Cell::List(model.tasks.clone()),
            model.max_tokens.map(u64::from).into(),
            state(loaded, model.disabled, first),
            model
                .temperature
                .map_or(Cell::Empty, |value| Cell::Decimal(value, 1)),
            first.and_then(|place| place.base_url.clone()).into(),
            first.and_then(|place| place.context).into(),
            price.map(|price| price.input.decimal()).into(),
            price.map(|price| price.output.decimal()).into(),
            currency.into(),
            Cell::List(model.tags.clone()),
            first
                .and_then(|place| loaded.credential(place).ok().flatten())
                .map(|found| found.place.to_string())
                .into(),
            origin(loaded, Section::Model, name),
        ]);
    }
    table
}

fn state(loaded: &Loaded, is_off: bool, place: Option<&Deployment>) -> Cell {
    let Some(place) = place else {
        return Cell::state("no_address", Mood::Bad);
    };
    let provider = loaded.config.providers.get(place.provider.as_str());
    if is_off || provider.is_some_and(|provider| provider.disabled) {
        return Cell::state("disabled", Mood::Neutral);
    }
    match loaded.credential(place) {
        Ok(None) if !loaded.key_is_optional(place) => Cell::state("no_key", Mood::Warning),
        Err(_) => Cell::state("no_key", Mood::Bad),
        Ok(_) => Cell::state("usable", Mood::Good),
    }
}

fn providers(loaded: &Loaded, with_origin: bool) -> Table {
    let mut table = Table::new(vec![
        Column::text("name"),
        Column::text("kind"),
        Column::text("base_url"),
        Column::number("models"),
        Column::text("credential"),
        Column::text("state"),
        origin_column(with_origin),
    ]);
    let config = &loaded.config;
    for (name, provider) in &config.providers {
        let places = config.models.keys();
        let places = places.filter_map(|model| config.deployments(model).ok());
        let models = places
            .filter(|places| places.iter().any(|place| place.provider.as_str() == name))
            .count();
        let key = loaded.provider_key(name);
        let place = match &key {
            Ok(found) => found.as_ref().map(|found| found.place.to_string()),
            Err(error) => Some(error.message.clone()),
        };
        let is_off = provider.disabled;
        table.push(vec![
            Cell::from(name.as_str()),
            Cell::from(config.kind_of(name)),
            config.address_of(name).into(),
            Cell::from(models as u64),
            place.into(),
            Cell::state(
                if is_off { "disabled" } else { "enabled" },
                if is_off { Mood::Neutral } else { Mood::Good },
            ),
            origin(loaded, Section::Provider, name),
        ]);
    }
    table
}

fn routes(loaded: &Loaded, with_origin: bool) -> Table {
    let mut table = Table::new(vec![
        Column::text("name"),
        Column::text("models"),
        Column::text("strategy"),
        Column::text("mode"),
        Column::prose("description"),
        origin_column(with_origin),
    ]);
    for (name, route) in &loaded.config.routes {
        table.push(vec![
            Cell::from(name.as_str()),
            Cell::List(route.models.clone()),
            route.strategy.clone().into(),
            route.mode.clone().into(),
            route.description.clone().into(),
            origin(loaded, Section::Route, name),
        ]);
    }
    table
}

fn tasks(loaded: &Loaded, with_origin: bool) -> Table {
    let mut table = Table::new(vec![
        Column::text("name"),
        Column::text("primary"),
        Column::text("fallback"),
        origin_column(with_origin),
    ]);
    for (name, task) in &loaded.config.tasks {
        table.push(vec![
            Cell::from(name.as_str()),
            Cell::List(task.primary.clone()),
            Cell::List(task.fallback.clone()),
            origin(loaded, Section::Task, name),
        ]);
    }
    table
}

/// Every alias and what it stands for.
pub(super) fn aliases(loaded: &Loaded, with_origin: bool) -> Table {
    let mut table = Table::new(vec![
        Column::text("name"),
        Column::text("model"),
        origin_column(with_origin),
    ]);
    for (name, target) in &loaded.config.aliases {
        table.push(vec![
            Cell::from(name.as_str()),
            Cell::from(target.as_str()),
            origin(loaded, Section::Alias, name),
        ]);
    }
    table
}

#[cfg(test)]
mod tests {
    use llm_console::lang::Lang;
    use llm_core::config::environment::Environment;
    use llm_core::config::load::{LoadOptions, load};

    use super::*;

    #[test]
    fn every_column_has_a_title_in_every_language() {
        let loaded = load(Environment::empty("/"), &LoadOptions::default()).unwrap();
        for table in [models, providers, routes, tasks, aliases] {
            for lang in Lang::OFFERED {
                assert_eq!(
                    table(&loaded, true).missing_titles(lang),
                    Vec::<&str>::new()
                );
            }
        }
    }
}
