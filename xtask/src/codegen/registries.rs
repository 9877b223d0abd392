//! `docs/reference/{providers,strategies,modes}.md`: what the registries of `llm-core` hold.

use std::fmt::Write as _;

use llm_core::config::presets;
use llm_core::cooperation::integrators::INTEGRATORS;
use llm_core::cooperation::modes::MODES;
use llm_core::provider::protocols::PROTOCOLS;
use llm_core::provider::vendors::VENDORS;
use llm_core::routing::strategies::STRATEGIES;
use llm_core::types::task::KNOWN_TASKS;

fn head(source: &str) -> String {
    format!(
        "<!-- Written by `cargo xtask codegen` from `crates/llm-core/{source}`; change it there. -->\n\n"
    )
}

fn row(page: &mut String, cells: &[String]) {
    let cells: Vec<String> = cells.iter().map(|cell| cell.replace('|', "\\|")).collect();
    // Writing to a string cannot fail.
    let _ = writeln!(page, "| {} |", cells.join(" | "));
}

fn code(text: &str) -> String {
    if text.is_empty() {
        String::new()
    } else {
        format!("`{text}`")
    }
}

fn codes<'a>(texts: impl IntoIterator<Item = &'a str>) -> String {
    texts.into_iter().map(code).collect::<Vec<_>>().join(", ")
}

/// Vendors, presets and protocols.
pub(super) fn providers() -> String {
    let mut page = head("src/provider");
    page.push_str(
        "# Providers\n\n\
         A vendor is named by `kind = \"…\"` of a `[providers.NAME]` table. A service that is not listed and speaks \
         OpenAI's protocol is `kind = \"openai-compatible\"` with its `base_url`. While nothing configures a \
         provider, every vendor with a preset whose key variable is set is put on by itself.\n\
         [Add a provider](../guides/add-a-provider.md) tells how a row gets here.\n\n\
         | Kind | Service | Protocol | Address | Key variables | Key |\n|---|---|---|---|---|---|\n",
    );
    for vendor in VENDORS {
        let key = if vendor.key_optional {
            "optional"
        } else {
            "needed"
        };
        row(
            &mut page,
            &[
                code(vendor.name),
                vendor.title.to_owned(),
                code(vendor.protocol),
                code(vendor.base_url),
                codes(vendor.key_env.iter().copied()),
                key.to_owned(),
            ],
        );
    }
    page.push_str(
        "\n## Presets\n\n`llm-config preset --name NAME --api-key KEY` configures the provider and these models; \
         `llm-config preset show NAME` prints the whole.\n\n| Preset | Service | Models |\n|---|---|---|\n",
    );
    for preset in presets::all() {
        let models = preset.model_names();
        row(
            &mut page,
            &[
                code(preset.name),
                preset.facts.title.clone(),
                codes(models.iter().map(String::as_str)),
            ],
        );
    }
    page.push_str(
        "\n## Protocols\n\nWhat a protocol can carry at all; a model may do less, and a request for more is refused \
         with the name of the field.\n\n| Protocol | Abilities |\n|---|---|\n",
    );
    for protocol in PROTOCOLS {
        row(
            &mut page,
            &[
                code(protocol.name()),
                codes(protocol.capabilities().names()),
            ],
        );
    }
    page
}

/// Routing strategies and task types.
pub(super) fn strategies() -> String {
    let mut page = head("src/routing/strategies.rs");
    page.push_str(
        "# Routing strategies\n\nNamed by `routing.strategy`, by a route's `strategy`, by `--strategy`, by \
         `preferences.strategy` of a request, or as the model. `-` and `_` are the same. \
         [Routing](../guides/routing.md) explains how they are used.\n\n\
         | Strategy | Prefers | Also called |\n|---|---|---|\n",
    );
    for strategy in STRATEGIES {
        row(
            &mut page,
            &[
                code(strategy.name()),
                strategy.summary().to_owned(),
                codes(strategy.aliases().iter().copied()),
            ],
        );
    }
    let _ = write!(
        page,
        "\n## Task types\n\nFound out from the text, or named by the caller (`--task`, `task_type`): {}. \
         A `[tasks.NAME]` table adds more.\n",
        codes(KNOWN_TASKS.iter().copied())
    );
    page
}

/// Cooperation modes and integrators.
pub(super) fn modes() -> String {
    let mut page = head("src/cooperation");
    page.push_str(
        "# Cooperation modes and integrators\n\n[Cooperation](../guides/cooperation.md) explains how they are used.\n\n\
         ## Modes\n\nNamed by `--mode`, by a route's `mode`, by `cooperation.mode` of a request, or as the model \
         `cooperate/NAME`.\n\n| Mode | What happens | Members at least | Integrator by default |\n|---|---|---|---|\n",
    );
    for mode in MODES {
        row(
            &mut page,
            &[
                code(mode.name()),
                mode.summary().to_owned(),
                mode.min_members().to_string(),
                code(mode.default_integrator()),
            ],
        );
    }
    page.push_str(
        "\n## Integrators\n\nHow the answers become one: `--integrate`, `integrate` of a route or request, or \
         `integration_strategy`.\n\n| Integrator | The result | Asks a judge | Also called |\n|---|---|---|---|\n",
    );
    for integrator in INTEGRATORS {
        let judge = if integrator.needs_judge() {
            "yes"
        } else {
            "no"
        };
        row(
            &mut page,
            &[
                code(integrator.name()),
                integrator.summary().to_owned(),
                judge.to_owned(),
                codes(integrator.aliases().iter().copied()),
            ],
        );
    }
    page
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_registered_has_a_row() {
        let (providers, strategies, modes) = (providers(), strategies(), modes());
        let has = |page: &str, name: &str| page.contains(&format!("\n| `{name}` | "));
        for vendor in VENDORS {
            assert!(has(&providers, vendor.name), "{}", vendor.name);
        }
        for preset in presets::all() {
            assert!(has(&providers, preset.name), "{}", preset.name);
        }
        for strategy in STRATEGIES {
            assert!(has(&strategies, strategy.name()), "{}", strategy.name());
        }
        for mode in MODES {
            assert!(has(&modes, mode.name()), "{}", mode.name());
        }
        for integrator in INTEGRATORS {
            assert!(has(&modes, integrator.name()), "{}", integrator.name());
        }
    }
}
