//! The configuration: its layers, its files' permissions, and the keys it leads to.

use std::path::Path;

use llm_console::catalogue::Message;
use llm_console::program::Console;
use llm_core::config::detect;
use llm_core::config::error::ConfigError;
use llm_core::config::load::Loaded;
use llm_core::config::secrets::{Candidate, is_placeholder};
use llm_core::config::source::Layer;
use llm_setup::configuration::Source;

use super::finding::{Check, Finding, Level};

/// Looks at the configuration; what was read of it, where it could be read.
pub(super) fn look(console: &Console, findings: &mut Vec<Finding>) -> Option<Loaded> {
    let source = match Source::of(&console.settings, []) {
        Ok(source) => source,
        Err(report) => {
            let finding = Finding::new(Check::Configuration, Level::Failed, report.english());
            findings.push(finding);
            return None;
        }
    };
    let loaded = match source.load() {
        Ok(loaded) => loaded,
        Err(errors) => {
            findings.extend(errors.iter().map(|error| wrong(error, Level::Failed)));
            return None;
        }
    };
    layers(&loaded, findings);
    findings.extend(loaded.warnings.iter().map(|one| wrong(one, Level::Warning)));
    findings.extend(loaded.notes.iter().map(|one| wrong(one, Level::Note)));
    permissions(&loaded, findings);
    keys(&loaded, findings);
    match loaded.is_configured() {
        Ok(()) => {
            let detail = Message::new("cooperation.doctor.models")
                .with("n", loaded.config.models.len())
                .with("providers", loaded.config.providers.len());
            findings.push(Finding::new(Check::Configuration, Level::Ok, detail));
        }
        // With a gateway to send the work to, nothing has to be configured here.
        Err(error) if console.settings.server.is_some() => {
            findings.push(wrong(&error, Level::Note));
        }
        Err(error) => findings.push(wrong(&error, Level::Failed)),
    }
    Some(loaded)
}

/// A finding of the configuration: its place is part of what is wrong.
fn wrong(error: &ConfigError, level: Level) -> Finding {
    let mut plain = error.clone();
    let hint = plain.hint.take();
    let finding = Finding::new(Check::Configuration, level, plain.to_string());
    match hint {
        Some(hint) => finding.hint(hint),
        None => finding,
    }
}

fn layers(loaded: &Loaded, findings: &mut Vec<Finding>) {
    for file in &loaded.files {
        let detail = Message::new("cooperation.doctor.file")
            .with("path", file.path.display())
            .with("layer", file.layer.as_str());
        findings.push(Finding::new(Check::Configuration, Level::Ok, detail));
    }
    if loaded.files.is_empty() {
        let place = loaded.paths.user();
        let place = place.map_or_else(|| "-".to_owned(), |path| path.display().to_string());
        let detail = Message::new("cooperation.doctor.no_file").with("path", place);
        findings.push(Finding::new(Check::Configuration, Level::Note, detail));
    }
    if let Some(profile) = &loaded.profile {
        let detail = Message::new("cooperation.doctor.profile").with("name", profile);
        findings.push(Finding::new(Check::Configuration, Level::Ok, detail));
    }
}

/// Who else may change what the configuration says. A secrets file that others can read is
/// refused when it is loaded.
fn permissions(loaded: &Loaded, findings: &mut Vec<Finding>) {
    let before = findings.len();
    for file in &loaded.files {
        if may_be_changed_by_others(&file.path) {
            let path = file.path.display();
            let detail = Message::new("cooperation.doctor.writable").with("path", &path);
            let finding = Finding::new(Check::Permissions, Level::Warning, detail);
            findings.push(finding.hint(format!("chmod go-w {path}")));
        } else if file.layer == Layer::Secrets {
            let detail =
                Message::new("cooperation.doctor.private").with("path", file.path.display());
            findings.push(Finding::new(Check::Permissions, Level::Ok, detail));
        }
    }
    if before == findings.len() && !loaded.files.is_empty() {
        let detail = Message::new("cooperation.doctor.owners");
        findings.push(Finding::new(Check::Permissions, Level::Ok, detail));
    }
}

#[cfg(unix)]
fn may_be_changed_by_others(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    path.metadata()
        .is_ok_and(|meta| meta.permissions().mode() & 0o022 != 0)
}

#[cfg(not(unix))]
fn may_be_changed_by_others(_: &Path) -> bool {
    false
}

/// Where each provider's key was looked for and which one is used; then the keys of vendors that
/// are in the environment and belong to no provider.
fn keys(loaded: &Loaded, findings: &mut Vec<Finding>) {
    for provider in loaded.config.providers.keys() {
        let candidates = loaded.key_candidates(provider);
        findings.extend(candidates.iter().map(|one| key(provider, one)));
        if let Ok(Some(found)) = loaded.provider_key(provider)
            && is_placeholder(&found.secret)
        {
            let detail = Message::new("cooperation.doctor.placeholder").with("provider", provider);
            let finding = Finding::new(Check::Secrets, Level::Warning, detail);
            findings.push(finding.hint(format!("llm-config keys set --provider {provider}")));
        }
    }
    for found in detect::keys(&loaded.variables) {
        if !loaded.config.providers.contains_key(found.preset) {
            let detail = Message::new("cooperation.doctor.key_unused")
                .with("variable", &found.variable)
                .with("preset", found.preset);
            let finding = Finding::new(Check::Secrets, Level::Note, detail);
            findings.push(finding.hint(format!("llm-config preset --name {}", found.preset)));
        }
    }
}

fn key(provider: &str, candidate: &Candidate) -> Finding {
    let about = |key| {
        Message::new(key)
            .with("provider", provider)
            .with("place", &candidate.place)
    };
    match (&candidate.outcome, candidate.is_used) {
        (Ok(_), true) => {
            let detail = about("cooperation.doctor.key_used");
            Finding::new(Check::Secrets, Level::Ok, detail)
        }
        (Ok(_), false) => {
            let detail = about("cooperation.doctor.key_passed_over");
            Finding::new(Check::Secrets, Level::Note, detail)
        }
        (Err(error), _) => Finding {
            check: Check::Secrets,
            ..wrong(error, Level::Failed)
        },
    }
}
