//! The state of a system at one moment, and its two faces: lines for people, JSON for programs.

use std::time::Duration;

use llm_console::catalogue::{Message, Say};
use llm_console::duration;
use llm_console::text::{pad, width};
use llm_console::ui::Ui;
use serde_json::{Value, json};

/// The state of a system at one moment.
#[derive(Clone, Debug)]
pub(crate) struct Snapshot {
    /// The server that was asked; `None` for the configuration of this process.
    pub(super) server: Option<String>,
    /// The version of the program that was looked at.
    pub(super) version: String,
    /// `healthy`, `degraded` or `unhealthy`.
    pub(super) health: String,
    /// Models that are not disabled.
    pub(super) models: u64,
    /// Those of them that calls are let through to.
    pub(super) available: u64,
    /// How many models are in which state, in order of first appearance.
    pub(super) states: Vec<(String, u64)>,
    /// What only a running server knows.
    pub(super) traffic: Option<Traffic>,
    /// A server that answers at the address of this configuration.
    pub(super) nearby: Option<String>,
    /// Addresses of providers.
    pub(super) endpoints: Vec<String>,
    /// The files the configuration was read from, where that is known.
    pub(super) files: Option<Vec<String>>,
    /// The selected profile.
    pub(super) profile: Option<String>,
}

/// What a running server has counted.
#[derive(Clone, Debug)]
pub(super) struct Traffic {
    /// Since its start.
    pub(super) uptime: Duration,
    /// Requests for an answer, those under way included.
    pub(super) requests: u64,
    /// Requests under way.
    pub(super) active: u64,
    /// Requests that may still come in at once.
    pub(super) free_places: u64,
    /// What was spent today, UTC, as exact decimals with their currencies.
    pub(super) spent: Vec<(String, String)>,
    /// `billed`, `estimated` or `unknown`.
    pub(super) spent_kind: String,
}

impl Snapshot {
    /// Counts a model in its state.
    pub(super) fn count(&mut self, state: &str) {
        match self.states.iter_mut().find(|(known, _)| known == state) {
            Some((_, count)) => *count += 1,
            None => self.states.push((state.to_owned(), 1)),
        }
    }

    /// For programs.
    pub(super) fn machine(&self) -> Value {
        let states: serde_json::Map<_, _> = self
            .states
            .iter()
            .map(|(state, count)| (state.clone(), json!(count)))
            .collect();
        let traffic = self.traffic.as_ref();
        json!({
            "source": if self.server.is_some() { "server" } else { "local" },
            "server": self.server,
            "server_nearby": self.nearby,
            "version": self.version,
            "system_health": self.health,
            "models": { "total": self.models, "available": self.available, "by_state": states },
            "uptime_seconds": traffic.map(|traffic| traffic.uptime.as_secs()),
            "requests": traffic.map(|traffic| json!({
                "total": traffic.requests,
                "active": traffic.active,
                "free_places": traffic.free_places,
            })),
            "spent_today": traffic.map(|traffic| {
                let costs = traffic.spent.iter();
                let costs = costs.map(|(amount, currency)| {
                    json!({ "amount": amount, "currency": currency })
                });
                json!({ "costs": costs.collect::<Vec<_>>(), "kind": traffic.spent_kind })
            }),
            "api_endpoints": self.endpoints,
            "config": self.files.as_ref().map(|files| {
                json!({ "files": files, "profile": self.profile })
            }),
        })
    }

    /// For people: what was looked at, then one line for each fact.
    pub(super) fn people(&self, ui: &Ui) -> String {
        let head = match &self.server {
            Some(url) => Message::new("cooperation.status.of_server")
                .with("url", url)
                .with("version", &self.version),
            None => Message::new("cooperation.status.of_here").with("version", &self.version),
        };
        let lines: Vec<(String, String)> = self
            .facts()
            .into_iter()
            .map(|(label, fact)| (ui.say(&Message::new(label)), fact.to(ui.lang)))
            .collect();
        let widest = lines.iter().map(|(label, _)| width(label)).max();
        let widest = widest.unwrap_or_default();
        let lines = lines
            .into_iter()
            .map(|(label, fact)| format!("  {}  {fact}\n", pad(&label, widest)));
        ui.say(&head) + "\n" + &lines.collect::<String>()
    }

