//! Whether every model that is on has the key it needs.

use super::Findings;
use crate::config::key::KeyPath;
use crate::config::load::Loaded;
use crate::config::secrets::is_placeholder;

/// Resolves the key of every place that serves an enabled model. A key that is configured and
/// cannot be had is an error; a missing or a placeholder key is a warning.
pub fn check_secrets(loaded: &Loaded) -> Findings {
    let mut findings = Findings::default();
    let mut seen = Vec::new();
    for (name, model) in loaded
        .config
        .models
        .iter()
        .filter(|(_, model)| !model.disabled)
    {
        for deployment in loaded.config.deployments(name).unwrap_or_default() {
            let provider = deployment.provider.as_str().to_owned();
            let is_off = loaded
                .config
                .providers
                .get(&provider)
                .is_some_and(|provider| provider.disabled);
            let has_own_key = model.api_key.is_some();
            if is_off || (!has_own_key && seen.contains(&provider)) {
                continue;
            }
            let owner = if has_own_key {
                KeyPath::of(["models", name])
            } else {
                KeyPath::of(["providers", &provider])
            };
            match loaded.credential(&deployment) {
                Ok(Some(found)) if is_placeholder(&found.secret) => findings.warnings.push(
                    loaded
                        .finding(
                            &owner.child("api_key"),
                            "looks like a placeholder, not a key",
                        )
                        .with_hint(format!("it comes from {}", found.place)),
                ),
                Ok(None) if !loaded.key_is_optional(&deployment) => {
                    findings.warnings.push(loaded.missing_key(&provider));
                }
                Ok(_) => {}
                Err(error) => findings.errors.push(error),
            }
            if !has_own_key {
                seen.push(provider);
            }
        }
    }
    findings
}