    fn facts(&self) -> Vec<(&'static str, Say)> {
        let health = Message::new("cooperation.status.health_line")
            .with_say("state", state_message(&self.health))
            .with("available", self.available)
            .with("all", self.models);
        let mut facts: Vec<(&'static str, Say)> =
            vec![("cooperation.status.health", health.into())];
        if !self.states.is_empty() {
            let states = self.states.iter();
            let states = states.map(|(state, count)| {
                Message::new("cooperation.status.count")
                    .with("n", count)
                    .with_say("state", state_message(state))
            });
            facts.push(("cooperation.status.models", joined(states)));
        }
        match &self.traffic {
            Some(traffic) => facts.extend(traffic.facts()),
            None => facts.push(("cooperation.status.requests", self.no_traffic())),
        }
        let plain = |words: &[String]| Say::from(words.join(", "));
        if !self.endpoints.is_empty() {
            facts.push(("cooperation.status.providers", plain(&self.endpoints)));
        }
        match &self.files {
            Some(files) if files.is_empty() => facts.push((
                "cooperation.status.config",
                Message::new("cooperation.status.no_file").into(),
            )),
            Some(files) => facts.push(("cooperation.status.config", plain(files))),
            None => {}
        }
        if let Some(profile) = &self.profile {
            facts.push(("cooperation.status.profile", profile.clone().into()));
        }
        facts
    }
}

impl Snapshot {
    /// Who would know about requests.
    fn no_traffic(&self) -> Say {
        match &self.nearby {
            Some(url) => Message::new("cooperation.status.nearby").with("url", url),
            None => Message::new("cooperation.status.no_traffic"),
        }
        .into()
    }
}

impl Traffic {
    fn facts(&self) -> Vec<(&'static str, Say)> {
        let requests = Message::new("cooperation.status.request_line")
            .with("all", self.requests)
            .with("active", self.active)
            .with("free", self.free_places);
        vec![
            ("cooperation.status.requests", requests.into()),
            ("cooperation.status.spent", self.spent_today()),
            (
                "cooperation.status.uptime",
                duration::human(self.uptime).into(),
            ),
        ]
    }

    fn spent_today(&self) -> Say {
        let sums = self.spent.iter();
        let sums: Vec<String> = sums
            .map(|(amount, currency)| format!("{amount} {currency}"))
            .collect();
        let sums = sums.join(", ");
        match (self.spent_kind.as_str(), sums.is_empty()) {
            ("unknown", true) => Message::new("common.unknown").into(),
            ("unknown", false) => Message::new("cooperation.status.spent_at_least")
                .with("sums", sums)
                .into(),
            ("estimated", false) => Message::new("cooperation.status.spent_about")
                .with("sums", sums)
                .into(),
            (_, true) => Message::new("cooperation.status.spent_nothing").into(),
            (_, false) => sums.into(),
        }
    }
}

/// A state in words.
pub(super) fn state_message(state: &str) -> Say {
    Message::new(match state {
        "healthy" => "state.healthy",
        "degraded" => "state.degraded",
        "unhealthy" => "state.unhealthy",
        "half_open" => "state.half_open",
        "open" => "state.open",
        "recovering" => "state.recovering",
        "limited" => "state.limited",
        "key_rejected" => "state.key_rejected",
        "disabled" => "state.disabled",
        "no_key" => "state.no_key",
        "no_address" => "state.no_address",
        "untested" => "state.untested",
        other => return Say::from(other),
    })
    .into()
}

/// Messages in a row, with the separator of the reader's language.
fn joined(messages: impl Iterator<Item = Message>) -> Say {
    messages
        .fold(None, |row: Option<Say>, next| {
            Some(match row {
                None => next.into(),
                Some(row) => Message::new("cooperation.status.and")
                    .with_say("row", row)
                    .with_say("next", next)
                    .into(),
            })
        })
        .unwrap_or_else(|| Say::from(""))
}
